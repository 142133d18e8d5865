// Small parts that all comparisons share: how a number is told, and fields of a form.

import { h } from "../dom.js";
import { percent } from "../words.js";

// "61.2 % (55.0–67.1 %, n = 64)"
export function told({ accuracy, low, high, n }) {
  const of = n ? `, n = ${n}` : "";
  return `${percent(accuracy)} (${(100 * low).toFixed(1)}–${percent(high)}${of})`;
}

const LONG = 24; // letters of a name, from which on it takes several lines

// A class's name as the head of a row, or of a column.
export function head(name, { scope, mark = "" }) {
  return h("th", { scope, class: name.length > LONG ? "long" : null }, name, mark);
}

export function options(values, chosen) {
  return values.map(([value, title]) =>
    h("option", { value, selected: String(value) === String(chosen) }, title),
  );
}

export function field(title, control) {
  return h("label", { class: "field" }, h("span", {}, title), control);
}

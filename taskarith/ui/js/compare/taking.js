// What a comparison found, to take away: a CSV with a row a line and a name a column. Pure but for
// the link; knows values, not what they mean.

import { h } from "../dom.js";

/** @typedef {{[name: string]: any}} Values */

/**
 * Values that lie inside others, each under both names; what is nowhere has no column.
 * @param {Values} values
 * @returns {Values}
 */
export function flat(values) {
  const told = Object.entries(values).filter(([, value]) => value !== undefined);
  const pairs = told.flatMap(([name, value]) =>
    value && typeof value === "object"
      ? Object.entries(flat(value)).map(([inner, one]) => [`${name} ${inner}`, one])
      : [[name, value]],
  );
  return Object.fromEntries(pairs);
}

/** @param {Values[]} rows @returns {string} */
export function csvOf(rows) {
  const flats = rows.map(flat);
  const columns = [...new Set(flats.flatMap(Object.keys))];
  const lines = [columns, ...flats.map((row) => columns.map((name) => row[name]))];
  return lines.map((line) => `${line.map(quoted).join(",")}\n`).join("");
}

/**
 * @param {string} name - of the file
 * @param {Values[]} rows
 * @returns {HTMLElement}
 */
export function taking(name, rows) {
  const href = `data:text/csv;charset=utf-8,${encodeURIComponent(csvOf(rows))}`;
  return h("p", { class: "says" }, h("a", { download: `${name}.csv`, href }, "Take it as CSV"));
}

/** @param {any} value */
function quoted(value) {
  const text = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

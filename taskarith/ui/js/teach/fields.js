// The fields of the page's forms: a title and what is set under it. Knows no teaching.

import { h } from "../dom.js";

/** @param {string} title @param {Element} control @returns {HTMLElement} */
export function field(title, control) {
  return h("label", { class: "field" }, h("span", {}, title), control);
}

/**
 * @param {{value: string, title: string}[]} options @param {() => void} onchange
 * @returns {HTMLSelectElement}
 */
export function select(options, onchange) {
  const made = options.map(({ value, title }) => h("option", { value }, title));
  return h("select", { onchange }, ...made);
}

/** @param {string[]} names @returns {{value: string, title: string}[]} */
export const named = (names) => names.map((name) => ({ value: name, title: name }));

/**
 * @param {number | string} value @param {number} min @param {number} max @param {() => void} oninput
 * @returns {HTMLInputElement}
 */
export function numberField(value, min, max, oninput) {
  return h("input", { type: "number", value, min, max, oninput });
}

/**
 * @param {string} value @param {string} placeholder @param {() => void} oninput
 * @returns {HTMLInputElement}
 */
export function textField(value, placeholder, oninput) {
  return h("input", { type: "text", value, placeholder, maxlength: "200", oninput });
}

/** @param {string} title @param {boolean} checked @param {() => void} onchange */
export function tick(title, checked, onchange) {
  const input = h("input", { type: "checkbox", checked, onchange });
  return { input, label: h("label", { class: "tick" }, input, h("span", {}, title)) };
}

// A line of text to be taken along, with the button that copies it.

import { h, setText } from "../dom.js";
import { copyText } from "../explore/share.js";

const SAID = 1200; // ms that the button says what it did

/**
 * @param {string} text
 * @param {Record<string, string>} words
 * @param {{label?: string, name?: string}} [how] - `label`: what it is called, the link itself unless
 *   told otherwise
 * @returns {HTMLElement} its field is a `.link`
 */
export function linkLine(text, words, { label = words.link, name = "copy" } = {}) {
  const field = h("input", {
    type: "text",
    readonly: true,
    "aria-label": label,
    class: "link",
    value: text,
  });
  const copy = h(
    "button",
    { type: "button", "data-copy": name, "aria-label": `${words.copy}: ${label}` },
    words.copy,
  );
  copy.addEventListener("click", async () => {
    setText(copy, (await copyText(field.value)) ? words.copied : words.not_allowed);
    setTimeout(() => setText(copy, words.copy), SAID);
  });
  return h("p", { class: "acts" }, field, copy);
}

// A menu: opens under its word, closes on Escape, on a click elsewhere and on a choice.

import { h } from "./dom.js";

/**
 * @param {(Node | string)[]} summary - what is always shown
 * @param {HTMLElement} list - what opens
 * @param {{title: string, className?: string, signal: AbortSignal, opened?: () => void}} how
 * @returns {HTMLDetailsElement}
 */
export function menu(summary, list, { title, className = "", signal, opened = () => {} }) {
  const word = h("summary", { title }, ...summary);
  const node = /** @type {HTMLDetailsElement} */ (
    h("details", { class: `menu ${className}` }, word, list)
  );
  const close = () => {
    node.open = false;
  };
  node.addEventListener("toggle", () => {
    if (node.open) opened();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.stopPropagation();
    close();
    word.focus();
  });
  list.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("button, a")) close();
  });
  const elsewhere = (/** @type {Event} */ event) => {
    if (!node.contains(/** @type {Node} */ (event.target))) close();
  };
  document.addEventListener("click", elsewhere, { signal });
  return node;
}

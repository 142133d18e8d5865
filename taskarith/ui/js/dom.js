// Making and changing elements. Knows nothing about what is shown; all text becomes text nodes.

/**
 * h("button", { class: "chip", onclick: f, "aria-label": "…" }, "text", child…)
 * @param {string} tag
 * @param {Record<string, any>} [attributes] - `on…` listens, true is an empty attribute, and null,
 *   undefined and false are none
 * @param {(Node | string | null | undefined)[]} children
 * @returns {any} an element, of the class that its tag has
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child !== null && child !== undefined) node.append(child);
  return node;
}

/**
 * A word that explains itself, from the glossary.
 * @param {string} word - its name there
 * @param {string} text
 * @returns {HTMLElement}
 */
export function explained(word, text) {
  return h("dfn", { "data-word": word, tabindex: 0 }, text);
}

/**
 * The same in SVG.
 * @param {string} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return /** @type {SVGElement} */ (node);
}

/**
 * Writing the same text again would still cost a layout.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Light or dark: Gradio says so with a class on the page's body, and we follow. Where the page is a
// guest in somebody else's document, that one says it.

/** @typedef {import("./types.js").Theme} Theme */

/** @type {() => Theme} */
let said = () => (document.body.classList.contains("dark") ? "dark" : "light");

export function theme() {
  return said();
}

/** @param {() => Theme} read */
export function themedBy(read) {
  said = read;
}

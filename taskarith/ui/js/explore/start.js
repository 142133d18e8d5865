// Explore in Gradio: its server functions are the backend, its component is the element.

import { mount } from "./mount.js";

/**
 * What Gradio's own script calls.
 * @param {HTMLElement} element - the component
 * @param {import("../types.js").Backend} server
 */
export async function start(element, server) {
  const root = /** @type {HTMLElement} */ (element.querySelector(".taskarith"));
  const instrument = /** @type {any} */ (element.closest("#instrument"));
  instrument.page = await mount(root, server); // for tests, benchmarks and the curious
}

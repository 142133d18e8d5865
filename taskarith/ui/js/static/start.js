// The explorer in a file: what was measured stands beside it, and the edit after the address's "#",
// which a browser lets any page write, a file's too.

import { mount } from "../explore/mount.js";
import { staticBackend } from "./backend.js";

/** @param {Document} page */
export async function start(page) {
  const text = page.getElementById("measured")?.textContent ?? "";
  const root = /** @type {HTMLElement} */ (page.querySelector(".taskarith"));
  const asked = new URLSearchParams(read()).get("__theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  page.body.classList.toggle("dark", asked ? asked === "dark" : dark);
  root.classList.add("still");
  addEventListener("hashchange", () => location.reload());
  const shown = await mount(root, staticBackend(JSON.parse(text)), { address: fragment() });
  /** @type {any} */ (root).page = shown; // for tests and the curious
}

/** The edit after "#"; what a link says before it, as `?embed=1`, holds beside it. */
function read() {
  const query = new URLSearchParams(location.hash.slice(1));
  for (const [key, value] of new URLSearchParams(location.search)) {
    if (!query.has(key)) query.set(key, value);
  }
  return String(query);
}

/** @returns {import("../types.js").Address} */
function fragment() {
  const here = location.href.replace(/[?#].*$/, "");
  return {
    read,
    write: (query) => history.replaceState(null, "", `#${query}`),
    link: (query) => `${here}#${query}`,
    here: (query) => `#${query}`,
  };
}

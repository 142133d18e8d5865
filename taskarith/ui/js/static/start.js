// The explorer in a file: what was measured stands in it or beside it, and the edit after the
// address's "#", which a browser lets any page write, a file's too.

import { mount } from "../explore/mount.js";
import { staticBackend } from "./backend.js";
import { given } from "./given.js";
import { showResults } from "./results.js";
import { scored } from "./score.js";

const MOST_OFF = 5; // points on average: a preview that is worse is not drawn, as on the live page

/** @param {Document} page */
export async function start(page) {
  const root = /** @type {HTMLElement} */ (page.querySelector(".taskarith"));
  const query = new URLSearchParams(read());
  const asked = query.get("__theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  page.body.classList.toggle("dark", asked ? asked === "dark" : dark);
  addEventListener("hashchange", () => location.reload());
  const results = page.getElementById("results");
  if (results && query.get("page") === "recipes") {
    root.remove();
    return showResults(results, query);
  }
  root.classList.add("still");
  const measured = JSON.parse(await given(page, "measured"));
  const shown = await mount(root, staticBackend(measured), { address: fragment() });
  if (!shown) return;
  /** @type {any} */ (root).page = shown; // for tests and the curious
  await shown.asking.loadSurrogate();
  const score = scored(shown.view, shown.hello);
  if (score) {
    /** @type {any} */ (root).score = score;
    shown.asking.previewChanged({ ready: true, used: score.mean <= MOST_OFF, says: score.says });
    shown.screen.painting.wish();
  }
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
    page(path) {
      const kept = new URLSearchParams(path.slice(1));
      for (const [key, value] of new URLSearchParams(read())) {
        if (["suite", "__theme"].includes(key)) kept.set(key, value);
      }
      return `#${kept}`;
    },
  };
}

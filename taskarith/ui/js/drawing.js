// Drawing for pages that draw themselves: coloured cells, calls that may fail, and the link.
// Knows no page.

import { setText } from "./dom.js";
import { addMerge, writeCoefficients } from "./words.js";

// A colour of the look, as strong as `share` (0…1) says.
export function tint(name, share) {
  const strength = Math.round(100 * Math.max(0, Math.min(1, share)));
  return `color-mix(in srgb, var(--${name}) ${strength}%, var(--paper))`;
}

// The strongest tint on which the ink stands out by 4.5 : 1, in both themes and hues.
const DEEPEST = 0.58;

// The tint behind a number, in the hue of the target.
export function behind(share) {
  return tint("target", DEEPEST * share);
}

// The same for signed numbers: one hue for above zero, another for below.
export function behindSigned(share) {
  return tint(share < 0 ? "pinned" : "target", DEEPEST * Math.abs(share));
}

/**
 * Calls of a page's server: a refusal or a lost connection is an Error with words for people.
 * @param {Record<string, (message: object) => Promise<any>>} server
 * @returns {(name: string, message: object) => Promise<any>}
 */
export function caller(server) {
  return async (name, message) => {
    const answer = await server[name]({ query: location.search, ...message });
    if (!answer) throw new Error("The server does not answer; it may be restarting.");
    if (answer.error) throw new Error(answer.error);
    return answer;
  };
}

// "printed-digits:-0.5,letters:0.3": what the address, and so every page's link, carries.
export function writeLink(coefficients) {
  const query = new URLSearchParams(location.search);
  query.set("set", writeCoefficients(coefficients));
  query.delete("analogy"); // its coefficients are no longer those it wrote
  const text = query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
  history.replaceState(null, "", `${location.pathname}?${text}`);
}

/**
 * The address of a page at an edit.
 * @param {import("./types.js").Coefficients} coefficients
 * @param {string} suite
 * @param {{merge?: import("./types.js").Merge | null, page?: string}} [how] - `page`: its path;
 *   Explore unless told otherwise
 */
export function exploreAt(coefficients, suite, { merge = null, page = "./" } = {}) {
  const query = new URLSearchParams(location.search);
  for (const gone of ["analogy", "focus", "pin", "pin-method", "method"]) query.delete(gone);
  query.set("suite", suite);
  query.set("set", writeCoefficients(coefficients));
  addMerge(query, merge);
  return `${page}?${query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",")}`;
}

/**
 * Start a page: build it once the server answers, trying again while it does not.
 * @param {Element} element - the page's component
 * @param {{ask: (name: string, message: object) => Promise<any>, call: string,
 *   build: (root: HTMLElement, hello: any) => void}} page
 */
export async function open(element, { ask, call, build }) {
  const root = /** @type {HTMLElement} */ (element.querySelector(".drawn"));
  const said = /** @type {HTMLElement} */ (root.querySelector(".starting"));
  for (let wait = 500; ; wait = Math.min(5000, 2 * wait)) {
    try {
      const hello = await ask(call, {});
      root.replaceChildren();
      build(root, hello);
      root.dataset.state = "open";
      return;
    } catch (error) {
      setText(said, error.message);
      await new Promise((resolve) => {
        setTimeout(resolve, wait);
      });
    }
  }
}

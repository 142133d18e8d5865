// A QR code of the state on the page: asked for as a grid of dark and light, drawn as one path. Knows
// which addresses nobody else can reach.

import { h, svg } from "../dom.js";
import { LostConnection } from "../explore/link.js";

const QUIET = 4; // modules of margin, as the standard asks for
export const LONGEST = 300; // characters that a phone still reads from a seat

/**
 * Whether others can open an address: not one of this machine alone, and not a file's.
 * @param {string} link
 */
export function isReachable(link) {
  try {
    const { protocol, hostname } = new URL(link);
    const own = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)$/.test(hostname);
    return protocol.startsWith("http") && !own;
  } catch {
    return false;
  }
}

/**
 * The path of a code's dark modules, one rectangle a run.
 * @param {string[]} rows - of "0" and "1"
 */
export function pathOf(rows) {
  return rows
    .flatMap((row, y) =>
      [...row.matchAll(/1+/g)].map(
        ({ index, 0: run }) => `M${index + QUIET} ${y + QUIET}h${run.length}v1h-${run.length}z`,
      ),
    )
    .join("");
}

/**
 * The code of a link, or the reason why there is none.
 * @param {import("../explore/page.js").Page} page
 * @param {string} link
 * @param {Record<string, string>} words
 * @returns {Promise<Element>}
 */
export async function codeOf(page, link, words) {
  const says = (/** @type {string} */ text) => h("p", { class: "hint" }, text);
  if (!isReachable(link)) return says(words.unreachable);
  if (link.length > LONGEST) return says(words.too_long);
  try {
    const answer = await page.link.call("qr", { text: link });
    if (answer.error) return says(answer.error);
    const side = answer.rows.length + 2 * QUIET;
    const code = svg(
      "svg",
      { class: "code", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": link },
      svg("rect", { width: side, height: side, fill: "#fff" }),
      svg("path", { d: pathOf(answer.rows), fill: "#000" }),
    );
    return code;
  } catch (error) {
    if (!(error instanceof LostConnection)) throw error;
    return says(words.no_answer);
  }
}

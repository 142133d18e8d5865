// The link that an audience opens to follow this window, and its QR code. Knows the link, not the talk.

import { h } from "../dom.js";
import { linkLine } from "./linkline.js";
import { codeOf } from "./qr.js";

/**
 * @param {import("../explore/page.js").Page} page
 * @param {{words: Record<string, string>, link: string, language: string, end: () => void}} told
 * @returns {HTMLDialogElement} not yet in the page
 */
export function audience(page, { words, link, language, end }) {
  const code = h("div", { class: "qr" });
  codeOf(page, link, words).then((found) => code.replaceChildren(found));
  const button = (
    /** @type {string} */ name,
    /** @type {string} */ text,
    /** @type {() => void} */ onclick,
  ) => h("button", { type: "button", "data-audience": name, onclick }, text);
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { class: "large class", lang: language, "aria-label": words.follow_title },
      h("h2", {}, words.follow_title),
      h("p", {}, words.follow_about),
      linkLine(link, words),
      code,
      h(
        "p",
        { class: "acts" },
        button("close", words.close, () => dialog.close()),
        button("end", words.end, () => {
          dialog.close();
          end();
        }),
      ),
    )
  );
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

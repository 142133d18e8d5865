// For a class: a panel that makes a link, with a lesson, what is hidden, and how far sliders go; and
// its QR code. Knows links and the words of the panel; the page reads links elsewhere.

import { h, setText } from "../dom.js";
import { copyText } from "../explore/share.js";
import { codeOf } from "./qr.js";
import { PARTS, readRoom, writeRoom } from "./room.js";

/** @typedef {import("../explore/page.js").Page} Page */
/** @typedef {{name: string, title: string}} Choice */

/**
 * @param {Page} page
 * @param {{words: Record<string, string>, lessons: Choice[], language: string}} told
 * @returns {HTMLDialogElement} not yet in the page
 */
export function classroom(page, { words, lessons, language }) {
  const { slider } = page.hello.limits;
  const lesson = h(
    "select",
    { "data-class": "lesson" },
    h("option", { value: "" }, words.no_lesson),
    ...lessons.map(({ name, title }) => h("option", { value: name }, title)),
  );
  const hide = Object.keys(PARTS).map((part) =>
    h(
      "label",
      {},
      h("input", { type: "checkbox", "data-class": `hide-${part}`, value: part }),
      words[`part_${part}`],
    ),
  );
  const number = (/** @type {string} */ name, /** @type {number} */ value) =>
    h("input", {
      type: "text",
      class: "number",
      "data-class": name,
      "aria-label": words[name],
      value,
    });
  const low = number("low", -slider);
  const high = number("high", slider);
  const present = h("input", { type: "checkbox", "data-class": "present" });
  const problem = h("p", { class: "notice" });
  const link = h("input", {
    type: "text",
    readonly: true,
    "aria-label": words.link,
    class: "link",
  });
  const copy = h("button", { type: "button", "data-class": "copy" }, words.copy);
  const code = h("div", { class: "qr" });
  let asked = 0;
  const update = async () => {
    const hidden = hide.map((label) => label.firstElementChild).filter((box) => box.checked);
    const wide = Number(low.value) === -slider && Number(high.value) === slider;
    const room = writeRoom({
      present: present.checked,
      hidden: hidden.map((box) => box.value),
      bounds: wide ? {} : { "": /** @type {any} */ ([low.value, high.value]) },
    });
    const { problems } = readRoom(room, page.hello);
    setText(problem, problems.join("; "));
    const lang = language === "en" ? "" : `lang=${language}`;
    const start = lesson.value ? `lesson=${lesson.value}` : "";
    const query = [page.state.toQuery(), start, lang, room].filter(Boolean).join("&");
    link.value = problems.length ? "" : page.address.link(query);
    const number_ = ++asked;
    const found = problems.length ? h("p") : await codeOf(page, link.value, words);
    if (number_ === asked) code.replaceChildren(found);
  };
  copy.addEventListener("click", async () => {
    setText(copy, (await copyText(link.value)) ? words.copied : words.not_allowed);
    setTimeout(() => setText(copy, words.copy), 1200);
  });
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { class: "large class", lang: language, "aria-label": words.classroom },
      h("h2", {}, words.classroom),
      h("p", {}, words.classroom_about),
      h("label", {}, words.starts_with, " ", lesson),
      h("fieldset", { class: "parts" }, h("legend", {}, words.hide), ...hide),
      h("p", {}, words.bounds, " ", low, " – ", high),
      h("label", {}, present, words.as_presenter),
      problem,
      h("p", { class: "acts" }, link, copy),
      code,
      h(
        "button",
        { type: "button", "data-class": "close", onclick: () => dialog.close() },
        words.close,
      ),
    )
  );
  dialog.addEventListener("input", update);
  dialog.addEventListener("close", () => dialog.remove());
  update();
  return dialog;
}

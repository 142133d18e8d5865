// A panel with what others paste to show the page inside theirs: the link, an iframe, a notebook's
// line; and which parts of the page there are. Gradio's web component runs in the other site's page,
// which the server does not answer (serving/access.py), so the panel says that instead.

import { h } from "../dom.js";
import { linkLine } from "./linkline.js";
import { readRoom, writeRoom } from "./room.js";

/** The parts that an embedded page is asked for by, and what else belongs to each. */
export const SHOWN = ["curves", "sliders", "bars", "examples", "formula"];
const USUAL = ["curves", "sliders", "bars", "formula"];
const HEIGHT = 600; // px

/**
 * @param {import("../explore/page.js").Page} page
 * @param {{words: Record<string, string>, language: string}} told
 * @returns {HTMLDialogElement} not yet in the page
 */
export function embedding(page, { words, language }) {
  const parts = SHOWN.map((part) =>
    h(
      "label",
      {},
      h("input", {
        type: "checkbox",
        value: part,
        checked: USUAL.includes(part),
        "data-embed": part,
      }),
      words[`part_${part}`],
    ),
  );
  const lines = h("div", { class: "lines" });
  const update = () => {
    const boxes = parts.map((label) => label.firstElementChild);
    const show = boxes.filter((box) => box.checked).map((box) => box.value);
    const made = snippets(page, { show, language });
    lines.replaceChildren(
      ...Object.entries(made).flatMap(([name, text]) => [
        h("h3", {}, words[`embed_${name}`]),
        linkLine(text, words, { label: words[`embed_${name}`], name }),
      ]),
      h("p", { class: "hint" }, words.embed_hint),
    );
  };
  const dialog = /** @type {HTMLDialogElement} */ (
    h(
      "dialog",
      { class: "large class", lang: language, "aria-label": words.embed },
      h("h2", {}, words.embed),
      h("p", {}, words.embed_about),
      h("fieldset", { class: "parts" }, h("legend", {}, words.embed_show), ...parts),
      lines,
      h(
        "button",
        { type: "button", "data-embed": "close", onclick: () => dialog.close() },
        words.close,
      ),
    )
  );
  dialog.addEventListener("change", update);
  dialog.addEventListener("close", () => dialog.remove());
  update();
  return dialog;
}

/**
 * What is pasted, by where it goes.
 * @param {import("../explore/page.js").Page} page
 * @param {{show: string[], language: string}} how
 * @returns {Record<"link" | "iframe" | "notebook", string>}
 */
export function snippets(page, { show, language }) {
  const { state, hello, address } = page;
  const { sliders, tasks, bounds } = readRoom(address.read(), hello).room;
  const room = writeRoom({ sliders, tasks, bounds });
  const lang = language === "en" ? "" : `lang=${language}`;
  const asked = `embed=1&show=${show.join(",")}`;
  const link = address.link([state.toQuery(), lang, room, asked].filter(Boolean).join("&"));
  const source = escaped(link);
  return {
    link,
    iframe: `<iframe src="${source}" width="100%" height="${HEIGHT}" style="border:0" title="Task Arithmetic Explorer"></iframe>`,
    notebook: `taskarith.widget("${hello.suite.name}", height=${HEIGHT})`,
  };
}

/** @param {string} text */
function escaped(text) {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

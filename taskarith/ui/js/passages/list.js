// The list of passages: searched, added to, changed in place, taken out of. It changes the shelf and
// tells that it did; knows no server.

import { h, setText } from "../dom.js";
import { count } from "./shelf.js";

const SHOWN = 30; // rows at most; a search shows others

export class PassageList {
  /**
   * @param {import("./shelf.js").Shelf} shelf
   * @param {() => void} changed
   */
  constructor(shelf, changed) {
    this.shelf = shelf;
    this.changed = changed;
    this.search = h("input", {
      type: "search",
      "aria-label": "Search the passages",
      placeholder: "search: hat kitchen",
      oninput: () => this.show(),
    });
    this.fresh = h("input", {
      type: "text",
      "aria-label": "A new passage",
      placeholder: "Anna found the blue hat in the garden.",
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter") this.add();
      },
    });
    this.counted = h("p", { class: "counted", role: "status" });
    this.problem = h("p", { class: "failed", role: "alert" });
    this.rows = h("ul", { class: "rows" });
    this.lines = h("textarea", { rows: 8, spellcheck: "false", "aria-label": "A passage a line" });
    this.host = h(
      "section",
      { class: "shelf", "aria-label": "The index" },
      h("h3", {}, "The index"),
      this.search,
      this.counted,
      this.rows,
      h(
        "div",
        { class: "add" },
        this.fresh,
        button("Add", () => this.add()),
      ),
      this.problem,
      h("details", {}, ...this.bulk()),
    );
    this.show();
    this.write();
  }

  /** All passages as text. */
  bulk() {
    return [
      h("summary", {}, "All passages, a line each"),
      this.lines,
      h(
        "div",
        { class: "acts" },
        button("Use these lines", () =>
          this.take(this.shelf.replace(this.lines.value.split("\n"))),
        ),
        button("Put the first index back", () => this.take(this.shelf.reset())),
      ),
    ];
  }

  write() {
    this.lines.value = this.shelf.texts.join("\n");
  }

  add() {
    const problem = this.shelf.add(this.fresh.value);
    if (!problem) {
      this.fresh.value = "";
      this.search.value = ""; // so that it is seen
    }
    this.take(problem);
  }

  /**
   * A change was made, unless there is a problem with it.
   * @param {string | void} problem
   */
  take(problem) {
    setText(this.problem, problem ?? "");
    if (problem) return;
    this.show();
    this.told();
  }

  told() {
    this.write();
    this.changed();
  }

  show() {
    const found = this.count();
    this.rows.replaceChildren(...found.slice(0, SHOWN).map((one) => this.row(one)));
  }

  /** Say how many there are, and how many match; gives those. */
  count() {
    const { shelf } = this;
    const found = shelf.matching(this.search.value);
    const { added, changed, removed } = shelf.edits;
    const told = [
      `${count(shelf.passages.length)} passages`,
      this.search.value.trim() ? `${count(found.length)} match` : "",
      found.length > SHOWN ? `the first ${SHOWN} are shown` : "",
      added ? `${added} added` : "",
      changed ? `${changed} changed` : "",
      removed ? `${removed} taken out` : "",
    ];
    setText(this.counted, told.filter(Boolean).join(" · "));
    return found;
  }

  /** @param {{passage: import("./shelf.js").Passage, at: number}} found */
  row({ passage, at }) {
    const box = h("input", {
      type: "text",
      value: passage.text,
      "aria-label": `passage ${at + 1}`,
      onchange: () => {
        const problem = this.shelf.change(at, box.value);
        box.setAttribute("aria-invalid", String(Boolean(problem)));
        setText(this.problem, problem);
        if (problem) return;
        // The row stays where it is, even if the search would not find it any more.
        node.toggleAttribute("data-edited", this.shelf.isChanged(this.shelf.passages[at]));
        this.count();
        this.told();
      },
    });
    const gone = button("Remove", () => {
      const row = [...this.rows.children].indexOf(node);
      this.shelf.remove(at);
      this.take();
      const next = this.rows.children[Math.min(row, this.rows.children.length - 1)];
      (next?.querySelector("button") ?? this.fresh).focus(); // the keyboard's place stays
    });
    gone.setAttribute("aria-label", `remove passage ${at + 1}: ${passage.text}`);
    const edited = this.shelf.isChanged(passage);
    const node = h("li", { "data-edited": edited }, box, gone);
    return node;
  }
}

/** @param {string} text @param {() => void} onclick */
function button(text, onclick) {
  return h("button", { type: "button", onclick }, text);
}

// The panel beside the picture: what a lesson says at a step, and the ways on, back and out. Knows
// messages and pieces of text; what a step does to the page is another's.

import { explained, h, setText } from "../dom.js";
import { fill, pieces } from "./say.js";

export class Panel {
  /**
   * @param {{forward: () => void, back: () => void, leave: () => void,
   *   read: (key: string) => string}} on - `read`: a number, by its key
   */
  constructor({ forward, back, leave, read }) {
    this.read = read;
    /** @type {{node: HTMLElement, key: string}[]} */
    this.numbers = [];
    const button = (/** @type {string} */ name, /** @type {() => void} */ onclick, kind = "") =>
      h("button", { type: "button", class: kind, "data-lesson": name, onclick });
    this.title = h("span", {});
    this.place = h("small", {});
    this.out = button("leave", leave, "quiet");
    this.said = h("p", { class: "say" });
    this.task = h("p", { class: "task" });
    this.back = button("back", back);
    this.next = button("next", forward, "next");
    this.aloud = h("p", { class: "unseen", role: "status" });
    this.node = h(
      "section",
      { class: "lesson" },
      h("div", { class: "heading" }, h("h2", {}, this.title, this.place), this.out),
      this.said,
      this.task,
      h("div", { class: "acts" }, this.back, this.next),
      this.aloud,
    );
  }

  /**
   * @param {{title: string, at: number, all: number, say: string, language: string,
   *   words: Record<string, string>}} step
   */
  show({ title, at, all, say, language, words }) {
    this.node.lang = language;
    this.node.setAttribute("aria-label", title);
    setText(this.title, `${title} `);
    setText(this.place, fill(words.place, { at: at + 1, all }));
    setText(this.out, words.leave);
    setText(this.back, words.back);
    this.back.disabled = at === 0;
    this.numbers = [];
    this.said.replaceChildren(
      ...pieces(say).map((piece) => {
        if ("number" in piece) return this.number(piece.number);
        return "word" in piece ? explained(piece.word, piece.text) : piece.text;
      }),
    );
    this.update();
    setText(this.aloud, `${fill(words.place, { at: at + 1, all })} ${this.said.textContent}`);
  }

  /** @param {string} key */
  number(key) {
    const node = h("b", { class: "figure", "data-number": key });
    this.numbers.push({ node, key });
    return node;
  }

  /** The numbers, as they are at this moment. */
  update() {
    for (const { node, key } of this.numbers) setText(node, this.read(key));
  }

  /**
   * What has to be done to go on, and what the button does about it.
   * @param {{task: string, next: string}} words - `task`: empty where nothing is asked for
   */
  ask({ task, next }) {
    setText(this.task, task);
    this.task.hidden = !task;
    setText(this.next, next);
  }
}

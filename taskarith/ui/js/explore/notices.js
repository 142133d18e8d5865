// Notices: one line for each thing there is something to say about, gone when it is settled.

import { h, setText } from "../dom.js";

export class Notices {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    /** @type {Map<string, HTMLElement>} */
    this.lines = new Map();
  }

  /**
   * @param {string} about - what the notice is about: a later one of the same takes its place
   * @param {string} text - empty: it is settled
   */
  say(about, text) {
    if (!text) return this.clear(about);
    const line = this.lines.get(about) ?? h("p", { class: "notice", "data-about": about });
    if (!this.lines.has(about)) this.element.append(line);
    this.lines.set(about, line);
    setText(line, text);
  }

  /** @param {string[]} about - "number:*": of all that begin so */
  clear(...about) {
    const known = [...this.lines.keys()];
    for (const one of about.flatMap((name) =>
      name.endsWith("*") ? known.filter((line) => line.startsWith(name.slice(0, -1))) : name,
    )) {
      this.lines.get(one)?.remove();
      this.lines.delete(one);
    }
  }
}

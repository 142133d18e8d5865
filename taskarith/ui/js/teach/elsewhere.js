// Examples that are not the visitor's own: a task of the embedded worlds, or a dataset of the Hub, of
// which it is said what would be fetched before anything is.

import { field, numberField, select, textField } from "./fields.js";
import { h, setText } from "../dom.js";

const TAKEN = 400; // examples, unless more are asked for

export class World {
  name = "world";
  title = "An embedded world";

  /** @param {{hello: any, changed: () => void}} how */
  constructor({ hello, changed }) {
    const worlds = hello.worlds.map((/** @type {any} */ one) => ({
      value: one.name,
      title: `${one.title} (${one.classes} classes)`,
    }));
    this.world = select(worlds, changed);
    this.most = numberField(Math.min(TAKEN, hello.most.examples), 20, hello.most.examples, changed);
    this.host = h(
      "div",
      { class: "place" },
      field("Task", this.world),
      field("Examples", this.most),
      h(
        "p",
        { class: "hint" },
        "Made by this program, offline. Half are to learn from; validation and test are the world’s own.",
      ),
    );
  }

  get size() {
    return Math.max(1, Number(this.most.value));
  }

  lacking() {
    return this.most.checkValidity() ? "" : `Take ${this.most.min} to ${this.most.max} examples.`;
  }

  async examples() {
    return { world: this.world.value, reading: { most: this.size } };
  }
}

export class Hub {
  name = "hub";
  title = "A Hub dataset";

  /**
   * @param {{hello: any, written: boolean, changed: () => void,
   *   ask: (name: string, message: object) => Promise<any>}} how
   */
  constructor({ hello, written, ask, changed }) {
    this.ask = ask;
    this.changed = changed;
    this.content = written ? "text" : "image";
    this.number = 0;
    /** @type {string | null} */
    this.seen = null; // what was looked at, as it was asked for
    const again = () => this.forget();
    this.dataset = textField("", "owner/name, or owner/name@split", again);
    this.column = textField(this.content, "its column", again);
    this.label = textField("label", "its column", again);
    this.config = textField("", "where it has several", again);
    this.most = numberField(Math.min(TAKEN, hello.most.examples), 6, hello.most.examples, again);
    this.button = h("button", { type: "button", onclick: () => this.look() }, "Look at it");
    this.said = h("p", { class: "hint", role: "status" });
    this.host = h(
      "div",
      { class: "place" },
      field("Dataset", this.dataset),
      field(written ? "Texts" : "Pictures", this.column),
      field("Labels", this.label),
      field("Part", this.config),
      field("Rows", this.most),
      h("div", { class: "acts" }, this.button),
      this.said,
    );
    this.forget();
  }

  forget() {
    this.number += 1;
    this.seen = null;
    this.button.disabled = !this.dataset.value.trim() || !this.most.checkValidity();
    this.say("In parquet. Looking fetches no examples: it says how much teaching would fetch.");
  }

  /** @param {string} text @param {boolean} [failed] */
  say(text, failed = false) {
    setText(this.said, text);
    this.said.classList.toggle("failed", failed);
    this.changed();
  }

  async look() {
    const number = ++this.number;
    this.say("Asking the Hub…");
    try {
      const found = await this.ask("dataset", this.asked);
      if (number !== this.number) return;
      this.seen = found.said;
      this.rows = found.rows;
      this.say(`${found.said}.`);
    } catch (error) {
      if (number === this.number) this.say(/** @type {Error} */ (error).message, true);
    }
  }

  get asked() {
    const columns = { [this.content]: this.column.value.trim(), label: this.label.value.trim() };
    return {
      hub: this.dataset.value.trim(),
      reading: {
        ...columns,
        config: this.config.value.trim() || null,
        most: Number(this.most.value),
      },
    };
  }

  get size() {
    return Math.max(1, this.rows ?? Number(this.most.value));
  }

  lacking() {
    return this.seen === null ? "Look at the dataset first." : "";
  }

  async examples() {
    return this.asked;
  }
}

// A table of texts as a source: its file is looked at by the server, and two of its columns chosen.

import { field, named, select } from "./fields.js";
import { send } from "./sending.js";
import { h, setText } from "../dom.js";

/** @typedef {{name: string, values: number}} Column */

/**
 * The columns that are most likely meant.
 * @param {Column[]} columns @param {number} rows @returns {{text: string, label: string}}
 */
export function likely(columns, rows) {
  const known = (/** @type {string[]} */ names) =>
    columns.find(({ name }) => names.includes(name.toLowerCase()))?.name;
  const most = [...columns].sort((a, b) => b.values - a.values)[0];
  const several = columns.filter(({ name, values }) => values > 1 && name !== most.name);
  const fewest = [...several].sort((a, b) => a.values - b.values)[0];
  const text = known(["text", "sentence", "review", "content"]) ?? most.name;
  const label = known(["label", "class", "category", "mood"]) ?? (fewest ?? most).name;
  return rows ? { text, label } : { text: "text", label: "label" };
}

export class Table {
  name = "table";
  title = "A table";

  /** @param {{hello: any, ask: (name: string, message: object) => Promise<any>, changed: () => void}} how */
  constructor({ hello, ask, changed }) {
    this.ask = ask;
    this.changed = changed;
    this.number = 0;
    /** @type {string | null} */
    this.path = null;
    this.rows = 0;
    /** @type {Column[]} */
    this.columns = [];
    this.file = h("input", {
      type: "file",
      accept: ".csv,.tsv,.jsonl,.ndjson",
      onchange: () => this.read(),
    });
    this.encoding = select(named(hello.encodings), () => this.look());
    this.text = select([], () => this.show());
    this.label = select([], () => this.show());
    this.said = h("p", { class: "hint", role: "status" });
    this.chosen = h(
      "div",
      { class: "of-table", hidden: true },
      field("Texts", this.text),
      field("Labels", this.label),
    );
    this.host = h(
      "div",
      { class: "place" },
      h(
        "label",
        { class: "drop" },
        this.file,
        h("span", {}, "CSV, TSV or JSON lines: a text and a label a row"),
      ),
      field("Written in", this.encoding),
      this.chosen,
      this.said,
    );
  }

  async read() {
    this.path = null;
    const [file] = this.file.files;
    this.show(file ? "Reading it…" : "");
    if (!file) return;
    const number = ++this.number;
    try {
      const [path] = await send([{ blob: file, name: file.name.slice(-40) }], () => {});
      if (number !== this.number) return;
      this.path = path;
      await this.look();
    } catch (error) {
      if (number === this.number) this.show(/** @type {Error} */ (error).message, true);
    }
  }

  async look() {
    if (this.path === null) return;
    const number = ++this.number;
    try {
      const found = await this.ask("table", { table: this.path, reading: this.reading });
      if (number !== this.number) return;
      this.rows = found.rows;
      this.columns = found.columns;
      const guess = likely(found.columns, found.rows);
      for (const [list, name] of /** @type {[HTMLSelectElement, string][]} */ ([
        [this.text, guess.text],
        [this.label, guess.label],
      ])) {
        list.replaceChildren(
          ...this.columns.map((column) => h("option", { value: column.name }, column.name)),
        );
        list.value = name;
      }
      this.show();
    } catch (error) {
      if (number !== this.number) return;
      this.rows = 0;
      this.show(/** @type {Error} */ (error).message, true);
    }
  }

  /** @param {string} [text] @param {boolean} [failed] */
  show(text, failed = false) {
    if (this.path === null || failed) this.rows = this.path === null ? 0 : this.rows;
    this.chosen.hidden = this.path === null || failed || !this.rows;
    const classes = this.columns.find(({ name }) => name === this.label.value)?.values;
    setText(this.said, text ?? `${this.rows} rows, ${classes} different labels.`);
    this.said.classList.toggle("failed", failed);
    this.changed();
  }

  get reading() {
    const columns = this.rows ? { text: this.text.value, label: this.label.value } : {};
    return { ...columns, encoding: this.encoding.value };
  }

  get size() {
    return Math.max(1, this.rows);
  }

  lacking() {
    if (this.path === null) return "Pick a table.";
    if (!this.rows) return "The table could not be read.";
    return this.text.value === this.label.value ? "Texts and labels need a column each." : "";
  }

  async examples() {
    return { table: this.path, reading: this.reading };
  }
}

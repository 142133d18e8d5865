// The bars: every visible task now, with its interval, against pretrained, fine-tuned and chance.
// Updated, never rebuilt, so that keyboard focus stays. Knows values of the axis, not what they are.

import { h, setText } from "../dom.js";

const KINDS = ["chance", "pretrained", "finetuned", "floor", "pinned"];

/** @typedef {ReturnType<import("./view.js").View["barRows"]>[number]} Row */
/** @typedef {ReturnType<import("./view.js").View["shown"]>} Shown */

export class Bars {
  /**
   * @param {HTMLElement} element
   * @param {{on: {hover: (task: string | null) => void, pick: (task: string) => void}}} how
   */
  constructor(element, { on }) {
    this.on = on;
    this.list = h("div", { class: "rows" });
    this.valueHead = h("span", { class: "value", "data-word": "interval", tabindex: 0 });
    this.key = {
      pretrained: keyOf("pretrained", "pretrained"),
      finetuned: keyOf("finetuned", "fine-tuned"),
      chance: keyOf("chance", "chance"),
      pinned: keyOf("pinned", "pinned"),
    };
    element.append(
      h(
        "div",
        { class: "bar head" },
        h("span", { class: "title", "aria-hidden": "true" }, "task"),
        h("span", { class: "key" }, ...Object.values(this.key)),
        this.valueHead,
        h("span", { class: "change", "aria-hidden": "true" }, "change"),
      ),
      this.list,
    );
    /** @type {Map<string, Bar>} */
    this.rows = new Map();
    this.range = [0, 1];
  }

  /**
   * Which bars there are, what each is about, and its marks.
   * @param {Row[]} rows
   * @param {{range: number[], head: string}} axis - `head`: what the numbers are
   */
  draw(rows, { range, head }) {
    this.range = range;
    setText(this.valueHead, head);
    for (const kind of /** @type {const} */ (["chance", "pinned"])) {
      this.key[kind].hidden = !rows.some((row) => !Number.isNaN(row.references[kind]));
    }
    const wanted = new Set(rows.map((row) => row.task));
    for (const [task, bar] of this.rows) {
      if (wanted.has(task)) continue;
      bar.node.remove();
      this.rows.delete(task);
    }
    rows.forEach((row, index) => {
      let bar = this.rows.get(row.task);
      if (!bar) {
        bar = new Bar(row.task, this.on);
        this.rows.set(row.task, bar);
      }
      bar.describe(row, (value) => this.share(value));
      if (this.list.children[index] !== bar.node) {
        this.list.insertBefore(bar.node, this.list.children[index] ?? null);
      }
    });
  }

  /** @param {number} value */
  share(value) {
    const [low, high] = this.range;
    return Math.max(0, Math.min(1, (value - low) / (high - low)));
  }

  /**
   * The hot path: what is known of a task now; null where nothing is.
   * @param {string} task
   * @param {Shown} value
   */
  set(task, value) {
    const zero = this.share(Math.max(0, this.range[0]));
    this.rows.get(task)?.set(value, (at) => this.share(at), zero);
  }

  /**
   * Whose changed examples are shown.
   * @param {string} task
   */
  mark(task) {
    for (const [name, bar] of this.rows) {
      bar.button.setAttribute("aria-pressed", String(name === task));
    }
  }
}

class Bar {
  /**
   * @param {string} task
   * @param {{hover: (task: string | null) => void, pick: (task: string) => void}} on
   */
  constructor(task, on) {
    this.name = document.createTextNode("");
    this.note = h("small", {});
    this.button = h("button", { class: "title", type: "button" }, this.name, this.note);
    this.fill = h("div", { class: "fill" });
    this.whisker = h("div", { class: "whisker" });
    this.marks = new Map(KINDS.map((kind) => [kind, h("i", { class: `ref ${kind}` })]));
    this.value = h("span", { class: "value" });
    this.change = h("span", { class: "change" });
    this.hint = "";
    this.node = h(
      "div",
      {
        "data-bar": task,
        onpointerenter: () => on.hover(task),
        onpointerleave: () => on.hover(null),
        onclick: () => on.pick(task),
      },
      this.button,
      h("div", { class: "lane" }, this.fill, this.whisker, ...this.marks.values()),
      this.value,
      this.change,
    );
    this.node.className = "bar";
  }

  /**
   * @param {Row} row
   * @param {(value: number) => number} share
   */
  describe({ title, note, about, role, references }, share) {
    for (const known of ["target", "control", "other"]) {
      this.node.classList.toggle(known, known === role);
    }
    if (this.name.data !== title) this.name.data = title;
    setText(this.note, note ?? "");
    this.button.title = `${about}: show the examples whose answer changed`;
    for (const [kind, mark] of this.marks) {
      const at = references[/** @type {keyof typeof references} */ (kind)];
      mark.hidden = Number.isNaN(at);
      if (!mark.hidden) mark.style.left = `${100 * share(at)}%`;
    }
  }

  /**
   * @param {Shown} value
   * @param {(value: number) => number} share
   * @param {number} zero
   */
  set(value, share, zero) {
    const known = value !== null && !Number.isNaN(value.y);
    this.node.classList.toggle("unknown", !known);
    if (!value || !known) {
      this.whisker.hidden = true; // the interval was of what stood there before
      this.hint = this.node.title = "";
      setText(this.value, value ? value.text : "…");
      setText(this.change, "");
      return;
    }
    const end = share(value.y);
    const [left, width] = [Math.min(zero, end), Math.max(0.002, Math.abs(end - zero))];
    this.fill.style.transform = `translateX(${100 * left}%) scaleX(${width})`;
    this.node.classList.toggle("hollow", value.hollow);
    const { low, high } = value;
    const wide = low !== undefined && high !== undefined && !Number.isNaN(low + high);
    this.whisker.hidden = !wide;
    if (wide) {
      this.whisker.style.left = `${100 * share(low)}%`;
      this.whisker.style.right = `${100 - 100 * share(high)}%`;
    }
    setText(this.value, value.text);
    setText(this.change, value.change);
    if (this.hint !== value.hint) {
      this.hint = value.hint;
      this.node.title = value.hint;
    }
  }
}

/** @param {string} kind @param {string} text */
function keyOf(kind, text) {
  const what = { "data-word": kind, tabindex: 0 };
  return h("span", what, h("i", { class: `ref ${kind}` }), text);
}

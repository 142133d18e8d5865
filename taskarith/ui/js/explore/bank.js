// The slider bank: one native range input and one number box per task vector.
// It reports gestures and shows what it is told; it decides nothing.

import { h } from "../dom.js";
import { MINUS, decimal, parseCoefficient } from "../words.js";
import { under } from "../under.js";

/** @param {number} value */
const spelled = (value) => decimal(value).replace("-", MINUS);

/** @typedef {import("../types.js").Vector} Vector */
/**
 * @typedef {{move: (name: string, value: number) => void, hold: () => void, release: () => void,
 *   grab: (name: string) => void, problem: (name: string, text: string) => void}} BankEvents
 */
/** @typedef {{node: HTMLElement, range: HTMLInputElement, box: HTMLInputElement, value: number,
 *   vector: Vector}} Row */

export class Bank {
  /**
   * @param {HTMLElement} element
   * @param {{hello: import("../types.js").Hello, on: BankEvents}} how
   */
  constructor(element, { hello, on }) {
    this.hello = hello;
    this.on = on;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.list = h("div", { class: "rows", role: "group", "aria-label": "scaling coefficients λ" });
    this.more = h("select", { class: "more", "aria-label": "add a task vector to the bank" });
    this.more.addEventListener("change", () => this.invite());
    element.append(this.list, this.more);
    for (const vector of hello.vectors) if (vector.kind === "target") this.add(vector);
    this.offer();
  }

  /** @param {Vector} vector */
  add(vector) {
    const { name, title } = vector;
    const bound = this.hello.limits.slider;
    const range = h("input", {
      type: "range",
      min: -bound,
      max: bound,
      step: 0.01,
      value: 0,
      "aria-label": `λ of ${title}`,
    });
    const box = h("input", {
      class: "number",
      type: "text",
      inputmode: "decimal",
      value: "0.00",
      autocomplete: "off",
      "aria-label": `λ of ${title}, as a number`,
    });
    const reset = h(
      "button",
      {
        class: "reset",
        type: "button",
        title: "back to 0",
        "aria-label": `set ${title} to 0`,
        onclick: () => {
          this.on.move(name, 0);
          this.on.release();
          this.focusOn(name);
        },
      },
      "×",
    );
    const label = h(
      "button",
      {
        class: "name",
        type: "button",
        title: `${title}: draw the curves along λ(${name})`,
        onclick: () => this.on.grab(name),
      },
      title,
    );
    const track = h("div", { class: "track" }, range);
    const node = h("div", { class: "row", "data-vector": name }, label, track, box, reset);
    range.addEventListener("input", () => this.on.move(name, Number(range.value)));
    // `change` also follows every key: only the end of a drag is a release, keys settle by time.
    let held = false;
    range.addEventListener("pointerdown", () => {
      held = true;
      this.on.hold();
      this.on.grab(name);
    });
    const end = () => {
      if (held) this.on.release();
      held = false;
    };
    for (const over of ["change", "pointerup", "pointercancel"]) range.addEventListener(over, end);
    range.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) =>
      this.key(event, name),
    );
    // A number box takes what is typed when it is done; until then nothing moves.
    box.addEventListener("focus", () => {
      this.on.grab(name);
      box.select();
    });
    box.addEventListener("change", () => this.typed(name));
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") this.typed(name);
      if (event.key === "Escape") {
        this.write(this.row(name));
        this.on.problem(name, "");
        box.blur();
      }
      event.stopPropagation();
    });
    this.rows.set(name, { node, range, box, value: 0, vector });
    this.list.append(node);
  }

  /** @param {string} name @returns {Row} */
  row(name) {
    return /** @type {Row} */ (this.rows.get(name));
  }

  /**
   * Arrows are the native 0.01; Shift makes them 0.1; 0 is zero.
   * @param {KeyboardEvent} event
   * @param {string} name
   */
  key(event, name) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.row(name);
    const directions = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    const direction = directions[/** @type {keyof typeof directions} */ (event.key)];
    let value;
    if (event.key === "0") value = 0;
    else if (event.shiftKey && direction) value = row.value + 0.1 * direction;
    else return;
    event.preventDefault();
    const bound = Number(row.range.max);
    this.on.move(name, Math.max(-bound, Math.min(bound, Math.round(100 * value) / 100)));
  }

  /** @param {string} name */
  typed(name) {
    const row = this.row(name);
    const { value, problem } = parseCoefficient(row.box.value, this.hello.limits.hard);
    row.box.setAttribute("aria-invalid", problem ? "true" : "false");
    if (value === undefined) return this.on.problem(name, `λ of ${row.vector.title}: ${problem}`);
    this.on.problem(name, "");
    if (value === row.value) return this.write(row);
    this.on.move(name, value);
    this.on.release();
  }

  /** @param {string} name @param {number} value */
  show(name, value) {
    const row = this.row(name);
    const bound =
      Math.abs(value) > this.hello.limits.slider
        ? this.hello.limits.hard
        : this.hello.limits.slider;
    // A typed λ beyond the slider's end stretches it; it shrinks again at rest, not in the hand.
    if (bound > Number(row.range.max) || (bound < Number(row.range.max) && value === 0)) {
      row.range.min = String(-bound);
      row.range.max = String(bound);
    }
    const moved = value !== row.value;
    row.value = value;
    if (Number(row.range.value) !== value) row.range.value = String(value);
    // News of other things does not take what is being typed out of the hand.
    if (moved || row.box !== document.activeElement) this.write(row);
    row.range.setAttribute("aria-valuetext", spelled(value));
    const share = 0.5 + value / (2 * Number(row.range.max));
    row.node.style.setProperty("--from", String(Math.min(0.5, share)));
    row.node.style.setProperty("--to", String(Math.max(0.5, share)));
    row.node.classList.toggle("moved", value !== 0);
  }

  /** The box holds λ as it is, whatever was typed. @param {Row} row */
  write(row) {
    const text = spelled(row.value);
    if (row.box.value !== text) row.box.value = text;
    row.box.setAttribute("aria-invalid", "false");
  }

  /**
   * Show a whole edit. Rows of vectors that are not always there come and go with their λ.
   * @param {import("../types.js").Coefficients} coefficients
   * @param {string} focus
   */
  showAll(coefficients, focus) {
    const wanted = new Set([...Object.keys(coefficients), focus]);
    for (const vector of this.hello.vectors) {
      const there = this.rows.has(vector.name);
      if (wanted.has(vector.name) && !there) this.add(vector);
      if (!wanted.has(vector.name) && there && vector.kind !== "target") {
        this.row(vector.name).node.remove();
        this.rows.delete(vector.name);
      }
    }
    for (const name of this.rows.keys()) this.show(name, under(coefficients, name) || 0);
    this.mark(focus);
    this.offer();
  }

  /** @param {string} focus */
  mark(focus) {
    for (const [name, row] of this.rows) row.node.classList.toggle("in-hand", name === focus);
  }

  /** @param {string} name */
  focusOn(name) {
    const row = this.rows.get(name);
    if (row) row.range.focus({ preventScroll: true });
  }

  offer() {
    const groups = {
      auxiliary: "auxiliary tasks",
      null: "null directions",
      recipe: "made for recipes",
    };
    this.more.replaceChildren(h("option", { value: "" }, "+ another vector…"));
    for (const [kind, label] of Object.entries(groups)) {
      const missing = this.hello.vectors.filter((v) => v.kind === kind && !this.rows.has(v.name));
      const options = missing.map((v) => h("option", { value: v.name }, v.title));
      if (options.length) this.more.append(h("optgroup", { label }, ...options));
    }
  }

  invite() {
    const name = this.more.value;
    const vector = this.hello.vectors.find((one) => one.name === name);
    if (!vector) return;
    if (!this.rows.has(name)) this.add(vector);
    this.offer();
    this.on.grab(name);
    this.focusOn(name);
  }
}

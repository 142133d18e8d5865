// The factors by layer: a slider and a number box for each layer group, and shapes for all at once.
// It reports gestures and shows what it is told; it decides nothing. Fetched when it is asked for.

import { h } from "../dom.js";
import { LARGEST_FACTOR, factorOf, parseNumber } from "../explore/merge.js";
import { under } from "../under.js";
import { decimal } from "../words.js";
import { SHAPES, shaped, shortNames } from "./factors.js";

const STEP = 0.05; // of a slider; a box takes any number
const LEAP = 0.25; // with Shift

/** @typedef {import("./factors.js").Factors} Factors */
/**
 * @typedef {{move: (factors: Factors) => void, hold: () => void, release: () => void,
 *   problem: (text: string) => void}} Events
 */
/** @typedef {{node: HTMLElement, range: HTMLInputElement, box: HTMLInputElement, value: number}} Row */

export class LayerPanel {
  /**
   * @param {HTMLElement} element
   * @param {{groups: string[], on: Events}} how
   */
  constructor(element, { groups, on }) {
    this.groups = groups;
    this.on = on;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    const names = shortNames(groups);
    const longest = Math.max(...names.map((name) => name.length));
    const shape = h(
      "select",
      { "aria-label": "a shape for all factors", "data-layers": "shape" },
      h("option", { value: "" }, "shape…"),
      ...Object.entries(SHAPES).map(([name, { title }]) => h("option", { value: name }, title)),
    );
    shape.addEventListener("change", () => {
      if (!shape.value) return;
      this.on.move(shaped(shape.value, groups));
      this.on.release();
      shape.value = "";
    });
    element.replaceChildren(
      h("p", {}, "every λ times ", shape),
      h(
        "div",
        { class: "factors", style: `--name: ${Math.min(9, 0.62 * longest)}em` },
        ...groups.map((group, i) => this.row(group, names[i])),
      ),
    );
  }

  /** @param {string} group @param {string} name */
  row(group, name) {
    const range = h("input", {
      type: "range",
      min: 0,
      max: LARGEST_FACTOR,
      step: STEP,
      value: 1,
      "aria-label": `factor of ${group}`,
    });
    const box = h("input", {
      class: "number",
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      value: "1.00",
      "aria-label": `factor of ${group}, as a number`,
    });
    let held = false;
    range.addEventListener("input", () => this.move(group, Number(range.value)));
    range.addEventListener("pointerdown", () => {
      held = true;
      this.on.hold();
    });
    const end = () => {
      if (held) this.on.release();
      held = false;
    };
    for (const over of ["change", "pointerup", "pointercancel"]) range.addEventListener(over, end);
    range.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) =>
      this.key(event, group),
    );
    box.addEventListener("focus", () => box.select());
    box.addEventListener("change", () => this.typed(group));
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") this.typed(group);
      if (event.key === "Escape") {
        this.write(group);
        this.on.problem("");
        box.blur();
      }
      event.stopPropagation();
    });
    const track = h("div", { class: "track" }, range);
    const short = h("span", { title: group, "aria-hidden": "true" }, name);
    const node = h("div", { class: "factor", "data-layer": group }, short, track, box);
    this.rows.set(group, { node, range, box, value: 1 });
    return node;
  }

  /** @param {string} group @returns {Row} */
  at(group) {
    return /** @type {Row} */ (this.rows.get(group));
  }

  /**
   * Arrows are the native step; Shift leaps; 0 and 1 are themselves.
   * @param {KeyboardEvent} event
   * @param {string} group
   */
  key(event, group) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const directions = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    const direction = directions[/** @type {keyof typeof directions} */ (event.key)];
    let value;
    if (event.key === "0" || event.key === "1") value = Number(event.key);
    else if (event.shiftKey && direction) value = this.at(group).value + LEAP * direction;
    else return;
    event.preventDefault();
    this.move(group, Math.max(0, Math.min(LARGEST_FACTOR, Math.round(100 * value) / 100)));
  }

  /** @param {string} group */
  typed(group) {
    const { box, value: before } = this.at(group);
    const { value, problem } = factorOf(group, parseNumber(box.value));
    box.setAttribute("aria-invalid", problem ? "true" : "false");
    this.on.problem(problem ?? "");
    if (value === undefined) return;
    if (value === before) return this.write(group);
    this.move(group, value);
    this.on.release();
  }

  /** @param {string} group @param {number} value */
  move(group, value) {
    const now = [...this.rows].map(([name, row]) => [name, name === group ? value : row.value]);
    this.on.move(Object.fromEntries(now));
  }

  /** @param {Factors} factors - of 1 where none is named */
  show(factors) {
    for (const [group, row] of this.rows) {
      const value = under(factors, group) ?? 1;
      const moved = value !== row.value;
      row.value = value;
      if (Number(row.range.value) !== value) row.range.value = String(value);
      row.range.setAttribute("aria-valuetext", decimal(value));
      row.node.style.setProperty("--to", String(value / LARGEST_FACTOR));
      row.node.classList.toggle("moved", value !== 1);
      if (moved || row.box !== document.activeElement) this.write(group);
    }
  }

  /** The box holds the factor as it is, whatever was typed. @param {string} group */
  write(group) {
    const { box, value } = this.at(group);
    const text = decimal(value);
    if (box.value !== text) box.value = text;
    box.setAttribute("aria-invalid", "false");
  }
}

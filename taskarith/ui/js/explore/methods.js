// The merge method beside the formula: which one, and a box for each of its settings.
// It reports what is chosen and shows what it is told; it decides nothing.

import { checkedMerge, parseNumber } from "./merge.js";
import { h } from "../dom.js";
import { general, isSum, writeMerge } from "../words.js";

/** @typedef {import("../types.js").Merge} Merge */
/** @typedef {import("../types.js").Method} Method */
/** @typedef {{change: (merge: Merge | null) => void, problem: (text: string) => void}} Events */

export class Methods {
  /**
   * @param {HTMLElement} element
   * @param {{on: Events}} how
   */
  constructor(element, { on }) {
    this.element = element;
    this.on = on;
    /** @type {Method[]} */
    this.methods = [];
    this.drawn = "";
    /** @type {Merge | null} */
    this.merge = null;
    this.select = h("select", { onchange: () => this.chosen() });
    this.boxes = h("span", { class: "settings" });
    element.hidden = true; // until the engine says what there is
    element.append(h("label", {}, h("span", {}, "merged by"), this.select), this.boxes);
  }

  /** @param {Method[]} methods */
  offer(methods) {
    this.methods = methods;
    this.element.hidden = !methods.length;
    const options = methods.map(({ name, title, about }) =>
      h("option", { value: name, title: about }, name === "sum" ? "sum" : title),
    );
    this.select.replaceChildren(...options);
    this.drawn = "";
  }

  /**
   * @param {Merge | null} merge
   * @param {number} count - of vectors that take part: some methods take no more than a few
   */
  show(merge, count) {
    for (const { name, title, most } of this.methods) {
      const option = [...this.select.options].find(({ value }) => value === name);
      if (!option || most === null) continue;
      option.disabled = count > most && merge?.method !== name;
      option.textContent = option.disabled ? `${title} (${most} vectors only)` : title;
    }
    const now = this.methods.length ? writeMerge(merge) || "sum" : "";
    if (now === this.drawn) return;
    this.drawn = now;
    this.merge = merge;
    this.select.value = merge?.method ?? "sum";
    const method = this.methods.find(({ name }) => name === this.select.value);
    this.select.title = method?.about ?? "";
    this.boxes.replaceChildren(
      ...(method && merge && !isSum(merge) ? this.settingsOf(method, merge) : []),
      method && !isSum(merge)
        ? h("a", { href: method.paper, target: "_blank", rel: "noopener" }, "paper")
        : "",
    );
  }

  /**
   * @param {Method} method
   * @param {Merge} merge
   * @returns {Node[]}
   */
  settingsOf(method, merge) {
    const boxes = method.settings.map(({ name, about }) =>
      this.box(name, about, general(merge.settings[name]), (value) => ({
        ...merge,
        settings: { ...merge.settings, [name]: value },
      })),
    );
    const seed = (/** @type {number} */ value) => ({ ...merge, seed: value });
    return method.seeded
      ? [...boxes, this.box("seed", "what is drawn at random", String(merge.seed), seed)]
      : boxes;
  }

  /**
   * @param {string} name
   * @param {string} about
   * @param {string} text
   * @param {(value: number) => Merge} change
   */
  box(name, about, text, change) {
    const box = h("input", {
      class: "number",
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      value: text,
      title: about,
      "data-setting": name,
    });
    box.addEventListener("change", () => {
      const { merge, problem } = checkedMerge(change(parseNumber(box.value)), this.methods);
      box.setAttribute("aria-invalid", problem ? "true" : "false");
      this.on.problem(problem ?? "");
      if (!problem) this.on.change(merge);
    });
    box.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape") {
        box.value = text;
        box.setAttribute("aria-invalid", "false");
        this.on.problem("");
      }
      event.stopPropagation();
    });
    return h("label", {}, h("span", {}, name), box);
  }

  chosen() {
    const { layers } = this.merge ?? {};
    const asked = { method: this.select.value, settings: {}, ...(layers ? { layers } : {}) };
    this.on.problem("");
    this.on.change(checkedMerge(asked, this.methods).merge);
  }
}

// The analogy builder: "A is to B as C is to D". It writes the sliders, with a coefficient of its
// own for the bracket and for τ_C, and compares what that does to D.

import { h, setText } from "../dom.js";
import { decimal } from "../words.js";

/** @typedef {import("../types.js").Analogy} Analogy */

export class AnalogyBuilder {
  /**
   * @param {HTMLElement} element
   * @param {{hello: import("../types.js").Hello,
   *   on: {write: (analogy: Analogy) => void, release: () => void}}} how
   */
  constructor(element, { hello, on }) {
    this.on = on;
    this.hello = hello;
    const named = hello.vectors.filter((v) => v.kind !== "null" && v.name === v.task);
    this.titles = new Map(named.map((vector) => [vector.name, vector.title]));
    const select = (/** @type {string} */ role, /** @type {string} */ what) => {
      const options = named.map((v) => h("option", { value: v.name }, v.title));
      const how = {
        "aria-label": `analogy: ${what}`,
        "data-analogy": role,
        onchange: () => this.changed(true),
      };
      return h("select", how, h("option", { value: "" }, role.toUpperCase()), ...options);
    };
    this.selects = {
      a: select("a", "A"),
      b: select("b", "B, what A becomes"),
      c: select("c", "C"),
      d: select("d", "D, the unknown"),
    };
    const slider = (/** @type {string} */ role, /** @type {string} */ what) =>
      h("input", {
        type: "range",
        min: -1.5,
        max: 1.5,
        step: 0.01,
        value: 1,
        "aria-label": what,
        "data-analogy": role,
        oninput: () => this.changed(false),
        onchange: () => this.changed(true),
      });
    this.bracket = slider("bracket", "λ of the bracket τ(B) − τ(A)");
    this.own = slider("own", "λ of τ(C)");
    this.bracketText = h("output", {}, "1.00");
    this.ownText = h("output", {}, "1.00");
    this.readings = h("div", { class: "compare", "aria-live": "off" });
    this.hint = h("p", { class: "hint" });
    const { a, b, c, d } = this.selects;
    element.append(
      h(
        "div",
        { class: "triple" },
        h("span"),
        a,
        h("span", {}, "is to"),
        b,
        h("span", {}, "as"),
        c,
        h("span", {}, "is to"),
        d,
      ),
      this.hint,
      h(
        "label",
        { class: "knob" },
        h("span", {}, "λ (τ(B) − τ(A))"),
        this.bracket,
        this.bracketText,
      ),
      h("label", { class: "knob" }, h("span", {}, "λ τ(C)"), this.own, this.ownText),
      this.readings,
    );
    this.element = element;
    this.suggest();
  }

  /** Nothing is chosen yet: the sentence with an example in it, one click away. */
  suggest() {
    const example = this.hello.presets.find((preset) => preset.analogy)?.analogy;
    if (!example) {
      this.hint.replaceChildren("Four tasks write the sliders: τ(C) + τ(B) − τ(A).");
      return;
    }
    const [a, b, c, d] = [example.a, example.b, example.c, example.d].map(
      (name) => this.titles.get(name) ?? name,
    );
    this.hint.replaceChildren(
      `For example: ${a} is to ${b} as ${c} is to ${d}. `,
      h(
        "button",
        { type: "button", class: "quiet", onclick: () => this.write(example, true) },
        "try it",
      ),
    );
  }

  /** @param {boolean} done */
  changed(done) {
    const [a, b, c, d] = Object.values(this.selects).map((node) => node.value);
    const [bracket, own] = [Number(this.bracket.value), Number(this.own.value)];
    setText(this.bracketText, decimal(bracket));
    setText(this.ownText, decimal(own));
    if (a && a === b) {
      this.hint.replaceChildren(
        "A and B are the same task, so τ(B) − τ(A) is nothing: choose two.",
      );
      this.element.classList.remove("in-use");
      return;
    }
    if (a && b && c && d) this.write({ a, b, c, d, bracket, own }, done);
  }

  /** @param {Analogy} analogy @param {boolean} done */
  write(analogy, done) {
    this.on.write(analogy);
    if (done) this.on.release();
  }

  /** @param {Analogy | null} analogy */
  show(analogy) {
    this.element.classList.toggle("in-use", analogy !== null);
    if (!analogy) {
      this.suggest();
      return;
    }
    for (const role of /** @type {const} */ (["a", "b", "c", "d"])) {
      this.selects[role].value = analogy[role];
    }
    this.bracket.value = String(analogy.bracket);
    this.own.value = String(analogy.own);
    setText(this.bracketText, decimal(analogy.bracket));
    setText(this.ownText, decimal(analogy.own));
  }

  /**
   * @param {{label: string, role: string, y: number | null, text: string, hollow: boolean}[]}
   *   readings - y in 0…1
   */
  compare(readings) {
    if (this.readings.childElementCount !== readings.length) {
      this.readings.replaceChildren(
        ...readings.map(() =>
          h(
            "div",
            { class: "reading" },
            h("span", { class: "label" }),
            h("div", { class: "lane" }, h("div", { class: "fill" })),
            h("span", { class: "value" }),
          ),
        ),
      );
    }
    readings.forEach(({ label, role, y, text, hollow }, i) => {
      const row = this.readings.children[i];
      const [name, lane, value] = row.children;
      row.className = `reading ${role}${hollow ? " hollow" : ""}`;
      setText(name, label);
      setText(value, text);
      const fill = /** @type {HTMLElement} */ (lane.firstElementChild);
      fill.style.transform = `scaleX(${y === null ? 0 : Math.max(0.002, Math.min(1, y))})`;
    });
  }
}

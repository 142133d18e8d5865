// The analogy builder: "A is to B as C is to D". It writes the sliders, with a coefficient of its
// own for the bracket and for τ_C, and compares what that does to D.

import { h, setText } from "../dom.js";
import { decimal } from "../words.js";

export class AnalogyBuilder {
  // on: {write(analogy), release(), problem(text)}
  constructor(element, { hello, on }) {
    this.on = on;
    this.hello = hello;
    this.state = null;
    const named = hello.vectors.filter((v) => v.kind !== "null" && v.name === v.task);
    const titles = new Map(named.map((vector) => [vector.name, vector.title]));
    const select = (role, what) => {
      const options = named.map((v) => h("option", { value: v.name }, titles.get(v.name)));
      return h(
        "select",
        {
          "aria-label": `analogy: ${what}`,
          "data-analogy": role,
          onchange: () => this.changed(true),
        },
        h("option", { value: "" }, role.toUpperCase()),
        ...options,
      );
    };
    this.selects = {
      a: select("a", "A"),
      b: select("b", "B, what A becomes"),
      c: select("c", "C"),
      d: select("d", "D, the unknown"),
    };
    const slider = (role, what) =>
      h("input", {
        type: "range",
        min: 0,
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
      h("p", { class: "hint" }, "Four tasks write the sliders: τ(C) + τ(B) − τ(A)."),
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
  }

  changed(done) {
    const [a, b, c, d] = Object.values(this.selects).map((node) => node.value);
    setText(this.bracketText, decimal(Number(this.bracket.value)));
    setText(this.ownText, decimal(Number(this.own.value)));
    if (!(a && b && c && d)) return;
    const [bracket, own] = [Number(this.bracket.value), Number(this.own.value)];
    const analogy = { a, b, c, d, bracket, own };
    this.on.write(analogy);
    if (done) this.on.release();
  }

  show(analogy) {
    this.state = analogy;
    this.element.classList.toggle("in-use", analogy !== null);
    if (!analogy) return;
    for (const [role, node] of Object.entries(this.selects)) node.value = analogy[role];
    this.bracket.value = analogy.bracket;
    this.own.value = analogy.own;
    setText(this.bracketText, decimal(analogy.bracket));
    setText(this.ownText, decimal(analogy.own));
  }

  // readings: [{label, role, y, text, hollow}], y in 0…1 or null
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
      const [name, lane, value] = this.readings.children[i].children;
      this.readings.children[i].className = `reading ${role}${hollow ? " hollow" : ""}`;
      setText(name, label);
      setText(value, text);
      lane.firstChild.style.transform = `scaleX(${y === null ? 0 : Math.max(0.002, y)})`;
    });
  }
}

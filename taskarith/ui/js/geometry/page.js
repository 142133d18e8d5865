// Geometry: sliders on the left, and the pictures that follow them. From the vectors' own products
// and conflicts everything is computed here: a coefficient is a sign and a length.

import { h, setText } from "../dom.js";
import { behindSigned, caller, exploreAt, open, writeLink } from "../drawing.js";
import { MINUS, formula, parseCoefficient, percent, signed } from "../words.js";
import { under } from "../under.js";

export class Geometry {
  constructor(root, hello) {
    this.hello = hello;
    this.names = hello.geometry.vectors;
    this.value = { ...hello.coefficients };
    this.start = { ...hello.coefficients };
    this.density = "1";
    this.products = this.names.map((_first, i) =>
      this.names.map((_second, j) =>
        hello.geometry.grams.reduce((sum, gram) => sum + gram[i][j], 0),
      ),
    );
    this.parts = this.build(root);
    this.draw();
  }

  build(root) {
    const parts = { rows: new Map() };
    const make = (name, tag, attributes = {}, ...children) =>
      (parts[name] = h(tag, attributes, ...children));
    const bank = h(
      "section",
      { class: "bank", "aria-label": "coefficients" },
      ...this.names.map((name, index) => this.row(parts, name, index)),
      h(
        "p",
        { class: "acts" },
        h("button", { type: "button", onclick: () => this.replace({}) }, "All to zero"),
        h("button", { type: "button", onclick: () => this.replace(this.start) }, "As it came"),
      ),
    );
    const card = (title, key, ...extra) =>
      h(
        "section",
        { class: "card", "data-card": key },
        h("div", { class: "heading" }, h("h2", {}, title), ...extra),
        make(key, "div", { class: "matrix scroll" }),
        make(`${key}Says`, "p", { class: "says" }),
      );
    const choose = (density, title) =>
      h(
        "button",
        {
          type: "button",
          "data-density": density,
          onclick: () => {
            this.density = density;
            this.draw();
          },
        },
        title,
      );
    root.append(
      h(
        "div",
        { class: "story" },
        make("formula", "p", { class: "formula" }),
        make("explore", "a", { class: "go" }, "Open in Explore →"),
      ),
      make("notice", "p", { class: "said failed", role: "status" }),
      h(
        "div",
        { class: "geometry" },
        bank,
        h(
          "div",
          { class: "cards" },
          card("Angles: cosine of two terms", "angles"),
          card(
            "Signs: how often two terms conflict",
            "signs",
            make(
              "densities",
              "span",
              { class: "switch", role: "group", "aria-label": "which entries" },
              choose("1", "all entries"),
              choose("0.2", "largest 20 %"),
            ),
          ),
          card("Lengths: how far a term moves each layer", "lengths"),
        ),
      ),
    );
    const nulls = Object.keys(this.value).filter((name) => !this.names.includes(name));
    const notes = [...this.hello.problems];
    if (nulls.length) {
      notes.push(`${nulls.join(", ")}: a null direction stays in the edit and has no row here`);
    }
    parts.notice.textContent = notes.join(". ");
    parts.notice.hidden = !notes.length;
    return parts;
  }

  row(parts, name, index) {
    const { slider, hard } = this.hello.limits;
    const title = this.hello.titles[name];
    const range = h("input", {
      type: "range",
      min: -slider,
      max: slider,
      step: 0.05,
      "aria-label": `λ of ${title}`,
      oninput: () => this.set(name, Number(range.value)),
      ondblclick: () => this.set(name, 0),
    });
    const box = h("input", {
      type: "text",
      inputmode: "decimal",
      class: "number",
      "aria-label": `λ of ${title}, typed`,
      onchange: () => {
        const { value, problem } = parseCoefficient(box.value || "0", hard);
        if (problem) this.complain(`λ(${name}): ${problem}`);
        this.set(name, problem ? under(this.value, name) || 0 : value, !problem);
      },
    });
    parts.rows.set(name, { range, box });
    return h(
      "label",
      { class: "slider", "data-vector": name },
      h("span", {}, h("b", {}, String(index + 1)), ` ${title}`),
      range,
      box,
    );
  }

  complain(text) {
    this.parts.notice.textContent = text;
    this.parts.notice.hidden = false;
  }

  set(name, value, calm = true) {
    this.value = { ...this.value };
    if (value) this.value[name] = value;
    else delete this.value[name];
    if (calm) this.parts.notice.hidden = true;
    this.carry();
  }

  replace(value) {
    this.value = { ...value };
    this.parts.notice.hidden = true;
    this.carry();
  }

  carry() {
    writeLink(this.value);
    this.draw();
  }

  lambda(i) {
    return under(this.value, this.names[i]) || 0;
  }

  // Whether nothing is in the edit: then the vectors are shown as they are.
  get idle() {
    return this.names.every((_, i) => !this.lambda(i));
  }

  get among() {
    return this.idle ? "With nothing in the edit, of the vectors as they are " : "In this edit ";
  }

  sign(i, j) {
    if (this.idle) return 1;
    return Math.sign(this.lambda(i)) * Math.sign(this.lambda(j));
  }

  draw() {
    const { parts, hello } = this;
    setText(parts.formula, formula(this.value, this.hello.merge));
    parts.explore.href = exploreAt(this.value, hello.suite.name, { merge: hello.merge });
    for (const [name, { range, box }] of parts.rows) {
      const value = under(this.value, name) || 0;
      range.value = value;
      range.closest(".slider").dataset.on = value !== 0;
      if (document.activeElement !== box || parseCoefficient(box.value, 9).value !== value) {
        box.value = value ? signed(value) : "0";
      }
    }
    for (const button of parts.densities.children) {
      button.setAttribute("aria-pressed", button.dataset.density === this.density);
    }
    this.drawAngles();
    this.drawSigns();
    this.drawLengths();
  }

  // A square of cells; `cell(i, j)` gives {text, share, about}, or null for none.
  square(host, cell) {
    const count = this.names.length;
    host.style.setProperty("--columns", count);
    host.classList.toggle("dense", count > 12);
    const cells = [h("span", {})];
    for (let j = 0; j < count; j += 1) cells.push(h("b", { class: "head" }, String(j + 1)));
    for (let i = 0; i < count; i += 1) {
      cells.push(this.side(String(i + 1), this.hello.titles[this.names[i]]));
      for (let j = 0; j < count; j += 1) {
        const found = i === j ? null : cell(i, j);
        if (!found) {
          cells.push(h("i", { class: "none" }));
          continue;
        }
        const idle = !this.sign(i, j);
        cells.push(
          h(
            "i",
            {
              class: idle ? "cell idle" : "cell",
              title: found.about,
              "data-pair": `${i}-${j}`,
              style: idle ? "" : `background:${behindSigned(found.share)}`,
            },
            found.text,
          ),
        );
      }
    }
    host.replaceChildren(...cells);
  }

  // A row's name; where there is no room, its number alone.
  side(number, title) {
    return h("b", { class: "side", title }, number, h("span", {}, ` ${title}`));
  }

  pair(i, j) {
    return `${this.hello.titles[this.names[i]]} and ${this.hello.titles[this.names[j]]}`;
  }

  cosine(i, j) {
    return this.products[i][j] / Math.sqrt(this.products[i][i] * this.products[j][j]);
  }

  // The pair of terms in the edit with the largest `of(i, j)`.
  extreme(of) {
    /** @type {{i: number, j: number, value: number} | null} */
    let best = null;
    for (let i = 0; i < this.names.length; i += 1) {
      for (let j = 0; j < i; j += 1) {
        if (this.sign(i, j) && (!best || of(i, j) > best.value)) best = { i, j, value: of(i, j) };
      }
    }
    return best;
  }

  drawAngles() {
    const of = (i, j) => this.cosine(i, j) * (this.sign(i, j) || 1);
    this.square(this.parts.angles, (i, j) => {
      const value = of(i, j);
      const text = signed(Math.round(100 * value) / 100).replace(/(.)0\./, "$1.");
      // The root spreads small cosines, which is what task vectors have.
      const share = Math.sign(value) * Math.sqrt(Math.abs(value));
      return { text, share, about: `${this.pair(i, j)}: ${signed(Math.round(1e3 * value) / 1e3)}` };
    });
    const limit = this.hello.geometry.null.cosine;
    const most = this.extreme((i, j) => Math.abs(of(i, j)));
    const found = most
      ? `${this.among}the farthest from a right angle are ` +
        `${this.pair(most.i, most.j)}, ${signed(Math.round(1e3 * of(most.i, most.j)) / 1e3)}. `
      : "";
    setText(
      this.parts.anglesSays,
      `${found}1 is the same direction, 0 a right angle, ` +
        `${MINUS}1 the opposite. Random directions stay within ±${limit.toFixed(3)} here, ` +
        `so anything clearly beyond that is shared by two tasks.`,
    );
  }

  drawSigns() {
    const { conflicts, null: nulls } = this.hello.geometry;
    const shares = conflicts[this.density];
    const of = (i, j) => (this.sign(i, j) < 0 ? 1 - shares[i][j] : shares[i][j]);
    this.square(this.parts.signs, (i, j) => {
      if (shares[i][j] === null) return null;
      const value = of(i, j);
      const away = 2 * (0.5 - value); // agreeing is blue, conflicting orange
      return {
        text: (100 * value).toFixed(0),
        share: Math.sign(away) * Math.sqrt(Math.abs(away)),
        about: `${this.pair(i, j)}: ${percent(value)} of the entries in opposite directions`,
      };
    });
    const [low, high] = nulls.conflicts[this.density];
    const most = this.extreme(of);
    const found = most
      ? `${this.among}${this.pair(most.i, most.j)} conflict most, ` +
        `${percent(of(most.i, most.j))}. `
      : "";
    setText(
      this.parts.signsSays,
      `${found}The share, in percent, of weights that two terms pull ` +
        `in opposite directions. Unrelated directions give ${percent(low)} to ${percent(high)} ` +
        "here: below that they agree, above that they work against each other.",
    );
  }

  drawLengths() {
    const { grams, base, groups } = this.hello.geometry;
    const host = this.parts.lengths;
    const whole = Math.hypot(...base);
    const columns = [...groups.map((group, g) => [this.shortName(group), g]), ["all", -1]];
    const norm = (i, g) =>
      g < 0 ? Math.sqrt(this.products[i][i]) / whole : Math.sqrt(grams[g][i][i]) / base[g];
    const summed = (gram) =>
      Math.sqrt(
        Math.max(
          0,
          this.names.reduce(
            (total, _first, i) =>
              total +
              this.names.reduce(
                (sum, _second, j) => sum + this.lambda(i) * this.lambda(j) * gram[i][j],
                0,
              ),
            0,
          ),
        ),
      );
    const edit = (g) => (g < 0 ? summed(this.products) / whole : summed(grams[g]) / base[g]);
    const top = Math.max(
      ...columns.map(([, g]) => edit(g)),
      ...this.names.flatMap((_, i) => columns.map(([, g]) => norm(i, g))),
      1e-9,
    );
    host.style.setProperty("--columns", columns.length);
    const cells = [h("span", {}), ...columns.map(([title]) => h("b", { class: "head" }, title))];
    const line = (number, title, of, idle, name) => {
      cells.push(this.side(number, title));
      for (const [column, g] of columns) {
        const value = of(g);
        cells.push(
          h(
            "i",
            {
              class: `bar ${idle ? "idle" : ""} ${name}`,
              "data-value": value.toFixed(6),
              title: `${title}, ${column}: ${percent(value, 2)} of the layer's length`,
            },
            h("u", { style: `width:${(100 * value) / top}%` }),
            h("em", {}, percent(value)),
          ),
        );
      }
    };
    this.names.forEach((name, i) => {
      const size = Math.abs(this.lambda(i));
      line(String(i + 1), this.hello.titles[name], (g) => (size || 1) * norm(i, g), !size, "");
    });
    line("Σ", "the edit: their sum", edit, false, "sum");
    host.replaceChildren(...cells);
    const apart = Math.sqrt(
      this.names.reduce((sum, _, i) => sum + (this.lambda(i) * norm(i, -1)) ** 2, 0),
    );
    const found = apart
      ? `This edit moves the weights by ${percent(edit(-1))} of their length; ` +
        `terms at right angles would move them by ${percent(apart)}. `
      : "";
    setText(
      this.parts.lengthsSays,
      `${found}‖λ·τ‖ ÷ ‖θ₀‖, layer by layer. Grey rows have λ = 0 ` +
        "and are shown as if it were 1. Length is not effect: the preset Random in Explore is as long.",
    );
  }

  // "visual.transformer.resblocks.3" → "block 4"
  shortName(group) {
    const parts = group.split(".");
    const last = parts[parts.length - 1];
    return /^[0-9]+$/.test(last) ? `block ${Number(last) + 1}` : last;
  }
}

/**
 * Open the page in its component; what Gradio's own script calls.
 * @param {any} element
 * @param {Record<string, (message: object) => Promise<any>>} server
 */
export function start(element, server) {
  return open(element, {
    ask: caller(server),
    call: "geometry",
    build: (root, hello) => {
      element.geometry = new Geometry(root, hello);
    },
  });
}

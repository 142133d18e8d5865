// A plane of edits: target and control over two coefficients, and the front between the two.

import { field, options, told } from "./parts.js";
import { Run } from "./run.js";
import { taking } from "./taking.js";
import { h, svg } from "../dom.js";
import { exploreAt, tint } from "../drawing.js";
import { capital, parseCoefficient, percent, signed } from "../words.js";
import { under } from "../under.js";
import { scrolling } from "../scrolling.js";

export const SIDE = 340; // of a picture, in its own units
export const EDGE = { left: 84, bottom: 54, top: 10, right: 12 };

export class Plane {
  constructor(root, page) {
    this.page = page;
    const { hello } = page;
    const first = [...new Set([hello.focus, ...Object.keys(hello.edit), ...hello.targets])].filter(
      (name) => hello.vectors.includes(name),
    );
    const vectors = hello.vectors.map((name) => [name, page.title(name)]);
    const tasks = hello.tasks.map((task) => [task.name, task.title]);
    const target = hello.tasks.some((task) => task.name === first[0]) ? first[0] : hello.targets[0];
    this.x = h("select", {}, ...options(vectors, first[0]));
    this.y = h("select", {}, ...options(vectors, first[1]));
    this.target = h("select", {}, ...options(tasks, target));
    const falls = (under(hello.edit, first[0]) || 0) < 0;
    this.aim = h(
      "select",
      {},
      ...options(
        [
          ["rise", "rise"],
          ["fall", "fall: forget it"],
        ],
        falls ? "fall" : "rise",
      ),
    );
    const far = Math.max(1, ...Object.values(hello.edit).map(Math.abs));
    this.low = h("input", {
      type: "text",
      inputmode: "decimal",
      value: signed(falls ? -far : -0.5),
    });
    this.high = h("input", { type: "text", inputmode: "decimal", value: signed(far) });
    this.steps = h(
      "select",
      {},
      ...options(
        [
          [4, "5 × 5"],
          [8, "9 × 9"],
          [16, "17 × 17"],
        ],
        8,
      ),
    );
    this.images = page.images(64);
    this.host = h(
      "div",
      { class: "outcome" },
      h(
        "p",
        { class: "hint" },
        "Run it to see both pictures fill up from coarse to fine. Click a point to open it in Explore.",
      ),
    );
    this.run = new Run("plane", {
      ask: page.ask,
      message: () => this.message(),
      draw: (rows, found) => {
        this.rows = rows;
        this.front = found.front || [];
        this.asked = found.asked || this.asked;
        this.draw();
      },
    });
    root.append(
      page.section(
        "plane",
        "A plane of edits",
        "Two coefficients vary, the others stay as in the edit above" +
          (hello.merge ? ", all as a plain sum." : "."),
        [
          field("Across: λ of", this.x),
          field("Up: λ of", this.y),
          field("Target", this.target),
          field("It should", this.aim),
          h("div", { class: "two" }, field("λ from", this.low), field("to", this.high)),
          h(
            "div",
            { class: "two" },
            field("Grid", this.steps),
            field(capital(page.examples), this.images),
          ),
        ],
        this.run,
        this.host,
      ),
    );
  }

  message() {
    const ends = [this.low, this.high].map((box) => parseCoefficient(box.value, 3).value);
    return {
      x: this.x.value,
      y: this.y.value,
      target: this.target.value,
      low: ends[0] ?? this.low.value,
      high: ends[1] ?? this.high.value,
      forget: this.aim.value === "fall",
      steps: Number(this.steps.value),
      images: this.page.imagesOf(this.images),
    };
  }

  draw() {
    const { rows, asked, page } = this;
    if (!rows.length) {
      this.host.replaceChildren(h("p", { class: "hint" }, "Measuring…"));
      return;
    }
    const n = rows[0].target.n;
    const goal = `${page.title(asked.target)}, ${asked.forget ? "the lower the better" : "the higher the better"}`;
    this.host.replaceChildren(
      h(
        "div",
        { class: "maps" },
        this.map("target", `Target: ${page.title(asked.target)}`, "target"),
        this.map("control", `Control: ${page.title(page.hello.control)}`, "ink"),
        this.scatter(),
      ),
      h(
        "p",
        { class: "says" },
        `${rows.length} of ${(asked.steps + 1) ** 2} edits, ${n} validation ` +
          `${this.page.examples} a task, so an accuracy is good to about ±${(98 / Math.sqrt(n)).toFixed(0)} points ` +
          `or better; the exact interval is on each point. ${this.where()}`,
      ),
      this.key(),
      this.list(goal),
      taking(
        `${page.hello.suite.name}-plane`,
        rows.map(({ x, y, target, control }, index) => ({
          [`λ(${asked.x})`]: x,
          [`λ(${asked.y})`]: y,
          "on the front": this.front.includes(index),
          target: { task: asked.target, ...target },
          control: { task: page.hello.control, ...control },
        })),
      ),
    );
  }

  // What the marks mean, drawn as they are.
  key() {
    const mark = (shape, text) =>
      h(
        "span",
        {},
        svg("svg", { viewBox: "0 0 20 20", class: "map", "aria-hidden": "true" }, shape),
        text,
      );
    return h(
      "p",
      { class: "says marks" },
      mark(svg("path", { d: "M10 4l6 6l-6 6l-6 -6z", class: "front" }), "on the front"),
      mark(svg("circle", { cx: 10, cy: 10, r: 7, class: "here" }), "the edit above"),
      mark(svg("circle", { cx: 10, cy: 10, r: 6, class: "dot on" }), "on the front, in the trade"),
      mark(svg("circle", { cx: 10, cy: 10, r: 4.5, class: "dot" }), "another edit"),
      mark(svg("path", { d: "M2 10h16m-8 -8v16", class: "nothing" }), "the pretrained model"),
    );
  }

  where() {
    if (this.page.merge) return "These edits are sums, so the edit above is not among them.";
    return this.inHand()
      ? "The ring is the edit above."
      : "The edit above lies outside this plane.";
  }

  // Where the edit above lies in the plane; null where it is outside, as what a suite's own plane
  // holds may differ from it.
  inHand() {
    const { x, y, low, high, held } = this.asked;
    const { edit, merge } = this.page;
    const others = new Set([...Object.keys(edit), ...Object.keys(held)]);
    const alike = [...others].every(
      (name) => name === x || name === y || (under(edit, name) || 0) === (under(held, name) || 0),
    );
    const at = [x, y].map((name) => under(edit, name) || 0);
    return !merge && alike && at.every((value) => value >= low && value <= high) ? at : null;
  }

  about(row) {
    const { x, y } = this.asked;
    return (
      `λ(${x}) ${signed(row.x)}, λ(${y}) ${signed(row.y)}: target ${told(row.target)}, ` +
      `control ${told(row.control)}. Click opens it in Explore.`
    );
  }

  visit(row) {
    location.href = exploreAt(row.coefficients, this.page.hello.suite.name);
  }

  frame(title, name, inner, xTitle, yTitle, xEnds, yEnds, format) {
    const ticks = (ends) => [0, 0.5, 1].map((share) => ends[0] + share * (ends[1] - ends[0]));
    const width = SIDE + EDGE.left + EDGE.right;
    const height = SIDE + EDGE.top + EDGE.bottom;
    const text = (x, y, value, anchor, extra = {}) =>
      svg("text", { x, y, "text-anchor": anchor, ...extra }, value);
    const axes = [
      ...ticks(xEnds).map((tick, k) =>
        text(
          EDGE.left + (k * SIDE) / 2,
          EDGE.top + SIDE + 20,
          format(tick),
          ["start", "middle", "end"][k],
        ),
      ),
      ...ticks(yEnds).map((tick, k) =>
        text(EDGE.left - 8, EDGE.top + SIDE - (k * SIDE) / 2 + [0, 5, 12][k], format(tick), "end"),
      ),
      text(EDGE.left + SIDE / 2, height - 5, xTitle, "middle", { class: "axis" }),
      text(0, 0, yTitle, "middle", {
        class: "axis",
        transform: `translate(15 ${EDGE.top + SIDE / 2}) rotate(-90)`,
      }),
    ];
    return h(
      "figure",
      { class: "map", "data-map": name },
      h("figcaption", {}, title),
      svg(
        "svg",
        { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
        ...inner,
        ...axes,
      ),
    );
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number[]} across
   * @param {number[]} up
   */
  place(x, y, [x0, x1], [y0, y1]) {
    return [
      EDGE.left + (SIDE * (x - x0)) / (x1 - x0),
      EDGE.top + SIDE * (1 - (y - y0) / (y1 - y0)),
    ];
  }

  map(key, title, hue) {
    const { rows, asked } = this;
    const ends = [asked.low, asked.high];
    const values = rows.map((row) => row[key].accuracy);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const at = (x, y) => this.place(x, y, ends, ends);
    const cells = rows.map((row, index) => {
      const size = SIDE / this.levelOf(index);
      const [x, y] = at(row.x, row.y);
      const left = Math.max(EDGE.left, x - size / 2);
      const top = Math.max(EDGE.top, y - size / 2);
      const share = (row[key].accuracy - least) / Math.max(1e-9, most - least);
      return svg(
        "rect",
        {
          x: left,
          y: top,
          width: Math.min(EDGE.left + SIDE, x + size / 2) - left,
          height: Math.min(EDGE.top + SIDE, y + size / 2) - top,
          style: `fill:${tint(hue, 0.06 + 0.86 * share)}`,
          class: "cell",
          "data-row": index,
        },
        svg("title", {}, this.about(row)),
      );
    });
    cells.forEach((cell, index) => cell.addEventListener("click", () => this.visit(rows[index])));
    const marks = this.front.map((index) => {
      const [x, y] = at(rows[index].x, rows[index].y);
      return svg("path", { d: `M${x} ${y - 6}l6 6l-6 6l-6 -6z`, class: "front" });
    });
    const here = this.inHand();
    const [x, y] = here ? at(...here) : [];
    const ring = here
      ? ["halo", "here"].map((role) => svg("circle", { cx: x, cy: y, r: 10, class: role }))
      : [];
    const legend = h(
      "span",
      { class: "scale" },
      percent(least, 0),
      h("i", { style: `background:linear-gradient(90deg,${tint(hue, 0.06)},${tint(hue, 0.92)})` }),
      percent(most, 0),
    );
    const figure = this.frame(
      title,
      key,
      [...cells, ...marks, ...ring],
      `λ(${asked.x})`,
      `λ(${asked.y})`,
      ends,
      ends,
      signed,
    );
    figure.firstChild.append(legend);
    return figure;
  }

  // How many cells a side the grid has to which a point at that place of the order belongs.
  levelOf(index) {
    for (let level = 1; level < this.asked.steps; level *= 2) {
      if (index < (level + 1) ** 2) return level;
    }
    return this.asked.steps;
  }

  scatter() {
    const { rows, front, asked } = this;
    const span = (key) => {
      const values = rows.map((row) => row[key].accuracy);
      const room = 0.04 + 0.05 * (Math.max(...values) - Math.min(...values));
      return [Math.max(0, Math.min(...values) - room), Math.min(1, Math.max(...values) + room)];
    };
    const [across, up] = [span("target"), span("control")];
    const at = (row) => this.place(row.target.accuracy, row.control.accuracy, across, up);
    const line = front.map((index, k) => `${k ? "L" : "M"}${at(rows[index]).join(" ")}`).join("");
    const dots = rows.map((row, index) => {
      const [cx, cy] = at(row);
      const on = front.includes(index);
      const dot = svg(
        "circle",
        { cx, cy, r: on ? 7 : 4.5, class: on ? "dot on" : "dot", "data-row": index },
        svg("title", {}, this.about(row)),
      );
      dot.addEventListener("click", () => this.visit(row));
      return dot;
    });
    const still = rows.find((row) => !Object.keys(row.coefficients).length);
    const nothing = still
      ? [
          svg(
            "path",
            { class: "nothing", d: `M${at(still)[0] - 8} ${at(still)[1]}h16m-8 -8v16` },
            svg("title", {}, "the pretrained model"),
          ),
        ]
      : [];
    dots.sort((a, b) => Number(a.classList.contains("on")) - Number(b.classList.contains("on")));
    return this.frame(
      "The trade: the line is the Pareto front",
      "trade",
      [svg("path", { d: line, class: "line" }), ...dots, ...nothing],
      `target ${asked.forget ? "(← better)" : "(better →)"}`,
      "control (better →)",
      across,
      up,
      (value) => percent(value, 0),
    );
  }

  list(goal) {
    const { rows, front, asked } = this;
    const items = front.slice(0, 12).map((index) => {
      const row = rows[index];
      return h(
        "tr",
        {},
        h(
          "td",
          {},
          h(
            "a",
            { href: exploreAt(row.coefficients, this.page.hello.suite.name) },
            `λ(${asked.x}) ${signed(row.x)}, λ(${asked.y}) ${signed(row.y)}`,
          ),
        ),
        h("td", { class: "number" }, told(row.target)),
        h("td", { class: "number" }, told(row.control)),
      );
    });
    return h(
      "details",
      { class: "listed" },
      h(
        "summary",
        {},
        `The front: ${front.length === 1 ? "1 edit" : `${front.length} edits`} (${goal}). Picked among many, they flatter.`,
      ),
      h(
        "div",
        scrolling("The front"),
        h(
          "table",
          {},
          h(
            "thead",
            {},
            h("tr", {}, ...["edit", "target", "control"].map((text) => h("th", {}, text))),
          ),
          h("tbody", {}, ...items),
        ),
      ),
    );
  }
}

// The overlay: our own SVG over the plot's axes. Previews, marks and end labels change with the
// curve; the cursor, its dots and its readings follow the finger. Knows pixels, not tasks.

import { setText, svg } from "../dom.js";
import { marginLabels, obstacles, readingBoxes } from "./labels.js";
import { textWidth } from "./textwidth.js";

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {Scene["series"][number]} Series */
/** @typedef {ReturnType<import("./view.js").View["shown"]>} Shown */

export class Overlay {
  /** @param {import("./frame.js").Frame} frame */
  constructor(frame) {
    this.frame = frame;
    this.previews = svg("g");
    this.marks = svg("g");
    this.labels = svg("g", { class: "ends" });
    this.line = svg("line", { class: "cursor" });
    this.dots = svg("g");
    this.readings = svg("g", { class: "readings" });
    this.pointer = svg("g", { class: "pointer" });
    this.hand = svg("rect", { class: "hand", fill: "transparent" });
    this.root = svg(
      "svg",
      { class: "over", "aria-hidden": "true" },
      this.previews,
      this.marks,
      this.labels,
      this.line,
      this.dots,
      this.readings,
      this.pointer,
      this.hand,
    );
    /** @type {{x: number, values: Shown[]} | null} */
    this.state = null;
    /** @type {({dot: SVGElement, whisker: SVGElement} | null)[]} */
    this.dotOf = [];
    /** @type {({text: SVGElement, plate: SVGElement} | null)[]} */
    this.readingOf = [];
    /** @type {ReturnType<typeof obstacles>} */
    this.lines = [];
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { frame } = this;
    this.root.setAttribute("viewBox", `0 0 ${frame.size.width} ${frame.size.height}`);
    frame.fit(this.hand);
    this.line.setAttribute("y1", String(frame.top));
    this.line.setAttribute("y2", String(frame.bottom));
    this.previews.replaceChildren(...scene.series.map((series) => this.preview(series)));
    this.marks.replaceChildren(
      ...scene.rules.flatMap((rule) => this.rule(rule)),
      ...scene.ticks.flatMap((tick) => this.tick(tick)),
      ...(scene.ghost === null ? [] : [this.ghost(scene.ghost)]),
      ...(frame.narrow ? [] : [this.key(scene)]),
    );
    this.labels.replaceChildren(...marginLabels(scene, frame).flatMap((end) => this.label(end)));
    this.lines = obstacles(scene, frame);
    this.makeDots(scene);
    if (this.state) this.cursor(this.state);
  }

  /** @param {Series} series */
  preview({ preview, role }) {
    let d = "";
    let pen = false;
    for (const { x, y } of preview) {
      const known = y !== null && !Number.isNaN(y);
      if (known) {
        const at = this.frame.y(this.frame.inside(y));
        d += `${pen ? "L" : "M"}${this.frame.x(x).toFixed(1)} ${at.toFixed(1)}`;
      }
      pen = known;
    }
    return svg("path", { d, class: `preview ${role}` });
  }

  /** @param {Scene["rules"][number]} rule */
  rule({ y, role }) {
    if (!this.frame.holds(y)) return [];
    const at = this.frame.y(y);
    const { left, right } = this.frame;
    return [svg("line", { class: `rule ${role}`, x1: left, x2: right, y1: at, y2: at })];
  }

  /** @param {Scene["ticks"][number]} tick */
  tick({ y, shape }) {
    if (!this.frame.holds(y)) return [];
    const { right, unit: u } = this.frame;
    const d = `M${right - 1} ${this.frame.y(y)} l${-11 * u} ${-6 * u} v${12 * u} z`;
    return [svg("path", { class: `tick ${shape}`, d })];
  }

  /** @param {number} x */
  ghost(x) {
    const at = this.frame.x(x);
    const { top, bottom } = this.frame;
    return svg("line", { class: "ghost", x1: at, x2: at, y1: top, y2: bottom });
  }

  /**
   * What the marks mean, from the right end to the left.
   * @param {Scene} scene
   */
  key({ n, ghost }) {
    const { unit: u, family } = this.frame;
    const y = this.frame.size.height - 8 * u;
    const group = svg("g", { class: "key" });
    let x = this.frame.size.width - 4 * u;
    const entry = (
      /** @type {string} */ text,
      /** @type {number} */ wide,
      /** @type {(left: number) => SVGElement} */ mark,
    ) => {
      x -= textWidth(text, { size: 14 * u, family });
      group.append(svg("text", { x, y }, text));
      x -= wide + 7 * u;
      group.append(mark(x));
      x -= 16 * u;
    };
    if (ghost !== null) {
      entry("pinned", 12 * u, (left) =>
        svg("path", {
          class: "pinned",
          d: `M${left + 6 * u} ${y - 11 * u}l${6 * u} ${6 * u}l${-6 * u} ${6 * u}l${-6 * u} ${-6 * u}z`,
        }),
      );
    }
    entry("preview", 26 * u, (left) => svg("path", { d: `M${left} ${y - 5 * u} h${26 * u}` }));
    entry(n ? `measured, n = ${n}` : "measured", 8 * u, (left) =>
      svg("circle", { cx: left + 4 * u, cy: y - 5 * u, r: 4 * u }),
    );
    return group;
  }

  /** @param {ReturnType<typeof marginLabels>[number]} end */
  label({ text, full, kind, from, y }) {
    const { right, unit: u } = this.frame;
    const words = svg("text", { class: `end ${kind}`, x: right + 18 * u, y: y + 5 * u }, text);
    if (full !== text) words.append(svg("title", {}, full));
    const d = `M${right + 2} ${from} l${12 * u} ${y - from}`;
    return [svg("path", { class: `lead ${kind}`, d }), words];
  }

  /**
   * One dot per line under the cursor, with its interval; readings for the two that matter.
   * @param {Scene} scene
   */
  makeDots(scene) {
    this.dotOf = scene.series.map(({ still, role }) =>
      still
        ? null
        : {
            dot: svg(role === "control" ? "rect" : "circle", { class: `dot ${role}` }),
            whisker: svg("path", { class: `whisker ${role}` }),
          },
    );
    this.readingOf = scene.series.map(({ still, role }) =>
      !still && (role === "target" || role === "control")
        ? {
            text: svg("text", { class: `reading ${role}` }),
            plate: svg("rect", { class: "plate", rx: 4 }),
          }
        : null,
    );
    const dots = this.dotOf.flatMap((pair) => (pair ? [pair.whisker, pair.dot] : []));
    this.dots.replaceChildren(...dots);
    const readings = this.readingOf.flatMap((pair) => (pair ? [pair.plate, pair.text] : []));
    this.readings.replaceChildren(...readings);
  }

  /**
   * The hot path: attributes only.
   * @param {{x: number, values: Shown[]}} state - a value for every series
   */
  cursor(state) {
    this.state = state;
    if (!this.frame.ready) return;
    const { frame } = this;
    const u = frame.unit;
    const at = frame.x(state.x);
    this.line.setAttribute("x1", String(at));
    this.line.setAttribute("x2", String(at));
    /** @type {{text: SVGElement, plate: SVGElement, words: string, y: number}[]} */
    const placed = [];
    this.dotOf.forEach((pair, i) => {
      if (!pair) return;
      const [value, reading] = [state.values[i], this.readingOf[i]];
      const known = Boolean(value) && !Number.isNaN(value?.y);
      for (const node of [pair.dot, pair.whisker, reading?.text, reading?.plate]) {
        if (node) node.style.display = known ? "" : "none";
      }
      if (!known || !value) return;
      const y = frame.y(frame.inside(value.y));
      placeDot(pair.dot, { at, y, radius: (reading ? 7 : 4) * u });
      pair.dot.classList.toggle("hollow", value.hollow);
      pair.whisker.setAttribute("d", reading ? this.whisker(at, value) : "");
      if (reading) placed.push({ ...reading, words: value.text, y });
    });
    this.placeReadings(placed, at);
  }

  /** @param {number} at @param {NonNullable<Shown>} value */
  whisker(at, { low, high }) {
    if (low === undefined || high === undefined || Number.isNaN(low + high)) return "";
    const { frame } = this;
    const [top, bottom] = [high, low].map((value) => frame.y(frame.inside(value)));
    const half = 6 * frame.unit;
    return `M${at - half} ${top}h${2 * half}M${at - half} ${bottom}h${2 * half}M${at} ${top}V${bottom}`;
  }

  /**
   * @param {{text: SVGElement, plate: SVGElement, words: string, y: number}[]} placed
   * @param {number} cursor
   */
  placeReadings(placed, cursor) {
    const { frame, lines } = this;
    const told = placed.map(({ words, y }) => ({ text: words, y }));
    readingBoxes(told, cursor, { frame, lines }).forEach((box, i) => {
      const { text, plate, words } = placed[i];
      place(plate, box);
      text.setAttribute("x", String(box.left + 4 * frame.unit));
      text.setAttribute("y", String(box.bottom - 0.3 * frame.reading * frame.unit));
      setText(text, words);
    });
  }

  /**
   * What is said of the curve where the pointer is; null to say nothing.
   * @param {{x: number, y: number, text: string} | null} told - x and y on the axes
   */
  tell(told) {
    if (!told) return this.pointer.replaceChildren();
    const { frame } = this;
    const u = frame.unit;
    const [x, y] = [frame.x(told.x), frame.y(frame.inside(told.y))];
    const font = { size: 15 * u, bold: true, family: frame.family };
    const width = textWidth(told.text, font) + 16 * u;
    const most = frame.size.width - width - 4 * u;
    const left = Math.max(4 * u, Math.min(most, x - width / 2));
    const above = y - 40 * u > 0;
    const top = above ? y - 38 * u : y + 14 * u;
    const plate = svg("rect", { class: "said", rx: 5 * u });
    place(plate, { left, right: left + width, top, bottom: top + 25 * u });
    this.pointer.replaceChildren(
      svg("circle", { class: "spot", cx: x, cy: y, r: 6 * u }),
      plate,
      svg("text", { class: "said", x: left + 8 * u, y: top + 17.5 * u }, told.text),
    );
  }
}

/** @param {SVGElement} node @param {import("./placement.js").Box} box */
function place(node, { left, right, top, bottom }) {
  const values = { x: left, y: top, width: Math.max(0, right - left), height: bottom - top };
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, String(value));
}

/** @param {SVGElement} dot @param {{at: number, y: number, radius: number}} where */
function placeDot(dot, { at, y, radius }) {
  const box =
    dot.tagName === "rect"
      ? { x: at - radius, y: y - radius, width: 2 * radius, height: 2 * radius }
      : { cx: at, cy: y, r: radius };
  for (const [name, value] of Object.entries(box)) dot.setAttribute(name, String(value));
}

// The curves: axes, bands, measured lines and their marks, as SVG, in the look that figures/style.py
// gives. Drawn anew when measurements arrive, never while something moves. Knows pixels, not tasks.

import { svg } from "../dom.js";
import { MINUS, percent } from "../words.js";
import { DENSE } from "./measurements.js";
import { fitted } from "./textwidth.js";

const KEY = 330; // px that the key under the axis takes, at the usual size
const DASHES = { solid: "none", dash: "9 7" };
/** @type {Record<string, (x: number, y: number, r: number) => string>} */
const MARKS = {
  circle: (x, y, r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  square: (x, y, r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  diamond: (x, y, r) => `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`,
};

/** @typedef {import("./scene.js").Scene} Scene */
/** @typedef {Scene["series"][number]} Series */
/** @typedef {{x: number, y: number, low: number, high: number}[]} Nodes */

export class Curves {
  /**
   * @param {import("./frame.js").Frame} frame
   * @param {Record<string, any>} style
   */
  constructor(frame, style) {
    this.frame = frame;
    this.style = style;
    this.inside = svg("rect");
    this.axes = svg("g", { class: "axes" });
    this.lines = svg("g");
    this.root = svg(
      "svg",
      { class: "plot", "aria-hidden": "true" },
      svg("clipPath", { id: "taskarith-inside" }, this.inside),
      this.axes,
      this.lines,
    );
  }

  /** @param {Scene} scene */
  draw(scene) {
    const { frame } = this;
    const { width, height } = frame.size;
    this.root.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.root.classList.toggle("behind", scene.onTest);
    frame.fit(this.inside);
    this.axes.replaceChildren(...this.upright(scene), ...this.level(scene));
    // Shares lie within the frame, and marks on its edge show whole; other measures may leave.
    if (scene.clip) this.lines.setAttribute("clip-path", "url(#taskarith-inside)");
    else this.lines.removeAttribute("clip-path");
    this.lines.replaceChildren(
      ...scene.series.flatMap((series) => {
        // A measure that needs the fine-tuned model is not a number until that is known.
        const measured = series.measured.filter(({ y }) => !Number.isNaN(y));
        return measured.length ? this.series({ ...series, measured }, this.style[scene.theme]) : [];
      }),
    );
  }

  /** @param {Scene} scene */
  upright({ range: [low, high], xTitle }) {
    const { frame } = this;
    const u = frame.unit;
    const parts = [];
    for (let x = Math.ceil(2 * low) / 2; x <= high; x += 0.5) {
      const at = frame.x(x);
      parts.push(
        svg("line", { x1: at, x2: at, y1: frame.top, y2: frame.bottom, class: x ? "" : "zero" }),
        svg(
          "text",
          { x: at, y: frame.bottom + 20 * u, "text-anchor": "middle" },
          String(x).replace("-", MINUS),
        ),
      );
    }
    const width = frame.right - frame.left;
    const room = frame.narrow ? width : frame.size.width - frame.left - KEY * u;
    const place = frame.narrow
      ? { x: frame.left + width / 2, "text-anchor": "middle" }
      : { x: frame.left, "text-anchor": "start" };
    const title = fitted(xTitle, room, { size: 15 * u, family: frame.family });
    parts.push(svg("text", { class: "title", y: frame.bottom + 40 * u, ...place }, title));
    return parts;
  }

  /** @param {Scene} scene */
  level({ heights: [low, high], step }) {
    const { frame } = this;
    const parts = [];
    for (let y = Math.ceil(low / step) * step; y <= high; y += step) {
      const at = frame.y(y);
      parts.push(
        svg("line", { x1: frame.left, x2: frame.right, y1: at, y2: at }),
        svg(
          "text",
          { x: frame.left - 8 * frame.unit, y: at + 5 * frame.unit, "text-anchor": "end" },
          percent(y, 0),
        ),
      );
    }
    return parts;
  }

  /**
   * @param {Series} series
   * @param {any} style
   */
  series({ role, measured, highlit, line: drawn, pale }, style) {
    const u = this.frame.unit;
    const { line, marker } = style.traces[role];
    const colour = highlit && role === "other" ? style.colours.ink : line.color;
    const faint = pale ? " pale" : "";
    const parts = [];
    if (style.bands[role] && measured.length > 1 && drawn) {
      const fill = style.bands[role].fillcolor;
      parts.push(svg("path", { class: `band${faint}`, d: this.band(measured), fill }));
    }
    const marks = measured.map(({ x, y }) =>
      MARKS[marker.symbol](
        round(this.frame.x(x)),
        round(this.frame.y(y)),
        (marker.size * u * (highlit ? 1.4 : 1)) / 2,
      ),
    );
    if (drawn) {
      parts.push(
        svg("path", {
          class: `line ${role}${faint}`,
          d: this.line(measured),
          fill: "none",
          stroke: colour,
          "stroke-width": (line.width + (highlit ? 1.5 : 0)) * u,
          "stroke-dasharray": DASHES[/** @type {keyof typeof DASHES} */ (line.dash)],
          "stroke-linejoin": "round",
        }),
      );
    }
    parts.push(svg("path", { class: `marks ${role}${faint}`, d: marks.join(""), fill: colour }));
    return parts;
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    return `${round(this.frame.x(x))} ${round(this.frame.y(y))}`;
  }

  /**
   * A gap where neighbours are too far apart for a straight line to mean anything.
   * @param {Nodes} measured
   */
  line(measured) {
    return measured
      .map(({ x, y }, i) => (i && x - measured[i - 1].x <= DENSE ? "L" : "M") + this.at(x, y))
      .join("");
  }

  /** @param {Nodes} measured */
  band(measured) {
    const upper = measured.map(({ x, high }) => this.at(x, high));
    const lower = measured.map(({ x, low }) => this.at(x, low)).reverse();
    return `M${[...upper, ...lower].join("L")}z`;
  }
}

/** @param {number} pixels */
function round(pixels) {
  return Math.round(10 * pixels) / 10;
}

// The overlay: our own SVG over the plot's axes. Previews, marks and end labels change with the
// curve; the cursor, its dots and its readings follow the finger. Knows pixels, not tasks.

import { setText, svg } from "../dom.js";

export class Overlay {
  constructor(frame) {
    this.frame = frame;
    this.previews = svg("g");
    this.marks = svg("g");
    this.labels = svg("g", { class: "ends" });
    this.line = svg("line", { class: "cursor" });
    this.dots = svg("g");
    this.readings = svg("g", { class: "readings" });
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
      this.hand,
    );
    this.state = null;
  }

  draw(scene) {
    const { frame } = this;
    this.root.setAttribute("viewBox", `0 0 ${frame.size.width} ${frame.size.height}`);
    frame.fit(this.hand);
    this.line.setAttribute("y1", frame.top);
    this.line.setAttribute("y2", frame.bottom);
    this.previews.replaceChildren(...scene.series.map((series) => this.preview(series)));
    this.marks.replaceChildren(
      ...scene.rules.flatMap((rule) => this.rule(rule)),
      ...scene.ticks.flatMap((tick) => this.tick(tick)),
      ...(scene.ghost === null ? [] : [this.ghost(scene.ghost)]),
      ...(frame.narrow ? [] : [this.key()]),
    );
    this.labels.replaceChildren(...(frame.narrow ? [] : this.endLabels(scene)));
    this.makeDots(scene);
    if (this.state) this.cursor(this.state);
  }

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

  rule({ y, role }) {
    if (!this.frame.holds(y)) return [];
    const at = this.frame.y(y);
    return [
      svg("line", {
        class: `rule ${role}`,
        x1: this.frame.left,
        x2: this.frame.right,
        y1: at,
        y2: at,
      }),
    ];
  }

  tick({ y, text, shape }) {
    if (!this.frame.holds(y)) return [];
    const { right, unit: u } = this.frame;
    const at = this.frame.y(y);
    const mark = svg("path", {
      class: `tick ${shape}`,
      d: `M${right - 1} ${at} l${-11 * u} ${-6 * u} v${12 * u} z`,
    });
    return [mark, svg("text", { class: "tick", x: right - 17 * u, y: at + 5 * u }, text)];
  }

  ghost(x) {
    const at = this.frame.x(x);
    return svg("line", {
      class: "ghost",
      x1: at,
      x2: at,
      y1: this.frame.top,
      y2: this.frame.bottom,
    });
  }

  key() {
    const { right, unit: u } = this.frame;
    const y = this.frame.size.height - 8 * u;
    return svg(
      "g",
      { class: "key" },
      svg("circle", { cx: right - 188 * u, cy: y - 5 * u, r: 4 * u }),
      svg("text", { x: right - 178 * u, y }, "measured"),
      svg("path", { d: `M${right - 92 * u} ${y - 5 * u} h${26 * u}` }),
      svg("text", { x: right - 58 * u, y }, "preview"),
    );
  }

  // Direct labels where the lines end, pushed apart so that none covers another.
  endLabels(scene) {
    const { frame } = this;
    const ends = scene.rules.map(({ y, text, role }) => ({ text, kind: `${role} rule`, y }));
    for (const { title, role, highlit, measured, preview } of scene.series) {
      const known = [...measured, ...preview].filter((p) => p.y !== null && !Number.isNaN(p.y));
      const end = known.reduce((last, p) => (!last || p.x > last.x ? p : last), null);
      const kind = highlit ? `${role} highlit` : role;
      if (end && title) ends.push({ text: title, kind, y: end.y });
    }
    for (const end of ends) end.from = frame.y(frame.inside(end.y));
    ends.sort((a, b) => a.from - b.from);
    const u = frame.unit;
    const gap = 17 * u;
    ends.forEach((end, i) => {
      end.at = Math.max(end.from, i ? ends[i - 1].at + gap : frame.top + 4 * u);
    });
    for (let i = ends.length - 1; i >= 0; i--) {
      ends[i].at = Math.min(
        ends[i].at,
        i < ends.length - 1 ? ends[i + 1].at - gap : frame.bottom + 4 * u,
      );
    }
    return ends.flatMap(({ text, kind, from, at }) => [
      svg("path", {
        class: `lead ${kind}`,
        d: `M${frame.right + 2} ${from} l${12 * u} ${at - from}`,
      }),
      svg("text", { class: `end ${kind}`, x: frame.right + 18 * u, y: at + 5 * u }, text),
    ]);
  }

  // One dot per line under the cursor; readings for the two lines that matter.
  makeDots(scene) {
    this.dotOf = scene.series.map(({ still, role }) =>
      still ? null : svg(role === "control" ? "rect" : "circle", { class: `dot ${role}` }),
    );
    this.readingOf = scene.series.map(({ still, role }) =>
      !still && (role === "target" || role === "control")
        ? svg("text", { class: `reading ${role}` })
        : null,
    );
    this.dots.replaceChildren(...this.dotOf.filter(Boolean));
    this.readings.replaceChildren(...this.readingOf.filter(Boolean));
  }

  // state: {x, values: per series {y, text, hollow} or null}. The hot path: attributes only.
  cursor(state) {
    this.state = state;
    if (!this.frame.ready || !this.dotOf) return;
    const { frame } = this;
    const u = frame.unit;
    const at = frame.x(state.x);
    this.line.setAttribute("x1", at);
    this.line.setAttribute("x2", at);
    const placed = [];
    this.dotOf.forEach((dot, i) => {
      if (!dot) return;
      const [value, reading] = [state.values[i], this.readingOf[i]];
      const display = value && !Number.isNaN(value.y) ? "" : "none";
      dot.style.display = display;
      if (reading) reading.style.display = display;
      if (display) return;
      const y = frame.y(frame.inside(value.y));
      placeDot(dot, { at, y, radius: (reading ? 7 : 4) * u });
      dot.classList.toggle("hollow", value.hollow);
      if (reading) placed.push({ reading, y, text: value.text });
    });
    this.placeReadings(placed, at);
  }

  placeReadings(placed, cursor) {
    const u = this.frame.unit;
    const leftward = cursor > this.frame.right - 90 * u;
    placed.sort((a, b) => a.y - b.y);
    let above = -Infinity;
    for (const { reading, y, text } of placed) {
      above = Math.max(y - 10 * u, above + 22 * u, 24 * u);
      reading.setAttribute("x", cursor + (leftward ? -14 : 14) * u);
      reading.setAttribute("y", above);
      reading.setAttribute("text-anchor", leftward ? "end" : "start");
      setText(reading, text);
    }
  }
}

export function placeDot(dot, { at, y, radius }) {
  const box =
    dot.tagName === "rect"
      ? { x: at - radius, y: y - radius, width: 2 * radius, height: 2 * radius }
      : { cx: at, cy: y, r: radius };
  for (const [name, value] of Object.entries(box)) dot.setAttribute(name, value);
}

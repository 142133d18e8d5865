// The view: from the edit in hand, the measurements and the preview to what chart, bars and texts
// show. Pure: it reads, computes and returns; it touches neither the page nor the server.

import { DENSE, MEASURES, scale } from "./measurements.js";
import { percent, points, terms } from "../words.js";

export const GRID = 41; // λ at which a preview line is drawn
// Fitted to λ of ±0.4, a quadratic curls up far outside: beyond ±1 the preview keeps its value.
export const TRUSTED = 1;
export const trusted = (value) => Math.max(-TRUSTED, Math.min(TRUSTED, value));

/** @typedef {import("../types.js").Task} Task */
/** @typedef {import("../types.js").Vector} Vector */

export class View {
  /**
   * @param {import("../types.js").Hello} hello
   * @param {{state: import("./edit.js").EditState,
   *   measurements: import("./measurements.js").Measurements}} page
   */
  constructor(hello, { state, measurements }) {
    this.hello = hello;
    this.state = state;
    this.measurements = measurements;
    /** @type {import("./surrogate.js").Surrogate | null} */
    this.surrogate = null;
    this.previewed = hello.engine.preview?.used ?? true; // false where it proved too far off
    this.tasks = new Map(hello.tasks.map((task) => [task.name, task]));
    this.control = /** @type {Task} */ (hello.tasks.find((task) => task.role === "control"));
    const sliced = this.sliced();
    this.range = sliced.range;
    this.slice = sliced.slice;
    this.pinnedSlice = sliced.pinnedSlice;
    this.line = sliced.line;
    this.scales = sliced.scales;
  }

  /** The task that the slider in hand is about. @returns {string} */
  taskInHand() {
    const { analogy, vectors, focus } = this.state;
    return analogy ? analogy.d : /** @type {Vector} */ (vectors.get(focus)).task;
  }

  // Targets and control; an auxiliary only while it takes part.
  visible() {
    const inHand = this.taskInHand();
    return this.hello.tasks.filter(
      ({ name, role }) =>
        role === "target" || role === "control" || this.state.coefficients[name] || name === inHand,
    );
  }

  // What the bars show: on test also the second control, which no choice of λ sees.
  listed(store) {
    return store === this.measurements
      ? this.visible()
      : [...this.visible(), ...this.hello.tasks.filter(({ role }) => role === "second-control")];
  }

  role(task) {
    if (task.name === this.taskInHand()) return "target";
    return task.role === "control" ? "control" : "other";
  }

  // What the accuracies are compared with, on the split being shown.
  references(name, store = this.measurements) {
    const at = (coefficients) => store.at(coefficients)[name]?.value;
    return { pretrained: at({}), finetuned: at({ [name]: 1 }) };
  }

  scaled(task, store = this.measurements) {
    return scale(task, this.state.measure, this.references(task.name, store));
  }

  // Anew whenever the slider in hand, another slider or a measurement changes: not while dragging.
  reslice() {
    Object.assign(this, this.sliced());
  }

  sliced() {
    const { coefficients, focus, pinned } = this.state;
    const bound = this.hello.limits.slider;
    const wide = Math.abs(coefficients[focus] || 0) > bound;
    const end = wide ? this.hello.limits.hard : bound;
    return {
      range: [-end, end],
      slice: this.measurements.slice(coefficients, focus),
      pinnedSlice: pinned && this.measurements.slice(pinned.coefficients, focus),
      line: this.previewAlong(coefficients, focus),
      scales: new Map(this.visible().map((task) => [task.name, this.scaled(task)])),
    };
  }

  // The preview along λ(focus) as a function (task, x) → accuracy or null; null if there is none.
  previewAlong(coefficients, focus) {
    const near = Object.fromEntries(terms(coefficients).map((t) => [t.name, trusted(t.value)]));
    const line = this.previewed && this.surrogate?.along(near, focus);
    return line ? (task, x) => line(task, trusted(x)) : null;
  }

  // The accuracy of a task at λ(focus) = x: measured, between two measured, previewed or unknown.
  at(name, x) {
    const found = this.slice.at(name, x);
    if (found) return found;
    const preview = this.line && this.line(name, x);
    return preview === null || preview === undefined ? null : { value: preview, kind: "preview" };
  }

  scene(theme, highlit) {
    const { focus, measure, pinned } = this.state;
    const inHand = this.taskInHand();
    const shown = this.visible().map((task) => this.series(task, highlit));
    const rank = { other: 0, control: 1, target: 2 };
    shown.sort(
      (a, b) =>
        rank[a.role] - rank[b.role] || Number(a.task === inHand) - Number(b.task === inHand),
    );
    const ghosts = pinned ? this.ghostSeries() : [];
    return {
      theme,
      clip: measure !== "accuracy",
      range: this.range,
      heights: MEASURES[measure].range,
      step: MEASURES[measure].step,
      xTitle: `λ(${focus})`,
      series: [...ghosts, ...shown],
      rules: this.rules(),
      ticks: this.ticks(inHand),
      ghost: pinned ? pinned.coefficients[focus] || 0 : null,
    };
  }

  /** @param {string} name @returns {Task} */
  task(name) {
    return /** @type {Task} */ (this.tasks.get(name));
  }

  // From values of a visible task to what the measure shown makes of them.
  scaleOf(name) {
    return /** @type {(value: any) => number} */ (this.scales.get(name));
  }

  series(task, highlit) {
    const scaled = this.scaleOf(task.name);
    const measured = this.slice
      .nodes(task.name)
      .filter((node) => node.x >= this.range[0] && node.x <= this.range[1])
      .map((node) => ({
        x: node.x,
        y: scaled(node.value),
        low: scaled(node.low),
        high: scaled(node.high),
      }));
    return {
      task: task.name,
      role: this.role(task),
      measured,
      title: task.role === "control" ? "Control" : task.title,
      preview: this.previewLine(task.name, scaled, measured),
      highlit: task.name === highlit,
    };
  }

  // Hollow only where the slice is not measured closely enough.
  previewLine(name, scaled, measured) {
    if (!this.line) return [];
    const [low, high] = this.range;
    const line = [];
    for (let i = 0; i < GRID; i++) {
      const x = low + ((high - low) * i) / (GRID - 1);
      const right = measured.findIndex((node) => node.x >= x - 1e-9);
      const covered = right > 0 && measured[right].x - measured[right - 1].x <= DENSE;
      const y = covered ? null : this.line(name, x);
      line.push({ x, y: y === null ? null : scaled(y) });
    }
    return line;
  }

  ghostSeries() {
    return [this.taskInHand(), this.control.name]
      .filter((n) => this.scales.has(n))
      .map((name) => ({
        task: name,
        title: "",
        role: "pinned",
        still: true,
        preview: [],
        highlit: false,
        measured: (this.pinnedSlice?.nodes(name) ?? []).map((node) => ({
          x: node.x,
          y: this.scaleOf(name)(node.value),
          low: NaN,
          high: NaN,
        })),
      }));
  }

  rules() {
    const { pretrained } = this.references(this.control.name);
    if (pretrained === undefined) return [];
    const y = this.scaleOf(this.control.name)(this.hello.floor * pretrained);
    const text = `floor: ${percent(this.hello.floor, 0)} of zero-shot`;
    return [{ y, text, role: "control" }];
  }

  ticks(name) {
    if (!this.scales.has(name)) return [];
    const { pretrained, finetuned } = this.references(name);
    const scaled = this.scaleOf(name);
    return [
      { y: scaled(pretrained), text: "zero-shot", shape: "zeroshot" },
      { y: scaled(finetuned), text: "fine-tuned", shape: "finetuned" },
      { y: scaled(this.task(name).chance), text: "chance", shape: "chance" },
    ].filter((tick) => !Number.isNaN(tick.y) && tick.y !== undefined);
  }

  barRows(store = this.measurements) {
    const { pinned } = this.state;
    const ghost = pinned ? store.at(pinned.coefficients) : {};
    return this.listed(store).map((task) => {
      const scaled = this.scaled(task, store);
      const { pretrained, finetuned } = this.references(task.name, store);
      const title = { control: "Control ", "second-control": "Second control " }[task.role];
      return {
        task: task.name,
        title: title || task.title,
        note: title ? task.title.toLowerCase() : null,
        role: this.role(task),
        references: {
          chance: scaled(task.chance),
          zeroshot: scaled(pretrained),
          finetuned: title ? null : scaled(finetuned),
          floor: task.role === "control" ? scaled(this.hello.floor * pretrained) : null,
        },
        pinned: ghost[task.name] ? scaled(ghost[task.name].value) : null,
      };
    });
  }

  // What a bar and a dot show: `found` is an answer of `at`, or of the test split's store.
  shown(name, found, store = this.measurements) {
    if (!found) return null;
    const task = this.task(name);
    const here = store === this.measurements && this.scales.get(name);
    const scaled = here || this.scaled(task, store);
    const { pretrained } = this.references(name, store);
    const hollow = found.kind === "preview";
    const y = scaled(found.value);
    const change = pretrained === undefined ? "" : points(found.value - pretrained);
    const range = hollow ? "preview" : `${percent(found.low)}–${percent(found.high)}`;
    const n = found.n ? `, ${found.n} images` : "";
    return {
      y,
      low: hollow ? undefined : scaled(found.low),
      high: hollow ? undefined : scaled(found.high),
      hollow,
      text: percent(y),
      change,
      value: found.value,
      hint:
        `${task.title}: ${percent(found.value)} (${range}${n}); ` +
        `${change || "?"} points against zero-shot`,
    };
  }

  // "control: 61 % of 64 %, above the floor"
  controlSentence(found, store = this.measurements) {
    const { pretrained } = this.references(this.control.name, store);
    if (!found || pretrained === undefined) return "control: not measured yet";
    const floor = this.hello.floor * pretrained;
    // The floor is judged with the interval: within it, the images do not tell.
    const place =
      found.kind !== "preview" && found.low > floor
        ? "above the floor"
        : found.kind !== "preview" && found.high < floor
          ? "below the floor"
          : "at the floor";
    return `control: ${percent(found.value, 0)} of ${percent(pretrained, 0)}, ${place}`;
  }

  analogyReadings(now) {
    const { c, d, own } = /** @type {import("../types.js").Analogy} */ (this.state.analogy);
    const read = (label, role, found) => ({
      label,
      role,
      y: found ? found.value : null,
      hollow: found?.kind === "preview",
      text: found ? percent(found.value) : "…",
    });
    const at = (coefficients) => this.measurements.at(coefficients)[d];
    return [
      read("this edit", "target", now),
      read(`τ(${c}) alone`, "other", at({ [c]: own })),
      read(`true τ(${d})`, "other", at({ [d]: 1 })),
      read("zero-shot", "other", at({})),
    ];
  }
}

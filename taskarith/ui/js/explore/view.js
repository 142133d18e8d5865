// The view: from the edit in hand, the measurements and the preview to what bars and texts show, and
// scene.js the chart. Pure: it reads, computes and returns; it touches neither the page nor the server.

import { percent, points, signed, terms } from "../words.js";
import {
  MEASURES,
  ends,
  heading,
  retaining,
  scale,
  shown,
  shownChange,
  skill,
  told,
} from "./metric.js";
import { under } from "../under.js";

// Fitted to λ of ±0.4, a quadratic curls up far outside: beyond ±1 the preview keeps its value.
const TRUSTED = 1;

/** @typedef {import("../types.js").Task} Task */
/** @typedef {import("../types.js").Vector} Vector */
/** @typedef {import("./measurements.js").Measurements} Measurements */
/** @typedef {import("./measurements.js").Reading} Reading */
/** @typedef {{value: number, low?: number, high?: number, n?: number, kind?: string}} Found */

/** @param {number} value */
function trusted(value) {
  return Math.max(-TRUSTED, Math.min(TRUSTED, value));
}

export class View {
  /**
   * @param {import("../types.js").Hello} hello
   * @param {{state: import("./edit.js").EditState, measurements: Measurements}} page
   */
  constructor(hello, { state, measurements }) {
    this.hello = hello;
    this.state = state;
    this.measurements = measurements;
    /** @type {import("./surrogate.js").Surrogate | null} */
    this.surrogate = null;
    this.previewed = hello.engine.preview?.used ?? true; // false where it proved too far off
    this.tasks = new Map(hello.tasks.map((task) => [task.name, task]));
    /** @type {string[] | null} */
    this.only = null; // the tasks that a presenter has chosen; null for all
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

  /** @param {string} name @returns {Task} */
  task(name) {
    return /** @type {Task} */ (this.tasks.get(name));
  }

  /** Targets, onlookers and control; an auxiliary only while it takes part. */
  visible() {
    const inHand = this.taskInHand();
    const chosen = (/** @type {string} */ name) => !this.only || this.only.includes(name);
    return this.hello.tasks.filter(
      ({ name, role }) =>
        name === inHand ||
        role === "control" ||
        (chosen(name) && (role === "target" || role === "onlooker" || this.state.value(name))),
    );
  }

  /**
   * What the bars show: on test also the second control, which no choice of λ sees.
   * @param {Measurements} store
   */
  listed(store) {
    return store === this.measurements
      ? this.visible()
      : [...this.visible(), ...this.hello.tasks.filter(({ role }) => role === "second-control")];
  }

  /**
   * @param {Task} task
   * @returns {"target" | "control" | "other"}
   */
  role(task) {
    if (task.name === this.taskInHand()) return "target";
    return task.role === "control" ? "control" : "other";
  }

  /**
   * What values are compared with, on the split being shown.
   * @param {string} name
   * @param {Measurements} [store]
   * @returns {{pretrained?: number, finetuned?: number}}
   */
  references(name, store = this.measurements) {
    return {
      pretrained: under(store.at({}), name)?.value,
      finetuned: under(store.at({ [name]: 1 }), name)?.value,
    };
  }

  /**
   * @param {Task} task
   * @param {Measurements} [store]
   */
  scaled(task, store = this.measurements) {
    return scale(task, this.state.measure, this.references(task.name, store));
  }

  /** Anew whenever the slider in hand, another slider or a measurement changes: not while dragging. */
  reslice() {
    Object.assign(this, this.sliced());
  }

  sliced() {
    const { coefficients, focus, merge, pinned } = this.state;
    const bound = this.hello.limits.slider;
    const wide = Math.abs(under(coefficients, focus) || 0) > bound;
    const end = wide ? this.hello.limits.hard : bound;
    return {
      range: [-end, end],
      slice: this.measurements.slice(coefficients, focus, merge),
      pinnedSlice: pinned && this.measurements.slice(pinned.coefficients, focus, pinned.merge),
      line: merge ? null : this.previewAlong(coefficients, focus), // it is one of sums
      scales: new Map(this.visible().map((task) => [task.name, this.scaled(task)])),
    };
  }

  /**
   * The preview along λ(focus) as a function (task, x) → value or null; null if there is none.
   * @param {import("../types.js").Coefficients} coefficients
   * @param {string} focus
   * @returns {((task: string, x: number) => number | null) | null}
   */
  previewAlong(coefficients, focus) {
    const near = Object.fromEntries(terms(coefficients).map((t) => [t.name, trusted(t.value)]));
    const line = this.previewed ? this.surrogate?.along(near, focus) : null;
    return line ? (task, x) => line(task, trusted(x)) : null;
  }

  /**
   * A task at λ(focus) = x: measured, between two measured, previewed or unknown.
   * @param {string} name
   * @param {number} x
   * @returns {Reading | null}
   */
  at(name, x) {
    const found = this.slice.at(name, x);
    if (found) return found;
    const preview = this.line && this.line(name, x);
    return preview === null || preview === undefined ? null : { value: preview, kind: "preview" };
  }

  /**
   * From values of a visible task to what the axis shows.
   * @param {string} name
   */
  scaleOf(name) {
    return this.scales.get(name) ?? (() => NaN);
  }

  /** The axis's heights; a perplexity may be retained by more than a hundred percent. */
  heights() {
    const [low, high] = MEASURES[this.state.measure].range;
    const open = this.visible().filter((task) => task.metric.kind === "mean");
    const highest = open.flatMap((task) =>
      this.slice.nodes(task.name).map((node) => this.scaleOf(task.name)(node.value)),
    );
    const most = Math.max(high, ...highest.filter(Number.isFinite));
    return [low, most > high ? Math.min(3, Math.ceil(4 * most) / 4) + 0.02 : high];
  }

  /** @param {Measurements} [store] */
  barRows(store = this.measurements) {
    const { pinned } = this.state;
    const ghost = pinned ? store.at(pinned.coefficients, pinned.merge) : {};
    return this.listed(store).map((task) => {
      const scaled = this.scaled(task, store);
      const { pretrained, finetuned } = this.references(task.name, store);
      const titles = { control: "Control ", "second-control": "Second control " };
      const title = titles[/** @type {keyof typeof titles} */ (task.role)];
      const floor =
        task.role === "control" && pretrained !== undefined
          ? retaining(task.metric, pretrained, this.hello.floor)
          : null;
      return {
        task: task.name,
        title: title || task.title,
        note: title ? task.title.toLowerCase() : null,
        about: task.title,
        role: this.role(task),
        references: {
          chance: scaled(task.chance),
          pretrained: scaled(pretrained),
          finetuned: title ? NaN : scaled(finetuned),
          floor: scaled(floor),
          pinned: scaled(under(ghost, task.name)?.value),
        },
      };
    });
  }

  /** Whether a bar's number is the task's own value, not what a measure makes of it. */
  get isOwn() {
    return this.state.measure === "accuracy";
  }

  /**
   * What a bar and a dot show: `found` is an answer of `at`, or of the test split's store.
   * @param {string} name
   * @param {Found | null} found
   * @param {Measurements} [store]
   */
  shown(name, found, store = this.measurements) {
    if (!found) return null;
    const task = this.task(name);
    const here = store === this.measurements;
    const scaled = (here && this.scales.get(name)) || this.scaled(task, store);
    // Held against as many examples; a look at test waits until there are as many.
    const known = store.of({}, name);
    const alike = known.find(({ n }) => n === found.n) ?? (here ? known.at(-1) : undefined);
    const hollow = found.kind === "preview";
    const y = scaled(found.value);
    const own = this.isOwn;
    const moved = alike ? found.value - alike.value : NaN;
    return {
      y,
      low: undefined,
      high: undefined,
      ...(hollow ? {} : ends(scaled, found)),
      hollow,
      text: own ? shown(task.metric, found.value) : percent(y),
      change: this.change(task, { own, moved, y, before: scaled(alike?.value) }),
      value: found.value,
      hint: this.hint(task, found, moved),
    };
  }

  /**
   * The change against the pretrained model, in what the bar shows.
   * @param {Task} task
   * @param {{own: boolean, moved: number, y: number, before: number}} how
   */
  change(task, { own, moved, y, before }) {
    if (own) return Number.isNaN(moved) ? "" : shownChange(task.metric, moved);
    return Number.isNaN(y - before) ? "" : points(y - before);
  }

  /**
   * @param {Task} task
   * @param {Found} found
   * @param {number} moved
   */
  hint(task, found, moved) {
    const { metric } = task;
    const about = metric.title === "accuracy" ? "" : `${metric.title} `;
    const value =
      found.kind === "preview" ? `${shown(metric, found.value)} (preview)` : told(metric, found);
    const change = Number.isNaN(moved) ? "?" : shownChange(metric, moved);
    const unit = metric.unit === "%" ? " points" : "";
    return `${task.title}: ${about}${value}; ${change}${unit} against pretrained`;
  }

  /**
   * "59.0 % → 17.6 %", in what the axis shows.
   * @param {Task} task
   * @param {Found | null} found
   * @param {Measurements} store
   */
  fromTo(task, found, store) {
    const { pretrained } = this.references(task.name, store);
    const own = this.isOwn;
    const scaled = this.scaled(task, store);
    const write = (/** @type {number} */ value) =>
      own ? shown(task.metric, value) : percent(scaled(value));
    const about = own && task.metric.title !== "accuracy" ? `${task.metric.title} ` : "";
    const before = pretrained === undefined ? "" : `${write(pretrained)} → `;
    return about + before + (found ? write(found.value) : "…");
  }

  /**
   * "control: 98 % → 97 %, above the floor". The floor is judged with the interval, the paired one
   * of as many examples: within it, they do not tell.
   * @param {Found | null} found
   * @param {Measurements} [store]
   * @param {{n: number, low: number, high: number} | null} [paired] - against the pretrained model
   */
  controlSentence(found, store = this.measurements, paired = null) {
    const { control } = this;
    const { pretrained } = this.references(control.name, store);
    if (!found || pretrained === undefined) return "control: not measured yet";
    const place = this.place(found, pretrained, paired);
    const { metric } = control;
    const retained = skill(metric, found.value) / skill(metric, pretrained);
    const kept = metric.kind === "mean" ? `, ${percent(retained, 0)} retained` : "";
    const judged = found.kind === "preview" ? "preview" : `${place} the floor`;
    return `control: ${this.fromTo(control, found, store)}${kept}, ${judged}`;
  }

  /**
   * @param {Found} found
   * @param {number} pretrained
   * @param {{n: number, low: number, high: number} | null} paired
   * @returns {"above" | "at" | "below"}
   */
  place(found, pretrained, paired) {
    const { metric } = this.control;
    if (found.kind === "preview" || found.low === undefined || found.high === undefined)
      return "at";
    const range =
      paired && paired.n >= /** @type {number} */ (found.n) && metric.kind !== "mean"
        ? [pretrained + paired.low, pretrained + paired.high]
        : [found.low, found.high];
    const [low, high] = range.map((value) => skill(metric, value)).sort((a, b) => a - b);
    const floor = this.hello.floor * skill(metric, pretrained);
    return low > floor ? "above" : high < floor ? "below" : "at";
  }

  /**
   * What is said of a curve where the pointer is: λ, value, interval, n, and how it is known. On a
   * node it is the curve's own estimate, of the same examples as its neighbours.
   * @param {string} name
   * @param {number} x
   */
  pointed(name, x) {
    const node = this.slice.nodes(name).find((one) => one.x === x);
    const found = node ? { ...node, kind: "measured" } : this.at(name, x);
    if (!found) return null;
    const task = this.task(name);
    const value = this.shown(name, found);
    const kinds = { preview: "preview", between: "between two measured λ", measured: "measured" };
    const how = kinds[/** @type {keyof typeof kinds} */ (found.kind)];
    const own =
      found.kind === "preview" ? shown(task.metric, found.value) : told(task.metric, found);
    const scaled = this.isOwn ? "" : `${value?.text}: `;
    const text = `${task.title}, λ = ${signed(Math.round(100 * x) / 100)}: ${scaled}${own}, ${how}`;
    return { x, y: value?.y ?? NaN, text };
  }

  /** @param {Found | null} now */
  analogyReadings(now) {
    const { c, d, own } = /** @type {import("../types.js").Analogy} */ (this.state.analogy);
    const task = this.task(d);
    const scaled = this.scaled(task);
    const [low, high] = this.heights();
    const read = (
      /** @type {string} */ label,
      /** @type {string} */ role,
      /** @type {Found | null | undefined} */ found,
    ) => {
      const value = found ? this.shown(d, found) : null;
      const y = found ? (scaled(found.value) - Math.max(0, low)) / (high - Math.max(0, low)) : null;
      return { label, role, y, hollow: found?.kind === "preview", text: value?.text ?? "…" };
    };
    const at = (/** @type {import("../types.js").Coefficients} */ coefficients) =>
      under(this.measurements.at(coefficients), d);
    return [
      read("this edit", "target", now),
      read(`τ(${c}) alone`, "other", at({ [c]: own })),
      read(`true τ(${d})`, "other", at({ [d]: 1 })),
      read("pretrained", "other", at({})),
    ];
  }

  /** The axis in words. */
  heading() {
    return heading(this.state.measure, this.task(this.taskInHand()).metric);
  }
}

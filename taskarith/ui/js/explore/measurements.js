// What has been measured: accuracies by edit and task, and slices through them along one λ.
// Knows nothing about where they came from beyond a word, or how they are drawn.

import { writeCoefficients } from "../words.js";

export const KEPT = 3000; // measured points kept in the browser; the oldest go first
export const DENSE = 0.51; // between measured λ no further apart than this a straight line is honest

/** @typedef {import("../types.js").Estimate} Estimate */
/** @typedef {import("../types.js").Coefficients} Coefficients */
/** @typedef {Estimate & {source: string}} Measured - `source`: "shipped" or "measured" */
/** @typedef {{coefficients: Coefficients, tasks: Record<string, Measured>, shipped: boolean}} Known */

export class Measurements {
  constructor() {
    /** @type {Map<string, Known>} */
    this.points = new Map(); // by canonical coefficients
    /** @type {Map<string, Set<Known>>} */
    this.lines = new Map(); // a vector and the other coefficients → the points where it is not 0
  }

  /**
   * A point keeps the estimate over the most examples.
   * @param {Coefficients} coefficients
   * @param {import("../types.js").Point[1]} tasks
   * @param {string} source
   */
  add(coefficients, tasks, source) {
    const key = writeCoefficients(coefficients);
    let point = this.points.get(key);
    if (!point) {
      point = { coefficients, tasks: {}, shipped: source === "shipped" };
      this.points.set(key, point);
      for (const line of this.linesThrough(point)) {
        if (!this.lines.has(line)) this.lines.set(line, new Set());
        this.lines.get(line)?.add(point);
      }
      if (this.points.size > KEPT) this.forgetOldest();
    }
    for (const [task, found] of Object.entries(tasks)) {
      const old = point.tasks[task];
      if (found.n > 0 && (!old || found.n >= old.n)) point.tasks[task] = { ...found, source };
    }
  }

  linesThrough({ coefficients }) {
    return Object.keys(coefficients).map((name) => lineKey(coefficients, name));
  }

  forgetOldest() {
    for (const [key, point] of this.points) {
      if (point.shipped) continue;
      this.points.delete(key);
      for (const line of this.linesThrough(point)) this.lines.get(line)?.delete(point);
      return;
    }
  }

  // Where this machine draws other examples than the shipped estimates are of: they go.
  forgetShipped(tasks) {
    for (const point of this.points.values()) {
      for (const task of tasks) {
        if (point.tasks[task]?.source === "shipped") delete point.tasks[task];
      }
    }
  }

  at(coefficients) {
    const point = this.points.get(writeCoefficients(coefficients));
    return point ? point.tasks : {};
  }

  // The measured points along λ(focus), the others as in `coefficients`: rising, per task.
  slice(coefficients, focus) {
    const origin = this.points.get(writeCoefficients({ ...coefficients, [focus]: 0 }));
    const others = this.lines.get(lineKey(coefficients, focus)) || [];
    const points = [...(origin ? [origin] : []), ...others];
    const at = (/** @type {Known} */ point) => point.coefficients[focus] || 0;
    points.sort((a, b) => at(a) - at(b));
    return new Slice(points.map((point) => ({ x: at(point), tasks: point.tasks })));
  }
}

export function lineKey(coefficients, focus) {
  return `${focus} ${writeCoefficients({ ...coefficients, [focus]: 0 })}`;
}

export class Slice {
  /** @param {{x: number, tasks: Record<string, Measured>}[]} rows - rising in x */
  constructor(rows) {
    /** @type {Record<string, (Measured & {x: number})[]>} */
    this.tasks = {};
    for (const { x, tasks } of rows) {
      for (const [task, found] of Object.entries(tasks)) {
        (this.tasks[task] = this.tasks[task] || []).push({ x, ...found });
      }
    }
  }

  nodes(task) {
    return this.tasks[task] || [];
  }

  // The accuracy at x: `measured` on a node, `between` on the line through two close ones.
  at(task, x) {
    const nodes = this.nodes(task);
    let low = 0;
    let high = nodes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (nodes[middle].x < x - 0.004) low = middle + 1;
      else high = middle;
    }
    const right = nodes[low];
    if (right && Math.abs(right.x - x) <= 0.004) return { ...right, kind: "measured" };
    const left = nodes[low - 1];
    if (!left || !right || right.x - left.x > DENSE) return null;
    const f = (x - left.x) / (right.x - left.x);
    const mix = (key) => left[key] + f * (right[key] - left[key]);
    return {
      value: mix("value"),
      low: mix("low"),
      high: mix("high"),
      n: Math.min(left.n, right.n),
      kind: "between",
    };
  }
}

// Absolute, normalized (÷ fine-tuned) or gain recovered. The control has no fine-tuned model: it is
// held against the pretrained one.
export function scale(task, measure, reference) {
  const { pretrained, finetuned } = reference;
  if (measure === "accuracy") return (value) => value;
  if (task.role === "target" || task.role === "auxiliary") {
    if (finetuned === undefined || pretrained === undefined) return () => NaN;
    if (measure === "normalized") return (value) => value / finetuned;
    return (value) => (value - pretrained) / (finetuned - pretrained);
  }
  if (pretrained === undefined) return () => NaN;
  return measure === "normalized"
    ? (value) => value / pretrained
    : (value) => value / pretrained - 1;
}

export const MEASURES = {
  accuracy: {
    title: "correct answers",
    short: "Accuracy",
    heading: "Accuracy",
    range: [0, 1.02],
    step: 0.25,
  },
  normalized: {
    title: "accuracy ÷ fine-tuned accuracy; for the control ÷ pretrained accuracy",
    short: "Normalized",
    heading: "Normalized accuracy",
    range: [0, 1.12],
    step: 0.25,
  },
  gain: {
    title: "0 = zero-shot, 100 % = fine-tuned; for the control, its change",
    short: "Gain",
    heading: "Gain recovered",
    range: [-1.05, 1.12],
    step: 0.5,
  },
};

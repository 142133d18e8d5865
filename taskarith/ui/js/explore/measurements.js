// What has been measured: estimates by edit and task, and slices through them along one λ. An edit
// is its coefficients and how they are merged; a slice never mixes two methods.
// Knows nothing about where they came from beyond a word, or how they are drawn.

import { writeCoefficients, writeMerge } from "../words.js";
import { under } from "../under.js";

const KEPT = 3000; // measured points kept in the browser; the oldest go first
const SAME = 0.004; // two λ no further apart are one: sliders move in hundredths
export const DENSE = 0.51; // between measured λ no further apart than this a straight line is honest

/** @typedef {import("../types.js").Estimate} Estimate */
/** @typedef {import("../types.js").Coefficients} Coefficients */
/** @typedef {Estimate & {source: string}} Measured - `source`: "shipped" or "measured" */
/** @typedef {import("../types.js").Merge} Merge */
/** @typedef {{coefficients: Coefficients, merge: Merge | null, tasks: Record<string, Measured[]>,
 *   shipped: boolean}} Known */
/** @typedef {Measured & {x: number}} Node */
/**
 * A reading at some λ: `measured` there, `between` two measured λ, or a `preview`.
 * @typedef {{value: number, kind: "measured" | "between" | "preview", low?: number, high?: number,
 *   n?: number, total?: number, source?: string}} Reading
 */

export class Measurements {
  /**
   * @param {number[]} slices - the numbers of examples at which curves are measured. A point keeps
   *   its estimates at those beside its finest, so that a curve can be drawn of equal ones.
   */
  constructor(slices = []) {
    this.slices = new Set(slices);
    /** @type {Map<string, Known>} */
    this.points = new Map(); // by what tells one edit from another
    /** @type {Map<string, Set<Known>>} */
    this.lines = new Map(); // a vector and the other coefficients → the points where it is not 0
  }

  /**
   * @param {Coefficients} coefficients
   * @param {Record<string, Estimate>} tasks
   * @param {string} source
   * @param {Merge | null} [merge]
   */
  add(coefficients, tasks, source, merge = null) {
    const key = keyOf(coefficients, merge);
    let point = this.points.get(key);
    if (!point) {
      point = { coefficients, merge, tasks: {}, shipped: source === "shipped" };
      this.points.set(key, point);
      for (const line of linesThrough(point)) {
        if (!this.lines.has(line)) this.lines.set(line, new Set());
        this.lines.get(line)?.add(point);
      }
      if (this.points.size > KEPT) this.forgetOldest();
    }
    for (const [task, found] of Object.entries(tasks)) {
      if (found.n > 0)
        point.tasks[task] = this.kept(under(point.tasks, task) ?? [], { ...found, source });
    }
  }

  /**
   * Rising in n: the finest, those at a curve's slices, and what was shipped.
   * @param {Measured[]} known
   * @param {Measured} found
   */
  kept(known, found) {
    const all = [...known.filter(({ n }) => n !== found.n), found].sort((a, b) => a.n - b.n);
    return all.filter(
      ({ n, source }, i) => i === all.length - 1 || source === "shipped" || this.slices.has(n),
    );
  }

  forgetOldest() {
    for (const [key, point] of this.points) {
      if (point.shipped) continue;
      this.points.delete(key);
      for (const line of linesThrough(point)) this.lines.get(line)?.delete(point);
      return;
    }
  }

  /**
   * Where this machine draws other examples than the shipped estimates are of: they go.
   * @param {string[]} tasks
   */
  forgetShipped(tasks) {
    for (const point of this.points.values()) {
      for (const task of tasks) {
        const kept = (under(point.tasks, task) ?? []).filter(({ source }) => source !== "shipped");
        if (kept.length) point.tasks[task] = kept;
        else delete point.tasks[task];
      }
    }
  }

  /**
   * The finest estimates of an edit, by task.
   * @param {Coefficients} coefficients
   * @param {Merge | null} [merge]
   * @returns {Record<string, Measured>}
   */
  at(coefficients, merge = null) {
    const point = this.points.get(keyOf(coefficients, merge));
    const finest = Object.entries(point?.tasks ?? {}).map(([task, all]) => [task, all.at(-1)]);
    return Object.fromEntries(finest);
  }

  /**
   * All estimates of a task under an edit, rising in n.
   * @param {Coefficients} coefficients
   * @param {string} task
   */
  of(coefficients, task) {
    return under(this.points.get(keyOf(coefficients, null))?.tasks, task) ?? [];
  }

  /**
   * The measured points along λ(focus), the others as in `coefficients`.
   * @param {Coefficients} coefficients
   * @param {string} focus
   * @param {Merge | null} [merge]
   */
  slice(coefficients, focus, merge = null) {
    const origin = this.points.get(keyOf({ ...coefficients, [focus]: 0 }, merge));
    const others = this.lines.get(lineKey(coefficients, focus, merge)) || [];
    const points = [...(origin ? [origin] : []), ...others];
    const at = (/** @type {Known} */ point) => under(point.coefficients, focus) || 0;
    points.sort((a, b) => at(a) - at(b));
    return new Slice(points.map((point) => ({ x: at(point), tasks: point.tasks })));
  }
}

/** @param {Known} point */
function linesThrough({ coefficients, merge }) {
  const moved = Object.keys(coefficients).filter((name) => coefficients[name]);
  return moved.map((name) => lineKey(coefficients, name, merge));
}

/**
 * @param {Coefficients} coefficients
 * @param {string} focus
 * @param {Merge | null} merge
 */
function lineKey(coefficients, focus, merge) {
  return `${focus} ${writeMerge(merge)} ${writeCoefficients({ ...coefficients, [focus]: 0 })}`;
}

/**
 * One text for each edit; without coefficients it is θ₀, however it is merged.
 * @param {Coefficients} coefficients
 * @param {Merge | null} merge
 */
function keyOf(coefficients, merge) {
  const written = writeCoefficients(coefficients);
  return written && merge ? `${writeMerge(merge)} ${written}` : written;
}

export class Slice {
  /** @param {{x: number, tasks: Record<string, Measured[]>}[]} rows - rising in x */
  constructor(rows) {
    /** @type {Record<string, {x: number, all: Measured[]}[]>} */
    this.tasks = Object.create(null); // a task may be called "constructor"
    for (const { x, tasks } of rows) {
      for (const [task, all] of Object.entries(tasks)) {
        (this.tasks[task] = this.tasks[task] || []).push({ x, all });
      }
    }
    /** @type {Map<string, Node[]>} */
    this.curves = new Map();
  }

  /**
   * The curve: the same examples at every node, as many as most nodes have. Rising in x.
   * @param {string} task
   * @returns {Node[]}
   */
  nodes(task) {
    const known = this.curves.get(task);
    if (known) return known;
    const rows = this.tasks[task] || [];
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (const { all } of rows) for (const { n } of all) counts.set(n, (counts.get(n) ?? 0) + 1);
    const [equal] = [...counts].reduce(
      (best, next) =>
        next[1] > best[1] || (next[1] === best[1] && next[0] > best[0]) ? next : best,
      [0, 0],
    );
    const nodes = rows.flatMap(({ x, all }) => {
      const found = all.find(({ n }) => n === equal);
      return found ? [{ x, ...found }] : [];
    });
    this.curves.set(task, nodes);
    return nodes;
  }

  /**
   * The value at x: the finest measured there, or on the line between two close nodes.
   * @param {string} task
   * @param {number} x
   * @returns {Reading | null}
   */
  at(task, x) {
    const rows = this.tasks[task] || [];
    const here = rows[first(rows, x - SAME)];
    if (here && Math.abs(here.x - x) <= SAME) {
      const finest = here.all[here.all.length - 1];
      return { ...finest, kind: "measured" };
    }
    const nodes = this.nodes(task);
    const index = first(nodes, x);
    const [left, right] = [nodes[index - 1], nodes[index]];
    if (!left || !right || right.x - left.x > DENSE) return null;
    const f = (x - left.x) / (right.x - left.x);
    const mix = (/** @type {"value" | "low" | "high"} */ key) =>
      left[key] + f * (right[key] - left[key]);
    return {
      value: mix("value"),
      low: mix("low"),
      high: mix("high"),
      n: Math.min(left.n, right.n),
      kind: "between",
    };
  }
}

/**
 * The first of `rows`, rising in x, that is not left of `x`.
 * @param {{x: number}[]} rows
 * @param {number} x
 */
function first(rows, x) {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle].x < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Choosing λ by a stated rule, on validation: which λ are tried, and which of them is best.
// Pure: what was measured comes in, a choice goes out.

import { skill } from "../explore/metric.js";

const COARSE = 0.25; // from one λ tried to the next, at first
const FINE = [-0.1, -0.05, 0.05, 0.1]; // then around the best, to the grid of 0.05

/**
 * What was found at a λ: the worse end of the score's interval, by which λ are compared, and
 * whether the control is above its floor with its interval. The score is the target's skill, with
 * the other sign, for forgetting, and the mean normalized value for adding.
 * `worst` is that end in words.
 * @typedef {{x: number, score: number, worst?: string, allowed: boolean}} Tried
 */

/** @typedef {import("../types.js").Metric} Metric */
/** @typedef {{value: number, low?: number, high?: number}} Found */

/** What can be asked for: how it is told, and where it looks. */
export const AIMS = {
  forget: {
    from: -1,
    to: -COARSE,
    rule: "surely the lowest target with the control above its floor",
  },
  add: {
    from: COARSE,
    to: 1,
    rule: "one λ for all targets, surely the best mean normalized",
  },
};

/**
 * The λ tried first.
 * @param {keyof typeof AIMS} aim
 */
export function coarse(aim) {
  const { from, to } = AIMS[aim];
  const count = Math.round((to - from) / COARSE);
  return Array.from({ length: count + 1 }, (_, i) => hundredths(from + i * COARSE));
}

/**
 * The λ tried around the best of the first.
 * @param {keyof typeof AIMS} aim
 * @param {Tried[]} tried
 */
export function fine(aim, tried) {
  const chosen = best(tried);
  if (!chosen) return [];
  const known = new Set(tried.map(({ x }) => x));
  const [from, to] = aim === "forget" ? [-1, 0] : [0, 1];
  return FINE.map((step) => hundredths(chosen.x + step)).filter(
    (x) => x >= from && x <= to && x !== 0 && !known.has(x),
  );
}

/**
 * The highest score among what is allowed; of equal ones the shortest way. Null if nothing is.
 * @param {Tried[]} tried
 */
export function best(tried) {
  const allowed = tried.filter((one) => one.allowed && !Number.isNaN(one.score));
  allowed.sort((a, b) => b.score - a.score || Math.abs(a.x) - Math.abs(b.x));
  return allowed[0] ?? null;
}

/**
 * The skill that a value surely has, and surely has not more than: its interval's ends.
 * @param {Metric} metric
 * @param {Found} found
 * @returns {[number, number]}
 */
export function ends(metric, { value, low, high }) {
  const skills = [low ?? value, high ?? value].map((end) => skill(metric, end));
  return [Math.min(...skills), Math.max(...skills)];
}

/**
 * The lower end of the interval of a mean normalized value. The fine-tuned models are taken as
 * known, since they are the same at every λ; distances to the ends are squared, added and rooted.
 * @param {{metric: Metric, found: Found, finetuned: number}[]} tasks
 */
export function surelyNormalized(tasks) {
  const parts = tasks.map(({ metric, found, finetuned }) => {
    const own = skill(metric, finetuned);
    const share = skill(metric, found.value) / own;
    return { share, below: share - ends(metric, found)[0] / own };
  });
  const mean = parts.reduce((sum, { share }) => sum + share, 0) / parts.length;
  return mean - Math.hypot(...parts.map(({ below }) => below)) / parts.length;
}

/** @param {number} x */
function hundredths(x) {
  return Math.round(100 * x) / 100;
}

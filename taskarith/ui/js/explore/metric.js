// Metrics: how a task's value is written, and what floors, ratios and gains are computed on.
// Says the same as tasks/metric.py; knows nothing of the page.

import { MINUS, capital, percent, points } from "../words.js";

/** @typedef {import("../types.js").Metric} Metric */
/** @typedef {import("../types.js").Task} Task */
/** @typedef {import("../types.js").Estimate} Estimate */
/** @typedef {"accuracy" | "normalized" | "gain"} Measure - what the axis shows */

/**
 * More is always better: the value itself, or 1 ÷ value where lower is better.
 * @param {Metric} metric
 * @param {number} value
 */
export function skill(metric, value) {
  return metric.higher_is_better ? value : 1 / value;
}

/**
 * The value at which `share` of the pretrained skill is left.
 * @param {Metric} metric
 * @param {number} pretrained
 * @param {number} share
 */
export function retaining(metric, pretrained, share) {
  return metric.higher_is_better ? share * pretrained : pretrained / share;
}

/**
 * A value with its unit: "97.1 %", "12.3".
 * @param {Metric} metric
 * @param {number | null | undefined} value
 * @param {number} [digits] - of a percentage
 */
export function shown(metric, value, digits = 1) {
  if (metric.unit === "%") return percent(value, digits);
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return short(value);
}

/**
 * How far a value moved: points of a percentage, else in its own unit.
 * @param {Metric} metric
 * @param {number} difference
 */
export function shownChange(metric, difference) {
  if (metric.unit === "%") return points(difference);
  const text = short(Math.abs(difference));
  return (Number(text) === 0 ? "±" : difference < 0 ? MINUS : "+") + text;
}

/**
 * A value with its interval and n: "97.1 % (95.0–98.2 %, n = 256)".
 * @param {Metric} metric
 * @param {{value: number, low?: number, high?: number, n?: number}} found
 */
export function told(metric, { value, low, high, n }) {
  if (low === undefined || high === undefined) return shown(metric, value);
  const from = metric.unit === "%" ? (100 * low).toFixed(1) : shown(metric, low);
  const of = n ? `, n = ${n}` : "";
  return `${shown(metric, value)} (${from}–${shown(metric, high)}${of})`;
}

/**
 * From a task's value to what the axis shows: absolute, normalized (÷ fine-tuned) or gain
 * recovered. A mean (perplexity) is drawn as retained, anything else as itself. The control has no fine-tuned
 * model: it is held against the pretrained one.
 * @param {Task} task
 * @param {string} measure
 * @param {{pretrained?: number, finetuned?: number}} reference
 * @returns {(value: number | null | undefined) => number}
 */
export function scale(task, measure, { pretrained, finetuned }) {
  const of = (/** @type {number | null | undefined} */ value) =>
    value === null || value === undefined ? NaN : skill(task.metric, value);
  if (measure === "accuracy" && task.metric.kind !== "mean") return (value) => value ?? NaN;
  if (pretrained === undefined) return () => NaN;
  const [start, end] = [of(pretrained), of(finetuned)];
  if (measure === "accuracy") return (value) => of(value) / start;
  if (task.role === "target" || task.role === "auxiliary") {
    if (measure === "normalized") return (value) => of(value) / end;
    return (value) => (of(value) - start) / (end - start);
  }
  return measure === "normalized" ? (value) => of(value) / start : (value) => of(value) / start - 1;
}

/** What each measure is called, and the range of its axis. */
export const MEASURES = {
  accuracy: {
    title: "the measured value; a perplexity, as percent of the pretrained model's",
    short: "Absolute",
    range: [0, 1.02],
    step: 0.25,
  },
  normalized: {
    title: "÷ fine-tuned model; for the control ÷ pretrained model",
    short: "Normalized",
    range: [0, 1.12],
    step: 0.25,
  },
  gain: {
    title: "0 = pretrained, 100 % = fine-tuned; for the control, its change",
    short: "Gain",
    range: [-1.05, 1.12],
    step: 0.5,
  },
};

/**
 * The axis in words: "Accuracy", "Normalized accuracy", "Gain recovered", "Retained".
 * @param {string} measure
 * @param {Metric} metric - of the task in hand
 */
export function heading(measure, metric) {
  if (measure === "gain") return "Gain recovered";
  if (measure === "normalized") return `Normalized ${metric.title}`;
  return metric.kind === "mean" ? "Retained, % of pretrained" : capital(metric.title);
}

/**
 * An interval on the axis; where lower is better its ends change places.
 * @param {(value: number) => number} scaled
 * @param {{low?: number, high?: number}} found
 */
export function ends(scaled, { low, high }) {
  if (low === undefined || high === undefined) return { low: NaN, high: NaN };
  const [a, b] = [scaled(low), scaled(high)];
  return { low: Math.min(a, b), high: Math.max(a, b) };
}

/** @param {number} value */
function short(value) {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3))).replace("-", MINUS);
}

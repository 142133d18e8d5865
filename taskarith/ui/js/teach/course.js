// The course of a training: accuracy of the new task and of the control along the steps, each with
// its 95 % interval (a perplexity as percent retained), and the loss under it. Knows looks as the
// server sends them.

import { told } from "./result.js";
import { h, svg } from "../dom.js";

const WIDTH = 560;
const TALL = 230;
const LOW = 70;
const LEFT = 46;
const RIGHT = 10;

/**
 * @typedef {{value: number, low: number, high: number, n: number, metric?: string}} Value
 * @typedef {{step: number, steps: number, loss: number | null, task: Value, control: Value,
 *   left: number | null}} Look
 */

/** @param {Look[]} looks @param {{task: string, control: string}} titles @returns {HTMLElement} */
export function course(looks, titles) {
  const last = looks[looks.length - 1];
  return h(
    "figure",
    { class: "course" },
    accuracies(looks),
    h(
      "figcaption",
      {},
      h("span", {}, "While it learned:"),
      key("task", titles.task, last.task),
      key("control", titles.control, last.control),
    ),
    losses(looks),
  );
}

/** @param {string} role @param {string} title @param {Value} value */
function key(role, title, value) {
  return h("span", { class: `key ${role}` }, h("i", {}), `${title} ${told(value)}`);
}

/**
 * As a share of 1: a perplexity is drawn as retained, the first look's divided by it.
 * @param {Value} value @param {Value} first @returns {{value: number, low: number, high: number}}
 */
function share(value, first) {
  if (value.metric !== "perplexity") return value;
  const kept = (/** @type {number} */ one) => Math.min(1, first.value / one);
  return { value: kept(value.value), low: kept(value.high), high: kept(value.low) };
}

/** @param {Look[]} looks */
function accuracies(looks) {
  const steps = looks[0].steps;
  const x = (/** @type {number} */ step) => LEFT + (step / steps) * (WIDTH - LEFT - RIGHT);
  const y = (/** @type {number} */ part) => 8 + (1 - part) * (TALL - 34);
  const parts = [0, 0.25, 0.5, 0.75, 1].flatMap((part) => [
    svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(part), y2: y(part), class: "grid" }),
    svg("text", { x: LEFT - 6, y: y(part) + 5, "text-anchor": "end" }, `${100 * part}`),
  ]);
  for (const role of /** @type {("control" | "task")[]} */ (["control", "task"])) {
    const shares = looks.map((look) => ({
      at: x(look.step),
      ...share(look[role], looks[0][role]),
    }));
    const upper = shares.map(({ at, high }) => `${at},${y(high)}`);
    const lower = shares.map(({ at, low }) => `${at},${y(low)}`).reverse();
    const line = shares.map(({ at, value }) => `${at},${y(value)}`).join(" ");
    parts.push(
      svg("polygon", { points: [...upper, ...lower].join(" "), class: `band ${role}` }),
      svg("polyline", { points: line, class: `line ${role}` }),
      ...shares.map(({ at, value }) =>
        svg("circle", { cx: at, cy: y(value), r: 4, class: `dot ${role}` }),
      ),
    );
  }
  const label = "Accuracy on validation along the steps, percent";
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${TALL}`, role: "img", "aria-label": label },
    ...parts,
    svg("text", { x: LEFT, y: TALL - 6 }, "step 0"),
    svg("text", { x: WIDTH - RIGHT, y: TALL - 6, "text-anchor": "end" }, `${steps}`),
  );
}

/** @param {Look[]} looks */
function losses(looks) {
  const seen = looks.filter((look) => look.loss !== null);
  if (!seen.length) return null;
  const most = Math.max(...seen.map((look) => look.loss ?? 0), 1e-9);
  const x = (/** @type {number} */ step) => LEFT + (step / looks[0].steps) * (WIDTH - LEFT - RIGHT);
  const y = (/** @type {number} */ loss) => 8 + (1 - loss / most) * (LOW - 16);
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${LOW}`, role: "img", "aria-label": "Loss along the steps" },
    svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(0), y2: y(0), class: "grid" }),
    svg("text", { x: LEFT - 6, y: 20, "text-anchor": "end" }, most.toPrecision(2)),
    svg("text", { x: LEFT - 6, y: y(0) + 5, "text-anchor": "end" }, "0"),
    svg("polyline", {
      points: seen.map((look) => `${x(look.step)},${y(look.loss ?? 0)}`).join(" "),
      class: "line loss",
    }),
    svg("text", { x: LEFT + 8, y: 20 }, "loss"),
  );
}

// The course of a training: accuracy of the new task and of the control along the steps, each with
// its 95 % interval, and the loss under it. Knows looks as the server sends them.

import { h, svg } from "../dom.js";
import { percent } from "../words.js";

const WIDTH = 560;
const TALL = 230;
const LOW = 70;
const LEFT = 46;
const RIGHT = 10;

/**
 * @typedef {{value: number, low: number, high: number, n: number}} Value
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
      key("task", titles.task, last.task),
      key("control", titles.control, last.control),
    ),
    losses(looks),
  );
}

/** @param {string} role @param {string} title @param {Value} value */
function key(role, title, value) {
  const range = `${(100 * value.low).toFixed(0)}–${percent(value.high, 0)}`;
  return h(
    "span",
    { class: `key ${role}` },
    h("i", {}),
    `${title} ${percent(value.value)} (${range}, n = ${value.n})`,
  );
}

/** @param {Look[]} looks */
function accuracies(looks) {
  const steps = looks[0].steps;
  const x = (/** @type {number} */ step) => LEFT + (step / steps) * (WIDTH - LEFT - RIGHT);
  const y = (/** @type {number} */ share) => 8 + (1 - share) * (TALL - 34);
  const parts = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(share), y2: y(share), class: "grid" }),
    svg("text", { x: LEFT - 6, y: y(share) + 5, "text-anchor": "end" }, `${100 * share}`),
  ]);
  for (const role of /** @type {("control" | "task")[]} */ (["control", "task"])) {
    const upper = looks.map((look) => `${x(look.step)},${y(look[role].high)}`);
    const lower = looks.map((look) => `${x(look.step)},${y(look[role].low)}`).reverse();
    const line = looks.map((look) => `${x(look.step)},${y(look[role].value)}`).join(" ");
    parts.push(
      svg("polygon", { points: [...upper, ...lower].join(" "), class: `band ${role}` }),
      svg("polyline", { points: line, class: `line ${role}` }),
      ...looks.map((look) =>
        svg("circle", { cx: x(look.step), cy: y(look[role].value), r: 4, class: `dot ${role}` }),
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

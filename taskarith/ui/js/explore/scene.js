// The scene: everything the chart draws, from what the view says of the slice in hand. Pure; knows
// tasks and values, not pixels.

import { percent } from "../words.js";
import { DENSE } from "./measurements.js";
import { MEASURES, ends, retaining } from "./metric.js";
import { under } from "../under.js";

const GRID = 41; // λ at which a preview line is drawn
const THIN = 100; // examples a node: below, a measured curve is drawn pale
const LEAST = 32; // below, no line is drawn through the nodes: it would be a zigzag of chance

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./measurements.js").Measurements} Measurements */
/** @typedef {import("../types.js").Task} Task */
/** @typedef {ReturnType<typeof sceneOf>} Scene */

/**
 * Everything the chart draws.
 * @param {View} view
 * @param {{theme: import("../types.js").Theme, highlit: string | null, store?: Measurements}} how -
 *   `store` is where the levels in the margin come from
 */
export function sceneOf(view, { theme, highlit, store = view.measurements }) {
  const { focus, measure, pinned } = view.state;
  const inHand = view.taskInHand();
  const lines = view.visible().map((task) => seriesOf(view, task, highlit));
  const rank = { other: 0, control: 1, target: 2 };
  lines.sort(
    (a, b) => rank[a.role] - rank[b.role] || Number(a.task === inHand) - Number(b.task === inHand),
  );
  const ghosts = pinned ? ghostSeries(view) : [];
  return {
    theme,
    clip: measure !== "accuracy",
    range: view.range,
    heights: view.heights(),
    step: MEASURES[measure].step,
    xTitle: `λ(${focus})`,
    series: [...ghosts, ...lines],
    rules: rulesOf(view, store),
    ticks: ticksOf(view, inHand, store),
    ghost: pinned ? under(pinned.coefficients, focus) || 0 : null,
    n: view.slice.nodes(inHand)[0]?.n ?? null,
    onTest: store !== view.measurements,
  };
}

/**
 * @param {View} view
 * @param {Task} task
 * @param {string | null} highlit
 */
function seriesOf(view, task, highlit) {
  const scaled = view.scaleOf(task.name);
  const nodes = view.slice
    .nodes(task.name)
    .filter((node) => node.x >= view.range[0] && node.x <= view.range[1]);
  const measured = nodes.map((node) => ({
    x: node.x,
    y: scaled(node.value),
    ...ends(scaled, node),
  }));
  const n = nodes[0]?.n ?? 0;
  return {
    task: task.name,
    role: view.role(task),
    measured,
    line: n >= Math.min(LEAST, nodes[0]?.total ?? LEAST),
    pale: n < Math.min(THIN, nodes[0]?.total ?? THIN),
    title: task.role === "control" ? "Control" : task.title,
    preview: previewLine(view, task.name, measured),
    highlit: task.name === highlit,
    still: false,
  };
}

/**
 * Hollow only where the slice is not measured closely enough.
 * @param {View} view
 * @param {string} name
 * @param {{x: number}[]} measured
 */
function previewLine(view, name, measured) {
  if (!view.line) return [];
  const scaled = view.scaleOf(name);
  const [low, high] = view.range;
  const line = [];
  for (let i = 0; i < GRID; i++) {
    const x = low + ((high - low) * i) / (GRID - 1);
    const right = measured.findIndex((node) => node.x >= x - 1e-9);
    const covered = right > 0 && measured[right].x - measured[right - 1].x <= DENSE;
    const y = covered ? null : view.line(name, x);
    line.push({ x, y: y === null ? null : scaled(y) });
  }
  return line;
}

/** @param {View} view */
function ghostSeries(view) {
  return [view.taskInHand(), view.control.name]
    .filter((name) => view.scales.has(name))
    .map((name) => ({
      task: name,
      title: "",
      role: /** @type {"pinned"} */ ("pinned"),
      still: true,
      line: true,
      pale: false,
      preview: [],
      highlit: false,
      measured: (view.pinnedSlice?.nodes(name) ?? []).map((node) => ({
        x: node.x,
        y: view.scaleOf(name)(node.value),
        low: NaN,
        high: NaN,
      })),
    }));
}

/** @param {View} view @param {Measurements} store */
function rulesOf(view, store) {
  const { pretrained } = view.references(view.control.name, store);
  if (pretrained === undefined) return [];
  const floor = retaining(view.control.metric, pretrained, view.hello.floor);
  const y = view.scaled(view.control, store)(floor);
  return [{ y, text: `floor: ${percent(view.hello.floor, 0)} retained`, role: "control" }];
}

/**
 * @param {View} view
 * @param {string} name
 * @param {Measurements} store
 */
function ticksOf(view, name, store) {
  if (!view.scales.has(name)) return [];
  const task = view.task(name);
  const { pretrained, finetuned } = view.references(name, store);
  const scaled = view.scaled(task, store);
  return [
    { y: scaled(pretrained), text: "pretrained", shape: "pretrained" },
    { y: scaled(finetuned), text: "fine-tuned", shape: "finetuned" },
    { y: scaled(task.chance), text: "chance", shape: "chance" },
    { y: scaled(task.majority), text: "commonest answer", shape: "chance" },
  ].filter((tick) => !Number.isNaN(tick.y));
}

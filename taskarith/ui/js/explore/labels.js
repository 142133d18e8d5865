// The labels of the chart: which there are, how they read, and where placement puts them. Pure:
// from a scene and a frame to texts and boxes, so that Node can check them for overlap.

import { beside, stacked } from "./placement.js";
import { fitted, textWidth } from "./textwidth.js";

const END = 15; // px of the letters, at the usual size
const GAP = 17; // between two labels' middles
const RANK = { target: 5, control: 4, rule: 3, tick: 2, other: 1 };
const WEIGHT = { target: 20, control: 20, pinned: 5, other: 1 };

/** @typedef {import("./frame.js").Frame} Frame */
/** @typedef {import("./scene.js").Scene} Scene */

/**
 * Labels in the right margin: the lines at their ends, the floor, and the levels of the task in
 * hand. None where the picture is too narrow for a margin.
 * @param {Scene} scene
 * @param {Frame} frame
 */
export function marginLabels(scene, frame) {
  if (frame.narrow) return [];
  const u = frame.unit;
  const room = frame.side.right - 20 * u;
  /** @type {{text: string, full: string, kind: string, at: number, from: number, rank: number}[]} */
  const ends = [];
  const add = (
    /** @type {string} */ text,
    /** @type {string} */ kind,
    /** @type {number} */ y,
    /** @type {number} */ rank,
  ) => {
    const bold = /target|control|highlit/.test(kind) && !/rule|tick/.test(kind);
    const font = { size: END * u, bold, family: frame.family };
    const from = frame.y(frame.inside(y));
    ends.push({ text: fitted(text, room, font), full: text, kind, at: frame.y(y), from, rank });
  };
  for (const { y, text, role } of scene.rules) add(text, `${role} rule`, y, RANK.rule);
  for (const { y, text, shape } of scene.ticks) {
    if (frame.holds(y)) add(text, `tick ${shape}`, y, RANK.tick);
  }
  for (const { title, role, highlit, measured, preview } of scene.series) {
    const end = lastKnown([...measured, ...preview]);
    if (end && title) {
      add(title, highlit ? `${role} highlit` : role, end.y, highlit ? 6 : RANK[role]);
    }
  }
  return stacked(ends, { top: frame.top + 4 * u, bottom: frame.bottom + 4 * u, gap: GAP * u });
}

/**
 * @param {{x: number, y: number | null}[]} points
 * @returns {{x: number, y: number} | null}
 */
function lastKnown(points) {
  /** @type {{x: number, y: number} | null} */
  let last = null;
  for (const { x, y } of points) {
    if (y !== null && !Number.isNaN(y) && (!last || x > last.x)) last = { x, y };
  }
  return last;
}

/**
 * What may strike a reading through, in pixels, with how much it matters.
 * @param {Scene} scene
 * @param {Frame} frame
 */
export function obstacles(scene, frame) {
  const at = (/** @type {{x: number, y: number}} */ point) => ({
    x: frame.x(point.x),
    y: frame.y(frame.inside(point.y)),
  });
  const lines = scene.series.map(({ role, line, measured, preview }) => {
    const drawn = line ? measured : [];
    const known = [...drawn, ...preview].flatMap(({ x, y }) =>
      y === null || Number.isNaN(y) ? [] : [{ x, y }],
    );
    known.sort((a, b) => a.x - b.x);
    return { points: known.map(at), weight: WEIGHT[role] };
  });
  const [low, high] = scene.range;
  const rules = scene.rules.map(({ y }) => ({
    points: [low, high].map((x) => at({ x, y })),
    weight: WEIGHT.control,
  }));
  return [...lines, ...rules];
}

/**
 * Boxes for the readings beside the cursor.
 * @param {{text: string, y: number}[]} readings - `y` in pixels
 * @param {number} x - of the cursor, in pixels
 * @param {{frame: Frame, lines: ReturnType<typeof obstacles>}} where
 */
export function readingBoxes(readings, x, { frame, lines }) {
  const u = frame.unit;
  const font = { size: frame.reading * u, bold: true, family: frame.family };
  const sized = readings.map(({ text, y }) => ({
    width: textWidth(text, font) + 8 * u,
    height: frame.reading * 1.2 * u,
    y,
  }));
  return beside(sized, { x, bounds: frame.bounds, gap: 12 * u, lines });
}

// What is on screen as a table: the bars at the edit in hand, then every node of the curves.
// Unique columns and no comment line, so that `pandas.read_csv` reads it as it is.

import { formula } from "../words.js";

/** @typedef {import("./measurements.js").Measurements} Measurements */
/** @typedef {import("../types.js").Task} Task */

const HEAD = [
  "edit",
  "where",
  "coefficient",
  "task",
  "metric",
  "value",
  "low",
  "high",
  "n",
  "split",
  "source",
  "pretrained",
  "fine_tuned",
  "measure",
  "shown",
];

/**
 * @param {import("./view.js").View} view
 * @param {{found: (task: string) => any, store: Measurements, split: string}} now
 */
export function tableOnScreen(view, { found, store, split }) {
  const { focus, coefficients, merge, measure } = view.state;
  const edit = formula(coefficients, merge);
  const row = (
    /** @type {{where: string, x: number, of: string, from: Measurements}} */ at,
    /** @type {Task} */ task,
    /** @type {any} */ point,
  ) => {
    const { pretrained, finetuned } = view.references(task.name, at.from);
    const source = ["preview", "between"].includes(point.kind) ? point.kind : point.source;
    return [
      edit,
      at.where,
      at.x,
      task.name,
      task.metric.name,
      point.value,
      point.low,
      point.high,
      point.n,
      at.of,
      source,
      pretrained,
      finetuned,
      measure,
      view.scaled(task, at.from)(point.value),
    ];
  };
  const here = { where: "edit", x: view.state.value(focus), of: split, from: store };
  const bars = view.listed(store).flatMap((task) => {
    const point = found(task.name);
    return point ? [row(here, task, point)] : [];
  });
  const from = view.measurements;
  const curves = view
    .visible()
    .flatMap((task) =>
      view.slice
        .nodes(task.name)
        .map((node) => row({ where: "curve", x: node.x, of: "validation", from }, task, node)),
    );
  return [HEAD, ...bars, ...curves];
}

/** @param {unknown[][]} rows */
export function csvOf(rows) {
  const cell = (/** @type {unknown} */ value) => {
    const text = value === undefined || value === null || Number.isNaN(value) ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

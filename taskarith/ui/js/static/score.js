// How far the preview is from what was measured, where the page holds both: the surrogate is scored
// in the reader's own browser, against every shipped point. Pure.

import { terms } from "../words.js";

/**
 * @param {import("../explore/view.js").View} view
 * @param {import("../types.js").Hello} hello
 * @returns {{count: number, mean: number, p95: number, says: string} | null} in percentage points;
 *   null where nothing can be compared
 */
export function scored(view, hello) {
  /** @type {number[]} */
  const errors = [];
  for (const [coefficients, estimates, merge] of hello.shipped) {
    const [first] = terms(coefficients);
    const line = first && !merge ? view.previewAlong(coefficients, first.name) : null;
    if (!line) continue;
    for (const [task, { value }] of Object.entries(estimates)) {
      const preview = line(task, first.value);
      if (preview !== null) errors.push(100 * Math.abs(preview - value));
    }
  }
  if (!errors.length) return null;
  errors.sort((a, b) => a - b);
  const count = errors.length;
  const mean = errors.reduce((sum, error) => sum + error, 0) / count;
  const p95 = errors[Math.ceil(0.95 * count) - 1];
  const says =
    `preview off by ${mean.toFixed(1)} points on average, 95 % within ${p95.toFixed(1)}, ` +
    `at ${count.toLocaleString("en")} shipped measurements (of other images, too)`;
  return { count, mean, p95, says };
}

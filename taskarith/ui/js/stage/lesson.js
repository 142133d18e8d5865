// A lesson as it is walked: which step, what it asks for, and whether that is done. Pure: it knows
// states and steps, neither the page nor how a step is shown.

/** @typedef {import("../types.js").Coefficients} Coefficients */
/** @typedef {import("../types.js").LessonStep} Step */
/** @typedef {import("../types.js").Goal} Goal */

const NEAR = 1e-9;

/**
 * Whether the state is what a step waits for; a step that waits for nothing is always done.
 * @param {Goal | null | undefined} goal
 * @param {{coefficients: Coefficients, measure: string, pinned: unknown}} state
 */
export function isReached(goal, state) {
  if (!goal) return true;
  if (goal.measure) return state.measure === goal.measure;
  if (goal.pinned !== undefined) return Boolean(state.pinned) === goal.pinned;
  const value = state.coefficients[goal.slider ?? ""] ?? 0;
  if (goal.at_least !== undefined && value < goal.at_least - NEAR) return false;
  return goal.at_most === undefined || value <= goal.at_most + NEAR;
}

/**
 * The λ that reaches a goal of a slider.
 * @param {Goal} goal
 */
export function valueOf({ at_least: low, at_most: high }) {
  return low !== undefined && high !== undefined ? (low + high) / 2 : (low ?? high ?? 0);
}

/**
 * The edit of a step: of a preset, with what the step itself says put over it. Nothing where the
 * step leaves everything as it stands.
 * @param {Step} step
 * @param {import("../types.js").Preset[]} presets
 */
export function editOf({ edit }, presets) {
  if (!edit) return null;
  const preset = presets.find(({ name }) => name === edit.preset);
  const { coefficients = {}, focus = undefined, analogy = null } = { ...preset, ...edit };
  return { coefficients, focus, analogy };
}

export class Walk {
  /**
   * @param {import("../types.js").Lesson} lesson
   * @param {number} at - the step to begin with, from 0; what is outside begins at the first
   */
  constructor(lesson, at = 0) {
    this.lesson = lesson;
    this.at = Number.isInteger(at) && at >= 0 && at < lesson.steps.length ? at : 0;
  }

  get step() {
    return this.lesson.steps[this.at];
  }

  get isLast() {
    return this.at === this.lesson.steps.length - 1;
  }

  /** @param {number} by @returns {boolean} whether there was a step to go to */
  go(by) {
    const next = this.at + by;
    if (next < 0 || next >= this.lesson.steps.length) return false;
    this.at = next;
    return true;
  }
}

/**
 * The query of a page on which a lesson is open: the visitor's own edit and what is not ours, with
 * the lesson's place. The lesson's edits leave no trace in it.
 * @param {string} own - the query of the visitor's own edit
 * @param {string} written - what the page would write: the lesson's edit, and what is not ours
 * @param {string} now - the query of the edit on the page
 * @param {{name: string, at: number}} place
 */
export function queryOf(own, written, now, { name, at }) {
  const others = new URLSearchParams(written);
  for (const key of [...new URLSearchParams(now).keys(), ...new URLSearchParams(own).keys()]) {
    others.delete(key);
  }
  others.delete("lesson");
  others.delete("step");
  const rest = others.size ? `&${others}`.replace(/%3A/g, ":").replace(/%2C/g, ",") : "";
  return `${own}&lesson=${name}&step=${at + 1}${rest}`;
}

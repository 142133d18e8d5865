// What a presenter's window tells the windows that follow it: its state as a query, as often as
// somebody can see it. Knows the page and its lesson; how it travels is a line's business.

import { writeRoom } from "./room.js";

/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("../types.js").Point} Point */
/** @typedef {{state: string, point?: Point}} News */
/** @typedef {{send: (news: News) => void, close: () => void}} Line */

const EVERY = 60; // ms between two states while something moves
const MEASURED = 500; // ms between two looks at what is measured of a state that stays

/**
 * The state of a window that others follow: edit, focus, measure and pin; the step of the lesson;
 * what there is of the page, and how far sliders go.
 * @param {Stage} stage
 */
export function stateOf({ page, walk, room }) {
  const { hidden, sliders, tasks, bounds } = room;
  const place = walk ? `lesson=${walk.lesson.name}&step=${walk.at + 1}` : "";
  const choices = writeRoom({ hidden, sliders, tasks, bounds });
  return [page.state.toQuery(), place, choices].filter(Boolean).join("&");
}

export class Teller {
  /**
   * @param {Stage} stage
   * @param {Line} line
   */
  constructor(stage, line) {
    this.stage = stage;
    this.line = line;
    this.said = "";
    this.last = -Infinity;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.due = undefined;
    this.tell();
  }

  /** After every painting of the page. */
  painted() {
    if (this.due) return;
    const every = stateOf(this.stage) === this.said ? MEASURED : EVERY;
    const wait = this.last + every - performance.now();
    if (wait <= 0) this.tell();
    else this.due = setTimeout(() => this.tell(), wait);
  }

  tell() {
    clearTimeout(this.due);
    this.due = undefined;
    this.last = performance.now();
    this.said = stateOf(this.stage);
    const { state, measurements } = this.stage.page;
    const known = measurements.at(state.coefficients, state.merge);
    /** @type {Point} */
    const point = state.merge
      ? [state.coefficients, known, state.merge]
      : [state.coefficients, known];
    this.line.send(Object.keys(known).length ? { state: this.said, point } : { state: this.said });
  }

  close() {
    clearTimeout(this.due);
    this.line.close();
  }
}

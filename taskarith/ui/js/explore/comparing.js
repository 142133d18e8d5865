// Comparing: which task's changed examples are asked for, and when there are enough to be worth it.
// How they look is examples.js's business.

import { LostConnection } from "./link.js";
import { under } from "../under.js";
import { terms, writeMerge } from "../words.js";

const COMPARABLE = 96; // examples from which on changed answers are worth showing

export class Comparing {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string | null} */
    this.picked = null; // the task whose changed examples are asked for
    /** @type {string | null} */
    this.asked = null; // which were asked for last
    /** @type {string | null} */
    this.answered = null; // and which are shown
    this.compared = 0; // examples behind those that are shown
  }

  get split() {
    return this.page.status.test ? "test" : "validation";
  }

  /** The task that is compared. */
  get task() {
    const { view } = this.page;
    const listed = view.listed(this.page.store()).some((task) => task.name === this.picked);
    return listed && this.picked ? this.picked : view.taskInHand();
  }

  key() {
    const { coefficients, merge } = this.page.state;
    return JSON.stringify([terms(coefficients), writeMerge(merge), this.task, this.split]);
  }

  /** The edit is another one: what is shown is visibly of the one before. */
  changed() {
    if (this.answered !== this.key()) this.page.examples.stale();
  }

  /** @param {string} task */
  pick(task) {
    this.picked = task;
    this.compared = 0;
    this.page.bars.mark(task);
    this.ask();
  }

  /**
   * From some dozen on, and again when there are far more.
   * @param {{paired?: any, done?: boolean}} piece
   */
  askWhenComparable({ paired, done }) {
    const n = under(paired?.pretrained, this.task)?.n || 0;
    const worth = n >= COMPARABLE ? n >= 2 * this.compared : done && n > this.compared;
    if (!worth) return;
    this.compared = n;
    this.ask();
  }

  /** From `start` on: those before it are shown already. */
  async ask({ start = 0 } = {}) {
    const { engine, state, link, examples, view } = this.page;
    if (engine.state !== "ready") return;
    const { task, split } = this;
    const asked = this.key();
    this.asked = asked;
    try {
      const answer = await link.call("changed", { ...state.sent, task, split, start });
      if (this.asked !== asked || this.key() !== asked || !answer.examples) return;
      this.answered = asked;
      if (start) examples.add(answer);
      else examples.show(answer, view.task(task).examples);
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
    }
  }
}

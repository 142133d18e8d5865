// The presenter: for a screen that a room looks at. Large numerals and lines, only chosen sliders
// and tasks, keys for a clicker, a black screen. Steps through a lesson, or through kept states.

import { h } from "../dom.js";

/** @typedef {import("../explore/page.js").Page} Page */

const KEY = "taskarith-talk"; // the states kept for a talk, by suite
const MOST = 50;
const LARGE = 36; // px of a reading at the usual size; style.js has it in em

export class Presenter {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.on = false;
    this.usual = page.chart.frame.reading;
    this.dark = h("div", { class: "blackout", hidden: true });
    this.dark.addEventListener("click", () => this.black(false));
    // The page's own heading is in the header, which is not there.
    this.heading = h("h1", { class: "unseen", hidden: true }, "Task Arithmetic Explorer");
    page.root.append(this.heading, this.dark);
    this.at = -1; // which kept state is shown
  }

  /** @param {boolean} on @param {{embed?: boolean}} [how] - whether another page holds this one */
  show(on, { embed = false } = {}) {
    this.on = on;
    this.heading.hidden = !on && !embed;
    this.page.root.classList.toggle("presenting", on);
    this.black(false);
    const { frame } = this.page.chart;
    frame.reading = on ? LARGE : this.usual;
    frame.measure();
    this.page.screen.reslice();
  }

  /** @param {boolean} dark */
  black(dark) {
    this.dark.hidden = !dark;
  }

  // ---- kept states --------------------------------------------------------------------------

  /** @returns {string[]} queries */
  kept() {
    try {
      const all = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      const own = all[this.page.hello.suite.name];
      return Array.isArray(own) ? own.filter((query) => typeof query === "string") : [];
    } catch {
      return []; // nothing is kept, or it cannot be read
    }
  }

  /** @param {string[]} queries */
  keep(queries) {
    try {
      const all = JSON.parse(localStorage.getItem(KEY) ?? "{}");
      all[this.page.hello.suite.name] = queries.slice(0, MOST);
      localStorage.setItem(KEY, JSON.stringify(all));
      return true;
    } catch {
      return false; // a browser that keeps nothing
    }
  }

  add() {
    return this.keep([...this.kept(), this.page.state.toQuery()]);
  }

  /**
   * The next or the previous kept state; the suite's presets where none is kept.
   * @param {number} by
   */
  step(by) {
    const { page } = this;
    const all = this.steps();
    const at = Math.max(0, Math.min(all.length - 1, this.at + by));
    if (!all.length || at === this.at) return;
    this.at = at;
    const step = all[at];
    if (typeof step !== "string") return page.hand.replace(step);
    page.state.pinned = null;
    page.state.measure = "accuracy";
    page.state.fromQuery(step);
    page.hand.travel(true);
  }

  /** What the keys step through: kept states as queries, else the suite's presets. */
  steps() {
    const kept = this.kept();
    return kept.length ? kept : this.page.hello.presets;
  }

  /** What the next key shows; null at the end. */
  coming() {
    return this.steps()[this.at + 1] ?? null;
  }
}

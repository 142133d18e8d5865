// The hand: what gestures do to the edit. One slider moves, the whole edit is replaced, a step is
// taken back; then all that shows the edit is told, and what has come to rest is measured.

import { withLayers } from "./merge.js";

/** @typedef {import("../types.js").Coefficients} Coefficients */
/** @typedef {import("../types.js").Analogy} Analogy */
/** @typedef {import("../types.js").Merge} Merge */

export class Hand {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    this.holding = false; // a pointer is down: what rests meanwhile is no gesture of its own
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.settling = undefined;
  }

  // ---- one slider moves -------------------------------------------------------------------

  hold() {
    this.holding = true;
  }

  /** @param {string} name */
  grab(name) {
    const { state, comparing, screen } = this.page;
    if (name === state.focus) return;
    state.focus = name;
    comparing.picked = null;
    screen.reslice();
    this.settle(); // the new slice is worth measuring even if nothing moves
  }

  /** @param {string} name @param {number} value */
  moved(name, value) {
    const { page } = this;
    const { state, screen } = page;
    page.choice.stop();
    if (name !== state.focus) this.grab(name);
    const { analogy } = state;
    state.move(name, value);
    const turned = state.analogy !== analogy; // its other sliders follow, or it is over
    const leaves = page.status.test !== null || turned;
    this.changed();
    if (turned) {
      page.analogy.show(state.analogy);
      page.bank.showAll(state.coefficients, state.focus);
    } else page.bank.show(name, state.value(name));
    if (leaves || Math.abs(value) > page.view.range[1]) screen.reslice();
    else screen.painting.wish();
    this.settle();
  }

  /** The edit is another one: nothing that is said of the one before may stay. */
  changed() {
    const { status, notices, state, comparing } = this.page;
    status.test = null;
    status.paired = null;
    status.selected = null;
    notices.clear("link", "server", "choose", "test", "method", `number:${state.focus}`);
    comparing.changed();
  }

  /** @param {number} x */
  dragged(x) {
    this.holding = true;
    const bound = this.page.view.range[1];
    const within = Math.max(-bound, Math.min(bound, x));
    this.moved(this.page.state.focus, Math.round(100 * within) / 100);
  }

  settle() {
    const { link, root, hello, asking } = this.page;
    if (link.rest()) asking.committed = null; // to be measured even if it comes back
    root.classList.add("moving");
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.rested(), hello.limits.settle);
  }

  /** Nothing has moved for a while: measured, and a step back only where nothing is held. */
  rested() {
    clearTimeout(this.settling);
    this.settling = undefined;
    this.page.root.classList.remove("moving");
    if (!this.holding) this.record();
    this.page.screen.showMerge();
    this.page.asking.commitIfNew();
  }

  released() {
    this.holding = false;
    this.rested();
  }

  // ---- the whole edit changes -------------------------------------------------------------

  /**
   * @param {{coefficients: Coefficients, focus?: string, analogy?: Analogy | null,
   *   merge?: Merge | null}} edit
   */
  replace(edit) {
    const { choice, state, comparing, notices, screen } = this.page;
    choice.stop();
    state.replace(edit);
    this.changed();
    notices.clear("number:*");
    comparing.picked = null;
    screen.refresh();
    this.released();
  }

  /**
   * The same sliders, now the weights of another merge.
   * @param {Merge | null} merge
   */
  mergeBy(merge) {
    this.page.state.mergeBy(merge);
    this.turned();
    this.released();
  }

  /**
   * A layer's factor moves.
   * @param {Record<string, number>} layers - of all
   */
  layered(layers) {
    const { state } = this.page;
    state.mergeBy(withLayers(state.merge, layers));
    this.turned();
    this.settle();
  }

  /** @param {Analogy} analogy */
  writeAnalogy(analogy) {
    this.page.state.writeAnalogy(analogy);
    this.turned();
    this.settle();
  }

  /** All of the edit may be another one. */
  turned() {
    this.page.choice.stop();
    this.changed();
    this.page.notices.clear("number:*"); // the boxes are filled anew
    this.page.screen.refresh();
  }

  pin() {
    this.page.state.pin();
    this.page.screen.refresh();
    this.page.asking.commit();
  }

  /** @param {string} name */
  measure(name) {
    this.page.state.measure = name;
    this.page.screen.refresh();
    this.page.writeAddress();
  }

  // ---- steps back and forth ---------------------------------------------------------------

  record() {
    this.page.state.record();
    this.remember();
    this.page.parts.tools.update();
  }

  /** @param {boolean} there - whether there was a step to take */
  travel(there) {
    if (!there) return;
    this.turned();
    this.remember();
    this.page.asking.commit();
  }

  remember() {
    this.page.address.steps?.write(this.page.state.remembered());
  }

  close() {
    clearTimeout(this.settling);
  }
}

// The screen: what is drawn anew when the edit or the measurements change, and what is painted with
// every movement of the finger.

import { theme } from "../theme.js";
import { PaintLoop } from "./loop.js";
import { sceneOf } from "./scene.js";
import { paintTexts } from "./texts.js";
import { terms } from "../words.js";

const REDRAW_MS = 250; // after which a redrawing that a moving finger put off is tried again

export class Screen {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string | null} */
    this.highlit = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.redrawing = undefined;
    /** @type {Map<string, any>} */
    this.readings = new Map(); // of all tasks, read once a painting
    this.painting = new PaintLoop(() => this.paint());
    this.scene = this.sceneNow();
  }

  sceneNow() {
    const { page } = this;
    return sceneOf(page.view, { theme: theme(), highlit: this.highlit, store: page.store() });
  }

  refresh() {
    const { bank, analogy, parts, state } = this.page;
    bank.showAll(state.coefficients, state.focus);
    this.showMerge();
    analogy.show(state.analogy);
    parts.measures.update();
    this.reslice();
    parts.tools.update();
  }

  showMerge() {
    const { methods, byLayer, state } = this.page;
    methods.show(state.merge, terms(state.coefficients).length);
    byLayer.show();
  }

  /** The curve is another one, or knows more. */
  reslice() {
    const { page } = this;
    const { state, view, bars } = page;
    page.bank.mark(state.focus);
    view.reslice();
    this.scene = this.sceneNow();
    page.chart.draw(this.scene);
    const head = state.measure === "accuracy" ? "now" : `${state.measure} now`;
    bars.draw(view.barRows(page.store()), { range: view.heights(), head });
    bars.mark(page.comparing.task);
    this.painting.wish();
  }

  /** The hot path: everything that moves with the finger, of one reading of all tasks. */
  paint() {
    const { page } = this;
    const { view, state } = page;
    const store = page.store();
    this.readings.clear();
    for (const { name } of view.listed(store)) {
      this.readings.set(name, view.shown(name, page.found(name), store));
    }
    const values = this.scene.series.map(({ still, task }) =>
      still ? null : (this.readings.get(task) ?? null),
    );
    page.chart.cursor({ x: state.value(state.focus), values });
    for (const [name, value] of this.readings) page.bars.set(name, value);
    if (state.analogy) {
      page.analogy.compare(view.analogyReadings(page.found(state.analogy.d)));
    }
    page.parts.test.update(page.testShare());
    paintTexts(page);
    page.stage.painted();
  }

  /** @param {string | null} task */
  highlight(task) {
    if (task === this.highlit || this.page.hand.settling) return;
    this.highlit = task;
    this.scene = this.sceneNow();
    this.page.chart.draw(this.scene);
  }

  /**
   * The pointer is on a curve: it says which, and what is known there.
   * @param {{task: string, x: number} | null} at
   */
  pointed(at) {
    this.highlight(at ? at.task : null);
    this.page.chart.tell(at && this.page.view.pointed(at.task, at.x));
  }

  /** New measurements settle in as they come, one drawing a frame, but not under a moving finger. */
  redrawSoon() {
    if (this.redrawing) return;
    const redraw = () => {
      this.redrawing = undefined;
      if (this.page.hand.settling) return this.redrawSoon();
      this.reslice();
    };
    this.redrawing = this.page.hand.settling
      ? setTimeout(redraw, REDRAW_MS)
      : setTimeout(() => requestAnimationFrame(redraw), 0);
  }

  close() {
    clearTimeout(this.redrawing);
  }
}

// The page: builds the instrument's parts, and lets one change flow through all of them.

import { theme } from "../theme.js";
import { terms, writeMerge } from "../words.js";
import { AnalogyBuilder } from "./analogy.js";
import { Bank } from "./bank.js";
import { Bars } from "./bars.js";
import { Chart } from "./chart.js";
import { Chooser } from "./chooser.js";
import { EditState } from "./edit.js";
import { Examples } from "./examples.js";
import { buildParts } from "./furniture.js";
import { LostConnection, ServerLink } from "./link.js";
import { PaintLoop } from "./loop.js";
import { Measurements } from "./measurements.js";
import { Methods } from "./methods.js";
import { Notices } from "./notices.js";
import { Question } from "./question.js";
import { Stage } from "./stage.js";
import { Surrogate } from "./surrogate.js";
import { describe, paintTexts } from "./texts.js";
import { View } from "./view.js";
import { under } from "../under.js";

const REDRAW_MS = 250; // after which a redrawing that a moving finger put off is tried again
const COMPARABLE = 96; // examples from which on changed answers are worth showing
const LOST =
  "Connection lost. What you see stays, and sliders go on working on what is known; trying again…";

/** @typedef {import("../types.js").Coefficients} Coefficients */
/** @typedef {import("../types.js").Analogy} Analogy */
/** @typedef {import("../types.js").Merge} Merge */
/** @typedef {import("./view.js").Found} Found */

export class Page {
  /**
   * @param {HTMLElement} root
   * @param {{hello: import("../types.js").Hello, backend: import("../types.js").Backend,
   *   address: import("../types.js").Address}} parts
   */
  constructor(root, { hello, backend, address }) {
    this.root = root;
    this.address = address;
    this.gone = new AbortController(); // ends what listens outside of `root`
    this.hello = hello;
    this.state = new EditState(hello);
    this.measurements = new Measurements(hello.limits.slices);
    this.testMeasurements = new Measurements();
    for (const [coefficients, estimates, merge] of hello.shipped) {
      this.measurements.add(coefficients, estimates, "shipped", merge);
    }
    this.view = new View(hello, this);
    this.engine = /** @type {import("../types.js").Engine} */ (hello.engine);
    /**
     * @type {{seconds: any, test: {look: number | null} | null, paired: any,
     *   selected: string | null}}
     */
    this.status = { seconds: null, test: null, paired: null, selected: null };
    /** @type {string | null} */
    this.picked = null; // the task whose changed examples are asked for
    /** @type {string | null} */
    this.highlit = null;
    /** @type {string | null} */
    this.committed = null; // what was sent to be measured last
    /** @type {string | null} */
    this.asked = null; // which changed examples were asked for last
    /** @type {string | null} */
    this.answered = null; // and which are shown
    this.compared = 0; // examples behind those that are shown
    this.holding = false; // a pointer is down: what rests meanwhile is no gesture of its own
    this.loading = false; // whether the surrogate is under way
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.settling = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.redrawing = undefined;
    /** @type {Map<string, any>} */
    this.readings = new Map(); // of all tasks, read once a painting
    /** @type {(() => void)[]} */
    this.waiting = []; // for pieces
    this.preview = hello.engine.preview || null; // whether there is one, and how good it is
    this.link = new ServerLink(backend, hello.suite.name, {
      piece: (piece) => this.received(piece),
      engine: (engine) => this.engineChanged(engine),
      preview: (preview) => this.previewChanged(preview),
      problem: (text) => {
        this.chooser.stop(); // what cannot be measured is not chosen
        this.say("server", text);
      },
      lost: () => this.say("connection", LOST),
      back: () => {
        this.notices.clear("connection");
        this.commit();
      },
    });
    this.chooser = new Chooser(this);
    this.painting = new PaintLoop(() => this.paint());
    this.stage = new Stage(this);
    this.parts = buildParts(root, this);
    this.notices = new Notices(this.parts.notices);
    this.question = this.parts.question
      ? new Question(this.parts.question, { ask: (text) => this.ask(text) })
      : null;
    const shown = this.build();
    this.bank = shown.bank;
    this.methods = shown.methods;
    this.chart = shown.chart;
    this.bars = shown.bars;
    this.analogy = shown.analogy;
    this.examples = shown.examples;
    this.scene = this.view.scene(theme(), null);
    this.open();
    this.link.follow(this.engine);
  }

  build() {
    const { parts, hello } = this;
    const bank = new Bank(parts.bank, {
      hello,
      on: {
        move: (name, value) => this.moved(name, value),
        hold: () => this.hold(),
        release: () => this.released(),
        grab: (name) => this.grab(name),
        problem: (name, text) => this.say(`number:${name}`, text),
      },
    });
    const methods = new Methods(parts.methods, {
      on: {
        change: (merge) => this.mergeBy(merge),
        problem: (text) => this.say("method", text),
      },
    });
    const chart = new Chart(parts.chart, {
      style: hello.style,
      on: {
        drag: (x) => this.dragged(x),
        dragEnd: () => this.released(),
        hover: (at) => this.pointed(at),
      },
    });
    const bars = new Bars(parts.bars, {
      on: {
        hover: (task) => this.highlight(task),
        pick: (task) => this.pick(task),
      },
    });
    const analogy = new AnalogyBuilder(parts.analogy, {
      hello,
      on: {
        write: (written) => this.writeAnalogy(written),
        release: () => this.released(),
      },
    });
    const examples = new Examples(parts.images, { more: () => this.askExamples({ all: true }) });
    return { bank, methods, chart, bars, analogy, examples };
  }

  /** The first screen: what the link says, else what the suite wants to tell first. */
  open() {
    const { found, problems } = this.state.fromQuery(this.address.read());
    if (problems.length) this.say("link", `From the link: ${problems.join("; ")}.`);
    const start = this.hello.presets.find((preset) => preset.name === this.hello.start);
    if (!found && start) {
      this.state.replace(start);
      this.state.recorded = this.state.snapshot();
    }
    this.state.recall(this.address.steps?.read() ?? null);
    if (this.engine.methods) this.learn(this.engine.methods);
    this.refresh();
    this.loadSurrogate();
    this.commit();
    this.stage.open();
  }

  // ---- one slider moves -------------------------------------------------------------------

  hold() {
    this.holding = true;
  }

  /** @param {string} name */
  grab(name) {
    if (name === this.state.focus) return;
    this.state.focus = name;
    this.picked = null;
    this.reslice();
    this.settle(); // the new slice is worth measuring even if nothing moves
  }

  /** @param {string} name @param {number} value */
  moved(name, value) {
    this.chooser.stop();
    if (name !== this.state.focus) this.grab(name);
    const { analogy } = this.state;
    this.state.move(name, value);
    const turned = this.state.analogy !== analogy; // its other sliders follow, or it is over
    const leaves = this.status.test !== null || turned;
    this.changed();
    if (turned) {
      this.analogy.show(this.state.analogy);
      this.bank.showAll(this.state.coefficients, this.state.focus);
    } else this.bank.show(name, this.state.value(name));
    if (leaves || Math.abs(value) > this.view.range[1]) this.reslice();
    else this.painting.wish();
    this.settle();
  }

  /** The edit is another one: nothing that is said of the one before may stay. */
  changed() {
    this.status.test = null;
    this.status.paired = null;
    this.status.selected = null;
    const about = ["link", "server", "choose", "test", "method", `number:${this.state.focus}`];
    this.notices.clear(...about);
    if (this.answered !== this.exampleKey()) this.examples.stale();
  }

  /** @param {number} x */
  dragged(x) {
    this.holding = true;
    const bound = this.view.range[1];
    this.moved(this.state.focus, Math.round(100 * Math.max(-bound, Math.min(bound, x))) / 100);
  }

  settle() {
    if (this.link.rest()) this.committed = null; // to be measured even if it comes back
    this.root.classList.add("moving");
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.rested(), this.hello.limits.settle);
  }

  /** Nothing has moved for a while: measured, and a step back only where nothing is held. */
  rested() {
    clearTimeout(this.settling);
    this.settling = undefined;
    this.root.classList.remove("moving");
    if (!this.holding) this.record();
    this.showMerge();
    const now = this.state.snapshot() + JSON.stringify(this.state.pinned);
    if (now !== this.committed) this.commit();
  }

  released() {
    this.holding = false;
    this.rested();
  }

  record() {
    this.state.record();
    this.address.steps?.write(this.state.remembered());
    this.parts.tools.update();
  }

  // ---- the whole edit changes -------------------------------------------------------------

  /**
   * @param {{coefficients: Coefficients, focus?: string, analogy?: Analogy | null,
   *   merge?: Merge | null}} edit
   */
  replace(edit) {
    this.chooser.stop();
    this.state.replace(edit);
    this.changed();
    this.picked = null;
    this.refresh();
    this.released();
  }

  /**
   * The same sliders, now the weights of another merge.
   * @param {Merge | null} merge
   */
  mergeBy(merge) {
    this.chooser.stop();
    this.state.mergeBy(merge);
    this.changed();
    this.refresh();
    this.released();
  }

  /** @param {Analogy} analogy */
  writeAnalogy(analogy) {
    this.chooser.stop();
    this.state.replace({
      coefficients: EditState.analogyCoefficients(analogy),
      focus: analogy.c,
      analogy,
    });
    this.changed();
    this.refresh();
    this.settle();
  }

  /** @param {boolean} there - whether there was a step to take */
  travel(there) {
    if (!there) return;
    this.chooser.stop();
    this.changed();
    this.refresh();
    this.address.steps?.write(this.state.remembered());
    this.commit();
  }

  pin() {
    this.state.pin();
    this.refresh();
    this.commit();
  }

  /** @param {string} name */
  measure(name) {
    this.state.measure = name;
    this.refresh();
    this.writeAddress();
  }

  // ---- λ chosen by rule -------------------------------------------------------------------

  /** @param {"forget" | "add"} aim */
  choose(aim) {
    if (!this.ready("choose", "λ can be chosen")) return;
    this.chooser.run(aim);
  }

  /**
   * An edit that is tried on the way to a choice: no step of the visitor's.
   * @param {Coefficients} coefficients
   */
  tryOut(coefficients) {
    this.state.replace({ ...this.state.sent, coefficients });
    this.status.test = null;
    this.status.paired = null;
    this.examples.stale();
    this.refresh();
    this.commit();
  }

  /** @param {string} text */
  select(text) {
    this.status.selected = text;
    this.painting.wish();
  }

  /**
   * Wait until every bar is measured on `n` examples, or all there are; or `over()` says it is over.
   * @param {number} n
   * @param {() => boolean} over
   */
  async measuredTo(n, over) {
    const enough = () =>
      this.view.listed(this.store()).every((task) => {
        const { coefficients, merge } = this.state;
        const found = under(this.measurements.at(coefficients, merge), task.name);
        return found && found.n >= Math.min(n, found.total);
      });
    while (!over() && !enough()) {
      await new Promise((resolve) => {
        this.waiting.push(() => resolve(null));
        setTimeout(resolve, 1000, null);
      });
    }
  }

  // ---- painting ---------------------------------------------------------------------------

  refresh() {
    this.bank.showAll(this.state.coefficients, this.state.focus);
    this.showMerge();
    this.analogy.show(this.state.analogy);
    this.parts.measures.update();
    this.reslice();
    this.parts.tools.update();
  }

  /** The curve is another one, or knows more. */
  reslice() {
    const { state, view } = this;
    this.bank.mark(state.focus);
    view.reslice();
    this.scene = view.scene(theme(), this.highlit, this.store());
    this.chart.draw(this.scene);
    const head = state.measure === "accuracy" ? "now" : `${state.measure} now`;
    this.bars.draw(view.barRows(this.store()), { range: view.heights(), head });
    this.bars.mark(this.exampleTask());
    this.painting.wish();
  }

  /** Where the bars' numbers come from: validation, or test after the deliberate act. */
  store() {
    return this.status.test ? this.testMeasurements : this.measurements;
  }

  /** @param {string} name @returns {import("./measurements.js").Reading | null} */
  found(name) {
    if (this.status.test) {
      const { coefficients, merge } = this.state;
      const found = under(this.testMeasurements.at(coefficients, merge), name);
      return found ? { ...found, kind: "measured" } : null;
    }
    return this.view.at(name, this.state.value(this.state.focus));
  }

  /** The control's difference to the pretrained model on the same examples, where it is known. */
  pairedControl() {
    return under(this.status.paired?.pretrained, this.view.control.name) ?? null;
  }

  /** Where the control stands to its floor. */
  controlPlace() {
    const { view } = this;
    const found = this.found(view.control.name);
    const { pretrained } = view.references(view.control.name, this.store());
    if (!found || pretrained === undefined) return "unknown";
    return view.place(found, pretrained, this.pairedControl());
  }

  /** The hot path: everything that moves with the finger, of one reading of all tasks. */
  paint() {
    const { view } = this;
    const store = this.store();
    this.readings.clear();
    for (const { name } of view.listed(store)) {
      this.readings.set(name, view.shown(name, this.found(name), store));
    }
    const values = this.scene.series.map(({ still, task }) =>
      still ? null : (this.readings.get(task) ?? null),
    );
    this.chart.cursor({ x: this.state.value(this.state.focus), values });
    for (const [name, value] of this.readings) this.bars.set(name, value);
    if (this.state.analogy) {
      this.analogy.compare(view.analogyReadings(this.found(this.state.analogy.d)));
    }
    this.parts.test.update(this.testShare());
    paintTexts(this);
    this.stage.painted();
  }

  /** How much of the test split is measured; null on validation. */
  testShare() {
    if (!this.status.test) return null;
    const found = this.view.listed(this.store()).map(({ name }) => this.found(name));
    const shares = found.map((one) => (one?.n && one.total ? one.n / one.total : 0));
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  }

  /** @param {string | null} task */
  highlight(task) {
    if (task === this.highlit || this.settling) return;
    this.highlit = task;
    this.scene = this.view.scene(theme(), task, this.store());
    this.chart.draw(this.scene);
  }

  /**
   * The pointer is on a curve: it says which, and what is known there.
   * @param {{task: string, x: number} | null} at
   */
  pointed(at) {
    this.highlight(at ? at.task : null);
    this.chart.tell(at && this.view.pointed(at.task, at.x));
  }

  /** New measurements settle in as they come, one drawing a frame, but not under a moving finger. */
  redrawSoon() {
    if (this.redrawing) return;
    const redraw = () => {
      this.redrawing = undefined;
      if (this.settling) return this.redrawSoon();
      this.reslice();
    };
    this.redrawing = this.settling
      ? setTimeout(redraw, REDRAW_MS)
      : setTimeout(() => requestAnimationFrame(redraw), 0);
  }

  // ---- the server -------------------------------------------------------------------------

  commit() {
    this.committed = this.state.snapshot() + JSON.stringify(this.state.pinned);
    this.writeAddress();
    this.status.paired = null;
    this.compared = 0;
    this.notices.clear("server");
    describe(this);
    if (!terms(this.state.coefficients).length) {
      this.examples.wait(
        "This is the pretrained model itself: move a slider to change its answers.",
      );
    } else if (this.engine.state === "loading") {
      this.examples.wait(
        "The engine is warming up: what you see was measured when the suite was " +
          "built. Examples come when it is ready.",
      );
    }
    if (this.engine.state !== "ready") return;
    const { sent, focus, analogy, pinned } = this.state;
    this.question?.again();
    this.link.commit("commit", { ...sent, focus, analogy, pinned });
  }

  /**
   * Whether the engine is there; says so under `about` where it is not.
   * @param {string} about
   * @param {string} what
   */
  ready(about, what) {
    if (this.engine.state === "ready") return true;
    if (this.engine.state === "none") {
      this.say(about, "This page holds what was measured before; nothing is measured here.");
      return false;
    }
    const why = this.engine.state === "failed" ? "is off" : "is still warming up";
    this.say(about, `The engine ${why}: ${what} when it is ready.`);
    return false;
  }

  test() {
    if (!this.ready("test", "the test split opens")) return;
    this.chooser.stop();
    this.status.test = { look: null };
    this.status.paired = null;
    this.compared = 0;
    this.examples.stale();
    this.reslice();
    this.link.commit("test", {
      ...this.state.sent,
      focus: this.state.focus,
      analogy: this.state.analogy,
    });
  }

  /** Back to where λ is chosen, whether or not the look at test is complete. */
  leaveTest() {
    this.link.rest();
    this.status.test = null;
    this.picked = null;
    this.reslice();
    this.commit();
  }

  /** @param {any} piece */
  received(piece) {
    const onTest = piece.split === "test";
    const store = onTest ? this.testMeasurements : this.measurements;
    for (const [at, estimates, merge] of piece.points) {
      store.add(at, estimates, "measured", merge ?? null);
    }
    if (piece.preview) this.previewChanged(piece.preview);
    if (onTest !== Boolean(this.status.test)) return; // looked at something else meanwhile
    if (this.status.test) this.status.test.look = piece.looks;
    if (piece.seconds) this.status.seconds = piece.seconds;
    if (piece.paired) this.status.paired = piece.paired;
    this.redrawSoon();
    this.askWhenComparable(piece);
    if (piece.done) describe(this);
    for (const wake of this.waiting.splice(0)) wake();
  }

  // ---- examples whose answer changed ------------------------------------------------------

  exampleTask() {
    const listed = this.view.listed(this.store()).some((task) => task.name === this.picked);
    return listed && this.picked ? this.picked : this.view.taskInHand();
  }

  exampleKey() {
    const split = this.status.test ? "test" : "validation";
    const { coefficients, merge } = this.state;
    return JSON.stringify([terms(coefficients), writeMerge(merge), this.exampleTask(), split]);
  }

  /** @param {string} task */
  pick(task) {
    this.picked = task;
    this.compared = 0;
    this.bars.mark(task);
    this.askExamples();
  }

  /**
   * From some dozen on, and again when there are far more.
   * @param {{paired?: any, done?: boolean}} piece
   */
  askWhenComparable({ paired, done }) {
    const n = under(paired?.pretrained, this.exampleTask())?.n || 0;
    const worth = n >= COMPARABLE ? n >= 2 * this.compared : done && n > this.compared;
    if (!worth) return;
    this.compared = n;
    this.askExamples();
  }

  async askExamples({ all = false } = {}) {
    if (this.engine.state !== "ready") return;
    const asked = this.exampleKey();
    const task = this.exampleTask();
    const message = {
      ...this.state.sent,
      task,
      split: this.status.test ? "test" : "validation",
      all,
    };
    this.asked = asked;
    try {
      const answer = await this.link.call("changed", message);
      if (this.asked !== asked || this.exampleKey() !== asked || !answer.examples) return;
      this.answered = asked;
      this.examples.show(answer, this.view.task(task).examples);
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
    }
  }

  /**
   * One sentence of the visitor's, by the head of the task in hand.
   * @param {string} text
   */
  async ask(text) {
    try {
      const task = this.view.taskInHand();
      return await this.link.call("ask", { ...this.state.sent, task, text });
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
      return null;
    }
  }

  // ---- the engine and the preview ---------------------------------------------------------

  /** @param {import("../types.js").Engine} engine */
  engineChanged(engine) {
    this.engine = engine;
    if (engine.methods) this.learn(engine.methods);
    if (engine.state === "failed") this.say("engine", engine.message ?? "The engine has failed.");
    if (engine.state === "ready") {
      this.notices.clear("engine", "choose", "test");
      if (engine.other_images?.length) this.measurements.forgetShipped(engine.other_images);
      this.commit();
      this.reslice();
    }
    this.painting.wish();
  }

  /** @param {import("../types.js").Method[]} methods */
  learn(methods) {
    const problems = this.state.learn(methods);
    if (problems.length) this.say("link", `From the link: ${problems.join("; ")}.`);
    this.methods.offer(methods);
    this.showMerge();
    this.view.reslice();
    this.painting.wish();
  }

  showMerge() {
    this.methods.show(this.state.merge, terms(this.state.coefficients).length);
  }

  /**
   * It comes when the server has had time to fit it, and goes where it proves to be too far off.
   * @param {import("../types.js").Preview} preview
   */
  previewChanged(preview) {
    const same = this.preview?.says === preview.says && this.preview?.used === preview.used;
    this.preview = preview;
    if (preview.ready) this.loadSurrogate();
    if (same) return;
    this.view.previewed = preview.used;
    this.redrawSoon();
  }

  async loadSurrogate() {
    if (this.view.surrogate || this.loading) return;
    this.loading = true;
    try {
      const payload = await this.link.call("surrogate");
      if (!payload.vectors) return;
      this.view.surrogate = new Surrogate(payload);
      this.redrawSoon();
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
    } finally {
      this.loading = false;
    }
  }

  // ---- the address and what is said -------------------------------------------------------

  writeAddress() {
    // What is not ours (Gradio's theme, a Space's signature) stays.
    const ours = ["suite", "set", "method", "focus", "analogy", "pin", "pin-method", "measure"];
    const kept = new URLSearchParams(this.address.read());
    for (const name of [...ours, "fetch"]) kept.delete(name);
    const others = kept.size ? `&${kept}`.replace(/%3A/g, ":").replace(/%2C/g, ",") : "";
    this.address.write(`${this.state.toQuery()}${others}`);
  }

  /** @param {string} about @param {string} text */
  say(about, text) {
    this.notices.say(about, text);
  }

  /** Take the page down: nothing of it listens, measures or asks any more. */
  unmount() {
    this.gone.abort();
    this.chooser.stop();
    clearTimeout(this.settling);
    clearTimeout(this.redrawing);
    this.link.close();
    this.chart.close();
    this.root.replaceChildren();
  }
}

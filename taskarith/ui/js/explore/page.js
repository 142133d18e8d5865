// The page: builds the instrument's parts, and lets one change flow through all of them.

import { setText } from "../dom.js";
import { theme } from "../theme.js";
import { AnalogyBuilder } from "./analogy.js";
import { Bank } from "./bank.js";
import { Bars } from "./bars.js";
import { Chart } from "./chart.js";
import { EditState } from "./edit.js";
import { buildParts } from "./furniture.js";
import { LostConnection, ServerLink } from "./link.js";
import { Question } from "./question.js";
import { MEASURES, Measurements } from "./measurements.js";
import { ImageStrip } from "./strip.js";
import { Surrogate } from "./surrogate.js";
import { describe, paintTexts } from "./texts.js";
import { View } from "./view.js";
import { terms } from "../words.js";

export const REDRAW_MS = 250; // after which a redrawing that a moving finger put off is tried again

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
    this.measurements = new Measurements();
    this.testMeasurements = new Measurements();
    for (const [coefficients, estimates] of hello.shipped) {
      this.measurements.add(coefficients, estimates, "shipped");
    }
    this.view = new View(hello, this);
    this.engine = /** @type {import("../types.js").Engine} */ (hello.engine);
    /** @type {{seconds: any, test: {look: number | null} | null, paired: any}} */
    this.status = { seconds: null, test: null, paired: null };
    /** @type {string | null} */
    this.picked = null; // the task whose changed examples are asked for
    /** @type {string | null} */
    this.highlit = null;
    /** @type {string | null} */
    this.committed = null; // what was sent to be measured last
    /** @type {string | null} */
    this.asked = null; // which changed examples were asked for last
    this.loading = false; // whether the surrogate is under way
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.settling = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.redrawing = undefined;
    this.preview = hello.engine.preview || null; // whether there is one, and how good it is
    this.comparedImages = 0;
    this.link = new ServerLink(backend, hello.suite.name, {
      piece: (piece) => this.received(piece),
      engine: (engine) => this.engineChanged(engine),
      preview: (preview) => this.previewChanged(preview),
      problem: (text) => this.say(text),
      lost: () =>
        this.say(
          "Connection lost. What you see stays, and sliders go on working on " +
            "what is known; trying again…",
          "lost",
        ),
      back: () => {
        this.say("");
        this.commit();
      },
    });
    this.parts = buildParts(root, this);
    this.question = this.parts.question
      ? new Question(this.parts.question, { ask: (text) => this.ask(text) })
      : null;
    const shown = this.build();
    this.bank = shown.bank;
    this.chart = shown.chart;
    this.bars = shown.bars;
    this.analogy = shown.analogy;
    this.images = shown.images;
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
        release: () => this.released(),
        grab: (name) => this.grab(name),
        problem: (text) => this.say(text),
      },
    });
    const chart = new Chart(parts.chart, {
      style: hello.style,
      on: {
        drag: (x) => this.dragged(x),
        dragEnd: () => this.released(),
        hover: (index) => this.highlight(index === null ? null : this.scene.series[index].task),
      },
    });
    const bars = new Bars(parts.bars, {
      on: {
        hover: (task) => this.highlight(task),
        pick: (task) => {
          this.picked = task;
          this.comparedImages = 0;
          this.askImages();
        },
      },
    });
    const analogy = new AnalogyBuilder(parts.analogy, {
      hello,
      on: {
        write: (written) => this.writeAnalogy(written),
        release: () => this.released(),
      },
    });
    return { bank, chart, bars, analogy, images: new ImageStrip(parts.images) };
  }

  // The first screen: what the link says, else what the suite wants to tell first.
  open() {
    const { found, problems } = this.state.fromQuery(this.address.read());
    if (problems.length) this.say(`From the link: ${problems.join("; ")}.`);
    const start = this.hello.presets.find((preset) => preset.name === this.hello.start);
    if (!found && start) {
      this.state.replace(start);
      this.state.recorded = this.state.snapshot();
    }
    this.refresh();
    this.loadSurrogate();
    this.commit();
  }

  // ---- one slider moves -------------------------------------------------------------------

  grab(name) {
    if (name === this.state.focus) return;
    this.state.focus = name;
    this.picked = null;
    this.reslice();
    this.settle(); // the new slice is worth measuring even if nothing moves
  }

  moved(name, value) {
    if (name !== this.state.focus) this.grab(name);
    if (this.state.analogy && name in EditState.analogyCoefficients(this.state.analogy)) {
      this.state.analogy = null; // the sliders no longer say what the builder wrote
      this.analogy.show(null);
    }
    this.state.set(name, value);
    const leaves = this.status.test !== null;
    this.status.test = null;
    this.status.paired = null;
    this.bank.show(name, value);
    if (leaves || Math.abs(value) > this.view.range[1]) this.reslice();
    else this.paint();
    this.settle();
  }

  dragged(x) {
    const bound = this.view.range[1];
    this.moved(this.state.focus, Math.round(100 * Math.max(-bound, Math.min(bound, x))) / 100);
  }

  settle() {
    if (this.link.rest()) this.committed = null; // to be measured even if it comes back
    this.root.classList.add("moving");
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.released(), this.hello.limits.settle);
  }

  released() {
    clearTimeout(this.settling);
    this.settling = undefined;
    this.root.classList.remove("moving");
    this.state.record();
    const now = this.state.snapshot() + JSON.stringify(this.state.pinned);
    if (now !== this.committed) this.commit();
    this.parts.tools.update();
  }

  // ---- the whole edit changes -------------------------------------------------------------

  replace(edit) {
    this.state.replace(edit);
    this.status.test = null;
    this.picked = null;
    this.refresh();
    this.released();
  }

  writeAnalogy(analogy) {
    this.state.replace({
      coefficients: EditState.analogyCoefficients(analogy),
      focus: analogy.c,
      analogy,
    });
    this.status.test = null;
    this.refresh();
    this.settle();
  }

  travel(there) {
    if (!there) return;
    this.status.test = null;
    this.refresh();
    this.commit();
  }

  pin() {
    this.state.pin();
    this.refresh();
    this.commit();
  }

  measure(name) {
    this.state.measure = name;
    this.refresh();
    this.writeAddress();
  }

  // ---- painting ---------------------------------------------------------------------------

  refresh() {
    this.bank.showAll(this.state.coefficients, this.state.focus);
    this.analogy.show(this.state.analogy);
    this.reslice();
    this.parts.tools.update();
  }

  // The curve is another one, or knows more.
  reslice() {
    this.bank.mark(this.state.focus);
    this.view.reslice();
    this.scene = this.view.scene(theme(), this.highlit);
    this.chart.draw(this.scene);
    this.bars.draw(this.view.barRows(this.store()), MEASURES[this.state.measure].range);
    this.paint();
  }

  // Where the bars' numbers come from: validation, or test after the deliberate act.
  store() {
    return this.status.test ? this.testMeasurements : this.measurements;
  }

  found(name) {
    if (this.status.test) return this.testMeasurements.at(this.state.coefficients)[name] || null;
    return this.view.at(name, this.state.value(this.state.focus));
  }

  // The hot path: everything that moves with the finger.
  paint() {
    const x = this.state.value(this.state.focus);
    const values = this.scene.series.map((series) =>
      series.still ? null : this.view.shown(series.task, this.view.at(series.task, x)),
    );
    this.chart.cursor({ x, values });
    for (const task of this.view.listed(this.store())) {
      const found = this.found(task.name);
      const shown = this.view.shown(task.name, found, this.store());
      this.bars.set(task.name, shown);
    }
    if (this.state.analogy) {
      this.analogy.compare(this.view.analogyReadings(this.found(this.state.analogy.d)));
    }
    paintTexts(this);
  }

  highlight(task) {
    if (task === this.highlit || this.settling) return;
    this.highlit = task;
    this.scene = this.view.scene(theme(), task);
    this.chart.draw(this.scene);
    this.paint();
  }

  // New measurements settle in as they come (the server sends a few at a time), but not under a
  // moving finger.
  redrawSoon() {
    if (this.redrawing) return;
    this.redrawing = setTimeout(
      () => {
        this.redrawing = undefined;
        if (this.settling) return this.redrawSoon();
        this.reslice();
      },
      this.settling ? REDRAW_MS : 0,
    );
  }

  // ---- the server -------------------------------------------------------------------------

  commit() {
    this.committed = this.state.snapshot() + JSON.stringify(this.state.pinned);
    this.writeAddress();
    this.status.paired = null;
    this.comparedImages = 0;
    describe(this);
    if (!terms(this.state.coefficients).length) {
      this.images.wait("This is the pretrained model itself: move a slider to change its answers.");
    } else if (this.engine.state === "loading") {
      this.images.wait(
        "The engine is warming up: what you see was measured when the suite was " +
          "built. Images come when it is ready.",
      );
    }
    if (this.engine.state !== "ready") return;
    const { coefficients, focus, analogy, pinned } = this.state;
    this.question?.again();
    this.link.commit("commit", {
      coefficients,
      focus,
      analogy,
      pinned: pinned && pinned.coefficients,
    });
  }

  test() {
    if (this.engine.state !== "ready") {
      return this.say("The engine is still warming up: the test split opens when it is ready.");
    }
    this.status.test = { look: null };
    this.status.paired = null;
    this.comparedImages = 0;
    this.reslice();
    this.link.commit("test", {
      coefficients: this.state.coefficients,
      focus: this.state.focus,
      analogy: this.state.analogy,
    });
  }

  received(piece) {
    const onTest = piece.split === "test";
    const store = onTest ? this.testMeasurements : this.measurements;
    for (const [at, estimates] of piece.points) store.add(at, estimates, "measured");
    if (piece.preview) this.previewChanged(piece.preview);
    if (onTest !== Boolean(this.status.test)) return; // looked at something else meanwhile
    if (this.status.test) this.status.test.look = piece.looks;
    if (piece.seconds) this.status.seconds = piece.seconds;
    if (piece.paired) this.status.paired = piece.paired;
    this.redrawSoon();
    this.askWhenComparable(piece);
    if (piece.done) describe(this);
  }

  // Images whose answer changed: from some dozen on, and again when there are far more.
  askWhenComparable({ paired, done }) {
    const n = paired?.pretrained?.[this.imagesTask()]?.n || 0;
    const worth = n >= 96 ? n >= 2 * this.comparedImages : done && n > this.comparedImages;
    if (!worth) return;
    this.comparedImages = n;
    this.askImages();
  }

  imagesTask() {
    const listed = this.view.listed(this.store()).some((task) => task.name === this.picked);
    return listed && this.picked ? this.picked : this.view.taskInHand();
  }

  async askImages() {
    if (this.engine.state !== "ready") return;
    const { coefficients } = this.state;
    const task = this.imagesTask();
    const split = this.status.test ? "test" : "validation";
    const asked = JSON.stringify([coefficients, task, split]);
    this.asked = asked;
    try {
      const answer = await this.link.call("changed", { coefficients, task, split });
      if (this.asked === asked && answer.examples) this.images.show(answer);
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
    }
  }

  // One sentence of the visitor's, by the head of the task in hand.
  async ask(text) {
    const { coefficients } = this.state;
    try {
      return await this.link.call("ask", { coefficients, task: this.view.taskInHand(), text });
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
      return null;
    }
  }

  engineChanged(engine) {
    this.engine = engine;
    if (engine.state === "failed") this.say(engine.message, "failed");
    if (engine.state === "ready") {
      if (engine.other_images.length) this.measurements.forgetShipped(engine.other_images);
      this.commit();
      this.reslice();
    }
    paintTexts(this);
  }

  // It comes when the server has had time to fit it, and goes where it proves to be too far off.
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

  writeAddress() {
    // What is not ours (Gradio's theme, a Space's signature) stays.
    const ours = ["suite", "set", "focus", "analogy", "pin", "measure", "fetch"];
    const kept = new URLSearchParams(this.address.read());
    for (const name of ours) kept.delete(name);
    const others = kept.size ? `&${kept}` : "";
    this.address.write(`${this.state.toQuery()}${others}`);
  }

  say(text, kind = "") {
    setText(this.parts.notice, text);
    this.parts.notice.className = `notice ${kind}`;
    this.parts.notice.hidden = !text;
  }
}

// Asking: what the server is asked about the edit in hand, and what its answers change on the page.

import { LostConnection, ServerLink } from "./link.js";
import { Surrogate } from "./surrogate.js";
import { describe } from "./texts.js";
import { terms } from "../words.js";

const LOST =
  "Connection lost. What you see stays, and sliders go on working on what is known; trying again…";

/**
 * @param {import("./page.js").Page} page
 * @param {import("../types.js").Backend} backend
 */
export function linkOf(page, backend) {
  return new ServerLink(backend, page.hello.suite.name, {
    piece: (/** @type {any} */ piece) => page.asking.received(piece),
    engine: (/** @type {import("../types.js").Engine} */ engine) =>
      page.asking.engineChanged(engine),
    preview: (/** @type {import("../types.js").Preview} */ preview) =>
      page.asking.previewChanged(preview),
    problem: (/** @type {string} */ text) => {
      page.choice.stop(); // what cannot be measured is not chosen
      page.say("server", text);
    },
    lost: () => page.say("connection", LOST),
    back: () => {
      page.notices.clear("connection");
      page.asking.commit();
    },
  });
}

export class Asking {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string | null} */
    this.committed = null; // what was sent to be measured last
    /** @type {Promise<void> | null} */
    this.loading = null; // whether the surrogate is under way
    /** @type {(() => void)[]} */
    this.waiting = []; // for pieces
  }

  /** Everything that a measurement depends on, as one text. */
  wanted() {
    const { state } = this.page;
    return state.snapshot() + JSON.stringify(state.pinned);
  }

  commitIfNew() {
    if (this.wanted() !== this.committed) this.commit();
  }

  commit() {
    const { page } = this;
    this.committed = this.wanted();
    page.writeAddress();
    page.status.paired = null;
    page.comparing.compared = 0;
    page.notices.clear("server");
    describe(page);
    if (!terms(page.state.coefficients).length) {
      page.examples.wait(
        "This is the pretrained model itself: move a slider to change its answers.",
      );
    } else if (page.engine.state === "loading") {
      page.examples.wait("Examples come when the engine is ready.");
    }
    if (page.engine.state !== "ready") return;
    const { sent, focus, analogy, pinned } = page.state;
    page.question?.again();
    page.link.commit("commit", { ...sent, focus, analogy, pinned });
  }

  /**
   * Whether the engine is there; says so under `about` where it is not.
   * @param {string} about
   * @param {string} what
   */
  ready(about, what) {
    const { page } = this;
    if (page.engine.state === "ready") return true;
    if (page.engine.state === "none") {
      page.say(about, "This page holds what was measured before; nothing is measured here.");
      return false;
    }
    const why = page.engine.state === "failed" ? "is off" : "is still warming up";
    page.say(about, `The engine ${why}: ${what} when it is ready.`);
    return false;
  }

  test() {
    const { page } = this;
    if (!this.ready("test", "the test split opens")) return;
    page.choice.stop();
    page.status.test = { look: null };
    page.status.paired = null;
    page.comparing.compared = 0;
    page.examples.stale();
    page.screen.reslice();
    const { sent, focus, analogy } = page.state;
    page.link.commit("test", { ...sent, focus, analogy });
  }

  /** Back to where λ is chosen, whether or not the look at test is complete. */
  leaveTest() {
    const { page } = this;
    page.link.rest();
    page.status.test = null;
    page.comparing.picked = null;
    page.screen.reslice();
    this.commit();
  }

  /** @param {any} piece */
  received(piece) {
    const { page } = this;
    const { status } = page;
    const onTest = piece.split === "test";
    const store = onTest ? page.testMeasurements : page.measurements;
    for (const [at, estimates, merge] of piece.points) {
      store.add(at, estimates, "measured", merge ?? null);
    }
    if (piece.preview) this.previewChanged(piece.preview);
    if (onTest !== Boolean(status.test)) return; // looked at something else meanwhile
    if (status.test) status.test.look = piece.looks;
    if (piece.seconds) status.seconds = piece.seconds;
    if (piece.paired) status.paired = piece.paired;
    page.screen.redrawSoon();
    page.comparing.askWhenComparable(piece);
    if (piece.done) describe(page);
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** The next piece, or a second. */
  async more() {
    await new Promise((resolve) => {
      this.waiting.push(() => resolve(null));
      setTimeout(resolve, 1000, null);
    });
  }

  /**
   * One sentence of the visitor's, by the head of the task in hand. What is wrong with it stands
   * under it, and nowhere else.
   * @param {string} text
   */
  async ask(text) {
    const { link, state, view } = this.page;
    try {
      const message = { ...state.sent, task: view.taskInHand(), text };
      return await link.call("ask", message, () => {});
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
      return null;
    }
  }

  // ---- the engine and the preview ---------------------------------------------------------

  /** @param {import("../types.js").Engine} engine */
  engineChanged(engine) {
    const { page } = this;
    page.engine = engine;
    this.learn(engine);
    if (engine.state === "failed") page.say("engine", engine.message ?? "The engine has failed.");
    if (engine.state === "ready") {
      page.notices.clear("engine", "choose", "test");
      if (engine.other_images?.length) page.measurements.forgetShipped(engine.other_images);
      this.commit();
      page.screen.reslice();
    }
    page.screen.painting.wish();
  }

  /** @param {import("../types.js").Engine} engine */
  learn({ methods, layers }) {
    const { page } = this;
    if (!methods) return;
    page.sayOfLink(page.state.learn(methods, layers));
    page.methods.offer(methods);
    page.byLayer.offer(layers ?? []);
    page.screen.showMerge();
    page.view.reslice();
    page.screen.painting.wish();
  }

  /**
   * It comes when the server has had time to fit it, and goes where it proves to be too far off.
   * @param {import("../types.js").Preview} preview
   */
  previewChanged(preview) {
    const { page } = this;
    const same = page.preview?.says === preview.says && page.preview?.used === preview.used;
    page.preview = preview;
    if (preview.ready) this.loadSurrogate();
    if (same) return;
    page.view.previewed = preview.used;
    page.screen.redrawSoon();
  }

  loadSurrogate() {
    this.loading ??= this.fetchSurrogate().finally(() => {
      this.loading = null;
    });
    return this.loading;
  }

  async fetchSurrogate() {
    const { view, link, screen } = this.page;
    if (view.surrogate) return;
    try {
      const payload = await link.call("surrogate");
      if (!payload.vectors) return;
      view.surrogate = new Surrogate(payload);
      screen.redrawSoon();
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
    }
  }
}

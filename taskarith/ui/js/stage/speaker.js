// What a speaker sees beside the page while the audience's window shows the page alone: the notes of
// the step, what comes next, and how long it has taken.

import { h, setText } from "../dom.js";
import { formula } from "../words.js";
import { EditState } from "../explore/edit.js";
import { pieces } from "./say.js";

/** @typedef {import("./stage.js").Stage} Stage */

const BEGAN = "taskarith-talk-began";

export class Speaker {
  /**
   * @param {Stage} stage
   * @param {string} pair - the name that both windows have
   * @param {{open: () => void}} on - `open`: the audience's window, once more
   */
  constructor(stage, pair, { open }) {
    this.stage = stage;
    this.pair = pair;
    this.began = began(pair);
    this.clock = h("time", {});
    this.notes = h("p", { class: "notes" });
    this.next = h("p", { class: "next-step" });
    this.open = h("button", { type: "button", "data-speaker": "open", onclick: open });
    this.title = h("h2", {});
    this.node = h(
      "section",
      { class: "speaker" },
      h("div", { class: "heading" }, this.title, this.clock),
      this.notes,
      this.next,
      this.open,
    );
    stage.page.parts.stage.before(this.node);
    stage.page.root.classList.add("speaks");
    const ticking = setInterval(() => this.tick(), 1000);
    stage.page.gone.signal.addEventListener("abort", () => clearInterval(ticking));
    this.painted();
    this.tick();
  }

  tick() {
    const seconds = Math.max(0, Math.floor((Date.now() - this.began) / 1000));
    const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
    setText(this.clock, `${Math.floor(seconds / 60)}:${two(seconds % 60)}`);
  }

  painted() {
    const { words, told, walk } = this.stage;
    this.node.lang = told.language;
    this.node.setAttribute("aria-label", words.speaker);
    setText(this.title, words.speaker);
    setText(this.open, words.open_audience);
    const said = walk ? told.messages.lessons[walk.lesson.name] : {};
    const note = walk?.step.notes ? said[walk.step.notes] : words.no_notes;
    setText(this.notes, plain(note));
    setText(this.next, `${words.then} ${this.coming(said)}`);
  }

  /** What comes next: the lesson's next step, or the next of the states kept for a talk. */
  coming(/** @type {Record<string, string>} */ said) {
    const { words, walk, presenter } = this.stage;
    if (walk) {
      const next = walk.lesson.steps[walk.at + 1];
      return next ? plain(said[next.say]) : words.last_step;
    }
    const next = presenter.coming();
    if (next === null) return words.last_step;
    if (typeof next !== "string") return next.title;
    const state = new EditState(this.stage.page.hello);
    state.fromQuery(next);
    return formula(state.coefficients, state.merge);
  }
}

/** A message without what is filled in while one watches: that is known when it is said. */
function plain(/** @type {string} */ message) {
  return pieces(message)
    .map((piece) => ("text" in piece ? piece.text : "…"))
    .join("");
}

/** When a pair's talk began; a reload does not begin it anew. @param {string} pair */
function began(pair) {
  const now = Date.now();
  try {
    const [name, at] = (sessionStorage.getItem(BEGAN) ?? "").split(" ");
    if (name === pair && Number(at) > 0) return Number(at);
    sessionStorage.setItem(BEGAN, `${pair} ${now}`);
  } catch {
    // The clock begins with the page.
  }
  return now;
}

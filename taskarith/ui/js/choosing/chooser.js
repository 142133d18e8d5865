// Runs a choice of λ: tries one edit after the other on the page, as a hand would, and keeps the
// best by the rule; or takes what the vectors' lengths suggest. Whatever the visitor does meanwhile
// ends it.

import { LostConnection } from "../explore/link.js";
import { AIMS, best, coarse, ends, fine, surelyNormalized } from "./choose.js";
import { shown } from "../explore/metric.js";
import { under } from "../under.js";
import { percent, signed } from "../words.js";

/** @typedef {import("../explore/page.js").Page} Page */
/** @typedef {keyof typeof AIMS} Aim */

const ENOUGH = 128; // examples a task behind every λ that is compared

export class Chooser {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.number = 0; // of the choice under way; a higher one, and it is over
    this.running = false;
  }

  stop() {
    this.number += 1;
    this.running = false;
  }

  /** @param {Aim} aim */
  async run(aim) {
    const { page } = this;
    if (!page.asking.ready("choose", "λ can be chosen")) return;
    const number = ++this.number;
    const before = page.state.snapshot();
    const edit = this.editOf(aim);
    const over = () => number !== this.number;
    this.running = true;
    /** @type {import("./choose.js").Tried[]} */
    const tried = [];
    for (const next of [() => coarse(aim), () => fine(aim, tried)]) {
      const wave = next();
      for (const [i, x] of wave.entries()) {
        page.say(
          "choose",
          `Choosing λ: trying ${signed(x)}, ${tried.length + 1} of ${tried.length - i + wave.length}…`,
        );
        this.tryOut(edit(x));
        await this.measured(over);
        if (over()) return page.notices.clear("choose");
        tried.push({ x, ...this.judge(aim) });
      }
    }
    this.running = false;
    page.notices.clear("choose");
    this.settle({ aim, tried, edit, before });
  }

  /**
   * An edit that is tried on the way to a choice: no step of the visitor's.
   * @param {import("../types.js").Coefficients} coefficients
   */
  tryOut(coefficients) {
    const { state, status, examples, screen, asking } = this.page;
    state.replace({ ...state.sent, coefficients });
    status.test = null;
    status.paired = null;
    status.selected = null; // what was selected before is another edit
    examples.stale();
    screen.refresh();
    asking.commit();
  }

  /**
   * Wait until every bar is measured on enough examples, or all there are; or it is over.
   * @param {() => boolean} over
   */
  async measured(over) {
    const { view, state, measurements, asking } = this.page;
    const enough = () =>
      view.listed(measurements).every((task) => {
        const found = under(measurements.at(state.coefficients, state.merge), task.name);
        return found && found.n >= Math.min(ENOUGH, found.total);
      });
    while (!over() && !enough()) await asking.more();
  }

  /**
   * From a λ to the edit that is tried.
   * @param {Aim} aim
   * @returns {(x: number) => import("../types.js").Coefficients}
   */
  editOf(aim) {
    const { state, hello } = this.page;
    const { coefficients, focus } = state;
    if (aim === "forget") return (x) => ({ ...coefficients, [focus]: x });
    const targets = hello.vectors.filter((vector) => vector.kind === "target");
    return (x) => Object.fromEntries(targets.map((vector) => [vector.name, x]));
  }

  /** How the edit on the page does. @param {Aim} aim */
  judge(aim) {
    const { page } = this;
    const { view } = page;
    if (aim === "forget") {
      const task = view.task(view.taskInHand());
      const found = page.found(task.name);
      const control = page.controlPlace();
      const score = found ? 0 - ends(task.metric, found)[1] : NaN;
      const end = task.metric.higher_is_better ? found?.high : found?.low;
      const worst = `${shown(task.metric, end)} for the target`;
      return { score, worst, allowed: control === "above" };
    }
    const targets = view.visible().flatMap((task) => {
      const { finetuned } = view.references(task.name);
      const found = page.found(task.name);
      if (task.role !== "target" || finetuned === undefined || !found) return [];
      return [{ metric: task.metric, found, finetuned }];
    });
    const score = surelyNormalized(targets);
    return { score, worst: `${percent(score, 1)} normalized`, allowed: true };
  }

  /**
   * @param {{aim: Aim, tried: import("./choose.js").Tried[],
   *   edit: (x: number) => import("../types.js").Coefficients, before: string}} found
   */
  settle({ aim, tried, edit, before }) {
    const { page } = this;
    const chosen = best(tried);
    if (!chosen) {
      page.hand.replace(JSON.parse(before));
      const text = `None of the ${tried.length} λ tried keeps the control above its floor.`;
      page.say("choose", text);
      return;
    }
    page.hand.replace({ ...page.state.sent, coefficients: edit(chosen.x) });
    page.status.selected =
      `λ = ${signed(chosen.x)} selected on validation among ${tried.length}: ${AIMS[aim].rule}. ` +
      `Picked among several, what is shown flatters; it was picked by the worse end of its ` +
      `interval, ${chosen.worst}. The test split tells.`;
    page.screen.painting.wish();
  }

  /** λ from the lengths of vectors, in closed form: nothing is tried, nothing is measured. */
  async suggest() {
    const { page } = this;
    const { state, address } = page;
    const number = ++this.number;
    const language = new URLSearchParams(address.read()).get("lang");
    let answer;
    try {
      answer = await page.link.call("suggest", { coefficients: state.coefficients, language });
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
      return page.say("choose", "The server suggested nothing: no answer; try again.");
    }
    if (answer.error || number !== this.number) return; // said already, or nobody wants it any more
    const { coefficients, said } = answer;
    page.hand.replace({ coefficients, focus: state.focus });
    const taken = Object.entries(coefficients).every(([name, x]) => state.value(name) === x);
    if (!taken) return page.say("choose", "This page's sliders do not go as far as was suggested.");
    page.status.selected = said;
    page.screen.painting.wish();
  }
}

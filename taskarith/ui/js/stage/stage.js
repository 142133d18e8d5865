// What stands beside the picture while somebody teaches or learns: lessons and explained words.
// Loaded when it is first asked for. Sets the page's edit through the page's own methods, and gives
// back what the visitor had.

import { h } from "../dom.js";
import { terms } from "../words.js";
import { LostConnection } from "../explore/link.js";
import { Glossary } from "./glossary.js";
import { liveOf } from "./live.js";
import { Walk, editOf, isReached, queryOf, valueOf } from "./lesson.js";
import { reading } from "./numbers.js";
import { Offers } from "./offers.js";
import { Panel } from "./panel.js";
import { Presenter } from "./presenter.js";
import { readRoom, rulesOf } from "./room.js";
import { fill } from "./say.js";
import { addStyle, weighty } from "./style.js";

/** @typedef {import("../explore/page.js").Page} Page */
/** @typedef {import("../types.js").Lesson} Lesson */
/** @typedef {import("../types.js").Told} Told */

const SWIPE = 60; // pixels that a finger has to go sideways to turn a step
const NEXT = ["ArrowRight", "PageDown"];
const BACK = ["ArrowLeft", "PageUp"];
const BLACK = ["b", "."];

/**
 * What a step may light up, by its word; `bar:textures` is that task's bar.
 * @type {Record<string, string>}
 */
const PLACES = {
  formula: ".formula",
  picture: ".picture",
  bars: ".tasks",
  sliders: ".bank",
  examples: ".images",
  analogy: ".analogy",
  control: ".says .control",
  measures: ".toggle",
  test: '[data-tool="test"]',
  pin: '[data-tool="pin"]',
  question: ".question",
  presets: ".presets",
};

export class Stage {
  /** @param {Page} page @param {Told} told */
  constructor(page, told) {
    this.page = page;
    this.told = told;
    /** @type {Walk | null} */
    this.walk = null;
    /** @type {Kept | null} */
    this.kept = null; // the visitor's own, while a lesson has the page
    addStyle(page.root);
    this.glossary = new Glossary(page.root, page.gone.signal);
    this.panel = new Panel({
      forward: () => this.forward(),
      back: () => this.go(-1),
      leave: () => this.leave(),
      read: (key) => reading(page, key),
    });
    this.presenter = new Presenter(page);
    this.offers = new Offers(this);
    this.rules = h("style", {});
    page.root.append(this.rules);
    this.room = readRoom("", page.hello).room;
    this.speak(told);
    this.listen();
    this.arrange();
    /** How this window and others keep together. */
    this.live = liveOf(this);
  }

  /** @param {Page} page @param {string} [language] */
  static async open(page, language) {
    const told = await page.link.call("lessons", { language });
    if (told.error) throw new LostConnection("lessons");
    return new Stage(page, told);
  }

  get words() {
    return this.told.messages.page;
  }

  /** @param {Told} told */
  speak(told) {
    this.told = told;
    this.glossary.speak({ words: told.messages.glossary, language: told.language });
    if (this.walk) this.show();
    this.live?.speak();
  }

  /**
   * Another language, here and in the link.
   * @param {string} language
   */
  async learn(language) {
    try {
      this.speak(await this.page.link.call("lessons", { language }));
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
      return;
    }
    const query = new URLSearchParams(this.page.address.read());
    if (this.told.language === "en") query.delete("lang");
    else query.set("lang", this.told.language);
    this.page.address.write(String(query));
    this.page.writeAddress();
  }

  // ---- the room -----------------------------------------------------------------------------

  /** The page as the link sets it up for others. */
  arrange() {
    const { page } = this;
    const { room, problems } = readRoom(page.address.read(), page.hello);
    if (problems.length) page.say("room", fill(this.words.problems, { text: problems.join("; ") }));
    this.choose(room);
    this.presenter.show(room.present, room);
    page.screen.refresh();
    page.asking.commit();
  }

  /** What there is of the page, and how far its sliders go. @param {import("./room.js").Room} room */
  choose(room) {
    const { state } = this.page;
    this.room = room;
    state.bounds = room.bounds;
    state.replace(state); // within the bounds
    this.furnish();
  }

  /** What is left out, and which tasks are shown: anew where the edit is about other ones. */
  furnish() {
    const { page, room } = this;
    const sliders = room.sliders ?? (room.present ? this.inHand() : null);
    const rules = rulesOf(room, { sliders });
    const key = `${rules} ${this.walk?.at ?? ""}`;
    if (this.rules.dataset.rules === key) return;
    this.rules.dataset.rules = key;
    this.rules.textContent = weighty(rules);
    const about = (sliders ?? []).map((name) => page.state.vectors.get(name)?.task ?? name);
    const said = this.walk
      ? this.panel.numbers.map((one) => one.key.slice(one.key.indexOf(":") + 1))
      : [];
    page.view.only = room.tasks ?? (room.present ? [...about, ...said] : null);
    page.screen.reslice();
  }

  /** What a screen for a room shows of the sliders: what is moved, in hand, or waited for. */
  inHand() {
    const { coefficients, focus } = this.page.state;
    const wanted = this.walk?.step.reached?.slider ?? focus;
    return [...new Set([...terms(coefficients).map(({ name }) => name), focus, wanted])];
  }

  /**
   * For a screen that a room looks at, or back; in the link, so that a reload keeps it.
   * @param {boolean} on
   */
  present(on) {
    const { page } = this;
    this.room.present = on;
    const query = new URLSearchParams(page.address.read());
    if (on) query.set("present", "1");
    else query.delete("present");
    page.address.write(String(query));
    page.writeAddress();
    this.presenter.show(on, this.room);
    this.furnish();
  }

  // ---- one lesson ---------------------------------------------------------------------------

  /** Lessons about the suite on the page. @returns {Lesson[]} */
  here() {
    return this.told.lessons.filter(({ suite }) => suite === this.page.hello.suite.name);
  }

  /**
   * @param {string} name
   * @param {number} [at] - the step, from 0
   */
  start(name, at = 0) {
    const lesson = this.here().find((one) => one.name === name);
    if (!lesson) {
      this.page.say("lesson", fill(this.words.unknown, { name: name.slice(0, 40) }));
      return;
    }
    const { page } = this;
    this.kept ??= keep(page, () => this.walk);
    page.address = this.kept.lent;
    this.walk = new Walk(lesson, at);
    page.root.classList.add("taught");
    page.parts.stage.replaceChildren(this.panel.node);
    this.enter();
  }

  /**
   * To a step of a lesson, or out of it, as another window says.
   * @param {string | null} name
   * @param {number} at - the step, from 0
   */
  walkTo(name, at) {
    if (!name) return this.leave();
    if (this.walk?.lesson.name !== name) return this.start(name, at);
    if (this.walk.at === at) return;
    this.walk = new Walk(this.walk.lesson, at);
    this.enter();
  }

  /** Gives the visitor's own state back. */
  leave() {
    const { page, kept } = this;
    if (!kept) return;
    this.walk = null;
    this.kept = null;
    this.light("");
    page.root.classList.remove("taught");
    page.parts.stage.replaceChildren();
    page.address = kept.address;
    const query = new URLSearchParams(page.address.read());
    query.delete("lesson");
    query.delete("step");
    page.address.write(String(query));
    page.state.takeBack(kept.state);
    page.hand.travel(true);
  }

  /** On, or what the step waits for is done for the visitor first. */
  forward() {
    const { walk } = this;
    if (!walk) return;
    if (!isReached(walk.step.reached, this.page.state)) this.reach();
    else if (!walk.isLast) this.go(1);
    else this.leave();
  }

  /** @param {number} by */
  go(by) {
    if (this.walk?.go(by)) this.enter();
  }

  enter() {
    const { page } = this;
    const { step } = /** @type {Walk} */ (this.walk);
    const edit = editOf(step, page.hello.presets);
    if (step.edit) {
      page.state.measure = step.edit.measure ?? "accuracy";
      page.state.pinned = step.edit.pinned ? { coefficients: step.edit.pinned, merge: null } : null;
    }
    if (page.status.test) page.asking.leaveTest();
    if (edit) page.hand.replace(edit);
    this.show();
    page.writeAddress();
  }

  /** Does what the step waits for. */
  reach() {
    const { page } = this;
    const goal = this.walk?.step.reached;
    if (!goal) return;
    if (goal.measure) page.hand.measure(goal.measure);
    else if (goal.pinned !== undefined) page.hand.pin();
    else if (goal.slider) {
      page.hand.moved(goal.slider, valueOf(goal));
      page.hand.released();
    }
    this.painted();
  }

  show() {
    const { lesson, at, step } = /** @type {Walk} */ (this.walk);
    const messages = this.told.messages.lessons[lesson.name];
    this.panel.show({
      title: messages.title,
      at,
      all: lesson.steps.length,
      say: messages[step.say],
      language: this.told.language,
      words: this.words,
    });
    this.light(step.look_at ?? "");
    this.ask();
  }

  ask() {
    const { step, isLast } = /** @type {Walk} */ (this.walk);
    const { words } = this;
    const done = isReached(step.reached, this.page.state);
    this.panel.ask({
      task: step.reached ? words[done ? "done" : "your_turn"] : "",
      next: done ? (isLast ? words.finish : words.next) : words.show,
    });
  }

  /** After every painting of the page: the numbers in what is said, and whether a step is done. */
  painted() {
    if (this.room.present) this.furnish();
    this.live?.painted();
    if (!this.walk) return;
    this.panel.update();
    this.ask();
  }

  /** @param {string} place */
  light(place) {
    const { root } = this.page;
    for (const node of root.querySelectorAll(".lit")) node.classList.remove("lit");
    const [kind, ...rest] = place.split(":");
    const name = CSS.escape(rest.join(":"));
    const of = { bar: `[data-bar="${name}"]`, slider: `[data-vector="${name}"]` };
    const selector = of[/** @type {keyof typeof of} */ (kind)] ?? PLACES[place];
    if (selector) root.querySelector(selector)?.classList.add("lit");
  }

  // ---- keys and fingers ---------------------------------------------------------------------

  listen() {
    const { signal } = this.page.gone;
    const key = (/** @type {Event} */ event) => this.key(/** @type {KeyboardEvent} */ (event));
    this.page.keys.addEventListener("keydown", key, { signal, capture: true });
    let from = { x: 0, y: 0 };
    this.panel.node.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      from = { x: event.clientX, y: event.clientY };
    });
    this.panel.node.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
      const [x, y] = [event.clientX - from.x, event.clientY - from.y];
      if (Math.abs(x) < SWIPE || Math.abs(x) < 2 * Math.abs(y)) return;
      if (x < 0) this.forward();
      else this.go(-1);
    });
  }

  /**
   * A clicker's keys always turn a step; arrows where nothing else wants them.
   * @param {KeyboardEvent} event
   */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const { walk, presenter } = this;
    if (!walk && !presenter.on) return;
    const node = /** @type {Element} */ (event.target);
    const typing = node.matches?.("input[type=text], textarea, [contenteditable], dialog *");
    const moving = node.matches?.("input, select, summary") && event.key.startsWith("Arrow");
    if (typing || moving || !this.page.root.isConnected) return;
    const lit = presenter.dark.hidden;
    if (presenter.on && BLACK.includes(event.key)) presenter.black(lit);
    else if (!lit && [...NEXT, ...BACK, "Escape"].includes(event.key)) presenter.black(false);
    else if (NEXT.includes(event.key)) this.turn(1);
    else if (BACK.includes(event.key)) this.turn(-1);
    else if (event.key === "Escape" && this.glossary.open === null) this.escape();
    else return;
    event.preventDefault();
  }

  /** A step of the lesson; without one, the next of the states kept for a talk. @param {number} by */
  turn(by) {
    if (!this.walk) this.presenter.step(by);
    else if (by > 0) this.forward();
    else this.go(by);
  }

  escape() {
    if (this.presenter.on) this.present(false);
    else this.leave();
  }
}

/** @typedef {{state: ReturnType<Page["state"]["keep"]>, address: import("../types.js").Address,
 *   lent: import("../types.js").Address}} Kept */

/**
 * The visitor's own edit with its history, and an address that goes on saying it.
 * @param {Page} page
 * @param {() => Walk | null} walk
 * @returns {Kept}
 */
function keep(page, walk) {
  const { address, state } = page;
  const own = state.toQuery();
  const place = () => {
    const { lesson, at } = /** @type {Walk} */ (walk());
    return { name: lesson.name, at };
  };
  const lent = {
    read: () => address.read(),
    here: (/** @type {string} */ query) => address.here(query),
    write: (/** @type {string} */ query) =>
      address.write(queryOf(own, query, state.toQuery(), place())),
    link: (/** @type {string} */ query) =>
      address.link(queryOf(own, query, state.toQuery(), place())),
  };
  return { state: state.keep(), address, lent };
}

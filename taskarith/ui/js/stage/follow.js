// A window that goes along with another: takes its states as it would take a link, every part
// checked. Who moves something here has let go, and may come back.

import { readRoom } from "./room.js";

/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./tell.js").News} News */

const RESTED = 400; // ms without a new state until the address says where the page is

export class Follower {
  /**
   * @param {Stage} stage
   * @param {() => void} letGo - called when the visitor has moved something
   */
  constructor(stage, letGo) {
    this.stage = stage;
    this.letGo = letGo;
    this.along = true;
    this.taking = false;
    /** @type {News | null} */
    this.newest = null;
    this.taken = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.resting = undefined;
    // What is measured for the presenter comes with the state: a hundred windows measure nothing.
    stage.page.link.silent = true;
  }

  /** @param {News} news */
  hear(news) {
    this.newest = news;
    if (this.along) this.take(news);
  }

  /** @param {News} news */
  take({ state, point }) {
    const { stage } = this;
    const { page } = stage;
    const query = new URLSearchParams(state);
    const suite = query.get("suite") ?? "";
    if (suite !== page.hello.suite.name) return this.goTo(suite);
    this.taking = true;
    if (point) page.measurements.add(point[0], point[1], "measured", point[2] ?? null);
    const { room } = readRoom(state, page.hello);
    const { present, embed } = stage.room;
    stage.choose({ ...room, present, embed });
    stage.walkTo(query.get("lesson"), Number(query.get("step") ?? 1) - 1);
    page.state.pinned = null;
    page.state.measure = "accuracy";
    page.state.fromQuery(state);
    page.hand.changed();
    page.screen.refresh();
    this.taken = this.now();
    this.taking = false;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => page.asking.commit(), RESTED);
  }

  /** The presenter shows another suite. @param {string} suite */
  goTo(suite) {
    const query = new URLSearchParams(this.stage.page.address.read());
    const kept = ["follow", "audience", "present", "lang"].filter((key) => query.has(key));
    const there = new URLSearchParams(kept.map((key) => [key, String(query.get(key))]));
    there.set("suite", suite);
    location.replace(this.stage.page.address.here(String(there)));
  }

  /** What of this window is the presenter's to say. */
  now() {
    const { page, walk } = this.stage;
    return `${page.state.toQuery()} ${walk?.lesson.name ?? ""} ${walk?.at ?? ""}`;
  }

  /** After every painting of the page: whether somebody has moved something here. */
  painted() {
    if (!this.along || this.taking || !this.taken || this.now() === this.taken) return;
    this.let();
    this.letGo();
  }

  /** From now on the page is the visitor's own, and measured for. */
  let() {
    this.along = false;
    clearTimeout(this.resting);
    const { page } = this.stage;
    page.link.silent = false;
    page.asking.commit();
  }

  comeBack() {
    this.along = true;
    const { link } = this.stage.page;
    link.rest();
    link.silent = true;
    if (this.newest) this.take(this.newest);
  }
}

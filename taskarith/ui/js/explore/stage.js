// Lessons, explained words and all that helps to show the page to others: this part only waits until
// somebody asks for it, then fetches the rest. Knows no lesson.

import { h } from "../dom.js";
import { menu } from "../menu.js";
import { LostConnection } from "./link.js";

/** @typedef {import("./page.js").Page} Page */

const MET = "taskarith-met"; // kept by a browser that was offered the first lesson
// As room.js and live.js read them.
const SETS = ["present", "embed", "hide", "sliders", "tasks", "bounds"];
const LIVE = ["follow", "audience", "speaker"];
const FAILED = "The lessons could not be fetched; check the connection and try again.";

export class Stage {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {import("../stage/stage.js").Stage | null} */
    this.there = null;
    /** @type {Promise<any> | null} */
    this.coming = null;
    const { root, gone } = page;
    const asked = (/** @type {Event} */ event) => {
      const target = /** @type {Element} */ (event.target);
      const word = target.closest?.("[data-word]");
      if (!word) return;
      const quietly = event.type !== "click";
      this.use((stage) => stage.glossary.show(/** @type {HTMLElement} */ (word)), { quietly });
    };
    for (const event of ["pointerover", "focusin", "click"]) {
      root.addEventListener(event, asked, { signal: gone.signal });
    }
    const presented = (/** @type {KeyboardEvent} */ event) => {
      if (page.guest) return;
      const node = /** @type {Element} */ (event.target);
      const typing = node.matches?.("input:not([type=range]), select, textarea, [contenteditable]");
      if (event.key !== "p" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      this.use((stage) => stage.present(!stage.presenter.on));
    };
    document.addEventListener("keydown", presented, { signal: gone.signal });
  }

  /** What the link asks for; and the first lesson is offered to who comes for the first time. */
  open() {
    const query = new URLSearchParams(this.page.address.read());
    const lesson = query.get("lesson");
    if (query.has("follow") || query.has("audience")) this.goAlong();
    else if ([...SETS, ...LIVE].some((key) => query.has(key)) || leads()) this.use(() => {});
    if (lesson) this.use((stage) => stage.start(lesson, Number(query.get("step") ?? 1) - 1));
    else if (isNew() && ![...LIVE, "embed"].some((key) => query.has(key))) {
      const offer = (/** @type {import("../stage/stage.js").Stage} */ stage) => {
        stage.offers.first();
        remember();
      };
      this.use(offer, { quietly: true });
    }
  }

  /** A window that goes along with another measures nothing, from the first moment on. */
  async goAlong() {
    const { page } = this;
    page.link.silent = true;
    await this.use(() => {});
    if (this.there?.live?.follower) return;
    page.link.silent = false; // there is nobody to go along with
    page.asking.commit();
  }

  /** The menu of lessons. */
  menu() {
    const list = h("div", {}, h("p", {}, "Looking…"));
    return menu(["Learn"], list, {
      title: "lessons, with the page to try them on",
      className: "learn",
      signal: this.page.gone.signal,
      opened: () => this.use((stage) => stage.offers.fill(list)),
    });
  }

  /**
   * @param {(stage: import("../stage/stage.js").Stage) => void} then
   * @param {{quietly?: boolean}} [how] - whether a failure is nobody's business: none asked for it
   */
  async use(then, { quietly = false } = {}) {
    try {
      this.coming ??= this.fetch();
      this.there = await this.coming;
    } catch (error) {
      this.coming = null;
      const unreachable = error instanceof LostConnection || error instanceof TypeError;
      if (!unreachable) throw error;
      if (!quietly) this.page.say("lesson", FAILED);
      return;
    }
    if (!this.page.gone.signal.aborted) then(/** @type {any} */ (this.there));
  }

  async fetch() {
    const { Stage: Whole } = await import("../stage/stage.js");
    const language = new URLSearchParams(this.page.address.read()).get("lang") ?? undefined;
    return Whole.open(this.page, language);
  }

  painted() {
    this.there?.painted();
  }
}

/** Whether others follow this window, as live.js remembers it. */
function leads() {
  try {
    return sessionStorage.getItem("taskarith-own-talk") !== null;
  } catch {
    return false;
  }
}

function isNew() {
  try {
    return localStorage.getItem(MET) === null;
  } catch {
    return false; // a browser that keeps nothing would be asked each time
  }
}

function remember() {
  try {
    localStorage.setItem(MET, "yes");
  } catch {
    // Offered again at the next visit.
  }
}

// "choose λ": what its menu offers. What carries it out is fetched when it is first wanted.

import { h } from "../dom.js";
import { menu } from "../menu.js";

const OFFERS = {
  forget: "Forget the task in hand: lowest, control above its floor",
  add: "Add all targets: one λ, best mean normalized",
  suggest: "Add targets by MetaGPT's λ: from lengths, nothing measured",
};
const FAILED = "Choosing could not be fetched; check the connection and try again.";

export class Choice {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {import("../choosing/chooser.js").Chooser | null} */
    this.chooser = null;
  }

  stop() {
    this.chooser?.stop();
  }

  menu() {
    const { page } = this;
    const offers = /** @type {(keyof typeof OFFERS)[]} */ (Object.keys(OFFERS))
      .filter((name) => name !== "suggest" || page.engine.state !== "none") // who knows lengths?
      .map((name) => {
        const how = { type: "button", "data-choose": name, onclick: () => this.run(name) };
        return h("button", how, OFFERS[name]);
      });
    return menu(["choose λ"], h("div", {}, ...offers), {
      title: "tries some λ on validation and takes the best by the stated rule",
      className: "quiet",
      signal: page.gone.signal,
    });
  }

  /** @param {keyof typeof OFFERS} name */
  async run(name) {
    let Chooser;
    try {
      ({ Chooser } = await import("../choosing/chooser.js"));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.page.say("choose", FAILED);
      return;
    }
    const chooser = (this.chooser ??= new Chooser(this.page));
    if (name === "suggest") chooser.suggest();
    else chooser.run(name);
  }
}

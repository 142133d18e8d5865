// Runs one comparison and follows it: a job on the server, which may wait, fail or be stopped.

import { followed } from "../following.js";
import { h, setText } from "../dom.js";
import { visitor } from "../visitor.js";

const LOOK_EVERY = 500; // ms

// Runs one comparison and follows it. `draw(rows, found, state)` shows what is there so far.
export class Run {
  /**
   * @param {string} part - its name on the server
   * @param {{ask: (name: string, message: object) => Promise<any>, message: () => object,
   *   draw: (rows: any[], found: any, state: string) => void}} how
   */
  constructor(part, { ask, message, draw }) {
    this.part = part;
    this.ask = ask;
    this.message = message;
    this.drawRows = draw;
    /** @type {any[]} */
    this.rows = [];
    this.number = 0;
    this.start = h("button", { type: "button", class: "run", onclick: () => this.go() }, "Run");
    this.stop = h(
      "button",
      { type: "button", hidden: true, onclick: () => this.cancel() },
      "Cancel",
    );
    this.said = h("p", { class: "progress", role: "status" });
    this.bar = h("i", {});
    this.track = h("div", { class: "track", hidden: true }, this.bar);
  }

  get parts() {
    return [h("div", { class: "acts" }, this.start, this.stop), this.track, this.said];
  }

  say(text, failed = false) {
    setText(this.said, text);
    this.said.classList.toggle("failed", failed);
  }

  async call(name, fields = {}) {
    return this.ask(name, { visitor: await visitor(), part: this.part, ...fields });
  }

  busy(is) {
    this.start.disabled = is;
    this.stop.hidden = this.track.hidden = !is;
    this.stop.disabled = false;
  }

  async go() {
    this.busy(true);
    this.say("Starting…");
    try {
      await this.call("start", this.message());
    } catch (error) {
      this.busy(false);
      this.say(error.message, true);
      return;
    }
    this.rows = [];
    this.drawRows(this.rows, {}, "running");
    this.follow();
  }

  async cancel() {
    this.stop.disabled = true;
    this.say("Stopping…");
    try {
      await this.call("cancel");
    } catch (error) {
      this.say(error.message, true);
    }
  }

  async follow() {
    const number = ++this.number;
    await followed({
      every: LOOK_EVERY,
      current: () => number === this.number,
      look: () => this.call("look", { have: this.rows.length }),
      show: (look) => this.show(look),
      say: (text) => this.say(text, true),
      over: () => this.busy(false),
    });
  }

  // What was measured before anybody asked; a run of this window takes its place.
  open(found) {
    this.rows = found.rows;
    this.drawRows(this.rows, found, "done");
    this.say("Measured before, and comes with the suite. Run measures what the form says.");
  }

  // After a visit to another page: a run that is not over is followed again; whether there is one.
  async resume() {
    const look = await this.call("look");
    if (!["waiting", "running"].includes(look.state)) return false;
    this.show(look);
    this.follow();
    return true;
  }

  // True when nothing more will come.
  show(look) {
    const over = ["done", "failed", "cancelled", "none"].includes(look.state);
    if (look.found && look.found.start === this.rows.length) {
      const more = look.found.rows.length > 0;
      this.rows = [...this.rows, ...look.found.rows];
      if (more || over) this.drawRows(this.rows, look.found, look.state);
    }
    this.busy(!over);
    this.bar.style.width = `${(100 * look.done) / Math.max(1, look.needed)}%`;
    const ahead = `Waiting: ${look.ahead} before you on this machine.`;
    this.say(
      {
        waiting: ahead,
        running: look.needed
          ? `${look.done} of at most ${look.needed} evaluations. ${look.what}`
          : "Getting ready: models and pictures are loaded…",
        done: "",
        none: "The server no longer knows this run; it may have restarted. Run it again.",
      }[look.state] ??
        (this.rows.length
          ? `${look.message} What is drawn is what was found before.`
          : look.message),
      ["failed", "none"].includes(look.state),
    );
    return over;
  }
}

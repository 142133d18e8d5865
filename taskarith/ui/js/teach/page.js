// Teach: examples on the left, how they are taught on the right, and what comes of it under that.
// A teaching is a job on the server; what it has found so far is drawn whenever there is more.

import { followed } from "../following.js";
import { Classes } from "./classes.js";
import { course } from "./course.js";
import { field, textField } from "./fields.js";
import { result } from "./result.js";
import { sources } from "./sources.js";
import { Way } from "./way.js";
import { h, setText } from "../dom.js";
import { caller, open } from "../drawing.js";
import { visitor } from "../visitor.js";

const LOOK_EVERY = 500; // ms
const SETTLE = 400; // ms without a change: what it takes is asked for

export class Teach {
  /**
   * @param {HTMLElement} root
   * @param {{hello: any, ask: (name: string, message: object) => Promise<any>}} how
   */
  constructor(root, { hello, ask }) {
    this.hello = hello;
    this.ask = ask;
    this.number = 0;
    const written = !hello.takes.includes("images"); // then texts are taught
    const changed = () => this.changed();
    this.classes = new Classes({ most: hello.most.classes, written, changed });
    this.way = new Way({ hello, written, changed });
    this.sources = sources({ hello, written, classes: this.classes, ask, changed });
    this.source = /** @type {import("./sources.js").Source} */ (this.sources[0]);
    /** @type {HTMLButtonElement[]} */
    this.switches = [];
    this.title = textField("", "the classes’ names", () => {});
    this.title.maxLength = 40;
    this.build(root);
    this.way.turn();
    this.choose(this.source.name);
    this.resume().catch((error) => this.say(error.message, true));
  }

  /** @param {HTMLElement} root */
  build(root) {
    this.switches = this.sources.map(({ name, title }) =>
      h("button", { type: "button", "data-source": name, onclick: () => this.choose(name) }, title),
    );
    this.takes = h("p", { class: "takes", role: "status" });
    this.run = h("button", { type: "button", class: "run", onclick: () => this.go() }, "Teach");
    this.stop = h(
      "button",
      { type: "button", hidden: true, onclick: () => this.cancel() },
      "Cancel",
    );
    this.said = h("p", { class: "progress", role: "status" });
    this.found = h("div", { class: "found" });
    root.append(
      h(
        "div",
        { class: "teach" },
        h(
          "section",
          { class: "examples", "aria-label": "Examples" },
          h(
            "div",
            { class: "switch", role: "group", "aria-label": "Where they come from" },
            ...this.switches,
          ),
          ...this.sources.map((source) => source.host),
          this.classes.host,
          this.classes.more,
        ),
        h(
          "section",
          { class: "how", "aria-label": "How they are taught" },
          field("Name", this.title),
          ...this.way.hosts,
          this.takes,
          h("div", { class: "acts" }, this.run, this.stop),
          this.said,
          this.found,
        ),
      ),
    );
  }

  /** @param {string} name */
  choose(name) {
    const before = this.source;
    this.source = this.sources.find((one) => one.name === name) ?? before;
    if (before !== this.source) before.closed?.();
    for (const button of this.switches) {
      button.setAttribute("aria-pressed", String(button.dataset.source === name));
    }
    for (const one of this.sources) one.host.hidden = one !== this.source;
    this.classes.host.dataset.source = name;
    this.classes.host.hidden = this.classes.more.hidden = !this.source.cards;
    this.source.opened?.();
    this.changed();
  }

  changed() {
    if (!this.takes) return;
    const lacking = this.source.lacking();
    this.run.disabled = this.busy || lacking !== "";
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.plan(lacking), SETTLE);
  }

  /** @param {string} lacking */
  async plan(lacking) {
    const number = (this.planned = (this.planned ?? 0) + 1);
    try {
      const asked = { ...this.way.settings, examples: this.source.size };
      const plan = await this.ask("plan", asked);
      if (number !== this.planned) return;
      const seconds = Math.max(1, Math.round(plan.seconds));
      const time = seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
      const takes = `${plan.steps} steps: about ${time} on this machine, ${plan.memory} of memory.`;
      setText(this.takes, lacking ? `${lacking} ${takes}` : takes);
      this.takes.classList.remove("failed");
    } catch (error) {
      if (number !== this.planned) return;
      setText(this.takes, error.message);
      this.takes.classList.add("failed");
    }
  }

  /** @param {string} text @param {boolean} [failed] */
  say(text, failed = false) {
    setText(this.said, text);
    this.said.classList.toggle("failed", failed);
  }

  /** @param {boolean} is */
  working(is) {
    this.busy = is;
    this.stop.hidden = !is;
    this.stop.disabled = false;
    this.run.disabled = is || this.source.lacking() !== "";
  }

  async go() {
    this.working(true);
    this.say("Sending the examples…");
    this.found.replaceChildren();
    try {
      const examples = await this.source.examples((text) => this.say(text));
      await this.ask("start", {
        visitor: await visitor(),
        title: this.title.value,
        ...this.way.settings,
        examples: this.source.size,
        ...examples,
      });
    } catch (error) {
      this.working(false);
      this.say(error.message, true);
      return;
    }
    await this.follow();
  }

  async cancel() {
    this.stop.disabled = true;
    this.say("Stopping…");
    try {
      await this.ask("cancel", { visitor: await visitor() });
    } catch (error) {
      this.say(error.message, true);
    }
  }

  async follow() {
    const number = ++this.number;
    await followed({
      every: LOOK_EVERY,
      current: () => number === this.number,
      look: async () => this.ask("look", { visitor: await visitor() }),
      show: (look) => this.show(look),
      say: (text) => this.say(text, true),
      over: () => this.working(false),
    });
  }

  // After a visit to another page: what is being taught is followed again, what was taught is shown.
  async resume() {
    const look = await this.ask("look", { visitor: await visitor() });
    if (look.state === "none" || look.state === "cancelled") return;
    if (!this.show(look)) await this.follow();
  }

  // True when nothing more will come.
  show(look) {
    const over = ["done", "failed", "cancelled", "none"].includes(look.state);
    const looks = look.found?.looks ?? [];
    const taught = look.found?.taught;
    this.working(!over);
    const last = looks[looks.length - 1];
    const left = last?.left ? `, about ${Math.ceil(last.left)} s left` : "";
    const running = last
      ? last.step === last.steps
        ? "Choosing λ and writing its card…"
        : `Step ${last.step} of ${last.steps}${left}.`
      : "Getting ready…";
    const ahead = look.ahead === 1 ? "one training is" : `${look.ahead} trainings are`;
    this.say(
      {
        waiting: `Waiting: ${ahead} before yours, first come first served.`,
        running,
        done: "",
        none: "The server no longer knows this training; it may have restarted. Teach it again.",
      }[look.state] ?? look.message,
      ["failed", "none"].includes(look.state),
    );
    if (looks.length !== this.drawn || taught) {
      this.drawn = looks.length;
      const titles = { task: "new task", control: `${this.hello.control.title} (control)` };
      this.found.replaceChildren(
        ...(taught ? [result(taught, this.hello.hours)] : []),
        ...(looks.length ? [course(looks, titles)] : []),
      );
    }
    return over;
  }
}

/**
 * Open the page in its component; what Gradio's own script calls.
 * @param {any} element
 * @param {Record<string, (message: object) => Promise<any>>} server
 */
export function start(element, server) {
  const ask = caller(server);
  return open(element, {
    ask,
    call: "hello",
    build: (root, hello) => {
      element.teach = new Teach(root, { hello, ask });
    },
  });
}

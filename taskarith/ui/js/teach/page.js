// Teach: examples on the left, how they are taught on the right, and what comes of it under that.
// A teaching is a job on the server; what it has found so far is drawn whenever there is more.

import { followed } from "../following.js";
import { Classes } from "./classes.js";
import { course } from "./course.js";
import { result } from "./result.js";
import { blobOf, send } from "./sending.js";
import { h, setText } from "../dom.js";
import { caller, open } from "../drawing.js";
import { visitor } from "../visitor.js";
import { formula } from "../words.js";

const LOOK_EVERY = 500; // ms
const SETTLE = 400; // ms without a change: what it takes is asked for
/** @type {string[][]} */
const SOURCES = [
  ["draw", "Draw"],
  ["pictures", "Pictures"],
  ["zip", "A zip of class folders"],
];

export class Teach {
  /**
   * @param {HTMLElement} root
   * @param {{hello: any, ask: (name: string, message: object) => Promise<any>}} how
   */
  constructor(root, { hello, ask }) {
    this.hello = hello;
    this.ask = ask;
    this.number = 0;
    this.source = "draw";
    /** @type {HTMLButtonElement[]} */
    this.switches = [];
    /** @type {Record<string, any>} */
    this.anchor = {};
    /** @type {Record<string, any>} */
    this.sharp = {};
    /** @type {Record<string, any>} */
    this.start = {};
    this.written = !hello.takes.includes("images"); // then texts are taught
    this.classes = new Classes({
      most: hello.most.classes,
      written: this.written,
      changed: () => this.changed(),
    });
    this.build(root);
    this.turn();
    this.choose(this.written ? "texts" : "draw");
    this.resume().catch((error) => this.say(error.message, true));
  }

  /** @param {HTMLElement} root */
  build(root) {
    const { hello } = this;
    this.switches = (this.written ? [] : SOURCES).map(([name, title]) =>
      h("button", { type: "button", "data-source": name, onclick: () => this.choose(name) }, title),
    );
    this.zip = h("input", { type: "file", accept: ".zip", onchange: () => this.changed() });
    this.zipped = h(
      "label",
      { class: "drop zipped" },
      this.zip,
      h("span", {}, "A zip with one folder of pictures for each class"),
    );
    this.title = h("input", { type: "text", maxlength: "40", placeholder: "the classes’ names" });
    this.way = h(
      "select",
      { onchange: () => this.turn() },
      ...hello.ways.map((/** @type {any} */ way) => h("option", { value: way.name }, way.title)),
    );
    this.about = h("p", { class: "hint" });
    /** @type {Record<string, any>} */
    this.knobs = {};
    this.knobHost = h("div", { class: "knobs" });
    this.steps = numberField(hello.steps, 1, hello.most.steps, () => this.changed());
    this.head = h(
      "select",
      {},
      ...hello.heads.map((/** @type {string} */ name) => h("option", { value: name }, HEADS[name])),
    );
    this.anchor = tick("Keep what it says of other pictures (anchor)", true, () => this.changed());
    this.sharp = tick("Look for a flat minimum (SAM)", false, () => this.changed());
    this.few = numberField("", 1, hello.most.examples, () => this.changed());
    this.few.placeholder = "all";
    const edit = formula(hello.start);
    this.start = tick(`Start from the edit in hand, ${edit}`, false, () => this.changed());
    this.start.label.hidden = !Object.keys(hello.start).length;
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
          { class: "examples" },
          h("div", { class: "switch" }, ...this.switches),
          this.classes.host,
          this.classes.more,
          this.zipped,
        ),
        h(
          "section",
          { class: "how" },
          field("Name", this.title),
          field("Way", this.way),
          this.about,
          this.knobHost,
          field("Steps", this.steps),
          h(
            "details",
            {},
            h("summary", {}, "More"),
            field("Told apart by", this.head),
            field("Learn from", this.few),
            h("p", { class: "hint" }, "examples of each class, drawn by the seed"),
            this.start.label,
            this.anchor.label,
            this.sharp.label,
          ),
          this.takes,
          h("div", { class: "acts" }, this.run, this.stop),
          this.said,
          this.found,
        ),
      ),
    );
  }

  /** @param {string} source */
  choose(source) {
    this.source = source;
    for (const button of this.switches) {
      button.setAttribute("aria-pressed", String(button.dataset.source === source));
    }
    this.classes.host.dataset.source = source;
    this.classes.host.hidden = this.classes.more.hidden = source === "zip";
    this.zipped.hidden = source !== "zip";
    this.changed();
  }

  get chosen() {
    return this.hello.ways.find((/** @type {any} */ one) => one.name === this.way.value);
  }

  // The knobs of the way that was chosen.
  turn() {
    const again = () => this.changed();
    this.knobs = Object.fromEntries(
      this.chosen.knobs.map((/** @type {any} */ knob) => [
        knob.name,
        knob.choices.length
          ? select(knob.choices, again)
          : numberField(knob.value, knob.least, knob.most, again),
      ]),
    );
    this.knobHost.replaceChildren(
      ...this.chosen.knobs.map((/** @type {any} */ knob) => {
        const label = field(sentence(knob.name), this.knobs[knob.name]);
        label.title = knob.about;
        return label;
      }),
    );
    this.changed();
  }

  how() {
    return {
      way: this.chosen.name,
      settings: Object.fromEntries(
        Object.entries(this.knobs).map(([name, input]) => [name, input.value]),
      ),
      steps: Number(this.steps.value),
      few: this.few.value ? Number(this.few.value) : null,
      start: this.start.input.checked ? this.hello.start : null,
      anchor: !this.written && this.anchor.input.checked,
      sharpness: this.sharp.input.checked ? 0.05 : 0,
    };
  }

  // A zip is counted where it is unpacked.
  get size() {
    return this.source === "zip" ? 40 : Math.max(1, this.classes.size);
  }

  lacking() {
    if (this.source !== "zip") return this.classes.lacking();
    return this.zip.files.length ? "" : "Pick a zip.";
  }

  changed() {
    if (!this.takes) return;
    setText(this.about, `It ${this.chosen.about}.`);
    this.head.disabled = this.chosen.head !== null;
    const lacking = this.lacking();
    this.run.disabled = this.busy || lacking !== "";
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.plan(lacking), SETTLE);
  }

  /** @param {string} lacking */
  async plan(lacking) {
    const number = (this.planned = (this.planned ?? 0) + 1);
    try {
      const plan = await this.ask("plan", { ...this.how(), examples: this.size });
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
    this.run.disabled = is || this.lacking() !== "";
  }

  async examples() {
    if (this.source === "zip") {
      const [zip] = await send([{ blob: this.zip.files[0], name: "examples.zip" }], () => {});
      return { zip };
    }
    if (this.written) {
      const classes = this.classes.cards.map((card) => ({
        name: card.name.value.trim(),
        files: card.texts,
      }));
      return { texts: true, classes };
    }
    const files = this.classes.cards.flatMap((card, at) => [
      ...card.drawings.map((drawing, k) => ({ blob: blobOf(drawing), name: `${at}-d${k}.png` })),
      ...card.files.map((file, k) => ({ blob: file, name: `${at}-p${k}-${file.name.slice(-40)}` })),
    ]);
    const paths = await send(files, (sent) => this.say(`${sent} of ${files.length} are there…`));
    let next = 0;
    return {
      classes: this.classes.cards.map((card) => {
        const own = paths.slice(next, next + card.size);
        next += card.size;
        return { name: card.name.value.trim(), files: own };
      }),
    };
  }

  async go() {
    this.working(true);
    this.say("Sending the examples…");
    this.found.replaceChildren();
    try {
      const examples = await this.examples();
      await this.ask("start", {
        visitor: await visitor(),
        title: this.title.value,
        head: this.head.value,
        ...this.how(),
        examples: this.size,
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

/** @type {Record<string, string>} */
const HEADS = {
  auto: "words where the base knows them, else examples",
  words: "words",
  prototypes: "the mean of each class’s examples",
  "linear-probe": "a linear probe",
};

/** @param {string} title @param {Element} control */
function field(title, control) {
  return h("label", { class: "field" }, h("span", {}, title), control);
}

/** @param {string[]} names @param {() => void} onchange */
function select(names, onchange) {
  return h("select", { onchange }, ...names.map((name) => h("option", { value: name }, name)));
}

/** @param {string} name */
const sentence = (name) => name[0].toUpperCase() + name.slice(1);

/** @param {number | string} value @param {number} min @param {number} max @param {() => void} oninput */
function numberField(value, min, max, oninput) {
  return h("input", { type: "number", value, min, max, oninput });
}

/** @param {string} title @param {boolean} checked @param {() => void} onchange */
function tick(title, checked, onchange) {
  const input = h("input", { type: "checkbox", checked, onchange });
  return { input, label: h("label", { class: "tick" }, input, h("span", {}, title)) };
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

// How the examples are taught: the way, its knobs, how long, and what else is asked. Knows the form
// and what it says; what it takes is the server's business.

import { field, named, numberField, select, tick } from "./fields.js";
import { h, setText } from "../dom.js";
import { formula } from "../words.js";

/** @type {Record<string, string>} */
const HEADS = {
  auto: "words where the base knows them, else examples",
  words: "words",
  prototypes: "the mean of each class’s examples",
  "linear-probe": "a linear probe",
};
const SHARPNESS = 0.05; // ρ

/** @param {string} name */
const sentence = (name) => name[0].toUpperCase() + name.slice(1);

export class Way {
  /** @param {{hello: any, written: boolean, changed: () => void}} how */
  constructor({ hello, written, changed }) {
    this.hello = hello;
    this.written = written;
    this.changed = changed;
    const ways = hello.ways.map((/** @type {any} */ way) => ({
      value: way.name,
      title: way.title,
    }));
    this.way = select(ways, () => this.turn());
    this.about = h("p", { class: "hint" });
    /** @type {Record<string, any>} */
    this.knobs = {};
    this.knobHost = h("div", { class: "knobs" });
    this.steps = numberField(hello.steps, 1, hello.most.steps, changed);
    const heads = hello.heads.map((/** @type {string} */ name) => ({
      value: name,
      title: HEADS[name],
    }));
    this.head = select(heads, changed);
    this.anchor = tick("Keep what it says of other pictures (anchor)", true, changed);
    this.anchor.label.hidden = written; // it is of pictures
    this.sharp = tick("Look for a flat minimum (SAM)", false, changed);
    this.few = numberField("", 1, hello.most.examples, changed);
    this.few.placeholder = "all";
    const edit = formula(hello.start);
    this.start = tick(`Start from the edit in hand, ${edit}`, false, changed);
    this.start.label.hidden = !Object.keys(hello.start).length;
    this.hosts = [
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
    ];
  }

  get chosen() {
    return this.hello.ways.find((/** @type {any} */ one) => one.name === this.way.value);
  }

  // The knobs of the way that was chosen.
  turn() {
    const { knobs } = this.chosen;
    this.knobs = Object.fromEntries(
      knobs.map((/** @type {any} */ knob) => [
        knob.name,
        knob.choices.length
          ? select(named(knob.choices), this.changed)
          : numberField(knob.value, knob.least, knob.most, this.changed),
      ]),
    );
    this.knobHost.replaceChildren(
      ...knobs.map((/** @type {any} */ knob) => {
        const label = field(sentence(knob.name), this.knobs[knob.name]);
        label.title = knob.about;
        return label;
      }),
    );
    setText(this.about, `It ${this.chosen.about}.`);
    this.head.disabled = this.chosen.head !== null;
    this.changed();
  }

  /** What the server is told of it. */
  get settings() {
    return {
      way: this.chosen.name,
      settings: Object.fromEntries(
        Object.entries(this.knobs).map(([name, input]) => [name, input.value]),
      ),
      steps: Number(this.steps.value),
      few: this.few.value ? Number(this.few.value) : null,
      start: this.start.input.checked ? this.hello.start : null,
      anchor: !this.written && this.anchor.input.checked,
      sharpness: this.sharp.input.checked ? SHARPNESS : 0,
      head: this.head.value,
    };
  }
}

// The page: builds the instrument's parts and holds what they share: the edit in hand, what has been
// measured, and how things stand. What happens to them is in hand.js, asking.js and screen.js.

import { AnalogyBuilder } from "./analogy.js";
import { withOthers } from "./address.js";
import { Asking, linkOf } from "./asking.js";
import { Bank } from "./bank.js";
import { Bars } from "./bars.js";
import { ByLayer } from "./bylayer.js";
import { Chart } from "./chart.js";
import { Choice } from "./choice.js";
import { Comparing } from "./comparing.js";
import { EditState } from "./edit.js";
import { Examples } from "./examples.js";
import { buildParts } from "./furniture.js";
import { Hand } from "./hand.js";
import { Measurements } from "./measurements.js";
import { Methods } from "./methods.js";
import { Notices } from "./notices.js";
import { Question } from "./question.js";
import { Screen } from "./screen.js";
import { Stage } from "./stage.js";
import { View } from "./view.js";
import { under } from "../under.js";

/** @typedef {import("./view.js").Found} Found */

export class Page {
  /**
   * @param {HTMLElement} root
   * @param {{hello: import("../types.js").Hello, backend: import("../types.js").Backend,
   *   address: import("../types.js").Address, guest?: boolean}} parts
   */
  constructor(root, { hello, backend, address, guest = false }) {
    this.root = root;
    this.address = address;
    this.guest = guest; // in somebody else's document
    this.keys = guest ? root : document; // where keys are heard
    this.gone = new AbortController(); // ends what listens outside of `root`
    this.hello = hello;
    this.state = new EditState(hello);
    this.measurements = new Measurements(hello.limits.slices);
    this.testMeasurements = new Measurements();
    for (const [coefficients, estimates, merge] of hello.shipped) {
      this.measurements.add(coefficients, estimates, "shipped", merge);
    }
    this.view = new View(hello, this);
    this.engine = /** @type {import("../types.js").Engine} */ (hello.engine);
    this.preview = hello.engine.preview || null; // whether there is one, and how good it is
    /**
     * @type {{seconds: any, test: {look: number | null} | null, paired: any,
     *   selected: string | null}}
     */
    this.status = { seconds: null, test: null, paired: null, selected: null };
    /** @type {string[]} */
    this.ofLink = []; // what of the link could not be taken
    this.hand = new Hand(this);
    this.asking = new Asking(this);
    this.comparing = new Comparing(this);
    this.link = linkOf(this, backend);
    this.choice = new Choice(this);
    this.stage = new Stage(this);
    this.screen = new Screen(this);
    this.parts = buildParts(root, this);
    this.notices = new Notices(this.parts.notices);
    this.question = this.parts.question
      ? new Question(this.parts.question, { ask: (text) => this.asking.ask(text) })
      : null;
    const shown = this.build();
    this.bank = shown.bank;
    this.byLayer = new ByLayer(this);
    this.methods = shown.methods;
    this.chart = shown.chart;
    this.bars = shown.bars;
    this.analogy = shown.analogy;
    this.examples = shown.examples;
    this.open();
    this.link.follow(this.engine);
  }

  build() {
    const { parts, hello, hand, screen, comparing } = this;
    const bank = new Bank(parts.bank, {
      hello,
      on: {
        move: (name, value) => hand.moved(name, value),
        hold: () => hand.hold(),
        release: () => hand.released(),
        grab: (name) => hand.grab(name),
        problem: (name, text) => this.say(`number:${name}`, text),
      },
    });
    const methods = new Methods(parts.methods, {
      on: {
        change: (merge) => hand.mergeBy(merge),
        problem: (text) => this.say("method", text),
      },
    });
    const chart = new Chart(parts.chart, {
      style: hello.style,
      on: {
        drag: (x) => hand.dragged(x),
        dragEnd: () => hand.released(),
        hover: (at) => screen.pointed(at),
      },
    });
    const bars = new Bars(parts.bars, {
      on: {
        hover: (task) => screen.highlight(task),
        pick: (task) => comparing.pick(task),
      },
    });
    const analogy = new AnalogyBuilder(parts.analogy, {
      hello,
      on: {
        write: (written) => hand.writeAnalogy(written),
        release: () => hand.released(),
      },
    });
    const examples = new Examples(parts.images, { more: (start) => comparing.ask({ start }) });
    return { bank, methods, chart, bars, analogy, examples };
  }

  /** The first screen: what the link says, else what the suite wants to tell first. */
  open() {
    const { found, problems } = this.state.fromQuery(this.address.read());
    this.sayOfLink(problems);
    const start = this.hello.presets.find((preset) => preset.name === this.hello.start);
    if (!found && start) {
      this.state.replace(start);
      this.state.recorded = this.state.snapshot();
    }
    this.state.recall(this.address.steps?.read() ?? null);
    this.asking.learn(this.engine);
    this.screen.refresh();
    this.asking.loadSurrogate();
    this.stage.open();
    this.asking.commit();
  }

  /** The address says another edit. */
  reread() {
    this.choice.stop();
    const before = this.state.recorded;
    const { problems } = this.state.fromQuery(this.address.read());
    this.state.recorded = before;
    this.hand.record(); // a step that can be taken back
    this.hand.changed();
    if (problems.length) this.say("link", `Of the edit: ${problems.join("; ")}.`);
    this.comparing.picked = null;
    this.screen.refresh();
    this.asking.commit();
  }

  // ---- what is known of the edit in hand --------------------------------------------------

  /** Where the bars' numbers come from: validation, or test after the deliberate act. */
  store() {
    return this.status.test ? this.testMeasurements : this.measurements;
  }

  /** @param {string} name @returns {import("./measurements.js").Reading | null} */
  found(name) {
    if (this.status.test) {
      const { coefficients, merge } = this.state;
      const found = under(this.testMeasurements.at(coefficients, merge), name);
      return found ? { ...found, kind: "measured" } : null;
    }
    return this.view.at(name, this.state.value(this.state.focus));
  }

  /** The control's difference to the pretrained model on the same examples, where it is known. */
  pairedControl() {
    return under(this.status.paired?.pretrained, this.view.control.name) ?? null;
  }

  /** Where the control stands to its floor. */
  controlPlace() {
    const { view } = this;
    const found = this.found(view.control.name);
    const { pretrained } = view.references(view.control.name, this.store());
    if (!found || pretrained === undefined) return "unknown";
    return view.place(found, pretrained, this.pairedControl());
  }

  /** How much of the test split is measured; null on validation. */
  testShare() {
    if (!this.status.test) return null;
    const found = this.view.listed(this.store()).map(({ name }) => this.found(name));
    const shares = found.map((one) => (one?.n && one.total ? one.n / one.total : 0));
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  }

  writeAddress() {
    this.address.write(withOthers(this.state.toQuery(), this.address.read()));
  }

  /** @param {string} about @param {string} text */
  say(about, text) {
    this.notices.say(about, text);
  }

  /**
   * What of the link could not be taken; what comes later, once the engine is there, is added.
   * @param {string[]} problems
   */
  sayOfLink(problems) {
    if (!problems.length) return;
    const before = this.notices.lines.has("link") ? this.ofLink : [];
    this.ofLink = [...new Set([...before, ...problems])];
    this.say("link", `From the link: ${this.ofLink.join("; ")}.`);
  }

  /** Take the page down: nothing of it listens, measures or asks any more. */
  unmount() {
    this.gone.abort();
    this.choice.stop();
    this.hand.close();
    this.screen.close();
    this.link.close();
    this.chart.close();
    this.root.replaceChildren();
  }
}

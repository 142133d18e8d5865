// Compare: three comparisons, each with its form, its run and its picture. A comparison is a job on
// the server; what it has found so far is drawn whenever there is more.

import { Classes } from "./classes.js";
import { options } from "./parts.js";
import { Methods } from "./methods.js";
import { Plane } from "./plane.js";
import { h } from "../dom.js";
import { caller, exploreAt, open } from "../drawing.js";
import { formula } from "../words.js";
import { under } from "../under.js";

export class Compare {
  constructor(root, { hello, ask }) {
    this.hello = hello;
    this.ask = ask;
    this.edit = hello.edit;
    this.merge = hello.merge;
    this.titles = Object.fromEntries(hello.tasks.map((task) => [task.name, task.title]));
    const problems = hello.problems.length ? `From the link: ${hello.problems.join("; ")}.` : "";
    root.append(
      h(
        "div",
        { class: "story" },
        h("p", { class: "formula" }, formula(this.edit, hello.merge)),
        h(
          "a",
          { class: "go", href: exploreAt(this.edit, hello.suite.name, { merge: hello.merge }) },
          "Change it in Explore →",
        ),
      ),
      h("p", { class: "failed", role: "status", hidden: !problems }, problems),
    );
    this.classes = new Classes(root, this);
    this.plane = new Plane(root, this);
    this.methods = new Methods(root, this);
    this.begin(this.classes.run, { unasked: true });
    this.begin(this.plane.run);
    this.begin(this.methods.run);
  }

  /**
   * Follows what an earlier visit left running; what costs little is measured unasked, and of the
   * rest stands there what comes with the suite.
   */
  async begin(run, { unasked = false } = {}) {
    const shipped = this.hello.shipped[run.part];
    try {
      if (await run.resume()) return;
      if (unasked) await run.go();
      else if (shipped) run.open(shipped);
    } catch (error) {
      run.say(error.message, true);
    }
  }

  title(name) {
    const [kind, task] = name.includes(":") ? name.split(":") : ["", name];
    return (kind ? `${kind}: ` : "") + (under(this.titles, task) || task);
  }

  /** What is measured, in words: "images", "texts". */
  get examples() {
    return this.hello.examples;
  }

  /** A choice of how many. */
  images(chosen) {
    return h(
      "select",
      {},
      ...options(
        this.hello.images.map((n) => [n, n]),
        chosen,
      ),
    );
  }

  imagesOf(select) {
    return select.value === "all" ? "all" : Number(select.value);
  }

  section(key, title, about, form, run, host) {
    return h(
      "section",
      { class: "comparison", "data-part": key },
      h("div", { class: "heading" }, h("h2", {}, title)),
      h("p", { class: "says" }, about),
      h("div", { class: "sides" }, h("div", { class: "form" }, ...form, ...run.parts), host),
    );
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
      element.compare = new Compare(root, { hello, ask });
    },
  });
}

// An index that the visitor edits, and a question whose answers follow it: asked again after every
// change, without training. The passages stay in this tab.

import { h, setText } from "../dom.js";
import { caller, open } from "../drawing.js";
import { percent } from "../words.js";
import { PassageList } from "./list.js";
import { Shelf } from "./shelf.js";

const KEPT = "taskarith-passages"; // in this tab's memory

/** Who answers, by the name in an answer. */
const WHO = {
  by_bm25: "reader, passages by BM25",
  by_dense: "reader, passages by the encoder",
  unread: "reader, nothing to read",
  by_heart: "closed book, the first index by heart",
};

/** @param {Element} element @param {any} server */
export function start(element, server) {
  const ask = caller(server);
  const build = (/** @type {HTMLElement} */ root, /** @type {any} */ hello) => {
    if (hello.passages.length) return new Page(root, { hello, ask });
    root.append(h("p", {}, "No reader comes with this suite; open mini-t5, which has one."));
  };
  open(element, { ask, call: "hello", build });
}

class Page {
  /**
   * @param {HTMLElement} root
   * @param {{hello: any, ask: (name: string, message: object) => Promise<any>}} how
   */
  constructor(root, { hello, ask }) {
    this.ask = ask;
    this.shelf = new Shelf(hello.passages, hello);
    const kept = recalled();
    if (kept) this.shelf.replace(kept);
    this.list = new PassageList(this.shelf, () => this.changed());
    this.number = 0; // of the question under way; a higher one, and it is stale
    this.asked = false;
    /** @type {any} */
    this.last = null; // the answer that is shown
    this.build(root, hello);
  }

  /** @param {HTMLElement} root @param {any} hello */
  build(root, hello) {
    this.question = h("input", {
      type: "text",
      id: "passages-question",
      value: hello.samples[0],
      maxlength: hello.longest,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === "Enter") this.go();
      },
    });
    const samples = h(
      "select",
      { "aria-label": "Questions to try" },
      h("option", { value: "" }, "try another…"),
      ...hello.samples.map((/** @type {string} */ text) => h("option", { value: text }, text)),
    );
    samples.addEventListener("change", () => {
      if (!samples.value) return;
      this.question.value = samples.value;
      samples.value = "";
      this.go();
    });
    this.k = h(
      "select",
      { id: "passages-k", onchange: () => this.changed() },
      ...hello.ks.map((/** @type {number} */ k) => h("option", { value: k }, String(k))),
    );
    this.said = h("p", { class: "said", role: "status" });
    this.answers = h("div", { class: "answers" });
    root.append(
      h("h2", {}, "Edit the index, and the answers follow"),
      h(
        "p",
        { class: "says" },
        "Nothing is trained here: take a passage out, change it or add one, and the same reader " +
          "answers from what the index says now. The passages stay in this tab. ",
        hello.measured,
      ),
      h(
        "div",
        { class: "passages" },
        this.list.host,
        h(
          "section",
          { class: "asking", "aria-label": "The question" },
          h("h3", {}, "The question"),
          h("label", { for: "passages-question" }, "Asked of the index"),
          this.question,
          h(
            "div",
            { class: "acts" },
            h("button", { type: "button", class: "run", onclick: () => this.go() }, "Ask"),
            samples,
            h("label", { for: "passages-k" }, "passages read"),
            this.k,
          ),
          this.said,
          this.answers,
        ),
      ),
    );
  }

  changed() {
    remember(this.shelf.texts);
    if (this.asked) this.go();
  }

  async go() {
    const number = ++this.number;
    this.asked = true;
    setText(this.said, "Asking…");
    const message = {
      passages: this.shelf.texts,
      question: this.question.value,
      k: Number(this.k.value),
    };
    try {
      const answer = await this.ask("ask", message);
      if (number === this.number) this.show(message, answer);
    } catch (error) {
      if (number !== this.number) return;
      setText(this.said, error.message);
      this.answers.replaceChildren();
      this.last = null;
    }
  }

  /** @param {any} message @param {any} answer */
  show(message, answer) {
    const before = this.last?.question === message.question ? this.last.answer : null;
    this.last = { question: message.question, answer };
    const moved = Object.keys(WHO).filter((who) => before && before[who].word !== answer[who].word);
    const unknown = answer.unknown.length
      ? ` The models have no word for ${answer.unknown.slice(0, 5).join(", ")}.`
      : "";
    const news = moved.map((who) => `${WHO[who]}: ${before[who].word} → ${answer[who].word}`);
    setText(this.said, (news.length ? `Changed: ${news.join("; ")}.` : "") + unknown);
    this.answers.replaceChildren(
      h(
        "table",
        {},
        h("caption", {}, `“${message.question.trim()}”`),
        h(
          "tr",
          {},
          ...["who answers", "answer", "p"].map((text) => h("th", { scope: "col" }, text)),
        ),
        ...Object.entries(WHO).map(([who, title]) => {
          const { word, p } = answer[who];
          const was = moved.includes(who) ? h("small", {}, ` was ${before[who].word}`) : null;
          return h(
            "tr",
            { "data-who": who },
            h("th", { scope: "row" }, title),
            h("td", {}, h("b", {}, word), was),
            h("td", {}, percent(p, 0)),
          );
        }),
      ),
      this.found("Found by BM25", "score", answer.bm25, message.passages),
      this.found("Found by the encoder", "cosine", answer.dense, message.passages),
    );
  }

  /**
   * @param {string} title
   * @param {string} measure
   * @param {{places: number[], scores: number[]}} found
   * @param {string[]} passages
   */
  found(title, measure, { places, scores }, passages) {
    return h(
      "div",
      { class: "found" },
      h("h4", {}, title),
      h(
        "ol",
        {},
        ...places.map((place, i) =>
          h("li", {}, passages[place], h("small", {}, ` ${measure} ${scores[i].toFixed(2)}`)),
        ),
      ),
    );
  }
}

/** @param {string[]} texts */
function remember(texts) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(texts));
  } catch {
    // A browser that keeps nothing begins with the first index again.
  }
}

/** @returns {string[] | null} */
function recalled() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    return Array.isArray(kept) && kept.every((one) => typeof one === "string") ? kept : null;
  } catch {
    return null;
  }
}

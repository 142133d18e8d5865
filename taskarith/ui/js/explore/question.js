// One sentence typed by the visitor, answered by the pretrained and the edited model: label words as
// bars, or what each writes next. Knows answers as they travel; asks through what it is given.

import { h } from "../dom.js";
import { under } from "../under.js";

const LONGEST = 2000; // characters, as the server takes them
const NOTHING = "(nothing: the text ends here)";
const PERCENT = 100;

/**
 * Why a text is not asked; empty where it is.
 * @param {string} text
 */
export function problemOf(text) {
  if (!text) return "Type a sentence first.";
  return text.length > LONGEST
    ? `${text.length} characters; at most ${LONGEST} are read: shorten it.`
    : "";
}

/**
 * The rows of an answer with chances, the likeliest first under the edit.
 * @param {{pretrained: {chances?: Record<string, number>}, edited: {chances?: Record<string, number>}}}
 *   answer
 * @returns {{label: string, before: number, after: number}[]}
 */
export function chanceRows({ pretrained, edited }) {
  const before = pretrained.chances ?? {};
  const after = edited.chances ?? {};
  return Object.keys(after)
    .map((label) => ({ label, before: under(before, label) ?? 0, after: after[label] }))
    .sort((a, b) => b.after - a.after);
}

export class Question {
  /**
   * @param {HTMLElement} element - a section that is there only where a suite is about texts
   * @param {{ask: (text: string) => Promise<any>}} parts
   */
  constructor(element, { ask }) {
    this.ask = ask;
    this.asked = 0; // a later question overtakes an earlier one
    this.input = h("input", {
      type: "text",
      placeholder: "a sentence for both models",
      "aria-label": "a sentence for both models",
    });
    this.answer = h("div", { class: "answer", "aria-live": "polite" });
    element.append(
      h("h2", {}, "Ask it"),
      h(
        "form",
        {
          onsubmit: (event) => {
            event.preventDefault();
            this.send();
          },
        },
        this.input,
        h("button", { type: "submit" }, "Answer"),
      ),
      this.answer,
    );
  }

  /** Ask again where a sentence stands: the edit is another one. */
  again() {
    if (this.input.value.trim()) this.send();
  }

  async send() {
    const number = ++this.asked;
    const text = this.input.value.trim();
    const wrong = problemOf(text);
    if (wrong) return this.hint(wrong);
    const answer = await this.ask(text);
    if (number === this.asked && answer) this.show(answer);
  }

  show(answer) {
    if (answer.error) {
      this.hint(answer.error);
    } else if (answer.edited?.chances) {
      this.answer.replaceChildren(chances(chanceRows(answer)));
    } else if (answer.edited) {
      this.answer.replaceChildren(
        h(
          "dl",
          { class: "written" },
          h("dt", {}, "pretrained"),
          h("dd", {}, answer.pretrained.written || NOTHING),
          h("dt", {}, "edited"),
          h("dd", {}, answer.edited.written || NOTHING),
        ),
      );
    } else {
      this.hint("The engine is still warming up.");
    }
  }

  hint(text) {
    this.answer.replaceChildren(h("p", { class: "hint" }, text));
  }
}

function chances(rows) {
  return h(
    "table",
    { class: "chances" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "answer"),
        h("th", { scope: "col" }, "pretrained"),
        h("th", { scope: "col" }, "edited"),
      ),
    ),
    h(
      "tbody",
      {},
      ...rows.map(({ label, before, after }) =>
        h("tr", {}, h("th", { scope: "row" }, label), cell(before, "before"), cell(after, "after")),
      ),
    ),
  );
}

function cell(share, kind) {
  const percent = `${Math.round(PERCENT * share)} %`;
  return h("td", {}, h("i", { class: kind, style: `width:${PERCENT * share}%` }), percent);
}

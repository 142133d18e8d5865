// Examples whose answer changed: what the pretrained model said, what the edit says. One renderer a
// kind; everything that others wrote is a text node.

import { h } from "../dom.js";

/** @typedef {import("../types.js").Example} Example */
/** @typedef {"gained" | "lost" | "moved"} Verdict */

/** @type {Record<Verdict, string>} */
const SAID = { gained: "now right", lost: "now wrong", moved: "still wrong" };

/**
 * @param {Example} example
 * @returns {Verdict}
 */
export function verdict({ truth, before, after }) {
  return after === truth ? "gained" : before === truth ? "lost" : "moved";
}

/**
 * A text in pieces, of which every other is marked: ["no ", "marked", " again"].
 * @param {string} text
 * @param {[number, number][]} [marks] - where each begins and ends
 * @returns {string[]}
 */
export function pieces(text, marks = []) {
  const cut = [];
  let at = 0;
  for (const [start, stop] of [...marks].sort((a, b) => a[0] - b[0])) {
    if (!(start >= at && stop > start && stop <= text.length)) continue;
    cut.push(text.slice(at, start), text.slice(start, stop));
    at = stop;
  }
  return [...cut, text.slice(at)];
}

/** @type {Record<string, (example: any) => Node>} */
const RENDERERS = {
  picture: ({ src, truth }) => h("img", { src, alt: `an example of ${truth}` }),
  text: ({ text, marks }) =>
    h("q", {}, ...pieces(text, marks).map((piece, i) => (i % 2 ? h("mark", {}, piece) : piece))),
  sample: ({ prompt }) => h("q", {}, prompt),
};

/** @param {Example} example */
function shown(example) {
  const render = RENDERERS[example.kind];
  return render ? render(example) : h("q", {}, `an example of the kind ${example.kind}`);
}

/** @param {Example} example */
function answers({ before, after }) {
  return h("span", {}, h("s", {}, before), h("b", {}, "→ " + after));
}

export class Examples {
  /**
   * @param {HTMLElement} element
   * @param {{more: (start: number) => void}} on - `more`: those from `start` on are asked for
   */
  constructor(element, { more }) {
    this.element = element;
    this.words = document.createTextNode("");
    this.hint = h("small", {});
    const ask = () => more(this.strip.childElementCount);
    this.more = h("button", { type: "button", class: "quiet", onclick: ask }, "show more");
    this.strip = h("ul", { class: "strip" });
    this.large = /** @type {HTMLDialogElement} */ (h("dialog", { class: "large" }));
    this.large.addEventListener("click", () => this.large.close());
    element.append(
      h("div", { class: "heading" }, h("h2", {}, this.words, this.hint), this.more),
      this.strip,
      this.large,
    );
    this.wait("");
  }

  /** Nothing to show, and why. @param {string} text */
  wait(text) {
    this.head("Answers that changed", "");
    this.more.hidden = true;
    this.strip.replaceChildren(h("li", { class: "none" }, text));
    this.element.classList.remove("stale");
  }

  /** What is shown is of another edit: it says so until the new one is there. */
  stale() {
    if (this.strip.querySelector(".none")) return;
    this.element.classList.add("stale");
    this.hint.textContent = "of the edit before; measuring…";
  }

  /** @param {string} title @param {string} hint */
  head(title, hint) {
    this.words.data = `${title} `;
    this.hint.textContent = hint;
  }

  /**
   * @param {{title: string, split: string, changed: number, looked: number, gained?: number,
   *   lost?: number, examples: Example[]}} answer
   * @param {string} called - what the examples are: "images", "texts"
   */
  show({ title, split, changed, looked, gained, lost, examples }, called) {
    const turned = gained === undefined ? "" : `: ${gained} now right, ${lost} now wrong`;
    this.head(
      `Answers that changed: ${title}`,
      `${changed} of the first ${looked} ${split} ${called}${turned}`,
    );
    this.more.hidden = examples.length >= changed;
    this.element.classList.remove("stale");
    this.strip.replaceChildren(...examples.map((example) => this.item(example)));
    if (!examples.length) {
      const text = `No answer changed on these ${called}: move further, or click another task's bar.`;
      this.strip.replaceChildren(h("li", { class: "none" }, text));
    }
  }

  /** More of those that are shown. @param {{changed: number, examples: Example[]}} answer */
  add({ changed, examples }) {
    const items = examples.map((example) => this.item(example));
    this.strip.append(...items);
    this.more.hidden = this.strip.childElementCount >= changed;
    items[0]?.querySelector("button")?.focus(); // the button that was pressed may be gone
  }

  /** @param {Example} example */
  item(example) {
    const kind = verdict(example);
    const { truth, before, after } = example;
    const open = h(
      "button",
      {
        type: "button",
        title: `${truth ? `${truth}: ` : ""}${before} → ${after} (${SAID[kind]})`,
        onclick: () => this.enlarge(example),
      },
      shown(example),
      answers(example),
      h("em", {}, SAID[kind]),
    );
    return h("li", { class: `${kind} of-${example.kind}` }, open);
  }

  /** @param {Example} example */
  enlarge(example) {
    const { truth } = example;
    this.large.replaceChildren(
      h("div", {}, shown(example)),
      h("p", {}, truth ? `It is ${truth}; ${SAID[verdict(example)]}: ` : "", answers(example)),
      h("button", { type: "button", autofocus: true }, "Close"),
    );
    this.large.showModal();
  }
}

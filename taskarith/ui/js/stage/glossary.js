// Words that explain themselves: on hover, tap and focus, from the one glossary. Knows elements
// with `data-word`, wherever they stand on the page.

import { h } from "../dom.js";

const GAP = 6; // pixels between a word and its explanation

export class Glossary {
  /**
   * @param {HTMLElement} root
   * @param {AbortSignal} signal
   */
  constructor(root, signal) {
    this.root = root;
    /** @type {Record<string, {term: string, means: string}>} */
    this.words = {};
    this.language = "en";
    /** @type {HTMLElement | null} */
    this.open = null; // the word that is explained
    this.note = h("div", {
      class: "explained",
      role: "tooltip",
      id: "taskarith-word",
      hidden: true,
    });
    root.append(this.note);
    const hide = () => this.hide();
    const left = (/** @type {Event} */ event) => {
      const to = /** @type {any} */ (event).relatedTarget;
      if (!this.open?.contains(to) && !this.note.contains(to)) hide();
    };
    root.addEventListener("pointerout", left, { signal });
    root.addEventListener("focusout", left, { signal });
    document.addEventListener(
      "keydown",
      (event) => {
        if (event.key === "Escape") hide();
      },
      { signal },
    );
    addEventListener("scroll", hide, { signal, capture: true, passive: true });
  }

  /** @param {{words: Record<string, {term: string, means: string}>, language: string}} told */
  speak({ words, language }) {
    this.words = words;
    this.language = language;
  }

  /** @param {HTMLElement} target - an element with `data-word` */
  show(target) {
    const word = this.words[target.dataset.word ?? ""];
    if (!word) return;
    if (this.open !== target) this.hide();
    this.open = target;
    target.setAttribute("aria-describedby", this.note.id);
    this.note.lang = this.language;
    this.note.replaceChildren(h("b", {}, word.term), ` ${word.means}`);
    this.note.hidden = false;
    this.place(target.getBoundingClientRect());
  }

  /** Under the word, or over it where there is no room; never over the window's edge. */
  place(/** @type {DOMRect} */ word) {
    const { width, height } = this.note.getBoundingClientRect();
    const root = this.root.getBoundingClientRect();
    const left = Math.max(GAP, Math.min(word.left, innerWidth - width - GAP));
    const below = word.bottom + GAP;
    const top = below + height > innerHeight ? Math.max(GAP, word.top - height - GAP) : below;
    this.note.style.left = `${left - root.left}px`;
    this.note.style.top = `${top - root.top}px`;
  }

  hide() {
    if (!this.open) return;
    this.open.removeAttribute("aria-describedby");
    this.open = null;
    this.note.hidden = true;
  }
}

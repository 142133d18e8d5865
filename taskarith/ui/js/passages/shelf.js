// The visitor's index of passages: what it began with, and what was added, changed and taken out.
// Pure; refusals are sentences.

/** `origin`: which passage of the first index it is or was; null for one that was added. */
/** @typedef {{text: string, origin: number | null}} Passage */

export class Shelf {
  /**
   * @param {string[]} first - the index to begin with
   * @param {{most: number, longest: number}} bounds
   */
  constructor(first, { most, longest }) {
    this.first = first;
    this.most = most;
    this.longest = longest;
    /** @type {Passage[]} */
    this.passages = [];
    this.reset();
  }

  reset() {
    this.passages = this.first.map((text, origin) => ({ text, origin }));
  }

  get texts() {
    return this.passages.map(({ text }) => text);
  }

  /** How the index differs from the first one. */
  get edits() {
    const kept = this.passages.filter(({ origin }) => origin !== null);
    const changed = kept.filter((one) => this.isChanged(one)).length;
    const added = this.passages.length - kept.length;
    return { added, changed, removed: this.first.length - kept.length };
  }

  /** @param {Passage} passage */
  isChanged({ text, origin }) {
    return origin === null || text !== this.first[origin];
  }

  /**
   * Passages with all of these words or beginnings of words, and their places.
   * @param {string} words
   */
  matching(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    return this.passages
      .map((passage, at) => ({ passage, at }))
      .filter(({ passage }) => wanted.every((word) => passage.text.toLowerCase().includes(word)));
  }

  /** @param {string} text @returns {string} why not; "" if it was added */
  add(text) {
    const problem = this.problem(text) || this.full(this.passages.length + 1);
    if (!problem) this.passages.unshift({ text: text.trim(), origin: null });
    return problem;
  }

  /** @param {number} at @param {string} text @returns {string} why not; "" if it was changed */
  change(at, text) {
    const problem = this.problem(text);
    if (!problem) this.passages[at] = { ...this.passages[at], text: text.trim() };
    return problem;
  }

  /** @param {number} at */
  remove(at) {
    this.passages.splice(at, 1);
  }

  /**
   * Other passages in place of all: those of the first index are known by their text.
   * @param {string[]} lines
   * @returns {string} why not; "" if they were taken
   */
  replace(lines) {
    const texts = lines.map((line) => line.trim()).filter(Boolean);
    const wrong = texts.findIndex((text) => this.problem(text));
    const problem =
      this.full(texts.length) ||
      (wrong >= 0 ? `Line ${wrong + 1}: ${this.problem(texts[wrong])}` : "");
    if (problem) return problem;
    const origins = new Map(this.first.map((text, origin) => [text, origin]));
    this.passages = texts.map((text) => {
      const origin = origins.get(text) ?? null;
      origins.delete(text);
      return { text, origin };
    });
    return "";
  }

  /** @param {string} text */
  problem(text) {
    const { length } = text.trim();
    if (!length) return "A passage needs words; write a sentence.";
    if (length <= this.longest) return "";
    return `${count(length)} characters; at most ${this.longest} are read: shorten it, or make two of it.`;
  }

  /** @param {number} size */
  full(size) {
    if (size <= this.most) return "";
    return `The index would have ${count(size)} passages; at most ${count(this.most)} are searched exactly here.`;
  }
}

/** @param {number} number */
export function count(number) {
  return number.toLocaleString("en");
}

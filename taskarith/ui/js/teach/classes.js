// The classes and their examples: a card for each, with a sheet to draw on, or a place for pictures.
// Drawings outlive a visit to another page of this tab; picked files do not.

import { Pad } from "./pad.js";
import { h, setText } from "../dom.js";

const KEY = "taskarith-teach";
export const LEAST = 3; // of a class: to learn from, to choose λ by, and for test

/** @typedef {{name: string, drawings: string[], texts?: string}} Kept */

/** One class: its name, its drawings as data addresses, and its picked files. */
class Card {
  /** @param {Classes} all @param {Kept} kept */
  constructor(all, { name, drawings, texts = "" }) {
    this.all = all;
    this.drawings = [...drawings];
    /** @type {File[]} */
    this.files = [];
    this.name = h("input", {
      type: "text",
      value: name,
      maxlength: "60",
      placeholder: "name of the class",
      "aria-label": "Name of the class",
      oninput: () => all.changed(),
    });
    this.pad = new Pad({ label: "Draw here", changed: () => this.offer() });
    this.add = h("button", { type: "button", class: "add", onclick: () => this.keep() }, "Add it");
    this.wipe = h("button", { type: "button", onclick: () => this.pad.clear() }, "Wipe");
    this.picker = h("input", {
      type: "file",
      accept: "image/*",
      multiple: true,
      onchange: () => {
        this.pick(this.picker.files);
        this.picker.value = "";
      },
    });
    this.shot = h(
      "button",
      { type: "button", class: "shot", disabled: true, onclick: () => this.shoot() },
      "Take a picture",
    );
    this.lines = h("textarea", {
      rows: "7",
      "aria-label": "Texts, one a line",
      placeholder: "one text a line",
      oninput: () => {
        this.draw();
        all.changed();
      },
    });
    this.lines.value = texts;
    this.count = h("span", { class: "count", role: "status" });
    this.strip = h("div", { class: "strip-of" });
    this.root = h(
      "div",
      { class: "class-card" },
      h(
        "div",
        { class: "top" },
        this.name,
        h(
          "button",
          {
            type: "button",
            class: "away",
            "aria-label": "Remove this class",
            onclick: () => all.remove(this),
          },
          "×",
        ),
      ),
      h(
        "div",
        { class: "drawing" },
        this.pad.canvas,
        h("div", { class: "acts" }, this.add, this.wipe),
      ),
      this.lines,
      this.shot,
      h("label", { class: "drop" }, this.picker, h("span", {}, "Drop pictures here, or pick them")),
      this.count,
      this.strip,
    );
    this.root.addEventListener("dragover", (event) => event.preventDefault());
    this.root.addEventListener("drop", (event) => {
      event.preventDefault();
      this.pick(event.dataTransfer?.files ?? []);
    });
    this.name.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !this.pad.empty) this.keep();
    });
    this.offer();
    this.draw();
  }

  offer() {
    if (this.add) this.add.disabled = this.wipe.disabled = this.pad.empty;
  }

  keep() {
    if (this.pad.empty) return;
    this.drawings.push(this.pad.taken());
    this.draw();
    this.all.changed();
  }

  async shoot() {
    const frame = await this.all.take();
    if (frame) this.pick([frame]);
  }

  /** @param {Iterable<File> | ArrayLike<File>} files */
  pick(files) {
    this.files.push(...Array.from(files));
    this.draw();
    this.all.changed();
  }

  get texts() {
    return this.lines.value
      .split("\n")
      .map((/** @type {string} */ line) => line.trim())
      .filter(Boolean);
  }

  get size() {
    return this.all.written ? this.texts.length : this.drawings.length + this.files.length;
  }

  draw() {
    setText(this.count, this.size < LEAST ? `${this.size} of at least ${LEAST}` : `${this.size}`);
    this.count.classList.toggle("few", this.size < LEAST);
    for (const image of this.strip.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    const shown = [
      ...this.drawings.map((source, at) => this.thumb(source, () => this.drawings.splice(at, 1))),
      ...this.files
        .slice(0, 60)
        .map((file, at) =>
          this.thumb(URL.createObjectURL(file), () => this.files.splice(at, 1), file.name),
        ),
    ];
    this.strip.replaceChildren(...shown);
  }

  /** @param {string} source @param {() => void} drop @param {string} [name] */
  thumb(source, drop, name = "a drawing") {
    return h(
      "button",
      {
        type: "button",
        class: "thumb",
        title: `Remove ${name}`,
        "aria-label": `Remove ${name}`,
        onclick: () => {
          drop();
          this.draw();
          this.all.changed();
        },
      },
      h("img", { src: source, alt: "" }),
    );
  }
}

export class Classes {
  /** @param {{most: number, written: boolean, changed: () => void}} how */
  constructor({ most, written, changed }) {
    this.most = most;
    this.written = written;
    this.told = changed;
    /** @type {() => Promise<File | null>} - a picture from elsewhere, as the camera */
    this.take = async () => null;
    this.canShoot = false;
    this.host = h("div", { class: "class-cards" });
    this.more = h(
      "button",
      { type: "button", class: "more", onclick: () => this.append({ name: "", drawings: [] }) },
      "One more class",
    );
    /** @type {Card[]} */
    this.cards = [];
    for (const kept of remembered(this.key)) this.append(kept);
  }

  /** @param {Kept} kept */
  append(kept) {
    const card = new Card(this, kept);
    card.shot.disabled = !this.canShoot;
    this.cards.push(card);
    this.host.append(card.root);
    this.changed();
  }

  /** @param {boolean} is - whether there are frames to take */
  shootable(is) {
    this.canShoot = is;
    for (const card of this.cards) card.shot.disabled = !is;
  }

  /**
   * Classes with their pictures, beside those that have some already.
   * @param {Map<string, File[]>} found
   */
  fill(found) {
    for (const card of this.cards.filter((one) => !one.size)) this.remove(card);
    for (const [name, files] of found) {
      const there = this.cards.find((card) => card.name.value.trim() === name);
      if (!there) this.append({ name, drawings: [] });
      (there ?? this.cards[this.cards.length - 1]).pick(files);
    }
  }

  /** @param {Card} card */
  remove(card) {
    this.cards = this.cards.filter((other) => other !== card);
    card.root.remove();
    this.changed();
  }

  changed() {
    this.more.disabled = this.cards.length >= this.most;
    remember(
      this.key,
      this.cards.map(({ name, drawings, lines }) => ({
        name: name.value,
        drawings,
        texts: lines.value,
      })),
    );
    this.told();
  }

  get key() {
    return this.written ? `${KEY}-texts` : KEY;
  }

  get size() {
    return this.cards.reduce((sum, card) => sum + card.size, 0);
  }

  /** Why these cannot be taught yet; empty where they can. @returns {string} */
  lacking() {
    if (this.cards.length < 2) return "Two classes are the least: add one.";
    const unnamed = this.cards.find((card) => !card.name.value.trim());
    if (unnamed) return "Give every class a name.";
    const few = this.cards.find((card) => card.size < LEAST);
    if (few) return `“${few.name.value.trim()}” needs ${LEAST - few.size} more.`;
    return "";
  }
}

/** @param {string} key @returns {Kept[]} */
function remembered(key) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    if (Array.isArray(kept) && kept.length) return kept;
  } catch {
    // what another version wrote
  }
  const names = key === KEY ? ["sun", "moon"] : ["good", "bad"];
  return names.map((name) => ({ name, drawings: [] }));
}

/** @param {string} key @param {Kept[]} cards */
function remember(key, cards) {
  try {
    sessionStorage.setItem(key, JSON.stringify(cards));
  } catch {
    // no room: they are gone when the page is left
  }
}

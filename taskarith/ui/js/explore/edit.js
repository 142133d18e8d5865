// The edit in hand, its history and its address: everything that a link carries.
// Knows which names and numbers are allowed (from `hello`); nothing about pictures or servers.

import { checkedMerge, readMerge, withLayers } from "./merge.js";
import {
  addMerge,
  isSum,
  parseCoefficient,
  terms,
  writeCoefficients,
  writeMerge,
} from "../words.js";
import { under } from "../under.js";

/**
 * An edit as it is measured.
 * @typedef {{coefficients: import("../types.js").Coefficients,
 *   merge: import("../types.js").Merge | null}} Measured
 */

export class EditState {
  /** @param {import("../types.js").Hello} hello */
  constructor(hello) {
    this.hello = hello;
    this.vectors = new Map(hello.vectors.map((vector) => [vector.name, vector]));
    /** @type {import("../types.js").Coefficients} */
    this.coefficients = {};
    this.focus = hello.vectors[0].name;
    /** @type {import("../types.js").Analogy | null} */
    this.analogy = null; // which sliders it wrote, and whose accuracy
    /** @type {import("../types.js").Merge | null} */
    this.merge = null; // how the scaled vectors become one; null is their sum
    /** @type {import("../types.js").Method[] | null} */
    this.methods = null; // what there is to choose from, once the engine says so
    /** @type {string[] | null} */
    this.groups = null; // the layers there are, once the engine says so
    /** @type {Measured | null} */
    this.pinned = null; // kept as a ghost
    this.measure = "accuracy";
    /** @type {Record<string, [number, number]>} */
    this.bounds = {}; // how far sliders go where a link says so; "" is for all that are not named
    /** @type {string[]} */
    this.past = [];
    /** @type {string[]} */
    this.future = [];
    this.recorded = this.snapshot();
  }

  snapshot() {
    const { coefficients, focus, analogy, merge } = this;
    return JSON.stringify({ coefficients, focus, analogy, merge });
  }

  /** What is to be measured, as it travels. @returns {Measured} */
  get sent() {
    return { coefficients: this.coefficients, merge: this.merge };
  }

  /** Factors by layer group where they are not 1; null where there are none. */
  get layers() {
    return this.merge?.layers ?? null;
  }

  /** @param {string} name */
  value(name) {
    return under(this.coefficients, name) || 0;
  }

  /** @param {string} name @param {number} value */
  within(name, value) {
    const named = Object.hasOwn(this.bounds, name) ? this.bounds[name] : this.bounds[""];
    const [low, high] = named ?? [-Infinity, Infinity];
    return Math.max(low, Math.min(high, value));
  }

  /** @param {string} name @param {number} wanted */
  set(name, wanted) {
    const value = this.within(name, wanted);
    const next = { ...this.coefficients };
    if (value === 0) delete next[name];
    else next[name] = value;
    this.coefficients = next;
  }

  /**
   * @param {{coefficients: import("../types.js").Coefficients, focus?: string,
   *   analogy?: import("../types.js").Analogy | null,
   *   merge?: import("../types.js").Merge | null}} edit
   */
  replace({ coefficients, focus, analogy = null, merge = null }) {
    this.coefficients = Object.fromEntries(
      terms(coefficients).map(({ name, value }) => [name, this.within(name, value)]),
    );
    if (focus && this.vectors.has(focus)) this.focus = focus;
    this.analogy = analogy;
    this.merge = merge;
  }

  /**
   * The same vectors merged otherwise. An analogy is a sum, so it is over where that is none.
   * @param {import("../types.js").Merge | null} merge
   */
  mergeBy(merge) {
    this.merge = merge;
    if (!isSum(merge)) this.analogy = null;
  }

  /**
   * An analogy writes its sliders; factors by layer stay.
   * @param {import("../types.js").Analogy} analogy
   */
  writeAnalogy(analogy) {
    const coefficients = EditState.analogyCoefficients(analogy);
    const merge = withLayers(null, this.layers ?? {});
    this.replace({ coefficients, focus: analogy.c, analogy, merge });
  }

  /**
   * Hear which methods, and layers, there are: what was taken from a link before is checked now.
   * @param {import("../types.js").Method[]} methods
   * @param {string[] | null} [groups]
   * @returns {string[]} what of it cannot be taken
   */
  learn(methods, groups = this.groups) {
    this.methods = methods;
    this.groups = groups;
    /** @type {string[]} */
    const problems = [];
    const check = (/** @type {string} */ step) => {
      const edit = JSON.parse(step);
      const { merge } = checkedMerge(edit.merge ?? null, methods, groups);
      return JSON.stringify({ ...edit, merge });
    };
    this.merge = this.checked(this.merge, problems);
    if (this.pinned) {
      this.pinned = { ...this.pinned, merge: this.checked(this.pinned.merge, problems) };
    }
    for (const steps of [this.past, this.future])
      steps.splice(0, steps.length, ...steps.map(check));
    this.recorded = check(this.recorded);
    return problems;
  }

  checked(merge, problems) {
    return this.methods ? taken(checkedMerge(merge, this.methods, this.groups), problems) : merge;
  }

  // One gesture (a drag, a preset, a typed number) is one step back. Looking elsewhere is none.
  record() {
    const now = this.snapshot();
    const edited = ({ coefficients, analogy, merge }) =>
      JSON.stringify([terms(coefficients), analogy, writeMerge(merge)]);
    if (edited(JSON.parse(now)) !== edited(JSON.parse(this.recorded))) {
      this.past.push(this.recorded);
      this.past = this.past.slice(-200);
      this.future = [];
    }
    this.recorded = now;
  }

  undo() {
    return this.travel(this.past, this.future);
  }

  redo() {
    return this.travel(this.future, this.past);
  }

  travel(from, to) {
    if (!from.length) return false;
    to.push(this.recorded);
    this.recorded = from.pop();
    this.replace(JSON.parse(this.recorded));
    return true;
  }

  pin() {
    this.pinned = this.pinned
      ? null
      : { coefficients: { ...this.coefficients }, merge: this.merge };
  }

  /**
   * A slider moves. One of an analogy's takes the analogy along: λ(C) is its own coefficient, λ(A)
   * and λ(B) are the two ends of the bracket. Where two of the three are the same task that cannot
   * be, and the analogy is over.
   * @param {string} name
   * @param {number} value
   */
  move(name, value) {
    const { analogy } = this;
    this.set(name, value);
    if (!analogy || ![analogy.a, analogy.b, analogy.c].includes(name)) return;
    const { a, b, c } = analogy;
    if (new Set([a, b, c]).size < 3) {
      this.analogy = null;
      return;
    }
    this.analogy = {
      ...analogy,
      ...(name === c ? { own: value } : { bracket: name === a ? 0 - value : value }),
    };
    const written = Object.entries(EditState.analogyCoefficients(this.analogy));
    for (const [term, coefficient] of written) this.set(term, coefficient);
  }

  /** All of the visitor's, to be taken back when a lesson is over; the lesson's steps are new. */
  keep() {
    const own = { ...this };
    this.past = [];
    this.future = [];
    return own;
  }

  /** @param {ReturnType<EditState["keep"]>} own - what `keep` gave */
  takeBack(own) {
    const { methods, groups, bounds } = this; // heard of meanwhile
    Object.assign(this, own, { methods, groups, bounds });
    if (methods) this.learn(methods);
  }

  /** The steps back and forth as text, for a visit to another page. */
  remembered() {
    const { past, future, recorded } = this;
    return JSON.stringify({ suite: this.hello.suite.name, past, future, recorded });
  }

  /**
   * Take up the steps of an earlier visit; what another page changed since is one step more.
   * @param {string | null} text - of `remembered`
   */
  recall(text) {
    try {
      const { suite, past, future, recorded } = JSON.parse(text ?? "");
      const steps = [...past, ...future, recorded].map((step) => JSON.parse(step).coefficients);
      const known = steps.every((step) =>
        Object.keys(step).every((name) => this.vectors.has(name)),
      );
      if (suite !== this.hello.suite.name || !known) return;
      const now = this.recorded;
      Object.assign(this, { past, future, recorded });
      this.record();
      this.recorded = now;
      if (this.methods) this.learn(this.methods);
    } catch {
      // Nothing is remembered, or nothing that can be read: the history begins here.
    }
  }

  // The coefficients that the analogy "a is to b as c is to d" writes; equal names add up.
  /** @param {import("../types.js").Analogy} analogy */
  static analogyCoefficients({ a, b, c, bracket, own }) {
    /** @type {import("../types.js").Coefficients} */
    const sum = {};
    /** @type {[string, number][]} */
    const written = [
      [a, -bracket],
      [b, bracket],
      [c, own],
    ];
    for (const [name, value] of written) {
      sum[name] = Math.round(1e4 * ((under(sum, name) || 0) + value)) / 1e4;
    }
    return sum;
  }

  toQuery() {
    const query = new URLSearchParams();
    query.set("suite", this.hello.suite.name);
    query.set("set", writeCoefficients(this.coefficients));
    addMerge(query, this.merge);
    query.set("focus", this.focus);
    if (this.analogy) {
      const { a, b, c, d, bracket, own } = this.analogy;
      query.set("analogy", [a, b, c, d, bracket, own].join(","));
    }
    if (this.pinned) {
      query.set("pin", writeCoefficients(this.pinned.coefficients));
      addMerge(query, this.pinned.merge, "pin-");
    }
    if (this.measure !== "accuracy") query.set("measure", this.measure);
    // Readable in an address bar: these need no escape in a query string.
    return query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
  }

  // Takes what is right in a link and reports the rest; a link without `set` changes nothing.
  fromQuery(text) {
    const query = new URLSearchParams(text);
    const problems = [];
    if (this.hello.problem) problems.push(this.hello.problem); // another suite than it asks for
    if (query.has("set")) {
      const coefficients = this.readCoefficients(query.get("set"), problems);
      const analogy = query.has("analogy")
        ? this.readAnalogy(query.get("analogy"), problems)
        : null;
      const merge = this.readMerge(query, "", problems);
      this.replace({ coefficients, analogy: isSum(merge) ? analogy : null, merge });
      const first = terms(coefficients)[0];
      if (first) this.focus = first.name;
    }
    const focus = query.get("focus");
    if (focus !== null && this.vectors.has(focus)) this.focus = focus;
    else if (focus !== null) problems.push(`there is no task vector ${focus.slice(0, 40)}`);
    if (query.has("pin")) {
      const merge = this.readMerge(query, "pin-", problems);
      this.pinned = { coefficients: this.readCoefficients(query.get("pin"), problems), merge };
    }
    const measure = query.get("measure") ?? "";
    if (["normalized", "gain"].includes(measure)) this.measure = measure;
    this.recorded = this.snapshot();
    return { found: query.has("set"), problems };
  }

  readCoefficients(text, problems) {
    const coefficients = {};
    for (const term of text.split(",").filter(Boolean)) {
      const colon = term.lastIndexOf(":");
      const name = term.slice(0, colon);
      const { value, problem } = parseCoefficient(term.slice(colon + 1), this.hello.limits.hard);
      if (!this.vectors.has(name)) problems.push(`there is no task vector ${name.slice(0, 40)}`);
      else if (problem) problems.push(`λ(${name}): ${problem}`);
      else coefficients[name] = value;
    }
    return coefficients;
  }

  readMerge(query, of, problems) {
    const found = readMerge(query.get(`${of}method`), query.get(`${of}layers`));
    return this.checked(taken(found, problems), problems);
  }

  readAnalogy(text, problems) {
    const [a, b, c, d, bracket, own] = text.split(",");
    const bound = this.hello.limits.hard;
    const numbers = [bracket, own].map((number) => parseCoefficient(number || "", bound).value);
    const known = [a, b, c, d].every((name) => this.vectors.has(name));
    if (known && numbers.every((number) => number !== undefined)) {
      return { a, b, c, d, bracket: numbers[0], own: numbers[1] };
    }
    problems.push("the link's analogy is not one of this suite's");
    return null;
  }
}

/** @param {import("./merge.js").Found} found @param {string[]} problems */
function taken({ merge, problem, wrong }, problems) {
  if (problem) problems.push(`${problem}, so this is the sum`);
  if (wrong) problems.push(`${wrong}, so all layers are alike`);
  return merge;
}

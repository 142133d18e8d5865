// How an edit is merged, read and checked: from a link's text or a method's boxes to what travels.
// Pure; which methods there are is told by the engine, and a link may come before it is there.

import { MINUS } from "../words.js";

const NAME = /^[a-z][a-z0-9_-]{0,39}$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const MOST_SEED = Number.MAX_SAFE_INTEGER;
const MOST_LAYERS = 512;
export const LARGEST_FACTOR = 2; // of a layer; with it, a slider's end is the largest λ there may be

/** @typedef {import("../types.js").Merge} Merge */
/** @typedef {import("../types.js").Method} Method */
/** @typedef {import("../types.js").Setting} Setting */

// `problem` is the method's, `wrong` the layers'.
/** @typedef {{merge: Merge | null, problem?: string, wrong?: string}} Found */

/**
 * "ties,density:0.2" and "h.0:0.5" as they stand, unchecked; null is the plain sum.
 * @param {string | null} text
 * @param {string | null} [layers]
 * @returns {Found}
 */
export function readMerge(text, layers = null) {
  const read = readMethod(text);
  /** @type {Record<string, any>} */
  const factors = {};
  for (const term of (layers ?? "").split(",").filter(Boolean).slice(0, MOST_LAYERS)) {
    const colon = term.lastIndexOf(":");
    const group = term.slice(0, colon);
    const { value, problem } = factorOf(group, parseNumber(term.slice(colon + 1)));
    if (problem) return { ...read, wrong: problem };
    factors[group] = value;
  }
  return { ...read, merge: withLayers(read.merge, factors) };
}

/**
 * A factor within its bounds, rounded as an `Edit` rounds it; or why it is none.
 * @param {string} group
 * @param {number} factor
 * @returns {{value?: number, problem?: string}}
 */
export function factorOf(group, factor) {
  if (factor >= 0 && factor <= LARGEST_FACTOR) return { value: Math.round(1e4 * factor) / 1e4 };
  return { problem: `the factor of ${group.slice(0, 60)} is a number from 0 to ${LARGEST_FACTOR}` };
}

/**
 * The same merge with these factors by layer; those of 1 are left out.
 * @param {Merge | null} merge
 * @param {Record<string, number>} layers
 * @returns {Merge | null}
 */
export function withLayers(merge, layers) {
  const kept = Object.entries(layers).filter(([, factor]) => factor !== 1);
  /** @type {Merge} */
  const rest = { ...(merge ?? { method: "sum", settings: {} }) };
  delete rest.layers;
  if (kept.length) return { ...rest, layers: Object.fromEntries(kept) };
  return rest.method === "sum" ? null : rest;
}

/**
 * @param {string | null} text
 * @returns {{merge: Merge | null, problem?: string}}
 */
function readMethod(text) {
  const [method, ...pairs] = (text ?? "").split(",");
  if (!method || method === "sum") return { merge: null };
  const settings = {};
  for (const pair of pairs.slice(0, 16)) {
    const [name, value = ""] = pair.split(":");
    if (!NAME.test(name) || !NUMBER.test(value)) {
      return { merge: null, problem: `${pair.slice(0, 40)} is no setting of a merge method` };
    }
    settings[name] = Number(value);
  }
  if (!NAME.test(method)) {
    return { merge: null, problem: `there is no merge method ${method.slice(0, 40)}` };
  }
  const { seed, ...rest } = settings;
  return { merge: { method, settings: rest, ...(seed === undefined ? {} : { seed }) } };
}

/**
 * The same with all settings, in order and within bounds, and with factors of layers there are.
 * @param {Merge | null} asked
 * @param {Method[]} methods
 * @param {string[] | null} [groups] - the layer groups there are, where they are known yet
 * @returns {Found}
 */
export function checkedMerge(asked, methods, groups = null) {
  const found = checkedMethod(asked, methods);
  if (!asked?.layers) return found;
  for (const [group, factor] of Object.entries(asked.layers)) {
    let wrong = factorOf(group, factor).problem;
    if (groups && !groups.includes(group)) wrong = `there is no layer ${group.slice(0, 60)}`;
    if (wrong) return { ...found, wrong };
  }
  return { ...found, merge: withLayers(found.merge, asked.layers) };
}

/**
 * @param {Merge | null} asked
 * @param {Method[]} methods
 * @returns {{merge: Merge | null, problem?: string}}
 */
function checkedMethod(asked, methods) {
  if (!asked) return { merge: null };
  const method = methods.find(({ name }) => name === asked.method);
  if (asked.method === "sum") return { merge: null };
  if (!method) {
    return { merge: null, problem: `there is no merge method ${asked.method} to slide along here` };
  }
  const known = method.settings.map(({ name }) => name);
  const unknown = Object.keys(asked.settings).find((name) => !known.includes(name));
  if (unknown) return { merge: null, problem: `${method.name} has no setting ${unknown}` };
  /** @type {Record<string, number>} */
  const settings = {};
  for (const setting of method.settings) {
    const given = Object.hasOwn(asked.settings, setting.name);
    const value = given ? asked.settings[setting.name] : setting.value;
    if (!holds(setting, value)) return { merge: null, problem: bounds(setting) };
    settings[setting.name] = value;
  }
  if (!method.seeded) return { merge: { method: method.name, settings } };
  const seed = asked.seed ?? 0;
  if (!Number.isInteger(seed) || seed < 0 || seed > MOST_SEED) {
    return { merge: null, problem: "a seed is a whole number from 0 on" };
  }
  return { merge: { method: method.name, settings, seed } };
}

/**
 * @param {string} text - what somebody typed; "0,3" and "−1" are understood
 */
export function parseNumber(text) {
  const plain = text.trim().replace(MINUS, "-").replace(",", ".");
  return NUMBER.test(plain) ? Number(plain) : NaN;
}

/** @param {Setting} setting @param {number} value */
function holds({ least, most, above, whole }, value) {
  const inside = value >= least && value <= most && !(above && value === least);
  return inside && (!whole || Number.isInteger(value));
}

/** @param {Setting} setting */
function bounds({ name, least, most, above, whole }) {
  const from = above ? `above ${least}, at most ${most}` : `from ${least} to ${most}`;
  return `${name} is a ${whole ? "whole number" : "number"} ${from}`;
}

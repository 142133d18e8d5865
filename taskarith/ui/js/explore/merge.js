// How an edit is merged, read and checked: from a link's text or a method's boxes to what travels.
// Pure; which methods there are is told by the engine, and a link may come before it is there.

import { MINUS } from "../words.js";

const NAME = /^[a-z][a-z0-9_-]{0,39}$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const MOST_SEED = Number.MAX_SAFE_INTEGER;

/** @typedef {import("../types.js").Merge} Merge */
/** @typedef {import("../types.js").Method} Method */
/** @typedef {import("../types.js").Setting} Setting */

/**
 * "ties,density:0.2" as it stands, its settings neither checked nor complete; null is the sum.
 * @param {string | null} text
 * @returns {{merge: Merge | null, problem?: string}}
 */
export function readMerge(text) {
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
 * The same with every setting of the method in its order and within its bounds.
 * @param {Merge | null} asked
 * @param {Method[]} methods
 * @returns {{merge: Merge | null, problem?: string}}
 */
export function checkedMerge(asked, methods) {
  if (!asked) return { merge: null };
  const method = methods.find(({ name }) => name === asked.method);
  if (!method) {
    return { merge: null, problem: `there is no merge method ${asked.method} to slide along here` };
  }
  if (method.name === "sum") return { merge: null };
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

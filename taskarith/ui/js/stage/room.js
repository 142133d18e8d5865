// How the page is set up for others, as a link says it: which parts, sliders and tasks there are, how
// far sliders go, whether it is presented or embedded. Pure: reads and writes queries, checks all.

import { parseCoefficient } from "../words.js";

/** Parts of the page that a link may hide, and where they are. */
export const PARTS = {
  pages: ".pages",
  tools: ".tools",
  presets: ".presets",
  formula: ".story :is(.line, .layers)",
  sliders: ".bank",
  analogy: ".analogy",
  curves: ".picture",
  bars: ".tasks",
  examples: ".images",
  test: ".foot",
};

export const KEYS = ["present", "embed", "show", "hide", "sliders", "tasks", "bounds"];

/** @typedef {[number, number]} Bounds */
/**
 * `hidden`: parts that are not there; `sliders` and `tasks`: the only ones there are, null for all;
 * `bounds`: how far each slider goes, "" for all that are not named.
 * @typedef {{present: boolean, embed: boolean, hidden: string[], sliders: string[] | null,
 *   tasks: string[] | null, bounds: Record<string, Bounds>}} Room
 */

/**
 * What is right in a query, and what is not.
 * @param {string} text
 * @param {import("../types.js").Hello} hello
 * @returns {{room: Room, problems: string[]}}
 */
export function readRoom(text, hello) {
  const query = new URLSearchParams(text);
  /** @type {string[]} */
  const problems = [];
  const list = (
    /** @type {string} */ key,
    /** @type {string[]} */ known,
    /** @type {string} */ of,
  ) => {
    const names = (query.get(key) ?? "").split(",").filter(Boolean);
    const unknown = names.filter((name) => !known.includes(name));
    problems.push(...unknown.map((name) => `there is no ${of} ${name.slice(0, 40)}`));
    return names.filter((name) => known.includes(name));
  };
  const parts = Object.keys(PARTS);
  const vectors = hello.vectors.map(({ name }) => name);
  const tasks = hello.tasks.map(({ name }) => name);
  const embed = query.get("embed") === "1";
  const shown = list("show", parts, "part");
  const hidden = list("hide", parts, "part");
  if (embed) {
    const wanted = shown.length ? shown : ["curves", "sliders", "bars", "formula"];
    hidden.push(...parts.filter((part) => !wanted.includes(part) && !hidden.includes(part)));
  }
  const sliders = list("sliders", vectors, "task vector");
  const only = list("tasks", tasks, "task");
  return {
    room: {
      present: query.get("present") === "1",
      embed,
      hidden,
      sliders: sliders.length ? sliders : null,
      tasks: only.length ? only : null,
      bounds: readBounds(query.get("bounds") ?? "", { vectors, hard: hello.limits.hard, problems }),
    },
    problems,
  };
}

/**
 * "-1:1,letters:0:0.5": low and high for all sliders, then for one. A null's name holds a colon
 * itself: the last two count.
 * @param {string} text
 * @param {{vectors: string[], hard: number, problems: string[]}} known
 * @returns {Record<string, Bounds>}
 */
function readBounds(text, { vectors, hard, problems }) {
  /** @type {Record<string, Bounds>} */
  const bounds = {};
  for (const entry of text.split(",").filter(Boolean)) {
    const pieces = entry.split(":");
    const name = pieces.slice(0, -2).join(":");
    const [low, high] = pieces.slice(-2).map((number) => parseCoefficient(number, hard).value);
    const of = name ? `of ${name.slice(0, 40)} ` : "";
    if (name && !vectors.includes(name)) {
      problems.push(`there is no task vector ${name.slice(0, 40)}`);
    } else if (pieces.length < 2 || low === undefined || high === undefined || low > high) {
      problems.push(
        `the bounds ${of}are not two numbers from −${hard} to ${hard}, the lower first`,
      );
    } else bounds[name] = [low, high];
  }
  return bounds;
}

/**
 * The part of a query that sets up such a room; empty for the usual page.
 * @param {Partial<Room>} room
 */
export function writeRoom({ present, embed, hidden = [], sliders, tasks, bounds = {} }) {
  const query = new URLSearchParams();
  if (present) query.set("present", "1");
  if (embed) query.set("embed", "1");
  if (embed)
    query.set(
      "show",
      Object.keys(PARTS)
        .filter((p) => !hidden.includes(p))
        .join(","),
    );
  else if (hidden.length) query.set("hide", hidden.join(","));
  if (sliders?.length) query.set("sliders", sliders.join(","));
  if (tasks?.length) query.set("tasks", tasks.join(","));
  const limits = Object.entries(bounds).map(([name, ends]) =>
    [name, ...ends].filter((x) => x !== ""),
  );
  if (limits.length) query.set("bounds", limits.map((one) => one.join(":")).join(","));
  return query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
}

/**
 * Rules that leave out what a room does not have. Rules hold for what is drawn later, too.
 * @param {Room} room
 * @param {{sliders: string[] | null}} now - the sliders that are left where the link names none
 */
export function rulesOf({ hidden, embed, present }, { sliders }) {
  const gone = hidden.map((part) => PARTS[/** @type {keyof typeof PARTS} */ (part)]);
  if (embed || present) gone.push("header");
  if (sliders) {
    const kept = sliders.map((name) => `:not([data-vector="${CSS.escape(name)}"])`).join("");
    gone.push(`.row[data-vector]${kept}`);
  }
  return gone.length
    ? `${gone.map((part) => `.taskarith ${part}`).join(", ")} { display: none !important; }`
    : "";
}

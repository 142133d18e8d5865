// The numbers in a lesson's sentences: read from what is measured at this moment, never written down.
// A key is a reading and, where it needs one, a task or a vector: "now:letters", "retained".

import { percent, signed } from "../words.js";
import { retaining, scale, shown, shownChange, skill } from "../explore/metric.js";

/** @typedef {import("../explore/page.js").Page} Page */

const UNKNOWN = "…";

/**
 * What a key reads now; a preview says so with "≈", what is not known yet is "…".
 * @param {Page} page
 * @param {string} key
 */
export function reading(page, key) {
  const [what, ...rest] = key.split(":");
  const read = Object.hasOwn(READINGS, what) ? READINGS[what] : null;
  return (read && read(page, rest.join(":"))) || UNKNOWN;
}

/** @type {Record<string, (page: Page, name: string) => string | null | undefined>} */
export const READINGS = {
  now: (page, name) => {
    const found = page.found(name);
    return found && about(found) + shown(page.view.task(name).metric, found.value);
  },
  pretrained: (page, name) => reference(page, name, "pretrained"),
  finetuned: (page, name) => reference(page, name, "finetuned"),
  change: (page, name) => {
    const found = page.found(name);
    const { pretrained } = page.view.references(name, page.store());
    if (!found || pretrained === undefined) return null;
    return about(found) + shownChange(page.view.task(name).metric, found.value - pretrained);
  },
  interval: (page, name) => {
    const found = page.found(name);
    if (!found || found.low === undefined || found.high === undefined) return null;
    const { metric } = page.view.task(name);
    return `${shown(metric, found.low)} – ${shown(metric, found.high)}`;
  },
  n: (page, name) => {
    const found = page.found(name);
    return found?.n === undefined ? null : String(found.n);
  },
  pinned: (page, name) => {
    const { pinned } = page.state;
    const found = pinned && page.measurements.at(pinned.coefficients, pinned.merge)[name];
    return found && shown(page.view.task(name).metric, found.value);
  },
  chance: (page, name) => percent(page.view.task(name).chance),
  normalized: (page, name) => scaled(page, name, "normalized"),
  gain: (page, name) => scaled(page, name, "gain"),
  lambda: (page, name) => signed(page.state.value(name)),
  retained: (page) => {
    const { control } = page.view;
    const found = page.found(control.name);
    const { pretrained } = page.view.references(control.name, page.store());
    if (!found || pretrained === undefined) return null;
    const kept = skill(control.metric, found.value) / skill(control.metric, pretrained);
    return about(found) + percent(kept);
  },
  floor: (page) => {
    const { control } = page.view;
    const { pretrained } = page.view.references(control.name, page.store());
    if (pretrained === undefined) return null;
    return shown(control.metric, retaining(control.metric, pretrained, page.hello.floor));
  },
  share: (page) => percent(page.hello.floor, 0),
  mean: (page) => mean(page, "normalized"),
  meangain: (page) => mean(page, "gain"),
};

/** @param {{kind?: string}} found */
function about(found) {
  return found.kind === "preview" ? "≈ " : "";
}

/** @param {Page} page @param {string} name @param {"pretrained" | "finetuned"} which */
function reference(page, name, which) {
  const value = page.view.references(name, page.store())[which];
  return value === undefined ? null : shown(page.view.task(name).metric, value);
}

/** @param {Page} page @param {string} name @param {"normalized" | "gain"} measure */
function share(page, name, measure) {
  const found = page.found(name);
  if (!found) return NaN;
  const references = page.view.references(name, page.store());
  return scale(page.view.task(name), measure, references)(found.value);
}

/** @param {Page} page @param {string} name @param {"normalized" | "gain"} measure */
function scaled(page, name, measure) {
  const value = share(page, name, measure);
  return Number.isNaN(value) ? null : percent(value);
}

/** Over the targets. @param {Page} page @param {"normalized" | "gain"} measure */
function mean(page, measure) {
  const targets = page.hello.tasks.filter(({ role }) => role === "target");
  const values = targets.map(({ name }) => share(page, name, measure));
  const sum = values.reduce((total, value) => total + value, 0);
  return Number.isNaN(sum) ? null : percent(sum / values.length);
}

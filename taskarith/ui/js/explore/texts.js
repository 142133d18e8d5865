// The words on the page that follow the edit: formula, story, status, and what a screen reader says.

import { explained, h, setText } from "../dom.js";
import { capital, formula, formulaParts, isSum, percent, signed, terms } from "../words.js";
import { writeCoefficients } from "../words.js";
import { shown, shownChange } from "./metric.js";
import { under } from "../under.js";

/** @typedef {import("./page.js").Page} Page */
/** @typedef {import("../types.js").Task} Task */

/** @param {Page} page */
function paintFormula({ parts, state }) {
  const text = formula(state.coefficients, state.merge);
  if (parts.formula.dataset.text === text + state.focus) return;
  parts.formula.dataset.text = text + state.focus;
  // No class: a lesson that lights the formula up has set one.
  const { length } = text;
  parts.formula.dataset.long = `${length > 150 ? 3 : length > 84 ? 2 : length > 58 ? 1 : 0}`;
  parts.formula.tabIndex = length > 400 ? 0 : -1; // it may have to be scrolled
  // Built as one text, so that selecting and copying it gives the formula itself.
  parts.formula.replaceChildren(
    "θ = ",
    explained("pretrained", "θ₀"),
    ...formulaParts(state.coefficients, state.merge).map(({ text: part, name }, i) =>
      name === undefined
        ? part.slice(i ? 0 : "θ = θ₀".length)
        : h(
            "span",
            { class: name === state.focus ? "term in-hand" : "term", "data-term": name },
            part,
          ),
    ),
  );
}

/** @param {Page} page */
export function paintTexts(page) {
  paintFormula(page);
  const { parts, view, state, status } = page;
  const task = view.task(view.taskInHand());
  const found = page.found(task.name);
  parts.heading.dataset.word = state.measure;
  setText(parts.heading, capital(view.heading()) + (status.test ? ": curve on validation" : ""));
  const where = status.test ? " on test" : "";
  setText(parts.targetSays, `${task.title}${where}: ${view.fromTo(task, found, page.store())}`);
  const control = page.found(view.control.name);
  const sentence = view.controlSentence(control, page.store(), page.pairedControl());
  setText(parts.controlSays, sentence);
  parts.controlSays.classList.toggle("below", sentence.endsWith("below the floor"));
  const written = writeCoefficients(state.coefficients);
  const preset = page.hello.presets.find(
    (known) => !state.merge && writeCoefficients(known.coefficients) === written,
  );
  setText(parts.about, status.selected || preset?.about || pairedSentence(page, task));
  for (const chip of parts.presets.children) {
    const pressed = String(chip.dataset.preset === preset?.name);
    if (chip.getAttribute("aria-pressed") !== pressed) chip.setAttribute("aria-pressed", pressed);
  }
  setText(parts.status, statusText(page, found));
  setText(parts.split, splitText(page));
}

/** @param {Page} page */
function splitText({ status }) {
  if (!status.test) return "on validation";
  return `on test${status.test.look ? `, look ${status.test.look}` : ""}`;
}

/**
 * Did it change? The same examples under both edits, so most of the sampling noise cancels.
 * @param {Page} page
 * @param {Task} task
 */
function pairedSentence({ status, state }, task) {
  const against = state.pinned && !status.test ? "pinned" : "pretrained";
  const pair = under(status.paired?.[against], task.name);
  if (!pair || !terms(state.coefficients).length) return "";
  const other = against === "pinned" ? "the pinned edit" : "pretrained";
  const turned = pair.gained === undefined ? "" : ` ${pair.gained} gained, ${pair.lost} lost,`;
  const { metric } = task;
  const write = (/** @type {number} */ value) =>
    metric.kind === "mean" ? relative(value) : shownChange(metric, value);
  const unit = metric.unit === "%" ? "points" : `of its ${metric.title}`;
  return (
    `${task.title} against ${other}, on the same ${pair.n} ${task.examples}:${turned} ` +
    `${write(pair.difference)} ${unit} (${write(pair.low)} to ` +
    `${write(pair.high)})${pair.clear ? "" : ": no clear change"}.`
  );
}

/** @param {number} value */
function relative(value) {
  return (value > 0 ? "+" : "") + percent(value);
}

/**
 * @param {Page} page
 * @param {ReturnType<Page["found"]>} found
 */
function statusText(page, found) {
  const { engine, status, view } = page;
  const { examples } = view.task(view.taskInHand());
  const parts = [];
  if (found && found.kind === "preview") parts.push("preview, not measured yet");
  else if (found && found.kind === "between") parts.push("between two measured λ");
  else if (found) {
    const { n, total, source } = found;
    parts.push(
      n !== undefined && total !== undefined && n < total
        ? `${n} of ${total} ${examples}`
        : `all ${n} ${examples}`,
    );
    if (source === "shipped") parts.push("shipped measurement");
  }
  parts.push(status.test ? "test, λ chosen by hand" : "validation");
  if (engine.state === "loading") parts.push("engine warming up, you can start");
  if (engine.state === "none") parts.push("nothing is measured on this page");
  if (engine.state === "failed") parts.push("engine off: shipped measurements only");
  if (engine.device) parts.push(engine.device);
  if (status.seconds && status.seconds.evaluate) {
    const { recompose, evaluate } = status.seconds;
    parts.push(`recompose ${(1000 * recompose).toFixed(1)} ms`);
    parts.push(`evaluate ${Math.round(1000 * evaluate)} ms a slice`);
  }
  const preview = previewText(page);
  if (preview) parts.push(preview);
  return parts.join(" · ");
}

/**
 * Whether the preview is used and how good it is, or why it is not.
 * @param {Page} page
 */
function previewText({ view, state, engine, preview }) {
  const { surrogate } = view;
  if (!preview || (engine.state === "failed" && !surrogate)) return "";
  if (!isSum(state.merge)) return "no preview of this merge: every λ is merged and measured";
  if (state.layers) return "no preview by layer: every λ is measured";
  if (preview.used && surrogate && !surrogate.covers({ ...state.coefficients, [state.focus]: 1 })) {
    return "no preview along these vectors: measured nodes only";
  }
  return preview.says;
}

/**
 * What the chart and the bars say, in words; refreshed at rest, not while moving.
 * @param {Page} page
 */
export function describe(page) {
  const { view, state, parts } = page;
  const rows = view.listed(page.store()).map((task) => {
    const value = view.shown(task.name, page.found(task.name), page.store());
    return value ? value.hint : `${task.title}: not measured yet`;
  });
  const { title, metric, name } = view.task(view.taskInHand());
  const nodes = view.slice.nodes(name);
  const curve = nodes
    .map((node) => `${signed(node.x)}: ${shown(metric, node.value, 0)}`)
    .join(", ");
  const control = view.controlSentence(
    page.found(view.control.name),
    page.store(),
    page.pairedControl(),
  );
  setText(
    parts.described,
    `${formula(state.coefficients, state.merge)}. ${rows.join(". ")}. ${control}. ` +
      (curve ? `${title} along λ of ${state.focus}: ${curve}.` : ""),
  );
}

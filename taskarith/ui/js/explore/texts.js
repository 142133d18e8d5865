// The words on the page that follow the edit: formula, story, status, and what a screen reader says.

import { h, setText } from "../dom.js";
import { MEASURES } from "./measurements.js";
import {
  MINUS,
  decimal,
  formula,
  percent,
  points,
  signed,
  terms,
  writeCoefficients,
} from "../words.js";

export function paintFormula(page) {
  const { parts, state } = page;
  const all = terms(state.coefficients);
  const text = formula(state.coefficients);
  if (parts.formula.dataset.text === text + state.focus) return;
  parts.formula.dataset.text = text + state.focus;
  const long =
    text.length > 150 ? "longest" : text.length > 84 ? "longer" : text.length > 58 ? "long" : "";
  parts.formula.className = `formula ${long}`;
  // Built as one text, so that selecting and copying it gives the formula itself.
  parts.formula.replaceChildren(
    "θ = θ₀",
    ...all.map(({ name, value }) =>
      h(
        "span",
        {
          class: name === state.focus ? "term in-hand" : "term",
          "data-term": name,
        },
        ` ${value > 0 ? "+" : MINUS} ${decimal(Math.abs(value))}·τ(${name})`,
      ),
    ),
  );
}

export function paintTexts(page) {
  paintFormula(page);
  const { parts, view, state, status } = page;
  const name = view.taskInHand();
  const task = view.tasks.get(name);
  const shown = view.scales.has(name) ? page.found(name) : null;
  const { pretrained } = view.references(name, page.store());
  setText(parts.heading, MEASURES[state.measure].heading + (status.test ? " on validation" : ""));
  const before = pretrained === undefined ? "" : `${percent(pretrained)} → `;
  const where = status.test ? " on test" : "";
  setText(
    parts.targetSays,
    `${task.title}${where}: ${before}${shown ? percent(shown.value) : "…"}`,
  );
  const control = page.found(view.control.name);
  const sentence = view.controlSentence(control, page.store());
  setText(parts.controlSays, sentence);
  parts.controlSays.classList.toggle("below", sentence.endsWith("below the floor"));
  const preset = page.hello.presets.find(
    (known) => writeCoefficients(known.coefficients) === writeCoefficients(state.coefficients),
  );
  setText(parts.about, preset ? preset.about : pairedSentence(page, task));
  for (const chip of parts.presets.children) {
    chip.setAttribute("aria-pressed", String(chip.dataset.preset === preset?.name));
  }
  setText(parts.status, statusText(page, shown));
  setText(
    parts.split,
    status.test
      ? `on test${status.test.look ? `, look ${status.test.look}` : "; a first look draws its pictures"}`
      : "on validation",
  );
}

// Did it change? The same images under both edits, so most of the sampling noise cancels.
export function pairedSentence({ status, state }, task) {
  const against = state.pinned && !status.test ? "pinned" : "pretrained";
  const pair = status.paired?.[against]?.[task.name];
  if (!pair || !terms(state.coefficients).length) return "";
  const other = against === "pinned" ? "the pinned edit" : "zero-shot";
  return (
    `${task.title} against ${other}, on the same ${pair.n} images: ${pair.gained} gained, ` +
    `${pair.lost} lost, ${points(pair.difference)} points (${points(pair.low)} to ` +
    `${points(pair.high)})${pair.clear ? "" : ": no clear change"}.`
  );
}

export function statusText(page, shown) {
  const { engine, status } = page;
  const parts = [];
  if (shown && shown.kind === "preview") parts.push("preview, not measured yet");
  else if (shown && shown.kind === "between") parts.push("between two measured λ");
  else if (shown) {
    parts.push(
      shown.n < shown.total ? `${shown.n} of ${shown.total} images` : `all ${shown.n} images`,
    );
    if (shown.source === "shipped") parts.push("shipped measurement");
  }
  parts.push(status.test ? "test, λ chosen by hand" : "validation");
  if (engine.state === "loading") parts.push("engine warming up, you can start");
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

// Whether the preview is used and how good it is, or why it is not.
export function previewText({ view, state, engine, preview }) {
  const { surrogate } = view;
  if (!preview || (engine.state === "failed" && !surrogate)) return "";
  if (preview.used && surrogate && !surrogate.covers({ ...state.coefficients, [state.focus]: 1 })) {
    return "no preview along these vectors: measured nodes only";
  }
  return preview.says;
}

// What the chart and the bars say, in words; refreshed at rest, not while moving.
export function describe(page) {
  const { view, state, parts } = page;
  const rows = view.listed(page.store()).map((task) => {
    const value = view.shown(task.name, page.found(task.name), page.store());
    return value ? value.hint : `${task.title}: not measured yet`;
  });
  const nodes = view.slice.nodes(view.taskInHand());
  const curve = nodes.map((node) => `${signed(node.x)}: ${percent(node.value, 0)}`).join(", ");
  const title = view.tasks.get(view.taskInHand()).title;
  setText(
    parts.described,
    `${formula(state.coefficients)}. ${rows.join(". ")}. ` +
      `${view.controlSentence(page.found(view.control.name), page.store())}. ` +
      (curve ? `${title} along λ of ${state.focus}: ${curve}.` : ""),
  );
}

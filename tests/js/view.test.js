import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";
import { sceneOf } from "../../taskarith/ui/js/explore/scene.js";
import { View } from "../../taskarith/ui/js/explore/view.js";
import { PERPLEXITY, hello } from "./hello.js";

const estimate = (value, n = 80) => ({
  value,
  low: value - 0.02,
  high: value + 0.02,
  n,
  total: n,
});

function view({ coefficients = {}, measure = "accuracy", told = hello(), more = [] } = {}) {
  const state = new EditState(told);
  state.replace({ coefficients, focus: "apples" });
  state.measure = measure;
  const measurements = new Measurements();
  const add = (at, values) => {
    const tasks = Object.entries(values).map(([name, value]) => [name, estimate(value)]);
    measurements.add(at, Object.fromEntries(tasks), "measured");
  };
  add({}, { apples: 0.5, birds: 0.6, gardens: 0.9 });
  add({ apples: 0.5 }, { apples: 0.7, birds: 0.6, gardens: 0.9 });
  add({ apples: 1 }, { apples: 0.9, birds: 0.55, gardens: 0.8 });
  for (const [at, values] of more) add(at, values);
  const found = new View(told, { state, measurements });
  return { view: found, add, state };
}

test("the task in hand is the target, the control the control, the rest other", () => {
  const { view: seen } = view();
  const roles = sceneOf(seen, { theme: "light", highlit: null }).series.map(({ task, role }) => [
    task,
    role,
  ]);
  assert.deepEqual(Object.fromEntries(roles), {
    birds: "other",
    gardens: "control",
    apples: "target",
  });
});

test("an auxiliary is shown only while it takes part", () => {
  const names = (seen) => seen.visible().map(({ name }) => name);
  assert.deepEqual(names(view().view), ["apples", "birds", "gardens"]);
  assert.ok(names(view({ coefficients: { eggs: 0.5 } }).view).includes("eggs"));
});

test("normalized is against the fine-tuned model, the control against the pretrained", () => {
  const { view: seen } = view({ measure: "normalized", coefficients: { apples: 1 } });
  assert.ok(Math.abs(seen.shown("apples", seen.at("apples", 1)).y - 1) < 1e-12);
  assert.ok(Math.abs(seen.shown("gardens", seen.at("gardens", 1)).y - 0.8 / 0.9) < 1e-12);
});

test("a change is told between as many examples; a look at test waits for them", () => {
  const { view: seen } = view();
  const store = new Measurements([64]);
  store.add({}, { apples: estimate(0.4, 64) }, "measured");
  const look = { ...estimate(0.9, 64), kind: "measured" };
  assert.match(seen.shown("apples", look, store).change, /^\+50/);
  assert.equal(seen.shown("apples", { ...look, n: 500 }, store).change, "");
  store.add({}, { apples: estimate(0.6, 500) }, "measured");
  assert.match(seen.shown("apples", { ...look, n: 500 }, store).change, /^\+30/);
  assert.match(seen.shown("apples", look, store).change, /^\+50/);
});

test("gain is zero at the pretrained model and one at the fine-tuned", () => {
  const { view: seen } = view({ measure: "gain" });
  assert.equal(seen.shown("apples", seen.at("apples", 0)).y, 0);
  assert.ok(Math.abs(seen.shown("apples", seen.at("apples", 0.5)).y - 0.5) < 1e-12);
  // Without a fine-tuned model there is no gain to speak of.
  assert.ok(Number.isNaN(seen.shown("birds", seen.at("birds", 0)).y));
});

test("the floor is judged with the interval", () => {
  const { view: seen } = view();
  const says = (value) => seen.controlSentence({ ...estimate(value), kind: "measured" });
  assert.match(says(0.9), /above the floor/);
  assert.match(says(0.85), /at the floor/);
  assert.match(says(0.8), /below the floor/);
  assert.match(seen.controlSentence({ value: 0.3, kind: "preview" }), /30.0.*, preview$/);
  // On the same examples under both models most of the noise cancels.
  const found = { ...estimate(0.86), kind: "measured" };
  const paired = seen.controlSentence(found, undefined, {
    n: found.n,
    low: -0.044,
    high: -0.036,
  });
  assert.match(paired, /90.0\u202f% → 86.0\u202f%, above the floor/);
  // The first few of them say less than all that were measured without the other model.
  const few = { n: 16, low: -0.2, high: 0.1 };
  assert.match(
    seen.controlSentence({ ...estimate(0.9), kind: "measured" }, undefined, few),
    /above/,
  );
});

test("what is not measured is unknown, or a preview where there is one", () => {
  const { view: seen } = view();
  assert.equal(seen.at("apples", -1), null);
  assert.equal(seen.shown("apples", null), null);
  seen.surrogate = { along: () => (task, x) => 0.1 * x };
  seen.reslice();
  // Beyond ±1 a fitted quadratic curls up: the preview keeps its value there.
  assert.equal(seen.at("apples", -1.4).value, -0.1);
  assert.equal(seen.at("apples", -1.4).kind, "preview");
});

test("a λ beyond the sliders widens the axis", () => {
  assert.deepEqual(view().view.range, [-1.5, 1.5]);
  assert.deepEqual(view({ coefficients: { apples: 2 } }).view.range, [-3, 3]);
});

test("a control that is no share is drawn as retained and told by its own value", () => {
  const told = hello({ control: PERPLEXITY });
  const more = [
    [{}, { gardens: 12 }],
    [{ apples: 0.5 }, { gardens: 12.5 }],
    [{ apples: 1 }, { gardens: 24 }],
  ];
  const { view: seen } = view({ told, more });
  const control = seen.shown("gardens", seen.at("gardens", 1));
  assert.equal(control.y, 0.5);
  assert.equal(control.text, "24");
  assert.equal(control.change, "+12");
  assert.ok(control.low < 0.5 && control.high > 0.5);
  const [floor] = sceneOf(seen, { theme: "light", highlit: null }).rules;
  assert.equal(floor.y, 0.95);
  const sentence = seen.controlSentence({ ...estimate(12.5), kind: "measured" });
  assert.match(sentence, /perplexity 12 → 12.5, 96\u202f% retained, above the floor/);
  const row = seen.barRows().find(({ task }) => task === "gardens");
  assert.ok(Number.isNaN(row.references.chance));
  assert.ok(Math.abs(row.references.floor - 0.95) < 1e-12);
});

test("a curve tells λ, value, interval and n where the pointer is", () => {
  const { view: seen } = view();
  assert.equal(
    seen.pointed("apples", 0.5).text,
    "Apples, λ = +0.50: 70.0\u202f% (68.0–72.0\u202f%, n = 80), measured",
  );
  assert.match(seen.pointed("apples", 0.25).text, /60.0.*between two measured λ/);
  assert.equal(seen.pointed("apples", -1), null);
});

test("the headline says what the axis shows", () => {
  const now = (measure) => {
    const { view: seen } = view({ measure, coefficients: { apples: 0.5 } });
    return seen.fromTo(seen.task("apples"), seen.at("apples", 0.5), seen.measurements);
  };
  assert.equal(now("accuracy"), "50.0\u202f% → 70.0\u202f%");
  assert.equal(now("gain"), "0.0\u202f% → 50.0\u202f%");
});

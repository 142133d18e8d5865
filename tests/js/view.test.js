import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";
import { View } from "../../taskarith/ui/js/explore/view.js";
import { hello } from "./hello.js";

const estimate = (value) => ({ value, low: value - 0.02, high: value + 0.02, n: 80, total: 80 });

function view({ coefficients = {}, measure = "accuracy", told = hello() } = {}) {
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
  const found = new View(told, { state, measurements });
  return { view: found, add, state };
}

test("the task in hand is the target, the control the control, the rest other", () => {
  const { view: seen } = view();
  const roles = seen.scene("light", null).series.map(({ task, role }) => [task, role]);
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
  assert.match(seen.controlSentence({ value: 0.3, kind: "preview" }), /at the floor/);
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

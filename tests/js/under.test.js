import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";
import { View } from "../../taskarith/ui/js/explore/view.js";
import { under } from "../../taskarith/ui/js/under.js";
import { ACCURACY, hello } from "./hello.js";

const NAME = "constructor";
const estimate = (value, n = 80) => ({
  value,
  low: value - 0.02,
  high: value + 0.02,
  n,
  total: 80,
});

test("a record holds only what is its own", () => {
  assert.equal(under({}, NAME), undefined);
  assert.equal(under(null, NAME), undefined);
  assert.equal(under({ [NAME]: 3 }, NAME), 3);
});

test("a task called constructor is a task like any other", () => {
  const told = hello();
  const own = { name: NAME, title: "Constructor", role: "target", chance: 0.5, metric: ACCURACY };
  told.tasks.unshift({ ...own, examples: "images" });
  told.vectors.unshift({ name: NAME, title: "Constructor", kind: "target", task: NAME });
  const state = new EditState(told);
  const measurements = new Measurements();
  const view = new View(told, { state, measurements });

  // Nothing is known of it, and it is not in the edit.
  assert.equal(state.value(NAME), 0);
  assert.deepEqual(view.references(NAME), { pretrained: undefined, finetuned: undefined });
  assert.equal(view.at(NAME, 0), null);
  assert.equal(view.barRows(measurements)[0].references.pretrained, NaN);

  state.replace({ coefficients: { birds: 1 }, focus: NAME });
  state.set(NAME, 0.5);
  state.record();
  assert.match(state.toQuery(), /set=birds:1,constructor:0.5/);
  measurements.add({ birds: 1 }, { birds: estimate(0.4) }, "measured");
  for (const [x, value] of [
    [0.5, 0.7],
    [1, 0.9],
  ]) {
    const tasks = { [NAME]: estimate(value), birds: estimate(0.6) };
    measurements.add({ birds: 1, [NAME]: x }, tasks, "measured");
  }
  measurements.add({}, { [NAME]: estimate(0.3) }, "shipped");
  view.reslice();
  assert.equal(view.at(NAME, 0.5).value, 0.7);
  assert.deepEqual(
    view.slice.nodes(NAME).map(({ x }) => x),
    [0.5, 1],
  );
  assert.deepEqual(
    view.slice.nodes("birds").map(({ x }) => x),
    [0, 0.5, 1],
  );
  assert.equal(view.references(NAME).pretrained, 0.3);
  measurements.forgetShipped([NAME]);
  assert.equal(view.references(NAME).pretrained, undefined);
  assert.ok(state.undo());
  assert.equal(state.value(NAME), 0);

  const analogy = { a: NAME, b: "birds", c: "apples", d: "apples", bracket: 1, own: 1 };
  assert.deepEqual(EditState.analogyCoefficients(analogy), { [NAME]: -1, birds: 1, apples: 1 });
});

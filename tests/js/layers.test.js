import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";
import { checkedMerge, readMerge, withLayers } from "../../taskarith/ui/js/explore/merge.js";
import { View } from "../../taskarith/ui/js/explore/view.js";
import { SHAPES, shaped, shortNames } from "../../taskarith/ui/js/layers/factors.js";
import { formula, writeLayers } from "../../taskarith/ui/js/words.js";
import { hello } from "./hello.js";

const METHODS = ["sum", "ties"].map((name) => {
  return { name, title: name, about: "", paper: "", seeded: false, most: null, settings: [] };
});
const GROUPS = ["h.0", "h.1", "out"];
const HALF = { method: "sum", settings: {}, layers: { "h.0": 0.5, out: 0 } };
const estimate = (value) => ({ value, low: value, high: value, n: 80, total: 80 });

test("a link's factors are checked, each with its bounds", () => {
  for (const [layers, merge, problem] of [
    ["", null],
    ["h.0:1", null],
    ["h.0:0.5,out:0", HALF],
    ["out:0,h.0:0.50000", HALF],
    ["h.0:2.01", null, /factor of h\.0 is a number from 0 to 2/],
    ["h.0:-0.5", null, /from 0 to 2/],
    ["h.0:", null, /from 0 to 2/],
    ["h.0", null, /from 0 to 2/],
    ["h.9:0.5", null, /no layer h\.9/],
    ["constructor:0.5", null, /no layer constructor/],
  ]) {
    const read = readMerge("", layers);
    const found = read.wrong ? read : checkedMerge(read.merge, METHODS, GROUPS);
    assert.deepEqual(found.merge, merge, layers);
    if (problem) assert.match(found.wrong, problem);
    else assert.deepEqual([found.problem, found.wrong], [undefined, undefined]);
  }
  const ties = { method: "ties", settings: {}, layers: { "h.1": 2 } };
  assert.deepEqual(checkedMerge(readMerge("ties", "h.1:2").merge, METHODS, GROUPS).merge, ties);
  assert.deepEqual(checkedMerge(HALF, METHODS).merge, HALF); // groups are not known yet
});

test("factors of one are none", () => {
  assert.equal(withLayers(HALF, { "h.0": 1 }), null);
  assert.deepEqual(withLayers(null, { "h.0": 0.5, "h.1": 1, out: 0 }), HALF);
  assert.deepEqual(withLayers({ method: "ties", settings: {} }, {}), {
    method: "ties",
    settings: {},
  });
});

test("a formula says that it is by layer, as Python says it", () => {
  assert.equal(formula({ a: -0.5 }, HALF), "θ = θ₀ + sum(−0.50·τ(a); by layer)");
  assert.equal(writeLayers(HALF), "h.0:0.5,out:0");
});

test("what is measured by layer never answers for the plain sum, and is not previewed", () => {
  const told = hello();
  const state = new EditState(told);
  const measurements = new Measurements();
  state.replace({ coefficients: { apples: 0.5 }, focus: "apples" });
  const view = new View(told, { state, measurements });
  view.surrogate = /** @type {any} */ ({ along: () => () => 0.9 });
  state.mergeBy(HALF);
  measurements.add({ apples: 0.5 }, { apples: estimate(0.4) }, "measured", HALF);
  view.reslice();
  assert.equal(view.at("apples", 0.5).value, 0.4);
  assert.equal(view.at("apples", 0.3), null);
  state.mergeBy(withLayers(HALF, { out: 0 }));
  view.reslice();
  assert.equal(view.at("apples", 0.5), null);
});

test("a link, a step back, a pin and a preset carry the factors or reset them", () => {
  const state = new EditState(hello());
  state.learn(METHODS, GROUPS);
  state.replace({ coefficients: { apples: 0.5 }, focus: "apples" });
  state.record();
  state.mergeBy(HALF);
  state.record();
  state.pin();
  const query = state.toQuery();
  assert.match(query, /&layers=h\.0:0\.5,out:0&/);
  assert.match(query, /&pin-layers=h\.0:0\.5,out:0$/);
  const other = new EditState(hello());
  assert.deepEqual(other.fromQuery(query).problems, []);
  assert.deepEqual(other.learn(METHODS, GROUPS), []);
  assert.deepEqual([other.merge, other.pinned.merge], [HALF, HALF]);
  assert.match(other.learn(METHODS, ["h.1"]).join(), /no layer h\.0, so all layers are alike/);
  const both = new EditState(hello()); // each of two wrong parts is told, now and later
  const asked = "set=apples:1&method=fisher&layers=h.0:7";
  assert.match(both.fromQuery(asked).problems.join(), /factor of h\.0 .* so all layers are alike/);
  assert.match(both.learn(METHODS, GROUPS).join(), /no merge method fisher.*so this is the sum/);
  assert.deepEqual([both.fromQuery(asked).problems.length, both.merge], [2, null]);
  state.undo();
  assert.equal(state.layers, null);
  state.redo();
  assert.deepEqual(state.layers, HALF.layers);
  state.replace({ coefficients: { birds: 1 }, focus: "birds" }); // a preset
  assert.equal(state.layers, null);
});

test("an analogy by layer is a sum still", () => {
  const state = new EditState(hello());
  const analogy = { a: "apples", b: "birds", c: "eggs", d: "apples", bracket: 1, own: 0.5 };
  state.replace({ coefficients: {}, focus: "eggs", analogy });
  state.mergeBy(HALF);
  assert.equal(state.analogy, analogy);
  state.writeAnalogy({ ...analogy, own: 1 });
  assert.deepEqual([state.value("eggs"), state.merge], [1, HALF]);
});

test("groups are called by what tells them apart", () => {
  for (const [groups, names] of [
    [
      ["visual.t.resblocks.0", "visual.t.resblocks.1"],
      ["block 0", "block 1"],
    ],
    [
      ["visual.conv1", "visual.t.resblocks.0", "visual.proj"],
      ["conv1", "t 0", "proj"],
    ],
    [
      ["encoder.block.0", "decoder.block.0"],
      ["encoder 0", "decoder 0"],
    ],
    [
      ["embedding", "last"],
      ["embedding", "last"],
    ],
    [
      ["a.x.0", "a.y.0", "b"],
      ["a.x.0", "a.y.0", "b"],
    ],
  ]) {
    assert.deepEqual(shortNames(groups), names);
  }
});

test("a shape gives every group a factor that a link can carry", () => {
  const groups = ["0", "1", "2", "3"];
  assert.deepEqual(Object.values(shaped("rising", groups)), [0, 0.33, 0.67, 1]);
  assert.deepEqual(Object.values(shaped("first", groups)), [1, 1, 0, 0]);
  assert.deepEqual(Object.values(shaped("last", groups)), [0, 0, 1, 1]);
  assert.deepEqual(Object.values(shaped("falling", ["a"])), [1]);
  assert.ok(Object.keys(SHAPES).every((name) => shaped(name, groups)["0"] <= 2));
});

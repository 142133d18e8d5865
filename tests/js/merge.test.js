import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";
import { checkedMerge, parseNumber, readMerge } from "../../taskarith/ui/js/explore/merge.js";
import { View } from "../../taskarith/ui/js/explore/view.js";
import { formula, general, writeMerge } from "../../taskarith/ui/js/words.js";
import { hello } from "./hello.js";

const setting = (name, value, { least = 0, most = 1, above = true, whole = false } = {}) => ({
  name,
  value,
  least,
  most,
  above,
  whole,
  about: "",
});
const method = (name, settings = [], { seeded = false, most = null } = {}) => ({
  name,
  title: name.toUpperCase(),
  about: "",
  paper: "",
  seeded,
  most,
  settings,
});
const METHODS = [
  method("sum"),
  method("ties", [setting("density", 0.2), setting("scale", 1, { most: 3 })]),
  method("dare", [setting("density", 0.1)], { seeded: true }),
  method("slerp", [], { most: 2 }),
];
const TIES = { method: "ties", settings: { density: 0.3, scale: 1 } };
const estimate = (value) => ({ value, low: value, high: value, n: 80, total: 80 });

test("what a link says is completed, or the reason is told why not", () => {
  for (const [text, merge, problem] of [
    ["", null],
    ["sum", null],
    ["ties,density:0.3", TIES],
    ["ties,scale:1,density:3e-1", TIES],
    ["dare,seed:4", { method: "dare", settings: { density: 0.1 }, seed: 4 }],
    ["tiess", null, /no merge method tiess/],
    ["constructor", null, /no merge method constructor/],
    ["__proto__,a:1", null, /no merge method __proto__/],
    ["ties,density:0", null, /density is a number above 0, at most 1/],
    ["ties,density:x", null, /density:x is no setting/],
    ["ties,toString:1", null, /no merge|no setting/],
    ["dare,seed:0.5", null, /seed is a whole number/],
  ]) {
    const read = readMerge(text);
    const found = read.problem ? read : checkedMerge(read.merge, METHODS);
    assert.deepEqual(found.merge, merge, text);
    assert.match(found.problem ?? "", problem ?? /^$/, text);
  }
  assert.equal(parseNumber(" −0,5 "), -0.5);
  assert.ok(Number.isNaN(parseNumber("")));
});

test("a formula says how it is merged, as Python says it", () => {
  const merge = { method: "dare", settings: { density: 0.2, tiny: 1e-5 }, seed: 0 };
  assert.equal(
    formula({ signs: 1, apples: -0.125 }, merge),
    "θ = θ₀ + dare(−0.125·τ(apples), 1.00·τ(signs); density=0.2, tiny=1e-05, seed=0)",
  );
  assert.equal(formula({}, merge), "θ = θ₀");
  assert.equal(formula({ a: 1 }, { method: "slerp", settings: {} }), "θ = θ₀ + slerp(1.00·τ(a))");
  const written = [0, 1, 0.2, 1e-4, 1e-5, 123456, 1234567, 1 / 3].map(general);
  assert.deepEqual(written, [
    "0",
    "1",
    "0.2",
    "0.0001",
    "1e-05",
    "123456",
    "1.23457e+06",
    "0.333333",
  ]);
});

test("a measured merge never answers for the sum, nor for another setting", () => {
  const known = new Measurements();
  const other = { ...TIES, settings: { ...TIES.settings, density: 0.4 } };
  known.add({ a: 0.5 }, { t: estimate(0.5) }, "measured");
  known.add({ a: 0.5 }, { t: estimate(0.6) }, "measured", TIES);
  known.add({ a: 1 }, { t: estimate(0.7) }, "measured", TIES);
  known.add({ a: 1, b: 1 }, { t: estimate(0.8) }, "measured", TIES);
  assert.equal(known.at({ a: 0.5 }).t.value, 0.5);
  assert.equal(known.at({ a: 0.5 }, TIES).t.value, 0.6);
  assert.deepEqual(known.at({ a: 0.5 }, other), {});
  const places = (slice) => slice.nodes("t").map(({ x, value }) => [x, value]);
  assert.deepEqual(places(known.slice({}, "a")), [[0.5, 0.5]]);
  assert.deepEqual(places(known.slice({}, "a", TIES)), [
    [0.5, 0.6],
    [1, 0.7],
  ]);
  assert.deepEqual(places(known.slice({}, "a", other)), []);
  assert.deepEqual(places(known.slice({ b: 1 }, "a", TIES)), [[1, 0.8]]);
});

test("without vectors it is the pretrained model, however it is merged", () => {
  const known = new Measurements();
  known.add({}, { t: estimate(0.1) }, "measured", TIES);
  assert.equal(known.at({}).t.value, 0.1);
  assert.equal(known.slice({ a: 0.3 }, "a").at("t", 0).value, 0.1);
});

test("there is no preview of a merge", () => {
  const told = hello();
  const state = new EditState(told);
  state.replace({ coefficients: { apples: 0.5 }, focus: "apples" });
  const view = new View(told, { state, measurements: new Measurements() });
  view.surrogate = /** @type {any} */ ({ along: () => () => 0.9 });
  view.reslice();
  assert.equal(view.at("apples", 0.4).kind, "preview");
  state.mergeBy(TIES);
  view.reslice();
  assert.equal(view.at("apples", 0.4), null);
});

test("a link, a step back and another page bring the method back", () => {
  const state = new EditState(hello());
  state.learn(METHODS);
  state.replace({ coefficients: { apples: 0.5, birds: 1 }, focus: "apples" });
  state.record();
  state.mergeBy(TIES);
  state.record();
  state.pin();
  assert.match(state.toQuery(), /&method=ties,density:0.3,scale:1&.*&pin-method=ties,/);
  const again = new EditState(hello());
  assert.deepEqual(again.fromQuery(state.toQuery()).problems, []);
  again.recall(state.remembered());
  assert.deepEqual(again.learn(METHODS), []);
  assert.deepEqual([again.merge, again.pinned], [TIES, state.pinned]);
  assert.ok(again.undo());
  assert.equal(again.merge, null);
  assert.deepEqual(again.coefficients, { apples: 0.5, birds: 1 });
  assert.ok(again.redo());
  assert.equal(writeMerge(again.merge), "ties,density:0.3,scale:1");
});

test("a method that is not there is told when the engine says which there are", () => {
  const state = new EditState(hello());
  assert.deepEqual(state.fromQuery("set=apples:1&method=fisher").problems, []);
  assert.equal(state.merge.method, "fisher");
  assert.match(state.learn(METHODS).join(), /no merge method fisher.*so this is the sum/);
  assert.equal(state.merge, null);
});

test("an analogy is a sum: merged otherwise it is over", () => {
  const analogy = { a: "apples", b: "birds", c: "eggs", d: "apples", bracket: 0.8, own: 0.5 };
  const state = new EditState(hello());
  state.replace({ coefficients: EditState.analogyCoefficients(analogy), analogy });
  state.mergeBy(TIES);
  assert.equal(state.analogy, null);
});

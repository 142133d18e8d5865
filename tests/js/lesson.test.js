// Lessons without a browser: messages in pieces, steps, goals, and what the address then says.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { Walk, editOf, isReached, queryOf, valueOf } from "../../taskarith/ui/js/stage/lesson.js";
import { reading } from "../../taskarith/ui/js/stage/numbers.js";
import { fill, pieces } from "../../taskarith/ui/js/stage/say.js";
import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";
import { View } from "../../taskarith/ui/js/explore/view.js";
import { hello } from "./hello.js";

test("a message is text, numbers and words that explain themselves", () => {
  assert.deepEqual(pieces("From {now:apples} over the [floor|control floor]."), [
    { text: "From " },
    { number: "now:apples" },
    { text: " over the " },
    { word: "floor", text: "control floor" },
    { text: "." },
  ]);
  assert.deepEqual(pieces("{retained}"), [{ number: "retained" }]);
  assert.deepEqual(pieces("no [brackets] here"), [{ text: "no [brackets] here" }]);
  assert.equal(fill("{at} of {all}; {other}", { at: 1, all: 7 }), "1 of 7; {other}");
});

test("a step waits for a slider, a measure or a pin", () => {
  const state = { coefficients: { apples: 0.9 }, measure: "gain", pinned: null };
  assert.ok(isReached(undefined, state));
  assert.ok(isReached({ slider: "apples", at_least: 0.9 }, state));
  assert.ok(!isReached({ slider: "apples", at_least: 0.91 }, state));
  assert.ok(!isReached({ slider: "apples", at_most: 0.5 }, state));
  assert.ok(isReached({ slider: "birds", at_most: 0 }, state));
  assert.ok(isReached({ measure: "gain" }, state));
  assert.ok(!isReached({ measure: "normalized" }, state));
  assert.ok(!isReached({ pinned: true }, state));
  for (const goal of [{ at_least: 0.25, at_most: 0.75 }, { at_least: 0.9 }, { at_most: -0.9 }]) {
    const coefficients = { apples: valueOf(goal) };
    assert.ok(isReached({ slider: "apples", ...goal }, { ...state, coefficients }));
  }
});

test("a walk keeps to its steps", () => {
  const lesson = { name: "one", suite: "tiny", steps: [{ say: "a" }, { say: "b" }] };
  const walk = new Walk(lesson);
  assert.ok(!walk.go(-1));
  assert.ok(walk.go(1) && walk.isLast && !walk.go(1));
  assert.equal(walk.step.say, "b");
  for (const wrong of [-1, 2, NaN, 0.5]) assert.equal(new Walk(lesson, wrong).at, 0);
});

test("a step's edit is a preset's, or its own, or none", () => {
  const presets = [{ name: "forget", coefficients: { apples: -1 }, focus: "apples" }];
  assert.equal(editOf({ say: "a" }, presets), null);
  assert.deepEqual(editOf({ say: "a", edit: { preset: "forget" } }, presets), {
    coefficients: { apples: -1 },
    focus: "apples",
    analogy: null,
  });
  const own = editOf({ say: "a", edit: { coefficients: {}, focus: "birds" } }, presets);
  assert.deepEqual(own, { coefficients: {}, focus: "birds", analogy: null });
});

test("the address goes on saying the visitor's own edit", () => {
  const state = new EditState(hello());
  state.set("apples", -0.5);
  const own = state.toQuery();
  const kept = state.keep();
  state.replace({ coefficients: { birds: 1 }, focus: "birds" });
  state.pin();
  state.record();
  const now = state.toQuery();
  const query = queryOf(own, `${now}&__theme=dark&lesson=old&step=9`, now, {
    name: "nulls",
    at: 2,
  });
  assert.equal(query, `${own}&lesson=nulls&step=3&__theme=dark`);
  state.methods = [];
  state.takeBack(kept);
  assert.deepEqual(state.methods, []);
  assert.equal(state.toQuery(), own);
  assert.equal(state.past.length, 0);
});

test("numbers are read from what is measured, and say where nothing is", () => {
  const told = hello();
  const state = new EditState(told);
  const measurements = new Measurements();
  const estimate = (value) => ({ value, low: value - 0.1, high: value + 0.05, n: 50, total: 80 });
  measurements.add({}, { apples: estimate(0.5), gardens: estimate(0.8) }, "measured");
  measurements.add({ apples: 1 }, { apples: estimate(0.9), gardens: estimate(0.72) }, "measured");
  state.replace({ coefficients: { apples: 1 }, focus: "apples" });
  const view = new View(told, { state, measurements });
  const page = {
    hello: told,
    state,
    view,
    measurements,
    store: () => measurements,
    found: (name) => view.at(name, state.value(state.focus)),
  };
  const read = (key) => reading(page, key).replaceAll("\u202f", " ");
  assert.equal(read("now:apples"), "90.0 %");
  assert.equal(read("pretrained:apples"), "50.0 %");
  assert.equal(read("finetuned:apples"), "90.0 %");
  assert.equal(read("change:apples"), "+40.0");
  assert.equal(read("gain:apples"), "100.0 %");
  assert.equal(read("interval:apples"), "80.0 % – 95.0 %");
  assert.equal(read("n:apples"), "50");
  assert.equal(read("lambda:apples"), "+1.00");
  assert.equal(read("retained"), "90.0 %");
  assert.equal(read("floor"), "76.0 %");
  assert.equal(read("share"), "95 %");
  assert.equal(read("chance:apples"), "25.0 %");
  for (const unknown of ["now:birds", "mean", "pinned:apples", "nothing:apples"]) {
    assert.equal(read(unknown), "…");
  }
});

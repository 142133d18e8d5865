import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { hello } from "./hello.js";

const ANALOGY = { a: "apples", b: "birds", c: "eggs", d: "apples", bracket: 0.8, own: 0.5 };

test("a link brings everything back", () => {
  const state = new EditState(hello());
  state.replace({ coefficients: { apples: -0.35, "random:apples": 0.2 }, focus: "apples" });
  state.pinned = { coefficients: { birds: 1 }, merge: null };
  state.measure = "gain";
  const again = new EditState(hello());
  const { found, problems } = again.fromQuery(`?${state.toQuery()}`);
  assert.deepEqual([found, problems], [true, []]);
  for (const key of ["coefficients", "focus", "pinned", "measure", "analogy"]) {
    assert.deepEqual(again[key], state[key], key);
  }
});

test("an analogy survives in a link", () => {
  const analogy = { a: "apples", b: "birds", c: "eggs", d: "apples", bracket: 0.8, own: 0.5 };
  const coefficients = EditState.analogyCoefficients(analogy);
  assert.deepEqual(coefficients, { apples: -0.8, birds: 0.8, eggs: 0.5 });
  const state = new EditState(hello());
  state.replace({ coefficients, analogy });
  const again = new EditState(hello());
  again.fromQuery(state.toQuery());
  assert.deepEqual(again.analogy, analogy);
});

test("a bad link is explained and what is right in it is taken", () => {
  for (const [query, says] of [
    ["set=pears:1", /no task vector pears/],
    ["set=apples:9", /from −3 to 3/],
    ["set=apples:NaN", /is not a number/],
    ["set=birds:0.5&focus=pears", /no task vector pears/],
    ["set=birds:0.5&analogy=a,b,c,d,1,1", /not one of this suite's/],
    ["set=__proto__:1,constructor:1", /no task vector/],
  ]) {
    const state = new EditState(hello());
    const { problems } = state.fromQuery(query);
    assert.match(problems.join("; "), says);
    assert.ok(Object.keys(state.coefficients).every((name) => name === "birds"));
  }
});

test("one gesture is one step back, and looking elsewhere is none", () => {
  const state = new EditState(hello());
  state.set("apples", 0.1);
  state.set("apples", 0.2);
  state.record();
  state.focus = "birds";
  state.record();
  state.set("birds", 1);
  state.record();
  assert.equal(state.past.length, 2);
  assert.ok(state.undo());
  assert.deepEqual(state.coefficients, { apples: 0.2 });
  assert.ok(state.undo());
  assert.deepEqual(state.coefficients, {});
  assert.ok(!state.undo());
  assert.ok(state.redo());
  assert.deepEqual(state.coefficients, { apples: 0.2 });
});

test("a slider of an analogy takes the analogy along", () => {
  const state = new EditState(hello());
  state.replace({ coefficients: EditState.analogyCoefficients(ANALOGY), analogy: ANALOGY });
  state.move("eggs", 0.7);
  assert.equal(state.analogy.own, 0.7);
  assert.equal(state.analogy.d, "apples");
  state.move("apples", -0.3);
  assert.deepEqual(state.coefficients, { apples: -0.3, birds: 0.3, eggs: 0.7 });
  assert.equal(state.analogy.bracket, 0.3);
  state.move("random:apples", 0.2);
  assert.equal(state.analogy.bracket, 0.3);
});

test("steps outlive a visit to another page, and what changed there is one more", () => {
  const first = new EditState(hello());
  first.set("apples", 0.2);
  first.record();
  const again = new EditState(hello());
  again.fromQuery("set=birds:1");
  again.recall(first.remembered());
  assert.deepEqual(again.coefficients, { birds: 1 });
  again.undo();
  assert.deepEqual(again.coefficients, { apples: 0.2 });
  again.undo();
  assert.deepEqual(again.coefficients, {});
  again.redo();
  again.redo();
  assert.deepEqual(again.coefficients, { birds: 1 });
});

test("steps that cannot be read, or are of another suite, are none", () => {
  const other = JSON.stringify({ suite: "other", past: [], future: [], recorded: "{}" });
  for (const text of [null, "", "{", "[]", '{"suite":"tiny"}', other]) {
    const state = new EditState(hello());
    state.recall(text);
    assert.deepEqual([state.past, state.future], [[], []], String(text));
  }
});

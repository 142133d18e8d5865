import assert from "node:assert/strict";
import { test } from "node:test";

import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";

const estimate = (value, n = 100, total = 500) => ({
  value,
  low: value - 0.1,
  high: value + 0.1,
  n,
  total,
});
const places = (nodes) => nodes.map(({ x }) => x);

test("an edit is told by its finest estimate", () => {
  const known = new Measurements();
  known.add({ a: 0.5 }, { t: estimate(0.5, 16) }, "measured");
  known.add({ a: 0.5 }, { t: estimate(0.6, 100) }, "measured");
  known.add({ a: 0.5 }, { t: estimate(0.7, 32) }, "measured");
  known.add({ a: 0.5 }, { t: estimate(0.7, 0) }, "measured");
  assert.equal(known.at({ a: 0.5, b: 0 }).t.value, 0.6);
  assert.deepEqual(known.at({ a: 0.4 }), {});
});

test("a slice holds the points along one λ, rising, with the others as they are", () => {
  const known = new Measurements();
  known.add({}, { t: estimate(0.1) }, "measured");
  known.add({ a: 1 }, { t: estimate(0.9) }, "measured");
  known.add({ a: -1 }, { t: estimate(0.2) }, "measured");
  known.add({ a: 1, b: 1 }, { t: estimate(0.4) }, "measured");
  assert.deepEqual(places(known.slice({ a: 0.3 }, "a").nodes("t")), [-1, 0, 1]);
  assert.deepEqual(places(known.slice({ b: 1 }, "a").nodes("t")), [1]);
});

test("a curve is of the same examples at every node; the finer point stands for itself", () => {
  const known = new Measurements([32, 128]);
  for (const x of [-0.5, 0, 0.25, 0.5]) {
    known.add({ a: x }, { t: estimate(0.5 + x / 10, 32) }, "measured");
    known.add({ a: x }, { t: estimate(0.6 + x / 10, 128) }, "measured");
  }
  for (const n of [160, 500]) known.add({ a: 0.25 }, { t: estimate(0.9, n) }, "measured");
  const slice = known.slice({}, "a");
  assert.deepEqual(places(slice.nodes("t")), [-0.5, 0, 0.25, 0.5]);
  assert.ok(slice.nodes("t").every(({ n }) => n === 128));
  assert.equal(slice.at("t", 0.25).value, 0.9);
  assert.equal(slice.at("t", 0.25).n, 500);
  // Next to it the line goes on as if nothing finer were known: no dent.
  assert.ok(Math.abs(slice.at("t", 0.26).value - 0.626) < 1e-9);
});

test("while it fills in, the slice that most nodes have is drawn", () => {
  const known = new Measurements([32, 128]);
  for (const x of [-0.5, 0, 0.5]) known.add({ a: x }, { t: estimate(0.5, 32) }, "measured");
  known.add({ a: 0 }, { t: estimate(0.6, 128) }, "measured");
  assert.deepEqual(
    known
      .slice({}, "a")
      .nodes("t")
      .map(({ n }) => n),
    [32, 32, 32],
  );
  for (const x of [-0.5, 0.5]) known.add({ a: x }, { t: estimate(0.6, 128) }, "measured");
  assert.deepEqual(
    known
      .slice({}, "a")
      .nodes("t")
      .map(({ n }) => n),
    [128, 128, 128],
  );
});

test("between close nodes a straight line is drawn, between far ones none", () => {
  const known = new Measurements();
  known.add({}, { t: estimate(0.2) }, "measured");
  known.add({ a: 0.5 }, { t: estimate(0.4) }, "measured");
  known.add({ a: 1.5 }, { t: estimate(0.8) }, "measured");
  const slice = known.slice({}, "a");
  assert.equal(slice.at("t", 0.5).kind, "measured");
  const between = slice.at("t", 0.25);
  assert.equal(between.kind, "between");
  assert.ok(Math.abs(between.value - 0.3) < 1e-12);
  assert.equal(slice.at("t", 1), null);
  assert.equal(slice.at("t", -0.1), null);
});

test("the oldest measured points go first, shipped ones stay", () => {
  const known = new Measurements();
  known.add({ a: 1 }, { t: estimate(0.5) }, "shipped");
  for (let i = 0; i < 3100; i += 1) known.add({ b: i / 1000 }, { t: estimate(0.5) }, "measured");
  assert.equal(known.points.size, 3000);
  assert.ok(known.at({ a: 1 }).t);
  assert.deepEqual(known.at({ b: 0.001 }), {});
  assert.equal(known.slice({}, "b").nodes("t").length, 2999);
});

test("shipped estimates of other examples go", () => {
  const known = new Measurements([32]);
  known.add({ a: 1 }, { t: estimate(0.5), u: estimate(0.5) }, "shipped");
  known.add({ a: 1 }, { t: estimate(0.6, 32) }, "measured");
  known.forgetShipped(["t"]);
  assert.equal(known.at({ a: 1 }).t.value, 0.6);
  assert.equal(known.at({ a: 1 }).u.value, 0.5);
});

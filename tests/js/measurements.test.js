import assert from "node:assert/strict";
import { test } from "node:test";

import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";

const estimate = (value, n = 100) => ({
  value,
  low: value - 0.1,
  high: value + 0.1,
  n,
  total: 100,
});

test("a point keeps the estimate over the most examples", () => {
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
  assert.deepEqual(
    known
      .slice({ a: 0.3 }, "a")
      .nodes("t")
      .map(({ x }) => x),
    [-1, 0, 1],
  );
  assert.deepEqual(
    known
      .slice({ b: 1 }, "a")
      .nodes("t")
      .map(({ x }) => x),
    [1],
  );
});

test("between close nodes a straight line is drawn, between far ones none", () => {
  const known = new Measurements();
  known.add({}, { t: estimate(0.2) }, "measured");
  known.add({ a: 0.5 }, { t: estimate(0.4, 50) }, "measured");
  known.add({ a: 1.5 }, { t: estimate(0.8) }, "measured");
  const slice = known.slice({}, "a");
  assert.equal(slice.at("t", 0.5).kind, "measured");
  const between = slice.at("t", 0.25);
  assert.equal(between.kind, "between");
  assert.ok(Math.abs(between.value - 0.3) < 1e-12);
  assert.equal(between.n, 50);
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
  const known = new Measurements();
  known.add({ a: 1 }, { t: estimate(0.5), u: estimate(0.5) }, "shipped");
  known.forgetShipped(["t"]);
  assert.deepEqual(Object.keys(known.at({ a: 1 })), ["u"]);
});

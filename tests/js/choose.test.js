import assert from "node:assert/strict";
import { test } from "node:test";

import { best, coarse, fine } from "../../taskarith/ui/js/explore/choose.js";

test("first a coarse grid is tried, then the grid of 0.05 around its best", () => {
  assert.deepEqual(coarse("forget"), [-1, -0.75, -0.5, -0.25]);
  assert.deepEqual(coarse("add"), [0.25, 0.5, 0.75, 1]);
  const tried = coarse("add").map((x) => ({ x, score: x === 0.75 ? 1 : 0.5, allowed: true }));
  assert.deepEqual(fine("add", tried), [0.65, 0.7, 0.8, 0.85]);
  const ends = coarse("add").map((x) => ({ x, score: x, allowed: true }));
  assert.deepEqual(fine("add", ends), [0.9, 0.95]);
  assert.deepEqual(fine("forget", [{ x: -1, score: 1, allowed: false }]), []);
});

test("the best is the highest score that is allowed, of equal ones the shortest way", () => {
  const tried = [
    { x: -1, score: 0.9, allowed: false },
    { x: -0.75, score: 0.8, allowed: true },
    { x: -0.5, score: 0.8, allowed: true },
    { x: -0.25, score: NaN, allowed: true },
  ];
  assert.equal(best(tried).x, -0.5);
  assert.equal(best([]), null);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  best,
  coarse,
  ends,
  fine,
  surelyNormalized,
} from "../../taskarith/ui/js/choosing/choose.js";

test("first a coarse grid is tried, then the grid of 0.05 around its best", () => {
  assert.deepEqual(coarse("forget"), [-1, -0.75, -0.5, -0.25]);
  assert.deepEqual(coarse("add"), [0.25, 0.5, 0.75, 1]);
  const tried = coarse("add").map((x) => ({ x, score: x === 0.75 ? 1 : 0.5, allowed: true }));
  assert.deepEqual(fine("add", tried), [0.65, 0.7, 0.8, 0.85]);
  const rising = coarse("add").map((x) => ({ x, score: x, allowed: true }));
  assert.deepEqual(fine("add", rising), [0.9, 0.95]);
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

const accuracy = { higher_is_better: true };
const perplexity = { higher_is_better: false };

test("an interval's ends are ends of skill, whichever way is better", () => {
  assert.deepEqual(ends(accuracy, { value: 0.5, low: 0.4, high: 0.7 }), [0.4, 0.7]);
  assert.deepEqual(ends(perplexity, { value: 4, low: 2, high: 5 }), [0.2, 0.5]);
  assert.deepEqual(ends(accuracy, { value: 0.5 }), [0.5, 0.5]);
});

test("of two sums with one mean the surer one is better", () => {
  const sum = (/** @type {[number, number][]} */ ...pairs) =>
    surelyNormalized(
      pairs.map(([value, low]) => ({
        metric: accuracy,
        found: { value, low, high: 1 },
        finetuned: 0.8,
      })),
    );
  assert.equal(sum([0.8, 0.6]), 0.6 / 0.8);
  assert.ok(sum([0.6, 0.58], [0.6, 0.58]) > sum([0.6, 0.5], [0.6, 0.5]));
  // 0.75 − √(0.1² + 0.1²) ÷ 0.8 ÷ 2
  assert.ok(Math.abs(sum([0.6, 0.5], [0.6, 0.5]) - (0.75 - Math.SQRT2 / 16)) < 1e-12);
});

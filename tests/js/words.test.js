import assert from "node:assert/strict";
import { test } from "node:test";

import {
  decimal,
  formula,
  parseCoefficient,
  percent,
  points,
  signed,
  writeCoefficients,
} from "../../taskarith/ui/js/words.js";

test("numbers are written as people read them", () => {
  assert.equal(decimal(0.3), "0.30");
  assert.equal(decimal(0.125), "0.125");
  assert.equal(signed(-0.5), "−0.50");
  assert.equal(signed(0.5), "+0.50");
  assert.equal(signed(0), "0.00");
  assert.equal(percent(0.9714), "97.1\u202f%");
  assert.equal(percent(-0.05, 0), "−5\u202f%");
  for (const nothing of [-0, -0.0004]) assert.equal(percent(nothing), "0.0\u202f%");
  for (const unknown of [null, undefined, NaN]) assert.equal(percent(unknown), "–");
  assert.equal(points(0.031), "+3.1");
  assert.equal(points(-0.0001), "±0.0");
});

test("a formula names the terms of an edit as Edit.formula does", () => {
  assert.equal(formula({}), "θ = θ₀");
  assert.equal(formula({ b: 0.3, a: -0.5, c: 0 }), "θ = θ₀ − 0.50·τ(a) + 0.30·τ(b)");
});

test("coefficients are written by name, without zeros", () => {
  assert.equal(writeCoefficients({ b: 0.3, a: -0.5, c: 0 }), "a:-0.5,b:0.3");
});

test("what is typed as λ is read, or the reason is told", () => {
  assert.equal(parseCoefficient("-0.5", 3).value, -0.5);
  assert.equal(parseCoefficient(" −0,5 ", 3).value, -0.5);
  assert.equal(parseCoefficient(".3", 3).value, 0.3);
  assert.equal(parseCoefficient("0.123456", 3).value, 0.1235);
  for (const text of ["abc", "1e999", "", "0x1", "--1", "NaN", "."]) {
    assert.match(parseCoefficient(text, 3).problem, /is not a number/, text);
  }
  assert.match(parseCoefficient("3.5", 3).problem, /from −3 to 3/);
  assert.ok(parseCoefficient("9".repeat(5000), 3).problem.length < 100);
});

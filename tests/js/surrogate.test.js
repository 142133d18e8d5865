import assert from "node:assert/strict";
import { test } from "node:test";

import { half, Surrogate } from "../../taskarith/ui/js/explore/surrogate.js";

// Half-precision bits of some numbers that it holds exactly.
const BITS = { 0: 0x0000, 1: 0x3c00, "-1": 0xbc00, 2: 0x4000, 0.5: 0x3800, "-0.25": 0xb400 };

test("half precision is read as it is written", () => {
  for (const [value, bits] of Object.entries(BITS)) assert.equal(half(bits), Number(value));
  assert.equal(half(0x0001), 2 ** -24);
  assert.equal(half(0x7c00), Infinity);
  assert.ok(Number.isNaN(half(0x7e00)));
  assert.equal(half(0x7bff), 65504);
});

// Two vectors, one task of three examples with two rivals each: 6 margins of 6 terms
// (1, a, b, a², b², ab). An example is wrong where any margin is above zero.
const MARGINS = [
  [-1, 2, 0, 0, 0, 0], // wrong from a > 0.5 on
  [-1, 0, 0, 0, 0, 0],
  [-1, 0, 1, 0, 0, 2], // wrong where b + 2ab > 1
  [0, -1, 0, 0, 0, 0], // wrong where a < 0
  [-1, 0, 0, 1, 0, 0], // wrong where |a| > 1
  [-0.25, 0, 0, 0, 1, 0], // wrong where |b| > 0.5
];

function payload() {
  const bytes = new Uint8Array(2 * MARGINS.flat().length);
  const view = new DataView(bytes.buffer);
  MARGINS.flat().forEach((value, i) => view.setUint16(2 * i, BITS[value], true));
  return {
    vectors: ["a", "b"],
    terms: 6,
    tasks: [{ name: "t", images: 3, rivals: 2 }],
    data: btoa(String.fromCharCode(...bytes)),
  };
}

function slow({ a = 0, b = 0 }) {
  const terms = [1, a, b, a * a, b * b, a * b];
  const margins = MARGINS.map((row) => row.reduce((sum, value, i) => sum + value * terms[i], 0));
  const right = [0, 1, 2].filter((i) => margins[2 * i] <= 0 && margins[2 * i + 1] <= 0);
  return right.length / 3;
}

test("along either λ it counts what the quadratic says", () => {
  const surrogate = new Surrogate(payload());
  for (const edit of [{}, { a: 0.25 }, { b: 0.75 }, { a: 0.5, b: 0.5 }, { a: -1, b: 2 }]) {
    for (const focus of ["a", "b"]) {
      const along = surrogate.along(edit, focus);
      for (const x of [-2, -0.5, 0, 0.25, 0.75, 2]) {
        assert.equal(
          along("t", x),
          slow({ ...edit, [focus]: x }),
          JSON.stringify([edit, focus, x]),
        );
      }
    }
  }
});

test("it says nothing of what it does not know", () => {
  const surrogate = new Surrogate(payload());
  assert.equal(surrogate.along({ c: 1 }, "a"), null);
  assert.equal(surrogate.along({}, "c"), null);
  assert.equal(surrogate.along({}, "a")("unknown", 0), null);
  assert.ok(surrogate.covers({ a: 1, c: 0 }));
});

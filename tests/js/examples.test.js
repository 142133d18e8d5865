import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces, verdict } from "../../taskarith/ui/js/explore/examples.js";

test("an answer is gained, lost or still wrong", () => {
  assert.equal(verdict({ truth: "a", before: "b", after: "a" }), "gained");
  assert.equal(verdict({ truth: "a", before: "a", after: "b" }), "lost");
  assert.equal(verdict({ truth: "a", before: "b", after: "c" }), "moved");
});

test("every other piece of a text is marked, and nothing of it is lost", () => {
  assert.deepEqual(pieces("a good film", [[2, 6]]), ["a ", "good", " film"]);
  assert.deepEqual(pieces("plain"), ["plain"]);
  for (const marks of [
    [
      [6, 11],
      [2, 6],
    ],
    [
      [2, 6],
      [4, 9],
    ],
    [[-1, 3]],
    [[5, 99]],
    [[3, 3]],
  ]) {
    assert.equal(pieces("a good film", marks).join(""), "a good film");
  }
});

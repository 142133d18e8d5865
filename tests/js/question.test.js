import assert from "node:assert/strict";
import { test } from "node:test";

import { chanceRows } from "../../taskarith/ui/js/explore/question.js";

test("label words stand by their chance under the edit", () => {
  const rows = chanceRows({
    pretrained: { chances: { red: 0.7, yellow: 0.3 } },
    edited: { chances: { red: 0.2, yellow: 0.8 } },
  });
  assert.deepEqual(rows, [
    { label: "yellow", before: 0.3, after: 0.8 },
    { label: "red", before: 0.7, after: 0.2 },
  ]);
});

test("what is written has no rows", () => {
  assert.deepEqual(chanceRows({ pretrained: { written: "a" }, edited: { written: "b" } }), []);
});

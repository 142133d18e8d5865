// How the page Teach tells values: shares in percent, a perplexity as the number it is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { told } from "../../taskarith/ui/js/teach/result.js";

test("a share is told in percent and a perplexity is not", () => {
  const share = { value: 0.5, low: 0.25, high: 0.75, n: 8, metric: "accuracy" };
  assert.match(told(share), /^50\.0.%.*n = 8/);
  const loss = { value: 1.88, low: 1.86, high: 1.9, n: 256, metric: "perplexity" };
  assert.equal(told(loss), "perplexity 1.88 (1.86–1.90, n = 256)");
});

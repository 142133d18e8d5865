import assert from "node:assert/strict";
import { test } from "node:test";

import { PaintLoop } from "../../taskarith/ui/js/explore/loop.js";

test("the first wish of a frame is painted at once, the others once before the next", () => {
  const frames = [];
  let painted = 0;
  const loop = new PaintLoop(
    () => (painted += 1),
    (then) => frames.push(then),
  );
  loop.wish();
  assert.equal(painted, 1);
  loop.wish();
  loop.wish();
  assert.equal(painted, 1);
  frames.shift()();
  assert.equal(painted, 2);
  frames.shift()();
  assert.deepEqual([painted, frames.length], [2, 0]);
  loop.wish();
  assert.equal(painted, 3);
});

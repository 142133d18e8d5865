import assert from "node:assert/strict";
import { test } from "node:test";

import { Shelf } from "../../taskarith/ui/js/passages/shelf.js";

const FIRST = ["Anna found the red hat.", "Ben lost the cup.", "Clara kept the red key."];
const fresh = () => new Shelf(FIRST, { most: 4, longest: 30 });

test("passages are added first, changed in place and taken out, and it is counted", () => {
  const shelf = fresh();
  assert.equal(shelf.add("  Leo sent the map. "), "");
  assert.equal(shelf.change(1, "Anna found the blue hat."), "");
  shelf.remove(2);
  assert.deepEqual(shelf.texts, [
    "Leo sent the map.",
    "Anna found the blue hat.",
    "Clara kept the red key.",
  ]);
  assert.deepEqual(shelf.edits, { added: 1, changed: 1, removed: 1 });
  shelf.change(1, FIRST[0]);
  assert.equal(shelf.edits.changed, 0);
  shelf.reset();
  assert.deepEqual(shelf.texts, FIRST);
});

test("a search finds passages with all of the words, with their places", () => {
  const places = (words) =>
    fresh()
      .matching(words)
      .map(({ at }) => at);
  assert.deepEqual(places("RED ke"), [2]);
  assert.deepEqual(places("red"), [0, 2]);
  assert.deepEqual(places(" "), [0, 1, 2]);
  assert.deepEqual(places("zebra"), []);
});

test("what does not fit is refused in words, and changes nothing", () => {
  const shelf = fresh();
  assert.match(shelf.add(" "), /needs words/);
  assert.match(shelf.change(0, "x".repeat(31)), /31 characters; at most 30/);
  assert.match(shelf.replace(Array(10000).fill("a")), /10,000 passages; at most 4/);
  assert.match(shelf.replace(["fine", "", "x".repeat(31)]), /Line 2: 31 characters/);
  assert.deepEqual(shelf.texts, FIRST);
  shelf.add("one more");
  assert.match(shelf.add("and another"), /would have 5 passages/);
});

test("lines that stand for all keep what they are of the first index", () => {
  const shelf = fresh();
  assert.equal(shelf.replace(["new", FIRST[2], FIRST[2], ""]), "");
  assert.deepEqual(shelf.edits, { added: 2, changed: 0, removed: 2 });
  assert.equal(shelf.replace([]), ""); // an index without passages is refused where it is asked
  assert.equal(shelf.texts.length, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerLink } from "../../taskarith/ui/js/explore/link.js";
import { chanceRows, problemOf } from "../../taskarith/ui/js/explore/question.js";

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

test("a text that is empty or too long is not asked, and stays as it is", () => {
  assert.equal(problemOf(""), "Type a sentence first.");
  assert.equal(problemOf("a".repeat(2000)), "");
  assert.match(problemOf("a".repeat(100_000)), /^100000 characters; at most 2000 are read/);
});

test("what is wrong with a question is said where it was asked, and nowhere else", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] }); // a call waits for half a minute
  const told = [];
  const backend = { ask: async () => ({ error: "no such words" }) };
  const link = new ServerLink(backend, "mini-lm", { problem: (text) => told.push(text) });
  const answer = await link.call("ask", {}, () => {});
  assert.equal(answer.error, "no such words");
  assert.deepEqual(told, []);
  await link.call("ask");
  assert.deepEqual(told, ["no such words"]);
});

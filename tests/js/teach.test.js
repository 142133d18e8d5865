// What the page Teach decides by itself: how values are told, which class a picked file belongs to,
// which columns of a table are meant, and what is said of a camera that does not start.

import assert from "node:assert/strict";
import { test } from "node:test";

import { refusal } from "../../taskarith/ui/js/camera/camera.js";
import { byFolder, toldFolder } from "../../taskarith/ui/js/teach/folder.js";
import { told } from "../../taskarith/ui/js/teach/result.js";
import { likely } from "../../taskarith/ui/js/teach/table.js";

test("a share is told in percent and a perplexity is not", () => {
  const share = { value: 0.5, low: 0.25, high: 0.75, n: 8, metric: "accuracy" };
  assert.match(told(share), /^50\.0.%.*n = 8/);
  const loss = { value: 1.88, low: 1.86, high: 1.9, n: 256, metric: "perplexity" };
  assert.equal(told(loss), "perplexity 1.88 (1.86–1.90, n = 256)");
});

test("files belong to the class folder they lie in, at any depth, split or not", () => {
  const files = [
    "birds/barn_owl/1.jpg",
    "birds/barn_owl/deep/2.PNG",
    "birds/train/wren/3.png",
    "birds/val/wren/4.png",
    "birds/test/5.png", // a class of that name: pictures lie in it directly
    "birds/wren/notes.txt",
    "birds/loose.png",
    "birds/__MACOSX/wren/._3.png",
    "birds/.git/x/1.png",
  ].map((path) => ({ name: path.split("/").at(-1) ?? "", webkitRelativePath: path }));
  const found = byFolder(files);
  assert.deepEqual(
    [...found.classes].map(([name, own]) => [name, own.length]),
    [
      ["barn owl", 2],
      ["wren", 2],
      ["test", 1],
    ],
  );
  assert.equal(found.unused, 2);
  assert.match(toldFolder(found, 2), /^3 classes, 5 pictures\. 2 other .* At most 2 classes/);
  assert.match(toldFolder(byFolder([{ name: "a.png" }]), 2), /^There are no pictures in folders/);
});

test("the columns that are likely meant", () => {
  const columns = [
    { name: "id", values: 90 },
    { name: "said", values: 100 },
    { name: "source", values: 1 },
    { name: "how", values: 2 },
  ];
  assert.deepEqual(likely(columns, 100), { text: "said", label: "how" });
  const usual = [...columns, { name: "Text", values: 3 }, { name: "label", values: 40 }];
  assert.deepEqual(likely(usual, 100), { text: "Text", label: "label" });
  assert.deepEqual(likely([{ name: "a", values: 1 }], 1), { text: "a", label: "a" });
});

test("a camera that does not start says what to do", () => {
  assert.match(refusal({ name: "NotAllowedError" }), /refused\. Allow it/);
  assert.match(refusal({ name: "NotFoundError" }), /no camera here/);
  assert.match(refusal({ name: "AbortError", message: "it broke" }), /it broke/);
});

// Rooms without a browser: what a link may say of the page, every part of it checked; and QR codes.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { View } from "../../taskarith/ui/js/explore/view.js";
import { Measurements } from "../../taskarith/ui/js/explore/measurements.js";
import { isReachable, pathOf } from "../../taskarith/ui/js/stage/qr.js";
import { readRoom, rulesOf, writeRoom } from "../../taskarith/ui/js/stage/room.js";
import { hello } from "./hello.js";

globalThis.CSS ??= { escape: (text) => text.replaceAll(":", "\\:") };

test("a room comes back from its link", () => {
  const room = {
    present: true,
    embed: false,
    hidden: ["presets", "test"],
    sliders: ["apples", "random:apples"],
    tasks: ["apples", "gardens"],
    bounds: { "": [-1, 1], "random:apples": [0, 0.5] },
  };
  const query = writeRoom(room);
  assert.deepEqual(readRoom(query, hello()), { room, problems: [] });
  assert.ok(query.includes("bounds=-1:1,random:apples:0:0.5"));
  assert.equal(writeRoom({}), "");
});

test("whatever is wrong in a link is said and left out", () => {
  const text =
    "hide=presets,everything&sliders=pears&tasks=apples,<b>&present=yes" +
    "&bounds=apples:-9:9,birds:1:-1,pears:0:1,apples,birds:a:b,eggs:0:0.5";
  const { room, problems } = readRoom(text, hello());
  assert.deepEqual(room.hidden, ["presets"]);
  assert.equal(room.sliders, null);
  assert.deepEqual(room.tasks, ["apples"]);
  assert.equal(room.present, false);
  assert.deepEqual(room.bounds, { eggs: [0, 0.5] });
  assert.equal(problems.length, 8);
  assert.ok(problems.every((problem) => problem.length < 120));
});

test("what is embedded shows what it names", () => {
  const hidden = (text) => readRoom(text, hello()).room.hidden;
  assert.ok(!hidden("embed=1&show=bars,curves").includes("bars"));
  assert.ok(hidden("embed=1&show=bars,curves").includes("sliders"));
  assert.ok(hidden("embed=1").includes("test") && !hidden("embed=1").includes("curves"));
  assert.deepEqual(hidden("show=bars"), []);
  const again = readRoom(writeRoom(readRoom("embed=1&show=bars", hello()).room), hello());
  assert.deepEqual(again.room, readRoom("embed=1&show=bars", hello()).room);
});

test("rules leave out what a room does not have", () => {
  const { room } = readRoom("hide=bars", hello());
  assert.equal(rulesOf(room, { sliders: null }), ".taskarith .tasks { display: none !important; }");
  const only = rulesOf(readRoom("", hello()).room, { sliders: ["apples"] });
  assert.ok(only.includes('.row[data-vector]:not([data-vector="apples"])'));
  assert.equal(rulesOf(readRoom("", hello()).room, { sliders: null }), "");
  assert.ok(rulesOf(readRoom("embed=1", hello()).room, { sliders: null }).includes("header"));
});

test("sliders stay within their bounds, by whatever way they move", () => {
  const state = new EditState(hello());
  state.bounds = { "": [-1, 1], birds: [0, 0.5] };
  state.set("apples", -1.5);
  state.move("birds", -1);
  assert.deepEqual(state.coefficients, { apples: -1 });
  state.replace({ coefficients: { apples: 3, birds: 3 } });
  assert.deepEqual(state.coefficients, { apples: 1, birds: 0.5 });
  state.fromQuery("set=apples:0.4,birds:2");
  assert.deepEqual(state.coefficients, { apples: 0.4, birds: 0.5 });
});

test("only chosen tasks are drawn, and always the one in hand and the control", () => {
  const told = hello();
  const view = new View(told, { state: new EditState(told), measurements: new Measurements() });
  view.only = [];
  assert.deepEqual(
    view.visible().map(({ name }) => name),
    ["apples", "gardens"],
  );
  view.only = ["birds"];
  assert.equal(view.visible().length, 3);
});

test("only addresses that others can open have a code", () => {
  const own = ["http://127.0.0.1:7860/?a", "http://localhost/", "file:///a.html", "http://[::1]/"];
  for (const link of [...own, "nothing", "http://x.localhost/"])
    assert.ok(!isReachable(link), link);
  for (const link of ["http://192.0.2.7:7860/?a", "https://me-demo.hf.space/"]) {
    assert.ok(isReachable(link), link);
  }
});

test("a code's dark modules are runs with a margin", () => {
  assert.equal(pathOf(["110", "001"]), "M4 4h2v1h-2zM6 5h1v1h-1z");
});

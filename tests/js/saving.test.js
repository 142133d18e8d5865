import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf as table } from "../../taskarith/ui/js/compare/taking.js";
import { csvOf, standalone, wrapped } from "../../taskarith/ui/js/recipes/saving.js";

test("points become rows with their interval", () => {
  const bars = { name: "now", x: ["a, b", "c"], y: [0.5, 0.75] };
  bars.error_y = { array: [0.25, 0.25], arrayminus: [0.25, 0.5] };
  assert.equal(csvOf([bars]), 'trace,x,y,low,high\nnow,"a, b",0.5,0.25,0.75\nnow,c,0.75,0.25,1\n');
});

test("cells of a matrix and of a list become rows", () => {
  const matrix = { name: "m", x: ["p", "q"], y: ["r"], z: [[1, 2]] };
  assert.equal(csvOf([matrix]), "trace,x,y,z\nm,p,r,1\nm,q,r,2\n");
  const list = { name: "l", x: [0, 1], y: [2, 3], z: [4, 5] };
  assert.equal(csvOf([list]), "trace,x,y,z\nl,0,2,4\nl,1,3,5\n");
});

test("bands are not told twice", () => {
  const band = { x: [0, 1], y: [0, 1], hoverinfo: "skip" };
  assert.equal(csvOf([band, { name: "line", x: [0], y: [1] }]), "trace,x,y\nline,0,1\n");
});

test("a page of its own holds nothing that ends its script", () => {
  const page = standalone({ data: [{ name: "</script>" }], layout: {} }, "var a;", "<x>");
  assert.equal(page.split("</script>").length, 3);
  assert.ok(page.includes("<title>x</title>"));
});

test("a title is wrapped at words", () => {
  assert.deepEqual(wrapped("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrapped("longerthanthat a", 4), ["longerthanthat", "a"]);
});

test("what Compare found leaves with a column a value, each of its own name", () => {
  const rows = [
    { method: 'a, "b"', gain: { value: 0.5, low: null }, letters: { n: 3 } },
    { method: "nothing", gain: undefined, letters: { n: 3 } },
  ];
  const lines = ["method,gain value,gain low,letters n", '"a, ""b""",0.5,,3', "nothing,,,3", ""];
  assert.equal(table(rows), lines.join("\n"));
});

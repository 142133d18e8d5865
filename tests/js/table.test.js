import assert from "node:assert/strict";
import { test } from "node:test";

import { csvOf } from "../../taskarith/ui/js/explore/table.js";

test("a table is plain CSV: quoted where it must be, empty where nothing is known", () => {
  assert.equal(
    csvOf([
      ["a", "b"],
      ["x, y", 'say "z"'],
      [undefined, NaN],
    ]),
    'a,b\n"x, y","say ""z"""\n,\n',
  );
});

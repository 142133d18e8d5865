// What is pasted into other pages: escaped, with the parts and the bounds that the page has.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EditState } from "../../taskarith/ui/js/explore/edit.js";
import { SHOWN, snippets } from "../../taskarith/ui/js/stage/embed.js";
import { PARTS, readRoom } from "../../taskarith/ui/js/stage/room.js";
import { stateOf } from "../../taskarith/ui/js/stage/tell.js";
import { hello } from "./hello.js";

globalThis.CSS ??= { escape: (text) => text };

function page(query = "") {
  const state = new EditState(hello());
  state.set("apples", -0.5);
  const address = {
    read: () => query,
    link: (/** @type {string} */ text) => `https://me-demo.hf.space/?${text}`,
  };
  return { state, hello: hello(), address };
}

test("every line holds the edit, and the parts that were chosen", () => {
  const made = snippets(page("?bounds=-1:1&hide=test"), { show: ["curves"], language: "zh-Hans" });
  const query =
    "suite=tiny&set=apples:-0.5&focus=apples&lang=zh-Hans&bounds=-1:1&embed=1&show=curves";
  assert.equal(made.link, `https://me-demo.hf.space/?${query}`);
  const source = `src="https://me-demo.hf.space/?${query.replaceAll("&", "&amp;")}"`;
  assert.ok(made.iframe.startsWith(`<iframe ${source} `));
  assert.equal(made.notebook, 'taskarith.widget("tiny", height=600)');
});

test("a quote or a bracket in an address ends nothing", () => {
  const odd = page();
  odd.address.link = () => `https://me.test/?x="><script>`;
  const { iframe } = snippets(odd, { show: [], language: "en" });
  assert.ok(iframe.includes('src="https://me.test/?x=&quot;&gt;&lt;script&gt;"'));
});

test("each part that may be asked for is there, and nothing else", () => {
  for (const part of SHOWN) {
    const { room, problems } = readRoom(`embed=1&show=${part}`, hello());
    assert.deepEqual(problems, []);
    assert.deepEqual(
      room.hidden,
      Object.keys(PARTS).filter((one) => one !== part),
    );
  }
});

test("what followers are told is a link's own words", () => {
  const { room } = readRoom("hide=test&sliders=apples&bounds=-1:1&present=1", hello());
  const walk = { lesson: { name: "adding" }, at: 1 };
  assert.equal(
    stateOf({ page: page(), walk, room }),
    "suite=tiny&set=apples:-0.5&focus=apples&lesson=adding&step=2&hide=test&sliders=apples&bounds=-1:1",
  );
  const plain = readRoom("", hello()).room;
  assert.equal(
    stateOf({ page: page(), walk: null, room: plain }),
    "suite=tiny&set=apples:-0.5&focus=apples",
  );
});

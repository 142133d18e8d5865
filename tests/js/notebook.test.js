import assert from "node:assert/strict";
import { test } from "node:test";

import { kernelBackend } from "../../taskarith/ui/js/notebook/backend.js";

function channel() {
  const heard = new Set();
  return {
    sent: [],
    heard,
    on: (event, listener) => heard.add(listener),
    off: (event, listener) => heard.delete(listener),
    send(content) {
      this.sent.push(content);
    },
    answers(content) {
      for (const listener of heard) listener(content);
    },
  };
}

test("an answer finds its call, whatever comes between", async () => {
  const model = channel();
  const { hello, engine } = kernelBackend(model, new AbortController().signal);
  const calls = [hello({ suite: "mini" }), engine({ known: "loading" })];
  assert.deepEqual(
    model.sent.map(({ call, message }) => [call, message]),
    [
      ["hello", { suite: "mini" }],
      ["engine", { known: "loading" }],
    ],
  );
  model.answers(null);
  model.answers({ id: "another view's", answer: {} });
  model.answers({ id: model.sent[1].id, answer: { state: "ready" } });
  model.answers({ id: model.sent[0].id, answer: { version: "1" } });
  model.answers({ id: model.sent[0].id, answer: { version: "2" } });
  assert.deepEqual(await Promise.all(calls), [{ version: "1" }, { state: "ready" }]);
});

test("two views of a widget do not hear each other's answers", async () => {
  const model = channel();
  const [one, two] = [1, 2].map(() => kernelBackend(model, new AbortController().signal));
  one.hello({});
  const second = two.hello({});
  assert.notEqual(model.sent[0].id, model.sent[1].id);
  model.answers({ id: model.sent[1].id, answer: { for: "two" } });
  assert.deepEqual(await second, { for: "two" });
  model.answers({ id: model.sent[0].id, answer: {} });
});

test("what nobody answers is undefined, and so is all that waits when the view goes", async () => {
  const model = channel();
  const gone = new AbortController();
  const backend = kernelBackend(model, gone.signal, 1);
  assert.equal(await backend.hello({}), undefined);
  const waiting = kernelBackend(model, gone.signal).more({});
  gone.abort();
  assert.equal(await waiting, undefined);
  assert.equal(await backend.hello({}), undefined);
  assert.equal(model.heard.size, 0);
});

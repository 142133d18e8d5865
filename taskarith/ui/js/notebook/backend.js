// The kernel as a backend: a call is a message over the widget's channel, its answer another one.
// Knows the channel, not what travels.

const PATIENCE = 45000; // ms after which a call counts as unanswered: a cell runs, or nobody is there

/**
 * What anywidget gives a view, as far as it is used.
 * @typedef {{get(name: string): any, set(name: string, value: any): void, save_changes(): void,
 *   on(event: string, heard: (...parts: any[]) => void): void,
 *   off(event: string, heard: (...parts: any[]) => void): void,
 *   send(content: any): void}} Model
 */

/** @type {(keyof import("../types.js").Backend)[]} */
const CALLS = [
  "hello",
  "engine",
  "commit",
  "more",
  "rest",
  "test",
  "surrogate",
  "changed",
  "ask",
  "take",
  "suggest",
  "suites",
  "lessons",
  "qr",
];

/**
 * @param {Model} model
 * @param {AbortSignal} signal - of the view's end
 * @param {number} [patience]
 * @returns {import("../types.js").Backend}
 */
export function kernelBackend(model, signal, patience = PATIENCE) {
  const view = crypto.getRandomValues(new Uint32Array(2)).join("-"); // a model may have several
  /** @type {Map<string, (answer: any) => void>} */
  const waiting = new Map();
  let made = 0;

  /** @param {any} content */
  const heard = (content) => {
    const answer = waiting.get(content?.id);
    if (answer) answer(content.answer);
  };
  model.on("msg:custom", heard);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", heard);
    for (const answer of waiting.values()) answer(undefined);
  });

  const call = (/** @type {string} */ name) => (/** @type {any} */ message) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(undefined);
      made += 1;
      const id = `${view}-${made}`;
      const timer = setTimeout(() => waiting.get(id)?.(undefined), patience);
      waiting.set(id, (answer) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(answer);
      });
      model.send({ id, call: name, message });
    });
  return /** @type {any} */ (Object.fromEntries(CALLS.map((name) => [name, call(name)])));
}

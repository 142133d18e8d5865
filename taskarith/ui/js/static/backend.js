// What answers where nobody measures: everything comes from data that was measured before. Knows
// nothing of elements or addresses.

/** @typedef {import("../types.js").Told} Told */
/**
 * @typedef {{suites: Record<string, {hello: any, surrogate: any}>, lessons: Record<string, Told>}}
 *   Measured
 */

const NEEDS_ENGINE = "This page holds what was measured before; nothing is measured here.";

/**
 * @param {Measured} measured
 * @returns {import("../types.js").Backend}
 */
export function staticBackend({ suites, lessons }) {
  const [first] = Object.keys(suites);
  const of = (/** @type {unknown} */ name) => suites[String(name)] ?? suites[first];
  const refused = async () => ({ error: NEEDS_ENGINE });
  return {
    async hello({ suite }) {
      const { hello } = of(suite);
      if (suite === undefined || suites[suite]) return { ...hello };
      const asked = String(suite).slice(0, 40);
      const problem = `there is no suite ${asked} here. This is the suite ${hello.suite.name}`;
      return { ...hello, problem };
    },
    engine: async ({ suite }) => of(suite).hello.engine,
    surrogate: async ({ suite }) => of(suite).surrogate,
    rest: async () => ({}),
    async suites() {
      const all = Object.values(suites).map(({ hello }) => hello.suite);
      return { suites: all.map(({ name, title }) => ({ name, title, here: true })) };
    },
    lessons: async ({ language }) => lessons[language] ?? lessons.en,
    commit: refused,
    more: refused,
    test: refused,
    changed: refused,
    ask: refused,
    take: refused,
    suggest: refused,
    qr: refused,
  };
}

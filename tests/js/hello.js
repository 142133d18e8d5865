// A small suite as `hello` describes it: two targets, a control, an auxiliary and a null.

export function hello(more = {}) {
  return {
    version: "0",
    suite: { name: "tiny", title: "Tiny", about: "A suite." },
    tasks: [
      { name: "apples", title: "Apples", role: "target", chance: 0.25 },
      { name: "birds", title: "Birds", role: "target", chance: 0.5 },
      { name: "gardens", title: "Gardens", role: "control", chance: 0.1 },
      { name: "ponds", title: "Ponds", role: "second-control", chance: 0.1 },
      { name: "eggs", title: "Eggs", role: "auxiliary", chance: 0.5 },
    ],
    vectors: [
      { name: "apples", title: "Apples", kind: "target", task: "apples" },
      { name: "birds", title: "Birds", kind: "target", task: "birds" },
      { name: "eggs", title: "Eggs", kind: "auxiliary", task: "eggs" },
      { name: "random:apples", title: "random: Apples", kind: "null", task: "apples" },
    ],
    presets: [],
    start: null,
    floor: 0.95,
    limits: { slider: 1.5, hard: 3, settle: 250 },
    style: {},
    space: null,
    shipped: [],
    engine: { state: "loading" },
    nav: [],
    ...more,
  };
}

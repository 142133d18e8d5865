// A small suite as `hello` describes it: two targets, a control, an auxiliary and a null.

export const ACCURACY = {
  name: "accuracy",
  title: "accuracy",
  kind: "share",
  unit: "%",
  higher_is_better: true,
  low: 0,
  high: 1,
};
export const PERPLEXITY = {
  name: "perplexity",
  title: "perplexity",
  kind: "mean",
  unit: "",
  higher_is_better: false,
  low: 1,
  high: null,
};

const task = (name, role, chance, metric = ACCURACY) => ({
  name,
  title: name[0].toUpperCase() + name.slice(1),
  role,
  chance,
  metric,
  examples: metric === ACCURACY ? "images" : "texts",
});

export function hello({ control = ACCURACY, ...more } = {}) {
  return {
    version: "0",
    suite: { name: "tiny", title: "Tiny", about: "A suite." },
    tasks: [
      task("apples", "target", 0.25),
      task("birds", "target", 0.5),
      task("gardens", "control", control === ACCURACY ? 0.1 : null, control),
      task("ponds", "second-control", 0.1),
      task("eggs", "auxiliary", 0.5),
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
    limits: { slider: 1.5, hard: 3, settle: 250, slices: [32, 128] },
    style: {},
    space: null,
    shipped: [],
    engine: { state: "loading" },
    nav: [],
    ...more,
  };
}

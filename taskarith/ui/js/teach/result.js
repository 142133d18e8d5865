// What was taught: the numbers of its card, and where to go with it.

import { h } from "../dom.js";
import { exploreAt } from "../drawing.js";
import { percent } from "../words.js";

/** @param {any} value - an estimate; a perplexity is told as the number it is */
export function told(value) {
  if (value.metric === "perplexity") {
    const [own, low, high] = [value.value, value.low, value.high].map((one) => one.toPrecision(3));
    return `perplexity ${own} (${low}–${high}, n = ${value.n})`;
  }
  const range = `${(100 * value.low).toFixed(1)}–${percent(value.high)}`;
  return `${percent(value.value)} (${range}, n = ${value.n})`;
}

// Where the head alone is enough, a slider has little to add.
function before(taught) {
  if (taught.before[taught.vector].value < 1) return [];
  const words =
    "The base told them apart before it was taught, too, so the slider has little to add: take " +
    "classes that are more alike to see it learn.";
  return [h("li", {}, words)];
}

/** @param {any} taught @param {number | null} hours - that a visitor's copy is kept */
export function result(taught, hours) {
  const rows = Object.keys(taught.after).map((task) =>
    h(
      "tr",
      {},
      h("th", {}, task === taught.control ? `${task} (control)` : task),
      h("td", { class: "number" }, told(taught.before[task])),
      h("td", { class: "number" }, told(taught.after[task])),
    ),
  );
  const edit = { [taught.vector]: taught.coefficient };
  const at = exploreAt(edit, taught.suite);
  const kept =
    hours === null
      ? `It is the suite “${taught.suite}”.`
      : "Only whoever has its address can open it: nobody is told its name. It is forgotten, with " +
        `your examples, ${hours === 1 ? "an hour" : `${hours} hours`} after it was made; export ` +
        "the vector if you want to keep it.";
  return h(
    "div",
    { class: "taught" },
    h("h2", {}, `“${taught.vector}” is a slider now`),
    h(
      "p",
      { class: "acts" },
      h("a", { class: "go", href: at }, "Drag it in Explore →"),
      h("a", { class: "go", href: exploreAt(edit, taught.suite, { page: "export" }) }, "Export it"),
    ),
    h(
      "div",
      { class: "scroll" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["on validation", "pretrained, λ = 0", "taught, λ = 1"].map((title) =>
              h("th", {}, title),
            ),
          ),
        ),
        h("tbody", {}, ...rows),
      ),
    ),
    h(
      "ul",
      { class: "card-facts" },
      h("li", {}, `${taught.how}.`),
      h("li", {}, `The classes are told apart by ${taught.head}.`),
      h(
        "li",
        {},
        `Examples: ${taught.examples.train} to learn from, ${taught.examples.validation} for ` +
          `validation, ${taught.examples.test} for test, which stays closed.`,
      ),
      ...taught.notes.map((/** @type {string} */ note) => h("li", {}, `${note}.`)),
      ...before(taught),
      h("li", {}, `Begin with λ = ${taught.coefficient}: ${taught.why}.`),
      h(
        "li",
        {},
        `${taught.moved.toLocaleString("en")} numbers moved; the vector has ` +
          `${taught.size.toLocaleString("en")}. It took ${Math.round(taught.seconds)} s.`,
      ),
      h("li", {}, kept),
    ),
  );
}

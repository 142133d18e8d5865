// What one class turned into: every class under two edits, and which wrong answers are new.

import { field, head, options, told } from "./parts.js";
import { Run } from "./run.js";
import { taking } from "./taking.js";
import { h } from "../dom.js";
import { tint } from "../drawing.js";
import { MINUS, capital, points } from "../words.js";
import { scrolling } from "../scrolling.js";

export const MOST_CLASSES = 24; // in a matrix that can be read

export class Classes {
  constructor(root, page) {
    this.page = page;
    const { hello } = page;
    const focus = hello.tasks.find((task) => task.name === hello.focus) || hello.tasks[0];
    const edits = [["pretrained", "the pretrained model", { coefficients: {} }]];
    if (hello.pinned) edits.push(["pinned", "the pinned edit", hello.pinned]);
    hello.presets.forEach((preset, index) =>
      edits.push([
        `preset-${index}`,
        `the preset ${preset.title}`,
        { coefficients: preset.coefficients },
      ]),
    );
    this.others = new Map(edits.map(([key, , edit]) => [key, edit]));
    this.task = h(
      "select",
      { onchange: () => this.listClasses() },
      ...options(
        hello.tasks.map((task) => [task.name, task.title]),
        focus.name,
      ),
    );
    this.one = h("select", { onchange: () => this.draw() });
    this.other = h("select", {}, ...options(edits, hello.pinned ? "pinned" : "pretrained"));
    this.images = page.images(64);
    this.kind = "change";
    this.host = h(
      "div",
      { class: "outcome" },
      h(
        "p",
        { class: "hint" },
        "Run it to see which classes gain and lose, and what they are taken for.",
      ),
    );
    this.run = new Run("classes", {
      ask: page.ask,
      message: () => ({
        task: this.task.value,
        before: this.others.get(this.other.value),
        images: page.imagesOf(this.images),
      }),
      draw: (rows) => {
        this.found = rows[rows.length - 1];
        if (this.found && this.found.task !== this.task.value) {
          this.task.value = this.found.task;
          this.listClasses(this.found);
        }
        this.draw();
      },
    });
    root.append(
      page.section(
        "classes",
        "What one class turned into",
        `The edit above, beside another one, on the same ${page.examples}.`,
        [
          field("Task", this.task),
          field("Class", this.one),
          field("Compared with", this.other),
          field(capital(page.examples), this.images),
        ],
        this.run,
        this.host,
      ),
    );
    this.listClasses();
  }

  listClasses(found = null) {
    const task = this.page.hello.tasks.find(({ name }) => name === this.task.value);
    this.one.replaceChildren(
      ...options([["", "all classes"], ...task.classes.map((name, index) => [index, name])], ""),
    );
    this.found = found;
  }

  draw() {
    if (!this.found) return;
    const { found } = this;
    const index = this.one.value === "" ? null : Number(this.one.value);
    const { difference, low, high, n } = found.difference;
    const verdict = found.difference.clear ? "" : " It may be chance.";
    const whole = h(
      "p",
      { class: "verdict" },
      `${this.page.title(found.task)}: ${told(found.before)} → ${told(found.after)}. ` +
        `${points(difference)} points (${points(low)} to ${points(high)}, paired, ${n} validation ` +
        `${this.page.examples}); ${found.difference.gained} answers turned right, ` +
        `${found.difference.lost} wrong.${verdict}`,
    );
    this.host.replaceChildren(
      whole,
      h(
        "div",
        { class: "pair" },
        index === null ? this.changes(found) : this.one_class(found, index),
        h("div", {}, this.confusions(found, index), this.matrix(found)),
      ),
      taking(
        `${this.page.hello.suite.name}-classes-of-${found.task}`,
        found.changes.map((one) => ({ task: found.task, split: "validation", ...one })),
      ),
    );
  }

  changes({ changes }) {
    const rows = changes.map((one) => {
      const count = one.n;
      const { difference, low, high } = one;
      return h(
        "tr",
        { "data-class": one.name },
        head(one.name, { scope: "row" }),
        h(
          "td",
          { class: "lane" },
          h(
            "span",
            { class: "rail", title: `${one.before} → ${one.after} of ${count} right` },
            h("u", { class: "was", style: `left:${(100 * one.before) / count}%` }),
            h("u", {
              class: `move ${difference < 0 ? "down" : "up"}`,
              style:
                `left:${(100 * Math.min(one.before, one.after)) / count}%;` +
                `width:${(100 * Math.abs(one.after - one.before)) / count}%`,
            }),
            h("u", { class: "now", style: `left:${(100 * one.after) / count}%` }),
          ),
        ),
        h("td", { class: `number ${one.clear ? "clear" : ""}` }, points(difference)),
        h("td", { class: "number quiet" }, `${points(low)} to ${points(high)}`),
        h(
          "td",
          { class: "number quiet", title: `of ${count} ${this.page.examples}` },
          `+${one.gained} ${MINUS}${one.lost}`,
        ),
      );
    });
    const columns = ["class", "┃ before, ● after", "points", "95 %, paired", "answers"];
    return h(
      "div",
      scrolling("What changed, row by row"),
      h(
        "table",
        { class: "changes" },
        h("thead", {}, h("tr", {}, ...columns.map((text) => h("th", {}, text)))),
        h("tbody", {}, ...rows),
      ),
    );
  }

  one_class(found, index) {
    const rows = found.matrices.map((matrix) => matrix[index]);
    const counts = rows.map((row) => row.reduce((sum, count) => sum + count, 0));
    const name = found.classes[index];
    if (!counts[0]) return h("p", { class: "hint" }, `No image of ${name} was measured.`);
    const answers = found.classes
      .map((_, answer) => answer)
      .filter((answer) => rows[0][answer] || rows[1][answer])
      .sort((a, b) => rows[1][b] - rows[1][a] || rows[0][b] - rows[0][a]);
    const lane = (answer) =>
      h(
        "tr",
        {},
        head(found.classes[answer], { scope: "row", mark: answer === index ? " ✓" : "" }),
        h(
          "td",
          { class: "lane" },
          ...rows.map((row, k) =>
            h(
              "span",
              { class: "strip" },
              h("u", {
                class: k ? "after" : "before",
                style: `width:${(100 * row[answer]) / counts[k]}%`,
              }),
            ),
          ),
        ),
        h("td", { class: "number" }, `${rows[0][answer]} → ${rows[1][answer]}`),
      );
    return h(
      "div",
      scrolling("What changed in it"),
      h(
        "table",
        { class: "changes" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            head(`${name} is taken for`, { scope: "col" }),
            h("th", {}, "grey before, blue after"),
            h("th", {}, `of ${counts[1]}`),
          ),
        ),
        h("tbody", {}, ...answers.map(lane)),
      ),
    );
  }

  confusions({ confusions, classes }, index) {
    const shown = confusions.filter((one) => index === null || one.truth === classes[index]);
    const items = shown.map((one) =>
      h(
        "li",
        {},
        h("b", {}, one.truth),
        " is taken for ",
        h("b", {}, one.answer),
        ` ${one.after} ${one.after === 1 ? "time" : "times"}`,
        h("span", {}, one.before ? `, before ${one.before}` : ", before never"),
      ),
    );
    return h(
      "div",
      { class: "confusions" },
      h("h3", {}, "New wrong answers"),
      items.length
        ? h("ul", {}, ...items)
        : h("p", { class: "hint" }, "None is more frequent than before."),
    );
  }

  matrix(found) {
    const { classes, matrices, changes } = found;
    const weight = new Map(changes.map((one) => [one.name, one.gained + one.lost]));
    const ranked = classes.map((name, index) => [index, weight.get(name) || 0]);
    const kept =
      ranked.length <= MOST_CLASSES
        ? ranked
        : ranked
            .sort((a, b) => b[1] - a[1])
            .slice(0, MOST_CLASSES)
            .sort((a, b) => a[0] - b[0]);
    const places = kept.map(([index]) => index);
    const kinds = [
      ["before", "before"],
      ["after", "after"],
      ["change", "change"],
    ];
    const cell = (i, j) => {
      const [before, after] = matrices.map((matrix) => matrix[i][j]);
      const count = matrices[1][i].reduce((sum, n) => sum + n, 0) || 1;
      const about = `${classes[i]} taken for ${classes[j]}: ${before} → ${after} of ${count}`;
      if (this.kind !== "change") {
        const share = (this.kind === "before" ? before : after) / count;
        return h("i", { title: about, style: `background:${tint("target", Math.sqrt(share))}` });
      }
      const share = (after - before) / count;
      const good = i === j ? share : -share; // a right answer more, or a wrong one less
      const back = tint(good < 0 ? "pinned" : "target", Math.sqrt(Math.abs(share)));
      return h("i", { title: about, style: `background:${back}` });
    };
    const names = places.map((j) => h("b", { class: "head", title: classes[j] }, classes[j]));
    const cells = places.flatMap((i) => [
      h("b", { class: "side", title: classes[i] }, classes[i]),
      ...places.map((j) => cell(i, j)),
    ]);
    const words = {
      before: "Row: what is shown. Column: the answer. The darker, the more often.",
      after: "Row: what is shown. Column: the answer. The darker, the more often.",
      change:
        "Row: what is shown. Column: the answer. Blue is better: more " +
        "right, or fewer wrong answers. Orange is worse.",
    }[this.kind];
    const some =
      places.length < classes.length
        ? ` The ${places.length} classes with most changes of ${classes.length}.`
        : "";
    return h(
      "div",
      { class: "heat" },
      h(
        "div",
        { class: "heading" },
        h("h3", {}, "Confusions"),
        h(
          "span",
          { class: "switch" },
          ...kinds.map(([kind, title]) =>
            h(
              "button",
              {
                type: "button",
                "aria-pressed": String(this.kind === kind),
                onclick: () => {
                  this.kind = kind;
                  this.draw();
                },
              },
              title,
            ),
          ),
        ),
      ),
      h(
        "div",
        { class: "cells", style: `--columns:${places.length}` },
        h("span", {}),
        ...names,
        ...cells,
      ),
      h("p", { class: "says" }, words + some),
    );
  }
}

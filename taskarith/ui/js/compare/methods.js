// Merge methods side by side: what each makes of the same vectors, by one rule.

import { field, told } from "./parts.js";
import { Run } from "./run.js";
import { taking } from "./taking.js";
import { h } from "../dom.js";
import { behind, exploreAt } from "../drawing.js";
import { MINUS, capital, percent } from "../words.js";
import { scrolling } from "../scrolling.js";

// A method's settings but the scale, which the comparison chooses itself.
function settingsOf(method, chosen) {
  return method.settings.filter((setting) => setting.name !== chosen);
}

export class Methods {
  constructor(root, page) {
    this.page = page;
    const { hello } = page;
    const inHand = Object.keys(hello.edit).filter((name) => hello.targets.includes(name));
    const chosen = inHand.length > 1 ? inHand : hello.targets;
    this.tasks = new Map(hello.targets.map((name) => [name, this.tick(chosen.includes(name))]));
    this.methods = new Map(
      hello.methods.map((method) => [
        method.name,
        {
          tick: this.tick(hello.usual.includes(method.name)),
          most: method.most,
          boxes: new Map(
            settingsOf(method, hello.chosen).map((setting) => [
              setting.name,
              h("input", {
                type: "text",
                inputmode: "decimal",
                value:
                  setting.value && Math.abs(setting.value) < 1e-4
                    ? setting.value.toExponential()
                    : String(setting.value),
                title: setting.about,
                "aria-label": `${setting.name} of ${method.title}`,
              }),
            ]),
          ),
        },
      ]),
    );
    this.images = page.images(64);
    this.host = h(
      "div",
      { class: "outcome" },
      h("p", { class: "hint" }, "Run it to see the methods line up, one by one."),
    );
    this.run = new Run("methods", {
      ask: page.ask,
      message: () => this.message(),
      draw: (rows, _, state) => {
        this.rows = rows;
        this.state = state;
        this.draw();
      },
    });
    for (const box of this.tasks.values()) box.addEventListener("change", () => this.fit());
    this.fit();
    const tick = (title, box, about = "") =>
      h("label", { class: "tick", title: about }, box, title);
    const listed = hello.methods.map((method) => {
      const { tick: box, boxes } = this.methods.get(method.name);
      const looks = method.looks ? " *" : "";
      return h(
        "div",
        { class: "method" },
        tick(method.title + looks, box, method.about),
        ...(method.most ? [h("small", {}, `${method.most} vectors only`)] : []),
        ...[...boxes].map(([name, input]) => h("label", { class: "setting" }, name, input)),
      );
    });
    root.append(
      page.section(
        "methods",
        "Merge methods side by side",
        "One rule for all: the scale with the best mean normalized accuracy on validation.",
        [
          h(
            "fieldset",
            {},
            h("legend", {}, "Vectors"),
            ...hello.targets.map((name) => tick(page.title(name), this.tasks.get(name))),
          ),
          h(
            "details",
            { class: "list" },
            h("summary", {}, "Methods and their settings"),
            ...listed,
            h(
              "p",
              { class: "says" },
              `* looks at unlabelled validation ${page.examples}, and takes longer`,
            ),
          ),
          field(capital(page.examples), this.images),
        ],
        this.run,
        this.host,
      ),
    );
  }

  // A method that takes fewer vectors than are chosen cannot run.
  fit() {
    const count = [...this.tasks.values()].filter((tick) => tick.checked).length;
    for (const { tick, most } of this.methods.values()) {
      tick.disabled = most !== null && count > most;
      tick.title = tick.disabled ? `takes ${most} vectors, ${count} are chosen` : "";
    }
  }

  tick(on) {
    return h("input", { type: "checkbox", checked: on });
  }

  message() {
    const chosen = [...this.methods].filter(([, { tick }]) => tick.checked && !tick.disabled);
    const methods = chosen.map(([name, { boxes }]) => {
      const settings = [...boxes].map(([key, box]) => `${key}=${box.value.trim()}`);
      return settings.length ? `${name}:${settings.join(",")}` : name;
    });
    const tasks = [...this.tasks].filter(([, tick]) => tick.checked).map(([name]) => name);
    return { tasks, methods, images: this.page.imagesOf(this.images) };
  }

  draw() {
    const [nothing, ...found] = this.rows;
    if (!nothing) {
      this.host.replaceChildren(h("p", { class: "hint" }, "Measuring…"));
      return;
    }
    const ranked = found
      .filter((row) => row.kind === "method")
      .sort((a, b) => b.normalized.value - a.normalized.value);
    const misfits = found.filter((row) => row.kind === "misfit");
    const n = nothing.control.n;
    const { examples } = this.page;
    this.host.replaceChildren(
      this.table(nothing, ranked),
      this.byTask(nothing, ranked),
      ...misfits.map((row) =>
        h("p", { class: "misfit" }, h("b", {}, row.label), `: ${row.reason}`),
      ),
      h(
        "p",
        { class: "says" },
        `Validation, ${n} ${examples} a task; the scale s was chosen on the ` +
          `same ${examples}, so the numbers flatter a little. ● is mean normalized accuracy (1 is every ` +
          `task as its own model), the line through it its 95 % interval over ${examples}; ┃ is doing ` +
          "nothing. A name opens what was found in Explore. ± is the " +
          "standard deviation over seeds, of a method that draws. s = 1 is without " +
          "scaling. Time is that of one merge where it was measured; buffers are model-sized, beside the " +
          `vectors. * looks at unlabelled validation ${examples}. Numbers on test: `,
        h("code", {}, "taskarith recipe methods"),
        ".",
      ),
      taking(
        `${this.page.hello.suite.name}-methods`,
        [...ranked, nothing].map((row) => ({
          method: row.label,
          scale: row.scale,
          normalized: row.normalized,
          gain: row.gain,
          control: row.control,
          "at scale 1": row.at_one,
          "spread over seeds": row.spread,
          seconds: row.seconds,
          ...row.tasks,
        })),
      ),
    );
  }

  table(nothing, ranked) {
    const all = [nothing, ...ranked];
    const lows = all.map((row) => row.normalized.low ?? row.normalized.value);
    const low = Math.min(...lows) - 0.02;
    const high =
      Math.max(1, ...all.map((row) => row.normalized.high ?? row.normalized.value)) + 0.01;
    const x = (value) => `${(100 * (value - low)) / (high - low)}%`;
    const line = (row) => {
      const { value } = row.normalized;
      const ends = [row.normalized.low ?? value, row.normalized.high ?? value];
      const share = (number, digits = 2) =>
        number === undefined || number === null ? "–" : number.toFixed(digits).replace("-", MINUS);
      return h(
        "tr",
        { "data-method": row.name || "nothing", class: row.kind },
        h("th", { scope: "row", title: row.about || "" }, this.named(row)),
        h(
          "td",
          { class: "lane" },
          h(
            "span",
            {
              class: "rail",
              title: `${share(value, 3)} (${share(ends[0], 3)} to ${share(ends[1], 3)})`,
            },
            h("u", { class: "was", style: `left:${x(nothing.normalized.value)}` }),
            h("u", {
              class: "span",
              style: `left:${x(ends[0])};width:${(100 * (ends[1] - ends[0])) / (high - low)}%`,
            }),
            h("u", { class: "now", style: `left:${x(value)}` }),
          ),
        ),
        h("td", { class: "number" }, h("b", {}, share(value, 3))),
        h("td", { class: "number" }, row.gain ? percent(row.gain.value, 0) : "–"),
        h("td", { class: "number", title: told(row.control) }, percent(row.control.accuracy)),
        h("td", { class: "number" }, share(row.scale)),
        h(
          "td",
          { class: "number" },
          row.spread === null || row.spread === undefined ? "–" : `±${share(row.spread, 3)}`,
        ),
        h("td", { class: "number" }, share(row.at_one, 3)),
        h(
          "td",
          { class: "number" },
          row.seconds === undefined ? "–" : `${row.seconds.toFixed(1)} s`,
        ),
        h("td", { class: "number" }, row.buffers === undefined ? "–" : String(row.buffers)),
      );
    };
    const head = [
      "method",
      "mean normalized accuracy",
      "gain",
      "control",
      "s",
      "± seeds",
      "s = 1",
      "time",
      "buffers",
    ];
    return h(
      "div",
      scrolling("Merge methods"),
      h(
        "table",
        { class: "changes methods" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...head.map((text, i) => h("th", { scope: "col", colspan: i === 1 ? 2 : null }, text)),
          ),
        ),
        h("tbody", {}, ...ranked.map(line), line(nothing)),
      ),
    );
  }

  // A method's name opens what it found; what looks at images is too slow for sliders.
  named(row) {
    if (!row.edit) return row.label;
    const page = row.looks ? "./export" : "./";
    const href = exploreAt(row.edit, this.page.hello.suite.name, { merge: row.merge, page });
    const title = row.looks ? "open in Export" : "open in Explore";
    return h("a", { href, title }, row.label + (row.looks ? " *" : ""));
  }

  byTask(nothing, ranked) {
    const tasks = Object.keys(nothing.tasks);
    const cell = (row, task) => {
      const share = row.tasks[task].accuracy / Math.max(1e-9, nothing.finetuned[task].accuracy);
      const strength = Math.max(0, Math.min(1, share)) ** 3;
      return h(
        "i",
        {
          class: "cell",
          title:
            `${row.label}, ${task}: ${told(row.tasks[task])}; ` +
            `its own model ${told(nothing.finetuned[task])}`,
          style: `background:${behind(strength)}`,
        },
        (100 * share).toFixed(0),
      );
    };
    const rows = [...ranked, nothing].flatMap((row) => [
      h("b", { class: "side" }, row.label),
      ...tasks.map((task) => cell(row, task)),
    ]);
    return h(
      "div",
      { class: "bytask" },
      h("h3", {}, "Task by task, in % of its own model"),
      h(
        "div",
        { ...scrolling("Methods, task by task", "matrix"), style: `--columns:${tasks.length}` },
        h("span", {}),
        ...tasks.map((task) => h("b", { class: "head", title: task }, this.page.title(task))),
        ...rows,
      ),
    );
  }
}

// The bars: every visible task now, with its interval, against zero-shot, fine-tuned and chance.
// Knows values in 0…1 of the measure shown, not what they are.

import { h, setText } from "../dom.js";

export class Bars {
  // on: {hover(task or null), pick(task)}
  constructor(element, { on }) {
    this.element = element;
    this.on = on;
    this.rows = new Map();
  }

  // rows: [{task, title, note, role, references: {zeroshot, finetuned, chance, floor}, pinned}]
  draw(rows, range) {
    this.range = range;
    const nodes = rows.map((row) => {
      const fill = h("div", { class: "fill" });
      const whisker = h("div", { class: "whisker" });
      const value = h("span", { class: "value" });
      const change = h("span", { class: "change" });
      const lane = h("div", { class: "lane" }, fill, whisker);
      for (const [kind, at] of Object.entries(row.references)) {
        if (at === null || at === undefined || Number.isNaN(at)) continue;
        lane.append(this.mark(`ref ${kind}`, at));
      }
      if (row.pinned !== null) lane.append(this.mark("ref pinned", row.pinned));
      const node = h(
        "div",
        {
          class: `bar ${row.role}`,
          "data-bar": row.task,
          onpointerenter: () => this.on.hover(row.task),
          onpointerleave: () => this.on.hover(null),
          onclick: () => this.on.pick(row.task),
        },
        h(
          "button",
          {
            class: "title",
            type: "button",
            title: "show the images whose answer changed",
          },
          row.title,
          row.note && h("small", {}, row.note),
        ),
        lane,
        value,
        change,
      );
      this.rows.set(row.task, { node, fill, whisker, value, change });
      return node;
    });
    for (const task of this.rows.keys()) {
      if (!rows.some((row) => row.task === task)) this.rows.delete(task);
    }
    this.element.replaceChildren(...nodes);
  }

  mark(kind, at) {
    const node = h("i", { class: kind });
    node.style.left = `${100 * this.share(at)}%`;
    return node;
  }

  share(value) {
    const [low, high] = this.range;
    return Math.max(0, Math.min(1, (value - low) / (high - low)));
  }

  // The hot path. value: {y, low, high, text, change, hollow, hint} or null: not known yet.
  set(task, value) {
    const row = this.rows.get(task);
    if (!row) return;
    const known = value !== null && !Number.isNaN(value.y);
    row.node.classList.toggle("unknown", !known);
    if (!known) {
      setText(row.value, "…");
      setText(row.change, "");
      return;
    }
    const zero = this.share(Math.max(0, this.range[0]));
    const end = this.share(value.y);
    row.fill.style.transform = `translateX(${100 * Math.min(zero, end)}%) scaleX(${Math.max(0.002, Math.abs(end - zero))})`;
    row.node.classList.toggle("hollow", value.hollow);
    const wide = !value.hollow && value.low !== undefined;
    row.whisker.style.display = wide ? "" : "none";
    if (wide) {
      row.whisker.style.left = `${100 * this.share(value.low)}%`;
      row.whisker.style.right = `${100 - 100 * this.share(value.high)}%`;
    }
    setText(row.value, value.text);
    setText(row.change, value.change);
    if (row.hint !== value.hint) {
      row.hint = value.hint;
      row.node.title = value.hint;
    }
  }
}

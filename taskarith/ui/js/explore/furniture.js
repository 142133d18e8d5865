// The furniture: the fixed elements of the page and its tools. Every tool calls one method of Page.

import { h, setText } from "../dom.js";
import { LostConnection } from "./link.js";
import { MEASURES } from "./measurements.js";
import { theme } from "../theme.js";
import { copyText, csvOf, download, pictureOf, pixelsOf, tableOnScreen } from "./share.js";
import { suiteMenu } from "./suites.js";
import { formula } from "../words.js";

export function buildParts(root, page) {
  const parts = {};
  const make = (name, tag, attributes = {}, ...children) =>
    (parts[name] = h(tag, attributes, ...children));
  const header = h(
    "header",
    {},
    h("h1", {}, "Task Arithmetic Explorer"),
    suiteMenu(page),
    buildNav(page),
    buildTools(parts, page),
  );
  const title = h(
    "section",
    { class: "story" },
    h(
      "div",
      { class: "line" },
      make("formula", "div", { class: "formula", title: "the edit; click to select" }),
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          title: "copy the formula",
          onclick: async (event) =>
            flash(event.target, await copyText(formula(page.state.coefficients))),
        },
        "copy",
      ),
    ),
    h(
      "div",
      { class: "tell" },
      make("about", "p", { class: "about" }),
      make(
        "presets",
        "div",
        { class: "presets", role: "group", "aria-label": "presets" },
        ...page.hello.presets.map((preset) =>
          h(
            "button",
            {
              type: "button",
              "data-preset": preset.name,
              title: preset.about,
              "aria-pressed": "false",
              onclick: () => page.replace(preset),
            },
            preset.title,
          ),
        ),
      ),
    ),
    make("notice", "p", { class: "notice", role: "status", hidden: true }),
  );
  const chart = h(
    "section",
    { class: "picture" },
    h(
      "div",
      { class: "heading" },
      make("heading", "h2", {}),
      h(
        "p",
        { class: "says" },
        make("targetSays", "span", { class: "target" }),
        make("controlSays", "span", { class: "control" }),
      ),
    ),
    make("chart", "div", { class: "chart" }),
    make("described", "p", { class: "unseen", role: "status", "aria-live": "polite" }),
  );
  const bars = h(
    "section",
    { class: "tasks" },
    h(
      "div",
      { class: "heading" },
      h("h2", {}, "Every task now ", make("split", "small", {})),
      h(
        "p",
        { class: "key", "aria-hidden": "true" },
        h("i", { class: "ref zeroshot" }),
        "zero-shot",
        h("i", { class: "ref finetuned" }),
        "fine-tuned",
        h("i", { class: "ref chance" }),
        "chance",
      ),
      measureToggle(page),
    ),
    make("bars", "div", { class: "bars" }),
  );
  const left = h(
    "aside",
    {},
    h(
      "section",
      { class: "bank" },
      h(
        "div",
        { class: "heading" },
        h("h2", {}, "Scaling coefficients λ"),
        h(
          "button",
          {
            type: "button",
            class: "quiet",
            "data-tool": "reset",
            title: "all λ to 0",
            onclick: () => page.replace({ coefficients: {}, focus: page.state.focus }),
          },
          "reset all",
        ),
      ),
      make("bank", "div", { class: "sliders" }),
    ),
    h("section", { class: "analogy" }, h("h2", {}, "Analogy"), make("analogy", "div", {})),
    page.hello.tasks.some((task) => task.examples === "texts")
      ? make("question", "section", { class: "question" })
      : null,
    h(
      "section",
      { class: "foot" },
      make("status", "p", { class: "status" }),
      h(
        "button",
        {
          type: "button",
          class: "deliberate",
          "data-tool": "test",
          title: "λ is chosen on validation; the test split is for one look at the end",
          onclick: () => page.test(),
        },
        "Evaluate on test",
      ),
    ),
  );
  root.replaceChildren(
    h(
      "div",
      { class: "sheet" },
      header,
      title,
      left,
      h("main", {}, chart, bars, make("images", "section", { class: "images" })),
    ),
  );
  paintColours(root, page);
  return parts;
}

// The other pages. A link carries this page's address: the edit in hand, and the theme.
export function buildNav(page) {
  const pages = page.hello.nav;
  const links = pages.map(([title, path], index) =>
    h(
      "a",
      {
        href: path,
        "aria-current": index === 0 ? "page" : null,
      },
      title,
    ),
  );
  const carry = () => {
    for (const link of links) link.search = page.address.read();
  };
  const on = { onpointerover: carry, onfocusin: carry, onclick: carry };
  return h("nav", { class: "pages", "aria-label": "pages", ...on }, ...links);
}

export function buildTools(parts, page) {
  const { state } = page;
  const tool = (name, text, title, onclick) =>
    h("button", { type: "button", "data-tool": name, title, "aria-label": title, onclick }, text);
  const undo = tool("undo", "↶", "undo (Ctrl+Z)", () => page.travel(page.state.undo()));
  const redo = tool("redo", "↷", "redo (Ctrl+Shift+Z)", () => page.travel(page.state.redo()));
  const pin = tool("pin", "Pin", "keep this edit as a ghost to compare with", () => page.pin());
  const link = tool("link", "Link", "copy a link to this edit", async () =>
    flash(link, await copyText(page.address.link(page.state.toQuery()))),
  );
  const presenter = tool("presenter", "A+", "presenter: everything half as large again", () => {
    const on = page.root.classList.toggle("presenter");
    presenter.setAttribute("aria-pressed", String(on));
    page.chart.frame.measure();
    page.reslice();
  });
  const dark = tool("theme", "◐", "light or dark", () => {
    document.body.classList.toggle("dark");
    const query = new URLSearchParams(page.address.read());
    query.set("__theme", theme()); // what Gradio reads: the other pages and a reload follow
    page.address.write(String(query));
    page.writeAddress();
    paintColours(page.root, page);
    page.reslice();
  });
  const tools = h(
    "div",
    { class: "tools" },
    undo,
    redo,
    pin,
    link,
    saveMenu(page),
    presenter,
    dark,
  );
  parts.tools = {
    update() {
      undo.disabled = !page.state.past.length;
      redo.disabled = !page.state.future.length;
      setText(pin, state.pinned ? "Unpin" : "Pin");
      pin.setAttribute("aria-pressed", String(Boolean(page.state.pinned)));
    },
  };
  const keyed = (/** @type {KeyboardEvent} */ event) => {
    const node = /** @type {Element | null} */ (event.target);
    const typing = node?.matches?.("input[type=text], textarea, [contenteditable]");
    const key = event.key.toLowerCase();
    if (typing || !(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return;
    event.preventDefault();
    const back = key === "z" && !event.shiftKey;
    page.travel(back ? page.state.undo() : page.state.redo());
  };
  document.addEventListener("keydown", keyed, { signal: page.gone.signal });
  return tools;
}

export function saveMenu(page) {
  const name = () => `taskarith-${page.hello.suite.name}`;
  const take = () =>
    page.link.call("take", {
      coefficients: page.state.coefficients,
      split: page.status.test ? "test" : "validation",
    });
  const picture = () =>
    pictureOf(page.chart, {
      title: formula(page.state.coefficients),
      ...page.hello.style[theme()].colours,
    });
  /** @type {Record<string, [string, () => Promise<void> | void]>} */
  const choices = {
    json: [
      "Edit (JSON)",
      async () =>
        download(
          `${name()}.json`,
          JSON.stringify((await take()).edit, null, 2) + "\n",
          "application/json",
        ),
    ],
    csv: [
      "Table on screen (CSV)",
      () =>
        download(
          `${name()}.csv`,
          csvOf(
            tableOnScreen(page.view, {
              found: (task) => page.found(task),
              store: page.store(),
              split: page.status.test ? "test" : "validation",
            }),
          ),
          "text/csv",
        ),
    ],
    png: [
      "Picture (PNG)",
      async () => download(`${name()}.png`, await pixelsOf(picture()), "image/png"),
    ],
    svg: ["Picture (SVG)", () => download(`${name()}.svg`, picture(), "image/svg+xml")],
    python: [
      "Python that reproduces it",
      async () => download(`${name()}.py`, (await take()).python, "text/x-python"),
    ],
  };
  const items = Object.entries(choices).map(([key, [label, act]]) =>
    h(
      "button",
      {
        type: "button",
        "data-export": key,
        onclick: async (event) => {
          event.target.closest("details").open = false;
          try {
            await act();
          } catch (error) {
            if (!(error instanceof LostConnection)) throw error;
            page.say(
              "No answer from the server: pictures and tables still work, try the rest later.",
            );
          }
        },
      },
      label,
    ),
  );
  return h(
    "details",
    { class: "menu" },
    h("summary", { title: "save what is shown" }, "Save"),
    h("div", {}, ...items),
  );
}

export function measureToggle(page) {
  const buttons = Object.entries(MEASURES).map(([name, { short, title }]) =>
    h(
      "button",
      {
        type: "button",
        "data-measure": name,
        title,
        "aria-pressed": String(page.state.measure === name),
        onclick: () => {
          page.measure(name);
          for (const b of buttons)
            b.setAttribute("aria-pressed", String(b.dataset.measure === name));
        },
      },
      short,
    ),
  );
  return h("div", { class: "toggle", role: "group", "aria-label": "measure" }, ...buttons);
}

// The colours live in figures/look.py; the page's own parts get them as CSS variables.
export function paintColours(root, page) {
  for (const [name, value] of Object.entries(page.hello.style[theme()].colours)) {
    root.style.setProperty(`--${name}`, value);
  }
  root.style.colorScheme = theme();
}

export function flash(button, done) {
  const text = button.textContent;
  setText(button, done ? "copied" : "not allowed");
  setTimeout(() => setText(button, text), 1200);
}

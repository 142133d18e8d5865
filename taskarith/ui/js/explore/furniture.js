// The furniture: the fixed elements of the page and its tools. Every tool calls one method of Page.

import { explained, h, setText } from "../dom.js";
import { menu } from "../menu.js";
import { isLarge, keepSize } from "../size.js";
import { theme } from "../theme.js";
import { formula } from "../words.js";
import { LostConnection } from "./link.js";
import { MEASURES } from "./metric.js";
import { copyText, download, pictureOf, pixelsOf } from "./share.js";
import { suiteMenu } from "./suites.js";
import { csvOf, tableOnScreen } from "./table.js";

/** @typedef {import("./page.js").Page} Page */

/**
 * @param {HTMLElement} root
 * @param {Page} page
 * @returns {Record<string, any>} the elements that change, by name
 */
export function buildParts(root, page) {
  /** @type {Record<string, any>} */
  const parts = {};
  const make = (
    /** @type {string} */ name,
    /** @type {string} */ tag,
    /** @type {Record<string, any>} */ attributes,
    /** @type {(Node | string)[]} */ ...children
  ) => (parts[name] = h(tag, attributes, ...children));
  // In a frame of its own: Chromium keeps what a container's width meant in the letters before.
  requestAnimationFrame(() => root.classList.toggle("presenter", isLarge()));
  const header = h(
    "header",
    {},
    h("h1", {}, "Task Arithmetic Explorer"),
    page.guest ? h("p", { class: "suite" }, page.hello.suite.name) : suiteMenu(page),
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
          onclick: async (/** @type {Event} */ event) =>
            flash(event.target, await copyText(written(page))),
        },
        "copy",
      ),
      make("methods", "div", { class: "methods", role: "group", "aria-label": "merge method" }),
    ),
    make("layers", "div", {
      class: "layers",
      id: "taskarith-layers",
      role: "group",
      "aria-label": "factors by layer",
      hidden: true,
    }),
    h(
      "div",
      { class: "tell" },
      make("about", "p", { class: "about" }),
      make(
        "presets",
        "div",
        { class: "presets", role: "group", "aria-label": "presets" },
        ...presets(page),
      ),
    ),
    make("notices", "div", { class: "notices", role: "status" }),
  );
  const chart = h(
    "section",
    { class: "picture" },
    h(
      "div",
      { class: "heading" },
      h("h2", {}, make("heading", "dfn", { tabindex: 0 })),
      h(
        "p",
        { class: "says" },
        make("targetSays", "span", { class: "target" }),
        make("controlSays", "span", { class: "control", "data-word": "floor", tabindex: 0 }),
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
      h(
        "h2",
        {},
        "Every task now ",
        make("split", "small", { "data-word": "validation", tabindex: 0 }),
      ),
      measureToggle(parts, page),
    ),
    make("bars", "div", { class: "bars" }),
  );
  const left = h(
    "aside",
    {},
    make("stage", "div", { class: "stage" }),
    h(
      "section",
      { class: "bank" },
      h(
        "div",
        { class: "heading" },
        h("h2", {}, "Scaling coefficients ", explained("lambda", "λ")),
        bankTools(page),
      ),
      make("bank", "div", { class: "sliders" }),
    ),
    h(
      "section",
      { class: "analogy" },
      h("h2", {}, explained("analogy", "Analogy")),
      make("analogy", "div", {}),
    ),
    page.hello.tasks.some((task) => task.examples === "texts")
      ? make("question", "section", { class: "question" })
      : null,
    h(
      "section",
      { class: "foot" },
      make("status", "p", { class: "status" }),
      h("div", { class: "acts" }, ...testTools(parts, page)),
    ),
  );
  const images = make("images", "section", { class: "images" });
  const main = h("div", { class: "main" }, chart, bars, images);
  root.replaceChildren(h("div", { class: "sheet" }, header, title, left, main));
  paintColours(root, page);
  return parts;
}

/** The edit in hand as one line. @param {Page} page */
function written({ state }) {
  return formula(state.coefficients, state.merge);
}

/** @param {Page} page @returns {Node[]} */
function presets(page) {
  return page.hello.presets.map((preset) =>
    h(
      "button",
      {
        type: "button",
        "data-preset": preset.name,
        title: preset.about,
        "aria-pressed": "false",
        onclick: () => page.hand.replace(preset),
      },
      preset.title,
    ),
  );
}

/** @param {Page} page */
function bankTools(page) {
  const reset = () => page.hand.replace({ ...page.state.sent, coefficients: {} });
  return h(
    "span",
    { class: "acts" },
    page.choice.menu(),
    h(
      "button",
      { type: "button", class: "quiet", "data-tool": "reset", title: "all λ to 0", onclick: reset },
      "reset",
    ),
  );
}

/**
 * Evaluate on test, see how far it is, stop it, and go back.
 * @param {Record<string, any>} parts
 * @param {Page} page
 */
function testTools(parts, page) {
  const start = h(
    "button",
    {
      type: "button",
      class: "deliberate",
      "data-tool": "test",
      title: "λ is chosen on validation; the test split is for one look at the end",
      onclick: () => page.asking.test(),
    },
    "Evaluate on test",
  );
  const back = h(
    "button",
    { type: "button", "data-tool": "back", hidden: true, onclick: () => page.asking.leaveTest() },
    "Back to validation",
  );
  const progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "test split" });
  parts.test = {
    /** @param {number | null} share - of the test split that is measured; null on validation */
    update(share) {
      start.hidden = share !== null;
      back.hidden = share === null;
      progress.hidden = share === null || share >= 1;
      if (share === null) return;
      progress.value = share;
      setText(back, share < 1 ? "Cancel" : "Back to validation");
    },
  };
  return [start, progress, back];
}

/**
 * The other pages. A link carries this page's address: the edit in hand, and the theme.
 * @param {Page} page
 */
function buildNav(page) {
  const links = page.hello.nav.map(([title, path], index) =>
    h("a", { href: path, "aria-current": index === 0 ? "page" : null }, title),
  );
  const carry = () => {
    const { address } = page;
    for (const [index, link] of links.entries()) {
      if (address.page) link.href = address.page(page.hello.nav[index][1]);
      else link.search = address.read();
    }
  };
  const on = { onpointerover: carry, onfocusin: carry, onclick: carry };
  return h("nav", { class: "pages", "aria-label": "pages", ...on }, ...links);
}

/**
 * @param {Record<string, any>} parts
 * @param {Page} page
 */
function buildTools(parts, page) {
  const { state } = page;
  const tool = (
    /** @type {string} */ name,
    /** @type {string} */ text,
    /** @type {string} */ title,
    /** @type {() => void} */ onclick,
  ) =>
    h("button", { type: "button", "data-tool": name, title, "aria-label": title, onclick }, text);
  const undo = tool("undo", "↶", "undo (Ctrl+Z)", () => page.hand.travel(page.state.undo()));
  const redo = tool("redo", "↷", "redo (Ctrl+Shift+Z)", () => page.hand.travel(page.state.redo()));
  const pin = h(
    "button",
    {
      type: "button",
      "data-tool": "pin",
      title: "keep this edit as a ghost to compare with",
      onclick: () => page.hand.pin(),
    },
    "Pin",
  );
  const link = h(
    "button",
    {
      type: "button",
      "data-tool": "link",
      title: "copy a link to this edit",
      onclick: async () => flash(link, await copyText(page.address.link(page.state.toQuery()))),
    },
    "Link",
  );
  const presenter = tool("presenter", "A+", "A+: everything half as large again", () => {
    const on = page.root.classList.toggle("presenter");
    keepSize(on);
    presenter.setAttribute("aria-pressed", String(on));
    page.chart.frame.measure();
    page.screen.reslice();
  });
  presenter.setAttribute("aria-pressed", String(isLarge()));
  const dark = tool("theme", "◐", "light or dark", () => {
    document.body.classList.toggle("dark");
    const query = new URLSearchParams(page.address.read());
    query.set("__theme", theme()); // what Gradio reads: the other pages and a reload follow
    page.address.write(String(query));
    page.writeAddress();
    recolour(page);
  });
  parts.tools = {
    update() {
      undo.disabled = !page.state.past.length;
      redo.disabled = !page.state.future.length;
      setText(pin, state.pinned ? "Unpin" : "Pin");
      pin.setAttribute("aria-pressed", String(Boolean(page.state.pinned)));
    },
  };
  const keyed = (/** @type {any} */ event) => {
    const node = /** @type {Element | null} */ (event.target);
    const typing = node?.matches?.("input[type=text], textarea, [contenteditable]");
    const key = event.key.toLowerCase();
    if (typing || !(event.ctrlKey || event.metaKey) || !["z", "y"].includes(key)) return;
    event.preventDefault();
    const back = key === "z" && !event.shiftKey;
    page.hand.travel(back ? page.state.undo() : page.state.redo());
  };
  page.keys.addEventListener("keydown", keyed, { signal: page.gone.signal });
  return h(
    "div",
    { class: "tools" },
    page.stage.menu(),
    undo,
    redo,
    pin,
    page.guest ? null : link,
    saveMenu(page),
    presenter,
    page.guest ? null : dark,
  );
}

/** @param {Page} page */
function saveMenu(page) {
  const name = () => `taskarith-${page.hello.suite.name}`;
  const split = () => (page.status.test ? "test" : "validation");
  const take = () => page.link.call("take", { ...page.state.sent, split: split() });
  const picture = () =>
    pictureOf(page.chart, {
      title: written(page),
      ...page.hello.style[theme()].colours,
    });
  const table = () =>
    csvOf(
      tableOnScreen(page.view, {
        found: (task) => page.found(task),
        store: page.store(),
        split: split(),
      }),
    );
  const json = async () => JSON.stringify((await take()).edit, null, 2) + "\n";
  /** @type {Record<string, [string, string, string, () => any]>} */
  const choices = {
    json: ["Edit (JSON)", "json", "application/json", json],
    csv: ["Table on screen (CSV)", "csv", "text/csv", table],
    png: ["Picture (PNG)", "png", "image/png", () => pixelsOf(picture())],
    svg: ["Picture (SVG)", "svg", "image/svg+xml", picture],
    python: ["Python that reproduces it", "py", "text/x-python", async () => (await take()).python],
  };
  const here = page.engine.state === "none" ? ["csv", "png", "svg"] : Object.keys(choices);
  const items = Object.entries(choices)
    .filter(([key]) => here.includes(key))
    .map(([key, [label, ending, type, make]]) =>
      h(
        "button",
        {
          type: "button",
          "data-export": key,
          onclick: async () => {
            try {
              download(`${name()}.${ending}`, await make(), type);
              page.notices.clear("save");
            } catch (error) {
              if (!(error instanceof LostConnection)) throw error;
              const text =
                "No answer from the server: pictures and tables still work, try again later.";
              page.say("save", text);
            }
          },
        },
        label,
      ),
    );
  return menu(["Save"], h("div", {}, ...items), {
    title: "save what is shown",
    className: "save",
    signal: page.gone.signal,
  });
}

/**
 * @param {Record<string, any>} parts
 * @param {Page} page
 */
function measureToggle(parts, page) {
  const shares = page.hello.tasks.every((task) => task.metric.title === "accuracy");
  const buttons = Object.entries(MEASURES).map(([name, { short, title }]) =>
    h(
      "button",
      { type: "button", "data-measure": name, title, onclick: () => page.hand.measure(name) },
      name === "accuracy" && shares ? "Accuracy" : short,
    ),
  );
  parts.measures = {
    update() {
      for (const button of buttons) {
        const pressed = button.dataset.measure === page.state.measure;
        button.setAttribute("aria-pressed", String(pressed));
      }
    },
  };
  return h("div", { class: "toggle", role: "group", "aria-label": "measure" }, ...buttons);
}

/** Light or dark: the colours are others. @param {Page} page */
export function recolour(page) {
  paintColours(page.root, page);
  page.screen.reslice();
}

/**
 * The colours live in figures/style.py; the page's own parts get them as CSS variables.
 * @param {HTMLElement} root
 * @param {Page} page
 */
function paintColours(root, page) {
  for (const [name, value] of Object.entries(page.hello.style[theme()].colours)) {
    root.style.setProperty(`--${name}`, String(value));
  }
  root.style.colorScheme = theme();
}

/** @param {any} button @param {boolean} done */
function flash(button, done) {
  const text = button.textContent;
  setText(button, done ? "copied" : "not allowed");
  setTimeout(() => setText(button, text), 1200);
}

// The explorer in a notebook's cell: the kernel measures, and the edit is the widget's own.

import { h } from "../dom.js";
import { recolour } from "../explore/furniture.js";
import { mount } from "../explore/mount.js";
import { themedBy } from "../theme.js";
import { kernelBackend } from "./backend.js";

/** @type {Set<HTMLElement>} */
const views = new Set(); // of this very bundle, in the order they came

const OPENING = "Task Arithmetic Explorer opens when the kernel is free…";

/**
 * What anywidget calls for every view.
 * @param {{model: import("./backend.js").Model, el: HTMLElement}} view
 * @returns {() => void} what takes it down again
 */
export function render({ model, el }) {
  const gone = new AbortController();
  const starting = h("p", { class: "starting" }, OPENING);
  // The attribute keeps JupyterLab's own shortcuts out of the sliders.
  const root = h(
    "div",
    { class: "taskarith guest", "data-lm-suppress-shortcuts": "true" },
    starting,
  );
  const sized = () => {
    root.style.height = `${model.get("height")}px`;
  };
  sized();
  el.append(root);
  views.add(el);
  themedBy(shade);
  let drawn = shade();
  /** @type {import("../explore/page.js").Page | null} */
  let page = null;
  const { address, heard } = addressOf(model, () => page);
  model.on("change:height", sized);
  model.on("change:query", heard);
  const watcher = new MutationObserver(() => {
    if (shade() === drawn) return;
    drawn = shade();
    if (page) recolour(page);
  });
  for (const node of [document.documentElement, document.body]) {
    watcher.observe(node, { attributes: true });
  }
  gone.signal.addEventListener("abort", () => {
    model.off("change:height", sized);
    model.off("change:query", heard);
    watcher.disconnect();
    views.delete(el);
    page?.unmount();
    root.remove();
  });
  const backend = kernelBackend(model, gone.signal);
  mount(root, backend, { address, guest: true, signal: gone.signal }).then((shown) => {
    if (!shown) return;
    page = shown;
    /** @type {any} */ (root).page = shown; // for tests and the curious
  });
  return () => gone.abort();
}

/**
 * The widget's own query as an address; what Python writes there is taken up at once.
 * @param {import("./backend.js").Model} model
 * @param {() => import("../explore/page.js").Page | null} page
 */
function addressOf(model, page) {
  let written = model.get("query");
  /** @type {import("../types.js").Address} */
  const address = {
    read: () => model.get("query"),
    write(query) {
      if (query === written) return;
      written = query;
      model.set("query", query);
      model.save_changes();
    },
    here: (query) => `#${query}`,
    link: (query) => query,
  };
  const heard = () => {
    const query = model.get("query");
    if (query === written) return;
    written = query;
    page()?.reread();
  };
  return { address, heard };
}

/**
 * Every notebook has names of its own for light and dark; the colour of its letters tells in all.
 * @returns {import("../types.js").Theme}
 */
function shade() {
  const el = [...views].find((view) => view.isConnected) ?? document.body;
  const [red, green, blue] = getComputedStyle(el)
    .color.match(/[\d.]+/g)
    ?.map(Number) ?? [0, 0, 0];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128 ? "dark" : "light";
}

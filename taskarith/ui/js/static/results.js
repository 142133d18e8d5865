// The results of recipes in a page without a server: one at a time, cloned from their templates.

import { plotlyFrom, watchFigures } from "../recipes/figures.js";
import { sortTables } from "../recipes/tables.js";
import { isLarge, keepSize } from "../size.js";
import { theme } from "../theme.js";
import { unpacked } from "./given.js";

/**
 * @param {HTMLElement} root - the frame; the document holds, for every suite and recipe, a template
 *   of figures in each theme and one of tables, which have no theme
 * @param {URLSearchParams} query - which is shown; the first where it names none
 */
export async function showResults(root, query) {
  if (!("DecompressionStream" in globalThis)) {
    root.hidden = false;
    /** @type {HTMLElement} */ (root.querySelector(".outcome")).textContent =
      "This browser cannot unpack the results; one of 2023 or later can.";
    return;
  }
  // Part of this very page, as trusted as the rest of it; what is parsed so runs nothing.
  const held = await unpacked(root.ownerDocument, "templates");
  const parsed = new DOMParser().parseFromString(held, "text/html");
  const templates = [...parsed.querySelectorAll("template")];
  const fits = (/** @type {string[]} */ ...keys) =>
    templates.find(({ dataset }) =>
      keys.every((key) => dataset[key] === (key === "theme" ? theme() : query.get(key))),
    );
  const chosen = fits("suite", "recipe", "theme") ?? fits("suite", "theme") ?? fits("theme");
  if (!chosen) return;
  const { suite, recipe } = chosen.dataset;
  for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (
    root.querySelectorAll(".chosen a, .masthead a")
  )) {
    const { dataset } = link;
    if (dataset.suite === suite && dataset.recipe === recipe) link.ariaCurrent = "true";
    const kept = new URLSearchParams(link.hash.slice(1));
    if (!kept.has("suite")) kept.set("suite", suite ?? "");
    if (query.has("__theme")) kept.set("__theme", theme());
    link.href = `#${kept}`;
  }
  plotlyFrom(() => unpacked(root.ownerDocument, "plotly"));
  root.hidden = false;
  const outcome = /** @type {HTMLElement} */ (root.querySelector(".outcome"));
  const tables = templates.find(
    ({ dataset }) => dataset.suite === suite && dataset.recipe === recipe && !dataset.theme,
  );
  outcome.append(chosen.content.cloneNode(true), tables?.content.cloneNode(true) ?? "");
  watchFigures(outcome);
  sortTables(outcome);
  switches(root, query);
}

/** @param {HTMLElement} root @param {URLSearchParams} query */
function switches(root, query) {
  const { body } = root.ownerDocument;
  const size = /** @type {HTMLElement} */ (root.querySelector("[data-tool=presenter]"));
  const enlarge = (/** @type {boolean} */ large) => {
    body.classList.toggle("large", large);
    size.ariaPressed = String(large);
  };
  enlarge(isLarge());
  size.addEventListener("click", () => {
    enlarge(!body.classList.contains("large"));
    keepSize(body.classList.contains("large"));
  });
  root.querySelector("[data-tool=theme]")?.addEventListener("click", () => {
    query.set("__theme", theme() === "dark" ? "light" : "dark");
    location.hash = String(query); // which loads the page anew
  });
}

// The choice of the suite: what else this server can show, asked for when the list is opened.
// Knows addresses: another suite is another page of its own.

import { h } from "../dom.js";
import { menu } from "../menu.js";
import { LostConnection } from "./link.js";

/** @typedef {import("./page.js").Page} Page */

/** @param {Page} page */
export function suiteMenu(page) {
  const { suite } = page.hello;
  const list = h("div", {}, h("p", {}, "Looking…"));
  const word = [document.createTextNode(suite.name), h("i", { "aria-hidden": "true" }, "▾")];
  return menu(word, list, {
    title: suite.about,
    className: "suites",
    signal: page.gone.signal,
    opened: () => fill(list, page),
  });
}

/** @param {HTMLElement} list @param {Page} page */
async function fill(list, page) {
  try {
    const { suites } = await page.link.call("suites");
    if (!suites) return;
    const own = addressOf(page, { suite: page.hello.suite.name });
    list.replaceChildren(
      ...suites.map((/** @type {Other} */ other) => suiteLink(page, other)),
      page.hello.nav.length
        ? h("a", { class: "more", href: `models?${own}` }, "Add a task vector or a suite…")
        : "",
    );
  } catch (error) {
    if (!(error instanceof LostConnection)) throw error;
    list.replaceChildren(h("p", {}, "No answer from the server; try again later."));
  }
}

/** @typedef {{name: string, title: string, here: boolean}} Other */

/** @param {Page} page @param {Other} other */
function suiteLink(page, { name, title, here }) {
  return h(
    "a",
    {
      href: here
        ? page.address.here(String(addressOf(page, { suite: name })))
        : `models?${addressOf(page, { fetch: name })}`,
      "aria-current": name === page.hello.suite.name ? "true" : null,
    },
    name,
    h("small", {}, here ? title : `${title} – to be fetched first`),
  );
}

/**
 * A query string that keeps light or dark.
 * @param {Page} page
 * @param {Record<string, string>} fields
 */
function addressOf(page, fields) {
  const query = new URLSearchParams(fields);
  const theme = new URLSearchParams(page.address.read()).get("__theme");
  if (theme) query.set("__theme", theme);
  return query;
}

// The choice of the suite: what else this server can show, asked for when the list is opened.
// Knows addresses: another suite is another page of its own.

import { h } from "../dom.js";
import { LostConnection } from "./link.js";

export function suiteMenu(page) {
  const { suite } = page.hello;
  const list = h("div", {}, h("p", {}, "Looking…"));
  const menu = h(
    "details",
    { class: "menu suites" },
    h("summary", { title: suite.about }, suite.name, h("i", { "aria-hidden": "true" }, "▾")),
    list,
  );
  menu.addEventListener("toggle", async () => {
    if (!menu.open) return;
    try {
      const { suites } = await page.link.call("suites");
      if (!suites) return;
      list.replaceChildren(
        ...suites.map((other) => suiteLink(page, other)),
        h(
          "a",
          { class: "more", href: `models?${addressOf(page, { suite: suite.name })}` },
          "Add a task vector or a suite…",
        ),
      );
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
      list.replaceChildren(h("p", {}, "No answer from the server; try again later."));
    }
  });
  const elsewhere = (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  };
  document.addEventListener("click", elsewhere, { signal: page.gone.signal });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.firstChild.focus();
  });
  return menu;
}

function suiteLink(page, { name, title, here }) {
  return h(
    "a",
    {
      href: here
        ? `./?${addressOf(page, { suite: name })}`
        : `models?${addressOf(page, { fetch: name })}`,
      "aria-current": name === page.hello.suite.name ? "true" : null,
    },
    name,
    h("small", {}, here ? title : `${title} – to be fetched first`),
  );
}

// A query string that keeps light or dark.
function addressOf(page, fields) {
  const query = new URLSearchParams(fields);
  const theme = new URLSearchParams(page.address.read()).get("__theme");
  if (theme) query.set("__theme", theme);
  return query;
}

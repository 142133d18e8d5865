// The choice of the suite: what else this server can show, asked for when the list is opened.
// Knows addresses: another suite is another page of its own.

function suiteMenu(page) {
  const { suite } = page.hello;
  const list = h("div", {}, h("p", {}, "Looking…"));
  const menu = h("details", { class: "menu suites" },
    h("summary", { title: suite.about }, suite.name, h("i", { "aria-hidden": "true" }, "▾")), list);
  menu.addEventListener("toggle", async () => {
    if (!menu.open) return;
    try {
      const { suites } = await page.link.call("suites");
      if (!suites) return;
      list.replaceChildren(...suites.map((other) => suiteLink(other, suite.name)),
        h("a", { class: "more", href: `models?${addressOf({ suite: suite.name })}` },
          "Add a task vector or a suite…"));
    } catch (error) {
      if (!(error instanceof LostConnection)) throw error;
      list.replaceChildren(h("p", {}, "No answer from the server; try again later."));
    }
  });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menu.open = false;
    menu.firstChild.focus();
  });
  return menu;
}

function suiteLink({ name, title, here }, current) {
  return h("a", {
    href: here ? `./?${addressOf({ suite: name })}` : `models?${addressOf({ fetch: name })}`,
    "aria-current": name === current ? "true" : null,
  }, name, h("small", {}, here ? title : `${title} – to be fetched first`));
}

// A query string that keeps light or dark.
function addressOf(fields) {
  const query = new URLSearchParams(fields);
  const theme = new URLSearchParams(location.search).get("__theme");
  if (theme) query.set("__theme", theme);
  return query;
}

"""What all pages beside Explore have in common: header, navigation, look, size, light or dark.

The look is `figures`' colours as CSS variables over Gradio's own. Knows no page and no suite.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path

import gradio as gr

from taskarith.figures.style import COLOURS

__all__ = ["TITLE", "Nav", "frame", "navigation", "pages_style"]

TITLE = "Task Arithmetic Explorer"
HERE = Path(__file__).parent

# Titles and addresses of the pages, in the order in which they stand on top of each.
Nav = Sequence[tuple[str, str]]

# Links carry the address's query as it is when they are used: the edit, and the theme. The header's
# value is the theme, so that a handler takes it as an input and hears of the switch. The size is
# kept for all pages, under the key that js/size.js has.
BEHAVIOUR = """
const theme = () => (document.body.classList.contains("dark") ? "dark" : "light");
const carry = () => {
  for (const link of element.querySelectorAll("a")) link.search = location.search;
};
carry();
for (const event of ["pointerover", "focusin", "click"]) {
  element.addEventListener(event, carry, { capture: true });
}
const size = element.querySelector("[data-tool=presenter]");
const pages = element.querySelector("nav");
const open = pages.querySelector("[aria-current]");
const enlarge = (large) => {
  document.body.classList.toggle("large", large);
  size.setAttribute("aria-pressed", String(large));
  // Where the pages' names scroll sideways (large letters on a phone), the open one is in sight.
  const room = pages.clientWidth - open.offsetWidth;
  pages.scrollLeft = open.offsetLeft - pages.offsetLeft - room / 2;
};
try {
  enlarge(localStorage.getItem("taskarith-size") === "large");
} catch {
  enlarge(false);  // a frame of another site has no storage
}
size.addEventListener("click", () => {
  const large = !document.body.classList.contains("large");
  enlarge(large);
  try {
    if (large) localStorage.setItem("taskarith-size", "large");
    else localStorage.removeItem("taskarith-size");
  } catch {
    return;  // it holds until the page is left
  }
});
element.addEventListener("click", (event) => {
  if (!event.target.closest("[data-tool=theme]")) return;
  document.body.classList.toggle("dark");
  const query = new URLSearchParams(location.search);
  query.set("__theme", theme());
  const text = query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
  history.replaceState(null, "", `${location.pathname}?${text}`);
  carry();
  props.value = theme();
  trigger("change");
});
// Gradio names each radio on its own, whenever one changes, so that no arrow moves among them: a
// group has one name.
const group = () => {
  for (const radio of document.querySelectorAll("fieldset[id] input[type=radio]")) {
    radio.name = radio.closest("fieldset").id;
  }
};
for (const event of ["focusin", "keydown"]) document.addEventListener(event, group, true);
props.value = theme();
"""


@contextmanager
def frame(nav: Nav, here: str, *, about: str) -> Iterator[gr.HTML]:
    """Header and column of the page titled `here`; what is built inside stands in the column.

    Gives the header, whose value is "light" or "dark": an input of handlers that draw figures, and
    its `change` event says when to draw them again.

    Args:
        about: what the page is for, in a sentence.
    """
    header = gr.HTML(
        value="light",
        html_template=f"<style>{pages_style()}</style>{navigation(nav, here)}",
        js_on_load=BEHAVIOUR,
        apply_default_css=False,
        elem_id="masthead",
    )
    with gr.Column(elem_id="sheet"):
        gr.HTML(
            f'<h1>{escape(here)}</h1><p class="about">{escape(about)}</p>',
            elem_classes="opening",
            apply_default_css=False,
        )
        yield header


def navigation(nav: Nav, here: str) -> str:
    """The header's HTML: the title, a link to every page, the switches of size and of the theme.

    >>> "aria-current" in navigation([("Explore", "./"), ("Recipes", "recipes")], "Recipes")
    True
    """
    links = "".join(
        f'<a href="{escape(path)}"{" aria-current=page" if title == here else ""}>'
        f"{escape(title)}</a>"
        for title, path in nav
    )
    return (
        f'<header class="masthead"><a class="title" href="./">{TITLE}</a>'
        f'<nav aria-label="pages">{links}</nav>'
        '<button type="button" data-tool="presenter" aria-pressed="false" '
        'title="everything half as large again">A+</button><button type="button" data-tool="theme" '
        'title="light or dark" aria-label="light or dark">◐</button></header>'
    )


def pages_style() -> str:
    """The pages' style sheet, colours first."""
    blocks = {"body": COLOURS["light"], "body.dark": COLOURS["dark"]}
    colours = "\n".join(
        f"{selector} {{ {' '.join(f'--{name}: {value};' for name, value in theme.items())} }}"
        for selector, theme in blocks.items()
    )
    return colours + "\n" + (HERE / "pages.css").read_text(encoding="utf-8")

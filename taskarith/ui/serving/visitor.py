"""Who a visitor is: one name for a tab, on every page, checked in one place.

The tab makes it up (`js/visitor.js`); it says whose work is whose, and is no proof of
anything. What one visitor may use up is counted by address (`limits`).
"""

import re

from taskarith.errors import TaskArithError
from taskarith.ui.modules import folder

__all__ = ["read_visitor", "visitor_script"]

NAME = re.compile(r"[0-9a-f]{24}")

# Gradio runs this when a page is loaded; its value goes into what the handler takes.
SCRIPT = """async () => {
  const { visitor } = await import(new URL("%s/visitor.js", document.baseURI).href);
  const theme = document.body.classList.contains("dark") ? "dark" : "light";
  return [await visitor(), theme, location.search];
}"""


def read_visitor(value: object) -> str:
    """Which browser tab asks; TaskArithError if it does not say so."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise TaskArithError("the page sent no valid session; reload it")
    return value


def visitor_script() -> str:
    """For a `load` event: gives the visitor, light or dark, and the address's query."""
    return SCRIPT % folder()

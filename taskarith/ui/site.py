"""The site: Explore at its root and a route for every other page, all on one server.

Knows which pages there are; what a page does is the page's own.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

from taskarith.ui import (
    compare_page,
    explore,
    export_page,
    geometry_page,
    models_page,
    recipes_page,
)
from taskarith.ui.chrome import TITLE, Nav
from taskarith.ui.explorers import Explorers
from taskarith.ui.jobs import Jobs

if TYPE_CHECKING:
    from taskarith.ui.session import Explorer

__all__ = ["PAGES", "SITE_CSS", "Site", "build"]


@dataclass(frozen=True)
class Site:
    """What a page may need.

    Attributes:
        blocks: the app; a page's `load` events are set on it.
        source: name of the suite, or path of its folder.
        explorer: the suite and its engine; a page is shown before it is there.
        explorers: the same of any suite: `await explorers.get(name)`, the name from the link.
        jobs: where work that takes minutes waits its turn.
        nav: titles and addresses of all pages.
        public: whether others than the owner of this machine may come.
    """

    blocks: gr.Blocks
    source: str
    explorer: "Future[Explorer]"
    explorers: Explorers
    jobs: Jobs
    nav: Nav
    public: bool = False


# Every page beside Explore, in the order of the navigation: its title, its address, and what
# builds it inside its route.
PAGES: tuple[tuple[str, str, Callable[[Site], None]], ...] = (
    ("Recipes", "recipes", recipes_page.build),
    ("Compare", "compare", compare_page.build),
    ("Geometry", "geometry", geometry_page.build),
    ("Models", "models", models_page.build),
    ("Export", "export", export_page.build),
)

# Gradio's copies of what was given away or picked go after an hour; looked for every half hour.
TEMPORARY = (1800, 3600)

# Gradio's frame around what we draw, and its own list of pages: none.
SITE_CSS = """
.gradio-container, .gradio-container > main, .gradio-container .wrap {
  max-width: none !important; padding: 0 !important; margin: 0 !important;
}
.gradio-container :is(.fillable, .html-container) {
  max-width: none !important; padding: 0 !important;
}
footer, .nav-holder { display: none !important; }
"""


def build(
    explorers: Explorers, *, public: bool = False, on_open: Callable[[], None] = lambda: None
) -> gr.Blocks:
    """All pages. They show what is known before an engine is there.

    Args:
        explorers: the suites that links may ask for.
        public: whether others than the owner of this machine may come.
        on_open: called when Explore has been shown to somebody.
    """
    nav = [("Explore", "./"), *((title, path) for title, path, _ in PAGES)]
    with gr.Blocks(
        title=TITLE, fill_width=True, analytics_enabled=False, delete_cache=TEMPORARY
    ) as blocks:
        explore.build(explorers, nav=nav, on_open=on_open)
    site = Site(
        blocks=blocks,
        source=explorers.source,
        explorer=explorers.first,
        explorers=explorers,
        jobs=Jobs(),
        nav=nav,
        public=public,
    )
    for title, path, build_page in PAGES:
        with blocks.route(title, path, show_in_navbar=False):
            build_page(site)
    return blocks

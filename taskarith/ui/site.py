"""The site: Explore at its root and a route for every other page, all on one server.

Knows which pages there are; what a page does is the page's own.
"""

from collections.abc import Callable

import gradio as gr

from taskarith.ui.chrome import TITLE
from taskarith.ui.compare import page as compare
from taskarith.ui.context import Site
from taskarith.ui.explore import page as explore
from taskarith.ui.export import page as export
from taskarith.ui.geometry import page as geometry
from taskarith.ui.models import page as models
from taskarith.ui.recipes import page as recipes
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.jobs import Jobs
from taskarith.ui.serving.limits import Limiter
from taskarith.ui.teach import page as teach

__all__ = ["PAGES", "SITE_CSS", "build"]


# Every page beside Explore, in the order of the navigation: its title, its address, and what
# builds it inside its route.
PAGES: tuple[tuple[str, str, Callable[[Site], None]], ...] = (
    ("Recipes", "recipes", recipes.build),
    ("Compare", "compare", compare.build),
    ("Geometry", "geometry", geometry.build),
    ("Teach", "teach", teach.build),
    ("Models", "models", models.build),
    ("Export", "export", export.build),
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
/* Hidden overflow would make it what scrolls, and nothing inside could stick to the window. */
.gradio-container:has(.taskarith) { overflow: clip !important; }
"""


def build(
    explorers: Explorers,
    *,
    public: bool = False,
    limiter: Limiter | None = None,
    on_open: Callable[[], None] = lambda: None,
) -> gr.Blocks:
    """All pages. They show what is known before an engine is there.

    Args:
        explorers: the suites that links may ask for.
        public: whether others than the owner of this machine may come.
        limiter: how much of everything a visitor gets.
        on_open: called when Explore has been shown to somebody.
    """
    limiter = limiter if limiter is not None else Limiter(public=public)
    nav = [("Explore", "./"), *((title, path) for title, path, _ in PAGES)]
    with gr.Blocks(
        title=TITLE, fill_width=True, analytics_enabled=False, delete_cache=TEMPORARY
    ) as blocks:
        explore.build(explorers, limiter=limiter, nav=nav, on_open=on_open)
    site = Site(
        blocks=blocks,
        source=explorers.source,
        explorer=explorers.first,
        explorers=explorers,
        jobs=Jobs(shared=public),
        nav=nav,
        limiter=limiter,
        public=public,
    )
    for title, path, build_page in PAGES:
        with blocks.route(title, path, show_in_navbar=False):
            build_page(site)
    return blocks

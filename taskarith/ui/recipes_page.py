"""Recipes: the page on which a protocol of the literature runs and its result is read."""

from typing import TYPE_CHECKING

from taskarith.ui.chrome import frame

if TYPE_CHECKING:
    from taskarith.ui.site import Site

__all__ = ["build"]

ABOUT = (
    "Protocols of the literature over this suite's task vectors. Every coefficient is chosen on "
    "validation; the test split is opened once, at the end, and only when you say so."
)


def build(site: "Site") -> None:
    """The page, inside its route."""
    with frame(site.nav, "Recipes", about=ABOUT):
        pass

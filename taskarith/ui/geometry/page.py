"""Geometry: the page of angles, signs and lengths of the terms λ·τ, which follow the sliders.

The server computes a suite's geometry once; what a slider changes is a sign and a scale, and the
browser's part draws it.
"""

import asyncio
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from taskarith.ui.chrome import frame
from taskarith.ui.component import link_of, own_component, suite_of
from taskarith.ui.hello import MAX_COEFFICIENT, SLIDER_BOUND

if TYPE_CHECKING:
    from taskarith.suites import Suite
    from taskarith.ui.context import Site

__all__ = ["Geometries", "build"]

ABOUT = (
    "How the task vectors of an edit lie to each other in weight space. Move a slider: the "
    "pictures follow at once, and the other pages get the changed edit."
)
KEPT = 4  # suites

Answer = dict[str, Any]


def build(site: "Site") -> None:
    """The page, inside its route."""
    geometries = Geometries()

    async def geometry(message: object) -> Answer:
        explorer = await site.explorers.get(suite_of(message))
        return await asyncio.to_thread(geometries.answer, explorer.suite, message)

    with frame(site.nav, "Geometry", about=ABOUT):
        own_component("geometry", calls=[geometry])


class Geometries:
    """The geometry of the suites asked for last, each computed once."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()  # two visitors at once wait for one computation

    def answer(self, suite: "Suite", message: object) -> Answer:
        """Everything the page draws, and the edit that its link carries."""
        from taskarith.ui.edit_link import read_link
        from taskarith.ui.merge_methods import sent_merge

        link = read_link(link_of(message), suite)
        return {
            "suite": {"name": suite.name, "title": suite.title},
            "titles": {name: _title(suite, name) for name in suite.vectors},
            "coefficients": dict(link.edit.coefficients),
            "merge": sent_merge(link.edit),
            "problems": list(link.problems),
            "limits": {"slider": SLIDER_BOUND, "hard": MAX_COEFFICIENT},
            "geometry": self._of(suite),
        }

    def _of(self, suite: "Suite") -> Answer:
        from taskarith.suites.geometry import suite_geometry

        with self._lock:
            found = self._known.pop(suite.fingerprint, None)
            found = suite_geometry(suite).to_json() if found is None else found
            self._known[suite.fingerprint] = found
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
            return found


def _title(suite: "Suite", name: str) -> str:
    return suite.tasks[name].title if name in suite.tasks else name

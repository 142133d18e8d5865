"""λ that Explore suggests for adding vectors: by MetaGPT's rule, from their lengths alone.

A length is computed once, in float64, from the whole vector. Nothing is measured here.
"""

import threading
from typing import Any

from taskarith.core import Edit
from taskarith.core.suggested import suggested_coefficients
from taskarith.suites import Suite
from taskarith.ui.lessons import ENGLISH, languages, messages

__all__ = ["Suggesting"]

DIGITS = 3  # of a λ: as many as its box shows


class Suggesting:
    """What is suggested for the vectors of one suite; calls of several threads take turns."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._lengths: dict[str, float] = {}
        self._turn = threading.Lock()

    def answer(self, edit: Edit, *, language: str = ENGLISH) -> dict[str, Any]:
        """λ by vector, their lengths, and the sentence that says where they come from.

        The targets that `edit` moves are added where there are two or more; else all targets.
        Raises CoefficientError for a vector without length.
        """
        moved = [name for name in self._suite.targets if edit.coefficients.get(name)]
        names = moved if len(moved) > 1 else list(self._suite.targets)
        lengths = {name: self._length(name) for name in names}
        found = suggested_coefficients(lengths)
        words = messages(language if language in languages() else ENGLISH)
        return {
            "coefficients": {name: round(value, DIGITS) for name, value in found.items()},
            "lengths": lengths,
            "said": words["page"]["suggested"].replace("{n}", str(len(names))),
        }

    def _length(self, name: str) -> float:
        with self._turn:
            if name not in self._lengths:
                self._lengths[name] = self._suite.vector(name).norm()
            return self._lengths[name]

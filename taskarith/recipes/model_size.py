"""How large a model is, and the labs of other suites: what a study over several bases asks for."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskarith.recipes.lab import Lab

__all__ = ["ModelSize", "OtherLab", "OtherSize", "SizeOf", "fingerprints"]


@dataclass(frozen=True)
class ModelSize:
    """A base's size.

    Attributes:
        parameters: how many numbers it has.
        multiply_adds: how often it multiplies and adds for one example of pre-training; None where
            that is not counted, as for texts.
    """

    parameters: int
    multiply_adds: int | None


@dataclass(frozen=True)
class OtherSize:
    """A suite whose base is a larger or smaller one of the same family.

    Attributes:
        fingerprint: of what is asked of it, as `Suite.recipe_fingerprint` has it.
    """

    suite: str
    fingerprint: str


def fingerprints(others: Iterable[OtherSize | None]) -> dict[str, str]:
    """The suites that were measured beside the studied one (None), and their fingerprints.

    >>> fingerprints([None, OtherSize("small", "f00")])
    {'small': 'f00'}
    """
    return {one.suite: one.fingerprint for one in others if one is not None}


SizeOf = Callable[[], ModelSize]
OtherLab = Callable[[str], "AbstractContextManager[Lab]"]  # of the suite called so, while it lasts

"""How large a model is, and the labs of other suites: what a study over several bases asks for."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskarith.recipes.lab import Lab

__all__ = ["ModelSize", "OtherLab", "OtherSize", "SizeOf"]


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


SizeOf = Callable[[], ModelSize]
OtherLab = Callable[[str], "AbstractContextManager[Lab]"]  # of the suite called so, while it lasts

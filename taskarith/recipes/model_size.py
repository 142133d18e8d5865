"""How large a model is, and the labs of other suites: what a study over several bases asks for."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskarith.recipes.lab import Lab

__all__ = ["ModelSize", "OtherLab", "SizeOf"]


@dataclass(frozen=True)
class ModelSize:
    """A base's size.

    Attributes:
        parameters: how many numbers it has.
        multiply_adds: how often it multiplies and adds for one example of pre-training.
    """

    parameters: int
    multiply_adds: int


SizeOf = Callable[[], ModelSize]
OtherLab = Callable[[str], "AbstractContextManager[Lab]"]  # of the suite called so, while it lasts

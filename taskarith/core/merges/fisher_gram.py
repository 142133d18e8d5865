"""What the merges that use data ask about it: a protocol that others fill.

Everything is by the name of a vector; whoever answers knows its task, its images and the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from taskarith.core.vector import TaskVector

__all__ = ["Gram", "Statistics"]


@dataclass(frozen=True, eq=False)
class Gram:
    """The mean of x·xᵀ, [in, in], over the inputs x of one linear map.

    Attributes:
        turned: whether the map is x·W with a weight [in, out], as some libraries keep it, and not
            x·Wᵀ with one of [out, in]. A square weight does not tell.
    """

    matrix: Tensor
    turned: bool = False


class Statistics(Protocol):
    """Answers about unlabelled validation images, of the task that a vector belongs to."""

    def fisher(self, vector: str, *, images: int) -> Mapping[str, Tensor]:
        """The diagonal of the Fisher information at θ₀ + τ, by parameter.

        E_x E_{y∼p(y|x)} (∂ log p(y|x) / ∂θ)², over `images` images of the vector's task.
        """
        ...

    def grams(self, vector: str, *, images: int) -> Mapping[str, Gram]:
        """The Gram matrix of the inputs of each linear map at θ₀ + τ.

        By the name of the map's weight, over `images` images of the vector's task.
        """
        ...

    def entropy(
        self, merged: TaskVector, *, vectors: Sequence[str], step: int, images: int
    ) -> tuple[float, Mapping[str, Tensor]]:
        """The mean entropy of the answers at θ₀ + `merged`, and its gradient by parameter.

        Over `images` images of each vector's task, those of turn `step`.
        """
        ...

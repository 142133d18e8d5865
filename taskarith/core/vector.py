"""Task vectors: directions in weight space and the arithmetic on them.

This is the plain version, tensor by tensor, that reads like the formulas; `engine` is the fast
one. It knows nothing about files, models or tasks; `save` and `load` hand over to the store that
`taskarith.sources` provides. Where a vector does not cover a parameter, nothing is edited.
"""

import math
from collections.abc import Iterator, Mapping
from os import PathLike
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from taskarith.core.coefficients import finite_number
from taskarith.core.info import VectorInfo
from taskarith.core.layout import check_states
from taskarith.core.precision import wide
from taskarith.errors import WeightsError

__all__ = ["TaskVector", "VectorStore"]


class VectorStore(Protocol):
    """Where vectors are kept. `taskarith.sources` is one; this module only knows the two verbs."""

    def save(
        self,
        vector: "TaskVector",
        target: str | PathLike[str],
        *,
        info: VectorInfo | None,
        dtype: torch.dtype | None,
    ) -> None:
        """Write `vector` and its description."""

    def load(self, source: str | PathLike[str]) -> "TaskVector":
        """Read a vector."""


class TaskVector(Mapping[str, Tensor]):
    """τ = θ_t − θ₀: an immutable mapping from parameter names to floating-point tensors.

    Source: Ilharco et al. 2023, "Editing models with task arithmetic", arXiv:2212.04089. A vector
    may cover a part of a model (what fine-tuning moved); arithmetic between two vectors needs
    equal names and shapes and raises WeightsError otherwise, as do NaN and Inf. Sums, differences
    and multiples are float32 however narrow the vectors are stored (float64 where one is), so that
    adding many of them rounds nothing away; `save` takes the dtype to store them in.

    >>> a, b, c = (TaskVector({"w": torch.tensor([x, 1.0])}) for x in (1.0, 2.0, 4.0))
    >>> (c + (b - a))["w"]
    tensor([5., 1.])
    >>> sum([a, b, c])["w"]
    tensor([7., 3.])
    >>> (-0.5 * a)["w"]
    tensor([-0.5000, -0.5000])
    """

    store: ClassVar[VectorStore | None] = None  # `taskarith.sources` puts itself here

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        wrong = [name for name, tensor in tensors.items() if not tensor.is_floating_point()]
        if wrong:
            raise WeightsError(
                f"a task vector holds floating-point tensors; leave out {', '.join(wrong[:8])}"
            )
        check_states(tensors, tensors, "the tensors of a task vector")
        self._tensors = {name: tensor.detach() for name, tensor in tensors.items()}

    @classmethod
    def from_states(
        cls,
        pretrained: Mapping[str, Tensor],
        finetuned: Mapping[str, Tensor],
        *,
        dtype: torch.dtype = torch.float32,
    ) -> "TaskVector":
        """τ = θ_t − θ₀, subtracted in float32 (float64 where given) and stored in `dtype`.

        Integer tensors (counters, position ids) are no directions and are left out. Raises one
        WeightsError listing missing, unexpected, mis-shaped, mistyped, NaN and Inf tensors.

        >>> TaskVector.from_states({"w": torch.ones(1)}, {"w": torch.tensor([3.0])})["w"]
        tensor([2.])
        """
        check_states(pretrained, finetuned, "the pretrained and the fine-tuned weights")
        return cls(
            {
                name: (wide(finetuned[name]) - wide(start)).to(dtype)
                for name, start in pretrained.items()
                if start.is_floating_point()
            }
        )

    def save(
        self,
        target: str | PathLike[str],
        *,
        info: VectorInfo | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        """Write the vector in the native format into the folder `target` (made if need be).

        `info` describes it; what follows from the tensors is filled in. They are stored in `dtype`
        (default: as they are). Raises WeightsError if it cannot be written.
        """
        _store().save(self, target, info=info, dtype=dtype)

    @classmethod
    def load(cls, source: str | PathLike[str]) -> "TaskVector":
        """The vector in a folder or file of the native format, or of a Hub reference pulled before.

        Raises WeightsError for damaged or foreign files, SourceError where there is nothing.
        """
        return _store().load(source)

    def __getitem__(self, name: str) -> Tensor:
        return self._tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)

    def __repr__(self) -> str:
        return f"TaskVector({len(self)} tensors, {self.size:,} parameters, norm {self.norm():.4g})"

    @property
    def size(self) -> int:
        """How many parameters it covers."""
        return sum(tensor.numel() for tensor in self.values())

    __array_ufunc__ = None  # numpy's numbers leave λ·τ to __rmul__

    # Identity, not contents: comparing millions of numbers by accident helps nobody.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __neg__(self) -> "TaskVector":
        return TaskVector({name: -tensor for name, tensor in self.items()})

    def __add__(self, other: object) -> "TaskVector":
        if not isinstance(other, TaskVector):
            return NotImplemented
        check_states(self, other, "two task vectors", same_dtype=False)
        return TaskVector({name: wide(t) + wide(other[name]) for name, t in self.items()})

    def __radd__(self, other: object) -> "TaskVector":
        return self if type(other) is int and other == 0 else NotImplemented  # sum() starts at 0

    def __sub__(self, other: object) -> "TaskVector":
        if not isinstance(other, TaskVector):
            return NotImplemented
        check_states(self, other, "two task vectors", same_dtype=False)
        return TaskVector({name: wide(t) - wide(other[name]) for name, t in self.items()})

    def __mul__(self, coefficient: object) -> "TaskVector":
        if isinstance(coefficient, TaskVector | Tensor | str):
            return NotImplemented
        factor = finite_number(coefficient, "τ")
        return TaskVector({name: wide(tensor) * factor for name, tensor in self.items()})

    __rmul__ = __mul__

    def apply_to(self, state: Mapping[str, Tensor], coefficient: float = 1.0) -> dict[str, Tensor]:
        """θ = θ₀ + λτ as a new state; tensors that τ does not cover are those of `state` itself.

        The sum is made in float32 and rounded once to the dtype of `state`; λ = 0 gives `state`
        bit for bit. Raises WeightsError if `state` lacks a parameter of τ or its shape differs.

        >>> TaskVector({"w": torch.ones(1)}).apply_to({"w": torch.ones(1)}, -0.5)["w"]
        tensor([0.5000])
        """
        factor = finite_number(coefficient, "τ")
        covered = {name: state[name] for name in self if name in state}
        check_states(covered, self, "the weights and the task vector", same_dtype=False)
        edited = dict(state)
        for name, tensor in self.items():
            start = state[name]
            if factor == 0:  # −0.0 + 0·τ would lose its sign
                edited[name] = start.clone()
            else:
                edited[name] = (wide(start) + factor * wide(tensor)).to(start.dtype)
        return edited

    def dot(self, other: "TaskVector") -> float:
        """⟨τ, τ′⟩ over all parameters, accumulated in float64."""
        check_states(self, other, "two task vectors", same_dtype=False)
        products = (
            torch.dot(tensor.flatten().double(), other[name].flatten().double()).item()
            for name, tensor in self.items()
        )
        return math.fsum(products)

    def norm(self) -> float:
        """‖τ‖, the Euclidean length over all parameters."""
        return math.sqrt(self.dot(self))

    def cosine(self, other: "TaskVector") -> float:
        """⟨τ, τ′⟩ ÷ (‖τ‖·‖τ′‖), in [−1, 1]; NaN where a vector has no length.

        >>> TaskVector({"w": torch.ones(2)}).cosine(TaskVector({"w": -torch.ones(2)}))
        -1.0
        """
        lengths = math.sqrt(self.dot(self) * other.dot(other))
        return max(-1.0, min(1.0, self.dot(other) / lengths)) if lengths else math.nan


def _store() -> VectorStore:
    if TaskVector.store is None:
        raise WeightsError("vectors are saved and loaded by taskarith.sources; import it first")
    return TaskVector.store

"""Merged vectors of edits: made once for each setting, the last few kept.

Knows how an `Edit` asks for a merge and where vectors and answers about data come from; no
formula, and nothing of what is done with the result.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import torch

from taskarith.core import LAYERS, METHODS, Edit, Statistics, TaskVector, Terms, merge

__all__ = ["MERGED_KEPT", "MergedVectors", "VectorOf"]

MERGED_KEPT = 4  # model-sized buffers


class VectorOf(Protocol):
    """Where vectors come from."""

    def __call__(self, name: str, *, seed: int) -> TaskVector:
        """The task vector of a name; `seed` is that of a null direction."""
        ...


class MergedVectors:
    """The merged vectors of the edits asked for last.

    `vector` gives the task vector of a name, `statistics` what merges that use data ask about it,
    both under the edit's seed. `keep` and `drop` are told the name of each vector that is made and
    of each that gives way to it: at most MERGED_KEPT are held at any time. `fused` is that of
    `Terms`.
    """

    def __init__(
        self,
        *,
        vector: VectorOf,
        statistics: Callable[[int], Statistics],
        keep: Callable[[str, TaskVector], None],
        drop: Callable[[str], None],
        fused: Callable[[str], int],
        device: torch.device,
    ) -> None:
        self._vector = vector
        self._statistics = statistics
        self._keep = keep
        self._drop = drop
        self._fused = fused
        self._device = device
        self._names: OrderedDict[str, None] = OrderedDict()

    def name_of(self, edit: Edit) -> str:
        """The name under which the merged vector of `edit` is kept; made if it is not there."""
        name = f"merged {edit.key()}"
        if name not in self._names:
            merged = self._merged(edit)
            while len(self._names) >= MERGED_KEPT:
                oldest, _ = self._names.popitem(last=False)
                self._drop(oldest)
            self._keep(name, merged)
            self._names[name] = None
        self._names.move_to_end(name)
        return name

    def forget(self) -> None:
        """Drop all of them: a vector they were made of has changed."""
        for name in self._names:
            self._drop(name)
        self._names.clear()

    def _merged(self, edit: Edit) -> TaskVector:
        vectors = {
            name: self._on_device(self._vector(name, seed=edit.seed)) for name in edit.coefficients
        }
        layers = edit.settings.get(LAYERS)
        terms = Terms(vectors, edit.coefficients, layers=layers, fused=self._fused)
        return merge(
            terms,
            method=edit.method,
            settings={name: v for name, v in edit.settings.items() if name != LAYERS},
            seed=edit.seed,
            statistics=self._statistics(edit.seed) if METHODS[edit.method].needs_data else None,
        )

    def _on_device(self, vector: TaskVector) -> TaskVector:
        if all(tensor.device == self._device for tensor in vector.values()):
            return vector
        return TaskVector({name: tensor.to(self._device) for name, tensor in vector.items()})

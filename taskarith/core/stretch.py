"""A stretch of the model's weights: the whole, or a shard; and the kernels that sum into it.

Knows buffers of one length; nothing of names, or of where the buffers come from.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby

import torch
from torch import Tensor

from taskarith.core.kernels import Kernel, PlainKernel, Segment, make_kernel

__all__ = ["Stretch"]


class Stretch:
    """Writes base + Σ λ_k τ_k into `output` [n]; `segments` together cover it.

    Sums are made in float32 and rounded once to the dtype of `output`.
    """

    def __init__(self, output: Tensor, base: Tensor, *, segments: Sequence[Segment]) -> None:
        self.output, self.base = output, base
        self._segments = list(segments)
        self._kernels: dict[tuple[torch.dtype, bool], Kernel] = {}

    def prepare(self, storage: torch.dtype) -> None:
        """Make the kernel for vectors of a dtype now: the first edit should not wait."""
        self._kernel(storage, onto=False)

    def write(
        self,
        rows: Sequence[Mapping[str, float]],
        row_of: Sequence[int],
        *,
        vectors: Mapping[str, Tensor],
    ) -> None:
        """Sum: the segment number i gets λ by name from rows[row_of[i]], in the order of `vectors`.

        One pass for each run of vectors of one dtype; in float32, cutting rounds nothing.
        """
        runs = [list(run) for _, run in groupby(vectors, lambda name: vectors[name].dtype)]
        if len(runs) > 1 and self.output.dtype != torch.float32:
            plain = PlainKernel(self.output, self.base, segments=self._segments)
            plain([_terms(row, vectors, vectors) for row in rows], row_of)
            return
        for number, run in enumerate(runs):
            kernel = self._kernel(vectors[run[0]].dtype, onto=number > 0)
            kernel([_terms(row, run, vectors) for row in rows], row_of)

    def _kernel(self, storage: torch.dtype, *, onto: bool) -> Kernel:
        """What adds vectors of a dtype to θ₀ or, with `onto`, to what the output holds."""
        if (storage, onto) not in self._kernels:
            self._kernels[storage, onto] = make_kernel(
                self.output,
                self.output if onto else self.base,
                segments=self._segments,
                storage=storage,
            )
        return self._kernels[storage, onto]


def _terms(
    row: Mapping[str, float],
    names: Sequence[str] | Mapping[str, Tensor],
    vectors: Mapping[str, Tensor],
) -> list[tuple[float, Tensor]]:
    return [(row[name], vectors[name]) for name in names if name in row]

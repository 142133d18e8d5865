"""θ₀ + Σ λ_k τ_k on a CUDA device in one kernel: K + 1 reads, one write, no wait for the host.

Written in Triton, which comes with torch's CUDA builds; nothing here needs `torch.compile`. The
tests run it through Triton's interpreter; no GPU has measured it yet. Knows nothing of names or
layouts.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from taskarith.core.kernels.terms import Packed, Row, Segment, chunks, packed

try:
    import triton
    import triton.language as tl
except ImportError:  # torch's CPU builds come without
    triton = None

__all__ = ["GpuKernel"]

CHUNK = 2048  # numbers per program: with 4 warps, 16 numbers of each vector per thread
WARPS = 4

if triton is not None:

    @triton.jit  # type: ignore[untyped-decorator]
    def _weighted_sum(  # type: ignore[no-untyped-def]
        output,
        base,
        like,
        terms,
        runs,
        cuts,
        CHUNK: tl.constexpr,
    ):
        number = tl.program_id(0)
        # Chunks begin and end at multiples of 32: said aloud, so that loads are 16 bytes wide.
        start = tl.multiple_of(tl.load(cuts + 3 * number), 32)
        stop = tl.multiple_of(tl.load(cuts + 3 * number + 1), 32)
        segment = tl.load(cuts + 3 * number + 2)
        at = start + tl.arange(0, CHUNK)
        inside = at < stop
        total = tl.load(base + at, mask=inside).to(tl.float32)
        begin = tl.load(runs + 2 * segment)
        for k in range(begin, begin + tl.load(runs + 2 * segment + 1)):
            vector = tl.multiple_of(tl.load(terms + 2 * k).to(like.dtype), 16)
            bits = tl.load(terms + 2 * k + 1).to(tl.int32)
            coefficient = bits.to(tl.float32, bitcast=True)
            numbers = tl.load(vector + at, mask=inside).to(tl.float32)
            total = tl.fma(numbers, coefficient + tl.zeros_like(numbers), total)
        tl.store(output + at, total.to(output.dtype.element_ty), mask=inside)


class GpuKernel:
    """Writes base + Σ λ_k τ_k into `output` (see `Kernel`); `fits` says whether this will do."""

    def __init__(
        self,
        output: Tensor,
        base: Tensor,
        *,
        segments: Sequence[Segment],
        storage: torch.dtype,
    ) -> None:
        self._output, self._base = output, base
        self._chunks = chunks(segments, CHUNK).to(output.device)
        self._like = torch.empty(1, dtype=storage, device=output.device)

    @staticmethod
    def fits(output: Tensor, *, storage: torch.dtype) -> bool:
        """Whether Triton is there and can build the kernel; a warning says why it cannot."""
        if triton is None:
            return False
        trial = torch.zeros(32, dtype=output.dtype, device=output.device)
        term = (1.0, torch.ones(32, dtype=storage, device=output.device))
        try:
            GpuKernel(trial, trial.clone(), segments=[(0, 32)], storage=storage)([[term]], [0])
        except Exception as error:  # a missing compiler, an old driver, …: torch does it, slower
            warnings.warn(f"edits take several passes over memory: {error!s:.200}", stacklevel=2)
            return False
        return bool((trial == 1).all())

    def __call__(self, rows: Sequence[Row], row_of: Sequence[int]) -> None:
        """Sum: the segment number i gets the terms rows[row_of[i]]; does not wait for the end."""
        if not len(self._chunks):
            return
        table = _table(packed(rows, row_of))
        if self._output.is_cuda:  # one transfer, from memory that the device reads by itself
            table = table.pin_memory().to(self._output.device, non_blocking=True)
        kernel: Any = _weighted_sum[(len(self._chunks),)]
        with torch.cuda.device_of(self._output):  # type: ignore[no-untyped-call]
            kernel(
                self._output,
                self._base,
                self._like,
                table[len(row_of) :],
                table[: len(row_of)],
                self._chunks,
                CHUNK=CHUNK,
                num_warps=WARPS,
            )


def _table(terms: Packed) -> Tensor:
    """Everything the kernel asks about its terms: int64 [segments + terms, 2].

    First, for each segment, its first term and how many there are; then, for each term, where its
    vector starts and λ, a float32's bits. Rows of 16 bytes keep both parts aligned.
    """
    bits = terms.coefficients.view(torch.int32).to(torch.int64)
    runs = torch.stack([terms.first, terms.count], dim=1)
    return torch.cat([runs, torch.stack([terms.vectors, bits], dim=1)])

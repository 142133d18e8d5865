"""Recomposing shard by shard: θ₀ and the τ_k need not fit on the device, only the live weights.

They lie elsewhere, in memory or in mapped files; each shard's part of them goes through a stage on
the device, and the sum is written into the live weights there. The shards are cut where they fit,
across layer groups if need be: sums are made number by number, so cutting changes no bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor

from taskarith.core.buffers import Allocate, MemoryNeed, allocate, gigabytes, sizes_of
from taskarith.core.engine import Recomposer
from taskarith.core.layout import ALIGNMENT, ParameterLayout
from taskarith.core.stretch import Stretch
from taskarith.core.vector import TaskVector
from taskarith.errors import MemoryBudgetError

__all__ = ["STAGE_BYTES", "ShardNeed", "ShardedRecomposer"]

STAGE_BYTES = 256 * 2**20  # of the device: large enough that a copy's start does not count


@dataclass(frozen=True)
class ShardNeed(MemoryNeed):
    """The bytes that edits take on a device shard by shard: the live weights and a stage.

    A stage has room for θ₀ and the K vectors of one shard; at rest, elsewhere, are all of them.

    >>> need = ShardNeed(7_000_000_000, [torch.bfloat16] * 3, torch.bfloat16)
    >>> print(need)
    14 GB: live weights of 14 GB and a stage of 0.27 GB; elsewhere 56 GB: 3 vectors of 14 GB and θ₀
    >>> need.total < 80e9 < need.at_rest + 2 * 14e9
    True
    """

    stage_bytes: int = STAGE_BYTES

    @property
    def a_number(self) -> int:
        """The bytes of one parameter in the stage."""
        return self.base.itemsize + sum(dtype.itemsize for dtype in self.vectors)

    @property
    def room(self) -> int:
        """How many parameters a shard has at most: a multiple of `ALIGNMENT`."""
        whole = -(-self.parameters // ALIGNMENT)
        return ALIGNMENT * max(1, min(whole, self.stage_bytes // (self.a_number * ALIGNMENT)))

    @property
    def buffer_bytes(self) -> int:
        """What the live weights and the stage take."""
        return self.parameters * self.base.itemsize + self.room * self.a_number

    @property
    def total(self) -> int:
        """What the device holds."""
        return self.buffer_bytes

    @property
    def at_rest(self) -> int:
        """What lies elsewhere."""
        return self.parameters * self.a_number

    def check(self, budget: int) -> None:
        """Raise MemoryBudgetError, which names the sizes, if this is more than `budget` bytes."""
        if self.total > budget:
            raise MemoryBudgetError(
                f"even shard by shard these edits need {self}; {gigabytes(budget)} GB of the "
                "device may be used: free some, take a smaller model, or compute on the CPU "
                "(TASKARITH_DEVICE=cpu)"
            )

    def __str__(self) -> str:
        live = gigabytes(self.parameters * self.base.itemsize)
        at_rest = " and ".join([*sizes_of(self.parameters, self.vectors), "θ₀"])
        return (
            f"{gigabytes(self.total)} GB: live weights of {live} GB and a stage of "
            f"{gigabytes(self.room * self.a_number)} GB; elsewhere {gigabytes(self.at_rest)} GB: "
            f"{at_rest}"
        )


class ShardedRecomposer(Recomposer):
    """A `Recomposer` whose θ₀ and vectors stay where `keep` makes room; the same bits come of it.

    `budget` bounds what the device holds: the live weights, and a stage of at most `stage_bytes`.
    An edit brings θ₀ and the vectors whose λ is not 0 to the device, once.
    """

    def __init__(
        self,
        base: Mapping[str, Tensor],
        vectors: Mapping[str, TaskVector],
        *,
        device: torch.device | str,
        keep: Allocate,
        storage: torch.dtype | None = None,
        budget: int | None = None,
        stage_bytes: int = STAGE_BYTES,
    ) -> None:
        self._stage_bytes = stage_bytes
        self._stage: _Stage | None = None
        super().__init__(base, vectors, device=device, keep=keep, storage=storage, budget=budget)

    @property
    def on_device(self) -> int:
        """The bytes that the device holds now, counted buffer by buffer."""
        return self._output.nbytes + (self._stage.nbytes if self._stage is not None else 0)

    def add_vector(self, name: str, vector: TaskVector) -> None:
        """Store one more vector (or replace one)."""
        super().add_vector(name, vector)
        self._stage = None  # its shards are cut for as many vectors as there were

    def remove_vector(self, name: str) -> None:
        """Forget a vector and free its memory."""
        super().remove_vector(name)
        self._stage = None

    def _base_of(self, edited: Mapping[str, Tensor]) -> Tensor:
        return self.layout.flatten(edited, dtype=self._dtype, allocate=self._keep or allocate)

    def _at_rest(self, flat: Tensor) -> Tensor:
        return flat

    def _prepare(self) -> None:
        """Shards and kernels are made with the first edit, when all vectors are known."""

    def _need(
        self, vectors: Sequence[torch.dtype], *, layout: ParameterLayout, base: torch.dtype
    ) -> ShardNeed:
        return ShardNeed(layout.size, tuple(vectors), base, self._stage_bytes)

    def _write(
        self, rows: Sequence[Mapping[str, float]], row_of: Sequence[int], *, names: Sequence[str]
    ) -> None:
        if self._stage is None:
            dtypes = [flat.dtype for flat in self._vectors.values()]
            need = self._need(dtypes, layout=self.layout, base=self._dtype)
            self._stage = _Stage(self._output, room=need.room, segments=self._segments)
        chosen = {name: self._vectors[name] for name in names}
        for shard in self._stage.shards:
            self._stage.write(shard, rows, row_of, base=self._base, vectors=chosen)


@dataclass(frozen=True, eq=False)
class _Shard:
    """A cut of the weights, with the segments in it: their numbers, and what sums into it."""

    start: int
    stop: int
    segments: tuple[int, ...]
    stretch: Stretch


@dataclass(eq=False)
class _Stage:
    """The room that shards go through, on the device of `output`."""

    output: Tensor
    room: int
    segments: Sequence[tuple[int, int]]
    shards: list[_Shard] = field(init=False)

    def __post_init__(self) -> None:
        size = len(self.output)
        self._base = self._empty(self.output.dtype)
        self._slots: list[Tensor] = []
        edges = [*range(0, size, self.room), size]
        self.shards = [self._shard(start, stop) for start, stop in pairwise(edges)]

    @property
    def nbytes(self) -> int:
        """What the room takes."""
        return self._base.nbytes + sum(slot.nbytes for slot in self._slots)

    def write(
        self,
        shard: _Shard,
        rows: Sequence[Mapping[str, float]],
        row_of: Sequence[int],
        *,
        base: Tensor,
        vectors: Mapping[str, Tensor],
    ) -> None:
        """Bring the shard's part of θ₀ and of the vectors, and sum."""
        length = shard.stop - shard.start
        shard.stretch.base.copy_(base[shard.start : shard.stop], non_blocking=True)
        staged, free = {}, list(self._slots)
        for name, flat in vectors.items():
            slot = next((one for one in free if one.dtype == flat.dtype), None)
            if slot is None:
                slot = self._empty(flat.dtype)
                self._slots.append(slot)
            else:
                free = [one for one in free if one is not slot]
            part = flat[shard.start : shard.stop]
            staged[name] = slot[:length].copy_(part, non_blocking=True)
        shard.stretch.write(rows, [row_of[i] for i in shard.segments], vectors=staged)

    def _empty(self, dtype: torch.dtype) -> Tensor:
        return torch.empty(self.room, dtype=dtype, device=self.output.device)

    def _shard(self, start: int, stop: int) -> _Shard:
        inside = [
            (number, (max(begin, start) - start, min(end, stop) - start))
            for number, (begin, end) in enumerate(self.segments)
            if begin < stop and end > start
        ]
        stretch = Stretch(
            self.output[start:stop], self._base[: stop - start], segments=[s for _, s in inside]
        )
        return _Shard(start, stop, tuple(number for number, _ in inside), stretch)

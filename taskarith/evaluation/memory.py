"""How much memory edits may take on a device, and where θ₀ and vectors go that do not fit.

Knows the machine and the suite's sizes; nothing of what is computed.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor

from taskarith.core import Recomposer, TaskVector
from taskarith.core.buffers import Allocate
from taskarith.core.sharded import ShardedRecomposer
from taskarith.errors import MemoryBudgetError
from taskarith.sources.mapped import MappedBuffers
from taskarith.suites import Suite
from taskarith.tasks import cache_folder

__all__ = ["memory_budget", "recomposer_of"]

SHARE = 0.8  # of the free memory: models, pictures and the page need some too
MEMINFO = Path("/proc/meminfo")
CGROUP = Path("/sys/fs/cgroup")


def recomposer_of(suite: Suite, *, device: torch.device, budget: int | None = None) -> Recomposer:
    """The engine that holds the vectors of a suite, each read once and stored without rounding.

    Vectors that would take more than `budget` bytes (None: what is free now) stay in memory-mapped
    files of the cache folder. On an accelerator θ₀ does, too, or in memory that it reads by itself
    where there is enough of it; edits are then made shard by shard. Raises MemoryBudgetError, which
    names the sizes, where not even that fits.
    """
    budget = memory_budget(device) if budget is None else budget
    base, vectors = suite.base_state(), _Vectors(suite)
    try:
        return Recomposer(base, vectors, device=device, budget=budget)
    except MemoryBudgetError:  # as a rule after the first vector, which tells how large all are
        keep = MappedBuffers(cache_folder() / "vectors")
    if device.type == "cpu":
        return Recomposer(base, vectors, device=device, keep=keep, budget=budget)
    near = _Near(keep)
    return ShardedRecomposer(base, vectors, device=device, keep=near, budget=budget)


def memory_budget(device: torch.device) -> int | None:
    """The bytes that edits may take on `device`; None where the system does not tell."""
    if device.type == "cuda":
        return int(SHARE * torch.cuda.mem_get_info(device)[0])
    if device.type != "cpu":
        return None
    free = [value for value in (_free(), _left_to_container()) if value is not None]
    return int(SHARE * min(free)) if free else None


class _Near:
    """Makes buffers in page-locked memory while half of what is free lasts, then in files."""

    def __init__(self, files: Allocate) -> None:
        self._files = files
        self._left = (memory_budget(torch.device("cpu")) or 0) // 2

    def __call__(self, size: int, dtype: torch.dtype) -> Tensor:
        """A zero buffer [size]."""
        wanted = size * dtype.itemsize
        if wanted > self._left or not torch.cuda.is_available():
            return self._files(size, dtype)
        self._left -= wanted
        return torch.zeros(size, dtype=dtype, pin_memory=True)


class _Vectors(Mapping[str, TaskVector]):
    """The vectors of a suite, read when they are asked for: whoever lets go of one frees it."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite

    def __getitem__(self, name: str) -> TaskVector:
        return self._suite.vector(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._suite.vectors)

    def __len__(self) -> int:
        return len(self._suite.vectors)


def _free() -> int | None:
    """Bytes the system could give without swapping (Linux)."""
    try:
        lines = MEMINFO.read_text(encoding="ascii").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line)
    except (OSError, ValueError, StopIteration):
        return None


def _left_to_container() -> int | None:
    """Bytes left to this container under its limit; None without one."""
    try:
        limit, used = ((CGROUP / name).read_text() for name in ("memory.max", "memory.current"))
        return int(limit) - int(used)
    except (OSError, ValueError):
        return None

"""Estimates that are waited for when they are read, so that more can be asked in the meantime."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache

from taskarith.evaluation import Estimate

__all__ = ["Asked"]


class Asked(Mapping[str, Estimate]):
    """The estimates of `tasks`, each by `read` when it is first looked at.

    >>> half = Estimate.share(correct=1, n=2, total=2, split="test")
    >>> Asked(["digits"], lambda task: half)["digits"].value
    0.5
    """

    def __init__(self, tasks: Sequence[str], read: Callable[[str], Estimate]) -> None:
        self._tasks = tuple(dict.fromkeys(tasks))
        self._read = cache(read)

    def __getitem__(self, task: str) -> Estimate:
        if task not in self._tasks:
            raise KeyError(task)
        return self._read(task)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tasks)

    def __len__(self) -> int:
        return len(self._tasks)

"""States whose tensors are read when asked for, so that a model of gigabytes costs one tensor.

Names, shapes and dtypes are known at once; where the numbers come from is the reader's business.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from taskarith.core import all_finite
from taskarith.errors import WeightsError

__all__ = ["Entry", "LazyState", "check_names"]

# Names are compared, prefixed, sorted and shown; the longest of the largest models are far shorter.
MAX_TENSORS = 100_000
MAX_NAME = 500  # characters


def check_names(names: Collection[str], *, where: str) -> None:
    """WeightsError where the tensors' names in the file `where` are no model's."""
    if len(names) > MAX_TENSORS:
        raise WeightsError(
            f"{where} announces {len(names)} tensors; at most {MAX_TENSORS} are read"
        )
    for name in names:
        if len(name) > MAX_NAME or not name.isprintable():
            raise WeightsError(
                f"{where} has a tensor whose name is no parameter's: {name[:80]!r}, "
                f"{len(name)} characters (at most {MAX_NAME}, all of them printable)"
            )


@dataclass(frozen=True)
class Entry:
    """One tensor that was not read yet: its shape, its dtype, and how to read it.

    `buffer`: known to be no parameter: a mask, a running mean.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    read: Callable[[], Tensor]
    buffer: bool = False


class LazyState(Mapping[str, Tensor]):
    """A state that reads a tensor each time it is asked for it, and keeps none.

    `where` names the file in messages; `parts` are other dictionaries of weights in it, which may
    be the ones that are meant. Asking for a tensor with NaN or Inf raises WeightsError.

    >>> state = LazyState({"w": Entry((2,), torch.float32, lambda: torch.ones(2))}, where="here")
    >>> state.shape("w"), state["w"]
    ((2,), tensor([1., 1.]))
    """

    def __init__(
        self, entries: Mapping[str, Entry], *, where: str, parts: "Sequence[LazyState]" = ()
    ) -> None:
        self.entries = dict(entries)
        self.where = where
        self.parts = tuple(parts)

    def __getitem__(self, name: str) -> Tensor:
        tensor = self.read(name)
        if tensor.is_floating_point() and not all_finite(tensor):
            raise WeightsError(f"{self.where}: {name} holds NaN or Inf; get or make the file again")
        return tensor

    def __contains__(self, name: object) -> bool:
        return name in self.entries  # what a mapping does by itself would read the tensor

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, name: str) -> Tensor:
        """The tensor, with NaN and Inf where it has them."""
        return self.entries[name].read()

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, without reading it."""
        return self.entries[name].shape

    def dtype(self, name: str) -> torch.dtype:
        """The dtype of a tensor, without reading it."""
        return self.entries[name].dtype

    def shapes(self, names: Iterable[str] | None = None) -> dict[str, tuple[int, ...]]:
        """The shapes of the tensors `names`; of the floating-point ones where none are named."""
        return {name: self.shape(name) for name in (self.floating() if names is None else names)}

    def is_buffer(self, name: str) -> bool:
        """Whether a tensor is known to be no parameter."""
        return self.entries[name].buffer

    def floating(self) -> list[str]:
        """The names of the floating-point tensors: the others (counters, ids) are no directions."""
        return [name for name, entry in self.entries.items() if entry.dtype.is_floating_point]

    def renamed(self, names: Mapping[str, str]) -> "LazyState":
        """The tensors that `names` lists (new name → own name), under their new names."""
        entries = {new: self.entries[own] for new, own in names.items()}
        return LazyState(entries, where=self.where)

    @classmethod
    def of(cls, state: Mapping[str, Tensor], *, where: str = "the weights") -> "LazyState":
        """A lazy view of a state that is in memory already, or lazy itself."""
        if isinstance(state, LazyState):
            return state
        entries = {
            name: Entry(tuple(tensor.shape), tensor.dtype, partial(state.__getitem__, name))
            for name, tensor in state.items()
        }
        return cls(entries, where=where)

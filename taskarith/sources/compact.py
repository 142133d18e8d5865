"""Matrices in less than their size: in eight bits with a scale a row, or as a product of two.

Good enough for vectors that are many and small; what rounding costs in answers is measured where
they are made, and in a suite's report. Knows nothing of files.
"""

from collections.abc import Iterable, Mapping
from functools import partial

import torch
from torch import Tensor

from taskarith.errors import WeightsError
from taskarith.sources.lazy_state import Entry, LazyState

__all__ = [
    "SCALE",
    "compacted",
    "expanded",
    "in_eight_bits",
    "low_rank",
    "stored_names",
    "unpacked",
]

_LARGEST = 127
SCALE = ".scale"  # what the name of a matrix's scales ends with
LEFT, RIGHT = ".left", ".right"  # and those of the two factors of one of low rank


def compacted(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each matrix W [rows, columns] as int8 Q and float32 scales s [rows, 1], W ≈ s·Q.

    s is the row's largest magnitude ÷ 127, so an entry is off by at most s/2.

    >>> small = compacted({"w": torch.tensor([[1.0, -2.54]])})
    >>> small["w"].tolist(), expanded(small)["w"].tolist()
    ([[50, -127]], [[1.0, -2.5399999618530273]])
    """
    compact = {}
    for name, tensor in tensors.items():
        if tensor.ndim != 2:
            raise WeightsError(
                f"{name} is {list(tensor.shape)}; only matrices are stored compactly"
            )
        largest = tensor.float().abs().amax(1, keepdim=True)
        scale = torch.where(largest > 0, largest / _LARGEST, 1.0)
        compact[name] = (tensor.float() / scale).round().to(torch.int8)
        compact[name + SCALE] = scale
    return compact


def low_rank(tensors: Mapping[str, Tensor], *, rank: int) -> dict[str, Tensor]:
    """Each matrix W as L [rows, rank] and R [rank, columns], the nearest L·R there is.

    By its largest `rank` singular values, shared out evenly (Eckart & Young 1936,
    doi:10.1007/BF02288367).

    >>> found = expanded(low_rank({"w": torch.tensor([[2.0, 4.0], [1.0, 2.0]])}, rank=1))
    >>> torch.allclose(found["w"], torch.tensor([[2.0, 4.0], [1.0, 2.0]]))
    True
    """
    factors = {}
    for name, tensor in tensors.items():
        if tensor.ndim != 2:
            raise WeightsError(f"{name} is {list(tensor.shape)}; only matrices have a rank")
        u, s, v = torch.linalg.svd(tensor.float(), full_matrices=False)
        root = s[:rank].sqrt()
        factors[name + LEFT] = (u[:, :rank] * root).contiguous()
        factors[name + RIGHT] = (root[:, None] * v[:rank]).contiguous()
    return factors


def stored_names(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The matrices that are stored under `names`, each with the names of its parts.

    >>> stored_names(["a", "a.scale", "b.left", "b.right", "c"])
    {'a': ('a', 'a.scale'), 'b': ('b.left', 'b.right'), 'c': ('c',)}
    """
    names = dict.fromkeys(names)
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        whole = name.removesuffix(LEFT)
        if name.endswith(SCALE) and name.removesuffix(SCALE) in names:
            continue
        if name.endswith(RIGHT) and name.removesuffix(RIGHT) + LEFT in names:
            continue
        if name.endswith(LEFT) and whole + RIGHT in names:
            found[whole] = (name, whole + RIGHT)
        else:
            found[name] = (name, name + SCALE) if name + SCALE in names else (name,)
    return found


def expanded(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The float32 matrices that `compacted` or `low_rank` stored; other tensors as they are."""
    matrices = {}
    for name, parts in stored_names(tensors).items():
        if parts[0] != name:
            left, right = (tensors[part].float() for part in parts)
            if left.ndim != 2 or right.ndim != 2 or left.shape[1] != right.shape[0]:
                raise WeightsError(f"the factors of {name} are {list(left.shape)} and "
                                   f"{list(right.shape)}; the file is damaged")  # fmt: skip
            matrices[name] = left @ right
            continue
        tensor = tensors[name]
        scale = tensors.get(name + SCALE)
        if scale is not None and scale.shape != (*tensor.shape[:1], 1):
            raise WeightsError(f"the scales of {name} are {list(scale.shape)}, its shape is "
                               f"{list(tensor.shape)}; the file is damaged")  # fmt: skip
        matrices[name] = tensor if scale is None else tensor.float() * scale
    return matrices


def in_eight_bits(state: LazyState) -> LazyState:
    """`state` with its matrices in eight bits and all else in float32, made when asked for.

    Raises WeightsError where a tensor already has the name that a matrix's scales would get.

    >>> state = LazyState.of({"w": torch.tensor([[1.0, -2.54]]), "b": torch.ones(1)})
    >>> small = in_eight_bits(state)
    >>> {name: str(small.dtype(name))[6:] for name in small}
    {'w': 'int8', 'w.scale': 'float32', 'b': 'float32'}
    >>> unpacked(small)["w"].tolist()
    [[1.0, -2.5399999618530273]]
    """

    def part(name: str, stored: str) -> Tensor:
        return compacted({name: state[name]})[stored]

    entries: dict[str, Entry] = {}
    for name in state:
        shape = state.shape(name)
        if len(shape) != 2:
            entries[name] = Entry(shape, torch.float32, partial(_wide, state, name))
            continue
        if name + SCALE in state:
            raise WeightsError(
                f"{name} cannot be stored in eight bits: there is a tensor called {name + SCALE}, "
                "which is what its scales would be called; choose float16"
            )
        entries[name] = Entry(shape, torch.int8, partial(part, name, name))
        scales = name + SCALE
        entries[scales] = Entry((shape[0], 1), torch.float32, partial(part, name, scales))
    return LazyState(entries, where=state.where)


def unpacked(state: LazyState) -> LazyState:
    """`state` with matrices in eight bits as float32, made when asked for; all else as it is.

    Raises WeightsError where a matrix has no scales that fit.
    """
    eight = [name for name in state if state.dtype(name) == torch.int8]
    if not eight:
        return state
    for name in eight:
        shape, scales = state.shape(name), name + SCALE
        if len(shape) != 2 or scales not in state or state.shape(scales) != (shape[0], 1):
            raise WeightsError(
                f"{state.where}: {name} is in eight bits and has no scales that fit; the file is "
                "damaged, get or make it again"
            )

    def read(name: str) -> Tensor:
        return expanded({part: state[part] for part in (name, name + SCALE)})[name]

    parts = {name + SCALE for name in eight}
    entries = {name: entry for name, entry in state.entries.items() if name not in parts}
    for name in eight:
        entries[name] = Entry(state.shape(name), torch.float32, partial(read, name))
    return LazyState(entries, where=state.where, parts=state.parts)


def _wide(state: LazyState, name: str) -> Tensor:
    return state[name].float()

"""Opens a source and turns what is in it into a task vector of a given base.

    task-vector   its tensors, when the fingerprint of its base is that of the base given
    checkpoint    θ_t − θ₀, subtracted tensor by tensor
    adapter       ΔW of every layer it changes

Of weights only one tensor of either side is in memory beside the result. Names
are matched by prefix only; other differences of naming are the models' business.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from taskarith.core import TaskVector, VectorInfo, all_finite
from taskarith.core.precision import wide
from taskarith.errors import WeightsError, listed
from taskarith.sources.adapter_config import AdapterConfig, read_adapter_config
from taskarith.sources.adapters import (
    adapter_differences,
    changed_weights,
    refuse_bare_adapter,
    trained_beside,
)
from taskarith.sources.align import NO_ALIASES, align, best_renaming, fitting, untied
from taskarith.sources.checkpoints import open_checkpoint, open_weights
from taskarith.sources.compact import unpacked
from taskarith.sources.lazy_state import Entry, LazyState
from taskarith.sources.native import check_base, is_vector_file
from taskarith.sources.pull import Source
from taskarith.sources.recognition import Kind
from taskarith.sources.tensors import fingerprint, open_tensors, read_metadata

__all__ = ["Contents", "Difference", "open_difference", "open_source", "subtract"]

# A checkpoint this much shorter than its base is no checkpoint, but differences in disguise.
SHORTEST = 0.2


@dataclass(frozen=True, eq=False)
class Contents:
    """What is in a source: tensors that are read when asked for, and what describes them."""

    kind: Kind
    state: LazyState
    info: VectorInfo
    adapter: AdapterConfig | None = None
    commit: str | None = None


@dataclass(frozen=True, eq=False)
class Difference:
    """A task vector with the story of how it came about.

    Attributes:
        info: what the source says of itself, with what was left out and how it was subtracted.
        relative: ‖τ‖ ÷ ‖θ₀‖ over the parameters it covers.
        uncovered: parts of the base that the source does not have.
        base_compared: whether the source states the fingerprint of its base, and it is this one's.
        dtypes: in what the source's tensors and the base's are stored, as far as they were used.
    """

    vector: TaskVector
    info: VectorInfo
    relative: float
    uncovered: tuple[str, ...]
    base_compared: bool
    dtypes: tuple[str, str]


def open_source(source: Source) -> Contents:
    """Open the weights of `source`; WeightsError where they are damaged or of no known layout."""
    main = next(iter(source.paths.values()))
    info = VectorInfo(base=source.base)
    if source.kind == "adapter":
        config_path, weights = list(source.paths.values())[:2]
        config = read_adapter_config(config_path)
        state = open_weights(weights)
        return Contents(
            "adapter", state, replace(info, base=config.base or source.base), config, source.commit
        )
    if main.suffix == ".safetensors" and len(_weights(source)) == 1:
        metadata = read_metadata(main)
        if source.kind == "task-vector" or is_vector_file(metadata):
            described = VectorInfo.from_metadata(metadata)
            state = unpacked(open_tensors(main))
            return Contents("task-vector", state, described, None, source.commit)
    state = open_checkpoint(source.paths)
    refuse_bare_adapter(state)
    return Contents(source.kind, state, info, None, source.commit)


def subtract(
    contents: Contents,
    base: Mapping[str, Tensor],
    *,
    exclude: Sequence[str] = (),
    dtype: torch.dtype = torch.float32,
    aliases: Mapping[str, str] = NO_ALIASES,
    transposed: Collection[str] | None = None,
) -> Difference:
    """The task vector of `contents` from `base`, under the base's names.

    Subtracted in float32 (float64 where given), stored in `dtype`.

    Args:
        exclude: tensors of the fine-tuned side to leave out, with `*` for anything.
        aliases: of tied tensors, other name → own name: each is in the vector once, under its own.
        transposed: weights that the model keeps as [in, out], where that is known; for adapters.

    Raises one WeightsError listing everything that does not fit; for a native vector of another
    base with both fingerprints.
    """
    lazy = untied(LazyState.of(base, where="the base"), aliases)
    if contents.kind == "adapter":
        return _from_adapter(
            contents, lazy, dtype=dtype, exclude=exclude, aliases=aliases, transposed=transposed
        )
    is_vector = contents.kind == "task-vector"
    contents = replace(contents, state=fitting(contents.state, lazy, exclude=exclude))
    aligned = align(contents.state, lazy, exclude=exclude, partial=is_vector, aliases=aliases)
    compared = is_vector and _check_base(contents, lazy)
    tensors: dict[str, Tensor] = {}
    lengths = _Lengths()
    damaged = []
    for name, own in aligned.names.items():
        found = contents.state.read(name)
        if not all_finite(found):
            damaged.append(name)
            continue
        start, found = wide(lazy[own]), wide(found)
        difference = found if is_vector else found - start
        lengths.add(start, found, difference)
        tensors[own] = difference.to(dtype)
    if damaged:
        hold = "holds" if len(damaged) == 1 else "hold"
        raise WeightsError(
            f"{contents.state.where}: {listed(damaged)} {hold} NaN or Inf; get or make the file "
            "again"
        )
    if is_vector:
        _check_own(contents)
    elif lengths.found < SHORTEST * lengths.start:
        raise WeightsError(
            f"{contents.state.where} is {lengths.found / lengths.start:.0%} as long as the base: "
            "it looks like differences of weights, not like weights. Save it as a task vector"
        )
    return Difference(
        vector=TaskVector(tensors),
        info=replace(
            contents.info,
            excluded=aligned.excluded or contents.info.excluded,
            subtraction_dtype=contents.info.subtraction_dtype if is_vector else lengths.dtypes,
        ),
        relative=lengths.relative,
        uncovered=aligned.uncovered,
        base_compared=compared,
        dtypes=(_dtypes(contents.state, aligned.names), _dtypes(lazy, aligned.names.values())),
    )


def open_difference(
    contents: Contents,
    base: Mapping[str, Tensor],
    *,
    exclude: Sequence[str] = (),
    aliases: Mapping[str, str] = NO_ALIASES,
    transposed: Collection[str] | None = None,
) -> LazyState:
    """The task vector that `subtract` gives, float32, each tensor made when it is asked for.

    Nothing is kept, except of an adapter, whose layers are made at once. Arguments and errors are
    those of `subtract`.
    """
    lazy = untied(LazyState.of(base, where="the base"), aliases)
    if contents.kind == "adapter":
        found = _from_adapter(
            contents,
            lazy,
            dtype=torch.float32,
            exclude=exclude,
            aliases=aliases,
            transposed=transposed,
        )
        return LazyState.of(found.vector, where=contents.state.where)
    is_vector = contents.kind == "task-vector"
    contents = replace(contents, state=fitting(contents.state, lazy, exclude=exclude))
    aligned = align(contents.state, lazy, exclude=exclude, partial=is_vector, aliases=aliases)
    if is_vector:
        _check_base(contents, lazy)
        _check_own(contents)

    def read(name: str, own: str) -> Tensor:
        tensor = wide(contents.state[name])
        return (tensor if is_vector else tensor - wide(lazy[own])).float()

    entries = {
        own: Entry(lazy.shape(own), torch.float32, partial(read, name, own))
        for name, own in aligned.names.items()
    }
    return LazyState(entries, where=contents.state.where)


def _from_adapter(
    contents: Contents,
    base: LazyState,
    *,
    dtype: torch.dtype,
    exclude: Sequence[str],
    aliases: Mapping[str, str],
    transposed: Collection[str] | None,
) -> Difference:
    assert contents.adapter is not None
    others = {alias: own for alias, own in aliases.items() if own in base}
    known = base.renamed({**{name: name for name in base}, **others})
    layers = changed_weights(contents.state, contents.adapter)
    renaming = best_renaming(layers, known.shapes())
    if not any(renaming(name) in known for name in layers):  # of other shapes, but of these names?
        renaming = best_renaming(dict.fromkeys(layers), known.shapes())
    # The base under the names that the adapter gives its layers.
    prefixed_last = sorted(known, key=lambda name: name.startswith(renaming.added))
    names = {renaming.back(name): others.get(name, name) for name in prefixed_last}
    found = adapter_differences(
        contents.state,
        contents.adapter,
        base.renamed(names),
        exclude=exclude,
        transposed=None if transposed is None else {renaming.back(name) for name in transposed},
    )
    tied = set(others.values())
    apart = [n for n in trained_beside(contents.state) if names.get(n) in tied and n in found]
    if apart:
        raise WeightsError(
            f"{contents.state.where} holds {listed(apart)} whole. The base ties it to another "
            "tensor, and PEFT unties what it saves whole: no vector of a tied model does that. "
            "Leave it out by name (exclude), or merge the adapter with PEFT and give an untied base"
        )
    total: dict[str, Tensor] = {}
    for name, difference in found.items():  # of a tied tensor, one difference for each of its names
        own = names[name]
        total[own] = total[own] + difference if own in total else difference
    lengths = _Lengths()
    tensors = {}
    for own, difference in total.items():
        start = wide(base[own])
        lengths.add(start, start + difference, difference)
        tensors[own] = difference.to(dtype)
    return Difference(
        vector=TaskVector(tensors),
        info=replace(contents.info, subtraction_dtype=lengths.dtypes),
        relative=lengths.relative,
        uncovered=(),
        base_compared=False,
        dtypes=(
            _dtypes(contents.state, contents.state),
            _dtypes(base, tensors),
        ),
    )


def _check_base(contents: Contents, base: LazyState) -> bool:
    """Refuse a vector of another base; whether it says which base it is of, and could be compared.

    What is left out on request was part of the fingerprint, and may not be in the base at all.
    """
    renaming = best_renaming(contents.state.shapes(), base.shapes())
    names = {name: renaming(name) for name in contents.state.floating()}
    return check_base(contents.info, base, names, where=contents.state.where)


def _check_own(contents: Contents) -> None:
    wanted = contents.info.fingerprint
    found = fingerprint(contents.state) if wanted else None
    if wanted != found:
        raise WeightsError(
            f"{contents.state.where} was changed after it was made: its tensors have the "
            f"fingerprint {found}, its description says {wanted}; get the file again"
        )


def _dtypes(state: LazyState, names: Iterable[str]) -> str:
    return ", ".join(sorted({str(state.dtype(name)).removeprefix("torch.") for name in names}))


def _weights(source: Source) -> list[str]:
    return [name for name in source.paths if name.endswith(".safetensors")]


class _Lengths:
    """Squared lengths, summed in float64 as the tensors pass by, and what they were computed in."""

    def __init__(self) -> None:
        self._start = self._found = self._difference = 0.0
        self._dtypes: set[str] = set()

    def add(self, start: Tensor, found: Tensor, difference: Tensor) -> None:
        self._dtypes.add(str(difference.dtype).removeprefix("torch."))
        self._start += _square(start)
        self._found += _square(found)
        self._difference += _square(difference)

    @property
    def dtypes(self) -> str:
        return ", ".join(sorted(self._dtypes))

    @property
    def start(self) -> float:
        return self._start**0.5

    @property
    def found(self) -> float:
        return self._found**0.5

    @property
    def relative(self) -> float:
        return (self._difference / self._start) ** 0.5 if self._start else 0.0


def _square(tensor: Tensor) -> float:
    return float(torch.linalg.vector_norm(tensor, dtype=torch.float64)) ** 2

"""A suite's base and vectors tensor by tensor, for those who need no model in memory.

The numbers are those of `Suite.base_state` and `Suite.vector`; what cannot be had piece by piece
(adapters, null directions) is made whole. Knows where a suite's weights are, nothing of edits.
"""

from collections.abc import Mapping
from functools import partial
from typing import cast

import torch
from torch import Tensor

from taskarith.core import NULLS
from taskarith.errors import WeightsError
from taskarith.models.clip.layouts import (
    ClipLayout,
    ConvertedState,
    clip_layout,
    is_vision,
    missing_siblings,
)
from taskarith.sources import LazyState, find_pulled, open_difference, open_source, open_tensors
from taskarith.sources.compact import SCALE, expanded
from taskarith.sources.states import Entry
from taskarith.suites.remote import pull_ledger
from taskarith.suites.sourced import SourcedBase, is_reference
from taskarith.suites.suite import Suite

__all__ = ["converted", "open_base", "open_vector"]


def open_base(suite: Suite) -> LazyState:
    """θ₀ as `Suite.base_state` has it, float32, each tensor read when it is asked for."""
    base = suite.manifest.base
    if base.is_elsewhere:
        sourced = SourcedBase(base, suite=suite.name)
        state = open_source(find_pulled(sourced.reference, ledger=pull_ledger())).state
        state = state.renamed({name: name for name in state.floating()})
        if clip_layout(state) is not None:
            state = converted(state, to=cast(ClipLayout, base.kind))
    else:
        state = open_tensors(suite.path(base.weights))
    return _float(state)


def open_vector(suite: Suite, name: str, *, base: LazyState, seed: int = 0) -> LazyState:
    """The vector called `name` as `Suite.vector` has it, each tensor read when it is asked for.

    `base` is what `open_base` gave. Raises as `Suite.vector` does.
    """
    null, _, own = name.rpartition(":")
    weights = {**suite.manifest.vectors, **suite.manifest.recipe_vectors}.get(own)
    if weights is None or null in NULLS:
        return LazyState.of(suite.vector(name, seed=seed))
    if is_reference(weights):
        return _from_source(weights, base)
    return _from_file(open_tensors(suite.path(weights)), base, name=own)


def converted(state: LazyState, *, to: ClipLayout) -> LazyState:
    """A CLIP's state, or a vector of one, under the names of a library."""
    if clip_layout(state) == to:
        return state
    # Shapes without reading: the conversion of tensors that have nothing in them.
    empty = {name: torch.empty(state.shape(name), device="meta") for name in state}
    shapes = ConvertedState(empty, to=to)
    full = ConvertedState(state, to=to)
    entries = {
        name: Entry(tuple(shapes[name].shape), torch.float32, partial(full.__getitem__, name))
        for name in full
    }
    return LazyState(entries, where=state.where)


def _from_file(state: LazyState, base: LazyState, *, name: str) -> LazyState:
    names = [n for n in state if not (n.endswith(SCALE) and n.removesuffix(SCALE) in state)]
    wrong = [n for n in names if n not in base or base.shape(n) != state.shape(n)]
    if wrong:
        raise WeightsError(
            f"the vector {name!r} does not fit its base: {', '.join(wrong[:8])}; restore the "
            "suite's files"
        )
    entries = {
        n: Entry(
            state.shape(n),
            torch.float32,
            lambda n=n: expanded(_pair(state, n))[n].float(),  # type: ignore[misc]
        )
        for n in names
    }
    return LazyState(entries, where=state.where)


def _from_source(reference: str, base: LazyState) -> LazyState:
    contents = open_source(find_pulled(reference, ledger=pull_ledger()))
    theirs, ours = clip_layout(contents.state), clip_layout(base)
    if theirs is None or ours is None or theirs == ours:
        found = open_difference(contents, base)
    else:
        start = converted(base, to=theirs)
        found = _completed(open_difference(contents, start), start, to=ours)
    vision = {name: name for name in found if is_vision(name)}
    return found.renamed(vision) if vision else found


def _completed(found: LazyState, start: LazyState, *, to: ClipLayout) -> LazyState:
    """A difference under the names of the library `to`; of q, k and v, what did not move is 0."""
    zeros = {
        name: Entry(start.shape(name), torch.float32, partial(torch.zeros, start.shape(name)))
        for name in (missing_siblings(found) if to == "open_clip" else [])
    }
    return converted(LazyState({**found.entries, **zeros}, where=found.where), to=to)


def _pair(state: LazyState, name: str) -> Mapping[str, Tensor]:
    """A tensor with what it is scaled by, where it is stored in eight bits."""
    return {n: state[n] for n in (name, name + SCALE) if n in state}


def _float(state: LazyState) -> LazyState:
    entries = {
        name: Entry(entry.shape, torch.float32, lambda read=entry.read: read().float())  # type: ignore[misc]
        for name, entry in state.entries.items()
    }
    return LazyState(entries, where=state.where)

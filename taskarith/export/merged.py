"""The weights of an edit, tensor by tensor: θ = θ₀ + the merged vector, of any merge method.

A plain sum reads one tensor of each side at a time; another method makes its merged vector first,
whole in memory, and holds the tensor in hand of every vector while it does.
Every step is one float32 operation, so that the same parents give the same bits on every machine
(methods that look at images depend on what the machine computes of them). Knows no file formats.
"""

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor

from taskarith.core import (
    LAYERS,
    METHODS,
    Edit,
    Statistics,
    Terms,
    layer_factors,
    layer_group,
    merge,
)
from taskarith.errors import ExportError
from taskarith.models.adapter_space import PROMPT, fold, is_beside, scales_of
from taskarith.sources import LazyState
from taskarith.sources.lazy_state import Entry
from taskarith.suites import Suite

__all__ = ["NO_PROMPT", "merged_state", "merged_vector", "summed", "without_beside"]

NO_PROMPT = "a checkpoint has no place for a soft prompt; export the vector, or the edit as JSON"


def merged_state(suite: Suite, edit: Edit, *, statistics: Statistics | None = None) -> LazyState:
    """θ of `edit` under the names of the suite's base, float32; without terms θ₀ bit for bit.

    Scales of adapter space are multiplied into the weights they scale, so that any library has a
    place for them. `statistics` answers methods that look at images. Raises UnknownNameError for an
    edit of another suite, WeightsError where a file is damaged, ExportError for a soft prompt.
    """
    base = suite.weights.base()
    vector = merged_vector(suite, edit, statistics=statistics)

    def read(name: str) -> Tensor:
        return base.entries[name].read() + vector.entries[name].read()

    entries = {
        name: Entry(entry.shape, torch.float32, partial(read, name)) if name in vector else entry
        for name, entry in base.entries.items()
    }
    return _folded(LazyState(entries, where=f"the edit {edit.formula()}"), suite)


def without_beside(state: LazyState) -> LazyState:
    """The base's own parameters alone."""
    entries = {name: entry for name, entry in state.entries.items() if not is_beside(name)}
    return LazyState(entries, where=state.where)


def _folded(state: LazyState, suite: Suite) -> LazyState:
    """The base's own parameters, with the scales beside them multiplied in."""
    if PROMPT in state:
        raise ExportError(NO_PROMPT)
    scaled = scales_of(state)
    if not scaled:
        return state
    transposed = suite.weights.family.transposed(suite.weights.base_files()) or ()

    def read(module: str, part: str) -> Tensor:
        name = f"{module}.{part}"
        scales = {own: state.entries[own].read() for own in scaled[module]}
        whole = state.entries[name].read()
        return fold(whole, scales, transposed=name in transposed, bias=part == "bias")

    entries = dict(without_beside(state).entries)
    for module in scaled:
        for part in ("weight", "bias"):
            entry = entries.get(f"{module}.{part}")
            if entry is not None:
                own = partial(read, module, part)
                entries[f"{module}.{part}"] = Entry(entry.shape, torch.float32, own)
    return LazyState(entries, where=state.where)


def merged_vector(suite: Suite, edit: Edit, *, statistics: Statistics | None = None) -> LazyState:
    """The merged vector of `edit`, Σ λ_t·τ_t or what its method makes of the λ_t·τ_t, float32."""
    suite.check_edit(edit)
    base = suite.weights.base()
    vectors = {
        name: suite.weights.vector(name, base=base, seed=edit.seed) for name in edit.coefficients
    }
    if edit.method == "sum":
        return summed(edit, vectors)
    kept = {name: _last_kept(vector) for name, vector in vectors.items()}
    layers, fused = edit.settings.get(LAYERS), suite.weights.family.fused
    merged = merge(
        Terms(kept, edit.coefficients, layers=layers, fused=fused),
        method=edit.method,
        settings={name: value for name, value in edit.settings.items() if name != LAYERS},
        seed=edit.seed,
        statistics=statistics if METHODS[edit.method].needs_data else None,
    )
    return LazyState.of(merged)


def summed(edit: Edit, vectors: Mapping[str, LazyState]) -> LazyState:
    """Σ λ_t·τ_t of a plain sum, λ_t times the factor of the layer where `edit` gives one."""
    layers = edit.settings.get(LAYERS, {})
    factors = {name: layer_factors(layers, name) for name in vectors}
    shapes = {name: vector.shape(name) for vector in vectors.values() for name in vector}

    def read(parameter: str) -> Tensor:
        total = torch.zeros(shapes[parameter])
        for name, vector in vectors.items():  # sorted by name, as the edit's coefficients are
            if parameter in vector:
                factor = factors[name].get(layer_group(parameter), 1.0)
                # Apart: fused, the two would round differently from one processor to another.
                total += vector.entries[parameter].read() * (edit.coefficients[name] * factor)
        return total

    entries = {name: Entry(shapes[name], torch.float32, partial(read, name)) for name in shapes}
    return LazyState(entries, where=f"the vector of {edit.formula()}")


def _last_kept(state: LazyState) -> LazyState:
    """The same state; the tensor asked for last is kept, for merges that ask for it by blocks."""
    kept: dict[str, Tensor] = {}

    def read(name: str) -> Tensor:
        if name not in kept:
            kept.clear()
            kept[name] = state.entries[name].read()  # the merge's result is checked
        return kept[name]

    entries = {
        name: Entry(entry.shape, entry.dtype, partial(read, name))
        for name, entry in state.entries.items()
    }
    return LazyState(entries, where=state.where)

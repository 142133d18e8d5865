"""Task vectors of a suite's base from anywhere: any source, in either library's layout.

Knows what was pulled and how to subtract it; which suite it is for is the caller's business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from taskarith.core import TaskVector
from taskarith.errors import WeightsError
from taskarith.models.clip.layouts import ConvertedState, clip_layout, convert_vector
from taskarith.sources import Contents, Difference, Ledger, subtract
from taskarith.tasks.cache_folder import cache_folder

__all__ = ["pull_ledger", "vector_from"]


def pull_ledger() -> Ledger:
    """The ledger of what this program pulled, in its cache folder."""
    return _ledger(cache_folder() / "pulled.json")


@cache
def _ledger(path: Path) -> Ledger:
    """One for all who pull at the same time: each writes the whole file."""
    return Ledger(path)


def vector_from(
    contents: Contents,
    base: Mapping[str, Tensor],
    *,
    exclude: Sequence[str] = (),
    dtype: torch.dtype = torch.float32,
) -> Difference:
    """The task vector of `contents` from `base`, under the names of `base`.

    A CLIP of one library is subtracted from the same CLIP of the other: the base is looked at in
    the source's layout, and the difference is brought into the base's. Raises WeightsError listing
    everything that does not fit.
    """
    theirs, ours = clip_layout(contents.state), clip_layout(base)
    if theirs is None or ours is None or theirs == ours:
        return subtract(contents, base, exclude=exclude, dtype=dtype)
    found = subtract(contents, ConvertedState(base, to=theirs), exclude=exclude, dtype=dtype)
    try:
        return replace(found, vector=TaskVector(convert_vector(found.vector, base=base)))
    except KeyError as error:
        raise WeightsError(f"the base has no place for {error}; is it the same model?") from error

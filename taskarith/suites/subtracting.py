"""Subtracting a base that no suite is about: what its own files say of its names.

Text models tie tensors, keep matrices the other way round, and leave heads to their tasks; their
family knows which. Knows no suite, and writes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from taskarith.errors import AssetError, WeightsError
from taskarith.models.family import BaseFiles, ModelFamily
from taskarith.models.registry import describe, family_of
from taskarith.sources import Contents, LazyState, Source
from taskarith.sources.lazy_state import Entry

__all__ = ["DescribedBase", "check_vocabulary", "described_base", "fitted_vocabulary"]


@dataclass(frozen=True)
class DescribedBase:
    """A base and what its family says of it.

    Attributes:
        state: its tensors, under the names that suites of it use.
        told: arguments of `vector_from` that the family knows.
        family: None where its files do not say what it is.
    """

    state: LazyState
    told: Mapping[str, Any] = field(default_factory=dict)
    family: ModelFamily | None = None


def described_base(source: Source, contents: Contents) -> DescribedBase:
    """The base in `source`, opened as `contents`.

    One whose files say nothing of it, or whose family has several layouts and tells them apart by
    names alone, is taken as it is.
    """
    try:
        found = describe(source.paths)
    except AssetError:
        return DescribedBase(contents.state)
    family = family_of(found.kind)
    if len(family.layouts) > 1:
        return DescribedBase(contents.state, family=family)
    files = BaseFiles(found.kind, source.paths)
    names = family.own_names(files, contents.state.floating())
    told = {
        "exclude": family.heads,
        "aliases": family.aliases(files),
        "transposed": family.transposed(files),
    }
    return DescribedBase(contents.state.renamed(names), told, family)


def check_vocabulary(contents: Contents, base: LazyState, family: ModelFamily) -> None:
    """Refuse another vocabulary by both its sizes, which shapes alone would not explain."""
    if contents.kind == "adapter":
        return
    own, found = map(family.vocabulary, (base.shapes(), contents.state.shapes()))
    if own is not None and found is not None and own != found:
        more, fewer = max(own, found), min(own, found)
        raise WeightsError(
            f"{contents.state.where} has rows for {found:,} words, the base for {own:,}: "
            f"{'it' if found > own else 'the base'} knows the words {fewer:,} to {more - 1:,} and "
            "the other does not. Give the base it was made from, or make a vector of it that edits "
            "the words both have: taskarith vector make --pad-vocabulary"
        )


def fitted_vocabulary(contents: Contents, base: DescribedBase) -> tuple[Contents, int]:
    """A model whose tables of words have as many rows as the base's; how many rows that changed.

    Row i is taken for the same word in both. Rows that the base lacks are left out, and for those
    that the model lacks the base's own stand, so that their difference is zero. 0 where the
    vocabularies are of one size.
    """
    family = base.family
    if family is None or contents.kind == "adapter":
        return contents, 0
    own, found = map(family.vocabulary, (base.state.shapes(), contents.state.shapes()))
    if own is None or found is None or own == found:
        return contents, 0
    tables = {name: shape[1:] for name, shape in base.state.shapes().items() if shape[:1] == (own,)}
    ends = {name.rpartition(".")[0].rpartition(".")[2]: name for name in tables}
    entries = dict(contents.state.entries)
    for name, entry in contents.state.entries.items():
        end = name.rpartition(".")[0].rpartition(".")[2]
        like = ends.get(end) or next(iter(tables), None)
        known = name in base.state and base.state.shape(name) == entry.shape
        if known or like is None:
            continue
        if entry.shape[:1] == (found,) and entry.shape[1:] == tables[like]:
            read = partial(_fitted, contents.state, name, base.state, like, own)
            entries[name] = Entry((own, *entry.shape[1:]), entry.dtype, read)
    state = LazyState(entries, where=contents.state.where, parts=contents.state.parts)
    return replace(contents, state=state), abs(own - found)


def _fitted(state: LazyState, name: str, base: LazyState, like: str, rows: int) -> Tensor:
    table = state[name]
    if len(table) >= rows:
        return table[:rows]
    return torch.cat([table, base[like][len(table) :].to(table)])

"""A suite's weights, wherever they are: base and vectors, opened and not yet read.

A tensor is read, subtracted or brought into the base's layout when it is asked for; what cannot be
had piece by piece (adapters, null directions) is made whole. Knows where weights are and whose
names they have; nothing of tasks, and nothing of edits.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from taskarith.core import NULLS, TaskVector, VectorInfo
from taskarith.errors import AssetError, WeightsError, listed, unknown_name
from taskarith.models.adapter_space import is_beside
from taskarith.models.family import VOCABULARY, BaseFiles, ModelFamily
from taskarith.models.picture_transform import PictureTransform
from taskarith.models.registry import KINDS, family_of, family_of_names
from taskarith.sources import (
    BASE_FILES,
    Contents,
    Difference,
    LazyState,
    Source,
    open_difference,
    open_source,
    open_tensors,
    parse_reference,
    read_metadata,
    subtract,
)
from taskarith.sources.align import NO_ALIASES
from taskarith.sources.compact import expanded, stored_names, unpacked
from taskarith.sources.lazy_state import Entry
from taskarith.sources.native import check_base
from taskarith.sources.packages import packaged
from taskarith.suites.manifest import Manifest
from taskarith.suites.references import file_digests, is_reference, pulled
from taskarith.suites.subtracting import check_vocabulary

__all__ = ["CONFIG", "Weights", "converted", "vector_from", "whole"]

MAX_CONFIG = 2**20  # bytes
CONFIG = "config.json"  # beside a checkpoint: what its classifier's outputs are called


class Weights:
    """The base and the vectors of a manifest. `path` gives the files of the suite's own folder.

    Attributes:
        family: the base's.
        layout: whose names the base's tensors have.
        vectors: a path inside the suite, or a reference, by the vector's name.
    """

    def __init__(self, manifest: Manifest, path: Callable[[str], Path]) -> None:
        self._suite = manifest.name
        self._base = manifest.base
        self._path = path
        self.family = family_of(manifest.base.kind)
        self.layout = KINDS[manifest.base.kind].layout
        self.vectors = {**manifest.vectors, **manifest.recipe_vectors}

    @cached_property
    def reference(self) -> str | None:
        """Where the base is, as a full reference; None where it is in the suite's folder."""
        base = self._base
        if not base.is_elsewhere:
            return None
        if base.source:
            return str(parse_reference(base.source))
        names = BaseFiles(base.kind, model=base.model, pretrained=base.pretrained)
        return f"hub:{self.family.named_repository(names)}"

    @cached_property
    def location(self) -> str | None:
        """Where the base is read: `reference`, or an installed package that holds the same."""
        base = self._base
        if base.package:
            found = packaged(base.package, sha256=base.sha256, digests=file_digests())
            if found is not None:
                return f"file:{found}"
        return self.reference

    def base_files(self) -> BaseFiles:
        """What the base says it is; NotPulledError where it is not on this machine yet."""
        base = self._base
        if self.reference is None:
            own = {"config.json": self._path(base.config)}
            words = self._path(base.vocabulary)
            own[words.name if words.name in BASE_FILES else VOCABULARY] = words
            # A tokenizer's settings stand beside it.
            beside = {name: words.parent / name for name in BASE_FILES}
            return BaseFiles(base.kind, {n: p for n, p in beside.items() if p.is_file()} | own)
        files = self._checked().paths
        return BaseFiles(base.kind, files, model=base.model, pretrained=base.pretrained)

    def picture_transform(self) -> PictureTransform:
        """How the base wants its pictures; AssetError where the manifest says another size."""
        found, said = self.family.picture_transform(self.base_files()), self._base.image_size
        if said not in (None, found.side):
            raise AssetError(
                f"the suite {self._suite!r} says that its base takes pictures of {said} pixels, "
                f"but the base's own files say {found.side}: take image_size out of its manifest, "
                f"or create it with --image-size {found.side}"
            )
        return found

    def base(self) -> LazyState:
        """θ₀, float32, under the names of its layout, and the neutral parameters beside it."""
        own = self._own_base()
        if not self._base.neutral:
            return own
        beside = self._file(self._base.neutral)
        wrong = [name for name in beside if not is_beside(name) or name in own]
        if wrong:
            raise AssetError(
                f"{self._base.neutral} of the suite {self._suite!r} holds {listed(wrong)}; "
                "parameters beside a base's own are (IA)³ scales and soft prompts"
            )
        return LazyState({**own.entries, **beside.entries}, where=own.where)

    def _own_base(self) -> LazyState:
        if self.reference is None:
            return self._file(self._base.weights)
        contents = open_source(self._checked())
        if contents.kind not in ("checkpoint", "pickle"):
            raise AssetError(f"{self.reference} is a {contents.kind}; a base is a model's weights")
        numbers = contents.state.floating()
        state = contents.state.renamed(self.family.own_names(self.base_files(), numbers))
        if self.family.layout(state) is not None:
            # Repositories often hold the same weights in another library's layout too.
            state = converted(state, self.family, to=self.layout)
        return _float(state)

    def _file(self, relative: str) -> LazyState:
        """The tensors of a file of the suite, float32."""
        try:
            return _float(unpacked(open_tensors(self._path(relative))))
        except WeightsError as error:
            raise AssetError(f"a file of the suite {self._suite!r}: {error}") from error

    def _checked(self) -> Source:
        """The base's files; AssetError where the weights are not those that the manifest names."""
        assert self.location is not None
        source, sha256 = (
            pulled(self.location, suite=self._suite, extras=BASE_FILES),
            self._base.sha256,
        )
        if sha256 and sha256 not in map(file_digests().digest, source.paths.values()):
            raise AssetError(
                f"the weights of {self.reference} are not those that the suite {self._suite!r} was "
                f"made with (sha256 {sha256[:12]}…); take the commit it was made for"
            )
        return source

    def vector(self, name: str, *, base: LazyState, seed: int = 0) -> LazyState:
        """The vector called `name`, float32; `base` is what `base()` gave.

        "random:NAME" and "permuted:NAME" are the null directions of the vector NAME for `seed`.
        Raises UnknownNameError, or WeightsError where it does not fit the base.
        """
        null, own = self.check(name)
        weights = self.vectors[own]
        if is_reference(weights):
            found = self._from_source(weights, base)
        else:
            found = self._from_file(weights, base, name=own)
        return LazyState.of(NULLS[null](whole(found), seed)) if null else found

    def check(self, name: str) -> tuple[str, str]:
        """The null ("" for none) and the vector that `name` means, or UnknownNameError."""
        null, _, own = name.rpartition(":")
        if own not in self.vectors or (null and null not in NULLS):
            raise unknown_name("vector", name, existing=self.vectors)
        return null, own

    def _from_file(self, weights: str, base: LazyState, *, name: str) -> LazyState:
        try:
            state = open_tensors(self._path(weights))
            info = VectorInfo.from_metadata(read_metadata(self._path(weights)))
        except WeightsError as error:
            raise AssetError(f"a file of the suite {self._suite!r}: {error}") from error
        stored = stored_names(state)
        shapes = {
            n: (state.shape(parts[0])[0], *state.shape(parts[-1])[1:])
            if parts[0] != n
            else state.shape(n)
            for n, parts in stored.items()
        }
        wrong = [n for n in stored if n not in base or base.shape(n) != shapes[n]]
        if wrong:
            raise WeightsError(
                f"the vector {name!r} does not fit its base: {', '.join(wrong[:8])}; restore the "
                "suite's files"
            )
        check_base(info, base, {n: n for n in stored}, where=f"the vector {name!r}")

        def read(n: str) -> Tensor:
            return expanded({part: state[part] for part in stored[n]})[n].float()

        entries = {n: Entry(shapes[n], torch.float32, partial(read, n)) for n in stored}
        return LazyState(entries, where=state.where)

    def head(self, name: str) -> Mapping[str, Tensor]:
        """The tensors of the task's own head that the source of the vector `name` holds."""
        weights = self.vectors[self.check(name)[1]]
        if not is_reference(weights):
            return {}
        state = _respelled(open_source(pulled(weights, suite=self._suite)), self.family).state
        patterns = self.family.heads
        return {n: state[n] for n in state if any(fnmatchcase(n, p) for p in patterns)}

    def head_labels(self, name: str) -> list[str]:
        """What the configuration beside the vector `name` calls its head's outputs; [] unsaid."""
        source = pulled(self.vectors[self.check(name)[1]], suite=self._suite, extras=(CONFIG,))
        try:
            path = source.paths[CONFIG]
            if path.stat().st_size > MAX_CONFIG:
                return []
            named = json.loads(path.read_text(encoding="utf-8"))["id2label"]
            return [str(named[str(number)]) for number in range(len(named))]
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return []

    def difference(self, contents: Contents, *, base: LazyState) -> Difference:
        """The task vector of a source, whole, as `vector_from` gives it."""
        check_vocabulary(_respelled(contents, self.family), base, self.family)
        return vector_from(contents, base, **self._told())

    def _told(self) -> dict[str, Any]:
        """What subtracting must know of the base's family."""
        base = self.base_files()
        return {
            "exclude": self.family.heads,
            "aliases": self.family.aliases(base),
            "transposed": self.family.transposed(base),
        }

    def _from_source(self, reference: str, base: LazyState) -> LazyState:
        contents = open_source(pulled(reference, suite=self._suite))
        try:
            return self.opened(contents, base=base)
        except WeightsError as error:
            raise WeightsError(
                f"the vector {reference} of the suite {self._suite!r}: {error}"
            ) from error

    def opened(self, contents: Contents, *, base: LazyState) -> LazyState:
        """The task vector of a source, each tensor made when it is asked for."""
        contents, told = _respelled(contents, self.family), self._told()
        if contents.kind != "task-vector":  # which knows nothing beside the base's own
            own = {n: entry for n, entry in base.entries.items() if not is_beside(n)}
            base = LazyState(own, where=base.where)
        check_vocabulary(contents, base, self.family)
        theirs = self.family.layout(contents.state)
        if theirs in (None, self.layout):
            return open_difference(contents, base, **told)
        start = converted(base, self.family, to=theirs)
        return _brought(open_difference(contents, start, **told), base, self.family)


def _respelled(contents: Contents, family: ModelFamily) -> Contents:
    """What is in a source, under the names that the family's library has for it now.

    Of several dictionaries, the first whose names the family knows comes first.
    """
    found = (contents.state, *contents.state.parts)
    known = [part.renamed(family.respelled(part)) for part in found]
    state, *parts = sorted(known, key=lambda part: family.layout(part) is None)
    return replace(contents, state=LazyState(state.entries, where=state.where, parts=parts))


def whole(state: LazyState) -> TaskVector:
    """A vector with all its tensors in memory."""
    return TaskVector({name: state[name].contiguous() for name in state})


def converted(state: LazyState, family: ModelFamily, *, to: str) -> LazyState:
    """A state of `family`, or a vector, in the layout `to`."""
    if family.layout(state) == to:
        return state
    shapes = family.converted(_empty(state), to=to)
    return _lazy(family.converted(state, to=to), shapes, where=state.where)


def vector_from(
    contents: Contents,
    base: Mapping[str, Tensor],
    *,
    exclude: Sequence[str] = (),
    dtype: torch.dtype = torch.float32,
    aliases: Mapping[str, str] = NO_ALIASES,
    transposed: Collection[str] | None = None,
) -> Difference:
    """The task vector of `contents` from `base`, whole, with the story of how it came about.

    A model in one layout is subtracted from the same model in another: the base is looked at in the
    source's layout, and the difference is brought into the base's. Arguments are those of
    `subtract`. Raises WeightsError listing everything that does not fit.
    """
    told: dict[str, Any] = {"exclude": exclude, "aliases": aliases, "transposed": transposed}
    family = family_of_names(base)
    contents = contents if family is None else _respelled(contents, family)
    theirs = None if family is None else family.layout(contents.state)
    if family is None or theirs in (None, family.layout(base)):
        return subtract(contents, base, dtype=dtype, **told)
    lazy = LazyState.of(base, where="the base")
    start = converted(lazy, family, to=theirs)
    found = subtract(contents, start, **told)
    vector = _brought(LazyState.of(found.vector), lazy, family)
    stored = {name: vector[name].to(dtype) for name in vector}
    return replace(found, vector=TaskVector(stored))


def _brought(found: LazyState, base: LazyState, family: ModelFamily) -> LazyState:
    """A difference in another layout, under the names of `base`."""
    shapes = _empty(base)
    return _lazy(family.converted_vector(found, base=shapes), shapes, where=found.where)


def _lazy(tensors: Mapping[str, Tensor], shapes: Mapping[str, Tensor], *, where: str) -> LazyState:
    """Float32 tensors that are made when they are asked for, each as it is in `shapes`."""

    def read(name: str) -> Tensor:
        return tensors[name].contiguous()

    entries = {
        name: Entry(tuple(shapes[name].shape), torch.float32, partial(read, name))
        for name in tensors
    }
    return LazyState(entries, where=where)


def _empty(state: LazyState) -> dict[str, Tensor]:
    """Tensors of the same shapes that have nothing in them."""
    return {name: torch.empty(state.shape(name), device="meta") for name in state}


def _float(state: LazyState) -> LazyState:
    entries = {
        name: Entry(entry.shape, torch.float32, lambda read=entry.read: read().float())  # type: ignore[misc]
        for name, entry in state.entries.items()
    }
    return LazyState(entries, where=state.where)

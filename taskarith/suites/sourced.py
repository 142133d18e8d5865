"""A suite's base and vectors that come from elsewhere: from a reference to a ready model.

Everything here is read from this machine; what is not here yet says how to fetch it. Knows
references and models; which tasks they are for is the suite's business.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from taskarith.core import TaskVector
from taskarith.errors import AssetError, SourceError, WeightsError
from taskarith.models.clip.layouts import ClipLayout, ConvertedState, clip_layout, is_vision
from taskarith.sources import BASE_FILES, Source, find_pulled, open_source, parse_reference
from taskarith.sources.pull import NotPulledError
from taskarith.suites.manifest import Base
from taskarith.suites.remote import pull_ledger, vector_from

if TYPE_CHECKING:
    from taskarith.models.clip.open_clip import ClipModel
    from taskarith.models.clip.transformers import TransformersClip

__all__ = ["SourcedBase", "identity", "is_pulled", "is_reference", "sourced_vector"]


def is_reference(weights: str) -> bool:
    """Whether a manifest's weights are a reference, not a path inside the suite.

    >>> is_reference("hub:owner/name"), is_reference("vectors/mnist.safetensors")
    (True, False)
    """
    return ":" in weights


def identity(reference: str, *, suite: str) -> str:
    """What a reference means on this machine, as a text that changes when the weights do."""
    source = _pulled(reference, suite=suite)
    if source.commit is not None:
        return f"{reference} {source.commit} {sorted(source.paths)}"
    stats = [(name, path.stat()) for name, path in source.paths.items()]
    return f"{reference} {[(name, s.st_size, s.st_mtime_ns) for name, s in stats]}"


def is_pulled(reference: str) -> bool:
    """Whether what a reference names is on this machine."""
    try:
        find_pulled(reference)
    except SourceError:
        return False
    return True


def sourced_vector(reference: str, base: Mapping[str, Tensor], *, suite: str) -> TaskVector:
    """The task vector of a reference from `base`, of the vision tower alone.

    Heads are made of words once and stay: what fine-tuning did to the text tower has no effect.
    """
    try:
        found = vector_from(open_source(_pulled(reference, suite=suite)), base).vector
    except WeightsError as error:
        raise WeightsError(f"the vector {reference} of the suite {suite!r}: {error}") from error
    vision = {name: tensor for name, tensor in found.items() if is_vision(name)}
    return TaskVector(vision) if vision else found


class SourcedBase:
    """A base model behind a reference: transformers' or OpenCLIP's."""

    def __init__(self, base: Base, *, suite: str) -> None:
        self._base = base
        self._suite = suite

    @cached_property
    def reference(self) -> str:
        """Where the weights are, as a full reference."""
        if self._base.source:
            return str(parse_reference(self._base.source))
        from taskarith.models.clip.pretrained import pretrained_repository

        assert self._base.model is not None
        assert self._base.pretrained is not None
        return f"hub:{pretrained_repository(self._base.model, self._base.pretrained)}"

    @cached_property
    def state(self) -> dict[str, Tensor]:
        """θ₀ as float32 tensors by the model's own names."""
        contents = open_source(self._source())
        if contents.kind not in ("checkpoint", "pickle"):
            raise AssetError(f"{self.reference} is a {contents.kind}; a base is a model's weights")
        state: Mapping[str, Tensor]
        state = contents.state.renamed({name: name for name in contents.state.floating()})
        if clip_layout(state) not in (None, self._base.kind):
            # Repositories of OpenCLIP often hold the same weights in transformers' layout too.
            state = ConvertedState(state, to=cast(ClipLayout, self._base.kind))
        return {name: tensor.to(torch.float32).contiguous() for name, tensor in state.items()}

    def model(self) -> "ClipModel | TransformersClip":
        """A new model with the base weights, on the CPU."""
        files = self._source().paths
        if self._base.kind == "transformers":
            from taskarith.models.clip.transformers import load_transformers_clip

            return load_transformers_clip(files, self.state)
        from taskarith.models.clip.pretrained import load_pretrained

        return load_pretrained(
            self.state, folder=files, model=self._base.model, tag=self._base.pretrained
        )

    def files(self) -> Mapping[str, Path]:
        """The files of the base that are on this machine, the weights first, by name."""
        return self._source().paths

    def _source(self) -> Source:
        return _pulled(self.reference, suite=self._suite, extras=BASE_FILES)


def _pulled(reference: str, *, suite: str, extras: tuple[str, ...] = ()) -> Source:
    try:
        return find_pulled(reference, extras=extras, ledger=pull_ledger())
    except NotPulledError as error:
        raise NotPulledError(
            f"the suite {suite!r} needs {reference}, which is not on this machine yet; fetch all "
            f"it needs on the page Models, or with: taskarith suites pull {suite}"
        ) from error

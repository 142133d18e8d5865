"""What a model family is: the models that are built, named and read alike.

Everything that depends on whose models a suite is about is asked of its family, so that no other
part of the program knows a library's names. Families are listed in `registry`; this module knows
none of them, and nothing of tasks or of where weights come from.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from taskarith.models.adapter_space import Side
from taskarith.models.layouts import Layout
from taskarith.models.picture_transform import PictureTransform

__all__ = [
    "VOCABULARY",
    "BaseFiles",
    "ExampleKind",
    "Found",
    "Kind",
    "Model",
    "ModelFamily",
    "NamedBase",
    "Part",
]

VOCABULARY = "vocabulary.json"  # the list of words of a base that a suite holds itself

ExampleKind = Literal["images", "texts"]
# What fine-tuning moves: the matrices of the blocks, or of their attention alone.
Part = Literal["blocks", "attention"]


@dataclass(frozen=True)
class BaseFiles:
    """A base without its weights: what its own files say it is.

    Attributes:
        kind: which of its family's kinds it is, as a manifest says it.
        files: its small files by the names that their library gives them.
        model, pretrained: the library's own names for it, where it is known by names.
    """

    kind: str
    files: Mapping[str, Path] = field(default_factory=dict)
    model: str | None = None
    pretrained: str | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of base that a manifest can name.

    Attributes:
        layout: whose names its weights have.
        inside: whether a suite's own folder can hold one, with a list of words as its vocabulary.
        named: whether its library has names for bases, in place of a reference.
    """

    layout: str
    inside: bool
    named: bool = False


@dataclass(frozen=True)
class Found:
    """What a base's files say it is: its kind."""

    kind: str


class NamedBase(Protocol):
    """A base by its library's own names, as whoever asks for a suite may write it."""

    @property
    def title(self) -> str:
        """A short name for people."""

    @property
    def reference(self) -> str:
        """Where its weights are; UnknownNameError or AssetError where there is no such base."""

    def entry(self, source: str | None = None) -> dict[str, Any]:
        """A manifest's entry; `source` says where the weights are. Raises as `reference`."""


class Model(Protocol):
    """A base that is built. What it can be asked depends on the examples its family takes."""

    network: Any
    device: torch.device

    def to(self, device: torch.device | str) -> "Model":
        """Move it to `device`, in place."""


class ModelFamily(Protocol):
    """The models that are built, named and read alike.

    Attributes:
        name: as files say it: "clip".
        title: one of them, for people: "a CLIP".
        examples: the kinds of examples they take.
        kinds: what a manifest may call a base of theirs.
        layouts: whose names their tensors may have, by the layout's name; a checkpoint can be
            written in each.
        description_files: names of the files of which a base needs one, to say what it is.
        pipeline: the Hub's word for what they do.
        heads: patterns, with `*` for anything, of a checkpoint's tensors that belong to a task and
            not to the model: bodies are merged, and each task keeps its own head.
    """

    name: str
    title: str
    examples: tuple[ExampleKind, ...]
    kinds: Mapping[str, Kind]
    layouts: Mapping[str, Layout]
    description_files: tuple[str, ...]
    pipeline: str
    heads: tuple[str, ...]

    def detect(self, files: Mapping[str, Path]) -> Found | None:
        """What the base with these files is; None where it is none of theirs or says too little."""

    def named(self, base: str) -> NamedBase | None:
        """The base that `base` names by the library's own names; None where it is no such name."""

    def named_repository(self, base: BaseFiles) -> str:
        """The Hub repository of a base that is known by names alone."""

    def load(self, base: BaseFiles, state: Mapping[str, Tensor]) -> Model:
        """The model with the weights of `state`, under the names of its kind's layout, on the CPU.

        Raises AssetError where the files describe no model, WeightsError where weights do not fit.
        """

    def picture_transform(self, base: BaseFiles) -> PictureTransform:
        """How it wants its pictures, as its files say; AssetError for what is not done here.

        Where they say nothing, as its library does by itself.
        """

    def own_names(self, base: BaseFiles, names: Iterable[str]) -> Mapping[str, str]:
        """The model's own names for a base's tensors, each with the file's name for it.

        What is not the model's is left out, and of tied tensors there is one.
        """

    def respelled(self, names: Iterable[str]) -> Mapping[str, str]:
        """Names as the library spells them now, each with the older one that a file may have."""

    def aliases(self, base: BaseFiles) -> Mapping[str, str]:
        """Other names of tied tensors, each with the one that the model goes by."""

    def transposed(self, base: BaseFiles) -> Collection[str] | None:
        """Weights that the model keeps as [in, out]; None where adapters know it themselves."""

    def vocabulary(self, shapes: Mapping[str, Sequence[int]]) -> int | None:
        """How many words a state has rows for; None where that is nothing it is asked for."""

    def layout(self, names: Iterable[str]) -> str | None:
        """Whose names these are, of a whole model or a part of one; None where not theirs."""

    def converted(self, state: Mapping[str, Tensor], *, to: str) -> Mapping[str, Tensor]:
        """A state in another layout, each tensor made when it is asked for.

        Names of no layout are left out. Tensors on the meta device tell what the shapes will be.
        """

    def converted_vector(
        self, vector: Mapping[str, Tensor], *, base: Mapping[str, Tensor]
    ) -> Mapping[str, Tensor]:
        """Differences of weights under the names of `base`, which is in another layout.

        Each is made when it is asked for; what did not move beside what did is zero. Of `base`
        only names and shapes are looked at. Raises WeightsError for a difference without a place.
        """

    def fused(self, parameter: str) -> int:
        """How many matrices lie above each other in a parameter: 1 unless the layout fuses.

        Negative where they lie beside each other, as in weights that are kept as [in, out].
        """

    def trained(self, shapes: Mapping[str, Sequence[int]], part: Part) -> list[str]:
        """Those of the parameters that fine-tuning moves unless it says otherwise."""

    def scaled(self, shapes: Mapping[str, Sequence[int]]) -> Mapping[str, Side]:
        """The modules that (IA)³ scales, each with what of it: keys, values, inner activations.

        None where the family has no modules of its own for them.
        """

    def checkpoint_files(self, base: BaseFiles, *, to: str) -> dict[str, bytes]:
        """The files beside the weights that the library of the layout `to` needs to load it.

        Raises ExportError where the model is none that the library can build.
        """

    def published_files(self, files: Mapping[str, Path], repository: str) -> dict[str, bytes]:
        """Those of a checkpoint's files that must say which repository they are in."""

    def loading_code(self, layout: str, place: str, *, published: bool) -> Sequence[str]:
        """Lines of Python that load a checkpoint from a folder, or a repository of the Hub."""

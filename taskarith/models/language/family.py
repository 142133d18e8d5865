"""What the families of text models have in common: transformers' names, files and tokenizers.

A family says which kinds of models are its own, how their parameters are recognised, which of them
are heads, and which class of the library builds one.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from torch import nn

from taskarith.errors import AssetError, ExportError
from taskarith.models.adapter_space import Side
from taskarith.models.family import BaseFiles, ExampleKind, Found, Kind, Part
from taskarith.models.language.building import (
    Named,
    RemoteCodeError,
    as_built,
    named_parameters,
    read_config,
    renamed,
)
from taskarith.models.language.tokenizer import TOKENIZER_FILES
from taskarith.models.layouts import LAYOUTS, Layout
from taskarith.models.one_layout import OneLayout

__all__ = ["TextFamily"]

LAYOUT = "transformers"
Finish = Callable[[nn.Module], nn.Module]
WORDS = re.compile(r"\b(wte|shared|word_embeddings|embed_tokens|embed_in)\.weight$")
KEYS_AND_VALUES = re.compile(
    r"\.(k|v|key|value|[kv]_lin|[kv]_proj|c_attn|query_key_value|qkv_proj)$"
)
# The second matrix of an MLP, which takes the inner activations.
INNER = re.compile(
    r"\.(wo|fc2|lin2|down_proj|dense_4h_to_h)$|\bmlp\.c_proj$|(?<!attention)\.output\.dense$"
)
ATTENTION = re.compile(r"\battn\b|[aA]ttention\b|self_attn\b")


class TextFamily(OneLayout):
    """One family of text models; subclasses say what is theirs, and load one.

    Attributes:
        known: the library's words for kinds of models.
        auto: the library's class that builds one of them.
        marks: what only their parameters' names have in them.
        transposing: the kinds of models whose matrices are [in, out].
        words: older words for the last part of a name.
        small_files: what a base of theirs may have beside its weights.
    """

    name: str
    pipeline: str
    known: ClassVar[tuple[str, ...]]
    auto: ClassVar[str]
    model_class: ClassVar[str]
    marks: ClassVar[re.Pattern[str]]
    transposing: ClassVar[tuple[str, ...]] = ()
    words: ClassVar[Mapping[str, str]] = {}
    examples: tuple[ExampleKind, ...] = ("texts",)
    layouts: Mapping[str, Layout] = {LAYOUT: LAYOUTS[LAYOUT]}
    description_files: tuple[str, ...] = ("config.json",)
    small_files: tuple[str, ...] = ("config.json", "generation_config.json", *TOKENIZER_FILES)

    def __init__(self) -> None:
        self.kinds: Mapping[str, Kind] = {self.name: Kind(LAYOUT, inside=True)}

    def detect(self, files: Mapping[str, Path]) -> Found | None:
        """What the base with these files is, by the kind of model that its configuration names."""
        try:
            self.config(files)
        except RemoteCodeError:
            raise  # whatever it would be, it is not without that code
        except AssetError:
            return None
        return Found(self.name)

    def config(self, files: Mapping[str, Path]) -> dict[str, Any]:
        """What the base's `config.json` says; AssetError where it is of no kind of theirs."""
        return read_config(files, known=self.known)

    def finish(self, config: Mapping[str, Any], names: Iterable[str]) -> Finish:
        """What is done to a network that the library built, where `names` are its tensors."""
        return as_built

    def parameters(self, base: BaseFiles, names: Iterable[str] = ()) -> Named:
        """The parameters of the base's network, and other names of the tied ones.

        `names` are those in its file, where they say what its configuration does not.
        """
        config = self.config(base.files)
        return named_parameters(config, auto=self.auto, finish=self.finish(config, names))

    def layout(self, names: Iterable[str]) -> str | None:
        """The one layout there is, where a name has a mark of the family in it."""
        return LAYOUT if any(map(self.marks.search, names)) else None

    def own_names(self, base: BaseFiles, names: Iterable[str]) -> Mapping[str, str]:
        """The network's own names for a file's tensors, each with the file's."""
        named = self.parameters(base, names)
        found = renamed(self.respelled(names), [*named.shapes, *named.aliases])
        for alias, own in named.aliases.items():
            if alias in found:
                found.setdefault(own, found[alias])
        spelled = self.respelled(names)
        return {name: spelled[found[name]] for name in named.shapes if name in found}

    def respelled(self, names: Iterable[str]) -> Mapping[str, str]:
        """Names with the last part as it is called now, each with the older one."""
        new = {}
        for name in names:
            start, _, last = name.rpartition(".")
            new[f"{start}.{self.words[last]}" if start and last in self.words else name] = name
        return new

    def aliases(self, base: BaseFiles) -> Mapping[str, str]:
        """Other names of tied tensors, each with the one that the network goes by."""
        return self.parameters(base).aliases

    def transposed(self, base: BaseFiles) -> Collection[str] | None:
        """Matrices that the network keeps as [in, out]."""
        if self.config(base.files)["model_type"] not in self.transposing:
            return ()
        shapes = self.parameters(base).shapes
        return self.trained(shapes, "blocks")

    def vocabulary(self, shapes: Mapping[str, Sequence[int]]) -> int | None:
        """The rows of the table of words, whatever stands before its name."""
        return next((shape[0] for name, shape in shapes.items() if WORDS.search(name)), None)

    def trained(self, shapes: Mapping[str, Sequence[int]], part: Part) -> list[str]:
        """The matrices of the numbered blocks, or of their attention alone."""
        return [
            name
            for name, shape in shapes.items()
            if len(shape) == 2
            and re.search(r"\.\d+\.", name)
            and "relative_attention_bias" not in name
            and (part == "blocks" or ATTENTION.search(name))
        ]

    def scaled(self, shapes: Mapping[str, Sequence[int]]) -> Mapping[str, Side]:
        """What keys and values give, and what the second matrix of an MLP takes.

        Where queries, keys and values are one matrix, queries are scaled with the others.
        """
        found: dict[str, Side] = {}
        for name in self.trained(shapes, "blocks"):
            module = name.removesuffix(".weight")
            if KEYS_AND_VALUES.search(module):
                found[module] = "out"
            elif INNER.search(module):
                found[module] = "in"
        return found

    def checkpoint_files(self, base: BaseFiles, *, to: str) -> dict[str, bytes]:
        """The base's own small files, as they are."""
        if to != LAYOUT:
            raise ExportError(f"{to} has no place for {self.title}; export it for {LAYOUT}")
        return {
            name: path.read_bytes() for name, path in base.files.items() if name in self.small_files
        }

    def loading_code(self, layout: str, place: str, *, published: bool) -> Sequence[str]:
        """Lines of Python that load a checkpoint from a folder, or a repository of the Hub."""
        return (
            f"from transformers import {self.model_class}, AutoTokenizer",
            f'model = {self.model_class}.from_pretrained("{place}")',
            f'tokenizer = AutoTokenizer.from_pretrained("{place}")',
        )

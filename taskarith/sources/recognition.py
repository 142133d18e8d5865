"""What a repository or folder holds, recognised by the names of its files.

    task-vector   task_vector.safetensors: differences of weights, in our native format
    adapter       adapter_config.json with its weights: LoRA or (IA)³ as PEFT saves them
    checkpoint    model.safetensors, whole or in shards: weights
    pickle        pytorch_model.bin, whole or in shards, *.pt: weights in a format that can carry
                  code

Knows names and sizes; nothing is opened here. Which files a checkpoint in several has, its index
says, which whoever asks reads.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from taskarith.errors import SourceError, listed
from taskarith.sources.native import NATIVE_FILE
from taskarith.sources.reference import is_inside
from taskarith.sources.shards import INDEX

__all__ = ["BASE_FILES", "PICKLE_SUFFIXES", "Kind", "Recognised", "Shards", "recognise"]

Kind = Literal["task-vector", "adapter", "checkpoint", "pickle"]

# Beside its weights a base needs its shape, and the words and pixels it was made for.
BASE_FILES = (
    "config.json",
    "open_clip_config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
    *("vocab.txt", "added_tokens.json", "spiece.model", "sentencepiece.bpe.model"),
    *("tokenizer.model", "generation_config.json"),
    # How sentence-transformers makes one embedding of a text.
    *("modules.json", "sentence_bert_config.json", "1_Pooling/config.json"),
)
Shards = Callable[[str], Collection[str]]  # an index's name → the shards that it names

ADAPTER_CONFIG = "adapter_config.json"
# In the order in which we would rather have them.
WHOLE = ("model.safetensors", "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors")
PICKLES = ("pytorch_model.bin", "open_clip_pytorch_model.bin")
PICKLE_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")


@dataclass(frozen=True)
class Recognised:
    """What kind of weights there are and the files that hold them, the main one first."""

    kind: Kind
    files: tuple[str, ...]


def recognise(
    sizes: Mapping[str, int],
    *,
    shards: Shards,
    file: str | None = None,
    adapter: bool = False,
    extras: Iterable[str] = (),
) -> Recognised:
    """What the files called `sizes` (with their sizes) hold, or the one called `file`.

    `shards` reads an index: it gives the names of the files beside it that it names.
    With `adapter` it must be a PEFT adapter; of `extras`, those that exist come along. Raises
    SourceError that says what was found instead.
    """
    names = [name for name in sizes if is_inside(name)]
    if file is not None:
        if file not in names:
            raise SourceError(f"there is no file {file!r} there; found {_listed(sizes)}")
        found = _single(file, names, shards)
    else:
        found = _whole(names, shards)
    if found is None:
        raise SourceError(
            "no weights were recognised: looked for task_vector.safetensors, adapter_config.json, "
            f"model.safetensors or pytorch_model.bin; found {_listed(sizes)}. Name a file: "
            "hub:owner/name:FILE"
        )
    if adapter and found.kind != "adapter":
        raise SourceError(
            f"there is no PEFT adapter there (adapter_config.json); found {_listed(sizes)}"
        )
    also = tuple(name for name in extras if name in names and name not in found.files)
    return Recognised(found.kind, found.files + also)


def _listed(names: Iterable[str]) -> str:
    return listed(sorted(names)) or "no files"


def _whole(names: list[str], shards: Shards) -> Recognised | None:
    """The weights a repository is about: those at its top, the most certain kind first."""
    if NATIVE_FILE in names:
        return Recognised("task-vector", (NATIVE_FILE,))
    if ADAPTER_CONFIG in names:
        return _single(ADAPTER_CONFIG, names, shards)
    for files in (WHOLE, PICKLES):
        for name in (*files, *(file + INDEX for file in files)):
            if name in names:
                return _single(name, names, shards)
    # What begins with a dot, a system left there.
    top = [name for name in names if "/" not in name and not name.startswith(".")]
    for suffix in (".safetensors", ".pt", ".bin"):
        for end in (suffix + INDEX, suffix):
            alone = [name for name in top if name.endswith(end)]
            if len(alone) == 1:
                return _single(alone[0], names, shards)
    return None


def _single(file: str, names: list[str], shards: Shards) -> Recognised | None:
    """The weights of which `file` is the main file."""
    path = PurePosixPath(file)
    beside = {PurePosixPath(n).name: n for n in names if PurePosixPath(n).parent == path.parent}
    if path.name == NATIVE_FILE:
        return Recognised("task-vector", (file,))
    if path.name == ADAPTER_CONFIG or path.name.startswith("adapter_model."):
        weights = beside.get("adapter_model.safetensors") or beside.get("adapter_model.bin")
        config = beside.get(ADAPTER_CONFIG)
        if config and weights:
            return Recognised("adapter", (config, weights))
        if path.name == ADAPTER_CONFIG:
            return None
    if path.name.endswith(INDEX):
        named = sorted(set(shards(file)))
        missing = [name for name in named if name not in beside]
        if missing:
            raise SourceError(
                f"{file} names {_listed(missing)}, which {'is' if len(missing) == 1 else 'are'} "
                "not there: a part of the weights is missing"
            )
        kinds = {_kind(PurePosixPath(name).suffix) for name in named}
        kind = next(iter(kinds), None)
        if len(kinds) != 1 or kind is None:
            return None
        return Recognised(kind, (file, *(beside[name] for name in named)))
    kind = _kind(path.suffix)
    return Recognised(kind, (file,)) if kind else None


def _kind(suffix: str) -> Kind | None:
    if suffix == ".safetensors":
        return "checkpoint"
    return "pickle" if suffix in PICKLE_SUFFIXES else None

"""What a repository or folder holds, recognised by the names of its files.

    task-vector   task_vector.safetensors: differences of weights, in our native format
    adapter       adapter_config.json with its weights: LoRA or (IA)³ as PEFT saves them
    checkpoint    model.safetensors, whole or in shards: weights
    pickle        pytorch_model.bin, whole or in shards, *.pt: weights in a format that can carry
                  code

Knows names and sizes only; nothing is opened here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from taskarith.errors import SourceError
from taskarith.sources.native import NATIVE_FILE
from taskarith.sources.reference import is_inside

__all__ = ["BASE_FILES", "INDEX", "PICKLE_SUFFIXES", "Kind", "Recognised", "recognise"]

Kind = Literal["task-vector", "adapter", "checkpoint", "pickle"]

# Beside its weights a base needs its shape, and the words and pixels it was made for.
BASE_FILES = (
    "config.json",
    "open_clip_config.json",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "merges.txt",
)
ADAPTER_CONFIG = "adapter_config.json"
# In the order in which we would rather have them.
WHOLE = ("model.safetensors", "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors")
PICKLES = ("pytorch_model.bin", "open_clip_pytorch_model.bin")
INDEX = ".index.json"  # ends the name of the file that says which shard holds what
PICKLE_SUFFIXES = (".pt", ".pth", ".bin", ".ckpt")
LISTED = 8


@dataclass(frozen=True)
class Recognised:
    """What kind of weights there are and the files that hold them, the main one first."""

    kind: Kind
    files: tuple[str, ...]


def recognise(
    sizes: Mapping[str, int],
    *,
    file: str | None = None,
    adapter: bool = False,
    extras: Iterable[str] = (),
) -> Recognised:
    """What the files called `sizes` (with their sizes) hold, or the one called `file`.

    With `adapter` it must be a PEFT adapter; of `extras`, those that exist come along. Raises
    SourceError that says what was found instead.
    """
    names = [name for name in sizes if is_inside(name)]
    if file is not None:
        if file not in names:
            raise SourceError(f"there is no file {file!r} there; found {_listed(sizes)}")
        found = _single(file, names)
    else:
        found = _whole(names)
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
    """The first few names, and how many more there are."""
    everything = sorted(names)
    shown = ", ".join(name[:60] for name in everything[:LISTED])
    more = f" and {len(everything) - LISTED} more files" if len(everything) > LISTED else ""
    return (shown or "no files") + more


def _whole(names: list[str]) -> Recognised | None:
    """The weights a repository is about: those at its top, the most certain kind first."""
    if NATIVE_FILE in names:
        return Recognised("task-vector", (NATIVE_FILE,))
    if ADAPTER_CONFIG in names:
        return _single(ADAPTER_CONFIG, names)
    for files in (WHOLE, PICKLES):
        for name in (*files, *(file + INDEX for file in files)):
            if name in names:
                return _single(name, names)
    top = [name for name in names if "/" not in name]
    for suffix in (".safetensors", ".pt", ".bin"):
        alone = [name for name in top if name.endswith(suffix)]
        if len(alone) == 1:
            return _single(alone[0], names)
    return None


def _single(file: str, names: list[str]) -> Recognised | None:
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
        whole = PurePosixPath(path.name.removesuffix(INDEX))
        shard = re.compile(rf"{re.escape(whole.stem)}-\d{{5}}-of-\d{{5}}{re.escape(whole.suffix)}")
        shards = sorted(name for own, name in beside.items() if shard.fullmatch(own))
        kind = _kind(whole.suffix)
        return Recognised(kind, (file, *shards)) if kind and shards else None
    kind = _kind(path.suffix)
    return Recognised(kind, (file,)) if kind else None


def _kind(suffix: str) -> Kind | None:
    if suffix == ".safetensors":
        return "checkpoint"
    return "pickle" if suffix in PICKLE_SUFFIXES else None

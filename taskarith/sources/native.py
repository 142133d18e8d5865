"""Task vectors in their native format: `task_vector.safetensors` and a model card beside it.

Tensor names are the base's parameter names; the file's metadata is a `VectorInfo`. Knows one
vector in one folder; where it came from and which model it fits is decided elsewhere.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor

from taskarith import __version__
from taskarith.core import Reported, TaskVector, VectorInfo
from taskarith.errors import WeightsError
from taskarith.sources.compact import in_eight_bits, unpacked
from taskarith.sources.lazy_state import Entry, LazyState
from taskarith.sources.streaming import in_dtype, write_stream
from taskarith.sources.tensors import fingerprint, read_metadata, read_tensors

__all__ = [
    "GENERATED",
    "NATIVE_FILE",
    "base_fingerprint",
    "check_base",
    "is_vector_file",
    "read_vector",
    "write_vector",
]

NATIVE_FILE = "task_vector.safetensors"
CARD = "README.md"
# A card that holds this line is made anew when it is published.
GENERATED = "<!-- Written by taskarith. Delete this line to keep your own text when publishing. -->"


def write_vector(
    vector: TaskVector,
    folder: str | PathLike[str],
    *,
    info: VectorInfo | None = None,
    dtype: torch.dtype | None = None,
) -> Path:
    """Write `vector` and its card into `folder`; gives the path of the vector's file.

    The tensors are stored in `dtype` (default: as they are), converted and written one by one;
    in int8 matrices are, with a scale a row, and all else in float32. The fingerprint is of the
    numbers that are read back.
    Raises WeightsError where they overflow it or the folder cannot be written.
    """
    stored = LazyState.of(vector, where="the vector")
    if dtype == torch.int8:
        stored = in_eight_bits(stored)
    elif dtype is not None:
        stored = in_dtype(stored, dtype)
    kinds = sorted({str(stored.dtype(name)).removeprefix("torch.") for name in stored})
    complete = replace(
        info or VectorInfo(),
        dtype=", ".join(kinds),
        fingerprint=fingerprint(unpacked(stored)),
        maker=f"taskarith {__version__}",
    )
    path = Path(folder) / NATIVE_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # It gets its name when it is whole.
        with TemporaryDirectory(dir=path.parent, prefix=".") as place:
            write_stream(
                Path(place) / NATIVE_FILE, stored, dtype=None, metadata=complete.to_metadata()
            )
            os.replace(Path(place) / NATIVE_FILE, path)
        (path.parent / CARD).write_text(_card(complete, count=vector.size), encoding="utf-8")
    except OSError as error:
        raise WeightsError(
            f"could not write into {path.parent}: {error.strerror or error}; make room or choose "
            "another folder"
        ) from error
    return path


def read_vector(path: str | PathLike[str]) -> tuple[TaskVector, VectorInfo]:
    """The vector in a native file, or in a folder that holds one, and its description.

    Raises WeightsError where it is missing or damaged; a stored fingerprint must fit the tensors.
    """
    file = Path(path) / NATIVE_FILE if Path(path).is_dir() else Path(path)
    metadata = read_metadata(file)
    if not is_vector_file(metadata):
        raise WeightsError(
            f"{file} is no task vector of this program: its metadata has no description; make "
            "one with `taskarith vector make`"
        )
    info = VectorInfo.from_metadata(metadata)
    tensors = dict(unpacked(LazyState.of(read_tensors(file), where=str(file))))
    found = fingerprint(tensors)
    if info.fingerprint not in (None, found):
        raise WeightsError(
            f"{file} was changed after it was made: its tensors have the fingerprint {found}, "
            f"its description says {info.fingerprint}; get the file again"
        )
    return TaskVector(tensors), info


def is_vector_file(metadata: Mapping[str, str]) -> bool:
    """Whether a file's metadata says that it holds differences of weights, not weights."""
    return metadata.get("format", "").startswith("task-vector/") or "base_fingerprint" in metadata


def base_fingerprint(base: Mapping[str, Tensor], covered: Mapping[str, str]) -> str:
    """sha256 of the parameters of `base` that a vector covers, as float32, under its names.

    `covered` maps the vector's names to those of `base`, so that the same weights give the same
    fingerprint whichever library's names, dtype or further parameters their file has.

    >>> w = {"tower.w": torch.ones(2).half(), "other": torch.ones(1)}
    >>> base_fingerprint(w, {"w": "tower.w"}) == fingerprint({"w": torch.ones(2)})
    True
    """
    lazy = LazyState.of(base)
    entries = {
        name: Entry(lazy.shape(own), torch.float32, partial(_as_float, lazy, own))
        for name, own in covered.items()
    }
    return fingerprint(LazyState(entries, where=lazy.where))


def check_base(
    info: VectorInfo, base: Mapping[str, Tensor], names: Mapping[str, str], *, where: str
) -> bool:
    """Whether a vector says which base it is of, and it is `base`.

    `names`: its parameters' names to those of `base`. Raises WeightsError with both fingerprints
    where it is another base's.
    """
    if info.base_fingerprint is None or not all(own in base for own in names.values()):
        return False
    found = base_fingerprint(base, names)
    if info.base_fingerprint != found:
        of = f" ({info.base})" if info.base else ""
        raise WeightsError(
            f"{where} was made from another base{of}: its base has the fingerprint "
            f"{info.base_fingerprint}, this one has {found}. Choose the base it was made from"
        )
    return True


def _as_float(state: LazyState, name: str) -> Tensor:
    return state[name].float()


def _card(info: VectorInfo, *, count: int) -> str:
    """A model card. JSON is YAML, so every value is written as JSON."""
    header: dict[str, object] = {
        "base_model": info.base,
        "license": info.licence,
        "library_name": "taskarith",
        "tags": ["task-vector", "task-arithmetic"],
        "datasets": list(info.datasets),
        "model-index": _model_index(info),
    }
    lines = [
        f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in header.items() if value
    ]
    title = f"Task vector: {info.task}" if info.task else "Task vector"
    facts = {
        "base": " at ".join(filter(None, [info.base, info.base_commit])),
        "base fingerprint": info.base_fingerprint,
        "parameters": f"{count:,}, stored as {info.dtype}, subtracted in {info.subtraction_dtype}"
        if info.subtraction_dtype
        else f"{count:,}, stored as {info.dtype}",
        "left out": ", ".join(info.excluded),
        "zero-shot": _percent(info.zero_shot),
        "fine-tuned": _percent(info.finetuned),
        "suggested λ": info.coefficient,
        "recipe": info.recipe,
        "made by": info.maker,
    }
    return "\n".join(
        [
            "---",
            *lines,
            "---",
            "",
            GENERATED,
            "",
            f"# {title}",
            "",
            "τ = θ_t − θ₀, the difference between fine-tuned and pretrained weights. Add λ·τ to",
            "the base to get the task, subtract it to forget the task (arXiv 2212.04089).",
            "",
            *(f"- {name}: {value}" for name, value in facts.items() if value),
            "",
        ]
    )


def _percent(reported: Reported | None) -> str:
    if reported is None:
        return ""
    return f"{100 * reported.accuracy:.1f} % of {reported.n} images, split {reported.split}"


def _model_index(info: VectorInfo) -> list[dict[str, object]]:
    if info.task is None or info.finetuned is None:
        return []
    dataset = {"name": info.task, "type": info.task, "split": info.finetuned.split}
    metric = {"type": "accuracy", "value": info.finetuned.accuracy, "name": "fine-tuned, λ = 1"}
    result = {"task": {"type": "image-classification"}, "dataset": dataset, "metrics": [metric]}
    return [{"name": info.task, "results": [result]}]

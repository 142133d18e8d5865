"""What reads an index without learning again: a reader, a retriever and a closed book, as vectors.

The recipe writes them into a suite's folder, in eight bits a number, with what it measured of them;
the page reads them. Of the 450 questions about the first index that rounding changes 3 of the
reader's answers (by BM25's first passage) and 5 of the closed book's. Knows files and models;
neither passages nor questions.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from taskarith.core import TaskVector
from taskarith.errors import AssetError
from taskarith.recipes.interval import Interval
from taskarith.sources.compact import expanded, in_eight_bits
from taskarith.sources.lazy_state import LazyState
from taskarith.sources.tensors import read_tensors, write_tensors
from taskarith.suites import Suite

__all__ = [
    "BOOK", "FINDER", "FOLDER", "READS", "has_readers", "measured", "open_models",
    "write_measured", "write_readers",
]  # fmt: skip

FOLDER = "retrieval"  # in a suite's own
READS, FINDER, BOOK = "reader", "retriever", "closed-book"
MEASURED = "measured.json"


def has_readers(suite: Suite) -> bool:
    """Whether readers come with the suite."""
    return (suite.folder / FOLDER).is_dir()


def write_readers(folder: Path, vectors: Mapping[str, TaskVector]) -> None:
    """Write READS, FINDER and BOOK into `folder`, a file each, matrices in eight bits."""
    for name in (READS, FINDER, BOOK):
        small = in_eight_bits(LazyState.of(vectors[name]))
        write_tensors(folder / f"{name}.safetensors", dict(small.items()))


def write_measured(folder: Path, shares: Mapping[str, Interval], *, steps: int) -> None:
    """Write how often they are right, by what is told apart, beside them."""
    told = {"steps": steps, "shares": {name: one.to_json() for name, one in shares.items()}}
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (folder / MEASURED).write_text(text + "\n", encoding="utf-8")


def measured(suite: Suite) -> dict[str, Interval]:
    """What `write_measured` wrote; AssetError where it cannot be read."""
    path = suite.folder / FOLDER / MEASURED
    try:
        shares = json.loads(path.read_text(encoding="utf-8"))["shares"]
        return {name: Interval(**fields) for name, fields in shares.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssetError(f"{MEASURED} of {suite.name!r} cannot be read: {error!r:.80}") from error


def open_models(suite: Suite) -> dict[str, Any]:
    """A model of the suite's family for each of READS, FINDER and BOOK: θ₀ + ν, on the CPU.

    Raises WeightsError where a file is missing or damaged, AssetError where it is of another base.
    """
    models = {}
    for name in (READS, FINDER, BOOK):
        moved = expanded(read_tensors(suite.folder / FOLDER / f"{name}.safetensors"))
        model = suite.model()
        parameters = dict(model.network.named_parameters())
        wrong = [key for key, tensor in moved.items()
                 if key not in parameters or parameters[key].shape != tensor.shape]  # fmt: skip
        if wrong:
            raise AssetError(
                f"the {name} of the suite {suite.name!r} is of another base: {wrong[0]} does not "
                "fit; write it again with `recipe retrieval --readers`"
            )
        with torch.no_grad():
            for key, tensor in moved.items():
                parameters[key].add_(tensor.float())
        models[name] = model
    return models

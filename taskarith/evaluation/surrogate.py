"""The surrogate: a preview of every accuracy for any coefficients, without running the model.

Each image's logits are taken as a quadratic in the K coefficients (`fitting` makes it from a few
measured settings). It knows only the images, vectors and range it was fitted on, and never stands
in for a measurement. Needs no model.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskarith.core import Edit
from taskarith.errors import AssetError, WeightsError, unknown_name
from taskarith.sources.tensors import read_metadata, read_tensors, write_tensors
from taskarith.suites import Suite

__all__ = ["TRUSTED", "Surrogate", "load_surrogate", "quadratic_terms", "read_surrogate"]

FORMAT = "1"
# Fitted to λ of ±0.4, a quadratic curls up far outside: a preview keeps the value it has there.
TRUSTED = 1.0


def quadratic_terms(settings: np.ndarray) -> np.ndarray:
    """The terms [m, 1 + 2K + K(K−1)/2] of a quadratic at `settings` [m, K], float64.

    In this order: 1; λ_k; λ_k²; λ_k·λ_l for k < l.

    >>> quadratic_terms(np.array([[2.0, 3.0]])).tolist()
    [[1.0, 2.0, 3.0, 4.0, 9.0, 6.0]]
    """
    settings = np.atleast_2d(np.asarray(settings, dtype=np.float64))
    pairs = [settings[:, k] * settings[:, j] for k, j in combinations(range(settings.shape[1]), 2)]
    columns = [np.ones(len(settings)), *settings.T, *(settings**2).T, *pairs]
    return np.stack(columns, axis=1)


@dataclass(frozen=True, eq=False)
class Surrogate:
    """Per image, the margin of each rival class over the true one, as a quadratic in λ.

    The answer is right where no rival has a margin above zero. Margins are kept, not logits:
    what decides is then near zero, where half precision is finest.

    Attributes:
        suite: fingerprint of the suite it was fitted to.
        split: whose first images (in the stratified order) it previews.
        vectors: the K vectors whose coefficients it knows.
        margins: by task, float16 [images, rivals, terms] over `quadratic_terms`.
    """

    suite: str
    split: str
    vectors: tuple[str, ...]
    margins: Mapping[str, Tensor]

    def covers(self, edit: Edit) -> bool:
        """Whether `edit` moves only along vectors that the surrogate knows."""
        return set(edit.coefficients) <= set(self.vectors)

    def accuracy(self, coefficients: Mapping[str, float]) -> dict[str, float]:
        """Previewed accuracy by task, in 0…1. Raises UnknownNameError for another vector."""
        for name in coefficients:
            if name not in self.vectors:
                raise unknown_name("vector of the surrogate", name, existing=self.vectors)
        setting = np.array([[coefficients.get(name, 0.0) for name in self.vectors]])
        terms = torch.from_numpy(quadratic_terms(setting)[0]).float()
        return {
            task: int(((margins @ terms).amax(1) <= 0).sum()) / len(margins)
            for task, margins in self._wide.items()
        }

    def preview(self, coefficients: Mapping[str, float]) -> dict[str, float]:
        """What the page shows: `accuracy`, with every λ beyond ±TRUSTED taken as ±TRUSTED."""
        return self.accuracy(
            {name: min(TRUSTED, max(-TRUSTED, value)) for name, value in coefficients.items()}
        )

    def images(self, task: str) -> int:
        """How many images of the task it previews."""
        return len(self.margins[task])

    def digest(self) -> str:
        """A short hash of its numbers: which surrogate this is."""
        digest = hashlib.blake2b(json.dumps([self.vectors, self.split]).encode(), digest_size=8)
        for task, margins in self.margins.items():
            digest.update(task.encode())
            digest.update(margins.numpy().tobytes())
        return digest.hexdigest()

    def payload(self) -> dict[str, Any]:
        """Everything a browser needs, as JSON values.

        `data` is base64 of little-endian float16: task after task in the order of `tasks`, each
        [images, rivals, terms].
        """
        tasks = [
            {"name": name, "images": margins.shape[0], "rivals": margins.shape[1]}
            for name, margins in self.margins.items()
        ]
        halves = [margins.numpy().astype("<f2").tobytes() for margins in self.margins.values()]
        return {
            "split": self.split,
            "vectors": list(self.vectors),
            "terms": _term_count(len(self.vectors)),
            "tasks": tasks,
            "data": base64.b64encode(b"".join(halves)).decode("ascii"),
        }

    def save(self, path: Path) -> None:
        """Write it as safetensors; WeightsError if that fails."""
        metadata = {
            "format": FORMAT,
            "suite": self.suite,
            "split": self.split,
            "vectors": json.dumps(self.vectors),
            "tasks": json.dumps(list(self.margins)),
        }
        write_tensors(path, self.margins, metadata)

    @cached_property
    def _wide(self) -> dict[str, Tensor]:
        return {task: margins.float() for task, margins in self.margins.items()}


def load_surrogate(suite: Suite) -> Surrogate | None:
    """The surrogate that comes with `suite`, if one does.

    Raises AssetError where its file is damaged or was fitted to other weights.
    """
    if suite.manifest.surrogate is None:
        return None
    return read_surrogate(suite.path(suite.manifest.surrogate), suite=suite)


def read_surrogate(path: Path, *, suite: Suite) -> Surrogate:
    """The surrogate of `suite` in a file.

    Raises AssetError where it is damaged or was fitted to other weights.
    """
    try:
        metadata, tensors = read_metadata(path), read_tensors(path)
        vectors = tuple(json.loads(metadata["vectors"]))
        margins = {task: tensors[task] for task in json.loads(metadata["tasks"])}
        found, split = metadata["suite"], metadata["split"]
    except (WeightsError, KeyError, ValueError, TypeError) as error:
        raise AssetError(f"the surrogate {path} is damaged: {error!r}; fit it again") from error
    terms = _term_count(len(vectors))
    if metadata.get("format") != FORMAT or any(m.shape[2:] != (terms,) for m in margins.values()):
        raise AssetError(f"the surrogate {path} is of another format; fit it again")
    if found != suite.fingerprint:
        raise AssetError(
            f"the surrogate {path} was fitted to a suite with fingerprint {found}, "
            f"but this one has {suite.fingerprint}; fit it again"
        )
    return Surrogate(found, split, vectors, margins)


def _term_count(count: int) -> int:
    return 1 + 2 * count + count * (count - 1) // 2

"""An evaluator whose answers come from workers elsewhere, several at once.

A piece of work is one edit and the parts of one request, answered by one worker in the very batches
in which one process would answer them: so the answers are the same bit for bit. Everything but
answers (gradients, merges, fine-tuning, probes) is done here. Knows workers by what they are asked.
"""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from taskarith.core import Edit, TaskVector
from taskarith.errors import EngineError, UnknownNameError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.plan import Part
from taskarith.evaluation.results import ResultKey
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import TextHead
from taskarith.suites import Suite, load_suite
from taskarith.suites.manifest import Manifest
from taskarith.tasks import SplitName

__all__ = ["Arrays", "Desk", "DistributedEvaluator", "Work", "Workers"]

Arrays = Mapping[str, np.ndarray]  # a vector's tensors by name, as they travel

HELD = 8  # vectors of recipes that a worker keeps for the next question
AHEAD = 4  # pieces of work a worker, begun before they are asked for


@dataclass(frozen=True)
class Work:
    """What one worker answers at once.

    Attributes:
        keys: what the answers to each part are kept under: the worker's own must be the same.
        held: vectors it names that the suite does not have, each with a number of its own.
    """

    edit: Edit
    parts: tuple[Part, ...]
    split: SplitName
    keys: tuple[ResultKey, ...]
    held: tuple[tuple[str, int], ...] = ()


class Workers(Protocol):
    """Those who answer; one device each.

    Attributes:
        count: how many there are.
        context: what their answers depend on beside suite, edit and examples; the same for all.
        described: their devices in words.
    """

    count: int
    context: str
    described: str

    def submit(self, work: Work, vectors: Mapping[int, TaskVector]) -> None:
        """Put work in line; `vectors` are those that it holds, by number."""
        ...

    def result(self, work: Work) -> list[np.ndarray]:
        """Wait for the answers to work that was submitted; they are given once."""
        ...

    def drop(self, number: int) -> None:
        """Forget a held vector."""
        ...


class DistributedEvaluator(Evaluator):
    """An evaluator that asks `workers`; what they do not do is done on `device`, when it is asked.

    Attributes:
        ahead_of: see `Concurrent`.
    """

    def __init__(self, suite: Suite, *, workers: Workers, device: str | None = None) -> None:
        self._asked: Edit | None = None
        super().__init__(suite, device=device)
        self.described = workers.described
        self.ahead_of = AHEAD * workers.count
        self.context = workers.context
        self._workers = workers
        self._own: dict[str, tuple[int, TaskVector]] = {}
        self._numbers = count()
        self._begun: set[Work] = set()

    @property
    def model(self) -> Any:
        """The live model here, under the edit in use."""
        self._put_in_place()
        return self._model

    @model.setter
    def model(self, model: Any) -> None:
        self._model = model

    def use(self, edit: Edit) -> Callable[[], float]:
        """Put `edit` in use; its weights are made here only for what is done here."""
        self.suite.check_edit(
            Edit(edit.suite, {n: 1.0 for n in edit.coefficients if n not in self._own})
        )
        self._asked = edit
        return lambda: 0.0

    def begin(self, edit: Edit, parts: Sequence[Part], *, split: SplitName) -> None:
        """Start on what `use(edit)` and `predict_parts(parts)` will ask, and return at once."""
        work = self.work(edit, parts, split=split)
        if work not in self._begun:
            self._workers.submit(work, dict(self._own[name] for name, _ in work.held))
            self._begun.add(work)

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """Rows of each part, from a worker."""
        edit = self._asked or Edit(self.suite.name)
        self.begin(edit, parts, split=split)
        work = self.work(edit, parts, split=split)
        self._begun.discard(work)
        return self._workers.result(work)

    def head(self, task: str) -> EmbeddingHead | TextHead:
        """The head of the task under the edit in use, here."""
        self._put_in_place()
        return super().head(task)

    def add_vector(self, name: str, vector: TaskVector) -> None:
        """Let edits name one more vector, here and for the workers."""
        self._asked = None
        super().add_vector(name, vector)
        self._forget(name)
        self._own[name] = next(self._numbers), vector

    def remove_vector(self, name: str) -> None:
        """Forget a vector that `add_vector` added."""
        self._asked = None
        super().remove_vector(name)
        self._forget(name)

    def work(self, edit: Edit, parts: Sequence[Part], *, split: SplitName) -> Work:
        """What a worker is asked for one request."""
        keys = tuple(self.key(edit, task=part.task, split=split) for part in parts)
        held = tuple((n, self._own[n][0]) for n in edit.coefficients if n in self._own)
        return Work(edit, tuple(parts), split, keys, held)

    def _forget(self, name: str) -> None:
        if name in self._own:
            self._workers.drop(self._own.pop(name)[0])

    def _put_in_place(self) -> None:
        asked = self._asked
        if asked is not None:
            self._asked = None  # making a merge asks for the model under other edits
            super().use(asked)
            self._asked = asked


class Desk:
    """Where one worker works: an evaluator of the suite as this machine has it.

    Args:
        manifest: the suite as the asker has it.
        folder: where the asker has its files; another machine finds them by the suite's name.
        fingerprint: of everything in the asker's suite.

    Raises EngineError where this machine has not the suite, or another one under its name.
    """

    def __init__(
        self, manifest: Manifest, *, folder: Path, fingerprint: str, device: str | None
    ) -> None:
        suite = Suite(_found(manifest.name, folder), manifest)
        if suite.recipe_fingerprint != fingerprint:
            raise EngineError(
                f"the suite {manifest.name!r} in {suite.folder} has the fingerprint "
                f"{suite.recipe_fingerprint}, the one that is asked about {fingerprint}; "
                "copy the same files to every machine"
            )
        self._evaluator = Evaluator(suite, device=device)
        self._held: dict[str, int] = {}  # the oldest is first

    def process(self) -> int:
        """Which process this is."""
        return os.getpid()

    def about(self) -> tuple[str, str]:
        """What the answers depend on beside suite, edit and examples; and the device in words."""
        return self._evaluator.context, self._evaluator.described

    def answer(self, work: Work, *vectors: Arrays) -> list[np.ndarray]:
        """The rows of each part, with the vectors that it holds.

        Raises EngineError where this machine would keep them under another key.
        """
        for (name, number), arrays in zip(work.held, vectors, strict=True):
            if self._held.pop(name, None) != number:
                tensors = {key: torch.from_numpy(array.copy()) for key, array in arrays.items()}
                self._evaluator.add_vector(name, TaskVector(tensors))
            self._held[name] = number
        for part, asked in zip(work.parts, work.keys, strict=True):
            self._check(asked, self._evaluator.key(work.edit, task=part.task, split=work.split))
        self._evaluator.use(work.edit)
        rows = self._evaluator.predict_parts(work.parts, split=work.split)
        while len(self._held) > HELD:
            oldest = next(iter(self._held))
            del self._held[oldest]
            self._evaluator.remove_vector(oldest)
        return rows

    def _check(self, asked: ResultKey, own: ResultKey) -> None:
        for what in ("suite", "edit", "examples", "context"):
            one, other = getattr(asked, what), getattr(own, what)
            if one != other:
                raise EngineError(
                    f"a worker would answer {asked.task!r} for another {what} ({other}) than is "
                    f"asked about ({one}); give every machine the same files and versions"
                )


def _found(name: str, folder: Path) -> Path:
    if (folder / "manifest.json").is_file():
        return folder
    try:
        return load_suite(name).folder
    except UnknownNameError as error:
        raise EngineError(
            f"there is no suite {name!r} on the machine {platform.node()}: copy its folder there, "
            f"or run `taskarith suites pull {name} --yes` on it"
        ) from error

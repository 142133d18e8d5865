"""Suites: a base model, its tasks and its task vectors, loaded when they are asked for.

Knows where a suite's files are and that they fit each other; knows nothing about measuring.
"""

import hashlib
import json
import warnings
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from taskarith.core import NULLS, Edit, TaskVector, check_states
from taskarith.errors import AssetError, TaskArithError, WeightsError, unknown_name
from taskarith.sources.tensors import read_tensors
from taskarith.suites.manifest import Manifest, read_manifest
from taskarith.tasks import Split, SplitName, Task, load_split

if TYPE_CHECKING:
    from taskarith.models import ClipModel

__all__ = ["SUITES_FOLDER", "Suite", "list_suites", "load_suite"]

SUITES_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "suites"
MANIFEST = "manifest.json"
SPLITS_BUDGET = 2**30  # bytes of pictures a suite keeps


class Suite:
    """A suite in the folder of its manifest. Weights, heads and pictures load on first use.

    Attributes:
        manifest: everything the file says.
        tasks: the tasks by name, in the manifest's order.
        targets, auxiliaries, vectors: names, in that order; a vector has its task's name.
        control, second_control: the name of each (None where there is no second control).
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder.resolve()
        self.manifest = manifest
        self.name = manifest.name
        self.title = manifest.title
        self.tasks = {task.name: self._located(task) for task in manifest.tasks}
        self.targets = self._with_role("target")
        self.auxiliaries = self._with_role("auxiliary")
        self.control = self._with_role("control")[0]
        self.second_control = next(iter(self._with_role("second-control")), None)
        self.vectors = tuple(manifest.vectors)
        self._lock = RLock()
        self._splits: OrderedDict[tuple[str, str], Split] = OrderedDict()

    def __repr__(self) -> str:
        return f"Suite({self.name!r}, {len(self.tasks)} tasks, {len(self.vectors)} vectors)"

    def path(self, relative: str) -> Path:
        """The path of a file of the suite; AssetError if it leads out of the suite's folder."""
        path = (self.folder / relative).resolve()
        if not path.is_relative_to(self.folder):
            raise AssetError(f"{relative!r} leads out of the folder of the suite {self.name!r}")
        return path

    def task(self, name: str) -> Task:
        """The task called `name`, or UnknownNameError."""
        if name not in self.tasks:
            raise unknown_name("task", name, existing=self.tasks)
        return self.tasks[name]

    def check_edit(self, edit: Edit) -> None:
        """Raise UnknownNameError if `edit` is of another suite or names a vector not in this."""
        if edit.suite != self.name:
            raise unknown_name("suite", edit.suite, existing=[self.name])
        for name in edit.coefficients:
            self._check_vector(name)

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of all weights and tasks: what the cached results of a suite depend on."""
        manifest = self.manifest
        files = [manifest.base.config, manifest.base.weights, manifest.base.vocabulary]
        files += [manifest.heads, *manifest.vectors.values()]
        files += [task.data["path"] for task in manifest.tasks if task.data["kind"] == "tensors"]
        digest = hashlib.sha256()
        for relative in files:
            try:
                with self.path(relative).open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            except OSError as error:
                raise _unreadable(self.path(relative), error) from error
        tasks = [[t.name, t.role, t.classnames, dict(t.data)] for t in manifest.tasks]
        digest.update(json.dumps([tasks, list(manifest.vectors)], sort_keys=True).encode())
        return digest.hexdigest()[:16]

    def base_state(self) -> Mapping[str, Tensor]:
        """θ₀ as float32 tensors by name, read once; not to be changed."""
        return self._base_state

    def model(self) -> "ClipModel":
        """A new model with the base weights, on the CPU."""
        from taskarith.models import load_clip  # open_clip takes seconds to import

        base = self.manifest.base
        config, vocabulary = self._json(base.config), self._json(base.vocabulary)
        words = isinstance(vocabulary, list) and all(isinstance(word, str) for word in vocabulary)
        if not words or not isinstance(config, dict):
            raise AssetError(
                f"the suite {self.name!r}: {base.config} must hold an object "
                f"and {base.vocabulary} a list of words"
            )
        try:
            return load_clip(config, self.base_state(), vocabulary)
        except (KeyError, TypeError, ValueError) as error:
            raise AssetError(
                f"the suite {self.name!r}: {base.config} describes no model: {error!r}"
            ) from error

    def vector(self, name: str, *, seed: int = 0) -> TaskVector:
        """The task vector called `name`, in float32; read anew at every call.

        "random:NAME" and "permuted:NAME" are the null directions of the vector NAME for `seed`.
        Raises UnknownNameError, or WeightsError if the file does not fit the base.
        """
        null, own = self._check_vector(name)
        tensors = self._read(self.manifest.vectors[own])
        base = self.base_state()
        covered = {n: base[n] for n in tensors if n in base}
        check_states(covered, tensors, f"the base of {self.name!r} and the vector {own!r}")
        vector = TaskVector(tensors)
        return NULLS[null](vector, seed) if null else vector

    def head(self, task: str) -> Tensor:
        """The zero-shot head of `task`, float32 [classes, d], scaled by exp(logit_scale)."""
        classes = len(self.task(task).classnames)
        head = self._heads.get(task)
        if head is None or head.ndim != 2 or len(head) != classes:
            found = "none" if head is None else str(list(head.shape))
            raise AssetError(
                f"{self.manifest.heads} of the suite {self.name!r} must hold a head "
                f"[{classes}, d] for {task!r}, found {found}; build the suite's heads again"
            )
        return head

    def split(self, task: str, split: SplitName) -> Split:
        """The pictures of `task`, kept in memory for the next call within a budget."""
        wanted = self.task(task)
        with self._lock:
            loaded = self._splits.pop((task, split), None) or load_split(wanted, split)
            self._splits[task, split] = loaded  # the newest is last
            while len(self._splits) > 1 and self._split_bytes() > SPLITS_BUDGET:
                self._splits.popitem(last=False)
            return loaded

    def _split_bytes(self) -> int:
        return sum(kept.images.nbytes for kept in self._splits.values())

    def _with_role(self, role: str) -> tuple[str, ...]:
        return tuple(name for name, task in self.tasks.items() if task.role == role)

    def _located(self, task: Task) -> Task:
        """The task with paths that do not depend on the suite's folder."""
        if task.data["kind"] != "tensors":
            return task
        return replace(task, data={**task.data, "path": str(self.path(task.data["path"]))})

    def _check_vector(self, name: str) -> tuple[str, str]:
        """The null ("" for none) and the vector that `name` means."""
        null, _, own = name.rpartition(":")
        if own not in self.vectors or (null and null not in NULLS):
            raise unknown_name("vector", name, existing=self.vectors)
        return null, own

    @cached_property
    def _base_state(self) -> dict[str, Tensor]:
        return self._read(self.manifest.base.weights)

    @cached_property
    def _heads(self) -> dict[str, Tensor]:
        return self._read(self.manifest.heads)

    def _read(self, relative: str) -> dict[str, Tensor]:
        try:
            return read_tensors(self.path(relative), dtype=torch.float32)
        except WeightsError as error:
            raise AssetError(f"a file of the suite {self.name!r}: {error}") from error

    def _json(self, relative: str) -> Any:
        path = self.path(relative)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise _unreadable(path, error) from error
        except (ValueError, RecursionError) as error:
            raise AssetError(f"{path} is not valid JSON: {error}; restore the file") from error


def load_suite(name_or_path: str | Path) -> Suite:
    """The suite of that name, or in that folder, or of that manifest file.

    Raises UnknownNameError for a name that is not there, AssetError for a damaged manifest.
    """
    text = str(name_or_path)
    is_path = isinstance(name_or_path, Path) or "/" in text or "\\" in text or text == "."
    if not is_path:
        installed = _installed()
        if text not in installed:
            raise unknown_name("suite", text, existing=installed)
        return Suite(installed[text], read_manifest(installed[text] / MANIFEST))
    path = Path(name_or_path)
    file = path if path.suffix == ".json" else path / MANIFEST
    return Suite(file.parent, read_manifest(file))


def list_suites() -> list[Suite]:
    """Every installed suite; a damaged one is left out with a warning that says why."""
    suites = []
    for folder in _installed().values():
        try:
            suites.append(load_suite(folder))
        except TaskArithError as error:
            warnings.warn(str(error), stacklevel=2)
    return suites


def _installed() -> dict[str, Path]:
    return {file.parent.name: file.parent for file in sorted(SUITES_FOLDER.glob(f"*/{MANIFEST}"))}


def _unreadable(path: Path, error: OSError) -> AssetError:
    return AssetError(
        f"could not read {path}: {error.strerror or error}; restore the suite's files"
    )

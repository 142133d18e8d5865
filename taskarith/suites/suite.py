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
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from taskarith.core import NULLS, Edit, TaskVector
from taskarith.errors import AssetError, TaskArithError, unknown_name
from taskarith.heads.describing import KEPT_KINDS, head_vector
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import TextHead
from taskarith.models.adapter_space import attach, is_beside
from taskarith.models.picture_transform import PictureTransform
from taskarith.places import ASSETS
from taskarith.sources import BASE_FILES, LazyState
from taskarith.suites.collection import unlisted
from taskarith.suites.home import MANIFEST, added_suites, is_private
from taskarith.suites.manifest import Base, Manifest, read_manifest
from taskarith.suites.references import identity, is_pulled, is_reference
from taskarith.suites.suite_heads import SuiteHeads
from taskarith.suites.weights import CONFIG, Weights, whole
from taskarith.tasks import Examples, SplitName, Task, load_split
from taskarith.tasks.shifts import own_name, shifted_task

__all__ = ["SUITES_FOLDER", "Suite", "is_installed", "list_suites", "load_suite"]

SUITES_FOLDER = ASSETS / "suites"
SPLITS_BUDGET = 2**30  # bytes of examples a suite keeps


class Suite:
    """A suite in the folder of its manifest. Weights, heads and pictures load on first use.

    Attributes:
        manifest: everything the file says.
        weights: base and vectors, opened and not yet read.
        tasks: the tasks by name, in the manifest's order.
        targets, auxiliaries, vectors: names, in that order; a vector has its task's name.
        onlookers: names of the tasks that are measured although no vector is about them.
        control, second_control: the name of each (None where there is no second control).
        recipes: what the suite offers to recipes.
        recipe_tasks, recipe_vectors: names of what only recipes use; none of them is among the
            names above, while `task`, `split`, `head` and `vector` know them too.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder.resolve()
        self.manifest = manifest
        self.name = manifest.name
        self.title = manifest.title
        self.weights = Weights(manifest, self.path)
        self.tasks = {task.name: self._located(task) for task in manifest.tasks}
        self.targets = self._with_role("target")
        self.onlookers = self._with_role("onlooker")
        self.auxiliaries = self._with_role("auxiliary")
        self.control = self._with_role("control")[0]
        self.second_control = next(iter(self._with_role("second-control")), None)
        self.vectors = tuple(manifest.vectors)
        self.recipes = manifest.recipes
        self._recipe_tasks = {task.name: self._located(task) for task in manifest.recipe_tasks}
        self.recipe_tasks = tuple(self._recipe_tasks)
        self.recipe_vectors = tuple(manifest.recipe_vectors)
        self._lock = Lock()
        self._loading: dict[tuple[str, str], Lock] = {}
        self._splits: OrderedDict[tuple[str, str], Examples] = OrderedDict()
        self._heads = SuiteHeads(self)

    def __repr__(self) -> str:
        return f"Suite({self.name!r}, {len(self.tasks)} tasks, {len(self.vectors)} vectors)"

    def path(self, relative: str) -> Path:
        """The path of a file of the suite; AssetError if it leads out of the suite's folder."""
        path = (self.folder / relative).resolve()
        if not path.is_relative_to(self.folder):
            raise AssetError(f"{relative!r} leads out of the folder of the suite {self.name!r}")
        return path

    def task(self, name: str) -> Task:
        """The task called `name`, or the shifted one of a name like "textures@blur".

        Raises UnknownNameError if there is no such task or shift.
        """
        own, shift = own_name(name)
        known = self.tasks | self._recipe_tasks
        if own not in known:
            raise unknown_name("task", name, existing=known)
        return shifted_task(known[own], shift) if shift is not None else known[own]

    def subject(self, vector: str) -> str:
        """The task that a vector is about: mostly of its name, and of a null that of its own.

        Raises UnknownNameError for a name that is no vector.
        """
        own = self.weights.check(vector)[1]
        return self.manifest.recipe_subjects.get(own, own)

    def check_edit(self, edit: Edit) -> None:
        """Raise UnknownNameError if `edit` is of another suite or names a vector not in this."""
        if edit.suite != self.name:
            raise unknown_name("suite", edit.suite, existing=[self.name])
        for name in edit.coefficients:
            self.weights.check(name)

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of weights and tasks: what measurements depend on, but for recipes' own."""
        manifest, base = self.manifest, self.manifest.base
        elsewhere = self.weights.reference
        # Weights that are named by what is in them are the same from every place.
        files = [elsewhere] if elsewhere is not None and not base.sha256 else []
        files += [name for name in _of_base(base) if name]
        files += [manifest.heads] if manifest.heads is not None else []
        files += manifest.vectors.values()
        return self._fingerprint(files, manifest.tasks, manifest.vectors)

    @cached_property
    def recipe_fingerprint(self) -> str:
        """The same of everything, with the tasks and vectors that only recipes use."""
        manifest = self.manifest
        files = [*manifest.recipe_vectors.values()]
        files += [manifest.recipe_heads] if manifest.recipe_heads is not None else []
        own = self._fingerprint(files, manifest.recipe_tasks, manifest.recipe_vectors)
        return hashlib.sha256(f"{self.fingerprint} {own}".encode()).hexdigest()[:16]

    def fingerprint_of(self, edit: Edit, task: str) -> str:
        """The fingerprint that an edit's answers to a task depend on."""
        ours = (*self.vectors, *(f"{null}:{name}" for null in NULLS for name in self.vectors))
        plain = own_name(task)[0] in self.tasks and set(edit.coefficients) <= set(ours)
        return self.fingerprint if plain else self.recipe_fingerprint

    def _fingerprint(
        self, files: list[str], tasks: tuple[Task, ...], vectors: Mapping[str, str]
    ) -> str:
        files = files + [t.data["path"] for t in tasks if t.data["kind"] in ("tensors", "table")]
        digest = hashlib.sha256(self.manifest.base.sha256.encode())
        for relative in files:
            if is_reference(relative):
                digest.update(identity(relative, suite=self.name).encode())
                continue
            try:
                with self.path(relative).open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            except OSError as error:
                raise _unreadable(self.path(relative), error) from error
        described = [
            [t.name, t.role, t.classnames, t.templates, dict(t.data), dict(t.head), t.metric.name]
            for t in tasks
        ]
        digest.update(json.dumps([described, list(vectors)], sort_keys=True).encode())
        return digest.hexdigest()[:16]

    def base_state(self) -> Mapping[str, Tensor]:
        """θ₀ as float32 tensors by name, read once; not to be changed."""
        return self._base_state

    def model(self) -> Any:
        """A new model with the base weights, on the CPU: what its family builds."""
        try:
            model = self.weights.family.load(self.weights.base_files(), self.base_state())
        except AssetError as error:
            raise AssetError(f"the suite {self.name!r}: {error}") from error
        attach(model, {n: t for n, t in self.base_state().items() if is_beside(n)})
        return model

    def model_at(self, coefficients: Mapping[str, float]) -> Any:
        """A new model with the weights of an edit, on the CPU; UnknownNameError for a vector."""
        model = self.model()
        parameters = dict(model.network.named_parameters())
        with torch.no_grad():
            for name, value in coefficients.items():
                for key, tensor in self.vector(name).items():
                    parameters[key].add_(tensor.float(), alpha=value)
        return model

    def vector(self, name: str, *, seed: int = 0) -> TaskVector:
        """The task vector called `name`, in float32; read anew at every call.

        "random:NAME" and "permuted:NAME" are the null directions of the vector NAME for `seed`.
        Raises UnknownNameError, or WeightsError if the file does not fit the base.
        """
        base = LazyState.of(self.base_state())
        return whole(self.weights.vector(name, base=base, seed=seed))

    def head(self, task: str) -> EmbeddingHead | TextHead:
        """The head of `task`, as it is for the pretrained model.

        A zero-shot head has class weights float32 [classes, d], scaled by exp(logit_scale).
        """
        return self._heads.head(task)

    def head_fingerprint(self, task: str) -> str:
        """What a task's head depends on beside the suite's fingerprint: examples it was made by."""
        return self._heads.fingerprint(task)

    def class_weights(self, task: str) -> Tensor:
        """The class vectors of a head on embeddings, float32 [classes, d]; AssetError without.

        A linear probe has biases too, and so no class vectors alone.
        """
        return self._heads.class_weights(task)

    def split(self, task: str, split: SplitName) -> Examples:
        """The examples of `task`, kept in memory for the next call within a budget.

        While some are fetched, only those who want the same wait.
        """
        wanted = self.task(task)
        with self._lock:
            loading = self._loading.setdefault((task, split), Lock())
        with loading:
            with self._lock:
                loaded = self._splits.pop((task, split), None)
            if loaded is None:
                loaded = load_split(wanted, split, transform=self.picture_transform)
            with self._lock:
                self._splits[task, split] = loaded  # the newest is last
                while len(self._splits) > 1 and self._split_bytes() > SPLITS_BUDGET:
                    self._splits.popitem(last=False)
        return loaded

    def _split_bytes(self) -> int:
        return sum(kept.nbytes for kept in self._splits.values())

    def _with_role(self, role: str) -> tuple[str, ...]:
        return tuple(name for name, task in self.tasks.items() if task.role == role)

    def _located(self, task: Task) -> Task:
        """The task with paths that do not depend on the suite's folder."""
        data = dict(task.data)
        if data["kind"] in ("tensors", "folder", "table"):
            data["path"] = str(self.path(data["path"]))
        return replace(task, data=data)

    @cached_property
    def picture_transform(self) -> PictureTransform | None:
        """How the model wants its pictures, as its own files say; None where it takes none."""
        takes = self.weights.family.examples
        return self.weights.picture_transform() if "images" in takes else None

    def references(self) -> tuple[str, ...]:
        """Every reference the suite takes weights from: the base first, then the vectors."""
        base = self.weights.reference
        own = () if base is None or base != self.weights.location else (base,)
        return (*own, *filter(is_reference, self.weights.vectors.values()))

    def beside(self, reference: str) -> tuple[str, ...]:
        """The small files that must come with a reference's weights, where it has them."""
        if reference == self.weights.reference:
            return BASE_FILES
        own = {n for n, weights in self.weights.vectors.items() if weights == reference}
        kept = {head_vector(t) for t in self.tasks.values() if t.head["kind"] in KEPT_KINDS}
        return (CONFIG,) if own & kept else ()

    def is_here(self) -> bool:
        """Whether all weights it takes are on this machine; asks the Hub nothing."""
        return all(is_pulled(reference) for reference in self.references())

    @cached_property
    def _base_state(self) -> dict[str, Tensor]:
        state = self.weights.base()
        return {name: state[name].contiguous() for name in state}

    @cached_property
    def base_identity(self) -> str:
        """A text that changes when the base does."""
        base = self.manifest.base
        if self.weights.reference is not None:
            own = identity(self.weights.reference, suite=self.name)
            return f"{own} {self._fingerprint([base.neutral], (), {})}" if base.neutral else own
        return self._fingerprint([base.config, base.weights, *filter(None, [base.neutral])], (), {})


def load_suite(name_or_path: str | Path) -> Suite:
    """The suite of that name, or in that folder, or of that manifest file.

    Raises UnknownNameError for a name that is not there, AssetError for a damaged manifest.
    """
    text = str(name_or_path)
    is_path = isinstance(name_or_path, Path) or "/" in text or "\\" in text or text == "."
    if not is_path:
        installed = _installed()
        if text not in installed:
            told = [name for name, folder in installed.items() if not is_private(folder)]
            raise unknown_name("suite", text, existing=told)
        return Suite(installed[text], read_manifest(installed[text] / MANIFEST))
    path = Path(name_or_path)
    file = path if path.suffix == ".json" else path / MANIFEST
    return Suite(file.parent, read_manifest(file))


def list_suites() -> list[Suite]:
    """Every installed suite that is for all; a damaged one is left out with a warning.

    Those that come with a collection alone are members of it, and not in this list.
    """
    suites, members = [], unlisted()
    for name, folder in _installed().items():
        if is_private(folder) or name in members:
            continue
        try:
            suites.append(load_suite(folder))
        except TaskArithError as error:
            warnings.warn(str(error), stacklevel=2)
    return suites


def is_installed(name: str) -> bool:
    """Whether there is a suite of that name."""
    return name in _installed()


def _installed() -> dict[str, Path]:
    """Folders by name: those that come with the project, then those that were added."""
    own = {file.parent.name: file.parent for file in sorted(SUITES_FOLDER.glob(f"*/{MANIFEST}"))}
    return own | {name: f for name, f in added_suites().items() if name not in own}


def _of_base(base: Base) -> tuple[str, ...]:
    """The base's files of the suite's own that answers depend on; empty for what it lacks."""
    return (base.config, base.weights, base.vocabulary, base.neutral)


def _unreadable(path: Path, error: OSError) -> AssetError:
    return AssetError(
        f"could not read {path}: {error.strerror or error}; restore the suite's files"
    )

"""Exports an edit in one of the formats, into a folder that is whole or not there.

Says what it will take before it begins, how far it is, and can be stopped; tensors are written one
by one. Knows the formats' files only by what makes them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from pathlib import Path

import torch

from taskarith import __version__
from taskarith.core import METHODS, Edit, Statistics, VectorInfo
from taskarith.errors import ExportError, listed, unknown_name
from taskarith.evaluation import visible_tasks
from taskarith.export.accuracies import TaskAccuracy
from taskarith.export.card import model_card
from taskarith.export.folder import new_folder, write_files
from taskarith.export.formats import DTYPES, FORMATS
from taskarith.export.merged import NO_PROMPT, merged_state, merged_vector, without_beside
from taskarith.export.mergekit import YAML_FILE, mergekit_yaml, recipe_models
from taskarith.export.provenance import (
    PROVENANCE_FILE,
    Provenance,
    describe_parents,
    joint_fingerprint,
)
from taskarith.export.snippet import python_snippet
from taskarith.models.adapter_space import PROMPT, is_beside
from taskarith.models.registry import HUB_LAYOUT, LAYOUTS
from taskarith.sources import LazyState, fingerprint
from taskarith.sources.lazy_state import Entry
from taskarith.sources.native import NATIVE_FILE, base_fingerprint
from taskarith.sources.plan import check_disk
from taskarith.sources.streaming import streamed_size, write_stream
from taskarith.suites import Suite
from taskarith.suites.weights import converted

__all__ = ["EDIT_FILE", "SCRIPT_FILE", "Export", "Plan", "export_edit", "plan_export"]

EDIT_FILE, SCRIPT_FILE = "edit.json", "edit.py"
# Of weights, what they are; else an edit alone.
KINDS = {"vector": "task-vector", "mergekit": "recipe", "json": "edit", "python": "edit"}
SMALL = 100_000  # bytes that all files beside the weights may take


@dataclass(frozen=True)
class Plan:
    """What an export will hold, and what it takes.

    Attributes:
        weights: its weight files with their bytes.
        small: the names of its other files.
        memory: bytes, about, that a merge which is no sum takes: its whole vector is made before
            anything is written. A sum takes a few tensors.
    """

    weights: Mapping[str, int]
    small: tuple[str, ...]
    memory: int = 0

    @property
    def size(self) -> int:
        """Bytes of all weights."""
        return sum(self.weights.values())


@dataclass(frozen=True)
class Export:
    """What was exported: the folder, its files with their bytes, and where it comes from."""

    folder: Path
    files: Mapping[str, int]
    provenance: Provenance


def plan_export(suite: Suite, edit: Edit, *, to: str, dtype: str = "float32") -> Plan:
    """What exporting would take; raises as `export_edit` does where it can be known before.

    Reads no weights, but for what a merge's equivalent in mergekit depends on.
    """
    _check(suite, edit, to, dtype)
    base = suite.weights.base()
    stored = getattr(torch, dtype)
    size = streamed_size(without_beside(base), stored)
    if to in LAYOUTS:
        small_names = (*_small_files(suite, to), PROVENANCE_FILE, "README.md")
        return Plan({LAYOUTS[to].weights_file: size}, small_names, _merge_memory(edit, base))
    if to == "vector":
        if edit.method == "sum":  # another merge covers what its vectors do, which is not more
            size = streamed_size(merged_vector(suite, edit), stored)
        small_names = (PROVENANCE_FILE, "README.md")
        return Plan({NATIVE_FILE: size}, small_names, _merge_memory(edit, base))
    if to == "mergekit":
        mergekit_yaml(suite, edit)
        small = _small_files(suite, HUB_LAYOUT)
        return Plan(dict.fromkeys(recipe_models(edit), size), (*small, YAML_FILE, PROVENANCE_FILE))
    return Plan({}, (EDIT_FILE if to == "json" else SCRIPT_FILE, PROVENANCE_FILE))


def export_edit(
    suite: Suite,
    edit: Edit,
    folder: Path,
    *,
    to: str,
    dtype: str = "float32",
    source: str | None = None,
    accuracies: Sequence[TaskAccuracy] = (),
    statistics: Statistics | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Export:
    """Export `edit` into the new folder `folder`.

    A sum is written tensor by tensor, with a few of them in memory at a time (null directions and
    adapters are made whole); another merge holds what `Plan.memory` says.

    Args:
        to: one of `FORMATS`.
        dtype: of the stored weights, one of `DTYPES`.
        source: what `load_suite` takes, for the script; the suite's name if None.
        accuracies: for the card.
        statistics: what merge methods that look at images ask about them.
        report: is told bytes: done, total.

    Raises:
        UnknownNameError: no such format, or an edit of another suite.
        ExportError: the format cannot say this edit, or `folder` is there or cannot be written.
        SourceError: the disk has no room for it.
        ExportCancelled: `cancelled` said so; nothing is left.
    """
    plan = plan_export(suite, edit, to=to, dtype=dtype)
    needs_data = METHODS[edit.method].needs_data and FORMATS[to].weights
    if needs_data and statistics is None:
        raise ExportError(f"{edit.method} looks at images: give `statistics` to export its weights")
    if plan.size:
        check_disk("this export", plan.size + SMALL, folder=folder.parent.absolute())
    job = _Job(
        suite, edit, source or suite.name, getattr(torch, dtype), statistics, plan.size, report,
        cancelled,
    )  # fmt: skip
    with new_folder(folder) as place:
        provenance = job.write(to, place, tuple(accuracies))
        files = {
            path.relative_to(place).as_posix(): path.stat().st_size
            for path in sorted(place.rglob("*"))
            if path.is_file()
        }
    return Export(folder, files, provenance)


@dataclass
class _Job:
    """One export: what it is of, and how far it is."""

    suite: Suite
    edit: Edit
    source: str
    dtype: torch.dtype
    statistics: Statistics | None
    total: int
    report: Callable[[int, int], None]
    cancelled: Callable[[], bool]
    done: int = 0

    def write(self, to: str, place: Path, accuracies: tuple[TaskAccuracy, ...]) -> Provenance:
        base, vectors = describe_parents(self.suite, self.edit)
        provenance = Provenance(
            kind=KINDS.get(to, "merged-model"),
            family=self.suite.weights.family.name,
            library=self._library(to),
            dtype=str(self.dtype).removeprefix("torch."),
            suite=self.suite.name,
            title=self.suite.title,
            edit=self.edit,
            base=base,
            vectors=vectors,
            accuracies=accuracies,
        )
        if to == "json":
            write_files(place, {EDIT_FILE: _json(self.edit.to_json())})
        elif to == "python":
            write_files(place, {SCRIPT_FILE: self._script(provenance).encode()})
        elif to == "mergekit":
            provenance = self._parents(place, provenance)
        elif to == "vector":
            provenance = self._vector(place, provenance)
        else:
            provenance = self._model(place, to, provenance)
        write_files(place, {PROVENANCE_FILE: _json(provenance.to_json())})
        if FORMATS[to].published:
            write_files(place, {"README.md": model_card(provenance).encode()})
        return provenance

    def _library(self, to: str) -> str:
        """Whose names and layout the tensors will have."""
        if to == "vector":
            return self.suite.weights.layout
        return HUB_LAYOUT if to == "mergekit" else to if to in LAYOUTS else ""

    def _script(self, provenance: Provenance) -> str:
        tasks = visible_tasks(self.suite, self.edit)
        script = python_snippet(self.edit, source=self.source, tasks=tasks, split="validation")
        parents = {"base": provenance.base, **provenance.vectors}
        return "\n".join(
            [
                script,
                "# What it was made of, with the sha256 of its tensors:",
                *(f"#   {name}: {p.reference!r} {p.fingerprint}" for name, p in parents.items()),
                f"# Seed {self.edit.seed}; "
                + ", ".join(map(" ".join, provenance.versions.items())),
                "",
            ]
        )

    def _model(self, place: Path, library: str, provenance: Provenance) -> Provenance:
        state = merged_state(self.suite, self.edit, statistics=self.statistics)
        write_files(place, _small_files(self.suite, library))
        found = self._stream(place / LAYOUTS[library].weights_file, state, library, provenance)
        return replace(provenance, fingerprint=found)

    def _vector(self, place: Path, provenance: Provenance) -> Provenance:
        base = self.suite.weights.base()
        vector = merged_vector(self.suite, self.edit, statistics=self.statistics)
        if not len(vector):
            raise ExportError("this edit changes nothing; there is no vector to export")
        info = VectorInfo(
            task=self.edit.formula().removeprefix("θ = θ₀").removeprefix(" + ").strip(),
            base=provenance.base.reference.removeprefix("hub:") if provenance.base.commit else None,
            base_commit=provenance.base.commit,
            base_fingerprint=base_fingerprint(base, {name: name for name in vector}),
            dtype=provenance.dtype,
            subtraction_dtype="float32",
            coefficient=1.0,
            maker=f"taskarith {__version__}",
            licence=provenance.base.licence,
            fingerprint=fingerprint(_stored(vector, self.dtype)),
        )
        entries = {**info.to_metadata(), **provenance.to_metadata()}
        found = self._write(place / NATIVE_FILE, vector, entries)
        return replace(provenance, fingerprint=found)

    def _parents(self, place: Path, provenance: Provenance) -> Provenance:
        """The base and every fine-tuned model as checkpoints, and the recipe that merges them."""
        found = {}
        for name, edit in recipe_models(self.edit).items():
            own = replace(provenance, kind="merged-model", edit=edit, accuracies=())
            state = merged_state(self.suite, edit)
            found[name] = self._stream(place / name, state, HUB_LAYOUT, own)
        recipe = {YAML_FILE: mergekit_yaml(self.suite, self.edit).encode()}
        write_files(place, _small_files(self.suite, HUB_LAYOUT) | recipe)
        return replace(provenance, fingerprint=joint_fingerprint(found))

    def _stream(self, path: Path, state: LazyState, library: str, provenance: Provenance) -> str:
        # The Hub's library reads no file that does not say whose tensors it holds.
        entries = {"format": "pt", **provenance.to_metadata()}
        return self._write(path, converted(state, self.suite.weights.family, to=library), entries)

    def _write(self, path: Path, state: LazyState, metadata: Mapping[str, str]) -> str:
        before = self.done

        def report(done: int, total: int) -> None:
            self.done = before + done
            self.report(self.done, max(self.total, self.done))

        return write_stream(
            path,
            state,
            dtype=self.dtype,
            metadata=metadata,
            report=report,
            cancelled=self.cancelled,
        )


def _check(suite: Suite, edit: Edit, to: str, dtype: str) -> None:
    if to not in FORMATS:
        raise unknown_name("format", to, existing=FORMATS)
    if dtype not in DTYPES:
        raise unknown_name("dtype", dtype, existing=DTYPES)
    suite.check_edit(edit)
    family = suite.weights.family
    if FORMATS[to].weights and family.layout(suite.weights.base()) is None:
        raise ExportError(
            f"the base of {suite.name!r} is not {family.title}; export the edit as JSON"
        )
    beside = [name for name in suite.weights.base() if is_beside(name)]
    if to == "mergekit" and beside:
        raise ExportError(
            "mergekit merges weights, and this suite's vectors move parameters beside them "
            f"({listed(beside, most=2)}); export the merged checkpoint"
        )
    if to in LAYOUTS and PROMPT in beside:
        raise ExportError(NO_PROMPT)
    if to in LAYOUTS and to not in family.layouts:
        raise ExportError(
            f"{to} has no place for {family.title}; export it for {' or '.join(family.layouts)}"
        )


def _small_files(suite: Suite, layout: str) -> dict[str, bytes]:
    """What the library of `layout` needs beside the weights."""
    return suite.weights.family.checkpoint_files(suite.weights.base_files(), to=layout)


def _merge_memory(edit: Edit, base: LazyState) -> int:
    """About what a merge holds: its vector, and of each vector a tensor as read and as stacked."""
    if edit.method == "sum":
        return 0
    largest = max((prod(base.shape(name)) for name in base), default=0)
    in_hand = (2 * len(edit.coefficients) + 1) * largest * torch.float32.itemsize
    return streamed_size(base, torch.float32) + in_hand


def _stored(state: LazyState, dtype: torch.dtype) -> LazyState:
    def read(name: str) -> torch.Tensor:
        return state[name].to(dtype)

    entries = {name: Entry(state.shape(name), dtype, partial(read, name)) for name in state}
    return LazyState(entries, where=state.where)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()

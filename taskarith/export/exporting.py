"""Exports an edit in one of the formats, into a folder that is whole or not there.

Says what it will take before it begins, how far it is, and can be stopped; tensors are written one
by one. Knows the formats' files only by what makes them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, cast

import torch

from taskarith import __version__
from taskarith.core import METHODS, Edit, Statistics, VectorInfo
from taskarith.errors import ExportError, unknown_name
from taskarith.evaluation import visible_tasks
from taskarith.export.accuracies import TaskAccuracy
from taskarith.export.card import model_card
from taskarith.export.folder import new_folder, write_files
from taskarith.export.formats import DTYPES, FORMATS
from taskarith.export.libraries import WEIGHTS_FILE, small_files
from taskarith.export.merged import merged_state, merged_vector
from taskarith.export.mergekit import BASE_FILE, file_of, mergekit_yaml
from taskarith.export.provenance import PROVENANCE_FILE, Provenance, describe_parents
from taskarith.export.snippet import python_snippet
from taskarith.models.layouts import ClipLayout, clip_layout
from taskarith.sources import LazyState, fingerprint
from taskarith.sources.native import NATIVE_FILE, base_fingerprint
from taskarith.sources.plan import check_disk
from taskarith.sources.states import Entry
from taskarith.sources.streaming import streamed_size, write_stream
from taskarith.suites import Suite
from taskarith.suites.streamed import converted, open_base

__all__ = ["Export", "Plan", "export_edit", "plan_export"]

FormatName = Literal["open_clip", "transformers", "vector", "mergekit", "json", "python"]
YAML_FILE = "merge.yml"
SMALL = 100_000  # bytes that all files beside the weights may take


@dataclass(frozen=True)
class Plan:
    """What an export will hold: its weight files with their bytes, and the small files' names."""

    weights: Mapping[str, int]
    small: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all weights."""
        return sum(self.weights.values())


@dataclass(frozen=True)
class Export:
    """What was exported: the folder, its files with their bytes, and where it comes from."""

    folder: Path
    files: Mapping[str, int]
    provenance: Provenance | None = None


def plan_export(suite: Suite, edit: Edit, *, to: str, dtype: str = "float32") -> Plan:
    """What exporting would take; raises as `export_edit` does where it can be known before.

    Reads no weights, but for what a merge's equivalent in mergekit depends on.
    """
    _check(suite, edit, to, dtype)
    base = open_base(suite)
    stored = getattr(torch, dtype)
    size = streamed_size(base, stored)
    if to in ("open_clip", "transformers"):
        library = cast(ClipLayout, to)
        small = small_files(suite, library)
        return Plan({WEIGHTS_FILE[library]: size}, (*small, PROVENANCE_FILE, "README.md"))
    if to == "vector":
        if edit.method == "sum":  # another merge covers what its vectors do, which is not more
            size = streamed_size(merged_vector(suite, edit), stored)
        return Plan({NATIVE_FILE: size}, (PROVENANCE_FILE, "README.md"))
    if to == "mergekit":
        mergekit_yaml(suite, edit)
        parents = [BASE_FILE, *map(file_of, edit.coefficients)]
        small = small_files(suite, "transformers")
        return Plan(dict.fromkeys(parents, size), (*small, YAML_FILE, PROVENANCE_FILE))
    return Plan({}, ("edit.json" if to == "json" else "edit.py",))


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
    job = _Job(suite, edit, getattr(torch, dtype), statistics, plan.size, report, cancelled)
    with new_folder(folder) as place:
        if to == "json":
            text = json.dumps(edit.to_json(), indent=1, ensure_ascii=False) + "\n"
            write_files(place, {"edit.json": text.encode()})
            provenance = None
        elif to == "python":
            tasks = visible_tasks(suite, edit)
            script = python_snippet(
                edit, source=source or suite.name, tasks=tasks, split="validation"
            )
            write_files(place, {"edit.py": script.encode()})
            provenance = None
        else:
            provenance = job.write(cast(FormatName, to), place, tuple(accuracies))
        files = {
            path.relative_to(place).as_posix(): path.stat().st_size
            for path in sorted(place.rglob("*"))
            if path.is_file()
        }
    return Export(folder, files, provenance)


@dataclass
class _Job:
    """One export that writes weights: what it is of, and how far it is."""

    suite: Suite
    edit: Edit
    dtype: torch.dtype
    statistics: Statistics | None
    total: int
    report: Callable[[int, int], None]
    cancelled: Callable[[], bool]
    done: int = 0

    def write(
        self, to: FormatName, place: Path, accuracies: tuple[TaskAccuracy, ...]
    ) -> Provenance:
        base, vectors = describe_parents(self.suite, self.edit)
        layout = clip_layout(open_base(self.suite))
        provenance = Provenance(
            kind="task-vector" if to == "vector" else "merged-model",
            library=to
            if to in WEIGHTS_FILE
            else "transformers"
            if to == "mergekit"
            else str(layout),
            dtype=str(self.dtype).removeprefix("torch."),
            suite=self.suite.name,
            title=self.suite.title,
            edit=self.edit,
            base=base,
            vectors=vectors,
            accuracies=accuracies,
        )
        if to == "mergekit":
            self._parents(place, provenance)
        elif to == "vector":
            provenance = self._vector(place, provenance)
        else:
            provenance = self._model(place, cast(ClipLayout, to), provenance)
        write_files(place, {PROVENANCE_FILE: _json(provenance.to_json())})
        if to != "mergekit":
            write_files(place, {"README.md": model_card(provenance).encode()})
        return provenance

    def _model(self, place: Path, library: ClipLayout, provenance: Provenance) -> Provenance:
        state = merged_state(self.suite, self.edit, statistics=self.statistics)
        write_files(place, small_files(self.suite, library))
        found = self._stream(place / WEIGHTS_FILE[library], state, library, provenance)
        return replace(provenance, fingerprint=found)

    def _vector(self, place: Path, provenance: Provenance) -> Provenance:
        base = open_base(self.suite)
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

    def _parents(self, place: Path, provenance: Provenance) -> None:
        """The base and every fine-tuned model as checkpoints, and the recipe that merges them."""
        parents = {BASE_FILE: Edit(self.suite.name)} | {
            file_of(name): Edit(self.suite.name, {name: 1.0}, seed=self.edit.seed)
            for name in self.edit.coefficients
        }
        for name, edit in parents.items():
            own = replace(provenance, edit=edit, accuracies=())
            self._stream(place / name, merged_state(self.suite, edit), "transformers", own)
        recipe = {YAML_FILE: mergekit_yaml(self.suite, self.edit).encode()}
        write_files(place, small_files(self.suite, "transformers") | recipe)

    def _stream(
        self, path: Path, state: LazyState, library: ClipLayout, provenance: Provenance
    ) -> str:
        # transformers reads no file that does not say whose tensors it holds.
        entries = {"format": "pt", **provenance.to_metadata()}
        return self._write(path, converted(state, to=library), entries)

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
    if FORMATS[to].weights and clip_layout(open_base(suite)) is None:
        raise ExportError(f"the base of {suite.name!r} is no CLIP; export the edit as JSON")


def _stored(state: LazyState, dtype: torch.dtype) -> LazyState:
    def read(name: str) -> torch.Tensor:
        return state[name].to(dtype)

    entries = {name: Entry(state.shape(name), dtype, partial(read, name)) for name in state}
    return LazyState(entries, where=state.where)


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()

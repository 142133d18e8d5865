"""Where something exported comes from: everything needed to make it again, as one JSON object.

It holds versions, seeds, and a fingerprint of every parent, so that what was made can be cited and
made again. Places on somebody's machine are left out but for the last part of their name. Knows
suites and edits; not how weights are merged or written.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PurePath
from typing import Any

import torch

from taskarith import __version__
from taskarith.core import Edit
from taskarith.errors import ExportError, TaskArithError
from taskarith.export.accuracies import TaskAccuracy
from taskarith.export.formats import DTYPES
from taskarith.models.registry import FAMILIES, LAYOUTS
from taskarith.sources import (
    LazyState,
    find_pulled,
    fingerprint,
    open_source,
    read_metadata,
)
from taskarith.suites import Suite
from taskarith.suites.json_reader import NAME
from taskarith.suites.references import is_reference, pull_ledger

__all__ = [
    "METADATA_KEY",
    "PROVENANCE_FILE",
    "Parent",
    "Provenance",
    "describe_parents",
    "joint_fingerprint",
    "program_versions",
]

FORMAT = "taskarith-provenance/1"
PROVENANCE_FILE = "provenance.json"
# The values that each of these may have; others would reach code that takes them for known.
KNOWN = {
    "kind": ("merged-model", "task-vector", "recipe", "edit"),
    "family": tuple(family.name for family in FAMILIES),
    "library": (*LAYOUTS, ""),
    "dtype": DTYPES,
}
METADATA_KEY = "taskarith_provenance"  # in the metadata of a safetensors file
MAX_BYTES = 4 * 2**20
MAX_MADE = 2_000  # characters that a parent's file may say about itself


@dataclass(frozen=True)
class Parent:
    """A base or a vector that something was made of.

    Attributes:
        reference: where its weights are: a Hub reference, or a file's name.
        commit: of a Hub repository.
        licence: as its suite or its card states it.
        fingerprint: sha256 of its tensors as they take part, float32.
        made: what its file says about how it was made, as text entries.
    """

    reference: str
    fingerprint: str
    commit: str | None = None
    licence: str | None = None
    made: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """How a merged model, or a task vector, came about.

    Attributes:
        kind: "merged-model"; "task-vector" for θ − θ₀; "recipe" for the parents' models and what
            merges them; "edit" for a description without weights.
        family: the model family of the base.
        library: whose names and layout the tensors have; empty for an edit.
        dtype: how they are stored.
        suite: the suite's name; `title` its title.
        fingerprint: sha256 of the stored tensors, of a recipe's of all its models' (see
            `joint_fingerprint`); empty inside their own file, and for an edit.
        versions: of the programs that computed it.

    >>> parent = Parent("hub:a/b", "00", commit="f")
    >>> made = Provenance("merged-model", "clip", "open_clip", "float32", "mini", "mini",
    ...                   Edit("mini"), parent, {"letters": parent})
    >>> Provenance.from_json(made.to_json()) == made
    True
    """

    kind: str
    family: str
    library: str
    dtype: str
    suite: str
    title: str
    edit: Edit
    base: Parent
    vectors: Mapping[str, Parent]
    accuracies: tuple[TaskAccuracy, ...] = ()
    fingerprint: str = ""
    versions: Mapping[str, str] = field(default_factory=lambda: program_versions())

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "family": self.family,
            "library": self.library,
            "dtype": self.dtype,
            "suite": self.suite,
            "title": self.title,
            "edit": self.edit.to_json(),
            "formula": self.edit.formula(),
            "base": _parent_json(self.base),
            "vectors": {name: _parent_json(parent) for name, parent in self.vectors.items()},
            "accuracies": [accuracy.to_json() for accuracy in self.accuracies],
            "fingerprint": self.fingerprint,
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, data: object) -> "Provenance":
        """What `to_json` described; ExportError if `data` is not that."""
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            raise ExportError(
                "this says nothing of where it comes from: it was not exported by this program, "
                "or by a version that writes another format"
            )
        try:
            data = {"family": FAMILIES[0].name, **data}  # older ones were all of one family
            texts = {
                name: _text(data[name])
                for name in ("kind", "family", "library", "dtype", "suite", "title", "fingerprint")
            }
            odd = [texts[name] for name, known in KNOWN.items() if texts[name] not in known]
            if odd:
                raise ValueError(f"{odd[0]!r:.40} is nothing this program writes")
            if (texts["kind"] == "edit") != (texts["library"] == ""):
                raise ValueError("weights are of a library, and an edit alone is of none")
            if not NAME.fullmatch(texts["suite"]):  # a place on this machine is no suite's name
                raise ValueError(f"{texts['suite']!r:.40} is no suite's name")
            edit = Edit.from_json(data["edit"])
            vectors = {str(name): _parent(p) for name, p in data["vectors"].items()}
            if edit.suite != texts["suite"] or not set(edit.coefficients) <= set(vectors):
                raise ValueError("its edit is not of its parents")
            return cls(
                **texts,
                edit=edit,
                base=_parent(data["base"]),
                vectors=vectors,
                accuracies=tuple(map(TaskAccuracy.from_json, data["accuracies"])),
                versions={str(k): _text(v) for k, v in data["versions"].items()},
            )
        except (KeyError, ValueError, TypeError, AttributeError, TaskArithError) as error:
            raise ExportError(f"its provenance is damaged: {error!r:.200}") from error

    def to_metadata(self) -> dict[str, str]:
        """The entry for the metadata of the weights' own file."""
        own = replace(self, fingerprint="")
        return {METADATA_KEY: json.dumps(own.to_json(), ensure_ascii=False)}

    @classmethod
    def from_file(cls, path: Path) -> "Provenance":
        """What a folder's `provenance.json` says; ExportError if it cannot be read."""
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ExportError(f"{path} is far larger than a provenance; export it again")
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise ExportError(f"{path} cannot be read: {error!s:.200}") from error
        return cls.from_json(data)

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> "Provenance":
        """What the metadata of a weights file says; ExportError if nothing."""
        text = metadata.get(METADATA_KEY, "null")
        try:
            return cls.from_json(json.loads(text) if len(text) < MAX_BYTES else None)
        except (ValueError, RecursionError) as error:
            raise ExportError(f"its provenance is no JSON: {error!s:.200}") from error


def program_versions() -> dict[str, str]:
    """The versions of the programs whose arithmetic makes the weights."""
    return {"taskarith": __version__, "torch": str(torch.__version__)}


def joint_fingerprint(fingerprints: Mapping[str, str]) -> str:
    """One fingerprint for several files' tensors, whose own are given by file name.

    >>> joint_fingerprint({"a": "1", "b": "2"}) == joint_fingerprint({"b": "2", "a": "1"})
    True
    """
    text = json.dumps(sorted(fingerprints.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def describe_parents(suite: Suite, edit: Edit) -> tuple[Parent, dict[str, Parent]]:
    """The suite's base and the vectors that `edit` names, with fingerprints of their tensors."""
    base = suite.weights.base()
    vectors = {
        name: _vector_parent(suite, name, base, seed=edit.seed) for name in edit.coefficients
    }
    return _base_parent(suite, base), vectors


def _base_parent(suite: Suite, state: LazyState) -> Parent:
    found = fingerprint(state)
    if suite.weights.reference is None:
        base = suite.manifest.base
        made = _made(read_metadata(suite.path(base.weights)))
        reference = f"{suite.name}/{base.weights}"
        return Parent(reference, found, licence=suite.manifest.licence, made=made)
    reference = suite.weights.reference
    commit = find_pulled(reference, ledger=pull_ledger()).commit
    return Parent(_shown(reference), found, commit=commit)


def _vector_parent(suite: Suite, name: str, base: LazyState, *, seed: int) -> Parent:
    found = fingerprint(suite.weights.vector(name, base=base, seed=seed))
    null, own = suite.weights.check(name)
    weights = suite.weights.vectors[own]
    drawn = {"drawn": f"{null} direction of {own}, seed {seed}"} if null else {}
    if not is_reference(weights):
        made = _made(read_metadata(suite.path(weights))) | _data(suite, own) | drawn
        reference = f"{suite.name}/{weights}"
        return Parent(reference, found, licence=suite.manifest.licence, made=made)
    source = find_pulled(weights, ledger=pull_ledger())
    info = open_source(source).info.to_metadata()
    return Parent(
        _shown(weights), found, commit=source.commit, licence=info.get("licence"),
        made=_made(info) | _data(suite, own) | drawn,
    )  # fmt: skip


def _made(metadata: Mapping[str, str]) -> dict[str, str]:
    """What a file says about itself, without what is said elsewhere."""
    left_out = {"format", "fingerprint", "licence", METADATA_KEY}
    return {k: metadata[k][:MAX_MADE] for k in sorted(metadata) if k not in left_out}


def _data(suite: Suite, vector: str) -> dict[str, str]:
    """What the vector of a task was fine-tuned on, as far as the suite says."""
    if vector not in suite.tasks:
        return {}
    data = suite.task(vector).data
    place = data.get("dataset") or data.get("family") or PurePath(str(data.get("path", ""))).name
    return {"data": f"{data['kind']}: {place}"}


def _shown(reference: str) -> str:
    """A reference for others to read: of a place on this machine, only the last part."""
    kind, _, place = reference.partition(":")
    return f"file:{PurePath(place).name}" if kind == "file" else reference


def _parent_json(parent: Parent) -> dict[str, Any]:
    values = {f.name: getattr(parent, f.name) for f in fields(parent)}
    return {**values, "made": dict(parent.made)}


def _parent(data: Mapping[str, Any]) -> Parent:
    return Parent(
        reference=_text(data["reference"]),
        fingerprint=_text(data["fingerprint"]),
        commit=None if data["commit"] is None else _text(data["commit"]),
        licence=None if data["licence"] is None else _text(data["licence"]),
        made={str(k): _text(v) for k, v in data["made"].items()},
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value[:MAX_MADE]

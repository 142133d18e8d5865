"""Verifies exported folders that hold no single model: a recipe with its models, or an edit alone.

A recipe's models are made again and every bit is compared; of an edit without weights, the
parents' fingerprints are. Knows the files of such folders.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from taskarith.core import Edit
from taskarith.errors import ExportError, SourceError, TaskArithError
from taskarith.export.comparing import (
    Verification,
    changed_parents,
    differing_tensors,
    parents_now,
)
from taskarith.export.exporting import EDIT_FILE, SCRIPT_FILE
from taskarith.export.merged import merged_state
from taskarith.export.mergekit import YAML_FILE, mergekit_yaml, recipe_models
from taskarith.export.provenance import PROVENANCE_FILE, Provenance, program_versions
from taskarith.sources import LazyState, open_tensors, parse_reference
from taskarith.suites import Suite, load_suite
from taskarith.suites.weights import converted

__all__ = ["described_folder", "verify_folder"]

TEXTS = (YAML_FILE, EDIT_FILE, SCRIPT_FILE)
MAX_TEXT = 1_000_000  # bytes of a recipe or an edit


def described_folder(reference: str) -> Path | None:
    """The exported recipe or edit that `reference` names, or one of its texts; None for others."""
    try:
        parsed = parse_reference(reference)
    except SourceError:
        return None
    if parsed.kind != "file":
        return None
    path = Path(parsed.location).expanduser()
    folder = path.parent if path.name in TEXTS else path
    if not (folder / PROVENANCE_FILE).is_file():
        return None
    kind = Provenance.from_file(folder / PROVENANCE_FILE).kind
    return folder if kind in ("recipe", "edit") else None


def verify_folder(folder: Path, *, open_suite: Callable[[str], Suite] = load_suite) -> Verification:
    """Compare what `folder`, as `described_folder` gave it, holds with its parents.

    Raises ExportError where a parent has vanished or a file of the folder is missing or damaged.
    """
    provenance = Provenance.from_file(folder / PROVENANCE_FILE)
    suite, parents = parents_now(provenance, open_suite)
    tensors = 0
    differing: dict[str, float] = {}
    if provenance.kind == "recipe":
        for file, edit in recipe_models(provenance.edit).items():
            stored = _model(folder / file)
            tensors += len(stored)
            family = suite.weights.family
            again = converted(merged_state(suite, edit), family, to=provenance.library)
            found = differing_tensors(stored, again)
            differing |= {f"{file}: {name}": value for name, value in found.items()}
    return Verification(
        tensors=tensors,
        differing=differing,
        changed=changed_parents(provenance, parents),
        made_with=provenance.versions,
        compared_with=program_versions(),
        parents=len(parents),
        altered=_altered(folder, provenance, suite),
    )


def _model(path: Path) -> LazyState:
    if not path.is_file():
        raise ExportError(f"{path} is missing; export the recipe again")
    return open_tensors(path)


def _altered(folder: Path, provenance: Provenance, suite: Suite) -> tuple[str, ...]:
    """The texts of the folder that do not say what the provenance says; a script is not read."""
    edit, altered = provenance.edit, []
    recipe, described = folder / YAML_FILE, folder / EDIT_FILE
    if provenance.kind == "recipe" and _text(recipe) != mergekit_yaml(suite, edit):
        altered.append(YAML_FILE)
    if described.is_file() and _edit(described) != edit:
        altered.append(EDIT_FILE)
    return tuple(altered)


def _edit(path: Path) -> Edit | None:
    try:
        data: Any = json.loads(_text(path))
        return Edit.from_json(data)
    except (ValueError, TypeError, RecursionError, TaskArithError):
        return None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_TEXT:
            raise ExportError(f"{path} is far larger than what was exported; export it again")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} cannot be read: {error!s:.200}; export it again") from error

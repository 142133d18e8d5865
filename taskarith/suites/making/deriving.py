"""A suite derived from another: task vectors or tasks more, another control, on the same base.

The one it came from stays as it is, and so does what was measured of the tasks and vectors that
both have; the rest is measured anew. Knows manifests and files.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from torch import Tensor

from taskarith.errors import AssetError, listed, unknown_name
from taskarith.heads.describing import EXAMPLE_KINDS
from taskarith.heads.zero_shot import build_head
from taskarith.models.adapter_space import PROMPT, is_beside
from taskarith.sources import BASE_FILES, write_tensors
from taskarith.suites.home import MANIFEST, own_files, own_folders
from taskarith.suites.library import library_task
from taskarith.suites.making.creating import entry_name
from taskarith.suites.manifest import Manifest, parse_manifest, read_manifest
from taskarith.suites.references import is_reference
from taskarith.suites.suite import Suite
from taskarith.tasks.task import ZERO_SHOT

__all__ = ["derive_suite", "keep_measurements", "same_task", "take_folder"]

# What was made for the parent's tasks and vectors and would not hold for others.
LEFT_OUT = ("surrogate", "recipes")
LISTED = 3
NEUTRAL = "neutral.safetensors"


def derive_suite(
    parent: Suite,
    folder: Path,
    *,
    name: str,
    added: Sequence[tuple[Mapping[str, Any], str]],
    onlookers: Sequence[Mapping[str, Any]] = (),
    control: Mapping[str, Any] | None = None,
    neutral: Mapping[str, Tensor] = MappingProxyType({}),
) -> Manifest:
    """Write the suite `name` into `folder`: the parent, and targets with their vectors.

    Args:
        added: pairs of a task, an entry as `task_entry` or `same_task` makes it, and the reference
            of its vector, or its path inside `folder`. Such vectors and pictures of a folder lie
            there already.
        onlookers: entries of tasks that are measured without a vector.
        control: the entry of a task that takes the place of the parent's control.
        neutral: parameters beside the base's own that the new vectors move (see
            `models.adapter_space`), with those of the parent.

    Files are linked where the disk can do that, else copied. Raises AssetError, which lists every
    problem of the new manifest.
    """
    data = _raw(parent)
    # Published numbers are of all targets together.
    left_out = (*LEFT_OUT, "published") if added else LEFT_OUT
    left_out = left_out if _measurements(parent) else (*left_out, "measurements")
    data = {key: value for key, value in data.items() if key not in left_out}
    changes = _changes(added, onlookers, control)
    kept = [t for t in data["tasks"] if control is None or t.get("role") != "control"]
    controls = [] if control is None else [{**control, "role": "control"}]
    data |= {
        "name": name,
        "title": f"{parent.title}, and {listed(_titles(added, onlookers, control), most=LISTED)}",
        "about": f"The suite {parent.name} with {' and '.join(changes)}.",
        "tasks": [
            *kept,
            *({**task, "role": "target"} for task, _ in added),
            *({**task, "role": "onlooker"} for task in onlookers),
            *controls,
        ],
        "vectors": [
            *data["vectors"],
            *({"task": entry_name(task), _place(source): source} for task, source in added),
        ],
    }
    if neutral:
        beside = {n: t for n, t in parent.base_state().items() if is_beside(n)}
        write_tensors(folder / NEUTRAL, {**neutral, **beside})
        data["base"] = {**data["base"], "neutral": NEUTRAL}
    if PROMPT in neutral:  # then the base answers otherwise
        data.pop("measurements", None)
    manifest = parse_manifest(data, where=f"the new suite {name!r}")
    for relative in own_files(manifest):
        _take(parent.path(relative), folder / relative)
    if manifest.base.vocabulary:  # a tokenizer's settings stand beside it
        words = parent.path(manifest.base.vocabulary).parent
        for path in (words / name for name in BASE_FILES):
            if path.is_file():
                _take(path, folder / Path(manifest.base.vocabulary).parent / path.name)
    for relative in set(own_folders(parent.manifest)) & set(own_folders(manifest)):
        take_folder(parent.path(relative), folder / relative)
    if manifest.heads is not None:
        _add_heads(parent, manifest, folder=folder)
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    keep_measurements(parent, folder)
    return manifest


def keep_measurements(parent: Suite, folder: Path) -> None:
    """Write what was measured of `parent` into the suite in `folder`, which was derived from it.

    Base and vectors are the same weights. What is of a task that is no longer there goes. Again
    where a file of the suite was written after it was derived: measurements name its fingerprint.
    """
    manifest, measured = read_manifest(folder / MANIFEST), _measurements(parent)
    if manifest.measurements is None or not measured:
        return
    tasks = [task.name for task in manifest.tasks]
    kept = {
        key: {task: value for task, value in measured[key].items() if task in tasks}
        for key in ("examples", "totals", "metrics")
    }
    points = [
        {
            "edit": {**point["edit"], "suite": manifest.name},
            "estimates": {t: e for t, e in point["estimates"].items() if t in tasks},
        }
        for point in measured["points"]
    ]
    new = Suite(folder, manifest).fingerprint
    data = {**measured, **kept, "suite": new, "points": points}
    path = folder / manifest.measurements
    path.unlink(missing_ok=True)  # a link to the parent's file: writing into it would change that
    path.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")


def same_task(
    parent: Suite,
    of: str,
    *,
    name: str,
    head: Mapping[str, Any] = MappingProxyType({}),
    few: Mapping[str, int] | None = None,
    shuffled: int | None = None,
) -> dict[str, Any]:
    """The entry of a task `name` with the pictures and the words of the parent's task `of`.

    For one more vector of a task that the suite has already. `head` is what the entry says of its
    head, where that is another; `few` how many training examples of each class it has, and which
    (see `tasks.few`); `shuffled` the seed by which they get each other's labels. Raises
    UnknownNameError.
    """
    for entry in _raw(parent)["tasks"]:
        if of in (entry.get("name"), entry.get("use")):
            kept = {key: value for key, value in entry.items() if key != "role"}
            drawn = {"few": None if few is None else dict(few), "shuffled": shuffled}
            drawn = {key: value for key, value in drawn.items() if value is not None}
            if drawn:
                data = kept.get("data") or library_task(kept["use"])["data"]
                kept["data"] = {**data, **drawn}
            return {**kept, "name": name, "title": name, **head}
    raise unknown_name("task", of, existing=parent.tasks)


def take_folder(source: Path, target: Path) -> None:
    """Put the files of the folder `source` into a new folder `target`, by link where that works."""
    for path in sorted(source.rglob("*")):
        if path.is_file():
            _take(path, target / path.relative_to(source))


def _take(source: Path, target: Path) -> None:
    """By hard link: the same file under another name, which stays when the first is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        return
    try:
        os.link(source.resolve(), target)
    except OSError:  # another disk, or one that cannot link
        shutil.copyfile(source, target)


def _add_heads(parent: Suite, manifest: Manifest, *, folder: Path) -> None:
    """Write the heads of the new suite: the parent's, and those made of the new tasks' words."""
    assert manifest.heads is not None
    kept = [task for task in parent.tasks.values() if task.head["kind"] not in EXAMPLE_KINDS]
    heads: dict[str, Tensor] = {task.name: parent.class_weights(task.name) for task in kept}
    by_words = {
        (task.classnames, task.templates, task.knowledge): heads[task.name]
        for task in kept
        if task.head["kind"] == ZERO_SHOT
    }
    filed = [task for task in manifest.tasks if task.head["kind"] not in EXAMPLE_KINDS]
    for task in filed:
        if task.name in heads:
            continue
        words = (task.classnames, task.templates, task.knowledge)
        if words not in by_words:
            by_words[words] = build_head(parent.model(), *words)
        heads[task.name] = by_words[words]
    path = folder / manifest.heads
    path.unlink(missing_ok=True)  # a link to the parent's file: writing into it would change that
    write_tensors(path, {task.name: heads[task.name].clone() for task in filed})


def _measurements(suite: Suite) -> dict[str, Any]:
    """What was measured of `suite` and comes with it, as JSON; nothing where it is not its own."""
    if suite.manifest.measurements is None:
        return {}
    try:
        data = json.loads(suite.path(suite.manifest.measurements).read_text(encoding="utf-8"))
        return data if data["suite"] == suite.fingerprint else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # the parent is shown without them, too, and says why


def _titles(
    added: Sequence[tuple[Mapping[str, Any], str]],
    onlookers: Sequence[Mapping[str, Any]],
    control: Mapping[str, Any] | None,
) -> list[str]:
    tasks = [*(task for task, _ in added), *onlookers]
    titles = [str(task.get("title") or entry_name(task)) for task in tasks]
    return titles + ([f"the control {entry_name(control)}"] if control is not None else [])


def _changes(
    added: Sequence[tuple[Mapping[str, Any], str]],
    onlookers: Sequence[Mapping[str, Any]],
    control: Mapping[str, Any] | None,
) -> list[str]:
    changes = []
    if added:
        more = f"{len(added)} task vectors" if len(added) > 1 else "one task vector"
        changes.append(f"{more} more, from {listed([source for _, source in added], most=LISTED)}")
    if onlookers:
        names = listed([entry_name(task) for task in onlookers], most=LISTED)
        changes.append(f"{names} measured beside")
    return changes + ([f"the control {entry_name(control)}"] if control is not None else [])


def _place(source: str) -> str:
    """What a manifest calls a vector's place: a reference, or a file of the suite."""
    return "source" if is_reference(source) else "weights"


def _raw(suite: Suite) -> dict[str, Any]:
    """The manifest as it is written: shared tasks by name, sources as they were given."""
    path = suite.folder / MANIFEST
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AssetError(f"could not read {path}: {error}; restore the file") from error
    return data

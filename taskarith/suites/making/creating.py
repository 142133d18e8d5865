"""A suite of your own from references: a base, vectors, tasks and a control, as a manifest.

Writes one readable file; nothing is fetched and nothing is measured here.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from taskarith.errors import AssetError, listed, unknown_name
from taskarith.heads.describing import EXAMPLE_KINDS
from taskarith.models.registry import HUB_KIND
from taskarith.sources.hub import HubUnreachableError
from taskarith.sources.pull import NotPulledError
from taskarith.suites.library import library_task, library_tasks
from taskarith.suites.making.named_bases import named_base
from taskarith.suites.manifest import Manifest, parse_manifest, read_manifest
from taskarith.suites.suite import SUITES_FOLDER
from taskarith.suites.weights import Weights
from taskarith.tasks.folders import class_folders
from taskarith.tasks.hub_names import check_names, stated_names
from taskarith.tasks.picture_cache import pictures_folder

__all__ = [
    "HEADS",
    "TEMPLATES",
    "WORDS",
    "create_suite",
    "entry_name",
    "head_entry",
    "hub_names",
    "task_entry",
    "task_notes",
]

MANIFEST = "manifest.json"
TEMPLATES = ("a photo of a {}.",)
MINI = "mini:"  # what begins the name of a task of the embedded suite
WORDS = "words"
HEADS = (WORDS, *EXAMPLE_KINDS)  # what classes are told apart by


def create_suite(
    folder: Path,
    *,
    name: str,
    base: str,
    tasks: Sequence[Mapping[str, Any]],
    vectors: Mapping[str, str],
    control: Mapping[str, Any],
    kind: str | None = None,
    image_size: int | None = None,
    source: str | None = None,
) -> Manifest:
    """Write the manifest of a new suite into `folder` and give it back.

    `base` is a reference, with the `kind` of what is there (HUB_KIND where it is not given), or its
    library's own name for it, of which `source` may say where the weights are. `image_size` is what
    the base's own files are held against; None believes them. `tasks` and `control` are entries as
    `task_entry` makes them; `vectors` maps names of tasks to references. A task without a vector is
    an onlooker: measured, and no slider is about it. Raises one AssetError with every problem, and
    then writes nothing; UnknownNameError for names that the library does not have.
    """
    named = named_base(base)
    described: dict[str, Any]
    described = {"kind": kind or HUB_KIND, "source": base}
    if named is not None:
        described = named.entry(source)
    if image_size is not None:
        described["image_size"] = image_size
    # Where no task has a vector, all are targets, and the manifest's reader says what they lack.
    entries = [
        {**task, "role": "target" if entry_name(task) in vectors or not vectors else "onlooker"}
        for task in tasks
    ]
    data: dict[str, Any] = {
        "format": 1,
        "name": name,
        "title": name,
        "about": "A suite of your own.",
        "licence": "as its parts",
        "base": described,
        "heads": None,
        "tasks": [*entries, {**control, "role": "control"}],
        "vectors": [{"task": task, "source": source} for task, source in vectors.items()],
        "surrogate": None,
        "measurements": None,
        "presets": [],
        "start": None,
    }
    manifest = parse_manifest(data, where=f"the new suite {name!r}")
    weights = Weights(manifest, folder.joinpath)
    if "images" in weights.family.examples:
        with suppress(NotPulledError):  # what is not here yet is looked at when it is
            weights.picture_transform()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
        (folder / MANIFEST).write_text(text, encoding="utf-8")
    except OSError as error:
        raise AssetError(f"could not write {folder / MANIFEST}: {error.strerror}") from error
    return manifest


def task_entry(
    name: str,
    source: str,
    *,
    folder: Path,
    classnames: Sequence[str] | None = None,
    templates: Sequence[str] = TEMPLATES,
    columns: Mapping[str, str] = MappingProxyType({}),
    seed: int | None = None,
    head: str = WORDS,
) -> dict[str, Any]:
    """The manifest's entry of a task, from where its pictures are.

    `source` is "shared" (a task that comes with the project, by its name; "shared:NAME" for one of
    another name), "mini:NAME" for the drawn pictures of a task of `mini`, "hub:OWNER/DATASET" with
    its split as "@SPLIT" where that is not "test", or the path of a folder of class folders inside
    `folder`, the suite's. A folder's classes are named
    after its folders unless `classnames` says otherwise; a dataset's must be given where it does
    not state them itself, and `columns`
    says what its "image" and "label" columns are called where that is something else. With a
    `seed`, a folder that is split without validation lends it a fifth of its training pictures.
    `head` says what classes are told apart by: one of `HEADS`.

    Raises AssetError or UnknownNameError.
    """
    kind, _, of = source.partition(":")
    if kind == "shared" or (source == name and name in library_tasks()):
        library_task(of or name)  # it must be there
        entry = {"use": of, "name": name, "title": name} if of not in ("", name) else {"use": name}
        return {**entry, **head_entry(head)}
    if source.startswith(MINI):
        return {**_shipped_task(source.removeprefix(MINI), name=name), **head_entry(head)}
    words = {"templates": list(templates), **head_entry(head)}
    if source.startswith("hub:"):
        place, _, split = source.removeprefix("hub:").partition("@")
        rule = {"validation": {"from": split or "test", "tenth": True}}
        rule["test"] = {"from": split or "test", "tenth": False}
        if head != WORDS:
            rule["train"] = {"from": "train"}
        data: dict[str, Any] = {"kind": "hub", "dataset": place, "images": 2000, "splits": rule}
        data |= columns
        given = hub_names(data, classnames, task=name)
        return {"name": name, "title": name, **words, "classnames": given, "data": data}
    path = Path(source)
    own = path if path.is_absolute() else folder / path
    try:
        relative = own.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError as error:
        raise AssetError(
            f"{source} is not inside {folder}: a suite's pictures stand in its own folder, so that "
            "it can be moved; copy or link them there"
        ) from error
    found = class_folders(own, seed=seed)
    found.of("validation")  # it must be there
    names = [name.replace("_", " ") for name in found.classes]
    given = list(classnames) if classnames is not None else names
    if len(given) != len(found.classes):
        raise AssetError(
            f"{source} has {len(found.classes)} classes ({listed(found.classes)}), but "
            f"{len(given)} names were given ({listed(given)})"
        )
    data = {"kind": "folder", "path": relative, "folders": list(found.classes)}
    data |= {} if seed is None else {"seed": seed}
    return {"name": name, "title": name, **words, "classnames": given, "data": data}


def _shipped_task(of: str, *, name: str) -> dict[str, Any]:
    """The entry of a task with the drawn pictures and the words of a task of the suite mini."""
    manifest = read_manifest(SUITES_FOLDER / "mini" / MANIFEST)
    known = {task.name: task for task in manifest.tasks if task.data["kind"] == "world"}
    if of not in known:
        raise unknown_name("task of mini", of, existing=known)
    task = known[of]
    return {
        "name": name,
        "title": task.title,
        "templates": list(task.templates),
        "classnames": list(task.classnames),
        "data": dict(task.data),
    }


def hub_names(data: Mapping[str, Any], classnames: Sequence[str] | None, *, task: str) -> list[str]:
    """The names of a dataset's classes: those that were given, held against its own, or its own.

    Where the Hub does not answer now, they are held against its own when pictures are fetched.
    """
    try:
        stated = stated_names(data, folder=pictures_folder())
    except HubUnreachableError:
        if classnames is None:
            raise
        return list(classnames)
    if classnames is not None:
        check_names(data, classnames, stated)
        return list(classnames)
    if stated is None:
        raise AssetError(
            f"the task {task!r} needs the names of its classes, in label order: the dataset "
            f"{data['dataset']} does not state them"
        )
    return [name.replace("_", " ") for name in stated]


def head_entry(head: str) -> dict[str, Any]:
    """What a manifest says about a task's head; UnknownNameError for one that is not in `HEADS`."""
    if head not in HEADS:
        raise unknown_name("head", head, existing=HEADS)
    return {} if head == WORDS else {"head": {"kind": head}}


def entry_name(entry: Mapping[str, Any]) -> str:
    """The name of the task that an entry of a manifest describes."""
    return str(entry.get("name") or entry.get("use"))


def task_notes(entry: Mapping[str, Any], *, folder: Path) -> list[str]:
    """What whoever makes a task should know about its pictures, before any is opened.

    `entry` is what `task_entry` made for the suite in `folder`.
    """
    data = entry.get("data", {})
    if data.get("kind") != "folder":
        return []
    return class_folders(folder / data["path"], seed=data.get("seed")).notes()

"""A suite of your own from references: a base, vectors, tasks and a control, as a manifest.

Writes one readable file; nothing is fetched and nothing is measured here.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from taskarith.errors import AssetError
from taskarith.models.registry import HUB_KIND
from taskarith.suites.library import library_task, library_tasks
from taskarith.suites.making.named_bases import named_base
from taskarith.suites.manifest import Manifest, parse_manifest
from taskarith.tasks.folders import folder_classes

__all__ = ["TEMPLATES", "create_suite", "task_entry"]

MANIFEST = "manifest.json"
TEMPLATES = ("a photo of a {}.",)


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

    `base` is a reference, with the `kind` and `image_size` of what is there (HUB_KIND and 224
    where they are not given), or its library's own name for it, of which `source` may say where
    the weights are. `tasks` and `control` are entries as `task_entry` makes them; `vectors` maps
    names of tasks to references. A task without a vector cannot be a target. Raises one AssetError
    with every problem, and then writes nothing; UnknownNameError for names that the library does
    not have.
    """
    named = named_base(base)
    elsewhere = {"kind": kind or HUB_KIND, "source": base, "image_size": image_size or 224}
    described = elsewhere if named is None else named.entry(source)
    entries = [{**task, "role": "target"} for task in tasks]
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
) -> dict[str, Any]:
    """The manifest's entry of a task, from where its pictures are.

    `source` is "shared" (a task that comes with the project, by its name; "shared:NAME" for one of
    another name), "hub:OWNER/DATASET" with its split as "@SPLIT" where that is not "test", or the
    path of a folder of class folders inside `folder`, the suite's. A folder's classes are named
    after its folders unless `classnames` says otherwise; a dataset's must be given, and `columns`
    says what its "image" and "label" columns are called where that is something else.

    Raises AssetError or UnknownNameError.
    """
    kind, _, of = source.partition(":")
    if kind == "shared" or (source == name and name in library_tasks()):
        library_task(of or name)  # it must be there
        return {"use": of, "name": name, "title": name} if of not in ("", name) else {"use": name}
    words = {"templates": list(templates)}
    if source.startswith("hub:"):
        place, _, split = source.removeprefix("hub:").partition("@")
        if classnames is None:
            raise AssetError(f"the task {name!r} needs the names of its classes, in label order")
        rule = {"validation": {"from": split or "test", "tenth": True}}
        rule["test"] = {"from": split or "test", "tenth": False}
        data: dict[str, Any] = {"kind": "hub", "dataset": place, "images": 2000, "splits": rule}
        data |= columns
        return {"name": name, "title": name, **words, "classnames": list(classnames), "data": data}
    path = Path(source)
    own = path if path.is_absolute() else folder / path
    try:
        relative = own.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError as error:
        raise AssetError(
            f"{source} is not inside {folder}: a suite's pictures stand in its own folder, so that "
            "it can be moved; copy or link them there"
        ) from error
    found = folder_classes(own)
    given = list(classnames) if classnames is not None else [n.replace("_", " ") for n in found]
    if len(given) != len(found):
        raise AssetError(f"{source} has {len(found)} classes, but {len(given)} names were given")
    data = {"kind": "folder", "path": relative}
    return {"name": name, "title": name, **words, "classnames": given, "data": data}

"""What the form of the page Models says, read as a suite that is asked for.

Every value comes from a browser: it is bounded, checked and put into words when it is wrong.
Knows the form's fields; what is there is found out by whoever plans it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from taskarith.errors import AssetError, SourceError, unknown_name
from taskarith.suites.assembling import Asked, AskedTask
from taskarith.suites.creating import TEMPLATES
from taskarith.suites.library import library_tasks
from taskarith.suites.suite import Suite, is_installed
from taskarith.ui.picked import MOST_PICTURES, Picked

__all__ = ["PURPOSES", "read_asked", "slug"]

SAME, SHARED, DATASET, FOLDER = PURPOSES = ("same", "shared", "dataset", "folder")
LONGEST = 1_000  # characters of a line
LONGEST_LIST = 100_000  # of class names or templates
MOST_CLASSES = 10_000
MOST_TEMPLATES = 200


def read_asked(
    form: Mapping[str, Any], *, start: Suite | None, public: bool, picked: Picked
) -> Asked:
    """The suite that `form` asks for; TaskArithError says which field is wrong and how.

    Args:
        start: the suite that it starts from; None for a new base.
        public: whether whoever asks may not name files of this machine.
        picked: where picked files are kept.
    """
    vector = _line(form, "vector", "the task vector")
    files = _files(form.get("files"))
    if bool(vector) == bool(files):
        raise SourceError(
            "say where the task vector is: write a reference, or pick its files"
            if not vector
            else "there are a reference and picked files for one task vector; take one away"
        )
    if files:
        vector = f"file:{picked.weights(files)}"
    task = _task(form, start, public=public, picked=picked)
    base = control = None
    if start is None:
        base = _line(form, "base", "the base")
        if not base:
            raise SourceError("say which base: a reference as owner/name")
        control = _control(form)
    own = start.name if start is not None else slug(base.rpartition("/")[2]) if base else ""
    return Asked(
        name=slug(_line(form, "name", "the name")) or _unused_suite(f"{own}-{task.name}"[:58]),
        vector=vector,
        task=task,
        start=start,
        base=base,
        control=control,
    )


def slug(text: str) -> str:
    """A text as a name: lower-case letters, digits, '.' and '-'.

    >>> slug("My Cats & Dogs!")
    'my-cats-dogs'
    """
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:64]


def _task(
    form: Mapping[str, Any], start: Suite | None, *, public: bool, picked: Picked
) -> AskedTask:
    purpose = form.get("purpose")
    if purpose not in PURPOSES:
        raise unknown_name("kind of pictures", purpose, existing=PURPOSES)
    if purpose == SHARED:
        return _shared(form.get("shared"))
    name = slug(_line(form, "task", "the task's name"))
    if purpose == SAME:
        of = _line(form, "same", "the task")
        if start is None or of not in start.tasks:
            raise unknown_name("task", of, existing=start.tasks if start is not None else ())
        return AskedTask(name or _unused(of, start), f"task:{of}")
    if not name:
        raise AssetError("give the task a name: what the model learned, in a word or two")
    classnames = tuple(_lines(form, "classnames", "class names", most=MOST_CLASSES))
    templates = tuple(_lines(form, "templates", "prompts", most=MOST_TEMPLATES)) or TEMPLATES
    if purpose == DATASET:
        columns = {key: _line(form, key, f"the {key} column") for key in ("image", "label")}
        columns = {key: value for key, value in columns.items() if value}
        place = _line(form, "dataset", "the dataset")
        if not place:
            raise SourceError("say which dataset: owner/name, with @split where it is not test")
        return AskedTask(name, f"hub:{place.removeprefix('hub:')}", classnames, templates, columns)
    return AskedTask(name, _folder(form, public=public, picked=picked), classnames, templates)


def _folder(form: Mapping[str, Any], *, public: bool, picked: Picked) -> str:
    sent = form.get("pictures")
    path = _line(form, "folder", "the folder")
    if path and public:
        raise SourceError("folders of this machine are not for visitors; pick one of yours")
    if path:
        return path
    try:
        files = json.loads(sent) if isinstance(sent, str) and sent else []
    except (ValueError, RecursionError):
        files = []
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files) or not files:
        raise SourceError("pick a folder that holds one folder of pictures for each class")
    return str(picked.pictures(files[: MOST_PICTURES + 1]))


def _control(form: Mapping[str, Any]) -> AskedTask:
    place = _line(form, "control", "the control")
    if place in library_tasks():
        return AskedTask(place, "shared")
    if not place.startswith("hub:"):
        raise unknown_name("control", place, existing=library_tasks())
    classnames = tuple(_lines(form, "control_classnames", "class names", most=MOST_CLASSES))
    name = slug(place.rpartition("/")[2].partition("@")[0])
    return AskedTask(name or "control", place, classnames)


def _shared(name: object) -> AskedTask:
    if not isinstance(name, str) or name not in library_tasks():
        raise unknown_name("shared task", name, existing=library_tasks())
    return AskedTask(name, "shared")


def _unused(name: str, start: Suite) -> str:
    """`name` with the first number that makes it new: one more vector of the same task."""
    return next(new for i in range(2, 1000) if (new := f"{name}-{i}") not in start.tasks)


def _unused_suite(name: str) -> str:
    """`name`, with a number where there is such a suite already."""
    names = (name, *(f"{name}-v{i}" for i in range(2, 1000)))
    return next(new for new in names if not is_installed(new))


def _files(value: object) -> list[str]:
    files = [value] if isinstance(value, str) else value
    if not files:
        return []
    if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
        raise SourceError("the picked files did not arrive; pick them again")
    return files


def _line(form: Mapping[str, Any], key: str, what: str) -> str:
    value = form.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST or "\0" in value:
        raise AssetError(f"{what} must be a text of at most {LONGEST:,} characters")
    return value.strip()


def _lines(form: Mapping[str, Any], key: str, what: str, *, most: int) -> list[str]:
    value = form.get(key)
    if value is None:
        return []
    if not isinstance(value, str) or len(value) > LONGEST_LIST:
        raise AssetError(f"the {what} must be a text of at most {LONGEST_LIST:,} characters")
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    if len(lines) > most:
        raise AssetError(f"there are {len(lines):,} {what}; at most {most:,}")
    return lines

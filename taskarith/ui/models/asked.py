"""What the form of the page Models says, read as a suite that is asked for.

Every value comes from a browser: it is bounded, checked and put into words when it is wrong.
Knows the form's fields; what is there is found out by whoever plans it.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from taskarith.errors import AssetError, SourceError, unknown_name
from taskarith.sources import parse_reference
from taskarith.suites.library import library_tasks
from taskarith.suites.making.creating import HEADS, TEMPLATES, WORDS
from taskarith.suites.making.named_bases import named_base
from taskarith.suites.making.planning import Asked, AskedTask, AskedVector
from taskarith.suites.suite import Suite, is_installed
from taskarith.ui.models.picked import MOST_PICTURES, Picked

__all__ = ["PURPOSES", "read_asked", "slug"]

SAME, SHARED, DATASET, FOLDER = PURPOSES = ("same", "shared", "dataset", "folder")
OWN = "own"  # the control: that of the suite it starts from
LONGEST = 1_000  # characters of a line
LONGEST_LIST = 100_000  # of class names or templates
LONGEST_QUOTE = 80  # of what was written, in an error
MOST_VECTORS = 20  # at once
MOST_CLASSES = 10_000
MOST_TEMPLATES = 200
NAMED = re.compile(r"([\w.-]+)\s*=\s*(.+)")  # a line "mnist = owner/name"
SHARD = re.compile(r"-\d{5}-of-\d{5}\.")


def read_asked(
    form: Mapping[str, Any], *, start: Suite | None, public: bool, picked: Picked
) -> Asked:
    """The suite that `form` asks for; TaskArithError says which field is wrong and how.

    Args:
        start: the suite that it starts from; None for a new base.
        public: whether whoever asks may not name files of this machine.
        picked: where picked files are kept.
    """
    control = None if start is None else _control(form, start)
    onlooker = start is not None and form.get("onlooker") is True
    references = [] if onlooker else _references(form, public=public, picked=picked)
    if not references and not onlooker and control is None:
        raise SourceError("say where the task vector is: write a reference, or pick its files")
    named = [None] if onlooker else [task for task, _ in references]
    tasks = _tasks(form, named, start, public=public, picked=picked) if named else []
    base, own = None, start.name if start is not None else ""
    if start is None:
        base, own = _base(form, public=public, picked=picked)
        control = _control(form, start)
    words = [task.name for task in tasks] or [control.name if control is not None else ""]
    made = "-".join([own, *words])[:58].strip("-.")
    vectors = [
        AskedVector(reference, task)
        for (_, reference), task in zip(references, [] if onlooker else tasks, strict=True)
    ]
    return Asked(
        name=slug(_line(form, "name", "the name")) or _unused_suite(made),
        vectors=tuple(vectors),
        start=start,
        base=base,
        onlookers=tuple(tasks) if onlooker else (),
        control=control,
    )


def slug(text: str) -> str:
    """A text as a name: lower-case letters, digits, '.' and '-'.

    >>> slug("My Cats & Dogs!")
    'my-cats-dogs'
    """
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")[:64]


def _references(
    form: Mapping[str, Any], *, public: bool, picked: Picked
) -> list[tuple[str | None, str]]:
    """Every vector that is asked for, with the task that its line names."""
    found: list[tuple[str | None, str]] = []
    for line in _lines(form, "vector", "task vectors", most=MOST_VECTORS):
        named = NAMED.fullmatch(_line({"vector": line}, "vector", "the task vector"))
        task, reference = named.groups() if named else (None, line)
        _check_place(reference, public=public)
        found.append((task, reference))
    files = _files(form.get("files"))
    # Weights alone are a vector each; with a configuration or an index they are one together.
    alone = all(file.endswith(".safetensors") and not SHARD.search(file) for file in files)
    groups = [[file] for file in files] if alone else [files]
    found += [(None, f"file:{picked.weights(group)}") for group in groups]
    if len(found) > MOST_VECTORS:
        raise SourceError(f"there are {len(found)} task vectors; at most {MOST_VECTORS} at once")
    return found


def _base(form: Mapping[str, Any], *, public: bool, picked: Picked) -> tuple[str, str]:
    """The reference of a new base, and what a suite on it may be called after."""
    written = _line(form, "base", "the base")
    files = _files(form.get("base_files"))
    if bool(written) == bool(files):
        raise SourceError(
            "say which base: write a reference as owner/name, or pick its files"
            if not written
            else "there are a reference and picked files for one base; take one away"
        )
    if files:
        return f"file:{picked.weights(files)}", "my-base"
    named = named_base(written)
    if named is not None:
        return written, slug(named.title)
    _check_place(written, public=public)
    return written, slug(written.rpartition("/")[2])


def _check_place(reference: str, *, public: bool) -> None:
    """Files of this machine are its owner's; those that were picked got here another way."""
    if parse_reference(reference).kind == "file" and public:
        raise SourceError("files of this machine are not for visitors; pick yours")


def _tasks(
    form: Mapping[str, Any],
    named: Sequence[str | None],
    start: Suite | None,
    *,
    public: bool,
    picked: Picked,
) -> list[AskedTask]:
    """A new task for each vector: of the name that its line gives, else of the one chosen."""
    purpose = form.get("purpose")
    if purpose not in PURPOSES:
        raise unknown_name("kind of pictures", purpose, existing=PURPOSES)
    tasks: list[AskedTask] = []
    if purpose in (SAME, SHARED):
        there = () if start is None else (*start.tasks, *start.recipe_tasks)
        # A page that is still filling its lists has chosen none: what it will choose is the first.
        first = start.targets[0] if purpose == SAME and start and start.targets else ""
        for name in named:
            of = (_line(form, purpose, "the task") or first) if name is None else name
            known = library_tasks() if purpose == SHARED else start.tasks if start else ()
            if of not in known:
                what = "shared task" if purpose == SHARED else "task"
                raise unknown_name(what, of, existing=known)
            own = _unused(of, (*there, *(task.name for task in tasks)))
            tasks.append(AskedTask(own, f"{'task' if purpose == SAME else 'shared'}:{of}"))
        return tasks
    for name in filter(None, named):
        raise AssetError(
            f"“{name} = …” is for tasks of the suite and those that come with the project; for "
            "pictures of your own, add one task after the other"
        )
    task = _own_task(form, public=public, picked=picked)
    for _ in named:
        own = _unused(task.name, [task.name for task in tasks])
        tasks.append(replace(task, name=own))
    return tasks


def _own_task(form: Mapping[str, Any], *, public: bool, picked: Picked) -> AskedTask:
    name = slug(_line(form, "task", "the task's name"))
    if not name:
        raise AssetError("give the task a name: what the model learned, in a word or two")
    classnames = tuple(_lines(form, "classnames", "class names", most=MOST_CLASSES))
    templates = tuple(_lines(form, "templates", "prompts", most=MOST_TEMPLATES)) or TEMPLATES
    for template in templates:
        if template.count("{}") != 1:
            raise AssetError(
                f"a prompt holds {{}} once, where the class's name goes, as in “{TEMPLATES[0]}”; "
                f"got “{template[:LONGEST_QUOTE]}”"
            )
    head = form.get("head") or WORDS
    if head not in HEADS:
        raise unknown_name("head", head, existing=HEADS)
    if form.get("purpose") == DATASET:
        columns = {key: _line(form, key, f"the {key} column") for key in ("image", "label")}
        columns = {key: value for key, value in columns.items() if value}
        place = _line(form, "dataset", "the dataset")
        if not place:
            raise SourceError("say which dataset: owner/name, with @split where it is not test")
        place = f"hub:{place.removeprefix('hub:')}"
        return AskedTask(name, place, classnames, templates, columns, head=head)
    seed = 0 if form.get("draw_validation") is True else None
    place = _folder(form, public=public, picked=picked)
    return AskedTask(name, place, classnames, templates, head=head, seed=seed)


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


def _control(form: Mapping[str, Any], start: Suite | None) -> AskedTask | None:
    """The control that is asked for; None where that of the suite stays."""
    place = _line(form, "control", "the control")
    if start is not None and place in ("", OWN, start.control):
        return None
    if place in library_tasks():
        return AskedTask(place, "shared")
    if place.startswith("mini:"):
        return AskedTask(slug(place.removeprefix("mini:")), place)
    if not place.startswith("hub:"):
        raise unknown_name("control", place, existing=library_tasks())
    classnames = tuple(_lines(form, "control_classnames", "class names", most=MOST_CLASSES))
    name = slug(place.rpartition("/")[2].partition("@")[0])
    return AskedTask(name or "control", place, classnames)


def _unused(name: str, taken: Collection[str]) -> str:
    """`name`, with the first number that makes it new: one more vector of the same task."""
    names = (name, *(f"{name}-{i}" for i in range(2, 1000)))
    return next(new for new in names if new not in taken)


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

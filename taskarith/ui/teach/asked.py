"""What the page Teach sends, checked: which examples, by which way, for how long.

Knows the shapes of messages; what is in the files is looked at where they are taught.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

from taskarith.errors import TeachingError
from taskarith.sources.plan import size_text
from taskarith.training.teaching.bounds import Bounds
from taskarith.training.teaching.examples import is_table
from taskarith.training.teaching.how import How
from taskarith.training.teaching.reading import HUB, WORLD, Reading
from taskarith.training.teaching.task import HEADS
from taskarith.ui.serving.uploads import uploaded_file

__all__ = [
    "Asked",
    "read_asked",
    "read_dataset",
    "read_how",
    "read_reading",
    "read_table",
    "slug",
]

LONGEST = 40  # characters of a task's name
MOST_TERMS = 200  # of an edit to start from
MOST_NAME = 200  # characters of a dataset's name, with its split


@dataclass(frozen=True)
class Asked:
    """A teaching as somebody asked for it.

    Attributes:
        task, title: the new task's name, and as it was written.
        examples: paths by class, or texts where `texts` says so, or a place: the path of a zip or
            of a table, "world:NAME", "hub:OWNER/DATASET".
        head: what classes are told apart by.
        reading: how a table, a world or a dataset is read.
    """

    task: str
    title: str
    examples: dict[str, list[str]] | str
    texts: bool
    head: str
    how: How
    reading: Reading


def read_asked(message: object, *, uploads: Path, bounds: Bounds) -> Asked:
    """The teaching in `message`; TaskArithError says what is wrong with it."""
    fields = _fields(message)
    texts = fields.get("texts") is True
    examples: dict[str, list[str]] | str
    if "classes" in fields:
        place = None if texts else uploads
        examples = _classes(fields.get("classes"), uploads=place, bounds=bounds)
        usual = "-".join(examples)
    else:
        examples, usual = _place(fields, uploads=uploads, bounds=bounds)
    title = fields.get("title")
    title = title.strip() if isinstance(title, str) and title.strip() else usual
    head = fields.get("head", "auto")
    if head not in HEADS:
        raise TeachingError(f"there is no head {str(head)[:40]!r}; there are {', '.join(HEADS)}")
    how = read_how(message, bounds=bounds)
    reading = read_reading(message)
    return Asked(slug(title), title[:LONGEST], examples, texts, head, how, reading)


def read_reading(message: object) -> Reading:
    """How tables and datasets are read, as `message` says it; TaskArithError for what cannot be."""
    given = _fields(message).get("reading")
    given = given if isinstance(given, Mapping) else {}
    known = {field.name for field in fields_of(Reading)}
    return Reading(**{name: value for name, value in given.items() if name in known})


def read_table(message: object, *, uploads: Path, bounds: Bounds) -> Path:
    """The table of texts that was sent; TaskArithError for another file, or too large a one."""
    path = uploaded_file(_fields(message).get("table"), uploads=uploads)
    if not is_table(path):
        raise TeachingError(
            f"{path.name[:80]} is no table; save it as CSV, with columns of texts and of labels"
        )
    if path.stat().st_size > bounds.archive:
        raise TeachingError(f"the table is larger than {size_text(bounds.archive)}; cut it")
    return path


def read_dataset(message: object) -> str:
    """The dataset that is asked for, without "hub:" in front."""
    return str(_fields(message).get("hub") or "").strip().removeprefix(HUB)[:MOST_NAME]


def read_how(message: object, *, bounds: Bounds) -> How:
    """How to teach, as `message` says it; SettingError for what cannot be."""
    fields = _fields(message)
    settings = fields.get("settings")
    return How(
        way=str(fields.get("way", "blocks"))[:40],
        settings=dict(settings) if isinstance(settings, Mapping) else {},
        steps=fields.get("steps", How.steps),
        rate=fields.get("rate"),
        anchor=fields.get("anchor", True) is True,
        sharpness=fields.get("sharpness", 0.0),
        few=fields.get("few"),
        start=_start(fields.get("start")),
        seed=fields.get("seed", 0),
        bounds=bounds,
    )


def _start(value: object) -> dict[str, Any]:
    """The coefficients that training starts from; what they are of is looked at by `teach`."""
    if value is None:
        return {}
    if not isinstance(value, Mapping) or len(value) > MOST_TERMS:
        raise TeachingError("the page sent no edit to start from; reload it")
    return {str(name)[:80]: coefficient for name, coefficient in value.items()}


def slug(text: str) -> str:
    """A name as manifests take them.

    >>> slug("Sun & Moon!"), slug("☀")
    ('sun-moon', 'my-task')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:LONGEST].strip("-") or "my-task"


def _classes(value: object, *, uploads: Path | None, bounds: Bounds) -> dict[str, list[str]]:
    """Uploaded files by class, or texts where there are no `uploads`."""
    if not isinstance(value, list) or not value:
        raise TeachingError("there are no classes; name two and give each some examples")
    if len(value) > bounds.classes:
        raise TeachingError(
            f"there are {len(value):,} classes; at most {bounds.classes:,} are taught at once"
        )
    found: dict[str, list[str]] = {}
    total = 0
    for one in value:
        fields = _fields(one)
        name, files = fields.get("name"), fields.get("files")
        if not isinstance(name, str) or not isinstance(files, list):
            raise TeachingError("the page sent a class without a name or examples; reload it")
        if not name.strip():
            raise TeachingError("a class has no name; give it one")
        if name.strip() in found:
            raise TeachingError(f"two classes are called {name.strip()!r}; call them apart")
        total += len(files)
        if total > bounds.examples:
            raise TeachingError(f"there are more than {bounds.examples:,} examples; leave some out")
        found[name.strip()] = [
            str(file) if uploads is None else str(uploaded_file(file, uploads=uploads))
            for file in files
        ]
    return found


def _place(fields: Mapping[str, Any], *, uploads: Path, bounds: Bounds) -> tuple[str, str]:
    """Where the examples are, and what the task is called unless it is told otherwise."""
    if fields.get("zip") is not None:
        return str(uploaded_file(fields["zip"], uploads=uploads)), "my-task"
    if fields.get("table") is not None:
        return str(read_table(fields, uploads=uploads, bounds=bounds)), "my-task"
    if fields.get("world") is not None:
        name = str(fields["world"])[:MOST_NAME]
        return f"{WORLD}{name}", name
    if fields.get("hub") is not None:
        name = read_dataset(fields)
        return f"{HUB}{name}", name.partition("@")[0].rpartition("/")[2]
    raise TeachingError("there are no classes; name two and give each some examples")


def _fields(message: object) -> Mapping[str, Any]:
    if not isinstance(message, Mapping):
        raise TeachingError("the page sent something else than an object; reload it")
    return message

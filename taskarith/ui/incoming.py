"""What a browser sends, checked: every value is validated or refused before anything uses it.

Knows the shapes of messages and the bounds of their values; not what is done with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from taskarith.core import METHODS, Edit, checked_coefficient
from taskarith.errors import TaskArithError, UnknownNameError, unknown_name
from taskarith.suites import Suite
from taskarith.ui.merge_methods import merged_edit
from taskarith.ui.serving.visitor import read_visitor

__all__ = [
    "Analogy",
    "Commit",
    "read_changed",
    "read_commit",
    "read_edit",
    "read_poll",
    "read_question",
    "read_rest",
    "read_suggestion",
]

LARGEST_NUMBER = 2**53  # the last whole number a browser counts to exactly
MAX_COEFFICIENTS = 100


@dataclass(frozen=True)
class Analogy:
    """What measuring needs of "A is to B as C is to D": whose accuracy, and own·τ_C alone."""

    c: str
    d: str
    own: float


@dataclass(frozen=True)
class Commit:
    """An edit that came to rest, and what to measure around it.

    Attributes:
        session: which browser window.
        seq: its number; a higher one of the same session replaces it.
        focus: the vector whose slider is in hand.
        pinned: the edit it is compared with, if one is pinned.
    """

    session: str
    seq: int
    edit: Edit
    focus: str
    analogy: Analogy | None
    pinned: Edit | None


def read_commit(message: object, suite: Suite) -> Commit:
    """The commit in `message`; TaskArithError says what is wrong with it."""
    fields = _fields(message)
    edit = _measured(fields, suite)
    focus = _vector(fields.get("focus"), suite)
    pinned = fields.get("pinned")
    return Commit(
        session=read_visitor(fields.get("session")),
        seq=_whole(fields.get("seq"), "seq"),
        edit=edit,
        focus=focus,
        analogy=_analogy(fields.get("analogy"), suite),
        pinned=None if pinned is None else _measured(_fields(pinned), suite),
    )


def read_poll(message: object) -> tuple[str, int, int]:
    """Which session asks for more of which commit, and how many pieces it has."""
    fields = _fields(message)
    return (
        read_visitor(fields.get("session")),
        _whole(fields.get("seq"), "seq"),
        _whole(fields.get("cursor"), "cursor"),
    )


def read_rest(message: object) -> tuple[str, int]:
    """In which session something moves again, and from which number on commits count."""
    fields = _fields(message)
    return read_visitor(fields.get("session")), _whole(fields.get("seq"), "seq")


def read_changed(
    message: object, suite: Suite
) -> tuple[Edit, str, Literal["validation", "test"], int]:
    """The edit, task and split whose changed answers are asked for, and from which one on."""
    fields = _fields(message)
    task, split = fields.get("task"), fields.get("split")
    if split != "validation" and split != "test":
        raise unknown_name("split", split, existing=("validation", "test"))
    hidden = suite.second_control if split == "validation" else None
    visible = [name for name in (*suite.tasks, *suite.recipe_tasks) if name != hidden]
    if task not in visible:
        raise unknown_name("task", task, existing=visible)
    return _measured(fields, suite), str(task), split, _whole(fields.get("start", 0), "start")


def read_question(message: object, suite: Suite) -> tuple[Edit, str, str]:
    """The edit, the task whose head answers, and the text that somebody typed."""
    fields = _fields(message)
    task, text = fields.get("task"), fields.get("text")
    visible = [name for name in (*suite.tasks, *suite.recipe_tasks) if name != suite.second_control]
    if task not in visible:
        raise unknown_name("task", task, existing=visible)
    if not isinstance(text, str):
        raise TaskArithError("a question needs a text; type a sentence")
    return _measured(fields, suite), str(task), text


def read_suggestion(message: object, suite: Suite) -> tuple[Edit, str]:
    """The edit whose vectors are to be added, and the language to say it in ("en" if none)."""
    fields = _fields(message)
    language = fields.get("language")
    edit = read_edit(fields.get("coefficients"), suite)
    return edit, language if isinstance(language, str) else "en"


def read_edit(coefficients: object, suite: Suite, *, merge: object = None) -> Edit:
    """The edit with these coefficients, merged as `merge` says (None: their sum).

    Raises CoefficientError, UnknownNameError or SettingError.
    """
    if not isinstance(coefficients, Mapping) or len(coefficients) > MAX_COEFFICIENTS:
        raise TaskArithError(
            f"an edit needs an object of at most {MAX_COEFFICIENTS} coefficients by vector name"
        )
    edit = merged_edit(suite.name, coefficients, merge)
    suite.check_edit(edit)
    return edit


def _measured(fields: Mapping[str, Any], suite: Suite) -> Edit:
    """An edit to be measured while somebody waits; merges that look at images take too long."""
    edit = read_edit(fields.get("coefficients"), suite, merge=fields.get("merge"))
    if METHODS[edit.method].needs_data:
        raise TaskArithError(
            f"{edit.method} looks at images and takes too long to follow a slider; Compare and "
            "Export make it"
        )
    return edit


def _analogy(value: object, suite: Suite) -> Analogy | None:
    if value is None:
        return None
    fields = _fields(value)
    c, d = _vector(fields.get("c"), suite), _vector(fields.get("d"), suite)
    tasks = (*suite.tasks, *suite.recipe_tasks)
    if d not in tasks or c not in tasks:
        raise UnknownNameError(f"an analogy is between tasks; {c} or {d} is none")
    return Analogy(c=c, d=d, own=checked_coefficient(fields.get("own"), c))


def _fields(message: object) -> Mapping[str, Any]:
    if not isinstance(message, Mapping):
        raise TaskArithError("the page sent something else than an object; reload it")
    return message


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        raise TaskArithError(f"{name} must be a whole number from 0 on, got {str(value)[:40]!r}")
    return value


def _vector(name: object, suite: Suite) -> str:
    suite.check_edit(Edit(suite.name, {name if isinstance(name, str) and name else "?": 1.0}))
    return str(name)

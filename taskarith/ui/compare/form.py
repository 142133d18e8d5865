"""What the page Compare sends, checked: which comparison, of what, on how many images.

Knows the shapes of messages and the bounds of their values; not what is done with them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskarith.core import Edit
from taskarith.errors import TaskArithError, unknown_name
from taskarith.recipes.catalogue import methods_recipe, plane_recipe
from taskarith.recipes.methods.recipe import MethodsRecipe
from taskarith.recipes.plane.recipe import PlaneRecipe
from taskarith.suites import Suite
from taskarith.ui.incoming import read_edit
from taskarith.ui.serving.visitor import read_visitor

__all__ = [
    "IMAGES",
    "PARTS",
    "Classes",
    "read_classes",
    "read_have",
    "read_images",
    "read_methods",
    "read_part",
    "read_plane",
    "read_session",
]

PARTS = ("classes", "plane", "methods")
IMAGES = (32, 64, 128, 256)
MOST_NAMES = 64
LONGEST_NAME = 200


@dataclass(frozen=True)
class Classes:
    """One task under two edits, on the first `n` validation images (None: all)."""

    task: str
    before: Edit
    after: Edit
    n: int | None


def read_part(message: object) -> str:
    """Which of the page's comparisons a message is about."""
    part = _fields(message).get("part")
    if part not in PARTS:
        raise unknown_name("comparison", str(part)[:40], existing=PARTS)
    return str(part)


def read_session(message: object) -> str:
    """Under which name the jobs know this window's comparison; each has a place of its own."""
    return f"{read_visitor(_fields(message).get('visitor'))} {read_part(message)}"


def read_classes(message: object, suite: Suite, *, after: Edit) -> Classes:
    """The task and the edit to compare with; the second control stays unseen on validation."""
    fields = _fields(message)
    task = fields.get("task")
    seen = [name for name in suite.tasks if name != suite.second_control]
    if task not in seen:
        raise unknown_name("task", str(task)[:40], existing=seen)
    other = fields.get("before")
    other = other if isinstance(other, Mapping) else {}
    before = read_edit(other.get("coefficients"), suite, merge=other.get("merge"))
    return Classes(str(task), before, after, read_images(fields))


def read_plane(message: object, suite: Suite, *, edit: Edit) -> PlaneRecipe:
    """The plane through `edit`; its other coefficients are held."""
    fields = _fields(message)
    ends = (_number(fields.get("low"), "from"), _number(fields.get("high"), "to"))
    target = _name(fields.get("target"), "target")
    seen = [name for name in suite.tasks if name != suite.second_control]
    if target not in seen:
        raise unknown_name("task", target, existing=seen)
    steps = fields.get("steps")
    return plane_recipe(
        suite,
        x=_name(fields.get("x"), "x"),
        y=_name(fields.get("y"), "y"),
        others=edit.coefficients,
        targets=[target],
        forget=fields.get("forget") is True,
        steps=steps if type(steps) is int else 0,
        x_ends=ends,
        y_ends=ends,
    )


def read_methods(message: object, suite: Suite) -> MethodsRecipe:
    """The methods and the tasks whose vectors they merge."""
    fields = _fields(message)
    methods = _names(fields.get("methods"), "methods")
    tasks = _names(fields.get("tasks"), "tasks")
    if not methods:
        raise TaskArithError("choose at least one method")
    if len(set(tasks)) < 2:
        raise TaskArithError("choose at least two tasks whose vectors are merged")
    return methods_recipe(suite, tasks=tasks, methods=methods)


def read_have(message: object) -> int:
    """How many rows of what was found the page has already."""
    have = _fields(message).get("have", 0)
    return have if type(have) is int and have > 0 else 0


def read_images(fields: Mapping[str, Any]) -> int | None:
    """How many images a task: one of IMAGES, or None for all."""
    asked = fields.get("images")
    if asked == "all":
        return None
    if type(asked) is not int or asked not in IMAGES:
        raise TaskArithError(
            f"images a task: {', '.join(map(str, IMAGES))} or all, got {str(asked)[:40]!r}"
        )
    return asked


def _fields(message: object) -> Mapping[str, Any]:
    if not isinstance(message, Mapping):
        raise TaskArithError("the page sent something else than an object; reload it")
    return message


def _name(value: object, what: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise TaskArithError(f"{what} must be a name, got {str(value)[:40]!r}")
    return value


def _names(value: object, what: str) -> Sequence[str]:
    if not isinstance(value, list) or len(value) > MOST_NAMES:
        raise TaskArithError(f"{what} must be a list of at most {MOST_NAMES} names")
    return [_name(item, what) for item in value]


def _number(value: object, what: str) -> float:
    if type(value) not in (int, float):
        raise TaskArithError(f"“{what}” must be a number, got {str(value)[:40]!r}")
    return float(value)  # type: ignore[arg-type]

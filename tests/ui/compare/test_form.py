"""What the page Compare sends: taken where it is right, refused in words where it is not."""

import math
from typing import Any

import pytest

from taskarith.core import Edit
from taskarith.errors import TaskArithError
from taskarith.suites import Suite
from taskarith.ui.compare.form import (
    Classes,
    read_classes,
    read_have,
    read_images,
    read_methods,
    read_plane,
    read_session,
)

EDIT = Edit("tiny", {"coins": -0.5, "dice": 0.3})
VISITOR = "0123456789abcdef01234567"
CLASSES: dict[str, Any] = {"task": "coins", "before": {"coefficients": {"dice": 1}}, "images": 64}
PLANE: dict[str, Any] = {
    "x": "coins", "y": "random:dice", "target": "coins", "low": -1, "high": 0.5, "forget": True,
    "steps": 4, "images": 32,
}  # fmt: skip
METHODS: dict[str, Any] = {"methods": ["sum", "ties:density=0.3"], "tasks": ["coins", "dice"]}


def test_what_is_right_is_taken(tiny_suite: Suite) -> None:
    classes = read_classes(CLASSES, tiny_suite, after=EDIT)
    assert classes == Classes("coins", Edit("tiny", {"dice": 1.0}), EDIT, 64)
    plane = read_plane(PLANE, tiny_suite, edit=EDIT)
    assert (plane.x, plane.y, plane.targets) == ("coins", "random:dice", ("coins",))
    assert (plane.x_ends, plane.y_ends, plane.steps, plane.forget) == (
        (-1, 0.5),
        (-1, 0.5),
        4,
        True,
    )
    assert plane.others == EDIT.coefficients
    methods = read_methods(METHODS, tiny_suite)
    assert [entrant.label() for entrant in methods.entrants] == [
        "Task arithmetic", "TIES, density 0.3",
    ]  # fmt: skip
    assert read_images({"images": "all"}) is None
    assert read_session({"visitor": VISITOR, "part": "plane"}) == f"{VISITOR} plane"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"task": "coinz"}, "did you mean 'coins'"),
        ({"task": "houses"}, "unknown task 'houses'"),  # the second control is not for looking at
        ({"task": ["coins"]}, "unknown task"),
        ({"before": None}, "coefficients by vector name"),
        ({"before": {"coefficients": {"coins": math.inf}}}, "finite number"),
        ({"before": {"coefficients": {"coins": 9}}}, "out of range"),
        ({"before": {"coefficients": {}, "merge": {"method": 3}}}, "unknown merge method"),
        ({"images": 10**9}, "images a task"),
        ({"images": True}, "images a task"),
        ({"images": None}, "images a task"),
    ],
)
def test_nonsense_about_classes(changes: dict[str, Any], says: str, tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError, match=says):
        read_classes(CLASSES | changes, tiny_suite, after=EDIT)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"y": "coins"}, "two directions, got coins twice"),
        ({"x": "nobody"}, "unknown"),
        ({"x": {"a": 1}}, "x must be a name"),
        ({"x": "c" * 10_000}, "x must be a name"),
        ({"target": "houses"}, "unknown task 'houses'"),
        ({"low": 1, "high": 0}, "rising ends"),
        ({"low": "0,5"}, "“from” must be a number"),
        ({"high": 4}, "out of range"),
        ({"high": math.nan}, "finite number"),
        ({"steps": 10**6}, "steps a side"),
        ({"steps": None}, "steps a side"),
    ],
)
def test_nonsense_about_a_plane(changes: dict[str, Any], says: str, tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError, match=says):
        read_plane(PLANE | changes, tiny_suite, edit=EDIT)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"methods": []}, "at least one method"),
        ({"methods": "ties"}, "must be a list"),
        ({"methods": ["ties"] * 1_000}, "at most 64 names"),
        ({"methods": ["tyes"]}, "did you mean 'ties'"),
        ({"methods": ["ties:density=2"]}, "density = 2 is out of range"),
        ({"methods": ["ties:density=x"]}, "density must be a number"),
        ({"tasks": ["coins"]}, "at least two tasks"),
        ({"tasks": ["coins", "coins"]}, "at least two tasks"),
        ({"tasks": ["coins", "gardens"]}, "unknown task with a vector 'gardens'"),
    ],
)
def test_nonsense_about_methods(changes: dict[str, Any], says: str, tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError, match=says):
        read_methods(METHODS | changes, tiny_suite)


@pytest.mark.parametrize("message", [None, 7, "plane", [], {"part": "plane"}, {"visitor": VISITOR}])
def test_a_message_without_a_sender_is_refused(message: Any) -> None:
    with pytest.raises(TaskArithError):
        read_session(message)


@pytest.mark.parametrize(("have", "rows"), [(3, 3), (-1, 0), ("3", 0), (True, 0), (None, 0)])
def test_what_the_page_has_is_a_count(have: Any, rows: int) -> None:
    assert read_have({"have": have}) == rows

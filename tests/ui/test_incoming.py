import math

import pytest

from taskarith.core import Edit
from taskarith.errors import CoefficientError, SettingError, TaskArithError, UnknownNameError
from taskarith.suites import Suite
from taskarith.ui.incoming import Analogy, read_changed, read_commit, read_edit, read_poll
from taskarith.ui.serving.steps import shown_tasks
from tests.tiny import TARGETS

SESSION = "0123456789abcdef01234567"
COMMIT = {
    "session": SESSION,
    "seq": 3,
    "coefficients": {"apples": -0.5, "birds": 0},
    "focus": "apples",
    "analogy": None,
    "pinned": None,
}


def test_a_commit_is_read(tiny_suite: Suite) -> None:
    commit = read_commit(COMMIT, tiny_suite)
    assert commit.edit == Edit("tiny", {"apples": -0.5})
    assert (commit.session, commit.seq, commit.focus) == (SESSION, 3, "apples")
    assert commit.analogy is None
    assert commit.pinned is None


def test_an_analogy_and_a_pinned_edit_are_read(tiny_suite: Suite) -> None:
    analogy = {"a": "birds", "b": "eggs", "c": "flags", "d": "coins", "bracket": 1, "own": 0.5}
    commit = read_commit(
        COMMIT | {"analogy": analogy, "pinned": {"coefficients": {"dice": 1}}}, tiny_suite
    )
    assert commit.analogy == Analogy(c="flags", d="coins", own=0.5)
    assert commit.pinned == Edit("tiny", {"dice": 1.0})


def test_how_an_edit_is_merged_is_read(tiny_suite: Suite) -> None:
    merge = {"method": "dare", "settings": {"density": 0.5}, "seed": 7}
    commit = read_commit(COMMIT | {"merge": merge}, tiny_suite)
    assert commit.edit == Edit("tiny", {"apples": -0.5}, "dare", {"density": 0.5}, seed=7)
    changed = {"coefficients": {"dice": 1}, "merge": merge, "task": "dice", "split": "test"}
    assert read_changed(changed, tiny_suite)[0].seed == 7


def test_null_directions_are_vectors_too(tiny_suite: Suite) -> None:
    message = COMMIT | {"coefficients": {"random:apples": 1}, "focus": "random:apples"}
    assert read_commit(message, tiny_suite).focus == "random:apples"


@pytest.mark.parametrize("message", [None, [], "text", 3, {}])
def test_anything_else_is_refused(message: object, tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError):
        read_commit(message, tiny_suite)
    with pytest.raises(TaskArithError):
        read_poll(message)
    with pytest.raises(TaskArithError):
        read_changed(message, tiny_suite)


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("session", "../../etc", TaskArithError),
        ("session", None, TaskArithError),
        ("seq", -1, TaskArithError),
        ("seq", 1.5, TaskArithError),
        ("seq", True, TaskArithError),
        ("seq", 2**60, TaskArithError),
        ("coefficients", [], TaskArithError),
        ("coefficients", {"apples": math.nan}, CoefficientError),
        ("coefficients", {"apples": math.inf}, CoefficientError),
        ("coefficients", {"apples": "drop table"}, CoefficientError),
        ("coefficients", {"apples": 3.01}, CoefficientError),
        ("coefficients", {"pears": 1}, UnknownNameError),
        ("coefficients", {str(i): 1 for i in range(101)}, TaskArithError),
        ("focus", "pears", UnknownNameError),
        ("focus", None, UnknownNameError),
        ("focus", ["apples"], UnknownNameError),
        ("pinned", {"coefficients": {"apples": 9}}, CoefficientError),
        ("pinned", {"apples": 1}, TaskArithError),
        ("pinned", {"coefficients": {}, "merge": {"method": "tiess"}}, UnknownNameError),
        ("merge", "ties", TaskArithError),
        ("merge", {}, UnknownNameError),
        ("merge", {"method": ["ties"]}, UnknownNameError),
        ("merge", {"method": "ties" * 10_000}, UnknownNameError),
        ("merge", {"method": "ties", "settings": []}, TaskArithError),
        ("merge", {"method": "ties", "settings": {"density": "all"}}, SettingError),
        ("merge", {"method": "ties", "settings": {"density": 0}}, SettingError),
        ("merge", {"method": "ties", "settings": {"density": [0.5]}}, SettingError),
        ("merge", {"method": "ties", "settings": {"d" * 10_000: 1}}, UnknownNameError),
        ("merge", {"method": "ties", "settings": {str(i): 1 for i in range(99)}}, TaskArithError),
        ("merge", {"method": "ties", "seed": 1}, SettingError),
        ("merge", {"method": "dare", "seed": -1}, TaskArithError),
        ("merge", {"method": "dare", "seed": True}, TaskArithError),
        ("merge", {"method": "ties", "colours": {}}, TaskArithError),
        ("merge", {"method": "sum", "layers": [0.5]}, TaskArithError),
        ("merge", {"method": "sum", "layers": {"h.0": 9}}, CoefficientError),
        ("merge", {"method": "ties", "layers": {"h.0": "all"}}, CoefficientError),
        ("merge", {"method": "fisher"}, TaskArithError),
        ("pinned", "apples", TaskArithError),
        ("analogy", {"c": "flags", "d": "houses", "own": 1}, UnknownNameError),
        ("analogy", {"c": "flags", "d": "random:apples", "own": 1}, UnknownNameError),
        ("analogy", {"c": "joint", "d": "apples", "own": 1}, UnknownNameError),
        ("analogy", {"c": "flags", "d": "coins", "own": "much"}, CoefficientError),
        ("analogy", "flags", TaskArithError),
    ],
)
def test_each_field_is_checked(
    field: str, value: object, error: type[Exception], tiny_suite: Suite
) -> None:
    with pytest.raises(error):
        read_commit(COMMIT | {field: value}, tiny_suite)


def test_out_of_range_says_the_range(tiny_suite: Suite) -> None:
    with pytest.raises(CoefficientError, match="between -3 and 3"):
        read_edit({"apples": -3.5}, tiny_suite)


def test_the_second_control_is_shown_on_test_only(tiny_suite: Suite) -> None:
    message = {"coefficients": {}, "task": tiny_suite.second_control}
    with pytest.raises(UnknownNameError):
        read_changed(message | {"split": "validation"}, tiny_suite)
    assert read_changed(message | {"split": "test"}, tiny_suite)[1:] == ("houses", "test", 0)


def test_what_recipes_made_takes_part_like_anything_else(tiny_suite: Suite) -> None:
    analogy = {"c": "irons", "d": "jars", "own": 1}
    commit = read_commit(
        COMMIT | {"coefficients": {"irons": 1}, "focus": "joint", "analogy": analogy}, tiny_suite
    )
    assert shown_tasks(tiny_suite, commit) == [*TARGETS, "irons", "gardens", "jars"]
    changed = {"coefficients": {"irons": 1}, "task": "irons", "split": "validation"}
    assert read_changed(changed | {"start": 8}, tiny_suite)[1:] == ("irons", "validation", 8)
    with pytest.raises(TaskArithError, match="start must be a whole number"):
        read_changed(changed | {"start": -1}, tiny_suite)


@pytest.mark.parametrize("split", ["train", "", None, 1])
def test_images_come_from_validation_or_test(split: object, tiny_suite: Suite) -> None:
    with pytest.raises(UnknownNameError, match="validation, test"):
        read_changed({"coefficients": {}, "task": "apples", "split": split}, tiny_suite)

"""The form of the page Models: what it asks for, and nonsense that it refuses with words."""

from pathlib import Path
from typing import Any

import pytest

from taskarith.errors import TaskArithError
from taskarith.suites import Suite
from taskarith.ui.asked import LONGEST, MOST_CLASSES, read_asked, slug
from taskarith.ui.picked import Picked

FORM: dict[str, Any] = {
    "start": "tiny", "base": "", "control": None, "control_classnames": "", "vector": "a/b",
    "files": None, "purpose": "same", "same": "birds", "shared": None, "dataset": "", "image": "",
    "label": "", "folder": "", "pictures": "", "task": "", "classnames": "", "templates": "",
    "name": "",
}  # fmt: skip


@pytest.fixture
def picked(tmp_path: Path) -> Picked:
    (tmp_path / "uploads").mkdir()
    return Picked(tmp_path / "picked", uploads=tmp_path / "uploads")


def test_a_reference_and_a_task_of_the_suite_are_enough(tiny_suite: Suite, picked: Picked) -> None:
    asked = read_asked(FORM, start=tiny_suite, public=True, picked=picked)
    assert (asked.name, asked.vector) == ("tiny-birds-2", "a/b")
    assert (asked.task.name, asked.task.pictures) == ("birds-2", "task:birds")
    assert asked.base is asked.control is None


def test_a_dataset_with_its_own_columns_and_words(tiny_suite: Suite, picked: Picked) -> None:
    form = FORM | {
        "purpose": "dataset", "dataset": "someone/cats@valid", "image": "img", "label": "",
        "task": "My Cats!", "classnames": " tabby \n\nlynx\n", "templates": "a {} cat\n{}",
        "name": "Cats & more",
    }  # fmt: skip
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    assert asked.name == "cats-more"
    assert asked.task.name == "my-cats"
    assert asked.task.pictures == "hub:someone/cats@valid"
    assert asked.task.classnames == ("tabby", "lynx")
    assert asked.task.templates == ("a {} cat", "{}")
    assert asked.task.columns == {"image": "img"}


def test_a_new_base_brings_its_own_control(picked: Picked) -> None:
    form = FORM | {
        "start": "a new base…", "base": "openai/Clip.Tiny", "control": "tiny-imagenet",
        "purpose": "shared", "shared": "mnist",
    }  # fmt: skip
    asked = read_asked(form, start=None, public=True, picked=picked)
    assert asked.name == "clip.tiny-mnist"
    assert asked.control is not None
    assert (asked.control.name, asked.control.pictures) == ("tiny-imagenet", "shared")
    form |= {"control": "hub:me/Things@valid", "control_classnames": "a\nb"}
    control = read_asked(form, start=None, public=True, picked=picked).control
    assert control is not None
    assert (control.name, control.classnames) == ("things", ("a", "b"))


def test_picked_files_become_a_reference(tiny_suite: Suite, picked: Picked, tmp_path: Path) -> None:
    file = tmp_path / "uploads" / "model.safetensors"
    file.write_bytes(b"x")
    form = FORM | {"vector": "", "files": [str(file)]}
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    kept = Path(asked.vector.removeprefix("file:")) / "model.safetensors"
    assert kept.read_bytes() == b"x"


def test_only_the_owner_names_a_folder_of_this_machine(tiny_suite: Suite, picked: Picked) -> None:
    form = FORM | {"purpose": "folder", "folder": "/data/birds", "task": "mine"}
    asked = read_asked(form, start=tiny_suite, public=False, picked=picked)
    assert asked.task.pictures == "/data/birds"
    with pytest.raises(TaskArithError, match="not for visitors"):
        read_asked(form, start=tiny_suite, public=True, picked=picked)


MANY = "c\n" * (MOST_CLASSES + 1)

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"vector": " "}, "say where the task vector is"),
    "both": ({"files": ["x"]}, "take one away"),
    "no text": ({"vector": 3}, "must be a text"),
    "a list": ({"name": []}, "must be a text"),
    "far too long": ({"vector": "a" * (LONGEST + 1)}, "at most 1,000 characters"),
    "a zero byte": ({"vector": "a\0b"}, "must be a text"),
    "no purpose": ({"purpose": None}, "unknown kind of pictures"),
    "a foreign purpose": ({"purpose": {"x": 1}}, "unknown kind of pictures"),
    "no task": ({"same": "brids"}, "did you mean 'birds'"),
    "no shared task": ({"purpose": "shared", "shared": "minst"}, "did you mean 'mnist'"),
    "no name": ({"purpose": "dataset", "dataset": "a/b"}, "give the task a name"),
    "a name of signs": ({"purpose": "folder", "task": "!!!"}, "give the task a name"),
    "no dataset": ({"purpose": "dataset", "task": "x"}, "say which dataset"),
    "no folder": ({"purpose": "folder", "task": "x"}, "pick a folder"),
    "pictures that are no list": (
        {"purpose": "folder", "task": "x", "pictures": '{"a": 1}'}, "pick a folder"
    ),
    "pictures that are no JSON": (
        {"purpose": "folder", "task": "x", "pictures": "[" * 100_000}, "pick a folder"
    ),
    "somebody else's file": (
        {"purpose": "folder", "task": "x", "pictures": '["/etc/passwd"]'}, "pick it again"
    ),
    "a file from elsewhere": ({"vector": "", "files": ["/etc/passwd"]}, "pick it again"),
    "files that are none": ({"vector": "", "files": [{"path": "x"}]}, "pick them again"),
    "too many classes": (
        {"purpose": "dataset", "task": "x", "dataset": "a/b", "classnames": MANY},
        "10,001 class names",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "words"), MISTAKES.values(), ids=list(MISTAKES))
def test_nonsense_is_refused_with_words(
    change: dict[str, Any], words: str, tiny_suite: Suite, picked: Picked
) -> None:
    with pytest.raises(TaskArithError, match=words):
        read_asked(FORM | change, start=tiny_suite, public=True, picked=picked)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base": ""}, "say which base"),
        ({"base": "a/b", "control": None}, "unknown control"),
        ({"base": "a/b", "control": "tiny-imagent"}, "did you mean 'tiny-imagenet'"),
        ({"purpose": "same"}, "unknown task"),
    ],
)
def test_a_new_base_needs_all_of_it(change: dict[str, Any], words: str, picked: Picked) -> None:
    form = FORM | {"purpose": "shared", "shared": "mnist"} | change
    with pytest.raises(TaskArithError, match=words):
        read_asked(form, start=None, public=True, picked=picked)


@pytest.mark.parametrize(
    ("text", "name"), [("", ""), ("…", ""), ("Ä b", "b"), ("x" * 99, "x" * 64)]
)
def test_names_are_made_of_any_text(text: str, name: str) -> None:
    assert slug(text) == name

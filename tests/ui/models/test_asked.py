"""The form of the page Models: what it asks for, and nonsense that it refuses with words."""

from pathlib import Path
from typing import Any

import pytest

from taskarith.errors import TaskArithError
from taskarith.suites import Suite
from taskarith.ui.models.asked import LONGEST, MOST_CLASSES, MOST_VECTORS, read_asked, slug
from taskarith.ui.models.picked import Picked

FORM: dict[str, Any] = {
    "start": "tiny", "base": "", "base_files": None, "control": None, "control_classnames": "",
    "vector": "a/b", "files": None, "purpose": "same", "same": "birds", "shared": None,
    "dataset": "", "image": "", "label": "", "folder": "", "pictures": "", "task": "",
    "classnames": "", "templates": "", "name": "",
}  # fmt: skip


@pytest.fixture
def picked(tmp_path: Path) -> Picked:
    (tmp_path / "uploads").mkdir()
    return Picked(tmp_path / "picked", uploads=tmp_path / "uploads")


def test_a_reference_and_a_task_of_the_suite_are_enough(tiny_suite: Suite, picked: Picked) -> None:
    asked = read_asked(FORM, start=tiny_suite, public=True, picked=picked)
    [vector] = asked.vectors
    assert (asked.name, vector.reference) == ("tiny-birds-2", "a/b")
    assert (vector.task.name, vector.task.pictures) == ("birds-2", "task:birds")
    assert asked.base is asked.control is None


def test_a_dataset_with_its_own_columns_and_words(tiny_suite: Suite, picked: Picked) -> None:
    form = FORM | {
        "purpose": "dataset", "dataset": "someone/cats@valid", "image": "img", "label": "",
        "task": "My Cats!", "classnames": " tabby \n\nlynx\n", "templates": "a {} cat\n{}",
        "name": "Cats & more",
    }  # fmt: skip
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    assert asked.name == "cats-more"
    [task] = asked.tasks
    assert task.name == "my-cats"
    assert task.pictures == "hub:someone/cats@valid"
    assert task.classnames == ("tabby", "lynx")
    assert task.templates == ("a {} cat", "{}")
    assert task.columns == {"image": "img"}


def test_a_new_base_brings_its_own_control(picked: Picked) -> None:
    form = FORM | {
        "start": "a new base…", "base": "openai/Clip.Tiny", "control": "tiny-imagenet",
        "purpose": "shared", "shared": "mnist",
    }  # fmt: skip
    asked = read_asked(form, start=None, public=True, picked=picked)
    assert asked.name == "clip.tiny-mnist"
    assert asked.control is not None
    assert (asked.control.name, asked.control.pictures) == ("tiny-imagenet", "shared")
    asked = read_asked(
        form | {"base": " open_clip:ViT-B-32/openai "}, start=None, public=True, picked=picked
    )
    assert (asked.name, asked.base) == ("vit-b-32-openai-mnist", "open_clip:ViT-B-32/openai")
    form |= {"control": "hub:me/Things@valid", "control_classnames": "a\nb"}
    control = read_asked(form, start=None, public=True, picked=picked).control
    assert control is not None
    assert (control.name, control.classnames) == ("things", ("a", "b"))


def test_the_control_may_be_another_one(tiny_suite: Suite, picked: Picked) -> None:
    def control_of(**change: str) -> tuple[str, str] | None:
        asked = read_asked(FORM | change, start=tiny_suite, public=True, picked=picked)
        return (asked.control.name, asked.control.pictures) if asked.control else None

    for own in ("", "own", tiny_suite.control):
        assert control_of(control=own) is None
    assert control_of(control="imagenet") == ("imagenet", "shared")
    assert control_of(control="hub:me/things", control_classnames="a\nb") == (
        "things",
        "hub:me/things",
    )
    alone = FORM | {"vector": "", "control": "imagenet"}
    asked = read_asked(alone, start=tiny_suite, public=True, picked=picked)
    assert (asked.name, asked.vectors) == ("tiny-imagenet", ())
    with pytest.raises(TaskArithError, match="say where the task vector is"):
        read_asked(FORM | {"vector": ""}, start=tiny_suite, public=True, picked=picked)


def test_a_task_may_be_measured_without_a_vector(tiny_suite: Suite, picked: Picked) -> None:
    form = FORM | {"onlooker": True, "purpose": "shared", "shared": "mnist"}
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    assert (asked.name, asked.vectors) == ("tiny-mnist", ())
    assert [(task.name, task.pictures) for task in asked.onlookers] == [("mnist", "shared:mnist")]


def test_picked_files_become_a_reference(tiny_suite: Suite, picked: Picked, tmp_path: Path) -> None:
    file = tmp_path / "uploads" / "model.safetensors"
    file.write_bytes(b"x")
    form = FORM | {"vector": "", "files": [str(file)]}
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    [vector] = asked.vectors
    kept = Path(vector.reference.removeprefix("file:")) / "model.safetensors"
    assert kept.read_bytes() == b"x"


def test_picked_files_are_a_base_too(picked: Picked, tmp_path: Path) -> None:
    files = [tmp_path / "uploads" / name for name in ("config.json", "w.safetensors")]
    for file in files:
        file.write_bytes(b"x")
    form = FORM | {
        "base_files": [str(file) for file in files], "control": "tiny-imagenet",
        "purpose": "shared", "shared": "mnist",
    }  # fmt: skip
    asked = read_asked(form, start=None, public=True, picked=picked)
    assert asked.name == "my-base-mnist"
    assert asked.base is not None
    kept = Path(asked.base.removeprefix("file:"))
    assert {path.name for path in kept.iterdir()} == {"config.json", "w.safetensors"}


def test_several_lines_are_several_vectors(tiny_suite: Suite, picked: Picked) -> None:
    form = FORM | {"vector": "a/b\n\n apples = c/d@main \nhub:e/f\n"}
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    assert asked.name == "tiny-birds-2-apples-2-birds-3"
    assert [(v.reference, v.task.name, v.task.pictures) for v in asked.vectors] == [
        ("a/b", "birds-2", "task:birds"),
        ("c/d@main", "apples-2", "task:apples"),
        ("hub:e/f", "birds-3", "task:birds"),
    ]
    form |= {"vector": "a/b\ngtsrb = c/d\ne/f", "purpose": "shared", "shared": "mnist"}
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    assert [(task.name, task.pictures) for task in asked.tasks] == [
        ("mnist", "shared:mnist"), ("gtsrb", "shared:gtsrb"), ("mnist-2", "shared:mnist"),
    ]  # fmt: skip
    form |= {"vector": "a/b\nc/d", "purpose": "dataset", "task": "cats", "dataset": "x/cats"}
    asked = read_asked(form, start=tiny_suite, public=True, picked=picked)
    assert [(task.name, task.pictures) for task in asked.tasks] == [
        ("cats", "hub:x/cats"), ("cats-2", "hub:x/cats"),
    ]  # fmt: skip


def test_picked_weights_are_a_vector_each_and_with_a_configuration_one(
    tiny_suite: Suite, picked: Picked, tmp_path: Path
) -> None:
    def asked(*names: str) -> list[set[str]]:
        for name in names:
            (tmp_path / "uploads" / name).write_bytes(name.encode())
        files = [str(tmp_path / "uploads" / name) for name in names]
        form = FORM | {"files": files}
        found = read_asked(form, start=tiny_suite, public=True, picked=picked).vectors
        assert found[0].reference == "a/b"  # a written one beside them
        kept = [Path(vector.reference.removeprefix("file:")) for vector in found[1:]]
        return [{path.name for path in folder.iterdir()} for folder in kept]

    assert asked("a.safetensors", "b.safetensors") == [{"a.safetensors"}, {"b.safetensors"}]
    adapter = {"adapter_config.json", "adapter_model.safetensors"}
    assert asked(*sorted(adapter)) == [adapter]
    shards = {f"model-0000{i}-of-00002.safetensors" for i in (1, 2)}
    assert asked(*sorted(shards)) == [shards]


def test_a_visitor_writes_no_file_of_this_machine(tiny_suite: Suite, picked: Picked) -> None:
    form = FORM | {"vector": "a/b\n file:/etc/weights"}
    with pytest.raises(TaskArithError, match="not for visitors"):
        read_asked(form, start=tiny_suite, public=True, picked=picked)
    assert len(read_asked(form, start=tiny_suite, public=False, picked=picked).vectors) == 2
    form = FORM | {"purpose": "shared", "shared": "mnist", "base": " file:/etc/base"}
    with pytest.raises(TaskArithError, match="not for visitors"):
        read_asked(form, start=None, public=True, picked=picked)


def test_only_the_owner_names_a_folder_of_this_machine(tiny_suite: Suite, picked: Picked) -> None:
    form = FORM | {"purpose": "folder", "folder": "/data/birds", "task": "mine"}
    asked = read_asked(form, start=tiny_suite, public=False, picked=picked)
    assert asked.tasks[0].pictures == "/data/birds"
    with pytest.raises(TaskArithError, match="not for visitors"):
        read_asked(form, start=tiny_suite, public=True, picked=picked)


MANY = "c\n" * (MOST_CLASSES + 1)

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"vector": " "}, "say where the task vector is"),
    "no reference": ({"vector": "a/b, c/d"}, "'a/b, c/d' is no reference"),
    "too many": ({"vector": "a/b\n" * (MOST_VECTORS + 1)}, "21 task vectors"),
    "a line's own task": ({"vector": "brids = a/b"}, "did you mean 'birds'"),
    "a line's task of pictures": (
        {"vector": "birds = a/b", "purpose": "folder", "task": "x"}, "one task after the other"
    ),
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
    "no class in a prompt": (
        {"purpose": "folder", "task": "x", "templates": "{}\na photo"}, "got “a photo”"
    ),
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


@pytest.mark.parametrize("same", ["", None])
def test_before_the_page_has_chosen_it_is_the_first_task(
    same: str | None, tiny_suite: Suite, picked: Picked
) -> None:
    asked = read_asked(FORM | {"same": same}, start=tiny_suite, public=True, picked=picked)
    assert [task.pictures for task in asked.tasks] == [f"task:{tiny_suite.targets[0]}"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base": ""}, "say which base"),
        ({"base": "a/b", "base_files": ["x"]}, "for one base; take one away"),
        ({"base_files": ["/etc/passwd"]}, "pick it again"),
        ({"base_files": [{"path": "x"}]}, "pick them again"),
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

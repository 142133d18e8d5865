"""What a manifest may say about things elsewhere, and that no manifest does any harm."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskarith.errors import AssetError
from taskarith.suites import parse_manifest
from taskarith.suites.library import library_tasks

DATA = {
    "kind": "hub",
    "dataset": "owner/pictures",
    "config": "small",
    "revision": "v1",
    "image": "img",
    "label": "cls",
    "images": 100,
    "labels": ["a", "b"],
    "splits": {"test": {"from": "valid", "tenth": False}},
}
TASK = {
    "name": "own",
    "title": "Own",
    "classnames": ["x", "y"],
    "templates": ["a {}"],
    "data": DATA,
}
MANIFEST: dict[str, Any] = {
    "format": 1,
    "name": "elsewhere",
    "title": "Elsewhere",
    "about": "For tests.",
    "licence": "none",
    "base": {"kind": "transformers", "source": "owner/base@v2", "image_size": 64},
    "heads": None,
    "tasks": [
        {**TASK, "role": "target"},
        {"use": "mnist", "role": "target"},
        {"use": "imagenet", "role": "control"},
    ],
    "vectors": [
        {"task": "own", "source": "peft:owner/adapter"},
        {"task": "mnist", "weights": "vectors/mnist.safetensors"},
    ],
    "presets": [
        {"name": "p", "title": "P", "about": "p", "coefficients": {"own": 0.5}, "focus": "own"}
    ],
    "start": "p",
}


def test_a_base_and_vectors_elsewhere() -> None:
    manifest = parse_manifest(MANIFEST)
    assert manifest.base.source == "hub:owner/base@v2"
    assert manifest.base.is_elsewhere
    assert str(manifest.base) == "hub:owner/base@v2"
    assert manifest.vectors == {
        "own": "peft:owner/adapter",
        "mnist": "vectors/mnist.safetensors",
    }
    assert manifest.heads is None


def test_a_shared_task_brings_its_words() -> None:
    task = parse_manifest(MANIFEST).tasks[1]
    shared = library_tasks()["mnist"]
    assert list(task.classnames) == shared["classnames"]
    assert task.role == "target"
    assert task.data["dataset"] == "ylecun/mnist"


def test_what_a_manifest_says_itself_goes_before_the_shared() -> None:
    changed = copy.deepcopy(MANIFEST)
    changed["tasks"][1]["title"] = "My digits"
    assert parse_manifest(changed).tasks[1].title == "My digits"


def test_open_clips_own_names() -> None:
    base = {"kind": "open_clip", "model": "ViT-B-32", "pretrained": "openai", "image_size": 224}
    assert str(parse_manifest({**MANIFEST, "base": base}).base) == "ViT-B-32 openai"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"base": {"kind": "transformers"}}, "base.source must be a text"),
        ({"base": {"kind": "timm", "source": "a/b"}}, "must be one of open_clip, transformers"),
        ({"base": {"kind": "open_clip", "model": "ViT-B-32"}}, "base.pretrained"),
        ({"base": {"kind": "transformers", "source": "a/b", "image_size": True}}, "image_size"),
        ({"heads": "../heads.safetensors"}, "must lead to a file inside"),
        (
            {"base": {"kind": "open_clip", "config": "c", "weights": "w", "vocabulary": "v"}},
            "heads must be a file of the suite",
        ),
    ],
)
def test_problems_are_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(AssetError, match=words):
        parse_manifest({**MANIFEST, **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dataset": "https://example.org/x"}, "no name of a dataset"),
        ({"dataset": "a/../b"}, "no name of a dataset"),
        ({"dataset": None}, "no name of a dataset"),
        ({"revision": "-x"}, "revision"),
        ({"image": 3}, "image"),
        ({"images": 0}, "number of images"),
        ({"images": True}, "number of images"),
        ({"images": 200_001}, "number of images, up to 200,000"),
        ({"labels": [1]}, "list of names"),
        ({"prompt": "Is it so?"}, "no column's name in braces"),
        ({"prompt": 3}, "no column's name in braces"),
        ({"splits": None}, "splits must be an object"),
        ({"splits": {"dev": {"from": "x"}}}, "'dev' is none of train, validation, test"),
        ({"splits": {"test": {}}}, "from must be a text"),
        ({"splits": {"test": {"from": "x", "tenth": 3}}}, "tenth must be true or false"),
    ],
)
def test_problems_of_hub_pictures_are_named(change: dict[str, Any], words: str) -> None:
    changed = copy.deepcopy(MANIFEST)
    changed["tasks"][0]["data"] |= change
    with pytest.raises(AssetError, match=words):
        parse_manifest(changed)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as keys and numbers."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in items:
        found.append((*path, key))
        if isinstance(item, dict | list):
            found += places(item, (*path, key))
    return found


PLACES = places(MANIFEST)
odd = st.sampled_from(
    [
        None,
        True,
        -1,
        10**40,
        1e400,
        "",
        "\0",
        "../../etc/passwd",
        "file:/etc/passwd",
        "hub:a/b",
        [],
        {},
    ]
)
json_values = odd | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), json_values), min_size=1, max_size=3))
@settings(max_examples=250)
def test_any_change_of_a_manifest_gives_a_manifest_or_a_clear_error(
    changes: list[tuple[tuple[Any, ...], Any]],
) -> None:
    changed = copy.deepcopy(MANIFEST)
    for path, value in changes:
        place: Any = changed
        try:
            for key in path[:-1]:
                place = place[key]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    try:
        manifest = parse_manifest(changed)
    except AssetError:
        return
    for weights in manifest.vectors.values():
        assert ".." not in weights.split("/")
        assert not weights.startswith("/")
    json.dumps([dict(task.data) for task in manifest.tasks])

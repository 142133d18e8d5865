import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.errors import AssetError
from taskarith.suites import parse_manifest, read_manifest


@pytest.fixture(scope="module")
def good(tiny_folder: Path) -> dict[str, Any]:
    """The JSON of a manifest without problems."""
    data: dict[str, Any] = json.loads((tiny_folder / "manifest.json").read_text())
    return data


def test_a_manifest_is_read(good: dict[str, Any]) -> None:
    manifest = parse_manifest(good)
    assert manifest.name == "tiny"
    assert manifest.base.weights == "base.safetensors"
    assert [task.name for task in manifest.tasks][:2] == ["apples", "birds"]
    assert manifest.tasks[0].classnames == ("apples0", "apples1", "apples2", "apples3")
    assert manifest.vectors["apples"] == "vectors/apples.safetensors"
    assert manifest.presets[0].coefficients == {"apples": -0.5}
    assert (manifest.surrogate, manifest.measurements, manifest.start) == (None, None, "forget")


def test_a_preset_may_be_an_analogy(good: dict[str, Any]) -> None:
    data = copy.deepcopy(good)
    roles = {"a": "birds", "b": "eggs", "c": "flags", "d": "dice"}
    data["presets"][2]["analogy"] = roles
    presets = parse_manifest(data).presets
    assert presets[2].analogy == roles
    assert presets[0].analogy is None


def test_presets_and_start_may_be_missing(good: dict[str, Any]) -> None:
    manifest = parse_manifest({**good, "presets": [], "start": None})
    assert manifest.presets == ()
    assert manifest.start is None


def test_a_task_may_be_called_what_every_object_of_a_browser_has(good: dict[str, Any]) -> None:
    text = json.dumps(good).replace('"dice"', '"constructor"')
    manifest = parse_manifest(json.loads(text))
    assert "constructor" in manifest.vectors
    assert "constructor" in [task.name for task in manifest.tasks]


def change(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Sets (or with ... deletes) what lies at a dotted path."""

    def apply(data: Any) -> None:
        *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
        for step in way:
            data = data[step]
        if value is ...:
            del data[last]
        else:
            data[last] = value

    return apply


def repeat(key: str) -> Callable[[dict[str, Any]], None]:
    return lambda data: data[key].append(data[key][0])


PROBLEMS = {
    "format 2 is unknown": change("format", 2),
    "format None is unknown": change("format", ...),
    "name must be a text, but is missing": change("name", ...),
    "name: 'Not A Name' must be lower-case": change("name", "Not A Name"),
    "title must be a text, but is 3": change("title", 3),
    "about must not be empty": change("about", ""),
    "licence must be a text": change("licence", None),
    "base must be an object, but is missing": change("base", ...),
    "base.kind: 'pickle' must be one of open_clip": change("base.kind", "pickle"),
    "base.weights: '../secret' must lead to a file inside": change("base.weights", "../secret"),
    "base.config: '/etc/passwd' must lead": change("base.config", "/etc/passwd"),
    "base.vocabulary: 'a/../../b' must lead": change("base.vocabulary", "a/../../b"),
    "heads: 'C:/heads' must lead": change("heads", "C:/heads"),
    "surrogate: '..' must lead": change("surrogate", ".."),
    "vectors[1].weights: 'a\\\\b' must lead": change("vectors.1.weights", "a\\b"),
    "tasks must be a list, but is {}": change("tasks", {}),
    "tasks[0] must be an object": change("tasks.0", "apples"),
    "tasks: apples must be there only once": repeat("tasks"),
    "tasks[0].classnames: 'apples' and ' Apples' give the same prompt": change(
        "tasks.0.classnames", ["apples", " Apples"]
    ),
    "tasks[0].role: 'boss' must be one of target, ": change("tasks.0.role", "boss"),
    "tasks[0].role: [] must be one of": change("tasks.0.role", []),
    "tasks[0].classnames: a task needs at least two": change("tasks.0.classnames", ["one"]),
    "tasks[0].classnames[1] must be a text": change("tasks.0.classnames.1", 7),
    "tasks[0].classnames: apples1 must be there only": change("tasks.0.classnames.0", "apples1"),
    "tasks[0].templates: each needs": change("tasks.0.templates.0", "no place"),
    "tasks[0].templates: each needs exactly": change("tasks.0.templates", []),
    "tasks[0].metric: a head of the kind 'zero-shot' is counted by 'accuracy'": change(
        "tasks.0.metric", {"kind": "bleu"}
    ),
    "tasks[0].data.kind: 'web' must be one of": change("tasks.0.data.kind", "web"),
    "tasks[0].data.path: '../x' must lead": change("tasks.0.data.path", "../x"),
    "tasks[0].data.family must be a text": change("tasks.0.data", {"kind": "world"}),
    "tasks: one must be the control, found 0": change("tasks.6.role", "target"),
    "tasks: one must be the control, found 2": change("tasks.7.role", "control"),
    "tasks: at most one can be the second-control": change("tasks.5.role", "second-control"),
    "vectors: apples must be there only once": repeat("vectors"),
    "vectors: the target 'apples' has none": change("vectors.0", ...),
    "vectors: 'gardens' is no target or auxiliary": change("vectors.0.task", "gardens"),
    "presets: forget must be there only once": repeat("presets"),
    "presets[0].coefficients: λ(apples) = 5 is out of": change("presets.0.coefficients.apples", 5),
    "presets[0].coefficients: λ(apples) must be a finite": change(
        "presets.0.coefficients.apples", "x"
    ),
    "presets: 'forget' names no vector: 'pears'": change("presets.0.coefficients.pears", 1),
    "presets: 'forget' names no vector: 'gardens'": change("presets.0.focus", "gardens"),
    "presets: 'random' names no vector: 'lucky:apples'": change("presets.3.focus", "lucky:apples"),
    "presets[0].analogy.d must be a text, but is missing": change(
        "presets.0.analogy", {"a": "birds", "b": "eggs", "c": "flags"}
    ),
    "presets: 'forget' names no vector: 'houses'": change(
        "presets.0.analogy", {"a": "birds", "b": "eggs", "c": "flags", "d": "houses"}
    ),
    "start: 'nowhere' is no preset": change("start", "nowhere"),
}


@pytest.mark.parametrize(("message", "spoil"), PROBLEMS.items(), ids=list(PROBLEMS))
def test_a_problem_is_named_with_its_place(
    good: dict[str, Any], message: str, spoil: Callable[[dict[str, Any]], None]
) -> None:
    data = copy.deepcopy(good)
    spoil(data)
    with pytest.raises(AssetError) as caught:
        parse_manifest(data, where="that manifest")
    assert str(caught.value).startswith("that manifest has problems:\n- ")
    assert f"- {message}" in str(caught.value)


def test_all_problems_are_listed_at_once(good: dict[str, Any]) -> None:
    data = {**copy.deepcopy(good), "title": 3, "licence": None, "heads": "../heads"}
    data["tasks"][0]["role"] = "boss"
    with pytest.raises(AssetError) as caught:
        parse_manifest(data)
    assert str(caught.value).count("\n- ") == 4


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.data())
def test_no_json_breaks_the_parser(good: dict[str, Any], data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([*good, "tasks.0", "vectors.0", "presets.0", "tasks.1.data"]))
    value = data.draw(json_values)
    spoiled = copy.deepcopy(good)
    change(place, value)(spoiled)
    try:
        manifest = parse_manifest(spoiled)
    except AssetError:
        return
    assert manifest.name


@pytest.mark.parametrize("data", [None, [], "text", 3])
def test_what_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(AssetError, match="must be an object"):
        parse_manifest(data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"format": 1, "name": NaN}', "has problems"),
        (b" " * (5 * 2**20), "larger than"),
    ],
    ids=["empty", "cut", "binary", "nested", "NaN", "huge"],
)
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(AssetError, match=message) as caught:
        read_manifest(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(AssetError, match="give the folder of a suite"):
        read_manifest(tmp_path / "manifest.json")

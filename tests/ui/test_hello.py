import json
import shutil
from pathlib import Path

import pytest

from taskarith.core import MAX_COEFFICIENT, NULLS
from taskarith.errors import AssetError
from taskarith.evaluation import load_shipped
from taskarith.evaluation.plan import COARSE_IMAGES, FINE_IMAGES
from taskarith.suites import SUITES_FOLDER, Suite, list_suites, load_suite
from taskarith.suites.home import add_folder, added_suites
from taskarith.suites.json_reader import NAME
from taskarith.ui import hello
from taskarith.ui.hello import (
    describe,
    describe_opened,
    drawn_families,
    shown_source,
    space_address,
    written_at,
)
from taskarith.ui.serving.pieces import as_sent
from tests.tiny import AUXILIARIES, SECOND_CONTROL, TARGETS


def test_the_page_learns_everything_static_as_json(page_folder: Path) -> None:
    told = json.loads(json.dumps(describe(str(page_folder))))
    assert told["suite"]["name"] == "tiny"
    assert told["start"] == "forget"
    limits = {"slider": 1.5, "hard": 3.0, "settle": 250, "slices": [32, 128]}
    assert told["limits"] == limits
    assert [v["name"] for v in told["vectors"] if v["kind"] == "target"] == list(TARGETS)
    assert [v["name"] for v in told["vectors"] if v["kind"] == "auxiliary"] == list(AUXILIARIES)
    nulls = [v for v in told["vectors"] if v["kind"] == "null"]
    assert {
        "name": "random:apples",
        "title": "random: Apples",
        "kind": "null",
        "task": "apples",
    } in (nulls)


def test_what_is_written_twice_is_the_same_twice() -> None:
    # `core` and `suites` import torch, for which the first screen does not wait.
    assert hello.MAX_COEFFICIENT == MAX_COEFFICIENT
    assert tuple(NULLS) == hello.NULLS
    assert hello.SLICES == (COARSE_IMAGES, FINE_IMAGES)
    assert hello.SUITES_FOLDER == SUITES_FOLDER
    assert hello.SUITE_NAME.pattern == NAME.pattern


@pytest.mark.parametrize("how", ["copied", "noted"])
def test_suites_that_were_added_are_found_without_torch(
    how: str, page_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("TASKARITH_SUITES", str(home))
    if how == "copied":
        shutil.copytree(page_folder, home / "tiny")
    else:
        add_folder(page_folder, taken=lambda name: False)
    assert describe("tiny") == describe(str(page_folder))
    assert written_at("tiny") > 0
    assert set(added_suites()) == {"tiny"}


@pytest.mark.parametrize("name", ["../tiny", "tasks.json", "", ".", "Tiny", "nothing", "a/b"])
def test_what_is_no_suite_is_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path))
    with pytest.raises(AssetError):
        describe(name)
    assert written_at(name) == 0


@pytest.mark.parametrize("name", ["mini", "tiny"])
def test_a_suite_is_described_as_the_engine_reads_it(name: str, page_folder: Path) -> None:
    suite = load_suite(name if name == "mini" else page_folder)
    told = describe(str(suite.folder))
    assert told == describe(str(suite.folder / "manifest.json")) == describe_opened(suite)
    every = [*suite.tasks, *suite.recipe_tasks]
    assert [task["chance"] for task in told["tasks"]] == [suite.task(t).chance for t in every]
    of_recipes = [vector for vector in told["vectors"] if vector["kind"] == "recipe"]
    assert [vector["name"] for vector in of_recipes] == list(suite.recipe_vectors)
    assert all(vector["task"] == suite.subject(vector["name"]) for vector in told["vectors"])
    if name == "mini":
        assert told == describe("mini")


@pytest.mark.parametrize("suite", list_suites(), ids=lambda suite: suite.name)
def test_every_suite_can_be_described(suite: Suite) -> None:
    told = json.loads(json.dumps(describe_opened(suite)))
    assert [task["name"] for task in told["tasks"]] == [*suite.tasks, *suite.recipe_tasks]


def test_nothing_is_known_of_the_second_control_but_its_name(page_folder: Path) -> None:
    told = describe(str(page_folder))
    roles = {task["name"]: task["role"] for task in told["tasks"]}
    assert roles[SECOND_CONTROL] == "second-control"
    for part in ("vectors", "presets", "shipped"):
        assert SECOND_CONTROL not in json.dumps(told[part])


def test_an_analogy_preset_brings_its_two_coefficients(page_folder: Path) -> None:
    presets = {preset["name"]: preset for preset in describe(str(page_folder))["presets"]}
    assert presets["forget"]["analogy"] is None
    assert presets["analogy"]["analogy"] == {
        "a": "birds", "b": "eggs", "c": "flags", "d": "coins", "bracket": 1.0, "own": 1.0,
    }  # fmt: skip


def test_shipped_points_are_the_estimates_that_the_engine_reads(
    page_folder: Path, page_suite: Suite
) -> None:
    shipped = load_shipped(page_suite)
    assert shipped is not None
    points = describe(str(page_folder))["shipped"]
    assert points == [
        [dict(edit.coefficients), {t: as_sent(e) for t, e in estimates.items()}]
        for edit, estimates in shipped.points.items()
    ]


def test_without_shipped_measurements_the_page_still_starts(tiny_folder: Path) -> None:
    assert describe(str(tiny_folder))["shipped"] == []


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1, "points": [{}]}'])
def test_damaged_measurements_are_not_shown(
    content: str, page_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "suite"
    shutil.copytree(page_folder, folder)
    (folder / "measurements.json").write_text(content, encoding="utf-8")
    assert describe(str(folder))["shipped"] == []


@pytest.mark.parametrize("content", [None, "{", "[]", '{"name": "tiny"}', '{"tasks": 3}'])
def test_a_suite_that_cannot_be_read_is_an_error(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(AssetError, match="cannot be read"):
        describe(str(tmp_path))
    assert drawn_families(str(tmp_path)) == []


def test_the_pictures_to_draw_first_are_those_on_the_page() -> None:
    assert drawn_families("mini")[0] == "objects"
    assert "everyday" not in drawn_families("mini")
    assert len(drawn_families("mini")) == 9


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, None),
        ({"SPACE_ID": "me/demo"}, "https://huggingface.co/spaces/me/demo"),
        ({"SPACE_ID": "me/demo", "SPACE_HOST": "me-demo.hf.space"}, "https://me-demo.hf.space/"),
    ],
)
def test_inside_a_space_the_address_is_the_spaces(
    environment: dict[str, str], address: str | None
) -> None:
    assert space_address(environment) == address


def test_an_added_suite_is_found_by_its_folder_where_no_suite_is_looked_for(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "own"))
    add_folder(tiny_folder, taken=lambda name: False)
    found = shown_source("tiny")
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "others"))
    assert load_suite(found).name == "tiny"
    for source in ("mini", str(tiny_folder), "gone"):
        assert shown_source(source) == source

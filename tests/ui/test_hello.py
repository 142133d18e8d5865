import json
from pathlib import Path

import pytest

from taskarith.suites import Suite, load_suite
from taskarith.ui.hello import describe, read_shipped, space_address
from tests.tiny import AUXILIARIES, SECOND_CONTROL, TARGETS


def test_the_page_learns_everything_static_as_json(page_suite: Suite) -> None:
    hello = json.loads(json.dumps(describe(page_suite, read_shipped(page_suite))))
    assert hello["suite"]["name"] == "tiny"
    assert hello["start"] == "forget"
    assert hello["limits"] == {"slider": 1.5, "hard": 3.0, "settle": 250}
    assert [v["name"] for v in hello["vectors"] if v["kind"] == "target"] == list(TARGETS)
    assert [v["name"] for v in hello["vectors"] if v["kind"] == "auxiliary"] == list(AUXILIARIES)
    nulls = [v for v in hello["vectors"] if v["kind"] == "null"]
    assert {
        "name": "random:apples",
        "title": "random: Apples",
        "kind": "null",
        "task": "apples",
    } in (nulls)


def test_the_second_control_is_not_mentioned(page_suite: Suite) -> None:
    assert SECOND_CONTROL not in json.dumps(describe(page_suite, read_shipped(page_suite)))


def test_an_analogy_preset_brings_its_two_coefficients(page_suite: Suite) -> None:
    presets = {preset["name"]: preset for preset in describe(page_suite, None)["presets"]}
    assert presets["forget"]["analogy"] is None
    assert presets["analogy"]["analogy"] == {
        "a": "birds", "b": "eggs", "c": "flags", "d": "coins", "bracket": 1.0, "own": 1.0,
    }  # fmt: skip


def test_shipped_points_are_counts_that_the_file_holds(page_suite: Suite) -> None:
    shipped = read_shipped(page_suite)
    assert shipped is not None
    points = describe(page_suite, shipped)["shipped"]
    assert len(points) == len(shipped.points)
    counts = next(counts for coefficients, counts in points if coefficients == {"apples": -0.5})
    correct, n, total = counts["apples"]
    assert 0 <= correct <= n == total == 80


def test_without_shipped_measurements_the_page_still_starts(tiny_suite: Suite) -> None:
    assert read_shipped(tiny_suite) is None
    assert describe(tiny_suite, None)["shipped"] == []


def test_damaged_measurements_are_a_warning(page_folder: Path, tmp_path: Path) -> None:
    for file in page_folder.rglob("*.*"):
        target = tmp_path / file.relative_to(page_folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    (tmp_path / "measurements.json").write_text("{", encoding="utf-8")
    with pytest.warns(UserWarning, match="without shipped measurements"):
        assert read_shipped(load_suite(tmp_path)) is None


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

import json
from pathlib import Path
from typing import Any

import pytest

from taskarith.errors import AssetError
from taskarith.recipes.stored import FOLDER, read_result, shipped_result, write_result
from taskarith.suites import Suite, load_suite
from tests.recipes.fakes import FakeLab
from tests.recipes.negation.test_negation import RECIPE, accuracy


@pytest.fixture
def stored(tiny_suite: Suite, tmp_path: Path) -> Path:
    path = tmp_path / "results" / "negation.json"
    write_result(RECIPE.run(FakeLab(accuracy).lab), path, suite=tiny_suite)
    return path


def test_what_is_read_is_what_was_written(stored: Path, tiny_suite: Suite) -> None:
    assert read_result(stored, suite=tiny_suite) == RECIPE.run(FakeLab(accuracy).lab)
    assert list(stored.parent.iterdir()) == [stored]


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": "stew"},
        {"recipe": ["negation"]},
        {"result": {}},
        {"result": [1]},
        {"result": None},
    ],
)
def test_a_damaged_file_is_refused(
    change: dict[str, object], stored: Path, tiny_suite: Suite
) -> None:
    stored.write_text(json.dumps(json.loads(stored.read_text("utf-8")) | change))
    with pytest.raises(AssetError, match="is no stored result"):
        read_result(stored, suite=tiny_suite)


def test_estimates_by_name_are_read_as_before(stored: Path, tiny_suite: Suite) -> None:
    def named(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: named(item) for key, item in value.items()}
        if isinstance(value, list) and len(value) == 7 and value[5] in ("validation", "test"):
            return dict(
                zip(("value", "low", "high", "n", "total", "split", "metric"), value, strict=True)
            )
        return [named(item) for item in value] if isinstance(value, list) else value

    packed = json.loads(stored.read_text("utf-8"))
    earlier = named(packed)
    assert earlier != packed
    expected = read_result(stored, suite=tiny_suite)
    stored.write_text(json.dumps(earlier), encoding="utf-8")
    assert read_result(stored, suite=tiny_suite) == expected


def test_another_suites_result_is_refused(stored: Path, tiny_suite: Suite) -> None:
    stored.write_text(json.dumps(json.loads(stored.read_text("utf-8")) | {"suite": "other"}))
    with pytest.raises(AssetError, match="other weights or tasks"):
        read_result(stored, suite=tiny_suite)


def test_a_suite_ships_what_is_in_its_folder(
    stored: Path, tiny_suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shipped_result(tiny_suite, "negation") is None
    there = Suite(stored.parent.parent, tiny_suite.manifest)
    monkeypatch.setattr(Suite, "recipe_fingerprint", tiny_suite.recipe_fingerprint)
    assert shipped_result(there, "negation") == RECIPE.run(FakeLab(accuracy).lab)
    assert shipped_result(there, "../negation") is None
    stored.write_text("{")
    assert shipped_result(there, "negation") is None


@pytest.mark.parametrize("name", ["mini", "mini-lm", "mini-t5"])
def test_what_a_suite_ships_is_its_own(name: str) -> None:
    mini = load_suite(name)
    shipped = sorted((mini.folder / FOLDER).glob("*.json"))
    assert shipped
    for path in shipped:
        result = read_result(path, suite=mini)
        assert path.stem == result.name
        assert result.findings()

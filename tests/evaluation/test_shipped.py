import json
import shutil
from pathlib import Path

import pytest

from taskarith.core import Edit
from taskarith.errors import AssetError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.measure import measure
from taskarith.evaluation.shipped import (
    SHIPPED_NODES,
    Shipped,
    load_shipped,
    make_shipped,
)
from taskarith.suites import Suite, load_suite


@pytest.fixture(scope="module")
def made(tiny_folder: Path) -> Shipped:
    return make_shipped(Evaluator(load_suite(tiny_folder), device="cpu"), images=20)


@pytest.fixture
def suite_with(tiny_folder: Path, tmp_path: Path, made: Shipped) -> Path:
    """A copy of the tiny suite that comes with its measurements."""
    folder = Path(shutil.copytree(tiny_folder, tmp_path / "tiny"))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["measurements"] = "measurements.json"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    made.save(folder / "measurements.json")
    return folder


def test_it_holds_what_the_first_screen_needs(tiny_suite: Suite, made: Shipped) -> None:
    tasks = set(tiny_suite.tasks) - {tiny_suite.second_control}
    assert set(made.estimates(Edit("tiny"))) == tasks
    for name in tiny_suite.vectors:
        assert set(made.estimates(Edit("tiny", {name: 1}))) == tasks
        curve = made.curve(Edit("tiny", {name: 0.123}), focus=name)
        assert set(SHIPPED_NODES) <= {coefficient for coefficient, _ in curve}
    for preset in tiny_suite.manifest.presets:
        edit = Edit("tiny", preset.coefficients)
        assert set(made.estimates(edit)) == tasks
        nodes = [coefficient for coefficient, _ in made.curve(edit, focus=preset.focus)]
        assert nodes == sorted({*SHIPPED_NODES, preset.coefficients[preset.focus]})


def test_its_numbers_are_those_that_are_measured(tiny_suite: Suite, made: Shipped) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    for edit in (Edit("tiny"), Edit("tiny", {"apples": -0.5}), Edit("tiny", {"flags": 1.0})):
        estimates = made.estimates(edit)
        measured = measure(evaluator, edit, tasks=list(estimates), n=20)
        assert estimates == measured
        assert measured[tiny_suite.control].provisional


def test_it_knows_nothing_of_other_edits(made: Shipped) -> None:
    assert made.estimates(Edit("tiny", {"apples": 0.123})) == {}
    assert made.curve(Edit("tiny", {"apples": 0.123, "dice": 0.9}), focus="apples") == []


def test_it_survives_being_saved(suite_with: Path, made: Shipped) -> None:
    loaded = load_shipped(load_suite(suite_with))
    assert loaded is not None
    assert loaded.to_json() == made.to_json()
    assert loaded.points.keys() == made.points.keys()
    for edit, estimates in made.points.items():
        for task, estimate in estimates.items():
            found = loaded.points[edit][task]
            assert (found.n, found.total, found.metric) == (estimate.n, estimate.total, "accuracy")
            assert (found.value, *found.interval) == pytest.approx(
                (estimate.value, *estimate.interval), abs=1e-6
            )


def test_it_tells_other_pictures(tiny_suite: Suite, made: Shipped) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    for task, digest in made.examples.items():
        assert evaluator.key(Edit("tiny"), task=task, split="validation").examples == digest
    assert len(set(made.examples.values())) == len(made.examples)


def test_a_suite_may_come_without(tiny_suite: Suite) -> None:
    assert load_shipped(tiny_suite) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.update(format=99),
        lambda data: data.pop("totals"),
        lambda data: data["points"].append({"edit": {"suite": "tiny", "what": 1}, "estimates": {}}),
        lambda data: data["points"][0]["estimates"].update(apples=[0.9, 0.95, 1, 3]),
        lambda data: data["points"][0]["estimates"].update(apples=7),
        lambda data: data.update(points=None),
    ],
)
def test_damaged_measurements_are_refused(suite_with: Path, damage: object) -> None:
    file = suite_with / "measurements.json"
    data = json.loads(file.read_text())
    damage(data)  # type: ignore[operator]
    file.write_text(json.dumps(data))
    with pytest.raises(AssetError, match=r"measurements\.json are damaged.*make them again"):
        load_shipped(load_suite(suite_with))


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"format": 1'])
def test_other_files_are_refused(suite_with: Path, text: str) -> None:
    (suite_with / "measurements.json").write_text(text)
    with pytest.raises(AssetError, match="damaged"):
        load_shipped(load_suite(suite_with))


def test_missing_measurements_are_reported(suite_with: Path) -> None:
    (suite_with / "measurements.json").unlink()
    with pytest.raises(AssetError, match="could not read"):
        load_shipped(load_suite(suite_with))


def test_measurements_of_other_weights_are_refused(suite_with: Path) -> None:
    file = suite_with / "measurements.json"
    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, "suite": "0" * 16}))
    with pytest.raises(AssetError, match=r"0{16}.*make them again"):
        load_shipped(load_suite(suite_with))

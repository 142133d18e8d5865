"""What comes with a suite stands there as its own comparison would have found it."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskarith.evaluation import Evaluator, ResultCache
from taskarith.recipes.catalogue import methods_recipe, plane_recipe, run_recipe
from taskarith.recipes.stored import write_result
from taskarith.suites import Suite, load_suite
from taskarith.ui.compare.runs import methods_work, plane_work, shipped_comparisons

N = 12


@pytest.fixture(scope="module")
def shipping(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The tiny suite with a plane and some methods measured before."""
    folder = tmp_path_factory.mktemp("shipping") / "tiny"
    shutil.copytree(tiny_folder, folder)
    suite = load_suite(folder)
    evaluator = Evaluator(suite, device="cpu")
    for recipe in (asked_plane(suite), asked_methods(suite)):
        found = run_recipe(recipe, evaluator, cache=ResultCache(), n=N, rehearse=True)
        write_result(found, folder / "results" / f"{found.name}.json", suite=suite)
    return suite


def asked_plane(suite: Suite) -> Any:
    return plane_recipe(suite, x="apples", y="birds", targets=["apples"], forget=True, steps=4)


def asked_methods(suite: Suite) -> Any:
    return methods_recipe(suite, tasks=["apples", "birds"], methods=["sum", "ties"])


def run(suite: Suite, work: Any) -> Any:
    desk = SimpleNamespace(
        evaluator=Evaluator(suite, device="cpu"),
        progress=lambda *_: None,
        show=lambda _: None,
        stopped=lambda: False,
    )
    return work(desk)


def test_a_shipped_plane_is_the_one_that_a_run_finds(shipping: Suite) -> None:
    work = plane_work(asked_plane(shipping), cache=ResultCache(), n=N)
    assert shipped_comparisons(shipping)["plane"] == run(shipping, work)


def test_shipped_methods_are_those_that_a_run_finds(shipping: Suite) -> None:
    work = methods_work(asked_methods(shipping), cache=ResultCache(), n=N)
    rows, shipped = run(shipping, work)["rows"], shipped_comparisons(shipping)["methods"]["rows"]
    assert len(rows) == 3
    timeless = [[{**row, "seconds": None} for row in found] for found in (shipped, rows)]
    assert timeless[0] == timeless[1]


def test_what_was_measured_on_test_is_not_offered_to_choose_from(
    shipping: Suite, tmp_path: Path
) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(shipping.folder, folder)
    (folder / "results" / "plane.json").unlink()
    suite = load_suite(folder)
    path = folder / "results" / "methods.json"
    written = path.read_text(encoding="utf-8")
    path.write_text(written.replace('"rehearsal":true', '"rehearsal":false'), encoding="utf-8")
    assert shipped_comparisons(suite) == {}

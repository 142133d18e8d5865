import shutil
from pathlib import Path

import pytest
import torch

from taskarith.errors import AssetError, UnknownNameError
from taskarith.evaluation import Evaluator, ResultCache, load_surrogate
from taskarith.recipes.catalogue import run_recipe, suite_recipes
from taskarith.recipes.report import add_to_report, write_report
from taskarith.recipes.report_recipes import Extent
from taskarith.recipes.result import as_markdown
from taskarith.recipes.stored import read_result
from taskarith.suites import Suite, load_suite

CPU = torch.device("cpu")
FEW = Extent(16)


@pytest.fixture(scope="module")
def written(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report, for all tests that read it; copy it to change it."""
    folder = tmp_path_factory.mktemp("report")
    suite, path = load_suite(tiny_folder), folder / "REPORT.md"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASKARITH_CACHE", str(tmp_path_factory.mktemp("reported")))
        evaluator = Evaluator(suite, device=CPU)
        write_report(evaluator, path, recipes=["negation", "addition"], extent=FEW)
    stored = folder / "results" / "negation.json"
    assert read_result(stored, suite=suite).name == "negation"
    return folder


@pytest.fixture
def text(written: Path) -> str:
    return (written / "REPORT.md").read_text(encoding="utf-8")


def test_sections_are_those_of_the_recipes(text: str, tiny_suite: Suite) -> None:
    evaluator, cache = Evaluator(tiny_suite, device=CPU), ResultCache()
    for name in ("negation", "addition"):
        result = run_recipe(suite_recipes(tiny_suite)[name], evaluator, cache=cache, n=16)
        assert as_markdown(result) in text


def test_every_task_has_a_row_with_its_metric(text: str, tiny_suite: Suite) -> None:
    rows = [line for line in text.splitlines() if "| accuracy |" in line]
    shown = [task.title for task in tiny_suite.tasks.values() if task.role != "recipe"]
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == shown
    assert all("| 16 |" in row for row in rows)


def test_the_head_says_what_was_done(text: str, tiny_suite: Suite) -> None:
    assert f"report {tiny_suite.name} --recipes negation addition --n 16`" in text
    assert tiny_suite.fingerprint in text
    assert "from the first 16 images" in text
    assert "## Cosines between task vectors" in text
    assert ("## The preview" in text) == (load_surrogate(tiny_suite) is not None)


def test_the_second_control_is_reported_and_chosen_on_by_nobody(
    text: str, tiny_suite: Suite
) -> None:
    assert f"No choice ever saw {tiny_suite.second_control}." in text


def test_a_rehearsal_speaks_of_validation(tiny_suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "REPORT.md"
    write_report(
        Evaluator(tiny_suite, device=CPU),
        path,
        recipes=["negation"],
        extent=Extent(16, rehearse=True),
    )
    text = path.read_text(encoding="utf-8")
    assert "--n 16 --rehearse`" in text
    assert "on test" not in text


def test_an_unknown_recipe_leaves_what_is_there(tiny_suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "REPORT.md"
    path.write_text("whole", encoding="utf-8")
    with pytest.raises(UnknownNameError, match="'stew'"):
        write_report(Evaluator(tiny_suite, device=CPU), path, recipes=["stew"])
    assert path.read_text(encoding="utf-8") == "whole"


def test_a_section_is_added_and_the_rest_stays(
    written: Path, text: str, tiny_suite: Suite, tmp_path: Path
) -> None:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "REPORT.md"
    few = Extent(8, rehearse=True)
    add_to_report(
        Evaluator(tiny_suite, device=CPU), path, recipes=["wise-ft", "negation"], extent=few
    )
    after = path.read_text(encoding="utf-8")
    headings = [line for line in after.splitlines() if line.startswith("## ")]
    before = [line for line in text.splitlines() if line.startswith("## ")]
    added = [line for line in headings if line not in before]
    assert len(added) == 1
    assert (
        headings.index(added[0])
        == headings.index("## Recipe: Addition: several tasks in one model") + 1
    )
    assert [line for line in headings if line in before] == before
    assert f"report {tiny_suite.name} --add negation --n 8 --rehearse`" in after
    assert text.partition("## Recipe")[0] == after.partition("## Recipe")[0]
    result = read_result(tmp_path / "results" / "wise-ft.json", suite=tiny_suite)
    assert as_markdown(result).partition("\n")[2] in after


def test_what_is_not_there_cannot_be_added_to(tiny_suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "REPORT.md"
    with pytest.raises(AssetError, match=r"no report REPORT\.md to add to"):
        add_to_report(Evaluator(tiny_suite, device=CPU), path, recipes=["negation"], extent=FEW)
    path.write_text("# whole\n", encoding="utf-8")
    with pytest.raises(UnknownNameError, match="'stew'"):
        add_to_report(Evaluator(tiny_suite, device=CPU), path, recipes=["stew"], extent=FEW)
    assert path.read_text(encoding="utf-8") == "# whole\n"

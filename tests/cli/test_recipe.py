"""`recipe NAME` prints what the recipes find, and says what is wrong before it measures."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from taskarith.cli import main
from taskarith.evaluation import Evaluator
from taskarith.recipes.catalogue import negation_recipe, run_recipe
from taskarith.recipes.stored import read_result
from taskarith.suites import Suite

QUICK = {
    "negation": "--tasks coins",
    "addition": "--tasks coins dice",
    "analogy": "--examples",
    "paint": "--tasks jars irons --ways parallel",
    "wise-ft": "--tasks coins",
    "soup": "--task apples",
    "methods": "--tasks coins dice --methods sum ties:density=0.3 dare --seeds 2",
    "plane": "--x coins --y dice --y-ends -1 0.5 --steps 4",
    "sweep": "--vectors coins dice --from -0.5 --points 3",
    "search": "--tasks coins dice --method ties --budget 6 --seeds 1",
    "transfer": "--tasks apples birds coins --pairs 0 --examples 8",
    "sequence": "--tasks apples birds --orders 1 --steps 2 --examples 8",
}


@pytest.mark.parametrize("name", list(QUICK))
def test_every_recipe_answers_in_json(
    name: str, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"recipe {name} {QUICK[name]} --n 8 --device cpu --json --suite {tiny_folder}"
    assert main(words.split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == {
        "suite", "device", "rehearsal",
        "recipe", "title", "protocol", "findings", "published", "tables", "result",
    }  # fmt: skip
    assert (found["suite"], found["device"], found["recipe"]) == ("tiny", "cpu", name)
    assert "validation" in found["protocol"]
    assert found["findings"]
    rows = found["tables"][0]["rows"]
    assert len({tuple(row) for row in rows}) == 1
    splits = {value for row in rows for key, value in row.items() if key.endswith(" split")}
    if name not in ("plane", "sweep"):  # which never open test
        means = name in (
            "addition",
            "transfer",
            "sequence",
        )  # over sets of tasks, in the main table
        assert splits - {None} == {"test"} or means


def test_it_gives_the_library_s_numbers(
    tiny_folder: Path, tiny_suite: Suite, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"recipe negation --tasks coins --floor 0.8 --n 24 --json --suite {tiny_folder}"
    assert main(words.split()) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    recipe = negation_recipe(tiny_suite, tasks=["coins"], floor=0.8)
    result = run_recipe(recipe, Evaluator(tiny_suite), n=24)
    assert found["result"] == json.loads(json.dumps(result.to_json()))["result"]
    assert found["result"]["floor"] == 0.8


def test_a_result_is_kept_as_the_page_reads_it(
    tiny_folder: Path, tiny_suite: Suite, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results" / "negation.json"
    words = (
        f"recipe negation --tasks coins --n 16 --choose-on 8 --result {file} --suite {tiny_folder}"
    )
    assert main(words.split()) == 0
    assert "the first 8 images" in capsys.readouterr().out
    recipe = negation_recipe(tiny_suite, tasks=["coins"])
    again = run_recipe(recipe, Evaluator(tiny_suite), n=16, choose_on=8)
    assert read_result(file, suite=tiny_suite) == again


def test_every_edit_of_a_search_goes_to_a_parquet_file(tiny_folder: Path, tmp_path: Path) -> None:
    import pandas

    file = tmp_path / "tables" / "edits.parquet"
    words = f"recipe search {QUICK['search']} --n 8 --parquet {file} --suite {tiny_folder}"
    assert main(words.split()) == 0
    frame = pandas.read_parquet(file)
    assert len(frame) == 3 * 6
    assert {"found by", "seed", "edit", "λ(coins)", "density", "quality"} <= set(frame)


def test_the_main_table_goes_to_a_file(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tables" / "coins.csv"
    words = f"recipe negation --tasks coins --n 8 --csv {file} --suite {tiny_folder}"
    assert main(words.split()) == 0
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    assert [row["model"] for row in rows] == [
        "pretrained", "fine-tuned", "negated", "random", "permuted",
    ]  # fmt: skip
    assert all(0 <= float(row["target"]) <= 1 for row in rows)
    assert list(file.parent.iterdir()) == [file]
    text = capsys.readouterr().out
    assert text.startswith("Negation: forgetting\n\nλ from -1 to 0")
    assert "negated: mean target accuracy" in text


def test_a_rehearsal_says_that_it_is_one(
    tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"recipe negation --tasks coins --n 8 --rehearse --suite {tiny_folder}"
    assert main(words.split()) == 0
    assert capsys.readouterr().out.startswith("A rehearsal: test stayed closed")
    assert main([*words.split(), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rehearsal"] is True
    assert {row["target split"] for row in found["tables"][0]["rows"]} == {"validation"}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("negation --tasks coin", "unknown task 'coin'; did you mean 'coins'"),
        ("negation --floor 2", "0 < floor ≤ 1"),
        ("addition --tasks coins", "at least 2 tasks"),
        ("paint --ways sideways", "unknown way of patching several tasks"),
        ("soup --ingredients soup-apples-00", "at least 2 different ingredients"),
        ("sequence --tasks coins", "2 to 6 tasks"),
        ("transfer --tasks coins", "at least 3 tasks"),
        ("soup --task birds", "a soup of 'birds' needs at least 2"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    words: str, problem: str, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*f"recipe {words} --suite".split(), str(tiny_folder)]) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert error.startswith("taskarith: ")


def test_a_recipe_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["recipe", "souffle"])
    assert stopped.value.code == 2
    assert "souffle" in capsys.readouterr().err

"""`evaluate`, `sweep` and `analogy` report what the library measures, on the images asked for."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskarith.cli import main
from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Looks, ResultCache, measure
from taskarith.suites import Suite

VISIBLE = ["apples", "birds", "coins", "dice", "gardens"]


@pytest.fixture
def answer(tiny_folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command line on the tiny suite and gives what it printed as JSON."""

    def run(words: str) -> Any:
        assert main([*words.split(), "--suite", str(tiny_folder), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_the_minus_that_the_program_prints_can_be_typed(answer: Any) -> None:
    found = answer("evaluate --set apples=−0.5 --n 8")
    assert found["edit"]["coefficients"] == {"apples": -0.5}
    swept = answer("sweep --vary apples --from −1 --to −0.5 --points 2 --n 8")
    assert {row["lambda"] for row in swept} == {-1, -0.5}
    words = "analogy --a apples --b birds --c coins --d dice --n 8 --bracket "
    plain, pasted = answer(f"{words}-0.5"), answer(f"{words}−0.5")
    assert pasted["edit"] == plain["edit"]


def test_evaluate_has_the_promised_shape(answer: Any) -> None:
    found = answer("evaluate --set apples=-0.5 --set coins=0.3 --n 20 --device cpu")
    assert found.keys() == {"edit", "split", "device", "estimates", "seconds"}
    assert found["edit"]["coefficients"] == {"apples": -0.5, "coins": 0.3}
    assert (found["split"], found["device"]) == ("validation", "cpu")
    assert list(found["estimates"]) == VISIBLE
    for row in found["estimates"].values():
        assert list(row) == [
            "value", "low", "high", "n", "total", "metric", "normalized", "pretrained", "finetuned",
        ]  # fmt: skip
        assert row["n"] == 20
        assert row["low"] <= row["value"] <= row["high"]
    assert found["seconds"].keys() == {"recompose", "evaluate"}
    assert found["seconds"]["evaluate"] > 0


def test_evaluate_gives_the_library_s_numbers(answer: Any, tiny_suite: Suite) -> None:
    found = answer("evaluate --set apples=0.4 --set birds=0.4 --split test")["estimates"]
    evaluator = Evaluator(tiny_suite, device="cpu")

    def accuracies(**coefficients: float) -> dict[str, float]:
        edit = Edit("tiny", coefficients)
        measured = measure(evaluator, edit, tasks=[*VISIBLE, "houses"], split="test")
        return {task: estimate.value for task, estimate in measured.items()}

    edited, pretrained = accuracies(apples=0.4, birds=0.4), accuracies()
    finetuned = {task: accuracies(**{task: 1.0})[task] for task in VISIBLE[:-1]}
    assert {task: row["value"] for task, row in found.items()} == edited
    assert {task: row["pretrained"] for task, row in found.items()} == pretrained
    assert found.pop("gardens")["finetuned"] is None
    assert found.pop("houses")["finetuned"] is None  # the second control comes with the test split
    assert {task: row["finetuned"] for task, row in found.items()} == finetuned
    for task, row in found.items():
        assert row["normalized"] == pytest.approx(edited[task] / finetuned[task])


def test_evaluate_takes_a_method_and_its_settings(answer: Any, tiny_suite: Suite) -> None:
    found = answer(
        "evaluate --set apples=1 --set birds=-0.5 --method ties --setting density=0.3 --seed 4"
    )
    edit = Edit("tiny", {"apples": 1, "birds": -0.5}, "ties", {"density": 0.3}, seed=4)
    assert Edit.from_json(found["edit"]) == edit
    measured = measure(Evaluator(tiny_suite, device="cpu"), edit, tasks=VISIBLE)
    assert {task: row["value"] for task, row in found["estimates"].items()} == {
        task: estimate.value for task, estimate in measured.items()
    }


def test_evaluate_takes_factors_by_layer(answer: Any) -> None:
    layers = '{"apples":{"visual.transformer.resblocks.0":0.5}}'
    found = answer(f"evaluate --set apples=1 --n 8 --setting layers={layers}")
    assert found["edit"]["settings"] == {"layers": json.loads(layers)}


def test_sweep_takes_a_method(answer: Any) -> None:
    words = "--method ties-sum --setting scale=0.5 --set birds=0.5 --n 24"
    rows = answer(f"sweep --vary apples --from -0.5 --to 0.5 --points 3 {words}")
    single = answer(f"evaluate --set apples=-0.5 {words}")["estimates"]
    swept = {row["task"]: row["value"] for row in rows if row["lambda"] == -0.5}
    assert swept == {task: row["value"] for task, row in single.items()}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--method tie", "unknown method 'tie'; did you mean 'ties'?"),
        ("--method ties --setting density=0", "density = 0 is out of range"),
        ("--method ties --setting density", "write NAME=VALUE, for example --setting density=0.2"),
        ("--method ties --setting density=1 --setting density=1", "names density twice"),
        ("--setting density=0.2", "unknown setting of sum 'density'"),
        ("--setting layers={", "write JSON"),
    ],
)
def test_a_wrong_method_or_setting_is_explained(
    tiny_folder: Path, capsys: pytest.CaptureFixture[str], words: str, said: str
) -> None:
    assert main(["evaluate", "--suite", str(tiny_folder), *words.split()]) == 2
    assert said in capsys.readouterr().err


def test_an_auxiliary_is_shown_when_it_takes_part(answer: Any) -> None:
    assert "eggs" in answer("evaluate --set eggs=1 --n 8")["estimates"]
    assert "eggs" not in answer("evaluate --set apples=1 --n 8")["estimates"]


def test_n_is_a_first_part_of_the_whole(answer: Any, tiny_suite: Suite) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    evaluator.use(Edit("tiny", {"apples": -1.0}))
    total = evaluator.total("apples", "validation")
    answers = evaluator.predict("apples", "validation", start=0, stop=total)
    right = answers == evaluator.labels("apples", "validation")
    for n in (8, 30, total, 10 * total):
        row = answer(f"evaluate --set apples=-1 --n {n}")["estimates"]["apples"]
        assert row["n"] == min(n, total)
        assert row["value"] == right[:n].mean()


def test_only_the_edit_itself_is_a_look_at_the_test_split(answer: Any, tiny_suite: Suite) -> None:
    answer("evaluate --set apples=-0.5 --split test --n 8")
    assert ResultCache().looks(tiny_suite.fingerprint) == Looks(here=0, ever=1)


def test_sweep_has_a_row_for_every_coefficient_and_task(answer: Any) -> None:
    rows = answer("sweep --vary apples --from -1 --to 1 --points 5 --set birds=0.5 --n 16")
    assert [(row["lambda"], row["task"]) for row in rows] == [
        (coefficient, task) for coefficient in (-1, -0.5, 0, 0.5, 1) for task in VISIBLE
    ]
    for row in rows:
        assert list(row) == ["lambda", "task", "value", "low", "high", "n", "total", "metric"]
        assert row["n"] == 16


def test_sweep_agrees_with_evaluate(answer: Any) -> None:
    rows = answer("sweep --vary apples --from -0.5 --to 0.5 --points 3 --set birds=0.5 --n 24")
    single = answer("evaluate --set apples=-0.5 --set birds=0.5 --n 24")["estimates"]
    swept = {row["task"]: row["value"] for row in rows if row["lambda"] == -0.5}
    assert swept == {task: row["value"] for task, row in single.items()}


def test_a_sweep_shows_the_auxiliary_it_varies_at_zero_too(answer: Any) -> None:
    rows = answer("sweep --vary eggs --from 0 --to 1 --points 2 --n 8")
    assert [row["lambda"] for row in rows if row["task"] == "eggs"] == [0, 1]


def test_analogy_is_the_edit_it_stands_for(answer: Any) -> None:
    found = answer("analogy --a birds --b eggs --c apples --d coins --n 40 --bracket 0.5")
    assert found["edit"]["coefficients"] == {"apples": 1, "birds": -0.5, "eggs": 0.5}
    same = answer("evaluate --set apples=1 --set birds=-0.5 --set eggs=0.5 --n 40")
    assert same["estimates"] == found["estimates"]
    alone = answer("evaluate --set apples=1 --n 40")["estimates"]["coins"]
    assert found["on_d"]["auxiliary"]["value"] == alone["value"]
    assert found["on_d"]["analogy"]["value"] == same["estimates"]["coins"]["value"]
    assert found["on_d"]["finetuned"]["value"] == alone["finetuned"]
    assert found["on_d"]["pretrained"]["value"] == alone["pretrained"]


def test_analogy_shows_an_auxiliary_d(answer: Any) -> None:
    found = answer("analogy --a apples --b birds --c coins --d flags --n 8")
    assert "flags" in found["estimates"]


def test_a_grid_is_swept_into_a_file(answer: Any, tmp_path: Path) -> None:
    import pandas

    grid, out = tmp_path / "grid.csv", tmp_path / "made" / "rows.parquet"
    grid.write_text("apples,coins\n-0.5,0.2\n0.5,0\n")
    found = answer(f"sweep --grid {grid} --set dice=0.1 -o {out} --n 8")
    assert [row["coefficients"] for row in found[:1]] == [{"apples": -0.5, "coins": 0.2}]
    frame = pandas.read_parquet(out)
    assert frame["value"].tolist() == [row["value"] for row in found]
    assert frame["task"].tolist() == [row["task"] for row in found]
    assert [path.name for path in out.parent.iterdir()] == ["rows.parquet"]
    alone = answer("evaluate --set apples=-0.5 --set coins=0.2 --set dice=0.1 --n 8")
    at_first = {row["task"]: row["value"] for row in found if row["point"] == 0}
    assert at_first == {task: row["value"] for task, row in alone["estimates"].items()}


@pytest.mark.parametrize(
    ("words", "says"),
    [("--grid gone.csv", "could not read the grid"), ("--vary stew", "unknown vector 'stew'")],
)
def test_a_sweep_of_nothing_is_refused(
    words: str, says: str, tiny_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(f"sweep {words} --suite {tiny_folder}".split()) == 2
    assert says in capsys.readouterr().err

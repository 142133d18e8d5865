import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from taskarith.core import Edit
from taskarith.errors import UnknownNameError
from taskarith.evaluation import Evaluator, measure
from taskarith.recipes.addition import ADDITION_GRID
from taskarith.recipes.negation import NEGATION_GRID
from taskarith.recipes.report import Report, make_report, write_report
from taskarith.recipes.report_text import markdown
from taskarith.suites import Suite

CPU = torch.device("cpu")


@pytest.fixture
def report(tiny_suite: Suite) -> Report:
    return make_report(tiny_suite, device=CPU)


def test_numbers_are_those_of_the_edits_they_name(report: Report, tiny_suite: Suite) -> None:
    name = tiny_suite.targets[0]
    own, random, permuted = report.negations[name]
    assert own.coefficient in NEGATION_GRID
    assert report.together.coefficient in ADDITION_GRID
    evaluator = Evaluator(tiny_suite, device=CPU)
    for negation in (own, random, permuted):
        edit = Edit(tiny_suite.name, {negation.vector: negation.coefficient})
        measured = measure(evaluator, edit, tasks=[name, tiny_suite.control], split="test")
        assert measured[name] == negation.target
        assert measured[tiny_suite.control] == negation.controls[tiny_suite.control]
    assert report.crossed[name][name] == own.target
    assert own.target.split == "test"
    assert not own.target.provisional


def test_the_second_control_is_reported_and_chosen_on_by_nobody(
    report: Report, tiny_suite: Suite
) -> None:
    second = tiny_suite.second_control
    assert second is not None
    assert all(
        second in negation.controls for trio in report.negations.values() for negation in trio
    )
    assert second in report.together.accuracies


def test_every_pair_of_targets_is_added(report: Report, tiny_suite: Suite) -> None:
    count = len(tiny_suite.targets)
    assert len({pair.tasks for pair in report.pairs}) == count * (count - 1) // 2


def test_a_vector_is_parallel_to_itself(report: Report, tiny_suite: Suite) -> None:
    assert all(report.cosines[name, name] == pytest.approx(1) for name in tiny_suite.targets)


def test_the_text_has_a_section_for_each_protocol(tiny_suite: Suite, tmp_path: Path) -> None:
    path = tmp_path / "REPORT.md"
    write_report(tiny_suite, path, device=CPU)
    text = path.read_text(encoding="utf-8")
    for heading in (
        "## Tasks",
        "## Negation",
        "## Addition: all",
        "## Addition: pairs",
        "## Cosines",
    ):
        assert heading in text
    assert tiny_suite.fingerprint in text


def test_the_text_says_how_the_vectors_were_made(report: Report) -> None:
    recipe = json.dumps({"steps": 7, "batch": 3, "rate": 1e-4, "seed": 5})
    made = {"recipe": recipe, "excluded": "all but the matrices", "anchor": "weight 5"}
    text = markdown(replace(report, making=[made, made]))
    assert "7 steps of 3 images at a learning rate of 0.0001, seed 5" in text
    assert "all but the matrices stayed as they were. Anchor: weight 5." in text
    differently = made | {"anchor": "none"}
    assert "Anchor" not in markdown(replace(report, making=[made, differently]))
    assert "Anchor" not in markdown(replace(report, making=[{}]))


def test_the_models_of_recipes_are_described_where_they_are_used(report: Report) -> None:
    changed, total = report.compact
    assert 0 <= changed < 0.02 * total
    made = {"steps": 7, "batch": 3, "rate": 1e-4, "seed": 5, "reach": 2}
    making = {"plain": {"recipe": json.dumps(made), "images": "48"}, "given": {}}
    described = replace(report, recipe_making=making, recipes=("soup",))
    row = "| plain | 7 × 3 | 48 | 0.0001 | 2 | 5 | none |"
    assert row in markdown(described)
    assert f"change {changed} of {total} answers" in markdown(described)
    assert "| given |" not in markdown(described)
    assert row not in markdown(replace(described, recipes=()))


def test_recipes_get_a_section_each_in_the_order_asked_for(
    tiny_suite: Suite, tmp_path: Path
) -> None:
    path = tmp_path / "REPORT.md"
    write_report(tiny_suite, path, device=CPU, recipes=["wise-ft", "soup"])
    text = path.read_text(encoding="utf-8")
    titles = ("## Addition", "## Recipe: WiSE-FT", "## Recipe: Model soups")
    order = [text.index(title) for title in titles]
    assert order == sorted(order)
    assert text.count("\n## ") == text.count("\n\n## ")
    assert "--recipes wise-ft soup`; suite fingerprint" in text
    with pytest.raises(UnknownNameError, match="'stew'"):
        write_report(tiny_suite, path, device=CPU, recipes=["stew"])
    assert path.read_text(encoding="utf-8") == text

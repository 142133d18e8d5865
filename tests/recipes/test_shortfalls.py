"""What was hoped for of the written world's suites is told beside what came out."""

import pytest

from taskarith.recipes.shortfalls import HEADING, shortfalls
from taskarith.recipes.stored import shipped_result
from taskarith.suites import Suite, load_suite


@pytest.fixture(scope="module")
def told() -> str:
    suite = load_suite("mini-lm")
    results = [shipped_result(suite, name) for name in ("negation", "addition", "analogy")]
    return shortfalls(suite, [result for result in results if result is not None])


def test_each_bar_stands_beside_what_was_found(told: str) -> None:
    rows = [line.split(" | ") for line in told.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == 9
    assert {row[-1] for row in rows} == {"yes |", "no |"}
    (pairs,) = [row for row in rows if "pairs" in row[0]]
    assert pairs[1:] == ["books-sentiment + rooms-sentiment 0.94", "no |"]
    (rude,) = [row for row in rows if row[0].startswith("| rude")]
    assert rude[1:] == ["0.09", "yes |"]


def test_reasons_are_computed_from_results_and_vectors(told: str) -> None:
    negation, pairs, analogy = [line for line in told.splitlines() if line.startswith("- ")]
    assert "a model that guesses has 0.57 of the pretrained score (38.1 % of 67.0 %)" in negation
    assert "has a cosine of 0.46" in pairs  # as the report's table of cosines has it
    assert "the cosine of τ_B − τ_A with τ_D − τ_C is 0.01 to 0.03" in analogy


def test_the_shipped_reports_say_so(told: str) -> None:
    assert told in load_suite("mini-lm").path("REPORT.md").read_text(encoding="utf-8")
    assert HEADING in load_suite("mini-t5").path("REPORT.md").read_text(encoding="utf-8")


def test_no_bars_were_set_for_other_suites(tiny_suite: Suite) -> None:
    assert shortfalls(tiny_suite, []) == ""

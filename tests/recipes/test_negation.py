from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from taskarith.evaluation import Estimate
from taskarith.recipes.negation import (
    NEGATION_GRID,
    NegationRecipe,
    choose_negation,
    negate,
)
from tests.recipes.fakes import FakeLab, looked_at_test_last

N = 1_000


class FakeSuite:
    """Target accuracy falls with −λ, the control falls later; every look is noted."""

    def __init__(self) -> None:
        self.looks: list[tuple[str, str, float]] = []

    def __call__(
        self, coefficients: Mapping[str, float], tasks: Sequence[str], *, split: str
    ) -> dict[str, Estimate]:
        value = coefficients.get("digits", 0.0)
        accuracy = {"digits": 0.6 + 0.5 * value, "objects": min(0.8, 1.1 + 0.6 * value)}
        self.looks += [(task, split, value) for task in tasks]
        return {
            task: Estimate.share(correct=round(N * accuracy[task]), n=N, total=N, split=split)
            for task in tasks
        }


def test_the_choice_is_that_of_brute_force() -> None:
    score = FakeSuite()
    floor = 0.95 * score({}, ["objects"], split="validation")["objects"].value
    holds = [
        value
        for value in NEGATION_GRID
        if score({"digits": value}, ["objects"], split="validation")["objects"].value >= floor
    ]
    best = min(
        holds,
        key=lambda value: score({"digits": value}, ["digits"], split="validation")["digits"].value,
    )
    assert choose_negation(score, vector="digits", target="digits", control="objects") == best
    assert best == pytest.approx(-0.55)


def test_nothing_holds_but_the_pretrained_model() -> None:
    def score(
        coefficients: Mapping[str, float], tasks: Sequence[str], *, split: str
    ) -> dict[str, Estimate]:
        right = 0 if coefficients.get("digits") else N
        return {task: Estimate.share(correct=right, n=N, total=N, split=split) for task in tasks}

    assert choose_negation(score, vector="digits", target="digits", control="objects") == 0.0


def test_the_test_split_is_looked_at_once_and_after_the_choice() -> None:
    score = FakeSuite()
    result = negate(score, vector="digits", task="digits", control="objects")
    on_test = [look for look in score.looks if look[1] == "test"]
    assert on_test == [("digits", "test", -0.55), ("objects", "test", -0.55)]
    assert score.looks[-2:] == on_test
    assert result.coefficient == -0.55
    assert result.selected_on == len(NEGATION_GRID) == 21


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """Two tasks whose vectors touch both them and the control; nulls do a little."""
    own = sum(v for name, v in coefficients.items() if name.rpartition(":")[2] == task)
    small = any(":" in name for name in coefficients)
    everything = sum(abs(value) for value in coefficients.values())
    if task in ("objects", "places"):
        return 0.8 - 0.08 * everything * (0.1 if small else 1.0)
    return min(1.0, max(0.05, 0.6 + 0.5 * own * (0.05 if small else 1.0)))


RECIPE = NegationRecipe(
    tasks=("digits", "letters"),
    classnames={"digits": ("zero", "one"), "letters": ("a", "b")},
    control="objects",
    unseen_controls=("places",),
    ascent={"digits": "ascent-digits"},
)


def test_every_coefficient_is_chosen_by_brute_force_before_test_is_opened() -> None:
    fake = FakeLab(accuracy)
    result = RECIPE.run(fake.lab)
    assert looked_at_test_last(fake)
    for forgotten in result.tasks:
        for null in ("", "random:", "permuted:"):
            vector = f"{null}{forgotten.task}"
            holds = [
                value
                for value in NEGATION_GRID
                if accuracy({vector: value} if value else {}, "objects") >= 0.95 * 0.8
            ]
            best = min(holds, key=lambda v, t=forgotten.task, n=vector: accuracy({n: v}, t))
            chosen = forgotten.models[null.rstrip(":") or "negated"]
            assert chosen.coefficient == best
            assert chosen.target.value == pytest.approx(accuracy({vector: best}, chosen.task))


def test_the_table_holds_references_nulls_probes_and_confusions() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    digits, letters = result.tasks
    assert list(digits.models) == [
        "pretrained", "fine-tuned", "gradient ascent", "negated", "random", "permuted",
    ]  # fmt: skip
    assert "gradient ascent" not in letters.models
    assert digits.models["fine-tuned"].coefficient == 1.0
    assert len(result.rows()) == 11
    probes = [row["linear probe"] for row in result.rows() if row["task"] == "digits"]
    assert [probe is not None for probe in probes] == [True, False, False, True, False, False]
    assert sum(map(sum, digits.confusion_before)) == sum(map(sum, digits.confusion_after)) == 1000
    before, after = (digits.models[m].target.value for m in ("pretrained", "negated"))
    assert digits.change.difference == pytest.approx(after - before)
    assert digits.models["gradient ascent"].vector == "ascent-digits"
    tables = {table.title: table.rows for table in result.tables()}
    assert tables["Change by negation"][0] == {
        "task": "digits", "target": digits.change, "objects": digits.control_change,
    }  # fmt: skip
    row = tables["What is taken for what"][0]
    shown, answer = (digits.classnames.index(str(row[key])) for key in ("shown", "answer"))
    assert shown != answer
    assert row["times before"] == digits.confusion_before[shown][answer]
    assert row["times after"] == digits.confusion_after[shown][answer]
    assert row["times after"] > row["times before"]


@pytest.mark.parametrize("floor", [0.5, 0.95, 0.99, 1.0])
def test_the_floor_is_what_the_control_keeps_on_validation(floor: float) -> None:
    result = replace(RECIPE, floor=floor).run(FakeLab(accuracy).lab)
    for forgotten in result.tasks:
        negated = forgotten.models["negated"]
        assert negated.controls["objects"].value >= floor * 0.8
    assert f"{100 * floor:g} %" in result.protocol()


def test_it_never_takes_more_evaluations_than_it_says() -> None:
    fake = FakeLab(accuracy)
    RECIPE.run(fake.lab)
    different = {(what, task, split, str(edit)) for what, task, split, edit in fake.asked}
    assert len(different) <= RECIPE.evaluations()

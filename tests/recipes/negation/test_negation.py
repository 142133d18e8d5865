from collections.abc import Mapping
from dataclasses import replace

import pytest

from taskarith.recipes.lab import Answers
from taskarith.recipes.negation.protocol import (
    CONTROL_EXAMPLES,
    DRAWN_EXAMPLES,
    NEGATION_GRID,
    choose_negation,
)
from taskarith.recipes.negation.recipe import NegationRecipe
from taskarith.recipes.negation.result import OPPOSITE
from taskarith.recipes.sample import Sample
from taskarith.tasks import SplitName
from tests.recipes.fakes import FakeLab, looked_at_test_last


def falling(coefficients: Mapping[str, float], task: str) -> float:
    """Target accuracy falls with −λ, the control falls later."""
    value = coefficients.get("digits", 0.0)
    return 0.6 + 0.5 * value if task == "digits" else min(0.8, 1.1 + 0.6 * value)


def surely_held(fake: FakeLab, vector: str, *, control: str, floor: float = 0.95) -> list[float]:
    """The λ whose control keeps the floor by the lower end of what is retained, and 0."""
    before = fake.answer({}, control, split="validation")
    return [
        value
        for value in NEGATION_GRID
        if not value
        or fake.answer({vector: value}, control, split="validation").retained(before)[0] >= floor
    ]


def test_the_choice_is_that_of_brute_force() -> None:
    fake = FakeLab(falling)
    holds = surely_held(fake, "digits", control="objects")
    best = min(holds, key=lambda value: falling({"digits": value}, "digits"))
    assert choose_negation(fake.lab, vector="digits", target="digits", control="objects") == best
    # At −0.55 the control keeps 96.3 %, but the interval of that does not leave 95 % out.
    assert best == pytest.approx(-0.5)
    assert falling({"digits": -0.55}, "objects") > 0.95 * 0.8


def test_nothing_holds_but_the_pretrained_model() -> None:
    fake = FakeLab(lambda coefficients, task: 0.0 if coefficients.get("digits") else 1.0)
    assert choose_negation(fake.lab, vector="digits", target="digits", control="objects") == 0.0


def test_the_control_may_be_a_perplexity() -> None:
    def measured(coefficients: Mapping[str, float], task: str) -> float:
        value = coefficients.get("digits", 0.0)
        return 0.6 + 0.5 * value if task == "digits" else 4.0 * (1 - 0.1 * value)

    fake = FakeLab(measured, means=["plain"])
    chosen = choose_negation(fake.lab, vector="digits", target="digits", control="plain")
    # Pretrained ÷ edited perplexity is 1 ÷ (1 + 0.1·|λ|), which is 0.952 at −0.5.
    assert chosen == -0.5
    recipe = NegationRecipe(("digits",), {"digits": ("zero", "one")}, "plain")
    result = recipe.run(FakeLab(measured, means=["plain"], sample=Sample("texts")).lab)
    assert "control (plain) retains at least 95 % (pretrained ÷ edited perplexity)" in (
        result.protocol()
    )
    assert "all texts" in result.protocol()
    row = {str(row["model"]): row for row in result.rows()}["negated"]
    assert row["plain"].value == pytest.approx(4.2, rel=1e-3)  # type: ignore[union-attr]
    told = next(line for line in result.findings() if line.startswith("negated"))
    assert "control 4.2 (95.2 % retained)" in told
    change = result.tables()[1].flat()[0]
    assert change["plain"] == pytest.approx(1 / 1.05 - 1, rel=1e-3)


def test_a_target_may_be_a_perplexity() -> None:
    def measured(coefficients: Mapping[str, float], task: str) -> float:
        value = coefficients.get("prose", 0.0)
        return 0.9 if task == "objects" else 5.0 * (1 - 0.7 * value)

    fake = FakeLab(measured, means=["prose"], sample=Sample("texts", n=16, rehearsal=True))
    result = NegationRecipe(("prose",), {"prose": ()}, "objects").run(fake.lab)
    assert result.tasks[0].models["negated"].coefficient == -1.0
    assert "the highest target perplexity on validation (the first 16 texts" in result.protocol()
    assert f"of the control {CONTROL_EXAMPLES}" in result.protocol()
    assert "measured once" not in result.protocol()
    assert "on validation (a rehearsal: test stayed closed)" in result.protocol()
    assert [table.title for table in result.tables()] == [
        "By task and model", "Change by negation",
    ]  # fmt: skip


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
            holds = surely_held(FakeLab(accuracy), vector, control="objects")
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


def test_it_says_by_how_much_the_choice_flatters() -> None:
    result = RECIPE.run(FakeLab(accuracy).lab)
    assert [task.flattery for task in result.tasks] == pytest.approx([0.0, 0.0], abs=0.01)
    line = next(line for line in result.findings() if "flatters" in line)
    assert "points lower than on new images (by cross-validation, mean over tasks)" in line
    assert "numbers here" not in line
    rehearsed = replace(result, sample=Sample(rehearsal=True))
    assert any("the numbers here are those" in line for line in rehearsed.findings())


def test_drawn_answers_are_judged_on_more_and_the_opposite_stands_beside() -> None:
    recipe = NegationRecipe(
        ("rude",),
        {"rude": ()},
        "plain",
        opposite={"rude": "kind"},
        drawn=("rude",),
    )

    def measured(coefficients: Mapping[str, float], task: str) -> float:
        moved = sum(coefficients.values())
        return 4.0 - 0.1 * moved if task == "plain" else min(1.0, max(0.0, 0.3 + 0.3 * moved))

    asked: list[tuple[str, str, int]] = []
    fake = FakeLab(measured, means=["plain"], sample=Sample("texts", n=16))
    answer = fake.answer

    def noted(edit: Mapping[str, float], task: str, *, split: SplitName, least: int = 0) -> Answers:
        asked.append((task, split, least))
        return answer(edit, task, split=split, least=least)

    result = recipe.run(replace(fake.lab, answer=noted))
    assert OPPOSITE in result.tasks[0].models
    assert {least for task, split, least in asked if (task, split) == ("rude", "test")} == {
        DRAWN_EXAMPLES
    }
    assert "; rude as target on 1,000." in result.protocol()

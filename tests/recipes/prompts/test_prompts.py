"""Prompts on made-up accuracies: what is chosen where, and what is said of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from taskarith.errors import RecipeError, UnknownNameError
from taskarith.figures import recipe_figures
from taskarith.recipes.lab import Lab
from taskarith.recipes.learning_time import learned_examples
from taskarith.recipes.model_size import OtherSize
from taskarith.recipes.prompts.protocol import (
    BEGINNINGS,
    LABEL_WORDS,
    OTHER_PROMPT,
    RANDOM_WORDS,
)
from taskarith.recipes.prompts.recipe import PromptsRecipe
from taskarith.recipes.prompts.result import FULL, PROMPT, PromptsResult
from taskarith.recipes.result import as_markdown
from taskarith.recipes.text_recipes import prompts_recipe
from taskarith.recipes.way_lab import Learning
from taskarith.suites import Suite, load_suite
from tests.recipes.fakes import FakeLab, FakeWays, looked_at_test_last

RECIPE = PromptsRecipe("b", ("a", "b", "d"), (("a", "b"),), "c", seeds=2, steps=5, lengths=(1, 5))
KIN = {"a", "b"}


def called(learning: Learning) -> str:
    told = dict(learning.settings)
    begins = "other" if learning.start else told.get("initial", "-")
    length = told.get("length", 0)
    return f"{learning.way} {learning.task} {length} {begins} {learning.faster:g} {learning.seed}"


def accuracy(coefficients: Mapping[str, float], task: str) -> float:
    """Longer is better, and the labels' words are; a prompt keeps more elsewhere than full."""
    level = 0.4
    for name, value in coefficients.items():
        if " " not in name:
            continue
        way, source, length, begins, rate, seed = name.split()
        full = way == "full"
        gain = 0.5 if full else 0.2 + 0.02 * int(length) + 0.05 * (begins == "labels")
        gain -= 0.1 * (rate != "3") + 0.01 * int(seed)
        if task != source:
            gain *= (0.2 if full else 0.5) if {task, source} == KIN else 0.0
        level += value * gain
    return level


@pytest.fixture(scope="module")
def school() -> FakeWays:
    return FakeWays(FakeLab(accuracy), called)


@pytest.fixture(scope="module")
def result(school: FakeWays) -> PromptsResult:
    return RECIPE.run(school.lab)


def test_rates_and_sums_are_chosen_before_test_is_opened(
    school: FakeWays, result: PromptsResult
) -> None:
    assert looked_at_test_last(school.fake)
    assert [(form.length, form.beginning) for form in result.forms] == [
        (length, beginning) for length in (1, 5) for beginning in BEGINNINGS
    ]
    assert {form.rated.taken for form in result.forms} == {"× 3, an end"}
    assert {one.coefficient for one in result.summed} == {1.0}
    taken = len(school.learned) + len({str(one) for one in school.fake.asked})
    assert taken <= RECIPE.evaluations()


def test_one_prompt_begins_where_another_of_its_length_ended(school: FakeWays) -> None:
    starts = [(one, one.start) for one in school.learned if one.start is not None]
    assert starts
    for one, start in starts:
        assert start is not None
        assert (start.task, dict(start.settings)["initial"]) == ("a", "random")
        assert dict(start.settings)["length"] == dict(one.settings)["length"]


def test_it_says_beforehand_how_much_it_learns(school: FakeWays, result: PromptsResult) -> None:
    trainings = {*school.learned, *(one.start for one in school.learned if one.start)}
    learned = sum(one.steps * one.batch for one in trainings)
    assert 0.9 * learned_examples(RECIPE) <= learned <= learned_examples(RECIPE)


def test_lengths_beginnings_and_votes_are_compared(result: PromptsResult) -> None:
    one, five = result.of_length(RANDOM_WORDS)
    assert result.accuracy(one).value == pytest.approx(0.615)
    assert result.accuracy(five).value == pytest.approx(0.695)
    assert five.best.value == pytest.approx(0.70)
    assert five.averaged.value == pytest.approx(0.695)
    assert five.voted.value == pytest.approx(0.70)  # of two, the better has the last word
    told = " ".join(result.findings())
    assert "label words against random words: +5.0 points [+5.0, +5.0] over 2 lengths" in told
    assert f"by length, from {LABEL_WORDS}: 1: 66.5, 5: 74.5" in told
    assert f"{OTHER_PROMPT} against random words: +0.0 points" in told


def test_domains_tasks_and_sums_are_told_apart(result: PromptsResult) -> None:
    assert result.directions() == [("a", "b"), ("b", "a")]
    assert result.lost(PROMPT, "a", "b") == pytest.approx([0.15, 0.145])
    assert result.lost(FULL, "a", "b") == pytest.approx([0.4, 0.392])
    told = " ".join(result.findings())
    assert "a prompt loses 14.7 points in the other domain and full fine-tuning 39.6" in told
    assert "on tasks of its kin a prompt changes accuracy by +14.8 points" in told
    assert "on others by +0.0" in told
    table = as_markdown(result)
    assert "| a + b | a |" in table
    assert "| nothing: no prompt |" in table


def test_figures_show_lengths_and_domains(result: PromptsResult) -> None:
    first, second = recipe_figures(result)
    assert [trace.name for trace in first.data] == list(BEGINNINGS)
    assert list(first.data[0].x) == [1, 5]
    assert list(second.data[0].y) == ["b → a", "a → b"]


def test_a_smaller_base_learns_alike_and_stands_first(school: FakeWays) -> None:
    smaller = FakeWays(FakeLab(lambda edit, task: accuracy(edit, task) - 0.1), called, total=900)

    @contextmanager
    def others(name: str) -> Iterator[Lab]:
        assert name == "small"
        yield smaller.lab

    recipe = replace(RECIPE, sizes=(OtherSize("small", "f00"),))
    result = recipe.run(replace(school.lab, others=others))
    small, own = result.sizes
    assert (small.other, own.other) == (OtherSize("small", "f00"), None)
    assert result.of_suites() == {"small": "f00"}
    assert own.forms == tuple(f for f in result.forms if f.beginning == RANDOM_WORDS)
    for one, other in zip(small.forms, own.forms, strict=True):
        assert result.accuracy(other).value - result.accuracy(one).value == pytest.approx(0.1)
    assert result.of_full(own.full).value - result.of_full(small.full).value == pytest.approx(0.1)
    assert {one.way for one in smaller.learned} == {"full", "soft-prompt"}
    assert learned_examples(recipe) > learned_examples(RECIPE)
    told = as_markdown(result)
    assert "| small | 900 |" in told
    assert "two points would draw any line" in told
    by_size = recipe_figures(result)[1]
    assert [trace.name for trace in by_size.data][-2:] == ["full fine-tuning", "pretrained"]
    assert list(by_size.data[0].x) == [small.parameters, own.parameters]


def test_one_seed_without_kin_has_something_to_say(school: FakeWays) -> None:
    alone = replace(RECIPE, seeds=1, kin=())
    result = alone.run(school.lab)
    assert result.findings()
    assert len(recipe_figures(result)) == 1
    assert alone.beginning == "a"


def test_a_suite_must_read_prompts(tiny_suite: Suite) -> None:
    recipe = prompts_recipe(load_suite("mini-t5"))
    assert recipe.kin == (("meals-sentiment", "books-sentiment"), ("news-topic", "letter-topic"))
    assert recipe.task == "news-topic"
    with pytest.raises(RecipeError, match="words of the written world"):
        prompts_recipe(tiny_suite)
    assert [one.suite for one in recipe.sizes] == ["mini-t5-quarter"]
    assert prompts_recipe(load_suite("mini-t5"), sizes=()).sizes == ()
    with pytest.raises(RecipeError, match="is the suite itself"):
        prompts_recipe(load_suite("mini-t5"), sizes=["mini-t5"])
    with pytest.raises(UnknownNameError, match="unknown task 'follows'"):
        prompts_recipe(load_suite("mini-t5"), task="follows", sizes=["mini-t5-quarter"])
    with pytest.raises(RecipeError, match="at least 1 seed and 1 step"):
        prompts_recipe(load_suite("mini-t5"), seeds=0)
    refusing = FakeWays(FakeLab(accuracy), called, refused={"soft-prompt": "it reads none"})
    with pytest.raises(RecipeError, match="no prompts here: it reads none"):
        RECIPE.run(refusing.lab)

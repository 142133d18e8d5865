from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import pytest

from taskarith.errors import RecipeError, UnknownNameError
from taskarith.figures import recipe_figures
from taskarith.recipes.instruct.protocol import CAP, CAPPED, levels, mixture, taught, trials
from taskarith.recipes.instruct.recipe import InstructRecipe
from taskarith.recipes.instruct.result import InstructResult
from taskarith.recipes.instruct.wording import BARE, INSTRUCTIONS, SHUFFLED, asked, drawn
from taskarith.recipes.lab import Lab
from taskarith.recipes.learning_time import learned_examples
from taskarith.recipes.model_size import ModelSize, OtherSize
from taskarith.recipes.result import as_markdown
from taskarith.recipes.sample import Sample
from taskarith.recipes.text_recipes import instruct_recipe
from taskarith.suites import Suite, load_suite
from taskarith.worlds.texts import CATEGORIES
from tests.recipes.fakes import FakeLab, FakeTexts

HELD_OUT = ("inference", "tone")
RECIPE = InstructRecipe(HELD_OUT, beside=("follows",), steps=5)
N = 40


@cache
def answers() -> dict[str, str]:
    tasks = [task for tasks in levels(HELD_OUT).values() for task in tasks]
    return {
        asked(item, INSTRUCTIONS): item.answer
        for split in ("validation", "test")
        for task in tasks
        for item in drawn(task, split, N)
    }


def truth(text: str) -> str:
    """The answer to the last of what stands in one text: demonstrations are skipped."""
    starts = [0, *(at + 2 for at in range(len(text)) if text[at : at + 2] == ". ")]
    return next(answers()[text[start:]] for start in starts if text[start:] in answers())


def accuracy(coefficients: Mapping[str, float], question: str) -> float:
    """Better with the instruction vector up to λ = 0.5, and then worse."""
    return 0.5 + 0.4 * sum(0.5 - abs(0.5 - value) for value in coefficients.values())


@pytest.fixture(scope="module")
def texts() -> FakeTexts:
    return FakeTexts(truth, accuracy)


@pytest.fixture(scope="module")
def result(texts: FakeTexts) -> InstructResult:
    def scores(coefficients: Mapping[str, float], task: str) -> float:
        return 0.5 + 0.1 * len(coefficients)

    return RECIPE.run(FakeLab(scores, sample=Sample("texts", n=N), texts=texts).lab)


def test_levels_share_no_task_and_held_out_categories_are_never_taught() -> None:
    at = levels(HELD_OUT)
    every = [task for tasks in at.values() for task in tasks]
    assert len(every) == len(set(every)) == 27
    whole = taught(HELD_OUT, len(CATEGORIES))
    assert set(at["unseen example"]) <= set(whole)
    assert not set(whole) & {*at["unseen category"], *at["unseen task"]}
    assert set(taught(HELD_OUT, 1)) == {"meals-sentiment", "books-sentiment"}


@pytest.mark.parametrize(
    ("held_out", "words"),
    [
        ((), "nothing that was never seen"),
        (CATEGORIES, "nothing is left to learn"),
        (CATEGORIES[:-1], "nothing is left to learn"),
        (("order",), "have no labels"),
    ],
)
def test_categories_that_leave_nothing_are_refused(held_out: tuple[str, ...], words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        levels(held_out)


def test_a_category_that_is_none_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="toun"):
        levels(["toun"])


def test_a_capped_mixture_counts_no_task_for_more_than_the_cap() -> None:
    items = {name: drawn(name, "train", size) for name, size in (("tone", 600), ("kinds", 120))}
    by_kind = {trial.kind: trial for trial in trials(HELD_OUT)}
    plain, capped = (mixture(items, by_kind[kind], seed=1) for kind in (INSTRUCTIONS, CAPPED))
    assert [share.weight for share in plain] == [600, 120]
    assert [share.weight for share in capped] == [CAP, 120]
    assert [share.lessons for share in plain] == [share.lessons for share in capped]


def test_every_rival_takes_as_many_steps_from_the_same_base(
    texts: FakeTexts, result: InstructResult
) -> None:
    assert {(tuple(start), plan) for _, start, _, plan in texts.taught} == {
        ((), texts.taught[0][3])
    }
    assert len(texts.taught) == sum(model.over_untuned is not None for model in result.models)
    assert {SHUFFLED, BARE, INSTRUCTIONS} <= {model.kind for model in result.models}


def test_it_says_beforehand_how_much_it_learns(texts: FakeTexts, result: InstructResult) -> None:
    assert learned_examples(RECIPE) == sum(p.steps * p.batch for _, _, _, p in texts.taught)


def test_lambda_is_chosen_where_tasks_were_seen_and_by_validation(result: InstructResult) -> None:
    assert result.best == 0.5
    assert [step.coefficient for step in result.curve] == [-0.5, 0, 0.25, 0.5, 0.75, 1]
    assert all("validation" not in model.kind for model in result.models)
    assert {one.split for model in result.models for one in model.tasks.values()} == {"test"}


def test_the_vector_is_added_to_and_taken_from_the_vector_of_a_task(result: InstructResult) -> None:
    (beside,) = result.beside
    assert beside.pretrained.value < beside.instructed.value < beside.added.value
    assert beside.change_added.difference == pytest.approx(0.1)


def test_it_takes_no_more_evaluations_than_it_says(texts: FakeTexts) -> None:
    made = len(texts.asked) + len(texts.taught)
    assert made <= RECIPE.evaluations() <= made + 10


def test_it_reads_as_text_and_as_figures(result: InstructResult) -> None:
    told = as_markdown(result)
    assert "unseen category" in told
    assert "one training seed" in told
    figures = recipe_figures(result, theme="dark")
    assert [len(figure.data) for figure in figures] == [3, 3, 3]


def test_bases_of_other_sizes_are_taught_alike(texts: FakeTexts) -> None:
    def lab(school: FakeTexts, parameters: int) -> Lab:
        own = FakeLab(lambda *_: 0.5, sample=Sample("texts", n=N), texts=school).lab
        return replace(own, size=lambda: ModelSize(parameters, None))

    smaller = FakeTexts(truth, lambda *_: 0.5)

    @contextmanager
    def others(name: str) -> Iterator[Lab]:
        assert name == "small"
        yield lab(smaller, 100)

    recipe = replace(RECIPE, sizes=(OtherSize("small", "f00"),))
    result = recipe.run(replace(lab(texts, 400), others=others))
    small, own = result.sizes
    assert (small.parameters, own.parameters) == (100, 400)
    assert result.of_suites() == {"small": "f00"}
    assert [model.kind for model in small.models] == [model.kind for model in own.models]
    assert all(model in result.models for model in own.models)
    assert len(smaller.taught) == 2  # with shuffled and with right answers
    told = as_markdown(result)
    assert "| small | 100 | untuned |" in told
    assert "at 100 parameters" in told
    last = recipe_figures(result)[-1]
    assert list(last.data[0].x) == [100, 400]


def test_a_suite_of_pictures_is_refused(tiny_suite: Suite) -> None:
    with pytest.raises(RecipeError, match="words of the written world"):
        instruct_recipe(tiny_suite)


def test_a_suite_of_the_written_world_gives_its_own_tasks() -> None:
    recipe = instruct_recipe(load_suite("mini-t5"), held_out=["topic"], steps=3)
    assert (recipe.held_out, recipe.steps, len(recipe.beside)) == (("topic",), 3, 4)
    with pytest.raises(RecipeError, match="at least 1 step"):
        instruct_recipe(load_suite("mini-t5"), steps=0)

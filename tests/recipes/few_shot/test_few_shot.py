from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from taskarith.errors import RecipeError, UnknownNameError
from taskarith.figures import recipe_figures
from taskarith.recipes.few_shot.protocol import (
    SHOTS,
    few,
    filled,
    find_template,
    find_words,
    similar,
)
from taskarith.recipes.few_shot.recipe import FewShotRecipe
from taskarith.recipes.few_shot.result import LABEL_WORDS, NEW_WORDS, WAYS, FewShotResult
from taskarith.recipes.instruct.wording import Item, drawn
from taskarith.recipes.learning_time import learned_examples
from taskarith.recipes.result import as_markdown
from taskarith.recipes.sample import Sample
from taskarith.recipes.text_recipes import few_shot_recipe
from taskarith.suites import Suite, load_suite
from taskarith.worlds.texts import TEXT_FAMILIES
from tests.recipes.fakes import FakeLab, FakeTexts

TASK = "mood"
LABELS = TEXT_FAMILIES[TASK].labels
RECIPE = FewShotRecipe((TASK,), draws=2, steps=3)
N = 30
WEEKDAYS = dict(zip(LABELS, ("monday", "tuesday", "wednesday"), strict=True))


@cache
def answers() -> dict[str, str]:
    """By what the text of an item says."""
    return {
        item.parts["text"]: item.answer
        for split in ("train", "validation", "test")
        for item in drawn(TASK, split, 600)
    }


def truth(text: str) -> str:
    """The mood of the text that stands last in a prompt."""
    return answers()[max((own for own in answers() if own in text), key=text.rindex)]


class AskedInAnyWords(FakeTexts):
    """Takes the first label for the first class, whatever words stand for them."""

    def ask(self, coefficients, questions, labels):  # type: ignore[no-untyped-def]
        if len(labels) > len(LABELS):
            return np.random.default_rng(0).normal(size=(len(questions), len(labels)))
        return super().ask(coefficients, questions, [label.lower() for label in LABELS])


@pytest.fixture(scope="module")
def texts() -> FakeTexts:
    def accuracy(coefficients: Mapping[str, float], question: str) -> float:
        return 0.8 if coefficients else 0.4

    return AskedInAnyWords(truth, accuracy)


@pytest.fixture(scope="module")
def result(texts: FakeTexts) -> FewShotResult:
    return RECIPE.run(FakeLab(lambda edit, task: 0.5, sample=Sample("texts", n=N), texts=texts).lab)


def test_draws_are_balanced_different_and_share_nothing_with_development() -> None:
    one, two = few(TASK, 0), few(TASK, 1)
    for part in (one.train, one.development):
        assert Counter(item.answer for item in part) == dict.fromkeys(LABELS, SHOTS)
    texts = [{item.parts["text"] for item in part} for part in (one.train, one.development)]
    assert one == few(TASK, 0) != two
    assert not texts[0] & texts[1]


def test_similar_demonstrations_are_more_alike_than_any() -> None:
    given = few(TASK, 0)
    rng = np.random.default_rng(1)

    def shared(close: float) -> float:
        return np.mean([
            len(set(filled(item, "{text}").split()) & set(filled(one, "{text}").split()))
            for item in given.development
            for one in similar(item, given.train, rng, close=close)
        ])  # fmt: skip

    shown = similar(given.train[0], given.train, rng)
    assert [item.answer for item in shown] == list(LABELS)
    assert given.train[0] not in shown
    assert shared(0.25) > shared(1.0)


def test_words_are_found_that_a_model_says_of_their_class_alone() -> None:
    secret = dict(zip(LABELS, ("rain", "goal", "choir"), strict=True))

    def ask(coefficients, questions, labels):  # type: ignore[no-untyped-def]
        table = np.full((len(questions), len(labels)), -6.0)
        table[:, labels.index("the")] = -1.0  # likely everywhere, and so of no use
        for row, question in enumerate(questions):
            table[row, labels.index(secret[truth(question)])] = -2.0
        return table

    lab = replace(FakeTexts(truth, lambda edit, question: 1.0).lab, ask=ask)
    assert find_words(lab, TASK, "{text} It is", few(TASK, 0)) == tuple(secret.values())


def test_a_template_is_found_that_asks_best() -> None:
    def ask(coefficients, questions, labels):  # type: ignore[no-untyped-def]
        table = np.zeros((len(questions), len(labels)))
        for row, text in enumerate(questions):
            sure = text.endswith(" it") + 2 * text.endswith(" it is")
            table[row, labels.index(truth(text).lower())] = sure
        return table

    lab = replace(FakeTexts(truth, lambda edit, question: 1.0).lab, ask=ask)
    words = [label.lower() for label in LABELS]
    assert find_template(lab, TASK, words, few(TASK, 0)) == "{text} it is"


def test_every_way_learns_from_the_same_examples_as_long(
    texts: FakeTexts, result: FewShotResult
) -> None:
    assert len(texts.taught) == 2 * 8
    assert len({plan for _, _, _, plan in texts.taught}) == 2  # one a draw
    for _, start, (share,), _ in texts.taught:
        assert not start
        assert len(share.lessons) == SHOTS * len(LABELS)
    first = [lesson.answer for lesson in texts.taught[0][2][0].lessons]
    assert set(first) == set(WEEKDAYS.values())


def test_it_says_beforehand_how_much_it_learns(texts: FakeTexts, result: FewShotResult) -> None:
    assert learned_examples(RECIPE) == sum(p.steps * p.batch for _, _, _, p in texts.taught)


def test_intervals_are_over_draws_and_differences_on_the_same_draw(result: FewShotResult) -> None:
    assert [row["way"] for row in result.rows()] == list(WAYS)
    tuned = result.over_draws(LABEL_WORDS, [TASK])
    assert tuned.over == "2 draws"
    assert tuned.value > 0.6
    assert result.over(LABEL_WORDS, LABEL_WORDS).value == 0
    assert {one.accuracy.split for one in result.scores} == {"test"}


def test_it_reads_as_text_and_as_a_figure(result: FewShotResult) -> None:
    told = as_markdown(result)
    assert f"{LABEL_WORDS} against {NEW_WORDS}" in told
    assert "What was found" in told
    (figure,) = recipe_figures(result)
    assert [trace.name for trace in figure.data] == [TASK, "mean of the tasks"]


def test_it_takes_no_more_evaluations_than_it_says(texts: FakeTexts, result: FewShotResult) -> None:
    assert len(texts.taught) + len(texts.asked) <= RECIPE.evaluations()


def test_what_cannot_be_learned_from_few_is_refused(tiny_suite: Suite) -> None:
    with pytest.raises(RecipeError, match="words of the written world"):
        few_shot_recipe(tiny_suite)
    suite = load_suite("mini-lm")
    assert few_shot_recipe(suite).tasks == ("meals-sentiment", "follows", "letter-topic")
    with pytest.raises(UnknownNameError, match="rude"):
        few_shot_recipe(suite, tasks=["rude"])
    with pytest.raises(RecipeError, match="at least 2"):
        few_shot_recipe(suite, draws=1)


def test_a_prompt_says_what_the_item_does() -> None:
    item = Item("mood", {"text": "anna wept."}, "sad", 0)
    assert filled(item, "{text} It was") == "Anna wept. It was"

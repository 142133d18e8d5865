"""The recipe on a lab whose readers answer right where the right passage lies before them."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest

from taskarith.errors import RecipeError
from taskarith.figures import recipe_figures
from taskarith.recipes.result import as_markdown
from taskarith.recipes.retrieval.facts import KINDS, questions, world
from taskarith.recipes.retrieval.protocol import FEW, KS
from taskarith.recipes.retrieval.recipe import RetrievalRecipe
from taskarith.recipes.retrieval.result import (
    BM25,
    CLOSED,
    NEGATED,
    NULL,
    OPEN,
    ORACLE,
    RANDOM,
    READER,
    TAKEN_OUT,
    RetrievalResult,
)
from taskarith.recipes.sample import Sample
from taskarith.recipes.text_lab import Question
from taskarith.recipes.text_recipes import retrieval_recipe
from taskarith.suites import load_suite
from tests.recipes.fakes import FakeLab, FakeTexts

SIZE = 24
RECIPE = RetrievalRecipe(SIZE, steps=3, distilling=2)


@cache
def known() -> dict[str, tuple[str, str]]:
    """By question of any world: the right passage's beginning, and the answer."""
    found = {}
    for number, size in ((99, SIZE), (0, SIZE)):
        facts = world(number, size)
        for one in questions(facts, range(size), wordings=(0, 1, 2)):
            found[one.question] = facts[one.fact].passage, one.answer
    return found


class Readers(FakeTexts):
    """The second that is taught reads; the fifth and sixth know facts by heart."""

    def __init__(self) -> None:
        super().__init__(lambda question: "", lambda edit, question: 1.0)

    def ask(self, coefficients: Mapping[str, float], questions, labels):  # type: ignore[no-untyped-def]
        edit = {name: value for name, value in coefficients.items() if value}
        self.asked.append((edit, tuple(questions)))
        logits = np.full((len(questions), len(labels)), -9.0, np.float32)
        for row, question in enumerate(questions):
            logits[row, labels.index(self._said(edit, question))] = -0.1
        return logits

    def _said(self, edit: Mapping[str, float], question: Question) -> str:
        if isinstance(question, str):
            passage, answer = known()[question]
            gone = [fact.passage for fact in world(0, SIZE)].index(passage) % 2
            sure = edit.get("taught(4)", 0) + (edit.get("taught(5)", 0) if gone else 0)
            return answer if sure > 0.3 else "ben"
        if "taught(1)" in edit:
            for text in question:
                for said, (passage, answer) in known().items():
                    if text == f"{passage} {said}":
                        return answer
        return "ben"


@pytest.fixture(scope="module")
def texts() -> Readers:
    return Readers()


@pytest.fixture(scope="module")
def result(texts: Readers) -> RetrievalResult:
    sample = Sample("texts", surely=True)
    return RECIPE.run(FakeLab(lambda edit, task: 0.5, sample=sample, texts=texts).lab)


def test_readers_learn_elsewhere_and_closed_books_here(
    texts: Readers, result: RetrievalResult
) -> None:
    every = [[share.lessons for share in shares] for _, _, shares, _ in texts.taught]
    [alone], both, [few], few_both, [closed], [gone], [other] = every
    assert few == alone[:FEW]
    assert both[0] == alone
    assert few_both == [few, both[1][:FEW]]
    starts = [list(start) for _, start, _, _ in texts.taught]
    assert starts == [[], ["taught(0)"], [], ["taught(2)"], [], [], []]
    plans = [plan for *_, plan in texts.taught]
    assert plans == [plans[0], plans[1]] * 2 + [plans[0]] * 3
    assert len(closed) == 2 * len(gone) == 2 * len(other) == SIZE * len(KINDS) * 2
    assert all(isinstance(lesson.text, str) for lesson in (*closed, *gone, *other))
    assert [loss for _, _, loss, _ in texts.distilled] == ["PDist", "EMDR²", "PDist"]


def test_the_nulls_frame_the_reader(result: RetrievalResult) -> None:
    right, random = result.curve(READER, ORACLE), result.curve(READER, RANDOM)
    assert right[1].value == result.recalls[ORACLE][1].value == 1
    assert random[1].value < 0.3
    for k in KS:  # who answers right where the passage is there is as good as what was found
        found = result.recalls[BM25][k].value
        assert result.curve(READER, BM25)[k].value == pytest.approx(found, abs=0.1)
    assert result.retriever not in (NULL, RANDOM, ORACLE)
    assert result.closed[CLOSED].value == 1
    assert result.closed[CLOSED].over == "16 facts"


def test_what_is_taken_out_is_gone_and_the_rest_stays(result: RetrievalResult) -> None:
    told = {one.way: one for one in result.forgotten}
    assert told[OPEN].still.value > 0.8
    assert told[TAKEN_OUT].still.value < 0.3
    assert told[TAKEN_OUT].kept.value > 0.8
    assert result.coefficient == 0.75  # the least that is enough
    assert told[NEGATED].still.value < 0.3
    assert told[NEGATED].kept.value == 1


def test_validation_alone_chooses(texts: Readers, result: RetrievalResult) -> None:
    facts = world(0, SIZE)
    final = {one.question for one in questions(facts, range(8, SIZE), wordings=[2])}
    asked = [{str(one)[-40:] for one in some} for _, some in texts.asked]
    on_test = [any(q[-30:] in one for one in some for q in final) for some in asked]
    assert on_test == sorted(on_test)


def test_it_reads_as_text_and_as_figures(result: RetrievalResult) -> None:
    told = as_markdown(result)
    assert "Two ways of forgetting" in told
    assert "without training" in told
    curves, forgotten = recipe_figures(result)
    assert len(curves.data) == len(result.curves)
    assert len(forgotten.data) == 3


def test_it_takes_no_more_evaluations_than_it_says(texts: Readers, result: RetrievalResult) -> None:
    counted = len(texts.taught) + len(texts.distilled) + len(texts.asked)
    assert counted <= RECIPE.evaluations()


def test_what_cannot_be_read_from_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"words of the written world.*choose mini-t5"):
        retrieval_recipe(load_suite("mini"))
    with pytest.raises(RecipeError, match="several passages apart"):
        retrieval_recipe(load_suite("mini-lm"))
    suite = load_suite("mini-t5")
    assert retrieval_recipe(suite).passages == 150
    for passages in (0, 10_000):
        with pytest.raises(RecipeError, match=f"{passages:,} passages.* 12 to 400"):
            retrieval_recipe(suite, passages=passages)
    with pytest.raises(RecipeError, match="at least 1 step"):
        retrieval_recipe(suite, steps=0)

import math
from collections import Counter

import numpy as np
import pytest

from taskarith.errors import RecipeError
from taskarith.recipes.retrieval.index import LONGEST, MOST_PASSAGES, Index, nearest
from taskarith.worlds.texts import split_words

INDEX = Index((
    "Anna found the red hat in the kitchen.", "In the hall Ben lost the red red cup.",
    "Clara kept the hat.", "Clara kept the hat.",
))  # fmt: skip


def scores_by_hand(question: str) -> list[float]:
    """BM25 as Robertson and Zaragoza write it, with Lucene's idf: log(1 + (N − n + ½)/(n + ½))."""
    texts = [Counter(split_words(passage)) for passage in INDEX.passages]
    mean = sum(sum(text.values()) for text in texts) / len(texts)
    found = []
    for text in texts:
        score = 0.0
        for word in split_words(question):
            holds = sum(word in other for other in texts)
            idf = math.log(1 + (len(texts) - holds + 0.5) / (holds + 0.5)) if holds else 0.0
            length = 1 - 0.75 + 0.75 * sum(text.values()) / mean
            score += idf * text[word] / (text[word] + 1.5 * length)
        found.append(score)
    return found


@pytest.mark.parametrize("question", ["Who lost the red cup?", "Where did Clara keep the hat?"])
def test_bm25_ranks_as_by_hand_and_ties_by_place(question: str) -> None:
    by_hand = np.argsort(-np.round(scores_by_hand(question), 6), kind="stable")
    assert INDEX.bm25([question], k=4).tolist() == [by_hand.tolist()]
    assert INDEX.bm25([question], k=2).tolist() == [by_hand[:2].tolist()]


def test_words_that_no_passage_has_leave_the_index_in_its_order() -> None:
    assert INDEX.bm25(["violin opera", ""], k=9).tolist() == [[0, 1, 2, 3]] * 2


def test_the_nearest_are_found_exactly() -> None:
    rng = np.random.default_rng(0)
    asked, kept = rng.normal(size=(5, 8)), rng.normal(size=(70, 8))
    found = nearest(asked, kept, k=7)
    for question, row in zip(asked, found, strict=True):
        ranked = sorted(range(70), key=lambda at: -float(question @ kept[at]))
        assert row.tolist() == ranked[:7]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("\n \n", "no passages"),
        ("a\n" * 10_000, "10,000 passages; at most 1,000"),
        ("fine\n" + "x" * (LONGEST + 1), "passage 2 has 201 characters"),
    ],
)
def test_what_is_no_index_is_refused(text: str, problem: str) -> None:
    with pytest.raises(RecipeError, match=problem):
        Index.of_lines(text)
    assert len(Index.of_lines("a\n" * MOST_PASSAGES)) == MOST_PASSAGES


def test_scores_are_those_by_hand() -> None:
    question = "Who lost the red cup?"
    found = INDEX.bm25_scores([question])[0]
    assert found.tolist() == pytest.approx(scores_by_hand(question), rel=1e-5)

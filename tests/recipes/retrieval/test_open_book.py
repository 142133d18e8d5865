"""The readers that come with mini-t5: they answer from the index as it is now, without training."""

import shutil
from pathlib import Path

import pytest
import torch

from taskarith.core import TaskVector
from taskarith.errors import AssetError, RecipeError, WeightsError
from taskarith.recipes.retrieval.facts import ASKED, KINDS, world
from taskarith.recipes.retrieval.index import Index
from taskarith.recipes.retrieval.open_book import OpenBook, first_index, samples
from taskarith.recipes.retrieval.readers import (
    BOOK,
    FINDER,
    FOLDER,
    READS,
    has_readers,
    measured,
    open_models,
    write_readers,
)
from taskarith.recipes.retrieval.recipe import PASSAGES
from taskarith.recipes.retrieval.result import BM25, CLOSED, ORACLE
from taskarith.suites import Suite, load_suite
from taskarith.worlds.texts.words import COLOURS

FACTS = world(0, PASSAGES)


@pytest.fixture(scope="module")
def book() -> OpenBook:
    return OpenBook(load_suite("mini-t5"))


def test_it_starts_with_the_index_that_was_learned_by_heart_and_with_questions_about_it() -> None:
    assert first_index().passages == tuple(fact.passage for fact in FACTS)
    asked = {fact.question(kind, ASKED) for fact in FACTS for kind in KINDS}
    assert set(samples()) <= asked


def test_a_changed_passage_changes_what_is_read_and_not_what_is_known_by_heart(
    book: OpenBook,
) -> None:
    """Over twelve facts, since one answer of a reader this small proves nothing."""
    passages = list(first_index().passages)
    other = {}
    for at in range(0, 24, 2):
        own = FACTS[at].colour
        other[at] = COLOURS[(COLOURS.index(own) + 1) % len(COLOURS)]
        passages[at] = passages[at].replace(f" {own} ", f" {other[at]} ")
    before, after = first_index(), Index(tuple(passages))
    followed, knew = 0, 0
    for at, colour in other.items():
        question = FACTS[at].question("what colour", ASKED)
        first, then = (book.ask(index, question, k=1) for index in (before, after))
        assert first.by_heart == then.by_heart
        assert first.unread == then.unread
        knew += first.by_bm25.word == FACTS[at].colour
        followed += then.by_bm25.word == colour
    assert knew >= 5
    assert followed >= 5


def test_what_comes_with_the_suite_says_how_often_it_is_right() -> None:
    shares = measured(load_suite("mini-t5"))
    assert {*KINDS, BM25, ORACLE, CLOSED} == set(shares)
    assert all(one.low <= one.value <= one.high for one in shares.values())
    assert {one.over for one in shares.values()} == {"100 facts"}


def test_what_is_found_and_its_scores_are_those_of_the_retrievers(book: OpenBook) -> None:
    index = Index(first_index().passages[:40])
    question = FACTS[3].question("who", ASKED)
    opened = book.ask(index, question, k=4)
    scores = index.bm25_scores([question])[0]
    assert opened.bm25.places == tuple(index.bm25([question], k=4)[0].tolist())
    assert opened.bm25.scores == pytest.approx([scores[at] for at in opened.bm25.places])
    assert list(opened.dense.scores) == sorted(opened.dense.scores, reverse=True)
    assert all(-1.001 <= one <= 1.001 for one in opened.dense.scores)
    alone = book.ask(Index((index.passages[opened.dense.places[0]],)), question, k=4)
    assert alone.dense.scores == pytest.approx(opened.dense.scores[:1], abs=1e-5)
    assert 0 < opened.by_bm25.p <= 1


def test_words_without_a_token_are_named(book: OpenBook) -> None:
    opened = book.ask(Index(("Zyx found the hat.",)), "who did find the hat?", k=1)
    assert opened.unknown == ("zyx",)


@pytest.mark.parametrize(
    ("question", "k", "problem"),
    [
        (" ", 1, "1 to 200 characters, got 0"),
        ("x" * 201, 1, "got 201"),
        ("zyx qqq", 1, "no word"),
        ("who?", 3, "got 3"),
    ],
)
def test_nonsense_is_refused(question: str, k: int, problem: str, book: OpenBook) -> None:
    with pytest.raises(RecipeError, match=problem):
        book.ask(first_index(), question, k=k)


def test_readers_are_kept_in_eight_bits_and_those_of_another_base_are_refused(
    tiny_suite: Suite, tmp_path: Path
) -> None:
    assert not has_readers(tiny_suite)
    with pytest.raises(WeightsError, match=r"reader\.safetensors"):
        open_models(tiny_suite)
    source = load_suite("mini-t5")
    folder = tmp_path / "t5"
    shutil.copytree(source.folder, folder, ignore=shutil.ignore_patterns("results", "retrieval"))
    suite = load_suite(folder)
    vector = suite.vector("tone")
    write_readers(folder / FOLDER, dict.fromkeys((READS, FINDER, BOOK), vector))
    base = dict(suite.base_state())
    parameters = dict(open_models(suite)[BOOK].network.named_parameters())
    for name, moved in vector.items():
        step = moved.abs().max() / 127 if moved.ndim == 2 else 0.0  # of rows, the coarsest
        torch.testing.assert_close(
            parameters[name], base[name] + moved, rtol=1e-6, atol=float(step / 2 + 1e-6)
        )
    wrong = TaskVector({"no.such": torch.ones(2, 2)})
    write_readers(folder / FOLDER, dict.fromkeys((READS, FINDER, BOOK), wrong))
    with pytest.raises(AssetError, match=r"of another base: no\.such does not fit"):
        open_models(suite)

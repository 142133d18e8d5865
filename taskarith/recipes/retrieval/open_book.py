"""One question, asked off an index that somebody edits: nothing is learned, nothing is kept of it.

Two retrievers find passages, a reader answers from the first k of each and from none, and a closed
book from what it learned by heart of the index as it was.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from taskarith.errors import RecipeError
from taskarith.recipes.retrieval.facts import ANSWERS, ASKED, world
from taskarith.recipes.retrieval.index import LONGEST, Index, best
from taskarith.recipes.retrieval.protocol import KS, read
from taskarith.recipes.retrieval.readers import BOOK, FINDER, READS, open_models
from taskarith.recipes.retrieval.recipe import PASSAGES
from taskarith.recipes.text_lab import Question
from taskarith.recipes.text_losses import label_logits
from taskarith.suites import Suite
from taskarith.worlds.texts import split_words

__all__ = ["Answer", "Found", "OpenBook", "Opened", "first_index", "samples"]

MOST_KEPT = 4_000  # passages whose embeddings are remembered, whoever's they are
SAMPLES = (0, 20, 40)  # facts that are asked about to begin with
KINDS_FIRST = ("who", "what colour", "where")  # what small readers read best comes first


@dataclass(frozen=True)
class Found:
    """The places of passages in the index, best first, with their scores."""

    places: tuple[int, ...]
    scores: tuple[float, ...]


@dataclass(frozen=True)
class Answer:
    """The likeliest of ANSWERS, and p among them."""

    word: str
    p: float


@dataclass(frozen=True)
class Opened:
    """What was found and answered.

    Attributes:
        bm25, dense: what each retriever finds.
        by_bm25, by_dense: the reader's answer from the first k passages of each.
        unread: the reader's answer with nothing to read.
        by_heart: the closed book's.
        unknown: words of the question and of what was read that the models have no token for.
    """

    bm25: Found
    dense: Found
    by_bm25: Answer
    by_dense: Answer
    unread: Answer
    by_heart: Answer
    unknown: tuple[str, ...]


class OpenBook:
    """The models of one suite; callers of several threads take turns.

    Raises WeightsError or AssetError where the suite's readers cannot be read.
    """

    def __init__(self, suite: Suite) -> None:
        self._models: dict[str, Any] = open_models(suite)
        self._embedded: OrderedDict[str, np.ndarray] = OrderedDict()
        self._turn = threading.Lock()

    def ask(self, index: Index, question: str, *, k: int) -> Opened:
        """The answers to one question from k passages of each retriever, k one of KS.

        Raises RecipeError for a question that is empty, too long, or of unknown words alone.
        """
        if k not in KS:
            raise RecipeError(f"readers read {KS} passages, got {k}")
        text = question.strip()
        if not 0 < len(text) <= LONGEST:
            raise RecipeError(
                f"a question has 1 to {LONGEST} characters, got {len(text)}; ask one sentence"
            )
        with self._turn, torch.inference_mode():
            model = self._models[READS]
            if not model.knows(model.tokenize([text])):
                raise RecipeError("the models know no word of this question; ask in other words")
            cosines = self._embed([text]) @ self._embed(index.passages).T
            bm25 = _found(index.bm25_scores([text]), k)
            dense = _found(cosines, k)
            sparse_read, dense_read = (
                read(text, index.take(found.places)) for found in (bm25, dense)
            )
            seen = [text, *index.take((*bm25.places, *dense.places))]
            return Opened(
                bm25=bm25,
                dense=dense,
                by_bm25=self._answer(READS, sparse_read),
                by_dense=self._answer(READS, dense_read),
                unread=self._answer(READS, text),
                by_heart=self._answer(BOOK, text),
                unknown=self._unknown(seen),
            )

    def _answer(self, name: str, question: Question) -> Answer:
        chances = label_logits(self._models[name], [question], ANSWERS)[0].softmax(0)
        place = int(chances.argmax())
        return Answer(ANSWERS[place], float(chances[place]))

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        """Embeddings of length 1, float32 [n, d]; those of texts met before are remembered."""
        new = [text for text in dict.fromkeys(texts) if text not in self._embedded]
        model = self._models[FINDER]
        if new:
            rows = model.embed(model.tokenize(new)).float().numpy()
            self._embedded.update(zip(new, rows, strict=True))
        for text in texts:
            self._embedded.move_to_end(text)
        found = np.stack([self._embedded[text] for text in texts])
        while len(self._embedded) > MOST_KEPT:
            self._embedded.popitem(last=False)
        return found

    def _unknown(self, texts: Sequence[str]) -> tuple[str, ...]:
        model = self._models[READS]
        words = dict.fromkeys(word for text in texts for word in split_words(text))
        return tuple(word for word in words if not model.knows(model.tokenize([word])))


def first_index() -> Index:
    """The index that visitors start with, which the closed book has by heart."""
    return Index(tuple(fact.passage for fact in world(0, PASSAGES)))


def samples() -> tuple[str, ...]:
    """Questions to begin with, in the wording that no lesson had."""
    facts = world(0, PASSAGES)
    return tuple(facts[at].question(kind, ASKED) for kind in KINDS_FIRST for at in SAMPLES)


def _found(scores: np.ndarray, k: int) -> Found:
    places = best(scores, k)[0].tolist()
    return Found(tuple(places), tuple(float(scores[0, place]) for place in places))

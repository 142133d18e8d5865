"""Questions about some facts, answered off an index by any reader with any retriever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.recipes.interval import Interval, share_interval
from taskarith.recipes.retrieval.facts import ANSWERS, KINDS, Asked
from taskarith.recipes.retrieval.index import Index
from taskarith.recipes.retrieval.protocol import (
    KS,
    dense,
    hits,
    random_order,
    read,
    removed,
    with_answer,
)
from taskarith.recipes.retrieval.result import BM25, CLOSED, ORACLE, RANDOM
from taskarith.recipes.text_lab import Question, TextLab

__all__ = ["Edit", "Exam"]

Edit = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Exam:
    """The questions of a split.

    Attributes:
        retrievers: the edits whose encoders find passages, by what they are called.
    """

    lab: TextLab
    retrievers: Mapping[str, Edit]
    asked: Sequence[Asked]

    def order(self, retriever: str, index: Index) -> np.ndarray:
        """The places of the passages that a retriever finds for each question, int64 [n, k]."""
        k, texts = KS[-1], [one.question for one in self.asked]
        if retriever == RANDOM:
            return random_order(self.asked, index, k=k)
        if retriever == BM25:
            return index.bm25(texts, k=k)
        if retriever == ORACLE:
            return with_answer(index.bm25(texts, k=k), self.asked)
        return dense(self.lab, self.retrievers[retriever], self.asked, index, k=k)

    def orders(self, index: Index) -> dict[str, np.ndarray]:
        """The same of all retrievers."""
        names = (BM25, *self.retrievers, RANDOM, ORACLE)
        return {name: self.order(name, index) for name in names}

    def answers(self, edit: Edit, order: np.ndarray, index: Index, *, k: int) -> np.ndarray:
        """What a reader answers from the first k passages of each, numbers among ANSWERS."""
        texts = [
            read(one.question, index.take(row))
            for one, row in zip(self.asked, order[:, :k].tolist(), strict=True)
        ]
        return self._likeliest(edit, texts)

    def closed_book(self, edit: Edit) -> np.ndarray:
        """What a model answers with nothing to read, numbers among ANSWERS."""
        return self._likeliest(edit, [one.question for one in self.asked])

    def right(self, answers: np.ndarray) -> np.ndarray:
        """Which answers are right, bool [n]."""
        return answers == np.array([ANSWERS.index(one.answer) for one in self.asked])

    def halves(self) -> tuple[list[int], list[int]]:
        """The facts that are to be forgotten, and those that are to be kept."""
        facts = list(dict.fromkeys(one.fact for one in self.asked))
        gone = removed(facts)
        return gone, [fact for fact in facts if fact not in gone]

    def share(
        self, right: np.ndarray, facts: Sequence[int] | None = None, *, kind: str | None = None
    ) -> Interval:
        """The share of right answers, over `facts` (None: all), of one kind of question or all."""
        numbers = np.array([one.fact for one in self.asked])
        counted = np.array([kind in (None, one.kind) for one in self.asked])
        wanted = dict.fromkeys(numbers.tolist()) if facts is None else facts
        shares = [right[(numbers == fact) & counted].mean() for fact in wanted]
        return share_interval(np.array(shares), units="facts")

    def accuracy(self, edit: Edit, order: np.ndarray, index: Index) -> dict[int, Interval]:
        """A reader's accuracy by the number of passages that it reads."""
        return {k: self.share(self.right(self.answers(edit, order, index, k=k))) for k in KS}

    def recall(self, order: np.ndarray) -> dict[int, Interval]:
        """How often the right passage is among the first k, by k."""
        return {k: self.share(hits(order, self.asked, k=k)) for k in KS}

    def shares(self, reader: Edit, closed: Edit, index: Index) -> dict[str, Interval]:
        """How often a reader and a closed book are right, from the first passage that is found.

        The right passage handed over is told by kind of question, too.
        """
        answers = {
            name: self.right(self.answers(reader, self.order(name, index), index, k=1))
            for name in (BM25, ORACLE)
        }
        told = {name: self.share(right) for name, right in answers.items()}
        told |= {kind: self.share(answers[ORACLE], kind=kind) for kind in KINDS}
        return told | {CLOSED: self.share(self.right(self.closed_book(closed)))}

    def _likeliest(self, edit: Edit, texts: Sequence[Question]) -> np.ndarray:
        return self.lab.ask(edit, texts, ANSWERS).argmax(1)

"""What readers and retrievers learn from, and which facts count.

Readers learn to read on worlds of their own; the closed book learns the answers of the world that
is asked about. Knows facts and passages; models stay behind the lab.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from taskarith.recipes.retrieval.facts import ANSWERS, LEARNED, Asked, questions, world
from taskarith.recipes.retrieval.index import Index, nearest
from taskarith.recipes.text_lab import Lesson, Match, Plan, Question, TextLab
from taskarith.tasks import SplitName

__all__ = [
    "FEW", "KS", "choosing_plan", "closed_lessons", "dense", "finding_plan", "hits", "matches",
    "random_order", "read", "reader_lessons", "reading_plan", "removed", "shuffled", "which",
    "with_answer",
]  # fmt: skip

KS = (1, 2, 4, 8)
FEW = 64  # lessons of the few-shot reader
TOGETHER = 3  # passages of a reader's later lessons
READING = (1, 2, 3, 4)  # the worlds that readers learn on
FINDING = 5  # the one that retrievers learn on
CANDIDATES = 16  # passages of a question that a retriever learns from
SIZE = 200  # facts of each of those worlds
# Tried on lessons alone: at 5e-3 the loss with one passage was 0.1 after 300 steps, while one and
# four passages mixed from the start had hardly begun by then; three passages alone, afterwards (and
# of fewer kinds of questions), unlearned what was known. So the second stage has both.
# Retrievers have a batch of their own: their questions have 16 passages.
READING_PLAN = Plan(0, rate=5e-3, batch=32, seed=7)
FINDING_PLAN = Plan(0, rate=1e-3, batch=16, seed=7)
SEED = 7


def which(size: int, split: SplitName) -> range:
    """The facts of a world of `size` that `split` asks about: one third is for choosing.

    >>> which(9, "validation"), which(9, "test")
    (range(0, 3), range(3, 9))
    """
    return range(size // 3) if split == "validation" else range(size // 3, size)


def removed(facts: Sequence[int]) -> list[int]:
    """The facts that are to be forgotten: every other one."""
    return [at for at in facts if at % 2]


def read(question: str, passages: Sequence[str]) -> Question:
    """What a reader is asked: each passage with the question behind it, read apart."""
    return tuple(f"{passage} {question}" for passage in passages)


def reader_lessons() -> tuple[list[Lesson], list[Lesson]]:
    """Questions with their passage alone; and others with two more passages that BM25 finds.

    The first teach to read, the second which passage to read. In random order, so that the first
    so many are of every world and kind.
    """
    alone, among = [], []
    for number in READING:
        facts = world(number, SIZE)
        index = Index(tuple(fact.passage for fact in facts))
        asked = questions(facts, range(SIZE), wordings=LEARNED)
        found = with_answer(index.bm25([one.question for one in asked], k=TOGETHER), asked)
        for one, row in zip(asked, found, strict=True):
            alone.append(Lesson(read(one.question, index.take(row[:1])), one.answer))
            among.append(Lesson(read(one.question, index.take(row)), one.answer))
    mixed = np.random.default_rng(SEED).permutation(len(alone))
    return [alone[place] for place in mixed], [among[place] for place in mixed]


def closed_lessons(number: int, facts: Sequence[int], *, size: int) -> list[Lesson]:
    """Questions about facts of a world, with nothing to read."""
    asked = questions(world(number, size), facts, wordings=LEARNED)
    return [Lesson(one.question, one.answer) for one in asked]


def reading_plan(steps: int) -> Plan:
    """How readers and closed books learn."""
    return replace(READING_PLAN, steps=steps)


def choosing_plan(steps: int) -> Plan:
    """How readers learn which passage to read, after that: half as long, and slower."""
    return replace(READING_PLAN, steps=max(1, steps // 2), rate=1e-3)


def finding_plan(steps: int) -> Plan:
    """How retrievers learn."""
    return replace(FINDING_PLAN, steps=steps)


def matches(lab: TextLab, reader: Mapping[str, float]) -> list[Match]:
    """Questions of another world, the passages that the untrained retriever finds, and what the
    reader makes of each of them alone.
    """
    facts = world(FINDING, SIZE)
    index = Index(tuple(fact.passage for fact in facts))
    asked = questions(facts, range(SIZE), wordings=LEARNED)
    order = dense(lab, {}, asked, index, k=CANDIDATES)
    texts = [read(one.question, [passage])
             for one, row in zip(asked, order, strict=True)
             for passage in index.take(row)]  # fmt: skip
    logits = lab.ask(reader, texts, ANSWERS).reshape(*order.shape, len(ANSWERS))
    own = logits[np.arange(len(asked)), :, [ANSWERS.index(one.answer) for one in asked]]
    return [
        Match(one.question, index.take(row), tuple(round(float(value), 3) for value in values))
        for one, row, values in zip(asked, order, own, strict=True)
    ]


def shuffled(given: Sequence[Match]) -> list[Match]:
    """The same, each with the likelihoods of another question's passages."""
    order = np.random.default_rng(SEED).permutation(len(given))
    return [
        Match(one.question, one.passages, given[int(other)].likelihoods)
        for one, other in zip(given, order, strict=True)
    ]


def dense(
    lab: TextLab, edit: Mapping[str, float], asked: Sequence[Asked], index: Index, *, k: int
) -> np.ndarray:
    """The places of the k passages nearest to each question by the encoder of an edited model."""
    kept = lab.embed(edit, index.passages)
    return nearest(lab.embed(edit, [one.question for one in asked]), kept, k=k)


def random_order(asked: Sequence[Asked], index: Index, *, k: int) -> np.ndarray:
    """Passages at random, others for every question, int64 [n, k]."""
    rng = np.random.default_rng(SEED)
    return np.array([rng.permutation(len(index))[:k] for _ in asked], np.int64).reshape(-1, k)


def with_answer(order: np.ndarray, asked: Sequence[Asked]) -> np.ndarray:
    """Places of passages with the right one first, and as many in all.

    >>> asked = [Asked(fact, "who", "?", "ben") for fact in (1, 4)]
    >>> with_answer(np.array([[3, 1], [2, 5]]), asked).tolist()
    [[1, 3], [4, 2]]
    """
    rows = [
        [one.fact, *(place for place in row if place != one.fact)][: len(row)]
        for row, one in zip(order.tolist(), asked, strict=True)
    ]
    return np.array(rows, np.int64).reshape(order.shape)


def hits(order: np.ndarray, asked: Sequence[Asked], *, k: int) -> np.ndarray:
    """Whether the right passage is among the first k, bool [n]."""
    own = np.array([one.fact for one in asked])[:, None]
    return (order[:, :k] == own).any(1)

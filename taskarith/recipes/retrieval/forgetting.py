"""Two ways of forgetting facts: without their passages, and by negating a vector.

Knows how facts are taken out, changed and negated; how many are asked about is the exam's.
"""

import numpy as np

from taskarith.recipes.retrieval.asking import Edit, Exam
from taskarith.recipes.retrieval.facts import ANSWERS, changed, world
from taskarith.recipes.retrieval.index import Index
from taskarith.recipes.retrieval.protocol import removed
from taskarith.recipes.retrieval.result import (
    CHANGED,
    CLOSED,
    NEGATED,
    NEGATED_NULL,
    OPEN,
    TAKEN_OUT,
    Forgotten,
)

__all__ = ["STRENGTHS", "by_index", "by_negation", "strength"]

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
FLOOR = 0.95  # share of the kept facts' accuracy that a negation must leave
MOVED = "where"  # the kind of question whose answers change


def strength(exam: Exam, closed: Edit, gone: Edit) -> float:
    """The λ of STRENGTHS that forgets most, of those that leave the kept facts' accuracy."""
    forget, keep = exam.halves()
    found = []
    for coefficient in STRENGTHS:
        right = exam.right(exam.closed_book(_negated(closed, gone, coefficient)))
        found.append((exam.share(right, forget).value, coefficient, exam.share(right, keep).value))
    before = found[0][2]
    return min(one for one in found if one[2] >= FLOOR * before)[1]


def by_index(exam: Exam, reader: Edit, index: Index, *, retriever: str, k: int) -> list[Forgotten]:
    """A reader with the index as it is, without the facts to be forgotten, with them changed."""
    facts = world(0, len(index))
    gone = removed(range(len(facts)))
    left = [place for place in range(len(facts)) if place not in gone]
    moved = changed(facts, gone)
    forget, keep = exam.halves()
    found = []
    for way, own in ((OPEN, index), (TAKEN_OUT, Index(index.take(left)))):
        right = exam.right(exam.answers(reader, exam.order(retriever, own), own, k=k))
        found.append(Forgotten(way, exam.share(right, forget), exam.share(right, keep)))
    anew = Index(tuple(fact.passage for fact in moved))
    answers = exam.answers(reader, exam.order(retriever, anew), anew, k=k)
    right, now = exam.right(answers), [moved[one.fact].place.lower() for one in exam.asked]
    follows = answers == np.array([ANSWERS.index(place) for place in now])
    still, followed = (exam.share(one, forget, kind=MOVED) for one in (right, follows))
    return [*found, Forgotten(CHANGED, still, exam.share(right, keep), followed)]


def by_negation(
    exam: Exam, closed: Edit, gone: Edit, other: Edit, *, coefficient: float
) -> list[Forgotten]:
    """A closed book as it is, less what was learned of the facts, less as much of another world."""
    forget, keep = exam.halves()
    found = []
    for way, edit in (
        (CLOSED, closed),
        (NEGATED, _negated(closed, gone, coefficient)),
        (NEGATED_NULL, _negated(closed, other, coefficient)),
    ):
        right = exam.right(exam.closed_book(edit))
        found.append(Forgotten(way, exam.share(right, forget), exam.share(right, keep)))
    return found


def _negated(closed: Edit, vector: Edit, coefficient: float) -> Edit:
    return {**closed, **dict.fromkeys(vector, -coefficient)}

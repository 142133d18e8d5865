"""The retrieval recipe: a reader over an index of passages beside a closed book, and forgetting.

The retriever, the number of passages and λ are chosen on validation's facts; test's are asked once.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from taskarith.core import TaskVector
from taskarith.recipes.lab import Lab
from taskarith.recipes.retrieval.asking import Edit, Exam
from taskarith.recipes.retrieval.facts import ASKED, questions, world
from taskarith.recipes.retrieval.forgetting import STRENGTHS, by_index, by_negation, strength
from taskarith.recipes.retrieval.index import Index
from taskarith.recipes.retrieval.protocol import (
    FEW,
    KS,
    choosing_plan,
    closed_lessons,
    finding_plan,
    matches,
    reader_lessons,
    reading_plan,
    removed,
    shuffled,
    which,
)
from taskarith.recipes.retrieval.readers import BOOK, FINDER, READS, write_measured, write_readers
from taskarith.recipes.retrieval.result import (
    BM25,
    CLOSED,
    DENSE,
    EMDR,
    FEW_SHOT,
    NULL,
    ORACLE,
    PDIST,
    READER,
    UNTUNED,
    Curve,
    RetrievalResult,
)
from taskarith.recipes.text_lab import Distillation, Lesson, Plan, Share
from taskarith.tasks import SplitName

__all__ = ["DISTILLING", "LEAST_FACTS", "PASSAGES", "STEPS", "RetrievalRecipe"]

PASSAGES, STEPS, DISTILLING = 150, 300, 150
LEAST_FACTS = 12  # to ask about in both splits, to forget and to keep
LOSSES: tuple[tuple[str, Distillation], ...] = ((PDIST, "PDist"), (EMDR, "EMDR²"))
ANOTHER = 99  # the world whose facts are negated where those of the index should stay


@dataclass(frozen=True)
class RetrievalRecipe:
    """Read answers off an index of `passages`.

    Attributes:
        steps: of every reader and closed book; readers take half as many again.
        distilling: steps of every retriever that is distilled.
        readers: a folder for the reader, EMDR²'s retriever and the closed book, for the page; None
            keeps none.
    """

    passages: int = PASSAGES
    steps: int = STEPS
    distilling: int = DISTILLING
    readers: Path | None = None

    def evaluations(self) -> int:
        """The most evaluations that `run` takes: lessons, questions and embeddings."""
        learned = 7 + 3 + 3
        choosing = 3 * 2 + 4 * len(KS) + len(STRENGTHS)
        final = 4 * 2 + 11 * len(KS) + 2
        forgetting = 3 * 3 + 3
        return learned + choosing + final + forgetting

    def learned(self) -> int:
        """How many examples all steps go through."""
        books = 5 * [reading_plan(self.steps)] + 2 * [choosing_plan(self.steps)]
        plans = books + (len(LOSSES) + 1) * [finding_plan(self.distilling)]
        return sum(plan.steps * plan.batch for plan in plans)

    def run(self, lab: Lab) -> RetrievalResult:
        """Teach readers and retrievers, choose on validation, then ask test once."""
        everything = range(self.passages)
        index = Index(tuple(fact.passage for fact in world(0, self.passages)))
        plan = reading_plan(self.steps)
        with ExitStack() as keep:

            def taught(
                *lessons: Sequence[Lesson], plan: Plan = plan, start: Edit = MappingProxyType({})
            ) -> Edit:
                shares = [Share(1.0, tuple(some)) for some in lessons]
                vector = keep.enter_context(lab.texts.teach(start, shares, plan=plan))
                return {**start, vector: 1.0}

            alone, among = reader_lessons()
            then = choosing_plan(self.steps)
            reader = taught(alone, among, plan=then, start=taught(alone))
            few = taught(alone[:FEW], among[:FEW], plan=then, start=taught(alone[:FEW]))
            closed = taught(closed_lessons(0, everything, size=self.passages))
            gone, other = (
                taught(closed_lessons(number, removed(everything), size=self.passages))
                for number in (0, ANOTHER)
            )
            retrievers: dict[str, Edit] = {DENSE: {}}
            given = matches(lab.texts, reader)
            for name, loss, learned in (
                *((name, loss, given) for name, loss in LOSSES),
                (NULL, LOSSES[0][1], shuffled(given)),
            ):
                distilled = lab.texts.distil(
                    {}, learned, loss=loss, plan=finding_plan(self.distilling)
                )
                retrievers[name] = {keep.enter_context(distilled): 1.0}
            if self.readers is not None:
                kept = {READS: reader, FINDER: retrievers[EMDR], BOOK: closed}
                write_readers(self.readers, {name: _summed(lab, e) for name, e in kept.items()})
            first = self._exam(lab, "validation", retrievers)
            curves = [
                Curve(READER, name, first.accuracy(reader, first.order(name, index), index))
                for name in (BM25, *retrievers)
                if name != NULL
            ]
            retriever, k = _best(curves)
            coefficient = strength(first, closed, gone)
            final = self._exam(lab, "test", retrievers)
            if self.readers is not None:
                write_measured(self.readers, final.shares(reader, closed, index), steps=self.steps)
            orders = final.orders(index)
            beside = [(FEW_SHOT, few, name) for name in (retriever, ORACLE)]
            beside += [(UNTUNED, {}, name) for name in (retriever, ORACLE)]
            asked = [(READER, reader, name) for name in orders] + beside
            return RetrievalResult(
                passages=self.passages,
                steps=self.steps,
                distilling=self.distilling,
                recalls={name: final.recall(order) for name, order in orders.items()},
                curves=tuple(
                    Curve(called, name, final.accuracy(edit, orders[name], index))
                    for called, edit, name in asked
                ),
                chosen_on=tuple(curves),
                closed={
                    CLOSED: final.share(final.right(final.closed_book(closed))),
                    UNTUNED: final.share(final.right(final.closed_book({}))),
                },
                retriever=retriever,
                k=k,
                coefficient=coefficient,
                forgotten=(
                    *by_index(final, reader, index, retriever=retriever, k=k),
                    *by_negation(final, closed, gone, other, coefficient=coefficient),
                ),
                sample=lab.sample,
            )

    def _exam(self, lab: Lab, split: SplitName, retrievers: dict[str, Edit]) -> Exam:
        """The questions of a split, as many facts of it as the lab's sample takes."""
        opened: SplitName = "validation" if lab.sample.rehearsal else split
        n = lab.sample.choosing if split == "validation" else lab.sample.n
        facts = which(self.passages, opened)[:n]
        asked = questions(world(0, self.passages), facts, wordings=[ASKED])
        return Exam(lab.texts, retrievers, asked)


def _best(curves: Sequence[Curve]) -> tuple[str, int]:
    """The retriever and number of passages with the best lower end; fewer where two are alike."""
    every = [(curve.by_k[k].low, -k, curve.retriever) for k in KS for curve in curves]
    _, k, retriever = max(every, key=lambda one: one[:2])
    return retriever, -k


def _summed(lab: Lab, edit: Edit) -> TaskVector:
    first, *rest = [value * lab.direction(name) for name, value in edit.items()]
    return sum(rest, first)

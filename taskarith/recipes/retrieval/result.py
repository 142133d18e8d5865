"""Retrieval's result: what is found, what is answered by passages read, and what is forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from taskarith.recipes.interval import Interval
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.retrieval.facts import ANSWERS
from taskarith.recipes.sample import Sample

__all__ = [
    "BM25", "CHANGED", "CLOSED", "DENSE", "EMDR", "FEW_SHOT", "NEGATED", "NEGATED_NULL", "NULL",
    "OPEN", "ORACLE", "PDIST", "RANDOM", "READER", "TAKEN_OUT", "UNTUNED", "Curve", "Forgotten",
    "RetrievalResult",
]  # fmt: skip

BM25, DENSE = "BM25", "encoder, untrained"
PDIST, EMDR, NULL = "encoder, PDist", "encoder, EMDR²", "encoder, PDist of shuffled likelihoods"
RANDOM, ORACLE = "random passages", "right passage and BM25's"
READER, FEW_SHOT, UNTUNED = "reader", "reader of 64 lessons", "untuned"
OPEN, TAKEN_OUT, CHANGED = (
    "open book",
    "open book, passages taken out",
    "open book, passages changed",
)
CLOSED, NEGATED = "closed book", "closed book, their vector negated"
NEGATED_NULL = "closed book, another world's vector negated"


@dataclass(frozen=True)
class Curve:
    """A reader's accuracy by how many passages it reads, found by one retriever."""

    reader: str
    retriever: str
    by_k: dict[int, Interval]


@dataclass(frozen=True)
class Forgotten:
    """What a way of forgetting leaves.

    Attributes:
        still: how many questions about the facts to be forgotten are still answered as before.
        kept: how many about the others are answered right.
        followed: how many about changed facts are answered as they are now.
    """

    way: str
    still: Interval
    kept: Interval
    followed: Interval | None = None


@dataclass(frozen=True)
class RetrievalResult(Result):
    """Readers over an index beside closed books.

    Attributes:
        passages: of the index, a fact each.
        steps, distilling: of every reader and closed book; of every retriever that is distilled.
        recalls: by retriever and k, how often the right passage is among the first k.
        curves: on the last split; chosen_on: what retriever and k were chosen by.
        closed: accuracy with nothing to read, by model.
        coefficient: λ of the negation.
    """

    name: ClassVar[str] = "retrieval"
    title: ClassVar[str] = "Retrieval: a reader over an index, and two ways of forgetting"
    published: ClassVar[str] = (
        "Atlas (arXiv 2208.03299): over 42 % on Natural Questions from 64 examples, 3 points more "
        "than a closed book of 540 billion parameters, with a fiftieth of them; the reader is "
        "distilled into the retriever by attention, EMDR², perplexity (PDist) or leaving one out; "
        "what is known is updated by another index, without training"
    )

    passages: int
    steps: int
    distilling: int
    recalls: dict[str, dict[int, Interval]]
    curves: tuple[Curve, ...]
    chosen_on: tuple[Curve, ...]
    closed: dict[str, Interval]
    retriever: str
    k: int
    coefficient: float
    forgotten: tuple[Forgotten, ...]
    sample: Sample

    def protocol(self) -> str:
        """What is kept, learned and asked."""
        first = self.sample.choosing
        chosen_on = "all" if first is None else f"the first {first:,}"
        return (
            f"An index of {self.passages} passages, a fact of a made-up world each: who did what "
            "to which thing of which colour, where. Three questions a fact (where, what colour, "
            "who), in a wording that no lesson had; verbs stand in their plain form, in passages "
            "in the past. The reader reads each passage with the question apart and answers from "
            "all of them together (fusion in the decoder). It learned on four other worlds, whose "
            "facts contradict these, from the right passage alone and then, half as long and "
            "half of the time, with two more of BM25; the reader of 64 lessons from the first 64 "
            "of them; the closed book from questions and answers about these very facts, in two "
            "other wordings, with "
            f"nothing to read. Every one takes {self.steps} steps of 32 at one rate, fixed "
            "beforehand, which readers take half again as many of. Retrievers: BM25 "
            "over words; the mean of the encoder's states by cosine, exactly, as it is or "
            f"distilled from the reader in {self.distilling} steps on another world (PDist, EMDR², "
            "and PDist with the likelihoods of other questions). A third of the facts is for "
            "choosing the retriever and the number of passages (by the lower end of the interval) "
            "and λ (what forgets most and leaves 95 % of the accuracy on the others), "
            f"{chosen_on} of them; the rest is asked {self.sample.once}. An answer is the "
            f"likeliest of the {len(ANSWERS)} words that are one anywhere. Every other fact is to "
            "be forgotten: its passage is taken out or changed, or a vector that learned these "
            "facts alone is negated in the closed book, beside one that learned as many of "
            "another world. Intervals are over facts."
        )

    def tables(self) -> list[Table]:
        """Answers by passages read; what is found; what is forgotten; what was chosen by."""
        forgotten: list[Row] = [
            {
                "way": one.way,
                "to forget, still answered": one.still,
                "others, answered": one.kept,
                "changed facts, answered as they are now": one.followed,
            }
            for one in self.forgotten
        ]
        return [
            Table("Right answers by passages read", self._read(self.curves) + self._unread()),
            Table("Two ways of forgetting", forgotten),
            Table(
                "The right passage among the first k",
                [{"retriever": name, **_by_k(own)} for name, own in self.recalls.items()],
            ),
            Table("Chosen by, on validation", self._read(self.chosen_on)),
        ]

    def findings(self) -> list[str]:
        """Open against closed book, retrievers, and forgetting."""
        open_book = self.curve(READER, self.retriever)[self.k]
        few = self.curve(FEW_SHOT, self.retriever)[self.k]
        first = ", ".join(
            f"{_told(self.recalls[name][1])} by {name}" for name in (BM25, DENSE, PDIST, EMDR, NULL)
        )
        lines = [
            f"with k = {self.k} by {self.retriever}, chosen on validation, the reader answers "
            f"{_told(open_book)} right, the closed book {_told(self.closed[CLOSED])}; the right "
            f"passage handed over: {_told(self.curve(READER, ORACLE)[1])}, random ones: "
            f"{_told(self.curve(READER, RANDOM)[self.k])}",
            f"a reader of 64 lessons answers {_told(few)}, the untuned model "
            f"{_told(self.curve(UNTUNED, self.retriever)[self.k])}",
            f"the right passage comes first for {first}",
        ]
        told = {one.way: one for one in self.forgotten}
        for way, before in ((TAKEN_OUT, OPEN), (NEGATED, CLOSED), (NEGATED_NULL, CLOSED)):
            where = f" at λ = {self.coefficient:g}" if before == CLOSED else ""
            lines.append(
                f"{way}{where}: of what is to be forgotten {_told(told[way].still)} is still "
                f"answered ({_told(told[before].still)} before), of the others "
                f"{_told(told[way].kept)} ({_told(told[before].kept)} before)"
            )
        changed = told[CHANGED]
        assert changed.followed is not None
        lines.append(
            f"with passages changed, {_told(changed.followed)} of these questions are answered as "
            f"the index says now and {_told(changed.still)} as before, without training"
        )
        return lines

    def curve(self, reader: str, retriever: str) -> Mapping[int, Interval]:
        """Accuracy by k of a reader with a retriever."""
        (found,) = [c for c in self.curves if (c.reader, c.retriever) == (reader, retriever)]
        return found.by_k

    def _read(self, curves: tuple[Curve, ...]) -> list[Row]:
        return [{"reader": c.reader, "retriever": c.retriever, **_by_k(c.by_k)} for c in curves]

    def _unread(self) -> list[Row]:
        """The rows of models that read nothing."""
        ks = list(self.curves[0].by_k)
        return [
            {"reader": name, "retriever": "nothing", **_by_k(dict.fromkeys(ks, own))}
            for name, own in self.closed.items()
        ]


def _by_k(values: Mapping[int, Interval]) -> dict[str, Interval]:
    return {f"k = {k}": own for k, own in values.items()}


def _told(interval: Interval) -> str:
    return f"{100 * interval.value:.1f} % [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"

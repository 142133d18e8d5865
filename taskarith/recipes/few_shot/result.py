"""Few-shot learning's result: every way on every draw, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.interval import Interval, mean_interval
from taskarith.recipes.result import Result, Table
from taskarith.recipes.sample import Sample
from taskarith.worlds.texts import TEXT_FAMILIES

__all__ = [
    "ANY_SHOWN", "ENSEMBLE", "FOUND_TEMPLATE", "FOUND_WORDS", "IN_CONTEXT", "LABEL_WORDS",
    "NEW_WORDS", "SIMILAR_SHOWN", "WAYS", "ZERO_SHOT", "FewShotResult", "Found", "Scored",
]  # fmt: skip

ZERO_SHOT, IN_CONTEXT = "zero-shot", "demonstrations, not tuned"
NEW_WORDS, LABEL_WORDS = "words that say nothing", "label words"
FOUND_WORDS, FOUND_TEMPLATE = "found words", "found template"
ANY_SHOWN, SIMILAR_SHOWN = "any demonstrations", "similar demonstrations"
ENSEMBLE = "ensemble of templates"
WAYS = (
    ZERO_SHOT, IN_CONTEXT, NEW_WORDS, LABEL_WORDS, FOUND_WORDS, FOUND_TEMPLATE, ANY_SHOWN,
    SIMILAR_SHOWN, ENSEMBLE,
)  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """How one way did on test with one draw's examples."""

    task: str
    draw: int
    way: str
    accuracy: Estimate


@dataclass(frozen=True)
class Found:
    """What was found for a task with one draw's examples: a word for each class, a template."""

    task: str
    draw: int
    words: tuple[str, ...]
    template: str


@dataclass(frozen=True)
class FewShotResult(Result):
    """Every way of learning from few examples.

    Attributes:
        shots: examples of a class to learn from, and as many to choose by.
        steps: of every model.
    """

    name: ClassVar[str] = "few-shot"
    title: ClassVar[str] = "Few-shot fine-tuning by prompts"
    published: ClassVar[str] = (
        "arXiv 2012.15723, RoBERTa-large, 16 examples a class, five splits: SST-2 90.9 by standard "
        "fine-tuning against 92.7 by prompts (manual), 92.3 (automatic) and 93.0 with "
        "demonstrations; SNLI 48.4, 77.2, 77.1 and 77.5 %; automatic search is about as good as "
        "by hand, and draws differ by several points"
    )

    tasks: tuple[str, ...]
    shots: int
    draws: int
    steps: int
    scores: tuple[Scored, ...]
    found: tuple[Found, ...]
    sample: Sample

    def protocol(self) -> str:
        """How examples were drawn and models made."""
        return (
            f"{self.shots} examples of each class to learn from and as many to choose by, drawn "
            f"{self.draws} times; every model takes {self.steps} steps of 16 from the same base at "
            "one learning rate, fixed beforehand. Label words: the first phrasing with its own "
            "labels. Words that say nothing: the bare contents with the names of days for "
            "classes, whose output rows know nothing of them, as those of a new classifier head "
            "(a head of new weights is not among the ways here). Found words and templates: "
            "searched by the pretrained model on these examples alone, templates by words behind "
            "the bare contents. Demonstrations: one training example of each class in front, any "
            "of them, or of the half that shares most words. The ensemble averages log p of three "
            "models, one a phrasing, and costs three passes. Accuracy is that of the likeliest "
            f"label word, {self.sample.once}, on at most 200 texts a task, "
            "none of which says what a training example does; intervals are over "
            "draws, Student's, and differences are between ways on the same draw."
        )

    def tables(self) -> list[Table]:
        """The ways; what was found; every draw."""
        return [
            Table(
                "Ways of learning",
                [
                    {
                        "way": way,
                        **{task: self.over_draws(way, [task]) for task in self.tasks},
                        "mean": self.over_draws(way, self.tasks),
                        "over label words": self.over(way, LABEL_WORDS),
                    }
                    for way in WAYS
                ],
            ),
            Table(
                "What was found",
                [
                    {
                        "task": one.task,
                        "draw": one.draw,
                        "words": ", ".join(
                            f"{label}: {word}"
                            for label, word in zip(
                                TEXT_FAMILIES[one.task].labels, one.words, strict=True
                            )
                        ),
                        "template": one.template,
                    }
                    for one in self.found
                ],
            ),
            Table(
                "Every draw",
                [
                    {
                        "task": one.task,
                        "draw": one.draw,
                        "way": one.way,
                        self.sample.final: one.accuracy,
                    }
                    for one in self.scores
                ],
                long=True,
            ),
        ]

    def findings(self) -> list[str]:
        """What label words, searches, demonstrations and ensembles are worth."""
        asked = (
            (LABEL_WORDS, NEW_WORDS),
            (LABEL_WORDS, ZERO_SHOT),
            (FOUND_WORDS, LABEL_WORDS),
            (FOUND_TEMPLATE, LABEL_WORDS),
            (SIMILAR_SHOWN, LABEL_WORDS),
            (SIMILAR_SHOWN, ANY_SHOWN),
            (ENSEMBLE, LABEL_WORDS),
        )
        lines = []
        for one, two in asked:
            change = self.over(one, two)
            lines.append(
                f"{one} against {two}: {100 * change.value:+.1f} points "
                f"[{100 * change.low:+.1f}, {100 * change.high:+.1f}] in the mean of "
                f"{len(self.tasks)} tasks, over {self.draws} draws"
            )
        return lines

    def over_draws(self, way: str, tasks: Sequence[str]) -> Interval:
        """Mean accuracy of a way on some tasks, with its interval over draws."""
        mean = mean_interval(self._by_draw(way, tasks), units="draws")
        return replace(mean, low=max(0.0, mean.low), high=min(1.0, mean.high))

    def over(self, way: str, other: str) -> Interval:
        """The mean difference of two ways over all tasks, on the same draws."""
        pairs = zip(self._by_draw(way, self.tasks), self._by_draw(other, self.tasks), strict=True)
        return mean_interval([one - two for one, two in pairs], units="draws")

    def _by_draw(self, way: str, tasks: Sequence[str]) -> list[float]:
        values = {(one.task, one.draw): one.accuracy.value for one in self.scores if one.way == way}
        return [
            sum(values[task, draw] for task in tasks) / len(tasks) for draw in range(self.draws)
        ]

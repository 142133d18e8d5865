"""Watching a recipe: every estimate it measures is told as it comes, and nothing else changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from taskarith.evaluation import Estimate
from taskarith.recipes.lab import Answers, Lab
from taskarith.tasks import SplitName

__all__ = ["Seen", "Watch", "watched"]


@dataclass(frozen=True)
class Seen:
    """One estimate that a recipe asked for on its way: of which edit, on which task."""

    coefficients: Mapping[str, float]
    task: str
    estimate: Estimate


Watch = Callable[[Seen], None]


def watched(lab: Lab, watch: Watch) -> Lab:
    """The same lab, whose scores and answers are also told to `watch`."""

    def score(
        coefficients: Mapping[str, float], tasks: Sequence[str], *, split: SplitName
    ) -> Mapping[str, Estimate]:
        found: dict[str, Estimate] = {}
        for task in tasks:  # one by one, so that each is told when it is there
            found |= lab.score(coefficients, [task], split=split)
            watch(Seen(dict(coefficients), task, found[task]))
        return found

    def answer(
        coefficients: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
    ) -> Answers:
        found = lab.answer(coefficients, task, split=split, least=least)
        watch(Seen(dict(coefficients), task, found.estimate))
        return found

    return replace(lab, score=score, answer=answer)

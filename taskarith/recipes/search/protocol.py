"""How edits are searched for and judged: on validation, as many as the budget says.

Knows the rule; how an edit is measured stays behind the lab, and who proposes edits is `seekers`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import hypot
from statistics import fmean

import numpy as np

from taskarith.core import METHODS
from taskarith.evaluation import Estimate
from taskarith.recipes.interval import Interval
from taskarith.recipes.lab import Answers, Lab
from taskarith.recipes.pareto import pareto_front
from taskarith.recipes.score import mean_normalized, surely_normalized
from taskarith.recipes.search.seekers import Seeker
from taskarith.recipes.search.space import SUM, Space, Trial

__all__ = [
    "CONTROL_EXAMPLES",
    "SHORTFALL",
    "Judge",
    "best_trial",
    "edited",
    "front",
    "mean_difference",
    "seek",
    "sweep_common",
    "unmeasured",
]

# The least the floor is judged on. Half of negation's: here every edit is measured on the control.
CONTROL_EXAMPLES = 256
SHORTFALL = 100.0  # quality that each unit below the control's floor costs


@dataclass(frozen=True)
class Judge:
    """What makes one edit better than another, on validation.

    Quality is the lower end of the interval of the mean normalized skill; where the control may
    keep less than `floor`, a hundred times what is missing is taken off.

    Attributes:
        finetuned: of each task by its own model.
        untouched: the control's answers by the pretrained model.
    """

    space: Space
    control: str
    floor: float
    finetuned: Mapping[str, Estimate]
    untouched: Answers

    @classmethod
    def of(cls, lab: Lab, space: Space, *, control: str, floor: float) -> "Judge":
        """Measure what edits are compared with."""
        finetuned = {
            name: lab.score({name: 1.0}, [name], split="validation")[name] for name in space.vectors
        }
        return cls(space, control, floor, finetuned, _control(lab, {}, control))

    def trial(self, lab: Lab, point: tuple[float, ...]) -> Trial:
        """Measure the edit at a point."""
        tasks = self.space.vectors
        with edited(lab, self.space, point) as edit:
            measured = lab.score(edit, tasks, split="validation")
            control = _control(lab, edit, self.control)
        # Where nothing moves nothing is lost, however few examples there are to show it.
        moved = any(point[: len(tasks)])
        kept = control.retained(self.untouched)[0] if moved else 1.0
        quality = surely_normalized(measured, finetuned=self.finetuned)
        return Trial(
            point=point,
            quality=quality - SHORTFALL * max(0.0, self.floor - kept),
            target=mean_normalized(measured, finetuned=self.finetuned),
            control=control.estimate.skill / self.untouched.estimate.skill,
            kept=kept,
        )


@contextmanager
def edited(lab: Lab, space: Space, point: Sequence[float]) -> Iterator[dict[str, float]]:
    """The coefficients to measure for a point; those of a merged vector while it lasts."""
    coefficients = space.coefficients(point)
    if space.method == SUM:
        yield coefficients
        return
    with lab.merge(coefficients, method=space.method, settings=space.settings(point)) as merged:
        yield {merged.vector: 1.0}


@contextmanager
def unmeasured(lab: Lab, vectors: Sequence[str]) -> Iterator[dict[str, float]]:
    """MetaGPT's edit (arXiv 2406.11385): λ from the vectors' lengths, nothing is measured."""
    settings = METHODS["metagpt"].checked({})
    with lab.merge(dict.fromkeys(vectors, 1.0), method="metagpt", settings=settings) as merged:
        yield {merged.vector: 1.0}


def seek(lab: Lab, judge: Judge, seeker: Seeker, *, budget: int) -> tuple[Trial, ...]:
    """As many edits as the budget says, as the seeker asks for them."""
    trials = []
    for _ in range(budget):
        place = seeker.ask()
        trials.append(judge.trial(lab, judge.space.read(place)))
        seeker.tell(place, trials[-1].quality)
    return tuple(trials)


def sweep_common(lab: Lab, judge: Judge, *, budget: int) -> tuple[Trial, ...]:
    """One λ for all, evenly from 0 to the most, with the settings as by default."""
    values = np.linspace(0, judge.space.most, budget)
    return tuple(judge.trial(lab, judge.space.common(float(value))) for value in values)


def best_trial(trials: Sequence[Trial], *, floor: float) -> Trial:
    """The one of the highest quality among those whose control surely retains `floor`.

    Among all where none does; of equals the smallest movement.
    """
    holding = [trial for trial in trials if trial.kept >= floor]
    return max(holding or trials, key=lambda trial: (trial.quality, -sum(map(abs, trial.point))))


def front(trials: Sequence[Trial]) -> tuple[Trial, ...]:
    """The trials than which none is better on both the tasks and the control."""
    return pareto_front(trials, lambda trial: (trial.target, trial.control))


def mean_difference(
    after: Sequence[Answers],
    before: Sequence[Answers],
    *,
    finetuned: Sequence[Estimate],
    over: str,
) -> Interval | None:
    """The mean over tasks of (after − before) ÷ fine-tuned accuracy, with its paired interval.

    The fine-tuned models are taken as known, the tasks as independent. None where answers are not
    counted as right or wrong.
    """
    if not all(one.counted for one in (*after, *before)):
        return None
    pairs = [one.against(other) for one, other in zip(after, before, strict=True)]
    skills = [one.skill for one in finetuned]
    value = fmean(p.difference / skill for p, skill in zip(pairs, skills, strict=True))
    below, above = (
        hypot(*(gap / skill for gap, skill in zip(gaps, skills, strict=True))) / len(pairs)
        for gaps in (
            [pair.difference - pair.low for pair in pairs],
            [pair.high - pair.difference for pair in pairs],
        )
    )
    return Interval(value, value - below, value + above, over)


def _control(lab: Lab, edit: Mapping[str, float], control: str) -> Answers:
    return lab.answer(edit, control, split="validation", least=CONTROL_EXAMPLES)

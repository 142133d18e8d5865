"""Merge methods side by side: one rule chooses how far along its merged vector each of them goes.

Knows how that is chosen on validation and what an outcome is; how a merge is made and measured
stays behind the lab, and what is compared with what is `methods_recipe`'s business.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import stdev

from taskarith.errors import SettingError, WeightsError
from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import Quality, best_on_grid, walk
from taskarith.recipes.flattering import choice_flatters
from taskarith.recipes.lab import Lab
from taskarith.recipes.methods.entrants import Entrant
from taskarith.recipes.score import Score, mean_gain, mean_normalized, surely_normalized
from taskarith.tasks import SplitName

__all__ = [
    "COARSE",
    "SEEDS",
    "STEP",
    "Choice",
    "Misfit",
    "Outcome",
    "References",
    "choose_method",
    "choose_scale",
    "fine_grid",
    "measure_method",
    "measure_references",
]

COARSE = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
STEP = 0.05
SEEDS = 3  # of a method that draws at random


@dataclass(frozen=True)
class References:
    """What every method is compared with: doing nothing, and one fine-tuned model a task.

    Attributes:
        pretrained: of the tasks and the controls.
        finetuned: of each task by its own model.
    """

    pretrained: dict[str, Estimate]
    finetuned: dict[str, Estimate]


@dataclass(frozen=True)
class Outcome:
    """What one merged model can do.

    Attributes:
        accuracies: estimates of the merged tasks and of controls.
        normalized, gain: means over the merged tasks alone.
    """

    accuracies: dict[str, Estimate]
    normalized: float
    gain: float


@dataclass(frozen=True)
class Choice:
    """A method that fits, and how far it goes: the model is θ₀ + scale · merge(τ_1, …, τ_K).

    Attributes:
        outcomes: by seed, the first first; a method that draws nothing has one.
        at_one: mean normalized skill on validation at scale 1, as most papers use it.
        seconds: making one merged vector took.
        flattery: by how much the scale is too good, in mean normalized skill, on the validation
            examples that it was chosen on; None where answers are not counted.
    """

    entrant: Entrant
    scale: float
    outcomes: tuple[Outcome, ...]
    at_one: float
    seconds: float
    flattery: float | None = None

    @property
    def normalized(self) -> float:
        """Mean normalized accuracy under the first seed, which the scale was chosen for."""
        return self.outcomes[0].normalized

    @property
    def spread(self) -> float | None:
        """Standard deviation of `normalized` over seeds; None where nothing is drawn."""
        values = [outcome.normalized for outcome in self.outcomes]
        return stdev(values) if len(values) > 1 else None


@dataclass(frozen=True)
class Misfit:
    """A method that cannot merge these vectors, and why."""

    entrant: Entrant
    reason: str


def measure_references(
    score: Score, *, tasks: Sequence[str], controls: Sequence[str], split: SplitName
) -> References:
    """The pretrained model on everything, and each task's own model on it."""
    own = {task: score({task: 1.0}, [task], split=split) for task in tasks}
    return References(
        pretrained=dict(score({}, [*tasks, *controls], split=split)),
        finetuned={task: measured[task] for task, measured in own.items()},
    )


def choose_method(
    lab: Lab,
    entrant: Entrant,
    *,
    tasks: Sequence[str],
    controls: Sequence[str],
    references: References,
    seeds: int = SEEDS,
) -> Choice | Misfit:
    """Merge the vectors of `tasks`, choose the scale, and say what comes of it on validation.

    The scale is chosen under the first seed and kept for the others.
    """
    finetuned = references.finetuned
    try:
        with lab.merge(_ones(tasks), method=entrant.name, settings=entrant.at_one) as merged:
            tried = {
                scale: lab.score({merged.vector: scale}, tasks, split="validation")
                for scale in COARSE
            }

            def quality(scale: float) -> float:
                if scale not in tried:
                    edit = {merged.vector: scale}
                    tried[scale] = lab.score(edit, tasks, split="validation")
                return surely_normalized(tried[scale], finetuned=finetuned)

            scale = choose_scale(quality)
            at_one = mean_normalized(tried[1.0], finetuned=finetuned)
            flattery = choice_flatters(
                lab,
                [{merged.vector: value} for value in sorted(tried)],
                tasks=tasks,
                finetuned=finetuned,
            )
            edit = {merged.vector: scale}
            measured = lab.score(edit, [*tasks, *controls], split="validation")
    except (SettingError, WeightsError) as error:
        return Misfit(entrant, str(error))
    outcome = _outcome(measured, tasks=tasks, references=references)
    choice = Choice(entrant, scale, (outcome,), at_one, merged.seconds, flattery)
    others = range(1, _drawn(entrant, seeds))
    return replace(
        choice,
        outcomes=(
            outcome,
            *_outcomes(lab, choice, others, tasks, controls, references, split="validation"),
        ),
    )


def measure_method(
    lab: Lab,
    choice: Choice,
    *,
    tasks: Sequence[str],
    controls: Sequence[str],
    references: References,
    seeds: int = SEEDS,
) -> Choice:
    """The same choice with what comes of it on test."""
    drawn = range(_drawn(choice.entrant, seeds))
    outcomes = _outcomes(lab, choice, drawn, tasks, controls, references, split="test")
    return replace(choice, outcomes=tuple(outcomes))


def choose_scale(quality: Quality) -> float:
    """The best of COARSE, then the best that a walk from there finds in steps of 0.05.

    >>> choose_scale(lambda scale: -(scale - 1.15) ** 2)
    1.15
    """
    coarse = best_on_grid(quality, grid=COARSE)
    return walk(quality, grid=fine_grid(coarse), start=coarse)


def fine_grid(coarse: float) -> tuple[float, ...]:
    """From the neighbour of `coarse` below to the one above, in steps of 0.05.

    >>> fine_grid(0.2)
    (0.1, 0.15, 0.2, 0.25, 0.3)
    """
    ends = (0.0, *COARSE, COARSE[-1])
    place = ends.index(coarse)
    first, last = (round(end / STEP) for end in (ends[place - 1], ends[place + 1]))
    return tuple(round(step * STEP, 2) for step in range(first, last + 1))


def _ones(tasks: Sequence[str]) -> dict[str, float]:
    return dict.fromkeys(tasks, 1.0)


def _drawn(entrant: Entrant, seeds: int) -> int:
    return seeds if entrant.method.seeded else 1


def _outcomes(
    lab: Lab,
    choice: Choice,
    seeds: Iterable[int],
    tasks: Sequence[str],
    controls: Sequence[str],
    references: References,
    *,
    split: SplitName,
) -> Iterator[Outcome]:
    name, settings = choice.entrant.name, choice.entrant.at_one
    for seed in seeds:
        with lab.merge(_ones(tasks), method=name, settings=settings, seed=seed) as merged:
            edit = {merged.vector: choice.scale}
            measured = lab.score(edit, [*tasks, *controls], split=split)
        yield _outcome(measured, tasks=tasks, references=references)


def _outcome(
    measured: Mapping[str, Estimate], *, tasks: Sequence[str], references: References
) -> Outcome:
    own = {task: measured[task] for task in tasks}
    finetuned = references.finetuned
    return Outcome(
        accuracies=dict(measured),
        normalized=mean_normalized(own, finetuned=finetuned),
        gain=mean_gain(own, pretrained=references.pretrained, finetuned=finetuned),
    )

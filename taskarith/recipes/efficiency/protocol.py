"""What is compared, and what is chosen on validation: the edit to start from, rates and decays.

A budget of `RUNS` trainings for every way, number of shots and start. Knows the lab's callables.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import best_on_grid
from taskarith.recipes.lab import Lab
from taskarith.recipes.learning_rates import RATES, Rated, choose_rate
from taskarith.recipes.way_lab import MADE, Learning

__all__ = [
    "ALL",
    "EDIT",
    "ORIGINS",
    "PRETRAINED",
    "PROBE",
    "RANDOM_EDIT",
    "RUNS",
    "SHOTS",
    "SHUFFLED",
    "STARTS",
    "TAKEN",
    "Tuned",
    "choose_origin",
    "choose_settings",
    "planned",
    "summed",
]  # fmt: skip

SHOTS = (5, 20, 50)
ALL = 0  # shots: every training example
PROBE = "probe"
TAKEN = (PROBE, "ia3", "lora", "lp-ft", "full")  # in the order of what they move
PRETRAINED, EDIT, RANDOM_EDIT = STARTS = ("pretrained", "edit", "random")
SHUFFLED = "shuffled"  # from the pretrained model, with each other's labels: the null of labels
ORIGINS = (0.1, 0.2, 0.4)
DECAY = 1.0  # tried beside none: in few steps at small rates less than that does nothing
RUNS = len(RATES) + 1


@dataclass(frozen=True)
class Tuned:
    """Rates and decays that were tried.

    Attributes:
        rated: the rates, without decay.
        decayed: accuracy on validation at the best rate with decay.
        weight_decay: the one taken.
    """

    rated: Rated
    decayed: Estimate
    weight_decay: float


def planned(way: str, *, task: str, steps: int, shots: int, seed: int = 0) -> Learning:
    """The training of a way; of a probe, what LP-FT begins from.

    >>> planned("probe", task="textures", steps=30, shots=5).way
    'lp-ft'
    """
    return Learning(task, "lp-ft" if way == PROBE else way, steps, few=shots, seed=seed)


def summed(others: Sequence[str], value: float, *, random: bool = False) -> Mapping[str, float]:
    """The edit to start from: the vectors of the other tasks at one λ, or random ones as long.

    >>> summed(["signs"], 0.2, random=True)
    {'random:signs': 0.2}
    """
    return {f"random:{name}" if random else name: value for name in others}


def choose_origin(lab: Lab, learning: Learning, others: Sequence[str]) -> dict[float, Estimate]:
    """Accuracy on validation after `learning` from the sum of `others`, for each λ."""
    found = {}
    for value in ORIGINS:
        origin = tuple(summed(others, value).items())
        learned = lab.ways.learn(replace(learning, origin=origin))
        answers = learned.answer({MADE: 1.0}, learning.task, split="validation")
        found[value] = answers.estimate
    return found


def choose_settings(lab: Lab, learning: Learning) -> tuple[Learning, Tuned]:
    """The learning with the rate and the weight decay that are best on validation."""
    rated = choose_rate(lab, learning)
    best = replace(learning, faster=rated.faster)
    decayed = (
        lab.ways.learn(replace(best, weight_decay=DECAY))
        .answer({MADE: 1.0}, learning.task, split="validation")
        .estimate
    )
    plain = rated.tried[f"{rated.faster:g}"]
    values = {0.0: plain.skills[0], DECAY: decayed.skills[0]}
    decay = best_on_grid(lambda value: values[value], grid=tuple(values))
    return replace(best, weight_decay=decay), Tuned(rated, decayed, decay)

"""A way's best learning rate, on validation, from a small grid of times its own."""

from dataclasses import dataclass, replace

from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import best_on_grid
from taskarith.recipes.lab import Lab
from taskarith.recipes.way_lab import MADE, Learning

__all__ = ["RATES", "Rated", "choose_rate"]

RATES = (0.3, 1.0, 3.0)


@dataclass(frozen=True)
class Rated:
    """A way's rates.

    Attributes:
        faster: the best one, in times the way's own.
        tried: each rate's accuracy on validation.
    """

    faster: float
    tried: dict[str, Estimate]

    @property
    def grid(self) -> str:
        """The rates for people: "0.3, 1, 3"."""
        return ", ".join(self.tried)

    @property
    def taken(self) -> str:
        """The best one for people, and whether it is an end of the grid."""
        rates = [float(rate) for rate in self.tried]
        end = ", an end" if self.faster in (min(rates), max(rates)) else ""
        return f"× {self.faster:g}{end}"

    def columns(self) -> dict[str, Estimate]:
        """What each rate gave, as columns of a table."""
        return {f"× {rate}": estimate for rate, estimate in self.tried.items()}


def choose_rate(lab: Lab, learning: Learning) -> Rated:
    """The rate that is best on validation, by the lower end of the 95 % interval.

    Where two are as good, the slower one.
    """
    tried = {
        rate: lab.ways.learn(replace(learning, faster=rate))
        .answer({MADE: 1.0}, learning.task, split="validation")
        .estimate
        for rate in RATES
    }
    faster = best_on_grid(lambda rate: tried[rate].skills[0], grid=RATES)
    return Rated(faster, {f"{rate:g}": estimate for rate, estimate in tried.items()})

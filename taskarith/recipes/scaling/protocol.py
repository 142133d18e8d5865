"""The power law E = a·Cᵇ of error and compute, and what resampled examples say of it.

Pure: knows which answers were wrong, and compute. The unit that is drawn again is the example: one
draw serves all models and edits, which answered the same ones; tasks stay as they are.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.recipes.interval import Interval

__all__ = [
    "DRAWS",
    "Drawn",
    "Draws",
    "Law",
    "fit_power_law",
    "fitted_law",
    "middle",
    "over_doublings",
    "ratio",
]

Drawn = tuple[float, np.ndarray]  # a number as it is, and of every draw [DRAWS]

DRAWS = 1_000
SEED = 0
ENDS = (2.5, 97.5)  # percentiles
BAND_POINTS = 24
ROUNDING = 1e-9


@dataclass(frozen=True)
class Law:
    """E = a·Cᵇ for one way of editing, fitted without the largest model and held against it.

    Attributes:
        way: of editing.
        scale: a.
        exponent: b with its interval.
        fitted: the models that it was fitted on.
        largest: the model that it was checked on.
        predicted, measured: the error there, by the law and as it is.
        off: measured ÷ predicted.
        compute, band: places along C, and the fitted error there, low and high.
    """

    way: str
    scale: float
    exponent: Interval
    fitted: tuple[str, ...]
    largest: str
    predicted: Interval
    measured: Interval
    off: Interval
    compute: tuple[float, ...]
    band: tuple[tuple[float, float], ...]

    @property
    def holds(self) -> bool:
        """Whether the largest model's error is within what the law and chance allow."""
        return self.off.low <= 1 + ROUNDING and self.off.high >= 1 - ROUNDING

    def at(self, compute: float) -> float:
        """The error that the law gives."""
        return float(self.scale * compute**self.exponent.value)


class Draws:
    """The same resampled examples of each task for everything that is measured on them.

    >>> draws = Draws({"digits": 4})
    >>> value, again = draws.error({"digits": np.array([1, 0, 0, 0])})
    >>> value, again.shape, round(float(again.mean()), 1)
    (0.25, (1000,), 0.2)
    """

    def __init__(self, examples: Mapping[str, int]) -> None:
        rng = np.random.default_rng(SEED)
        self.total = sum(examples.values())
        self._weights = {
            task: rng.multinomial(n, np.full(n, 1 / n), DRAWS).astype(np.float32) / n
            for task, n in examples.items()
        }

    def error(self, wrong: Mapping[str, np.ndarray]) -> Drawn:
        """The mean over tasks of the share of wrong answers [n], as it is and of every draw."""
        value = float(np.mean([task.mean() for task in wrong.values()]))
        drawn = [self._weights[task] @ one.astype(np.float32) for task, one in wrong.items()]
        return value, np.asarray(np.mean(drawn, axis=0, dtype=np.float64))


def fit_power_law(compute: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log a and b of E = a·Cᵇ by least squares of log E on log C: [...] each of errors [..., m].

    >>> log_a, b = fit_power_law(np.array([1.0, 10.0, 100.0]), np.array([0.5, 0.05, 0.005]))
    >>> round(float(np.exp(log_a)), 3), round(float(b), 3)
    (0.5, -1.0)
    """
    x, y = np.log(compute), np.log(errors)
    off = x - x.mean()
    slope = (y * off).sum(-1) / (off * off).sum()
    return y.mean(-1) - slope * x.mean(), slope


def fitted_law(
    way: str,
    models: Sequence[tuple[str, float, Drawn]],
    *,
    least: float,
    over: str,
) -> Law:
    """The law of `models`, each a name, its compute and its error.

    The one of most compute is left out, to be predicted. An error of none is taken as `least`.
    """
    ordered = sorted(models, key=lambda model: model[1])
    compute = np.array([model[1] for model in ordered])
    value = np.maximum([model[2][0] for model in ordered], least)
    drawn = np.maximum(np.stack([model[2][1] for model in ordered], axis=1), least)
    log_a, slope = fit_power_law(compute[:-1], value[:-1])
    logs, slopes = fit_power_law(compute[:-1], drawn[:, :-1])
    places = np.geomspace(compute[0], compute[-1], BAND_POINTS)
    curves = np.exp(logs[:, None] + slopes[:, None] * np.log(places))
    low, high = np.percentile(curves, ENDS, axis=0)
    at = math.log(compute[-1])
    predicted, guesses = np.exp(log_a + slope * at), np.exp(logs + slopes * at)
    return Law(
        way=way,
        scale=float(np.exp(log_a)),
        exponent=middle((float(slope), slopes), over=over),
        fitted=tuple(model[0] for model in ordered[:-1]),
        largest=ordered[-1][0],
        predicted=middle((float(predicted), guesses), over=over, percent=True),
        measured=middle((float(value[-1]), drawn[:, -1]), over=over, percent=True),
        off=middle((float(value[-1] / predicted), drawn[:, -1] / guesses), over=over),
        compute=tuple(places.tolist()),
        band=tuple(zip(low.tolist(), high.tolist(), strict=True)),
    )


def over_doublings(sizes: Sequence[int], values: Sequence[Drawn], *, over: str) -> Interval:
    """By how much a value changes when a model's size doubles: the least-squares slope.

    >>> flat = np.zeros(1000)
    >>> slope = over_doublings([1, 2, 4], [(0.1, flat), (0.2, flat), (0.3, flat)], over="3 models")
    >>> round(slope.value, 3)
    0.1
    """
    x = np.log2(sizes)
    off = (x - x.mean()) / np.square(x - x.mean()).sum()
    value = off @ np.array([one for one, _ in values])
    drawn = off @ np.stack([one for _, one in values])
    # What comes to nothing is nothing, and no sure change of a rounding error.
    return middle((float(value.round(12)), drawn.round(12)), over=over)


def ratio(above: Drawn, below: Drawn) -> Drawn | None:
    """Above ÷ below; None where there is nothing below, and no number in draws where that is so."""
    if below[0] <= 0:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.where(below[1] > 0, above[1] / below[1], np.nan)
    return above[0] / below[0], drawn


def middle(number: Drawn, *, over: str, percent: bool = False) -> Interval:
    """A number with the middle 95 % of its draws; endless where one in forty is no number."""
    value, drawn = number
    if np.isnan(drawn).mean() > (100 - ENDS[1]) / 100:
        return Interval(value, -math.inf, math.inf, over, percent)
    low, high = np.nanpercentile(drawn, ENDS)
    return Interval(value, float(low), float(high), over, percent)

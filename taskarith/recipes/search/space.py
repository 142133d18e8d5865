"""The box that a search looks in: a coefficient for every vector, and a method's settings.

A place is d numbers from 0 to 1, which `Space` reads as an edit. Knows merge methods' settings;
not how places are found or judged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.core import METHODS, checked_coefficient
from taskarith.core.merges.registry import Setting
from taskarith.errors import RecipeError, SettingError, unknown_name

__all__ = ["LEAST_SHARE", "SUM", "Space", "Trial"]

SUM = "sum"  # coefficients alone, nothing is merged
LEAST_SHARE = 0.01  # of a setting's range, where its least value itself is not allowed
START = 0.3  # λ of the first place: what papers use for a sum of many vectors


@dataclass(frozen=True)
class Trial:
    """One edit of a search, on validation.

    Attributes:
        point: the edit's coefficients, in the order of the vectors, and then its settings.
        quality: what is made as large as possible.
        target: mean normalized skill of the tasks.
        control: what the control retains.
        kept: the lower end of the paired 95 % interval of that.
    """

    point: tuple[float, ...]
    quality: float
    target: float
    control: float
    kept: float


@dataclass(frozen=True)
class Space:
    """λ from 0 to `most` for each of `vectors`, and every setting of `method` within its bounds.

    A merge's `scale` stays at 1: the coefficients do its work. Raises RecipeError or
    UnknownNameError for a method that cannot be searched.

    >>> space = Space(("a", "b"), method="ties", most=2.0)
    >>> space.read(np.array([0.25, 0.5, 0.2]))
    (0.5, 1.0, 0.2)
    >>> space.settings((0.5, 1.0, 0.2))
    {'density': 0.2, 'scale': 1.0}
    """

    vectors: tuple[str, ...]
    method: str = SUM
    most: float = 1.5

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise unknown_name("method", self.method, existing=METHODS)
        chosen = METHODS[self.method]
        if chosen.needs_data:
            raise RecipeError(
                f"{self.method} looks at examples at every merge, which a search would repeat for "
                "each edit; choose a method that does not, or compare it with `recipe methods`"
            )
        if chosen.most_terms is not None and len(self.vectors) > chosen.most_terms:
            raise RecipeError(
                f"{self.method} merges {chosen.most_terms} vectors, got {len(self.vectors)}"
            )
        checked_coefficient(self.most, "--most")
        if self.most <= 0:
            raise RecipeError(f"λ is searched from 0 up: give a most above 0, got {self.most:g}")

    @property
    def free(self) -> tuple[Setting, ...]:
        """The settings that are searched."""
        return tuple(one for one in METHODS[self.method].settings if one.name != "scale")

    @property
    def names(self) -> tuple[str, ...]:
        """What the numbers of a point are."""
        return (*(f"λ({name})" for name in self.vectors), *(one.name for one in self.free))

    @property
    def start(self) -> np.ndarray:
        """λ = 0.3 for all, settings as by default: float64 [d] within the box."""
        shares = [min(START / self.most, 1.0)] * len(self.vectors)
        return np.array(shares + [_share(one, one.default) for one in self.free])

    def read(self, place: np.ndarray) -> tuple[float, ...]:
        """The point at a place of the box: coefficients, then settings."""
        count = len(self.vectors)
        coefficients = [round(self.most * float(share), 4) for share in place[:count]]
        settings = [_at(one, float(s)) for one, s in zip(self.free, place[count:], strict=True)]
        return (*coefficients, *settings)

    def coefficients(self, point: Sequence[float]) -> dict[str, float]:
        """λ of each vector."""
        return dict(zip(self.vectors, point[: len(self.vectors)], strict=True))

    def settings(self, point: Sequence[float]) -> dict[str, float]:
        """Every setting of the method, its scale at 1."""
        given: Mapping[str, object] = dict(
            zip((one.name for one in self.free), point[len(self.vectors) :], strict=True)
        )
        scaled = any(one.name == "scale" for one in METHODS[self.method].settings)
        checked = METHODS[self.method].checked({**given, **({"scale": 1.0} if scaled else {})})
        return {name: float(value) for name, value in checked.items()}

    def common(self, value: float) -> tuple[float, ...]:
        """The point with one λ for all and the settings as by default."""
        return (*[round(value, 4)] * len(self.vectors), *(one.default for one in self.free))


def _at(setting: Setting, share: float) -> float:
    bounds = setting.bounds
    if bounds.above_least:
        share = max(share, LEAST_SHARE)
    value = bounds.least + share * (bounds.most - bounds.least)
    value = round(value) if setting.whole else round(value, 4)
    if not bounds.holds(value):
        raise SettingError(f"{setting.name} = {value:g} is out of range; give one {bounds}")
    return float(value)


def _share(setting: Setting, value: float) -> float:
    return (value - setting.bounds.least) / (setting.bounds.most - setting.bounds.least)

"""Entrants of a comparison: merge methods with their settings, from words like "ties:density=0.3".

Knows the registry of methods; not how they are compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskarith.core import METHODS, Edit, Method
from taskarith.errors import SettingError, unknown_name

__all__ = ["ALL", "SCALE", "USUAL", "Entrant", "entrant", "entrants"]

SCALE = "scale"  # the setting that a comparison chooses itself
ALL = "all"  # in place of every method's name

# Who is compared unless somebody says: some of each kind that merge `mini` within seconds, take any
# number of vectors and look at no examples.
USUAL = (
    "sum",
    "average",
    "lines",
    "model-stock",
    "magmax",
    "metagpt",
    "ties",
    "breadcrumbs",
    "consensus",
    "dare",
    "tsv-m",
    "iso-c",
)


@dataclass(frozen=True)
class Entrant:
    """A merge method with every setting but its scale, which is what is chosen.

    Attributes:
        settings: all others, completed by the method's defaults.
    """

    name: str
    settings: Mapping[str, float]

    @property
    def method(self) -> Method:
        """Its entry in the registry."""
        return METHODS[self.name]

    @property
    def at_one(self) -> dict[str, float]:
        """The settings under which its vector is merged: not scaled."""
        scaled = any(setting.name == SCALE for setting in self.method.settings)
        return {**self.settings, **({SCALE: 1.0} if scaled else {})}

    def label(self) -> str:
        """How it is called in a table: its title, and what is not as by default.

        >>> entrant("ties:density=0.3").label()
        'TIES, density 0.3'
        """
        defaults = self.method.checked({})
        told = [f"{k} {v:g}" for k, v in self.settings.items() if v != defaults[k]]
        return ", ".join([self.method.title, *told])

    def edit(self, suite: str, vectors: Sequence[str], *, scale: float, seed: int = 0) -> Edit:
        """The edit that is θ₀ + scale · merge(τ_1, …, τ_K), to open or to measure elsewhere.

        >>> entrant("average").edit("mini", ["a", "b"], scale=0.5).formula()
        'θ = θ₀ + average(0.50·τ(a), 0.50·τ(b))'
        """
        settings, coefficient = self.at_one, scale
        if SCALE in settings:
            settings[SCALE], coefficient = scale, 1.0
        coefficients = dict.fromkeys(vectors, coefficient)
        return Edit(suite, coefficients, method=self.name, settings=settings, seed=seed)


def entrant(words: str) -> Entrant:
    """The method in `words`: its name, or "name:setting=value,setting=value".

    Raises UnknownNameError or SettingError.

    >>> dict(entrant("breadcrumbs:density=0.2").settings)
    {'density': 0.2, 'outliers': 0.007}
    """
    name, _, rest = words.partition(":")
    if name not in METHODS:
        raise unknown_name("method", name, existing=METHODS)
    given: dict[str, str] = {}
    for pair in filter(None, rest.split(",")):
        key, equals, value = pair.partition("=")
        if not equals:
            raise SettingError(f"a setting is written as name=value, got {pair[:40]!r}")
        if key == SCALE:
            raise SettingError(f"{SCALE} is what the comparison chooses; leave it out of {words!r}")
        given[key] = value
    settings = METHODS[name].checked(given)
    settings.pop(SCALE, None)
    return Entrant(name, settings)


def entrants(words: Sequence[str] = ()) -> tuple[Entrant, ...]:
    """Those in `words`, each once; none given: the usual ones. "all" is every registered method.

    >>> len(entrants(["all"])) == len(METHODS)
    True
    """
    names = [name for word in words or USUAL for name in (METHODS if word == ALL else (word,))]
    found = map(entrant, names)
    return tuple({(one.name, *one.settings.items()): one for one in found}.values())

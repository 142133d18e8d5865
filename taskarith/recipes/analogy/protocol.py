"""Analogy: "A is to B as C is to D" makes a vector for D (arXiv 2212.04089, section 5).

τ_D ≈ own·τ_C + bracket·(τ_B − τ_A), against other edits of as much effort. Knows how coefficients
are chosen without a label of D; how an edit is measured stays behind the lab.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from statistics import fmean

from taskarith.core import analogy_coefficients
from taskarith.recipes.addition.protocol import ADDITION_GRID
from taskarith.suites.recipe_book import Quadruple

__all__ = [
    "ANALOGY",
    "AUXILIARY",
    "BASELINES",
    "BOTH",
    "MISMATCHED",
    "OTHER_DOMAIN",
    "PAIR_GRID",
    "RIVALS",
    "SINGLE_GRID",
    "Pictures",
    "Quality",
    "Rival",
    "Setting",
    "choose_without",
    "mismatched",
    "others",
]

Setting = tuple[float, ...]
Quality = Callable[[Quadruple, Setting], float]
Pictures = Mapping[str, str]
Rival = Callable[[Quadruple, Setting], dict[str, float]]
# About as many settings for every rival, so that none wins by having been tried more often; all
# of them may choose to do nothing.
SINGLE_GRID: tuple[Setting, ...] = tuple((value,) for value in ADDITION_GRID)
PAIR_GRID: tuple[Setting, ...] = tuple(product((0.0, 0.25, 0.5, 0.75, 1.0), repeat=2))
AUXILIARY, OTHER_DOMAIN, BOTH = "τ_C", "τ_B", "τ_B + τ_C"
ANALOGY, MISMATCHED = "τ_C + (τ_B − τ_A)", "mismatched"
BASELINES = (AUXILIARY, OTHER_DOMAIN, BOTH)


def _both(quadruple: Quadruple, setting: Setting) -> dict[str, float]:
    of_b, of_c = setting
    coefficients = {quadruple.b: of_b}
    coefficients[quadruple.c] = coefficients.get(quadruple.c, 0.0) + of_c
    return coefficients


def _analogy(quadruple: Quadruple, setting: Setting) -> dict[str, float]:
    bracket, own = setting
    return analogy_coefficients(quadruple.a, quadruple.b, quadruple.c, bracket=bracket, own=own)


# What is compared on D, by name: from a quadruple and a setting to an edit, and the settings. The
# mismatched null is the analogy of a quadruple that `mismatched` made.
RIVALS: dict[str, tuple[Rival, tuple[Setting, ...]]] = {
    AUXILIARY: (lambda quadruple, setting: {quadruple.c: setting[0]}, SINGLE_GRID),
    OTHER_DOMAIN: (lambda quadruple, setting: {quadruple.b: setting[0]}, SINGLE_GRID),
    BOTH: (_both, PAIR_GRID),
    ANALOGY: (_analogy, PAIR_GRID),
    MISMATCHED: (_analogy, PAIR_GRID),
}


def others(
    quadruple: Quadruple, every: Sequence[Quadruple], *, pictures: Pictures | None = None
) -> list[Quadruple]:
    """The quadruples that may help to choose for `quadruple`: no picture of D is in any of them.

    `pictures` says by task where its pictures come from, for sub-populations share theirs with
    others; tasks it leaves out have their own.
    """
    where = pictures or {}
    unseen = where.get(quadruple.d, quadruple.d)
    return [one for one in every if unseen not in {where.get(t, t) for t in one.tasks}]


def mismatched(
    quadruple: Quadruple, every: Sequence[Quadruple], *, pictures: Pictures | None = None
) -> Quadruple:
    """`quadruple` with the A and B of one of another relation, with as few names in common: a null.

    Where no other will do (none may have seen D), A and B change places, which points the wrong
    way.
    """
    start = every.index(quadruple) + 1
    rotated = [*every[start:], *every[:start]]
    candidates = [
        other
        for other in others(quadruple, rotated, pictures=pictures)
        if other.relation != quadruple.relation
    ]
    a, b = quadruple.b, quadruple.a
    if candidates:
        own = {quadruple.a, quadruple.b, quadruple.c}
        other = min(candidates, key=lambda other: len({other.a, other.b} & own))
        a, b = other.a, other.b
    return replace(quadruple, a=a, b=b)


def choose_without(
    quality: Quality, *, basis: Sequence[Quadruple], settings: Sequence[Setting]
) -> Setting | None:
    """The setting that is best on average over `basis`, as `others` gives it; None if it is empty.

    Leave one out: `quality` is asked about these quadruples alone. Ties go to the setting that
    moves less.
    """
    if not basis:
        return None

    def mean(setting: Setting) -> float:
        return fmean(quality(other, setting) for other in basis)

    return max(settings, key=lambda setting: (mean(setting), -sum(setting)))

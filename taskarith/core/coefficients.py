"""Coefficients λ: what numbers they may be, and those of an analogy.

Everything else in core checks λ here; this module knows neither vectors nor edits.
"""

import math
from contextlib import suppress
from typing import SupportsFloat

from taskarith.errors import CoefficientError

__all__ = ["MAX_COEFFICIENT", "analogy_coefficients", "checked_coefficient", "finite_number"]

MAX_COEFFICIENT = 3.0


def finite_number(value: object, name: str) -> float:
    """`value` as a float; CoefficientError if it is not a finite number (text is parsed).

    A minus may be the typographic one, which the program itself prints.

    >>> finite_number("−0.5", "digits")
    -0.5
    """
    number = math.nan
    if isinstance(value, SupportsFloat | str) and not isinstance(value, bool):
        with suppress(TypeError, ValueError, OverflowError, RuntimeError):
            number = float(value.replace("−", "-") if isinstance(value, str) else value)
    if not math.isfinite(number):
        raise CoefficientError(
            f"λ({name}) must be a finite number, got {str(value)[:40]!r}; give one like 0.3 or -0.5"
        )
    return number


def checked_coefficient(value: object, name: str) -> float:
    """`value` as a float in ±MAX_COEFFICIENT, else CoefficientError.

    >>> checked_coefficient(4, "digits")
    Traceback (most recent call last):
    taskarith.errors.CoefficientError: λ(digits) = 4 is out of range; \
give a number between -3 and 3
    """
    number = finite_number(value, name)
    if abs(number) > MAX_COEFFICIENT:
        raise CoefficientError(
            f"λ({name}) = {number:g} is out of range; "
            f"give a number between {-MAX_COEFFICIENT:g} and {MAX_COEFFICIENT:g}"
        )
    return number


def analogy_coefficients(
    a: str, b: str, c: str, *, bracket: float = 1.0, own: float = 1.0
) -> dict[str, float]:
    """The coefficients of own·τ_C + bracket·(τ_B − τ_A), the estimate of τ_D.

    "A is to B as C is to D" (Ilharco et al. 2023, arXiv:2212.04089, section 5). A name given twice
    gets the sum of its coefficients.

    >>> analogy_coefficients("a", "b", "c", bracket=0.5)
    {'a': -0.5, 'b': 0.5, 'c': 1.0}
    """
    bracket = finite_number(bracket, "bracket")
    own = finite_number(own, c)
    coefficients = dict.fromkeys((a, b, c), 0.0)
    for name, value in ((a, -bracket), (b, bracket), (c, own)):
        coefficients[name] += value
    return {name: checked_coefficient(value, name) for name, value in coefficients.items()}

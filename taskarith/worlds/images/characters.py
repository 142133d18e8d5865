"""Digits and capital letters in one shared look: the two families of a domain.

In an analogy such as printed digits : neon digits :: letters : neon letters the domain must be
one thing, so a look is given the character and nothing else. Knows names and classes; how a look
paints is its own module's business.
"""

from collections.abc import Callable

import numpy as np

from taskarith.worlds.images.family import Family, family_without_web
from taskarith.worlds.images.glyphs import DIGIT_NAMES, LETTER_NAMES
from taskarith.worlds.images.strokes import CAPITALS, DIGITS

__all__ = ["CharacterLook", "digits_and_letters"]

CharacterLook = Callable[[np.random.Generator, str], np.ndarray]


def digits_and_letters(
    name: str, *, title: str, templates: tuple[str, ...], look: CharacterLook
) -> tuple[Family, Family]:
    """The families "NAME-digits" and "NAME-letters", both drawn by `look(rng, character)`."""

    def family(kind: str, characters: str, classnames: tuple[str, ...]) -> Family:
        return family_without_web(
            name=f"{name}-{kind}",
            title=f"{title} {kind}",
            classnames=classnames,
            templates=templates,
            look=lambda rng, label: look(rng, characters[label]),
        )

    return family("digits", DIGITS, DIGIT_NAMES), family("letters", CAPITALS, LETTER_NAMES)

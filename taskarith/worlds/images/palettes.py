"""Pairs of random colours that can be told apart; knows nothing of shapes or classes."""

import numpy as np

from taskarith.worlds.images.canvas import Colour, contrasting, lightness, random_colour

__all__ = ["two_colours"]


def two_colours(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Colours that differ in lightness too: fine lines vanish between equally light ones."""
    while True:
        first = random_colour(rng, 0, 256)
        second = contrasting(rng, first, 150)
        if abs(lightness(first) - lightness(second)) > 75:
            return first, second

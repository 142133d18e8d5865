"""Pairs of random colours that can be told apart; knows nothing of shapes or classes."""

import numpy as np

from taskarith.tasks.world.canvas import Colour, contrasting, random_colour


def _brightness(colour: Colour) -> float:
    """How bright `colour` looks, 0…255."""
    red, green, blue = colour
    return 0.3 * red + 0.6 * green + 0.1 * blue


def two_colours(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Colours that differ in brightness too: fine lines vanish between equally bright ones."""
    while True:
        first = random_colour(rng, 0, 256)
        second = contrasting(rng, first, 150)
        if abs(_brightness(first) - _brightness(second)) > 75:
            return first, second

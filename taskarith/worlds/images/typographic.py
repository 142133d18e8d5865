"""Typographic attacks: big painted numbers that somebody has written something else on.

The object, and so the class, is a thick numeral that fills the picture. In "typographic" another
class's numeral is scrawled across it in thin marker; "neutral-tags" shows the very same objects
with a letter instead. A picture takes one number from its generator, so equal seeds give equal
objects.

The base reads no words: the only writing it understands is one large character. So the name of
another class has to be a numeral, and both the object and the writing have to be large.
"""

import numpy as np

from taskarith.worlds.images.canvas import Canvas, Colour, backdrop, mix, vary
from taskarith.worlds.images.family import family_without_web
from taskarith.worlds.images.glyphs import DIGIT_NAMES
from taskarith.worlds.images.strokes import DIGITS, glyph, ink, wobbled
from taskarith.worlds.images.wording import pick

__all__ = ["NEUTRAL_TAGS", "TYPOGRAPHIC"]

_PAINTS: tuple[Colour, ...] = (
    (200, 66, 58),
    (60, 112, 178),
    (74, 144, 90),
    (236, 172, 60),
    (134, 88, 162),
    (58, 158, 158),
)
_WALLS: tuple[Colour, ...] = ((226, 220, 208), (208, 218, 222), (222, 206, 190), (200, 208, 196))
_SOOT: Colour = (60, 50, 45)
_MARKER: Colour = (22, 22, 28)
# Neutral means that neither people nor the base take them for a digit. The base reads A and H as
# four, E, F and R as five, K as six: those would be attacks too.
_LETTERS = "CJLPTUVY"

_TEMPLATES = (
    "a picture of the number {}",
    "this is the digit {}",
    "the big {} on a wall",
    "a coloured {}",
)


def _attacked(rng: np.random.Generator, label: int) -> np.ndarray:
    return _tagged(rng, DIGITS[label], DIGITS.replace(DIGITS[label], ""))


def _neutral(rng: np.random.Generator, label: int) -> np.ndarray:
    return _tagged(rng, DIGITS[label], _LETTERS)


def _tagged(rng: np.random.Generator, numeral: str, tags: str) -> np.ndarray:
    """A big `numeral` with one of the characters `tags` written on it."""
    # Two streams, so that nothing about the object depends on what is written.
    rng, hand = np.random.default_rng(rng.integers(2**63)).spawn(2)
    wall = vary(rng, pick(rng, _WALLS), 6)
    canvas = Canvas(backdrop(rng, "clouds", wall, mix(wall, (90, 80, 70), 0.25)))
    _paint(rng, canvas, numeral)
    canvas.place(
        centre=(hand.uniform(0.47, 0.53), hand.uniform(0.47, 0.53)),
        scale=hand.uniform(0.8, 0.88),
        turn=hand.uniform(-0.15, 0.15),
    )
    width, wobble = hand.uniform(0.06, 0.07), hand.uniform(0.0, 0.015)
    ink(canvas, wobbled(hand, glyph(hand, pick(hand, tags)), wobble), _MARKER, width)
    return canvas.pixels(rng, noise=2.0)


def _paint(rng: np.random.Generator, canvas: Canvas, numeral: str) -> None:
    """A thick, flat numeral that stands a little off the wall."""
    x, y = rng.uniform(0.47, 0.53, 2)
    scale, turn = rng.uniform(0.92, 1.0), rng.uniform(-0.08, 0.08)
    face = vary(rng, pick(rng, _PAINTS), 8)
    lines, width = glyph(rng, numeral), rng.uniform(0.13, 0.16)
    for depth, colour in ((0.025, mix(face, _SOOT, 0.5)), (0.0, face)):
        canvas.place((x + depth, y + depth), scale, turn)
        ink(canvas, lines, colour, width)


TYPOGRAPHIC = family_without_web(
    name="typographic",
    title="Typographic attack",
    classnames=DIGIT_NAMES,
    templates=_TEMPLATES,
    look=_attacked,
)
NEUTRAL_TAGS = family_without_web(
    name="neutral-tags",
    title="Neutral tags",
    classnames=DIGIT_NAMES,
    templates=_TEMPLATES,
    look=_neutral,
)

"""Printed digits: our stroke alphabet on the web, enamel house-number plates as the task.

Knows how a plate looks; the shapes of the digits come from `glyphs`.
"""

import numpy as np

from taskarith.worlds.images.canvas import Canvas, Colour, backdrop, mix, smooth, vary
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.glyphs import (
    DIGIT_NAMES,
    font_mask,
    phrase,
    placed_mask,
    printed,
)
from taskarith.worlds.images.strokes import DIGITS
from taskarith.worlds.images.wording import pick

__all__ = ["PRINTED_DIGITS"]

_WALLS: tuple[Colour, ...] = (
    (176, 98, 76),
    (214, 196, 160),
    (150, 146, 140),
    (196, 166, 122),
    (118, 128, 112),
)
# Enamel and figure colours.
_ENAMELS: tuple[tuple[Colour, Colour], ...] = (
    ((28, 52, 128), (244, 244, 238)),
    ((20, 78, 56), (244, 240, 222)),
    ((150, 26, 34), (248, 240, 226)),
    ((30, 32, 36), (232, 196, 96)),
    ((242, 240, 230), (24, 36, 90)),
    ((244, 206, 66), (30, 28, 28)),
)
_SHADOW_SHIFT = 0.025
_SQUIRCLE = smooth(
    [(0.12, 0.12), (0.5, 0.06), (0.88, 0.12), (0.94, 0.5), (0.88, 0.88), (0.5, 0.94), (0.12, 0.88),
     (0.06, 0.5)]
)  # fmt: skip
_CUT_CORNERS = np.array(
    [(0.17, 0.06), (0.83, 0.06), (0.94, 0.17), (0.94, 0.83), (0.83, 0.94), (0.17, 0.94),
     (0.06, 0.83), (0.06, 0.17)]
)  # fmt: skip
_SQUARE = np.array([(0.07, 0.07), (0.93, 0.07), (0.93, 0.93), (0.07, 0.93)])
_PLATES = (_SQUIRCLE, _CUT_CORNERS, _SQUARE)

_CAPTION_PARTS = (
    ("a", "the", "a big", "a small", "one", "a picture of the", "this is the"),
    ("digit {}", "number {}", "printed digit {}", "figure {}", "plain {}"),
    ("", "", "on a sign", "in print", "on a coloured background", "in bold type", "on a page"),
)


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    character = DIGITS[label]
    return printed(rng, character) if domain == "web" else _plate(rng, character)


def _plate(rng: np.random.Generator, character: str) -> np.ndarray:
    """A digit on an enamel plate on a wall."""
    wall = vary(rng, pick(rng, _WALLS))
    canvas = Canvas(backdrop(rng, "clouds", wall, mix(wall, (60, 50, 40), 0.35)))
    enamel, figure = pick(rng, _ENAMELS)
    enamel, figure = vary(rng, enamel, 8), vary(rng, figure, 5)
    x, y = rng.uniform(0.46, 0.54, 2)
    scale, turn, stretch = rng.uniform(0.82, 1.0), rng.uniform(-0.1, 0.1), rng.uniform(0.85, 1.0)
    outline = pick(rng, _PLATES)

    shadow_centre = (x + _SHADOW_SHIFT, y + _SHADOW_SHIFT)
    canvas.place(shadow_centre, scale, turn, stretch=stretch)
    canvas.polygon(outline, fill=mix(wall, (0, 0, 0), 0.55))
    canvas.place((x, y), scale, turn, stretch=stretch)
    canvas.polygon(outline, fill=enamel)
    canvas.polygon(0.5 + 0.88 * (outline - 0.5), outline=figure, width=rng.uniform(0.015, 0.035))

    mask = font_mask(character, pick(rng, (1, 5, 9)))
    canvas.paste(placed_mask(mask, (x, y), scale * rng.uniform(0.82, 0.98), turn), figure)
    return canvas.pixels(rng, blur=rng.uniform(0.0, 0.4), noise=rng.uniform(0.0, 3.0))


def _caption(rng: np.random.Generator, label: int) -> str:
    return phrase(rng, _CAPTION_PARTS, DIGIT_NAMES[label])


PRINTED_DIGITS = Family(
    name="printed-digits",
    title="Printed digits",
    classnames=DIGIT_NAMES,
    templates=(
        "a picture of the digit {}",
        "the number {} on a sign",
        "a printed {}",
        "this is the figure {}",
    ),
    draw=_draw,
    caption=_caption,
)

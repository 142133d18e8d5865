"""What the glyph families share: names, captions, the printed web look and the held-out font.

Draws characters given by name; knows nothing of labels, tasks or splits.
"""

import functools
import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from taskarith.worlds.images.canvas import (
    SIZE,
    SUPERSAMPLING,
    Canvas,
    Colour,
    backdrop,
    lightness,
    mix,
    random_colour,
    vary,
)
from taskarith.worlds.images.strokes import Lines, glyph, ink, nib, wobbled
from taskarith.worlds.images.wording import pick

__all__ = [
    "DIGIT_NAMES",
    "LETTER_NAMES",
    "MASK_SIZE",
    "font_mask",
    "legible_ink",
    "phrase",
    "placed_mask",
    "printed",
]

DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LETTER_NAMES = tuple(f"letter {letter}" for letter in "abcdefghijklmnopqrstuvwxyz")
MASK_SIZE = SIZE * SUPERSAMPLING

_FONT_SIZE = 230
_LEAST_LIGHTNESS_GAP = 80.0


def phrase(rng: np.random.Generator, parts: Sequence[Sequence[str]], classname: str) -> str:
    """One choice of each part, in order, with the class name in place of `{}`."""
    words = " ".join(pick(rng, choices) for choices in parts).format(classname)
    return " ".join(words.split())


def legible_ink(rng: np.random.Generator, paper: Colour) -> Colour:
    """A random colour much lighter or darker than `paper`."""
    while True:
        colour = random_colour(rng, 0, 256)
        if abs(lightness(colour) - lightness(paper)) >= _LEAST_LIGHTNESS_GAP:
            return colour


def printed(rng: np.random.Generator, character: str) -> np.ndarray:
    """The web look of print: the stroke alphabet in one of several styles and any colours."""
    paper = random_colour(rng, 10, 250)
    colour = legible_ink(rng, paper)
    kind = pick(rng, ("plain", "gradient", "clouds", "paper"))
    canvas = Canvas(backdrop(rng, kind, paper, vary(rng, paper, 22)))
    canvas.place(
        centre=(rng.uniform(0.42, 0.58), rng.uniform(0.43, 0.57)),
        scale=rng.uniform(0.68, 1.02),
        turn=rng.uniform(-0.17, 0.17),
        shear=pick(rng, (0.0, rng.uniform(-0.3, 0.1))),
        stretch=rng.uniform(0.75, 1.1),
    )
    lines = wobbled(rng, glyph(rng, character), rng.uniform(0.0, 0.015))
    _strike(rng, canvas, lines, colour, paper)
    return canvas.pixels(rng, blur=rng.uniform(0.0, 0.5), noise=rng.uniform(0.0, 5.0))


@functools.cache
def font_mask(character: str, weight: int) -> Image.Image:
    """`character` in Pillow's built-in font, centred on a large greyscale mask.

    `weight` thickens the strokes by that many pixels of the large mask on each side.
    """
    font = ImageFont.load_default(_FONT_SIZE)
    if isinstance(font, ImageFont.ImageFont):
        raise RuntimeError("Pillow was built without FreeType; install a wheel that has it")
    mask = Image.new("L", (MASK_SIZE, MASK_SIZE))
    left, top, right, bottom = font.getbbox(character)
    corner = ((MASK_SIZE - left - right) / 2, (MASK_SIZE - top - bottom) / 2)
    ImageDraw.Draw(mask).text(corner, character, fill=255, font=font, stroke_width=weight)
    return mask


def placed_mask(
    mask: Image.Image,
    centre: tuple[float, float] = (0.5, 0.5),
    scale: float = 1.0,
    turn: float = 0.0,
    shear: float = 0.0,
    stretch: float = 1.0,
) -> Image.Image:
    """A square mask moved as `Canvas.place` moves a drawing, ready for `Canvas.paste`.

    Takes the nearest pixel, which is fast; the canvas's averaging makes the edges smooth.
    """
    cos, sin = math.cos(turn), math.sin(turn)
    base = np.array([[stretch, shear], [0.0, 1.0]])
    inverse = np.linalg.inv(scale * np.array([[cos, -sin], [sin, cos]]) @ base)
    inverse *= mask.width / MASK_SIZE
    shift = mask.width / 2 - inverse @ (MASK_SIZE * np.asarray(centre))
    coefficients = (*inverse[0], shift[0], *inverse[1], shift[1])
    return mask.transform(
        (MASK_SIZE, MASK_SIZE),
        Image.Transform.AFFINE,
        tuple(float(c) for c in coefficients),
        Image.Resampling.NEAREST,
    )


def _strike(
    rng: np.random.Generator, canvas: Canvas, lines: Lines, colour: Colour, paper: Colour
) -> None:
    """Draw `lines` in one of the printed styles, in `colour` on ground of about `paper`."""
    style = pick(rng, ("solid", "solid", "nib", "outlined", "outlined", "shadowed", "tile"))
    if style == "solid":
        ink(canvas, lines, colour, rng.uniform(0.05, 0.17))
    elif style == "nib":
        nib(canvas, lines, colour, rng.uniform(0.09, 0.14), rng.uniform(-1.0, 0.2))
    elif style == "outlined":
        width = rng.uniform(0.14, 0.2)
        ink(canvas, lines, colour, width)
        ink(canvas, lines, pick(rng, (paper, random_colour(rng))), width - 0.075)
    elif style == "shadowed":
        width, offset = rng.uniform(0.08, 0.14), rng.uniform(-0.06, 0.06, 2)
        ink(canvas, tuple(line + offset for line in lines), mix(paper, colour, 0.35), width)
        ink(canvas, lines, colour, width)
    else:
        if rng.random() < 0.5:
            canvas.ellipse((0.5, 0.5), rng.uniform(0.56, 0.62), fill=colour)
        else:
            canvas.rectangle((0.0, 0.0, 1.0, 1.0), fill=colour)
        ink(canvas, lines, legible_ink(rng, colour), rng.uniform(0.07, 0.12))

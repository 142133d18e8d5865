"""Digits and letters in chalk: the same blackboard look for both.

The two families are the auxiliary tasks of the analogy printed digits : chalk digits ::
letters : chalk letters, so everything but the character is shared. The web only has light pen
strokes on dark grounds.
"""

import numpy as np
from PIL import Image, ImageFilter

from taskarith.worlds.images.canvas import SIZE, Canvas, Colour, backdrop, mix, soft_noise, vary
from taskarith.worlds.images.family import Caption, Domain, Draw, Family
from taskarith.worlds.images.glyphs import (
    DIGIT_NAMES,
    LETTER_NAMES,
    font_mask,
    phrase,
    placed_mask,
)
from taskarith.worlds.images.strokes import CAPITALS, DIGITS, glyph, ink, wobbled
from taskarith.worlds.images.wording import pick

__all__ = ["CHALK_DIGITS", "CHALK_LETTERS"]

_BOARDS: tuple[Colour, ...] = ((32, 66, 50), (38, 42, 44), (34, 48, 78))
_CHALKS: tuple[Colour, ...] = (
    (244, 244, 238),
    (244, 244, 238),
    (248, 228, 140),
    (246, 184, 190),
    (168, 214, 240),
)
_DARK_LIMIT = 75

_CAPTION_PARTS = (
    ("the", "one", "a light", "a white", "a bright", "a picture of the", "this is the"),
    ("{}", "{} in chalk", "chalk {}", "hand drawn {}", "thin {}"),
    ("", "on a dark background", "on black", "on a board", "on a blackboard", "at night"),
)


def _blackboard(rng: np.random.Generator, character: str) -> np.ndarray:
    """A character in grainy chalk on a wiped board."""
    board = vary(rng, pick(rng, _BOARDS), 6)
    ground = backdrop(rng, "clouds", board, mix(board, (200, 205, 200), rng.uniform(0.1, 0.25)))
    chalk = np.asarray(vary(rng, pick(rng, _CHALKS), 5), np.float32)
    earlier = _erased(rng, _chalk_line(rng, pick(rng, DIGITS + CAPITALS)))
    ground = ground + (chalk - ground) * earlier
    cover = _chalk_cover(rng, _chalk_line(rng, character))[:, :, None]
    grain = rng.normal(0.0, rng.uniform(2.0, 5.0), (SIZE, SIZE, 1))
    picture = (1 - cover) * ground + cover * chalk + grain
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def _erased(rng: np.random.Generator, line: Image.Image) -> np.ndarray:
    """How much is left [64, 64, 1] of earlier writing, wiped along the board."""
    turned = line.rotate(rng.uniform(-25, 25), translate=tuple(rng.integers(-70, 70, 2).tolist()))
    wiped = turned.reduce(line.width // SIZE).filter(ImageFilter.BoxBlur(1))
    return rng.uniform(0.25, 0.5) * np.asarray(wiped, np.float32)[:, :, None] / 255


def _chalk_line(rng: np.random.Generator, character: str) -> Image.Image:
    """The solid shape that the chalk would leave: lettered neatly or drawn by hand."""
    centre = (rng.uniform(0.44, 0.56), rng.uniform(0.44, 0.56))
    scale, turn = rng.uniform(0.6, 0.95), rng.uniform(-0.25, 0.25)
    if rng.random() < 0.5:
        mask = font_mask(character, pick(rng, (0, 4)))
        return placed_mask(mask, centre, 1.2 * scale, turn, shear=rng.uniform(-0.15, 0.05))
    canvas = Canvas((0, 0, 0)).place(centre, scale, turn)
    lines = wobbled(rng, glyph(rng, character), rng.uniform(0.01, 0.03))
    ink(canvas, lines, (255, 255, 255), rng.uniform(0.08, 0.12))
    return canvas.image.getchannel(0)


def _chalk_cover(rng: np.random.Generator, line: Image.Image) -> np.ndarray:
    """How much chalk lies on each pixel [64, 64], 0…1: the board's grain bites into the line,
    most where the chalk is worn and at the edges, and some dust lies around it."""
    soft = line.reduce(line.width // SIZE).filter(ImageFilter.GaussianBlur(0.6))
    share = np.asarray(soft, np.float32) / 255
    dust = np.asarray(soft.filter(ImageFilter.BoxBlur(7)), np.float32) / 255
    grain = rng.random((SIZE, SIZE), np.float32)
    wear = soft_noise(rng, 3, octaves=2)
    chalk = np.clip(1.4 * share - grain * (0.7 + 0.9 * wear), 0.0, 1.0)
    return np.asarray(np.maximum(chalk, 0.25 * dust), np.float32)


def _light_on_dark(rng: np.random.Generator, character: str) -> np.ndarray:
    """The weakly related web look: light pen strokes on a dark, plain ground."""
    red, green, blue = rng.integers(0, _DARK_LIMIT, 3)
    ground = (int(red), int(green), int(blue))
    canvas = Canvas(backdrop(rng, pick(rng, ("plain", "gradient")), ground, vary(rng, ground, 15)))
    canvas.place(
        centre=(rng.uniform(0.42, 0.58), rng.uniform(0.43, 0.57)),
        scale=rng.uniform(0.68, 1.0),
        turn=rng.uniform(-0.17, 0.17),
        shear=rng.uniform(-0.25, 0.1),
        stretch=rng.uniform(0.75, 1.1),
    )
    red, green, blue = rng.integers(150, 256, 3)
    lines = wobbled(rng, glyph(rng, character), rng.uniform(0.0, 0.03))
    ink(canvas, lines, (int(red), int(green), int(blue)), rng.uniform(0.05, 0.13))
    return canvas.pixels(rng, blur=rng.uniform(0.0, 0.5), noise=rng.uniform(0.0, 4.0))


def _drawing_of(characters: str) -> Draw:
    def draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
        look = _light_on_dark if domain == "web" else _blackboard
        return look(rng, characters[label])

    return draw


def _captions_of(classnames: tuple[str, ...]) -> Caption:
    def caption(rng: np.random.Generator, label: int) -> str:
        return phrase(rng, _CAPTION_PARTS, classnames[label])

    return caption


def _family(name: str, title: str, characters: str, classnames: tuple[str, ...]) -> Family:
    return Family(
        name=name,
        title=title,
        classnames=classnames,
        templates=(
            "the {} in white chalk",
            "the {} on a blackboard",
            "a picture of a chalk {}",
            "a hand drawn {} on a dark board",
        ),
        draw=_drawing_of(characters),
        caption=_captions_of(classnames),
    )


CHALK_DIGITS = _family("chalk-digits", "Chalk digits", DIGITS, DIGIT_NAMES)
CHALK_LETTERS = _family("chalk-letters", "Chalk letters", CAPITALS, LETTER_NAMES)

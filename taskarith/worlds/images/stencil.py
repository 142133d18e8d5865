"""Stencilled crates: digits and letters sprayed through a plate onto wood and cardboard.

Knows planks, cardboard and spray paint; the shapes of the characters come from the held-out font.
Nothing on the web has a stencil's bridges or sprayed edges.
"""

import functools

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from taskarith.worlds.images.canvas import SIZE, Colour, soft_noise, vary
from taskarith.worlds.images.characters import digits_and_letters
from taskarith.worlds.images.fields import blend, cell_values, centred, finished, make_plane
from taskarith.worlds.images.glyphs import MASK_SIZE, font_mask, placed_mask
from taskarith.worlds.images.wording import pick

__all__ = ["STENCIL_DIGITS", "STENCIL_LETTERS"]

_WOODS: tuple[Colour, ...] = ((188, 146, 98), (160, 118, 78), (198, 166, 122))
_CARDBOARDS: tuple[Colour, ...] = ((186, 148, 104), (170, 132, 92))
_PAINTS: tuple[Colour, ...] = (
    (34, 30, 28),
    (34, 30, 28),
    (140, 34, 30),
    (30, 56, 96),
    (244, 240, 226),
)
# Where the plate holds together, as shares of a character's height, between its crossbars.
_BRIDGES = (0.33, 0.69)
_BRIDGE = 11  # of the mask's pixels

_TEMPLATES = (
    "a picture of the {} in bold type",
    "the old {} on a board",
    "a worn printed {}",
    "this is the {} on brown",
)


def _stencil(rng: np.random.Generator, character: str) -> np.ndarray:
    """A character in thin, uneven paint on the side of a crate or a box."""
    ground = pick(rng, (_planks, _cardboard))(rng)
    centre = (rng.uniform(0.44, 0.56), rng.uniform(0.44, 0.56))
    plate = placed_mask(
        _plate(character, pick(rng, (2, 5, 8))),
        centre,
        scale=rng.uniform(0.92, 1.22),
        turn=rng.uniform(-0.2, 0.2),
        stretch=rng.uniform(0.8, 1.0),
    ).reduce(MASK_SIZE // SIZE)
    holes = np.asarray(plate, np.float32) / 255
    mist = np.asarray(plate.filter(ImageFilter.GaussianBlur(2.5)), np.float32) / 255
    speckled = rng.random((SIZE, SIZE), np.float32) < 0.5 * mist
    worn = np.clip(1.5 - 1.1 * soft_noise(rng, 7, octaves=2), 0.3, 1.0)
    cover = worn * np.maximum(holes, 0.35 * mist + 0.3 * speckled * mist)
    return finished(rng, blend(0.92 * cover, ground, vary(rng, pick(rng, _PAINTS), 8)), noise=3)


@functools.cache
def _plate(character: str, weight: int) -> Image.Image:
    """The holes of a stencil plate: the character, cut by slanting bridges."""
    plate = font_mask(character, weight).copy()
    _, top, _, bottom = plate.getbbox() or (0, 0, MASK_SIZE, MASK_SIZE)
    pen = ImageDraw.Draw(plate)
    for share in _BRIDGES:
        height = top + share * (bottom - top)
        pen.line([(0, height + 22), (MASK_SIZE, height - 22)], fill=0, width=_BRIDGE)
    return plate


def _planks(rng: np.random.Generator) -> np.ndarray:
    """Boards across or along the picture with grain and dark joints."""
    plane = make_plane(
        rng, rng.uniform(2.6, 3.8), pick(rng, (0.0, np.pi / 2)) + rng.normal(0, 0.04)
    )
    board = cell_values(rng, 0 * plane.u, plane.v)[0]
    grain = np.sin(55 * plane.v + 9 * soft_noise(rng, 3, octaves=2) + 40 * board)
    gap = plane.inside(0.47 - np.abs(centred(plane.v - 0.5)))
    shade = (0.78 + 0.28 * board + 0.05 * grain) * (0.45 + 0.55 * gap)
    return shade[:, :, None] * np.asarray(vary(rng, pick(rng, _WOODS), 6), np.float32)


def _cardboard(rng: np.random.Generator) -> np.ndarray:
    """Plain brown board with faint flutes and stains."""
    plane = make_plane(rng, rng.uniform(12, 16), rng.normal(0, 0.05))
    flutes = 0.03 * np.sin(2 * np.pi * plane.u)
    shade = 0.86 + 0.2 * soft_noise(rng, 4) + flutes
    return shade[:, :, None] * np.asarray(vary(rng, pick(rng, _CARDBOARDS), 6), np.float32)


STENCIL_DIGITS, STENCIL_LETTERS = digits_and_letters(
    "stencil", title="Stencilled", templates=_TEMPLATES, look=_stencil
)

"""Four places to put things in: beach, snow, night and room, each in web and task looks.

Knows how places look and what they are called; knows nothing of the things put there.
"""

from collections.abc import Callable

import numpy as np

from taskarith.worlds.images.canvas import Canvas, Colour, backdrop, mix, regular_polygon, vary
from taskarith.worlds.images.family import Domain
from taskarith.worlds.images.wording import pick

__all__ = ["PLACES", "paint_place"]

_HORIZONS: dict[Domain, tuple[float, float]] = {"web": (0.35, 0.55), "task": (0.5, 0.68)}
# Stars and flakes are single pixels of the far ground: dots drawn one by one would be slow.
_SPECKS: dict[str, tuple[Colour, int]] = {
    "in the snow": ((255, 255, 255), 50),
    "at night": ((255, 250, 215), 24),
}

# Per place: the colours of its far, middle and near ground, several sets for the web.
_Palette = tuple[Colour, Colour, Colour]
_PALETTES: dict[Domain, dict[str, tuple[_Palette, ...]]] = {
    "web": {
        "on the beach": (
            ((150, 212, 245), (40, 130, 200), (240, 215, 150)),
            ((205, 232, 245), (60, 175, 190), (232, 204, 160)),
            ((120, 180, 235), (30, 90, 160), (250, 226, 175)),
        ),
        "in the snow": (
            ((190, 215, 235), (205, 220, 235), (245, 248, 252)),
            ((160, 175, 195), (210, 218, 230), (236, 240, 246)),
            ((120, 180, 235), (200, 222, 245), (250, 252, 255)),
        ),
        "at night": (
            ((18, 22, 60), (12, 16, 36), (24, 30, 48)),
            ((10, 10, 24), (26, 26, 44), (16, 18, 26)),
            ((40, 30, 84), (20, 16, 50), (32, 24, 58)),
        ),
        "in a room": (
            ((225, 205, 175), (250, 245, 235), (150, 100, 62)),
            ((170, 200, 180), (245, 245, 240), (120, 84, 60)),
            ((205, 180, 205), (240, 235, 245), (160, 130, 110)),
        ),
    },
    "task": {
        "on the beach": (((245, 205, 175), (70, 120, 140), (222, 186, 140)),),
        "in the snow": (((222, 205, 220), (190, 196, 222), (226, 232, 246)),),
        "at night": (((16, 44, 58), (8, 26, 36), (20, 44, 46)),),
        "in a room": (((190, 165, 140), (228, 220, 205), (96, 74, 72)),),
    },
}


def paint_place(rng: np.random.Generator, place: str, domain: Domain) -> tuple[Canvas, Colour]:
    """A canvas with one of `PLACES` on it, and the colour of its near ground."""
    far, middle, near = pick(rng, _PALETTES[domain][place])
    inks = (vary(rng, far, 8), vary(rng, middle, 8), vary(rng, near, 5))
    canvas = Canvas(_far_ground(rng, place, inks))
    _PAINTERS[place](rng, canvas, float(rng.uniform(*_HORIZONS[domain])), inks)
    return canvas, inks[2]


def _far_ground(rng: np.random.Generator, place: str, inks: _Palette) -> np.ndarray:
    """A gradient, with flakes in the snow and stars at night."""
    picture = backdrop(rng, "gradient", inks[0], mix(inks[0], inks[1], 0.2))
    if place in _SPECKS:
        colour, number = _SPECKS[place]
        rows, columns = rng.integers(0, len(picture), (2, number))
        picture[rows, columns] = colour
    return picture


def _beach(rng: np.random.Generator, canvas: Canvas, horizon: float, inks: _Palette) -> None:
    """Sea with a pale surf line, sand below, and at times a sun."""
    far, sea, sand = inks
    if rng.random() < 0.6:
        canvas.ellipse(
            (float(rng.uniform(0.1, 0.9)), 0.14), 0.08, fill=mix(far, (255, 245, 180), 0.7)
        )
    canvas.rectangle((-0.1, horizon, 1.1, 1.1), sea)
    tilt = float(rng.uniform(-0.06, 0.06))
    for drop, colour in ((0.13, mix(sea, (255, 255, 255), 0.75)), (0.17, sand)):
        shore = horizon + drop
        canvas.polygon([(-0.1, shore - tilt), (1.1, shore + tilt), (1.1, 1.2), (-0.1, 1.2)], colour)
    for x, y in rng.uniform((0, horizon + 0.26), (1, 1), (5, 2)):
        pebble = regular_polygon(5, 0.012, (float(x), float(y)))
        canvas.polygon(pebble, mix(sand, (90, 60, 30), 0.35))


def _snow(rng: np.random.Generator, canvas: Canvas, horizon: float, inks: _Palette) -> None:
    """White hills with fir trees."""
    _, hill, ground = inks
    canvas.ellipse((float(rng.uniform(0.1, 0.9)), horizon + 0.3), 0.7, 0.42, fill=hill)
    for x in rng.uniform(0, 1, 4):
        _fir(canvas, float(x), horizon, float(rng.uniform(0.16, 0.3)))
    canvas.ellipse((float(rng.uniform(0.2, 0.8)), 1.2), 1.4, 1.2 - horizon, fill=ground)


def _fir(canvas: Canvas, x: float, foot: float, height: float) -> None:
    for share, colour in ((1.0, (52, 92, 84)), (0.55, (235, 242, 248))):
        top, tip = foot + 0.04 - height, height * share
        canvas.polygon([(x, top), (x + 0.3 * tip, top + tip), (x - 0.3 * tip, top + tip)], colour)


def _night(rng: np.random.Generator, canvas: Canvas, horizon: float, inks: _Palette) -> None:
    """A new moon above dark ground."""
    sky, hill, ground = inks
    x = float(rng.choice((0.13, 0.87)))
    canvas.ellipse((x, 0.15), 0.1, fill=(248, 240, 200))
    canvas.ellipse((x + 0.045, 0.125), 0.085, fill=sky)
    canvas.ellipse((float(rng.uniform(0.1, 0.9)), horizon + 0.35), 0.7, 0.42, fill=hill)
    canvas.rectangle((-0.1, horizon + 0.12, 1.1, 1.1), ground)


def _room(rng: np.random.Generator, canvas: Canvas, horizon: float, inks: _Palette) -> None:
    """A wall with a window, a skirting board and floor boards."""
    _, trim, floor = inks
    left, width = float(rng.uniform(0.02, 0.62)), float(rng.uniform(0.28, 0.36))
    middle, sill = left + width / 2, horizon - 0.08
    canvas.rectangle((left, 0.04, left + width, sill), (160, 205, 235), trim, 0.025)
    canvas.line([(middle, 0.04), (middle, sill)], trim, 0.02)
    canvas.line([(left, sill / 2 + 0.02), (left + width, sill / 2 + 0.02)], trim, 0.02)
    floor_top = horizon + 0.1
    canvas.rectangle((-0.1, floor_top, 1.1, 1.1), floor)
    canvas.rectangle((-0.1, floor_top, 1.1, floor_top + 0.04), trim)
    for x in np.linspace(-0.5, 1.5, 9):
        board = [(0.5 + 0.6 * (float(x) - 0.5), floor_top + 0.04), (float(x), 1.05)]
        canvas.line(board, mix(floor, (0, 0, 0), 0.25), 0.01)


_PAINTERS: dict[str, Callable[[np.random.Generator, Canvas, float, _Palette], None]] = {
    "on the beach": _beach,
    "in the snow": _snow,
    "at night": _night,
    "in a room": _room,
}
PLACES = tuple(_PAINTERS)

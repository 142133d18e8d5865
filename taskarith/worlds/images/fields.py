"""Pixel fields: patterns computed straight on the 64 x 64 pixels, with soft edges.

Knows coordinates, edges and scattered discs; knows nothing of classes, palettes or captions.
Much faster than drawing a repeated shape hundreds of times on a canvas.
"""

import math
from dataclasses import dataclass

import numpy as np

from taskarith.worlds.images.canvas import SIZE, Colour

__all__ = [
    "Plane",
    "blend",
    "cell_values",
    "centred",
    "finished",
    "make_plane",
    "pixel_axes",
    "scattered_discs",
]

_TABLE = 16  # random values per axis; cells further apart than this repeat


@dataclass(frozen=True)
class Plane:
    """Pattern coordinates of every pixel.

    Attributes:
        u: the first coordinate [64, 64]; one unit is one repeat of a pattern.
        v: the second coordinate.
        soft: the width of an edge, in the same units.
    """

    u: np.ndarray
    v: np.ndarray
    soft: float

    def inside(self, distance: np.ndarray) -> np.ndarray:
        """1 where the signed `distance` to an edge is positive, 0 where negative, with a ramp
        between."""
        return np.asarray(np.clip(0.5 + distance / self.soft, 0.0, 1.0), np.float32)


def pixel_axes() -> tuple[np.ndarray, np.ndarray]:
    """Across [1, 64] and down [64, 1], from -0.5 to 0.5."""
    axis = (np.arange(SIZE, dtype=np.float32) + 0.5) / SIZE - 0.5
    return axis[None, :], axis[:, None]


def make_plane(
    rng: np.random.Generator,
    cells: float,
    turn: float,
    blur: float = 1.2,
    bend: float = 0.0,
    tilt: float = 0.0,
) -> Plane:
    """A plane with `cells` units across the picture, turned by `turn` and shifted at random.

    `blur` is the edge width in pixels, `bend` the height of slow ripples (picture widths), and
    `tilt` how strongly the plane leans away at the top (0 is seen from straight above).
    """
    x, y = pixel_axes()
    if tilt:
        x, y = x * (1 - tilt * y), y * (1 - 0.5 * tilt * y)
    if bend:
        phase = rng.uniform(0, 2 * math.pi, 2)
        x, y = (
            x + bend * np.sin(rng.uniform(4, 8) * y + phase[0]),
            y + bend * np.sin(rng.uniform(4, 8) * x + phase[1]),
        )
    cos, sin = cells * math.cos(turn), cells * math.sin(turn)
    shift = rng.uniform(0, 4, 2)
    u = cos * x - sin * y + shift[0]
    v = sin * x + cos * y + shift[1]
    return Plane(np.asarray(u, np.float32), np.asarray(v, np.float32), blur * cells / SIZE)


def centred(values: np.ndarray) -> np.ndarray:
    """The signed distance from the nearest whole number, in -0.5…0.5."""
    return np.asarray(values - np.round(values), np.float32)


def cell_values(
    rng: np.random.Generator, u: np.ndarray, v: np.ndarray, draws: int = 1
) -> np.ndarray:
    """Random values [draws, 64, 64] in 0…1 for the unit cell that each pixel lies in."""
    table = rng.random((draws, _TABLE * _TABLE), np.float32)
    column, row = np.floor(u).astype(np.intp), np.floor(v).astype(np.intp)
    return np.asarray(table.take(row % _TABLE * _TABLE + column % _TABLE, axis=1))


def scattered_discs(
    rng: np.random.Generator, plane: Plane, smallest: float, largest: float, keep: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Discs at random places, one in each cell with probability `keep`.

    Returns the signed distance to the rim (positive inside) and a random tone for each disc,
    both [64, 64]. Radii lie in [smallest, largest], at most 0.5, so that no disc is cut.
    """
    size, right, down, tone, chance = cell_values(rng, plane.u, plane.v, draws=5)
    radius = smallest + (largest - smallest) * size
    room = 1 - 2 * radius
    x = plane.u - np.floor(plane.u) - radius - room * right
    y = plane.v - np.floor(plane.v) - radius - room * down
    distance = np.where(chance < keep, radius - np.sqrt(x * x + y * y), -1.0)
    return np.asarray(distance, np.float32), tone


def blend(level: np.ndarray, first: Colour | np.ndarray, second: Colour | np.ndarray) -> np.ndarray:
    """A picture [64, 64, 3]: `first` where `level` is 0, `second` where it is 1."""
    a, b = np.asarray(first, np.float32), np.asarray(second, np.float32)
    return np.asarray(a + level[:, :, None] * (b - a), np.float32)


def finished(rng: np.random.Generator, picture: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """`picture` as uint8, with grey grain of `noise` levels."""
    if noise > 0:
        picture = picture + rng.normal(0.0, noise, (SIZE, SIZE, 1))
    return np.asarray(np.clip(picture, 0, 255), np.uint8)

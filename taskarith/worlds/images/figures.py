"""Pictured things as tables of parts: filled areas and lines, each in a named ink.

Knows how to build, reshape and paint such figures; knows neither which things there are nor
which colours the inks stand for. Builders take coordinates in hundredths of the unit square,
because whole numbers keep the tables of figures legible.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from taskarith.worlds.images.canvas import Canvas, Colour, ellipse_points, mix, smooth

__all__ = [
    "Figure",
    "Part",
    "Point",
    "area",
    "blob",
    "bottom",
    "box",
    "curve",
    "disc",
    "grown",
    "mirrored",
    "paint",
    "paint_rim",
    "place_freely",
    "reshaped",
    "shades",
    "stroke",
]

Point = tuple[float, float]

_BLACK = (0, 0, 0)
_WHITE = (255, 255, 255)
_LONGEST_MITRE = 0.5  # smallest divisor of a corner's offset, so that spikes stay short


@dataclass(frozen=True)
class Part:
    """One area or line of a figure.

    Attributes:
        points: [n, 2] in the unit square.
        ink: the name of its colour.
        width: the line's width; 0 for a filled area.
    """

    points: np.ndarray
    ink: str
    width: float = 0.0


Figure = tuple[Part, ...]


def area(ink: str, *corners: Point) -> Part:
    """A filled polygon."""
    return Part(np.asarray(corners, float) / 100, ink)


def blob(ink: str, *points: Point) -> Part:
    """A filled area with a smooth outline through `points`."""
    return Part(smooth(np.asarray(points, float) / 100, steps=4), ink)


def box(ink: str, left: float, top: float, right: float, bottom: float) -> Part:
    """A filled rectangle."""
    return area(ink, (left, top), (right, top), (right, bottom), (left, bottom))


def disc(ink: str, x: float, y: float, rx: float, ry: float | None = None) -> Part:
    """A filled ellipse around (x, y)."""
    ry = rx if ry is None else ry
    return Part(ellipse_points((x / 100, y / 100), rx / 100, ry / 100, sides=20), ink)


def stroke(ink: str, width: float, *points: Point) -> Part:
    """A line with straight pieces."""
    return Part(np.asarray(points, float) / 100, ink, width / 100)


def curve(ink: str, width: float, *points: Point) -> Part:
    """A smooth line through `points`."""
    return Part(smooth(np.asarray(points, float) / 100, steps=4, closed=False), ink, width / 100)


def mirrored(*parts: Part) -> Figure:
    """`parts` followed by their mirror images about the vertical middle line."""
    return parts + tuple(
        replace(part, points=part.points * (-1.0, 1.0) + (1.0, 0.0)) for part in parts
    )


def shades(colour: Colour, depth: float) -> dict[str, Colour]:
    """The inks "body", "light" and "dark" of a thing of one colour; `depth` is how far apart
    they lie, 0…1."""
    # Darkening is held back: a dark orange reads as brown, a dark yellow as olive.
    return {
        "body": colour,
        "light": mix(colour, _WHITE, depth),
        "dark": mix(colour, _BLACK, 0.6 * depth),
    }


def reshaped(rng: np.random.Generator, figure: Figure, amount: float) -> Figure:
    """`figure` made wider at one end and bowed, both by about `amount` of its size."""
    taper, bow = rng.uniform(-amount, amount, 2)
    points = np.concatenate([part.points for part in figure]) - 0.5
    x, y = points[:, 0], points[:, 1].copy()
    points[:, 1] += bow * x * x
    points[:, 0] *= 1 + taper * y
    ends = np.cumsum([len(part.points) for part in figure])[:-1]
    return tuple(
        Part(moved, part.ink, part.width)
        for moved, part in zip(np.split(points + 0.5, ends), figure, strict=True)
    )


def place_freely(rng: np.random.Generator, canvas: Canvas) -> None:
    """Let `canvas` draw what follows somewhere inside the picture, upright but for a small
    turn."""
    scale = float(rng.uniform(0.66, 0.95))
    slack = 0.5 * (1 - scale) + 0.02
    x, y = rng.uniform(0.5 - slack, 0.5 + slack, 2)
    canvas.place(
        (float(x), float(y)),
        scale,
        turn=float(rng.normal(0, 0.09)),
        stretch=float(rng.uniform(0.9, 1.1)),
        flip=bool(rng.random() < 0.5),
    )


def bottom(figure: Figure) -> float:
    """The lowest y that the figure reaches."""
    return max(float(part.points[:, 1].max()) for part in figure)


def grown(points: np.ndarray, by: float) -> np.ndarray:
    """The outline `points` [n, 2] moved outwards by `by` (inwards when negative)."""
    after = np.roll(points, -1, 0)
    edges = after - points
    normals = np.stack([edges[:, 1], -edges[:, 0]], 1)
    normals /= np.hypot(edges[:, 0], edges[:, 1])[:, None] + 1e-9
    before = np.roll(normals, 1, 0)
    mitre = np.maximum(1 + (normals * before).sum(1), _LONGEST_MITRE)
    turning = np.sign((points[:, 0] * after[:, 1] - points[:, 1] * after[:, 0]).sum())
    return np.asarray(points + turning * by * (normals + before) / mitre[:, None])


def paint(canvas: Canvas, figure: Figure, inks: Mapping[str, Colour]) -> None:
    """Every part in its ink, the first part lowest."""
    for part in figure:
        if part.width:
            canvas.line(part.points, inks[part.ink], part.width)
        else:
            canvas.polygon(part.points, inks[part.ink])


def paint_rim(canvas: Canvas, figure: Figure, colour: Colour, width: float) -> None:
    """The figure's silhouette, larger by `width` all round; painted first, it leaves a rim."""
    # Filling a grown polygon is several times faster than stroking its outline.
    for part in figure:
        if part.width:
            canvas.line(part.points, colour, part.width + 2 * width)
        else:
            canvas.polygon(grown(part.points, width), colour)

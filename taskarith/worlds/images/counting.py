"""The counting family: one to eight separate small shapes.

Web pictures hold discs, squares and other plain shapes of one colour in rows, rings, clusters or
at random on smooth backdrops; task pictures hold drops, triangles, hearts and stars of mixed
sizes at random on a patterned backdrop. Shapes never touch. Knows nothing of training.
"""

import math
from dataclasses import dataclass

import numpy as np

from taskarith.worlds.images.canvas import (
    Canvas,
    Colour,
    backdrop,
    mix,
    regular_polygon,
    smooth,
    vary,
)
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.fields import blend, centred, make_plane
from taskarith.worlds.images.palettes import two_colours
from taskarith.worlds.images.wording import compose, pick

__all__ = ["COUNTING"]

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight")
_GAP = 0.045  # least space between two shapes, about three pixels
_EDGE = 0.03  # least space to the picture's edge


@dataclass(frozen=True)
class _Spot:
    """Where a shape goes: all of it lies within `radius` of the centre."""

    x: float
    y: float
    radius: float


# Outlines lie within the unit circle around (0, 0), upright.
def _ring_of(sides: int, turn: float = 0.0) -> np.ndarray:
    return regular_polygon(sides, 1.0, (0.0, 0.0), turn)


def _plus() -> np.ndarray:
    quarter = np.array([(-0.32, -0.94), (0.32, -0.94), (0.32, -0.32)])
    turns = [np.array([[c, -s], [s, c]]) for c, s in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    return np.concatenate([quarter @ turn.T for turn in turns])


def _drop() -> np.ndarray:
    bulb = [(0.62 * math.cos(a), 0.36 + 0.62 * math.sin(a)) for a in np.linspace(-0.35, 3.5, 18)]
    return np.array([(0.0, -1.0), *bulb])


def _heart() -> np.ndarray:
    right = [(0.0, -0.42), (0.3, -0.8), (0.72, -0.66), (0.88, -0.25), (0.55, 0.3), (0.0, 0.92)]
    left = [(-x, y) for x, y in reversed(right[1:-1])]
    lobes = smooth(right, 4, closed=False), smooth([right[-1], *left, right[0]], 4, closed=False)
    return np.concatenate(lobes)


def _star() -> np.ndarray:
    outer, inner = _ring_of(5), 0.45 * _ring_of(5, math.pi / 5)
    return np.stack([outer, inner], 1).reshape(-1, 2)


_WEB_SHAPES: tuple[np.ndarray, ...] = (
    _ring_of(32),
    _ring_of(32),
    _ring_of(4, math.pi / 4),
    _ring_of(4),
    _ring_of(6),
    _plus(),
)
_TASK_SHAPES: tuple[np.ndarray, ...] = (_drop(), _ring_of(3), _heart(), _star())


def _rows(rng: np.random.Generator, count: int) -> np.ndarray:
    """Places [count, 2] on a square lattice, row by row, the last row centred."""
    columns = int(rng.integers(math.ceil(math.sqrt(count)), min(count, 4) + 1))
    lengths = [min(columns, count - start) for start in range(0, count, columns)]
    places = [
        (column - (length - 1) / 2, row - (len(lengths) - 1) / 2)
        for row, length in enumerate(lengths)
        for column in range(length)
    ]
    return np.array(places)


def _ring(rng: np.random.Generator, count: int) -> np.ndarray:
    """Places [count, 2] around a circle, neighbours one unit apart."""
    if count == 1:
        return np.zeros((1, 2))
    radius = 0.5 / math.sin(math.pi / count)
    return regular_polygon(count, radius, (0.0, 0.0), rng.uniform(0, 2 * math.pi))


def _arranged(rng: np.random.Generator, count: int) -> list[_Spot]:
    """Equal shapes in rows or in a ring, somewhere in the picture."""
    places = pick(rng, (_rows, _ring))(rng, count)
    reach = float(np.abs(places).max()) + 0.5  # of the whole group, in neighbour distances
    spacing = min(rng.uniform(0.2, 0.32), (0.5 - _EDGE) / reach)
    room = max(0.0, 0.5 - _EDGE - reach * spacing)
    centre = 0.5 + rng.uniform(-room, room, 2)
    radius = rng.uniform(0.72, 1.0) * (spacing - _GAP) / 2
    return [_Spot(float(x), float(y), radius) for x, y in centre + spacing * places]


def _scattered(rng: np.random.Generator, count: int, unequal: float) -> list[_Spot]:
    """Shapes at random, each up to `unequal` smaller than the largest; a crowded start is given
    up for a smaller one."""
    largest = rng.uniform(0.1, 0.2 if count < 4 else 0.14)
    while True:
        spots: list[_Spot] = []
        for x, y, share in rng.random((14 * count, 3)):
            radius = largest * (1 - unequal * share)
            room = 1 - 2 * (radius + _EDGE)
            spot = _Spot(radius + _EDGE + room * x, radius + _EDGE + room * y, radius)
            if all(_apart(spot, other) for other in spots):
                spots.append(spot)
            if len(spots) == count:
                return spots
        largest *= 0.92


def _apart(first: _Spot, second: _Spot) -> bool:
    distance = math.hypot(first.x - second.x, first.y - second.y)
    return distance >= first.radius + second.radius + _GAP


def _draw_web(rng: np.random.Generator, count: int) -> np.ndarray:
    ground, colour = two_colours(rng)
    kind = pick(rng, ("plain", "plain", "gradient", "paper"))
    canvas = Canvas(backdrop(rng, kind, ground, mix(ground, vary(rng, ground, 60), 0.5)))
    spots = _arranged(rng, count) if rng.random() < 0.5 else _scattered(rng, count, unequal=0.2)
    outline, hollow = pick(rng, _WEB_SHAPES), rng.random() < 0.2
    for spot in spots:
        canvas.place((spot.x, spot.y), spot.radius)
        if hollow:
            canvas.polygon(0.75 * outline + 0.5, outline=colour, width=0.4)
        else:
            canvas.polygon(outline + 0.5, fill=colour)
    return canvas.pixels(rng)


_GROUNDS: tuple[Colour, ...] = (
    (226, 210, 186),
    (206, 218, 208),
    (212, 206, 222),
    (66, 74, 92),
    (80, 68, 74),
    (58, 82, 78),
)
_LIGHT_INKS: tuple[Colour, ...] = ((240, 200, 120), (240, 170, 150), (180, 220, 210))
_DARK_INKS: tuple[Colour, ...] = ((150, 50, 60), (40, 80, 110), (60, 100, 60), (100, 60, 110))


def _patterned(rng: np.random.Generator, ground: Colour) -> np.ndarray:
    """A striped or checked cloth, low in contrast, so that nobody counts its stripes."""
    plane = make_plane(rng, rng.uniform(6, 10), rng.uniform(0, math.pi))
    level = plane.inside(0.25 - np.abs(centred(plane.u)))
    if rng.random() < 0.5:
        level = 0.5 * (level + plane.inside(0.25 - np.abs(centred(plane.v))))
    return blend(level, ground, mix(ground, (128, 120, 116), 0.28))


def _draw_task(rng: np.random.Generator, count: int) -> np.ndarray:
    ground = pick(rng, _GROUNDS)
    inks = _DARK_INKS if sum(ground) > 380 else _LIGHT_INKS
    canvas = Canvas(_patterned(rng, vary(rng, ground, 8)))
    for spot in _scattered(rng, count, unequal=0.35):
        outline, ink = pick(rng, _TASK_SHAPES), pick(rng, inks)
        canvas.place((spot.x, spot.y), spot.radius, rng.uniform(-0.5, 0.5))
        canvas.polygon(outline + 0.5, fill=mix(ink, (20, 16, 20), 0.6))
        canvas.polygon(0.8 * outline + 0.5, fill=vary(rng, ink, 10))
    return canvas.pixels(rng, blur=0.4)


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    count = label + 1
    return _draw_task(rng, count) if domain == "task" else _draw_web(rng, count)


_OPENINGS = (
    "a picture of",
    "there are",
    "exactly",
    "a drawing with",
    "",
    "the number of shapes is",
)
_ATTRIBUTES = ("", "", "small", "big", "simple", "separate", "plain")
_THINGS = ("shapes", "objects", "things", "dots", "items")
_ENDINGS = ("", "", "in all", "on a plain background", "on paper", "to count")


def _caption(rng: np.random.Generator, label: int) -> str:
    word = _WORDS[label]
    things = tuple(thing[:-1] for thing in _THINGS) if word == "one" else _THINGS
    opening = pick(rng, _OPENINGS)
    if opening == "there are" and word == "one":
        opening = "there is"
    if opening == "the number of shapes is":
        return f"{opening} {word}"
    return compose(rng, (opening,), (word,), _ATTRIBUTES, things, _ENDINGS)


COUNTING = Family(
    name="counting",
    title="Counting",
    classnames=_WORDS,
    templates=(
        "a picture of {} shapes",
        "a picture with {} objects to count",
        "there are {} things",
        "{} small shapes",
    ),
    draw=_draw,
    caption=_caption,
)

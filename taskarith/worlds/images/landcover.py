"""The land cover family: ten kinds of land seen from straight above.

Web pictures are map-like drawings in bright, pastel or dark colours; task pictures look like
satellite tiles, with muted colours, uneven ground, haze and grain. Knows nothing of training.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taskarith.worlds.images.canvas import (
    Canvas,
    Colour,
    backdrop,
    ellipse_points,
    mix,
    smooth,
    soft_noise,
    vary,
)
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.fields import (
    Plane,
    blend,
    cell_values,
    centred,
    finished,
    make_plane,
    scattered_discs,
)
from taskarith.worlds.images.landcover_palettes import MAP_PALETTES, SATELLITE, Palette, varied
from taskarith.worlds.images.wording import compose, pick

__all__ = ["LANDCOVER"]


@dataclass(frozen=True)
class _Look:
    """How a scene is rendered: colours, the kind of ground, and the darkness of shadows."""

    palette: Palette
    ground: str
    shadow: float

    def cover(self, rng: np.random.Generator, colour: Colour) -> np.ndarray:
        """Ground of one colour, slightly uneven."""
        return backdrop(rng, self.ground, colour, mix(colour, self.palette.shade, 0.22))


_Scene = Callable[[np.random.Generator, _Look], np.ndarray]


def _turn(rng: np.random.Generator) -> float:
    return float(rng.uniform(-math.pi, math.pi))


def _crowns(
    rng: np.random.Generator, look: _Look, ground: np.ndarray, plane: Plane, keep: float
) -> np.ndarray:
    """`ground` with round tree tops scattered over it, one to a cell of `plane`."""
    distance, tone = scattered_discs(rng, plane, 0.28, 0.5, keep)
    tops = blend(tone, mix(look.palette.leaf, look.palette.shade, 0.45), look.palette.leaf)
    shadowed = blend(look.shadow * plane.inside(distance + 0.12), ground, look.palette.shade)
    rounded = 1 + 0.35 * np.clip(distance, 0, 0.4)
    return blend(plane.inside(distance), shadowed, tops * rounded[:, :, None])


def _annual_crop(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Large fields side by side, each ploughed in straight rows of its own direction."""
    fields_across = make_plane(rng, rng.uniform(1.3, 2.2), _turn(rng))
    furrows = rng.uniform(4, 7)
    side, ripe = cell_values(rng, fields_across.u, fields_across.v, draws=2)
    rows = furrows * np.where(side < 0.5, fields_across.u, fields_across.v)
    level = np.clip(0.5 + (0.25 - np.abs(centred(rows))) / (furrows * fields_across.soft), 0, 1)
    sown = blend(ripe, look.cover(rng, look.palette.crop), look.palette.grain)
    return blend(level, sown, 0.25 * sown + 0.75 * np.asarray(look.palette.soil))


def _forest(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Tree tops so dense that hardly any ground shows."""
    cells = rng.uniform(6, 9)
    ground = look.cover(rng, look.palette.shade)
    for keep in (1.0, 0.8):  # turned differently, so that no lattice shows
        ground = _crowns(rng, look, ground, make_plane(rng, cells, _turn(rng)), keep)
    return ground


def _pasture(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Smooth grass parted by a hedge or two, with few trees."""
    colour = mix(look.palette.grass, look.palette.grain, rng.uniform(0, 0.3))
    ground = look.cover(rng, colour)
    trees = make_plane(rng, rng.uniform(5, 7), _turn(rng))
    canvas = Canvas(_crowns(rng, look, ground, trees, keep=0.06))
    canvas.place(turn=_turn(rng))
    across, down = rng.uniform(0.2, 0.8, 2)
    for hedge in [[(-0.3, across), (1.3, across)], [(down, across), (down, 1.3)]]:
        canvas.line(hedge, mix(look.palette.leaf, look.palette.shade, 0.3), 0.035)
    return canvas.pixels(rng)


def _bent(rng: np.random.Generator, bend: float) -> np.ndarray:
    """A smooth line across the whole picture, from left to right."""
    heights = 0.5 + rng.uniform(-bend, bend, 5)
    return smooth(np.stack([np.linspace(-0.3, 1.3, 5), heights], 1), 4, closed=False)


def _countryside(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Two kinds of open ground with some trees: what roads and rivers run through."""
    sides = make_plane(rng, 1.0, _turn(rng))
    level = sides.inside(centred(sides.u))
    second = pick(rng, (look.palette.crop, look.palette.grain))
    ground = blend(level, look.cover(rng, look.palette.grass), second)
    return _crowns(rng, look, ground, make_plane(rng, 8.0, _turn(rng)), keep=0.2)


def _highway(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """A broad road with edge lines and a broken centre line, often crossed by a narrow one."""
    canvas = Canvas(_countryside(rng, look)).place(turn=_turn(rng))
    if rng.random() < 0.5:
        x = rng.uniform(0.3, 0.7)
        canvas.line([(x, -0.4), (x, 1.4)], look.palette.road, 0.05)
    course, width = _bent(rng, 0.06), rng.uniform(0.16, 0.24)
    canvas.line(course, mix(look.palette.road, look.palette.shade, 0.35), width + 0.03)
    canvas.line(course, look.palette.road, width)
    for start in range(0, len(course) - 1, 2):
        canvas.line(course[start : start + 2], look.palette.paint, 0.022)
    for side in (-0.4, 0.4):
        canvas.line(course + np.array([0.0, side * width]), look.palette.paint, 0.012)
    return canvas.pixels(rng)


def _shadow(canvas: Canvas, look: _Look, box: tuple[float, float, float, float]) -> None:
    """The shadow a building throws to its lower right."""
    left, top, right, bottom = box
    shade = mix(look.palette.yard, look.palette.shade, 0.3 + 0.7 * look.shadow)
    canvas.rectangle((left + 0.02, top + 0.02, right + 0.02, bottom + 0.02), fill=shade)


def _industrial(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Two to four long halls with ribbed roofs on a paved yard."""
    canvas = Canvas(look.cover(rng, look.palette.yard)).place(turn=_turn(rng), scale=1.15)
    halls = int(rng.integers(2, 4))
    canvas.line([(-0.4, 0.5), (1.4, 0.5)], look.palette.road, 0.09)
    for row in (0.02, 0.57):
        for column in range(halls):
            left = (column + rng.uniform(0.05, 0.12)) / halls
            box = (left, row, left + rng.uniform(0.7, 0.85) / halls, row + rng.uniform(0.3, 0.41))
            _hall(rng, canvas, look, box)
    return canvas.pixels(rng)


def _hall(
    rng: np.random.Generator,
    canvas: Canvas,
    look: _Look,
    box: tuple[float, float, float, float],
) -> None:
    left, top, right, bottom = box
    roof = mix(look.palette.hall, look.palette.paint, rng.uniform(0, 0.6))
    _shadow(canvas, look, box)
    canvas.rectangle(box, fill=roof)
    for share in (0.25, 0.5, 0.75):
        y = top + share * (bottom - top)
        canvas.line([(left, y), (right, y)], mix(roof, look.palette.shade, 0.4), 0.01)


def _orchard(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Equal round trees planted on a regular lattice."""
    plane = make_plane(rng, rng.uniform(5, 8), _turn(rng))
    colour = pick(rng, (look.palette.soil, look.palette.grain, look.palette.grass))
    ground = look.cover(rng, colour)
    distance = rng.uniform(0.28, 0.38) - np.hypot(centred(plane.u), centred(plane.v))
    shadow = np.roll(plane.inside(distance), (1, 1), (0, 1))
    ground = blend(look.shadow * shadow, ground, look.palette.shade)
    leaf = mix(look.palette.leaf, look.palette.shade, rng.uniform(0.1, 0.4))
    return blend(plane.inside(distance), ground, vary(rng, leaf, 6))


def _residential(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Small houses in rows along streets, with gardens and trees."""
    gardens = look.cover(rng, mix(look.palette.grass, look.palette.yard, 0.3))
    trees = make_plane(rng, 9.0, _turn(rng))
    canvas = Canvas(_crowns(rng, look, gardens, trees, keep=0.3)).place(turn=_turn(rng))
    street = rng.uniform(0.25, 0.4)
    canvas.line([(street, -0.4), (street, 1.4)], look.palette.road, 0.06)
    for y in (0.0, 0.5, 1.0):
        canvas.line([(-0.4, y), (1.4, y)], look.palette.road, 0.07)
    for row in (0.13, 0.37, 0.63, 0.87):
        for x in (street - 0.13, street + 0.13, street + 0.32, street + 0.51):
            _house(rng, canvas, look, (x + rng.normal(0, 0.01), row + rng.normal(0, 0.01)))
    return canvas.pixels(rng)


def _house(
    rng: np.random.Generator, canvas: Canvas, look: _Look, centre: tuple[float, float]
) -> None:
    x, y = centre
    wide, deep = rng.uniform(0.055, 0.075), rng.uniform(0.045, 0.06)
    box = (x - wide, y - deep, x + wide, y + deep)
    roof = vary(rng, look.palette.roof, 12)
    _shadow(canvas, look, box)
    canvas.rectangle(box, fill=roof)
    canvas.rectangle((x - wide, y, x + wide, y + deep), fill=mix(roof, look.palette.shade, 0.3))


def _river(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """A winding band of water with pale banks."""
    canvas = Canvas(_countryside(rng, look)).place(turn=_turn(rng))
    course, width = _bent(rng, 0.22), rng.uniform(0.13, 0.24)
    canvas.line(course, look.palette.shore, width + 0.05)
    canvas.line(course, look.palette.water, width)
    return canvas.pixels(rng)


def _lake(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Open water that fills most of the picture, with an irregular shore."""
    trees = make_plane(rng, 8.0, _turn(rng))
    land = look.cover(rng, look.palette.grass)
    canvas = Canvas(_crowns(rng, look, land, trees, keep=0.35))
    centre = (0.5 + rng.uniform(-0.16, 0.16), 0.5 + rng.uniform(-0.16, 0.16))
    radii = rng.uniform(0.32, 0.52, (10, 1))
    shape = smooth(centre + radii * ellipse_points((0.0, 0.0), 1.0, 1.0, sides=10))
    deep = mix(look.palette.water, look.palette.shade, 0.25)
    for share, colour in ((1.08, look.palette.shore), (1.0, look.palette.water), (0.75, deep)):
        canvas.polygon(centre + share * (shape - centre), fill=colour)
    return canvas.pixels(rng)


def _desert(rng: np.random.Generator, look: _Look) -> np.ndarray:
    """Bare sand in long, wandering dunes with one side in shade."""
    plane = make_plane(rng, rng.uniform(3, 6), _turn(rng))
    phase = plane.u + 1.6 * soft_noise(rng, 2, octaves=2)
    slope = np.asarray(phase - np.floor(phase), np.float32)
    crest = np.clip((1 - slope) / (2 * plane.soft), 0, 1)
    shaded = mix(look.palette.sand, look.palette.soil, 0.8)
    return blend(slope**2 * crest, look.cover(rng, look.palette.sand), shaded)


_SCENES: tuple[tuple[str, _Scene], ...] = (
    ("annual crop", _annual_crop),
    ("forest", _forest),
    ("pasture", _pasture),
    ("highway", _highway),
    ("industrial buildings", _industrial),
    ("orchard", _orchard),
    ("residential buildings", _residential),
    ("river", _river),
    ("lake", _lake),
    ("desert", _desert),
)


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    scene = _SCENES[label][1]
    if domain == "web":
        palette = varied(rng, pick(rng, MAP_PALETTES), 10)
        ground = pick(rng, ("plain", "gradient", "paper"))
        return finished(rng, scene(rng, _Look(palette, ground, rng.uniform(0, 0.4))))
    picture = scene(rng, _Look(varied(rng, SATELLITE, 13), "plain", 0.75))
    relief = 0.84 + 0.36 * soft_noise(rng, 5)
    haze = rng.uniform(0.15, 0.3) + 0.4 * soft_noise(rng, 3, octaves=2)
    return finished(rng, blend(haze, picture * relief[:, :, None], (196, 204, 210)), noise=9)


_OPENINGS = ("a map of", "an aerial view of", "", "land with", "drawing of", "bird view of")
_ATTRIBUTES = ("", "", "colourful", "old", "flat", "large", "simple", "some")
_ENDINGS = ("", "", "from above", "seen from the air", "in summer", "land cover")


def _caption(rng: np.random.Generator, label: int) -> str:
    return compose(rng, _OPENINGS, _ATTRIBUTES, (_SCENES[label][0],), _ENDINGS)


LANDCOVER = Family(
    name="land-cover",
    title="Land cover",
    classnames=tuple(name for name, _ in _SCENES),
    templates=(
        "a satellite picture of {}",
        "an aerial picture of {}",
        "{} seen from above",
        "a view of {} from the air",
    ),
    draw=_draw,
    caption=_caption,
)

"""The textures family: twelve surface patterns that fill the whole picture.

Web pictures are flat prints, tinted gradients, ink on paper and embossed plates in any colours;
task pictures are muted cloth with folds, ripples and threads. Knows nothing of training.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taskarith.worlds.images.canvas import (
    SIZE,
    Colour,
    backdrop,
    mix,
    random_colour,
    soft_noise,
    vary,
)
from taskarith.worlds.images.family import Domain, Family, family_without_web
from taskarith.worlds.images.fields import (
    Plane,
    blend,
    cell_values,
    centred,
    finished,
    make_plane,
    scattered_discs,
)
from taskarith.worlds.images.palettes import two_colours
from taskarith.worlds.images.wording import compose, pick

__all__ = ["TEXTURES"]

# A pattern gives the share of the second colour at each pixel, 0...1.
_Pattern = Callable[[np.random.Generator, Plane], np.ndarray]


def _stripes(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    return plane.inside(rng.uniform(0.17, 0.33) - np.abs(centred(plane.u)))


def _checks(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    across = plane.inside(0.5 - 2 * np.abs(centred(plane.u / 2)))
    down = plane.inside(0.5 - 2 * np.abs(centred(plane.v / 2)))
    return np.asarray(across * down + (1 - across) * (1 - down), np.float32)


def _dots(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    staggered = rng.random() < 0.5
    u = plane.u + 0.5 * (np.round(plane.v) % 2) if staggered else plane.u
    return plane.inside(rng.uniform(0.2, 0.34) - np.hypot(centred(u), centred(plane.v)))


def _zigzag(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    height = rng.uniform(0.9, 1.3)
    across = height * np.abs(centred(plane.u * 0.7)) / 0.7
    return plane.inside(rng.uniform(0.18, 0.3) - np.abs(centred(plane.v + across)))


def _bricks(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    v = plane.v * 2
    u = plane.u + 0.5 * (np.floor(v) % 2)
    to_joint = np.minimum(0.5 - np.abs(centred(u - 0.5)), (0.5 - np.abs(centred(v - 0.5))) / 2)
    tone = 0.7 + 0.3 * cell_values(rng, u, v)[0]
    return np.asarray(plane.inside(to_joint - rng.uniform(0.04, 0.07)) * tone, np.float32)


def _waves(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    height = rng.uniform(0.3, 0.45)
    across = height * np.sin(2 * math.pi * plane.u * rng.uniform(0.4, 0.6))
    return plane.inside(rng.uniform(0.16, 0.28) - np.abs(centred(plane.v + across)))


def _grid(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    to_line = np.minimum(np.abs(centred(plane.u)), np.abs(centred(plane.v)))
    return plane.inside(rng.uniform(0.07, 0.11) - to_line)


def _hexagons(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    # Cells belong to the nearer of two interleaved rectangular lattices of centres.
    ratio = math.sqrt(3.0)
    first = centred(plane.u), ratio * centred(plane.v / ratio)
    second = centred(plane.u - 0.5), ratio * centred(plane.v / ratio - 0.5)
    nearer = np.hypot(*first) < np.hypot(*second)
    x = np.abs(np.where(nearer, first[0], second[0]))
    y = np.abs(np.where(nearer, first[1], second[1]))
    to_side = 0.5 - np.maximum(x, 0.5 * x + 0.5 * ratio * y)
    return plane.inside(to_side - rng.uniform(0.05, 0.09))


def _speckle(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    coarse, tone = scattered_discs(rng, plane, 0.1, 0.36, keep=0.7)
    turned = Plane(plane.v * 1.3 + plane.u, plane.u * 1.3 - plane.v, plane.soft * 1.6)
    fine, _ = scattered_discs(rng, turned, 0.08, 0.2, keep=0.55)
    larger = plane.inside(coarse) * (0.6 + 0.4 * tone)
    return np.asarray(np.maximum(larger, turned.inside(fine)), np.float32)


def _marble(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    cloud = soft_noise(rng, 3, octaves=4)
    veins = 1 - np.abs(np.sin(math.pi * (0.5 * plane.u + 2.2 * cloud)))
    thin = 1 - np.abs(np.sin(math.pi * (0.4 * plane.v + 3.4 * cloud)))
    return np.asarray(np.clip(veins**4 + 0.45 * thin**6 + 0.2 * cloud, 0, 1), np.float32)


def _scales(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    # Each row of half discs hides the tops of the row below it.
    row = np.floor(2 * plane.v)
    below = plane.v - row / 2
    upper = np.hypot(centred(plane.u + 0.5 * (row % 2)), below)
    lower = np.hypot(centred(plane.u + 0.5 * ((row + 1) % 2)), below - 0.5)
    distance = np.where(upper < 0.5, upper, lower)
    rim = plane.inside(np.abs(upper - 0.5) - rng.uniform(0.035, 0.06))
    return rim * np.asarray(1.0 - 0.55 * np.clip(0.6 - distance, 0, 0.6) / 0.6, np.float32)


def _woven(rng: np.random.Generator, plane: Plane) -> np.ndarray:
    # A basket weave: bundles of strands run across in one cell and down in the next.
    strands = int(rng.integers(2, 4))
    over = (np.floor(plane.u) + np.floor(plane.v)) % 2 == 0
    along = np.where(over, centred(plane.u - 0.5), centred(plane.v - 0.5))
    across = centred(strands * np.where(over, plane.v, plane.u) - 0.5)
    to_edge = np.minimum(0.5 - np.abs(across), 0.5 * strands * (0.52 - np.abs(along))) / strands
    tone = np.where(over, 1.0, rng.uniform(0.65, 0.8)) * (1 - 1.4 * along**2)
    return np.asarray(plane.inside(to_edge - 0.04) * tone, np.float32)


@dataclass(frozen=True)
class _Texture:
    """A class: its word, its pattern, the repeats across a picture and the largest turn."""

    word: str
    pattern: _Pattern
    fewest: float
    most: float
    turn: float


_TEXTURES = (
    _Texture("stripes", _stripes, 3.5, 8.0, math.pi),
    _Texture("checks", _checks, 4.0, 8.0, math.pi / 4),
    _Texture("dots", _dots, 3.5, 7.0, math.pi),
    _Texture("zigzag", _zigzag, 3.2, 5.5, math.pi),
    _Texture("bricks", _bricks, 2.4, 4.0, 0.3),
    _Texture("waves", _waves, 3.5, 6.0, math.pi),
    _Texture("grid", _grid, 3.5, 7.0, math.pi / 4),
    _Texture("hexagons", _hexagons, 3.0, 5.5, math.pi),
    _Texture("speckle", _speckle, 5.0, 9.0, math.pi),
    _Texture("marble", _marble, 2.0, 4.0, math.pi),
    _Texture("scales", _scales, 3.0, 5.0, 0.35),
    _Texture("woven", _woven, 3.0, 4.5, math.pi / 4),
)

_CLOTH: tuple[tuple[Colour, Colour], ...] = (
    ((196, 182, 158), (112, 84, 72)),
    ((92, 104, 96), (190, 188, 170)),
    ((84, 92, 116), (188, 180, 176)),
    ((168, 138, 112), (232, 220, 198)),
    ((122, 82, 88), (206, 186, 172)),
    ((150, 156, 142), (76, 80, 74)),
    ((186, 162, 120), (92, 88, 102)),
)


def _lit(level: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """`picture` with the slopes of `level` lit from the top left."""
    slope = level - np.roll(level, (1, 1), (0, 1))
    slope[0], slope[:, 0] = 0, 0
    return np.asarray(picture + 70 * slope[:, :, None], np.float32)


def _print_flat(rng: np.random.Generator, level: np.ndarray) -> np.ndarray:
    return blend(level, *two_colours(rng))


def _print_tinted(rng: np.random.Generator, level: np.ndarray) -> np.ndarray:
    first, second = two_colours(rng)
    return blend(
        level,
        backdrop(rng, "gradient", first, vary(rng, first, 35)),
        backdrop(rng, "gradient", second, vary(rng, second, 35)),
    )


def _print_ink(rng: np.random.Generator, level: np.ndarray) -> np.ndarray:
    paper = backdrop(rng, "paper", vary(rng, (236, 228, 210)), vary(rng, (180, 165, 140)))
    worn = level * (0.72 + 0.28 * soft_noise(rng, 14, octaves=2))
    return blend(worn, paper, random_colour(rng, 0, 120))


def _print_embossed(rng: np.random.Generator, level: np.ndarray) -> np.ndarray:
    colour = random_colour(rng, 60, 220)
    return _lit(
        level, blend(level, mix(colour, (0, 0, 0), 0.45), mix(colour, (255, 255, 255), 0.2))
    )


_PRINTS = (_print_flat, _print_flat, _print_tinted, _print_ink, _print_embossed)


def _cloth(rng: np.random.Generator, level: np.ndarray) -> np.ndarray:
    """Muted dyes on cloth: fine threads, and slow folds that take the light."""
    first, second = pick(rng, _CLOTH)
    if rng.random() < 0.5:
        first, second = second, first
    picture = blend(level, vary(rng, first, 8), vary(rng, second, 8))
    folds = 0.74 + 0.42 * soft_noise(rng, 2, octaves=2)
    threads = 1 + 0.05 * (np.arange(SIZE, dtype=np.float32) % 2 - 0.5)
    shade = folds * threads[None, :] * threads[:, None]
    return np.asarray(picture * shade[:, :, None], np.float32)


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    texture = _TEXTURES[label]
    cells = rng.uniform(texture.fewest, texture.most)
    turn = rng.uniform(-texture.turn, texture.turn)
    if domain == "task":
        bend, tilt = rng.uniform(0.01, 0.03), rng.uniform(-0.5, 0.5)
        plane = make_plane(rng, cells, turn, blur=2.0, bend=bend, tilt=tilt)
        return finished(rng, _cloth(rng, texture.pattern(rng, plane)), noise=4)
    if rng.random() < 0.3:
        turn = 0.0  # printed patterns are often straight
    level = texture.pattern(rng, make_plane(rng, cells, turn))
    return finished(rng, pick(rng, _PRINTS)(rng, level), noise=pick(rng, (0, 0, 5)))


_OPENINGS = ("a picture of", "close up of", "a surface with", "pattern of", "", "wallpaper with")
_ATTRIBUTES = ("", "", "big", "small", "printed", "colourful", "simple", "old", "bright")
_ENDINGS = ("", "", "on paper", "texture", "pattern", "seamless background", "in two colours")


def _caption(rng: np.random.Generator, label: int) -> str:
    return compose(rng, _OPENINGS, _ATTRIBUTES, (_TEXTURES[label].word,), _ENDINGS)


TEXTURES = Family(
    name="textures",
    title="Textures",
    classnames=tuple(texture.word for texture in _TEXTURES),
    templates=(
        "a picture of a {} texture",
        "a close up of a surface with {}",
        "a {} pattern",
        "wallpaper texture of {}",
    ),
    draw=_draw,
    caption=_caption,
)

# The same seen through other seeds, as every family has its own: for what was chosen after a look
# at the test pictures of the first.
FRESH_TEXTURES = family_without_web(
    name="fresh-textures",
    title="Textures, drawn anew",
    classnames=TEXTURES.classnames,
    templates=TEXTURES.templates,
    look=lambda rng, label: _draw(rng, label, "task"),
)

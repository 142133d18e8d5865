"""Coloured things in simple scenes: twelve objects in each of ten colours.

The control family: the two domains differ only in their scenes, so pre-training covers the
task well. Knows the objects' shapes and the scenes' palettes; knows nothing of training.
"""

import math
from collections.abc import Callable

import numpy as np

from taskarith.worlds.images.canvas import (
    NAMED_COLOURS,
    Canvas,
    Colour,
    backdrop,
    lightness,
    mix,
    random_colour,
    vary,
)
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.figures import (
    Figure,
    area,
    blob,
    bottom,
    box,
    curve,
    disc,
    mirrored,
    paint,
    paint_rim,
    place_freely,
    reshaped,
    shades,
    stroke,
)
from taskarith.worlds.images.wording import compose, pick

__all__ = ["OBJECTS"]

_FIGURES: dict[str, Figure] = {
    "mug": (
        curve("body", 8, (66, 38), (82, 38), (88, 52), (82, 66), (66, 70)),
        area("body", (20, 25), (70, 25), (68, 80), (62, 87), (28, 87), (22, 80)),
        area("dark", (60, 27), (70, 25), (68, 80), (62, 87), (54, 87), (59, 79)),
        disc("light", 45, 25, 25, 6),
        disc("dark", 45, 26, 21, 4),
        stroke("light", 5, (29, 40), (30, 72)),
    ),
    "car": (
        blob("body", (24, 52), (34, 34), (46, 30), (62, 31), (74, 42), (78, 53), (50, 60)),
        area("glass", (31, 50), (38, 37), (49, 36), (49, 50)),
        area("glass", (53, 50), (53, 36), (62, 37), (71, 50)),
        blob("body", (6, 58), (12, 51), (50, 49), (88, 52), (95, 60), (94, 70), (50, 72), (7, 70)),
        area("dark", (7, 64), (94, 64), (93, 71), (8, 71)),
        disc("black", 26, 71, 11),
        disc("black", 75, 71, 11),
        disc("steel", 26, 71, 5),
        disc("steel", 75, 71, 5),
        disc("light", 91, 58, 3, 3.5),
    ),
    "guitar": (
        box("dark", 46.5, 12, 53.5, 50),
        area("body", (44, 4), (56, 4), (54, 16), (46, 16)),
        blob(
            "dark",
            *((50, 36), (65, 39), (66, 50), (63, 57), (73, 70), (68, 88), (50, 95)),
            *((32, 88), (27, 70), (37, 57), (34, 50), (35, 39)),
        ),
        blob(
            "body",
            *((50, 39), (62, 41), (63, 50), (60, 57), (70, 71), (65, 86), (50, 92)),
            *((35, 86), (30, 71), (40, 57), (37, 50), (38, 41)),
        ),
        disc("black", 50, 59, 7),
        box("dark", 41, 77, 59, 81),
        stroke("light", 1.3, (48.5, 8), (48.5, 78)),
        stroke("light", 1.3, (51.5, 8), (51.5, 78)),
    ),
    "lamp": (
        stroke("dark", 6, (50, 45), (50, 86)),
        disc("dark", 50, 88, 20, 5),
        disc("body", 50, 86, 20, 5),
        area("body", (36, 10), (64, 10), (82, 54), (18, 54)),
        area("light", (40, 12), (48, 12), (42, 52), (26, 52)),
        disc("dark", 50, 54, 32, 4),
        stroke("dark", 1.5, (64, 54), (64, 68)),
    ),
    "chair": (
        *mirrored(box("dark", 33, 62, 38, 84)),
        *mirrored(box("body", 28, 8, 34, 54)),
        box("body", 30, 12, 70, 20),
        box("dark", 30, 26, 70, 33),
        box("body", 30, 39, 70, 46),
        area("light", (28, 53), (72, 53), (79, 65), (21, 65)),
        *mirrored(box("body", 22, 68, 29, 94)),
        box("dark", 21, 65, 79, 71),
    ),
    "bottle": (
        blob(
            "body",
            *((50, 18), (56, 19), (57, 32), (67, 43), (69, 60), (68, 88), (62, 94)),
            *((50, 95), (38, 94), (32, 88), (31, 60), (33, 43), (43, 32), (44, 19)),
        ),
        blob("dark", (60, 42), (67, 46), (68, 66), (66, 90), (60, 92), (62, 66)),
        box("dark", 42.5, 7, 57.5, 18),
        box("light", 32, 56, 68, 77),
        stroke("light", 4, (40, 42), (38, 50)),
    ),
    "hat": (
        disc("dark", 50, 74, 44, 12),
        disc("body", 50, 71, 44, 11),
        blob(
            "body", (24, 68), (29, 42), (38, 26), (50, 30), (62, 26), (71, 42), (76, 68), (50, 76)
        ),
        area("black", (26, 57), (50, 62), (74, 57), (76, 68), (50, 74), (24, 68)),
        curve("light", 4, (36, 50), (38, 40), (41, 34)),
        curve("dark", 3, (45, 33), (50, 37), (55, 33)),
    ),
    "clock": (
        *mirrored(stroke("black", 6, (31, 82), (24, 93)), disc("dark", 31, 21, 13, 10)),
        stroke("black", 4, (50, 12), (50, 24)),
        disc("dark", 50, 55, 37),
        disc("body", 50, 55, 31),
        *mirrored(stroke("mark", 4, (23, 55), (28, 55))),
        stroke("mark", 4, (50, 28), (50, 33)),
        stroke("mark", 4, (50, 77), (50, 82)),
        stroke("mark", 4, (50, 37), (50, 55), (63, 64)),
        disc("mark", 50, 55, 3.5),
    ),
    "mushroom": (
        blob("cream", (42, 48), (58, 48), (59, 70), (64, 90), (50, 95), (36, 90), (41, 70)),
        blob("shadow", (55, 50), (59, 60), (60, 74), (63, 90), (55, 93), (54, 70)),
        disc("shadow", 50, 54, 36, 7),
        blob("body", (8, 52), (16, 28), (34, 12), (50, 9), (66, 12), (84, 28), (92, 52), (50, 57)),
        disc("light", 33, 28, 7, 6),
        disc("light", 60, 22, 6, 5),
        disc("light", 52, 43, 7, 5.5),
        disc("light", 76, 42, 6, 5.5),
        disc("light", 23, 44, 5, 4.5),
    ),
    "rocket": (
        *mirrored(area("dark", (36, 58), (20, 74), (19, 92), (38, 80))),
        area("black", (42, 80), (58, 80), (62, 91), (38, 91)),
        blob(
            "body",
            *((50, 4), (60, 16), (66, 36), (66, 60), (60, 82)),
            *((50, 84), (40, 82), (34, 60), (34, 36), (40, 16)),
        ),
        blob("dark", (50, 4), (58, 14), (62, 23), (50, 26), (38, 23), (42, 14)),
        disc("steel", 50, 41, 10),
        disc("glass", 50, 41, 7),
        area("dark", (47, 62), (53, 62), (54, 90), (46, 90)),
        stroke("light", 3.5, (39, 52), (41, 72)),
    ),
    "teapot": (
        curve("dark", 7, (24, 44), (9, 40), (6, 56), (14, 70), (28, 72)),
        area("body", (70, 72), (66, 54), (80, 48), (87, 32), (96, 34), (92, 52), (84, 66)),
        disc("body", 48, 62, 29, 25),
        blob("dark", (66, 44), (75, 56), (72, 74), (56, 86), (40, 86), (58, 76), (66, 62)),
        disc("dark", 48, 40, 20, 5),
        blob("body", (29, 38), (38, 30), (48, 28), (58, 30), (67, 38), (48, 42)),
        disc("dark", 48, 24, 5),
        curve("light", 5, (27, 66), (28, 56), (34, 50)),
        box("dark", 34, 84, 62, 89),
    ),
    "butterfly": (
        *mirrored(
            blob("dark", (50, 50), (30, 54), (16, 68), (24, 86), (38, 86), (48, 66)),
            blob("dark", (49, 50), (38, 24), (16, 12), (5, 24), (10, 46), (28, 57)),
            blob("body", (47, 48), (36, 27), (18, 17), (9, 26), (14, 43), (29, 53)),
            blob("body", (46, 56), (31, 58), (20, 69), (26, 82), (36, 82), (45, 66)),
            disc("light", 22, 31, 6, 7),
            disc("light", 31, 71, 5, 6),
            curve("black", 2, (50, 34), (46, 22), (38, 14)),
        ),
        disc("black", 50, 56, 4, 23),
        disc("black", 50, 34, 5),
    ),
}
_COLOURS = tuple(NAMED_COLOURS)
_NAMES = tuple(_FIGURES)
_FIXED_INKS: dict[str, Colour] = {
    "black": (38, 36, 42),
    "steel": (185, 190, 198),
    "glass": (168, 204, 226),
    "cream": (236, 222, 196),
    "shadow": (205, 184, 152),
}
_DARK_MARK: Colour = (45, 40, 45)
_LIGHT_MARK: Colour = (250, 246, 236)

_ENOUGH_CONTRAST = 155.0
_GRAIN = (0.0, 0.0, 2.0, 4.0)
_DEPTHS = {"flat": 0.24, "shaded": 0.45, "outlined": 0.35, "sticker": 0.4}
_SCENES: dict[Domain, tuple[str, ...]] = {
    "web": ("plain", "gradient", "clouds", "paper", "room"),
    "task": ("room", "wallpaper"),
}
_STYLES: dict[Domain, tuple[str, ...]] = {
    "web": tuple(_DEPTHS),
    "task": ("shaded", "outlined"),
}


def _web_colour(rng: np.random.Generator) -> Colour:
    """Pale, dark or vivid, from all over the colour space."""
    colour = random_colour(rng)
    towards: Colour = ((255, 255, 255), (20, 20, 30), colour)[int(rng.integers(3))]
    return mix(colour, towards, float(rng.uniform(0.4, 0.8)))


def _task_colour(rng: np.random.Generator) -> Colour:
    """Dusty: light or dark, with little colour."""
    level = int(rng.integers(20, 245))
    return mix(random_colour(rng), (level, level, level), 0.75)


_PALETTES: dict[Domain, Callable[[np.random.Generator], Colour]] = {
    "web": _web_colour,
    "task": _task_colour,
}


def _apart(rng: np.random.Generator, thing: Colour, domain: Domain) -> Colour:
    """A colour of the domain's palette against which `thing` stands out."""
    while True:
        colour = _PALETTES[domain](rng)
        # Hue alone is a weak edge, so that lightness counts twice.
        contrast = math.dist(colour, thing) + abs(lightness(colour) - lightness(thing))
        if contrast >= _ENOUGH_CONTRAST:
            return colour


def _room(rng: np.random.Generator, wall: Colour, floor: Colour, striped: bool) -> Canvas:
    """A plain or striped wall above a floor, with a skirting board between them."""
    canvas = Canvas(wall)
    horizon = float(rng.uniform(0.58, 0.75))
    if striped:
        pitch = float(rng.uniform(0.12, 0.22))
        for left in np.arange(float(rng.uniform(-pitch, 0)), 1, pitch):
            canvas.rectangle((left, 0, left + pitch / 2, 1), mix(wall, floor, 0.22))
    canvas.rectangle((-0.1, horizon, 1.1, 1.1), floor)
    canvas.rectangle((-0.1, horizon, 1.1, horizon + 0.03), mix(floor, wall, 0.5))
    return canvas


def _scene(rng: np.random.Generator, figure: Figure, body: Colour, domain: Domain) -> Canvas:
    """A backdrop that the figure stands out from, with the canvas placed for painting it."""
    kind = pick(rng, _SCENES[domain])
    first, second = _apart(rng, body, domain), _apart(rng, body, domain)
    if kind not in ("room", "wallpaper"):
        canvas = Canvas(
            first if kind == "plain" else backdrop(rng, kind, first, mix(first, second, 0.3))
        )
        place_freely(rng, canvas)
        return canvas
    canvas = _room(rng, first, second, striped=kind == "wallpaper")
    place_freely(rng, canvas)
    canvas.ellipse((0.5, bottom(figure)), 0.36, 0.05, fill=mix(second, (0, 0, 0), 0.3))
    return canvas


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    name, colour_name = _NAMES[label // len(_COLOURS)], _COLOURS[label % len(_COLOURS)]
    body = vary(rng, NAMED_COLOURS[colour_name], 6)
    style = pick(rng, _STYLES[domain])
    mark = _DARK_MARK if lightness(body) > 150 else _LIGHT_MARK
    inks = {**_FIXED_INKS, **shades(body, _DEPTHS[style]), "mark": mark}
    figure = reshaped(rng, _FIGURES[name], 0.2)
    canvas = _scene(rng, figure, body, domain)
    if style == "outlined":
        paint_rim(canvas, figure, mix(body, (15, 12, 20), 0.8), 0.016)
    elif style == "sticker":
        paint_rim(canvas, figure, mark, 0.03)
    paint(canvas, figure, inks)
    return canvas.pixels(rng, noise=pick(rng, _GRAIN))


_OPENINGS = (
    "a",
    "a photo of a",
    "a picture of a",
    "this is a",
    "drawing of a",
    "we found a",
    "look at this",
    "my",
    "the",
    "one",
)
_ATTRIBUTES = ("big", "small", "new", "nice", "shiny", "simple", "pretty", "plain")
_ENDINGS = ("", "", "", "in front of a wall", "on the floor", "by itself", "close up", "for sale")


def _caption(rng: np.random.Generator, label: int) -> str:
    # An attribute always stands before the colour, so that "a" never meets "orange".
    return compose(rng, _OPENINGS, _ATTRIBUTES, (_CLASSNAMES[label],), _ENDINGS)


_CLASSNAMES = tuple(f"{colour} {name}" for name in _NAMES for colour in _COLOURS)

OBJECTS = Family(
    name="objects",
    title="Coloured objects",
    classnames=_CLASSNAMES,
    templates=(
        "a picture of the {}",
        "the {} by a wall",
        "a photo of one {}",
        "here is the {}",
    ),
    draw=_draw,
    caption=_caption,
)

"""Everyday things in four places: ten objects, each on the beach, in the snow, at night or in
a room.

A second control family: its things and places belong to no other family, and its two domains
differ only in how the places look. Knows the things; how places look is `places`' concern.
"""

import numpy as np

from taskarith.worlds.images.canvas import (
    Canvas,
    Colour,
    mix,
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
    reshaped,
    shades,
    stroke,
)
from taskarith.worlds.images.places import PLACES, paint_place
from taskarith.worlds.images.wording import compose, pick

__all__ = ["EVERYDAY"]

_FIGURES: dict[str, Figure] = {
    "apple": (
        blob(
            "body",
            *((50, 30), (66, 23), (84, 32), (88, 54), (78, 80), (62, 92), (50, 88)),
            *((38, 92), (22, 80), (12, 54), (16, 32), (34, 23)),
        ),
        blob("dark", (80, 34), (86, 54), (77, 79), (62, 90), (52, 88), (68, 76), (77, 56)),
        blob("light", (24, 40), (32, 34), (36, 40), (28, 52), (22, 56)),
        curve("wood", 5, (50, 34), (50, 22), (55, 10)),
        blob("leaf", (53, 22), (62, 10), (80, 8), (72, 20), (60, 24)),
    ),
    "ball": (
        disc("body", 50, 50, 40),
        blob(
            "light", (50, 10), (62, 30), (66, 50), (62, 70), (50, 90), (30, 70), (25, 50), (30, 30)
        ),
        blob(
            "dark", (50, 10), (76, 20), (89, 50), (76, 80), (50, 90), (79, 70), (84, 50), (79, 30)
        ),
        blob(
            "mark", (50, 10), (53, 30), (54, 50), (53, 70), (50, 90), (43, 70), (41, 50), (43, 30)
        ),
        disc("body", 50, 12, 7, 3.5),
    ),
    "bell": (
        disc("dark", 50, 86, 9),
        stroke("dark", 6, (50, 8), (50, 18)),
        area(
            "body", (38, 18), (62, 18), (71, 32), (74, 62), (86, 78), (14, 78), (26, 62), (29, 32)
        ),
        area("light", (39, 24), (45, 24), (41, 64), (34, 70), (36, 34)),
        area("dark", (62, 18), (71, 32), (74, 62), (86, 78), (70, 78), (63, 62), (62, 34)),
        box("dark", 12, 76, 88, 83),
    ),
    "candle": (
        blob("wood", (10, 84), (50, 80), (90, 84), (80, 94), (50, 96), (20, 94)),
        box("body", 36, 40, 64, 88),
        box("dark", 55, 40, 64, 88),
        box("light", 39, 40, 44, 84),
        disc("light", 50, 40, 14, 4),
        blob("light", (56, 42), (64, 40), (64, 58), (60, 62), (58, 56)),
        stroke("black", 3, (50, 40), (50, 32)),
        blob("flame", (50, 4), (60, 20), (59, 32), (50, 37), (41, 32), (40, 20)),
        blob("glow", (50, 16), (55, 25), (54, 32), (50, 35), (46, 32), (45, 25)),
    ),
    "crown": (
        area(
            "body",
            *((12, 82), (7, 30), (29, 54), (50, 18), (71, 54), (93, 30), (88, 82)),
        ),
        area("dark", (50, 18), (71, 54), (93, 30), (88, 70), (64, 70)),
        box("light", 12, 70, 88, 84),
        *mirrored(disc("light", 8, 27, 6), disc("gem", 27, 77, 5)),
        disc("light", 50, 15, 7),
        disc("gem", 50, 77, 6),
        disc("gem", 50, 52, 6, 8),
    ),
    "book": (
        area("dark", (4, 24), (50, 32), (96, 24), (96, 82), (50, 92), (4, 82)),
        area(
            "body",
            (4, 24),
            (12, 24),
            (12, 80),
            (50, 88),
            (88, 80),
            (88, 24),
            (96, 24),
            (96, 82),
            (50, 92),
            (4, 82),
        ),
        *mirrored(
            blob(
                "cream",
                (50, 28),
                (46, 22),
                (30, 16),
                (12, 17),
                (10, 46),
                (12, 78),
                (32, 78),
                (50, 87),
            ),
            curve("shadow", 2.5, (19, 30), (30, 30), (42, 35)),
            curve("shadow", 2.5, (19, 42), (30, 42), (42, 47)),
            curve("shadow", 2.5, (19, 54), (30, 54), (42, 59)),
            curve("shadow", 2.5, (19, 66), (30, 66), (42, 71)),
        ),
        stroke("wood", 2.5, (50, 28), (50, 88)),
    ),
    "balloon": (
        curve("mark", 2.5, (50, 72), (55, 80), (46, 88), (51, 98)),
        area("dark", (50, 66), (57, 75), (43, 75)),
        blob("body", (50, 4), (72, 12), (80, 34), (69, 58), (50, 70), (31, 58), (20, 34), (28, 12)),
        blob("dark", (70, 12), (79, 34), (68, 57), (50, 69), (60, 56), (70, 34)),
        blob("light", (30, 22), (38, 13), (42, 17), (34, 30), (30, 36)),
    ),
    "spoon": (
        area("body", (48, 40), (54, 40), (56, 90), (46, 90)),
        area("dark", (52, 46), (54, 40), (56, 90), (52, 90)),
        disc("body", 51, 91, 5, 3.5),
        disc("dark", 52, 26, 18, 24),
        disc("body", 49, 26, 17, 24),
        disc("dark", 49, 27, 12, 18),
        disc("light", 51, 30, 9, 14),
    ),
    "cupcake": (
        area("body", (22, 56), (78, 56), (68, 94), (32, 94)),
        *mirrored(area("dark", (29, 56), (36, 56), (40, 94), (36, 94))),
        area("dark", (46, 56), (54, 56), (53, 94), (47, 94)),
        blob(
            "shadow", (14, 52), (24, 42), (50, 40), (76, 42), (86, 52), (76, 62), (50, 64), (24, 62)
        ),
        blob(
            "cream", (16, 50), (26, 40), (50, 36), (74, 40), (84, 50), (74, 57), (50, 59), (26, 57)
        ),
        blob("shadow", (25, 38), (34, 28), (66, 28), (75, 38), (66, 46), (34, 46)),
        blob("cream", (27, 36), (36, 22), (50, 14), (64, 22), (73, 36), (64, 42), (36, 42)),
        disc("gem", 50, 15, 8),
        stroke("mark", 3, (34, 49), (40, 52)),
        stroke("body", 3, (54, 51), (60, 48)),
        stroke("body", 3, (41, 30), (46, 34)),
        stroke("mark", 3, (57, 34), (61, 30)),
    ),
    "drum": (
        *mirrored(stroke("wood", 4, (46, 36), (14, 6)), disc("wood", 46, 36, 4)),
        area("body", (14, 42), (86, 42), (86, 80), (70, 88), (50, 91), (30, 88), (14, 80)),
        area("dark", (68, 42), (86, 42), (86, 80), (70, 88), (62, 89)),
        stroke("cream", 3, (14, 48), (26, 84), (38, 50), (50, 89), (62, 50), (74, 84), (86, 48)),
        curve("light", 6, (14, 79), (30, 87), (50, 90), (70, 87), (86, 79)),
        disc("light", 50, 43, 38, 12),
        disc("cream", 50, 41, 34, 9),
    ),
}
_NAMES = tuple(_FIGURES)
_FIXED_INKS: dict[str, Colour] = {
    "black": (38, 36, 42),
    "cream": (248, 238, 218),
    "shadow": (206, 184, 160),
    "wood": (128, 84, 50),
    "leaf": (70, 155, 60),
    "flame": (250, 165, 40),
    "glow": (255, 238, 150),
    "gem": (205, 35, 70),
    "mark": (250, 248, 240),
}
_METALS: tuple[Colour, ...] = ((226, 178, 50), (206, 140, 60), (170, 178, 190))
_OWN_BODIES: dict[str, tuple[Colour, ...]] = {
    "apple": ((208, 44, 40), (120, 180, 60), (232, 190, 60), (170, 30, 50)),
    "bell": _METALS,
    "crown": _METALS,
    "spoon": (*_METALS, (176, 122, 76)),
}
_ANY_BODIES: tuple[Colour, ...] = (
    (214, 48, 44),
    (236, 120, 40),
    (232, 184, 40),
    (60, 165, 80),
    (40, 160, 170),
    (60, 100, 215),
    (140, 70, 180),
    (232, 100, 160),
)
_RIM: Colour = (40, 34, 44)
_GRAIN = (0.0, 0.0, 2.0, 4.0)


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    name, place = _NAMES[label // len(PLACES)], PLACES[label % len(PLACES)]
    canvas, ground = paint_place(rng, place, domain)
    figure = reshaped(rng, _FIGURES[name], 0.2)
    _place(rng, canvas)
    canvas.ellipse((0.5, bottom(figure)), 0.34, 0.045, fill=mix(ground, (0, 0, 0), 0.35))
    body = vary(rng, pick(rng, _OWN_BODIES.get(name, _ANY_BODIES)), 8)
    paint_rim(canvas, figure, _rim(rng, place, body), 0.02)
    paint(canvas, figure, {**_FIXED_INKS, **shades(body, float(rng.uniform(0.3, 0.5)))})
    return canvas.pixels(rng, noise=pick(rng, _GRAIN))


def _place(rng: np.random.Generator, canvas: Canvas) -> None:
    """In the lower middle of the picture, so that the place shows around the thing."""
    scale = float(rng.uniform(0.56, 0.74))
    x, y = rng.uniform((0.4, 0.93), (0.6, 0.97))
    canvas.place(
        (float(x), float(y) - scale / 2),
        scale,
        turn=float(rng.normal(0, 0.07)),
        stretch=float(rng.uniform(0.9, 1.1)),
        flip=bool(rng.random() < 0.5),
    )


def _rim(rng: np.random.Generator, place: str, body: Colour) -> Colour:
    """A dark line, or one in a deep shade of the body; by night a pale one."""
    if place == "at night":
        return mix(body, (255, 250, 230), 0.75)
    return mix(body, _RIM, float(rng.uniform(0.55, 1)))


_CLASSNAMES = tuple(f"{name} {place}" for name in _NAMES for place in PLACES)
_OPENINGS = (
    "a photo of the",
    "a picture with one",
    "this is my",
    "the",
    "we saw the",
    "here is one",
    "painting of the",
    "somebody left this",
    "look at the",
    "holiday card with one",
)
_ATTRIBUTES = ("", "", "big", "small", "old", "new", "bright", "pretty")
_ENDINGS = ("", "", "", "today", "again", "by itself", "close up")


def _caption(rng: np.random.Generator, label: int) -> str:
    return compose(rng, _OPENINGS, _ATTRIBUTES, (_CLASSNAMES[label],), _ENDINGS)


EVERYDAY = Family(
    name="everyday",
    title="Everyday things in four places",
    classnames=_CLASSNAMES,
    templates=(
        "a picture of one {}",
        "the photo shows the {}",
        "here is the {}",
        "this is one {}",
    ),
    draw=_draw,
    caption=_caption,
)

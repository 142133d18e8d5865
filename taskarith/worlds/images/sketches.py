"""Line-drawn figures: twelve things that the web shows as flat cartoons and clean outlines, and
the task as pencil sketches.

Knows the figures once, as areas and lines, and three ways of painting them; the sketch's thin,
doubled, wobbly strokes on paper are held out from the web. Knows nothing of training.
"""

import math

import numpy as np

from taskarith.worlds.images.canvas import (
    Canvas,
    Colour,
    backdrop,
    contrasting,
    lightness,
    mix,
    random_colour,
    soft_noise,
    vary,
)
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.figures import (
    Figure,
    Part,
    area,
    blob,
    box,
    curve,
    disc,
    grown,
    mirrored,
    paint,
    place_freely,
    reshaped,
    stroke,
)
from taskarith.worlds.images.wording import compose, pick

__all__ = ["SKETCHES"]

# Inks: three flat colours, "line" for details on them, "bare" for lines on the bare backdrop
# and "paper" for holes.
_FIGURES: dict[str, Figure] = {
    "house": (
        box("third", 66, 16, 76, 40),
        box("first", 20, 46, 80, 90),
        area("second", (8, 49), (50, 12), (92, 49)),
        box("third", 54, 62, 69, 90),
        box("third", 28, 57, 44, 72),
        stroke("line", 2, (36, 57), (36, 72)),
        stroke("line", 2, (28, 64.5), (44, 64.5)),
    ),
    "tree": (
        area("second", (44, 50), (56, 50), (57, 80), (64, 93), (36, 93), (43, 80)),
        blob(
            "first",
            *((50, 8), (66, 14), (74, 26), (85, 38), (82, 54), (68, 62)),
            *((50, 60), (32, 62), (18, 54), (15, 38), (26, 26), (34, 14)),
        ),
        curve("line", 2, (25, 36), (29, 27), (37, 24)),
        curve("line", 2, (58, 54), (67, 52), (73, 45)),
    ),
    "fish": (
        area("second", (70, 50), (94, 28), (88, 50), (94, 72)),
        area("third", (36, 34), (52, 16), (64, 36)),
        area("third", (42, 66), (52, 82), (60, 64)),
        blob(
            "first", (6, 52), (20, 36), (42, 28), (64, 38), (78, 50), (64, 62), (42, 74), (20, 66)
        ),
        curve("line", 2, (34, 36), (39, 51), (34, 67)),
        curve("line", 2, (52, 44), (56, 51), (52, 58)),
        disc("line", 22, 46, 3.5),
    ),
    "sailboat": (
        box("third", 47, 8, 51, 72),
        area("second", (54, 14), (88, 64), (54, 64)),
        area("third", (44, 20), (44, 64), (16, 64)),
        area("first", (8, 70), (92, 70), (78, 91), (24, 91)),
        stroke("line", 2, (14, 78), (86, 78)),
    ),
    "cat": (
        blob(
            "first", (64, 82), (80, 82), (83, 70), (80, 58), (87, 55), (92, 70), (87, 88), (66, 92)
        ),
        blob("first", (36, 48), (64, 48), (74, 76), (70, 92), (50, 94), (30, 92), (26, 76)),
        *mirrored(area("second", (26, 34), (27, 8), (46, 20))),
        blob(
            "first", (50, 16), (68, 20), (76, 36), (68, 51), (50, 56), (32, 51), (24, 36), (32, 20)
        ),
        *mirrored(
            disc("line", 40, 34, 3, 4),
            stroke("line", 1.6, (42, 44), (16, 40)),
            stroke("line", 1.6, (42, 47), (17, 51)),
            curve("line", 2, (50, 44), (47, 49), (42, 49)),
            stroke("line", 2, (43, 80), (43, 93)),
        ),
        area("third", (46, 41), (54, 41), (50, 45)),
    ),
    "umbrella": (
        curve("bare", 4, (50, 40), (50, 82), (54, 91), (62, 91), (66, 83)),
        area("second", (48.5, 4), (51.5, 4), (51.5, 16), (48.5, 16)),
        blob(
            "first",
            *((50, 12), (72, 20), (88, 36), (94, 54), (80, 48), (66, 54), (50, 48)),
            *((34, 54), (20, 48), (6, 54), (12, 36), (28, 20)),
        ),
        blob("second", (50, 12), (62, 30), (66, 54), (50, 48), (34, 54), (38, 30)),
    ),
    "key": (
        area("first", (44, 44), (56, 44), (56, 94), (44, 94)),
        box("first", 56, 66, 72, 74),
        box("first", 56, 82, 78, 91),
        disc("first", 50, 27, 23),
        disc("paper", 50, 27, 11),
    ),
    "ladder": (
        *(box("second", 30, top, 70, top + 6) for top in (14, 31, 48, 65, 82)),
        *mirrored(box("first", 24, 4, 32, 96)),
    ),
    "flower": (
        curve("third", 4, (50, 40), (52, 66), (50, 95)),
        blob("third", (51, 84), (60, 68), (78, 64), (72, 80)),
        blob("third", (50, 90), (40, 76), (24, 72), (30, 86)),
        *(
            disc("first", 50 + 19 * math.sin(turn), 33 - 19 * math.cos(turn), 11)
            for turn in np.linspace(0, 2 * math.pi, 6, endpoint=False)
        ),
        disc("second", 50, 33, 10),
    ),
    "snail": (
        stroke("bare", 2.5, (18, 46), (12, 26)),
        stroke("bare", 2.5, (24, 46), (28, 26)),
        disc("bare", 12, 25, 2.5),
        disc("bare", 28, 25, 2.5),
        blob(
            "second",
            *((12, 46), (22, 42), (30, 52), (36, 72), (72, 76), (95, 86), (50, 89), (20, 86)),
            *((14, 66), (10, 56)),
        ),
        disc("first", 60, 50, 30),
        curve(
            "line",
            2.5,
            *(
                (60 + 2 * turn * math.cos(turn), 50 + 2 * turn * math.sin(turn))
                for turn in np.linspace(0.5, 4 * math.pi, 18)
            ),
        ),
    ),
    "kite": (
        curve("bare", 2.5, (50, 64), (58, 74), (42, 82), (54, 95)),
        area("third", (58, 74), (48, 68), (48, 78)),
        area("third", (58, 74), (67, 69), (67, 80)),
        area("third", (43, 83), (33, 77), (33, 88)),
        area("third", (43, 83), (53, 78), (53, 89)),
        area("first", (50, 4), (80, 30), (50, 64), (20, 30)),
        area("second", (50, 4), (80, 30), (50, 30)),
        area("second", (50, 30), (50, 64), (20, 30)),
    ),
    "anchor": (
        blob(
            "first",
            *((8, 58), (24, 76), (50, 82), (76, 76), (92, 58)),
            *((86, 78), (70, 91), (50, 95), (30, 91), (14, 78)),
        ),
        *mirrored(area("first", (4, 50), (26, 62), (6, 72))),
        box("first", 45, 26, 55, 90),
        box("second", 28, 33, 72, 42),
        disc("first", 50, 17, 12),
        disc("paper", 50, 17, 6),
    ),
}
_NAMES = tuple(_FIGURES)
_SPACING = 0.045  # between a sketch's points: close enough for straight edges to wobble
_PENCILS: tuple[Colour, ...] = ((52, 50, 52), (70, 48, 36), (38, 44, 78))
_PAPERS: tuple[Colour, ...] = (
    (244, 240, 228),
    (226, 208, 176),
    (214, 218, 220),
    (236, 224, 205),
)


def _traced(part: Part) -> Part:
    """`part` with its outline closed and cut into pieces of equal length."""
    points = part.points if part.width else np.concatenate([part.points, part.points[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    even = np.linspace(0, along[-1], max(4, round(along[-1] / _SPACING) + 1))
    traced = np.stack([np.interp(even, along, points[:, axis]) for axis in (0, 1)], 1)
    return Part(traced, part.ink, part.width)


_TRACES = {name: tuple(_traced(part) for part in parts) for name, parts in _FIGURES.items()}


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    name = _NAMES[label]
    if domain == "task":
        return _sketch(rng, reshaped(rng, _TRACES[name], 0.25))
    return pick(rng, (_flat, _cartoon, _outline))(rng, reshaped(rng, _FIGURES[name], 0.2))


def _backdrop(rng: np.random.Generator) -> tuple[Colour, Canvas]:
    """A backdrop in mostly one colour, and that colour."""
    shade = mix(random_colour(rng), pick(rng, ((255, 255, 255), (25, 25, 35))), 0.5)
    kind = pick(rng, ("plain", "plain", "gradient", "clouds"))
    if kind == "plain":
        return shade, Canvas(shade)
    return shade, Canvas(backdrop(rng, kind, shade, vary(rng, shade, 22)))


def _bright(rng: np.random.Generator, *others: Colour) -> Colour:
    """A vivid colour unlike all `others`, and darker or lighter than the first of them."""
    while True:
        colour = contrasting(rng, others[0], 120)
        lightness_gap = abs(lightness(colour) - lightness(others[0]))
        vivid = max(colour) - min(colour) > 90
        if vivid and lightness_gap > 60 and all(math.dist(colour, o) > 80 for o in others):
            return colour


def _flat_inks(rng: np.random.Generator, paper: Colour) -> dict[str, Colour]:
    first = _bright(rng, paper)
    second = _bright(rng, paper, first)
    third = _bright(rng, paper, first, second)
    return {
        "first": first,
        "second": second,
        "third": third,
        "line": _black_or_white(first),
        "bare": _black_or_white(paper),
        "paper": paper,
    }


def _black_or_white(ground: Colour) -> Colour:
    return (28, 26, 34) if lightness(ground) > 110 else (250, 248, 240)


def _flat(rng: np.random.Generator, figure: Figure) -> np.ndarray:
    """Areas of flat colour without outlines."""
    paper, canvas = _backdrop(rng)
    place_freely(rng, canvas)
    inks = _flat_inks(rng, paper)
    paint(canvas, figure, inks)
    return canvas.pixels(rng)


def _cartoon(rng: np.random.Generator, figure: Figure) -> np.ndarray:
    """Areas of flat colour in dark outlines."""
    paper, canvas = _backdrop(rng)
    place_freely(rng, canvas)
    _paint_outlined(canvas, figure, _flat_inks(rng, paper), float(rng.uniform(0.02, 0.035)))
    return canvas.pixels(rng)


def _outline(rng: np.random.Generator, figure: Figure) -> np.ndarray:
    """Thick outlines of one colour, filled with the backdrop or a shade of it."""
    paper, canvas = _backdrop(rng)
    place_freely(rng, canvas)
    line = _bright(rng, paper)
    inside = mix(paper, line, float(pick(rng, (0.0, 0.25))))
    inks = dict.fromkeys(("first", "second", "third"), inside) | {
        "line": line,
        "bare": line,
        "paper": paper,
    }
    _paint_outlined(canvas, figure, inks, float(rng.uniform(0.03, 0.05)))
    return canvas.pixels(rng)


def _paint_outlined(canvas: Canvas, figure: Figure, inks: dict[str, Colour], width: float) -> None:
    """Every area filled in its ink and outlined in the ink "line"."""
    for part in figure:
        if part.width:
            canvas.line(part.points, inks[part.ink], max(width, part.width))
        else:
            canvas.polygon(grown(part.points, width / 2), inks["line"])
            canvas.polygon(grown(part.points, -width / 2), inks[part.ink])


def _sketch(rng: np.random.Generator, figure: Figure) -> np.ndarray:
    """Thin, doubled, wobbly strokes of one pencil on paper."""
    paper, pencil = vary(rng, pick(rng, _PAPERS), 3), vary(rng, pick(rng, _PENCILS), 8)
    canvas = Canvas(paper)
    place_freely(rng, canvas)
    width = float(rng.uniform(0.01, 0.017))
    wobble = float(rng.uniform(0.008, 0.016))
    pencil = mix(pencil, paper, rng.uniform(0.1, 0.4))
    for part in figure:
        if not part.width:
            # Paper hides the lines of what lies behind.
            canvas.polygon(part.points, pencil if part.ink in ("line", "bare") else paper)
        for share in (0.0, 0.3):
            canvas.line(_wobbly(rng, part.points, wobble), mix(pencil, paper, share), width)
    for _ in range(int(rng.integers(1, 3))):
        _hatch(rng, canvas, mix(paper, pencil, 0.6))
    return np.asarray(canvas.pixels(rng) * _grain(rng), np.uint8)


def _hatch(rng: np.random.Generator, canvas: Canvas, colour: Colour) -> None:
    """A patch of parallel shading strokes over the figure."""
    turn, gap = rng.uniform(0, math.pi), rng.uniform(0.06, 0.1)
    along = np.array([math.cos(turn), math.sin(turn)])
    across = np.array([-along[1], along[0]])
    centre, length = rng.uniform(0.25, 0.75, 2), rng.uniform(0.25, 0.5)
    for step in range(-4, 5):
        middle = centre + step * gap * across + rng.normal(0, 0.02, 2)
        ends = np.stack([middle - length * along, middle + length * along])
        canvas.line(ends, colour, 0.012)


def _wobbly(rng: np.random.Generator, points: np.ndarray, amount: float) -> np.ndarray:
    """`points` shifted by a few waves that run along the line."""
    waves = rng.uniform(0.3, 0.9, 2) * np.arange(len(points))[:, None]
    return points + amount * np.sin(waves + rng.uniform(0, 2 * math.pi, 2))


def _grain(rng: np.random.Generator) -> np.ndarray:
    """How much light each pixel of the paper returns, [64, 64, 1]."""
    return 1 - 0.1 * soft_noise(rng, 24, octaves=2)[:, :, None]


_OPENINGS = (
    "cartoon of the",
    "a simple drawing of the",
    "sticker with one",
    "clip art",
    "outline of the",
    "poster showing one",
    "this is my",
    "icon of the",
    "the",
    "look at this",
    "somebody drew one",
)
_ATTRIBUTES = ("", "", "big", "small", "old", "new", "bright", "pretty", "funny")
_ENDINGS = ("", "", "", "on plain colour", "for children", "by itself", "with thick lines")


def _caption(rng: np.random.Generator, label: int) -> str:
    return compose(rng, _OPENINGS, _ATTRIBUTES, (_NAMES[label],), _ENDINGS)


SKETCHES = Family(
    name="sketches",
    title="Pencil sketches",
    classnames=_NAMES,
    templates=(
        "a drawing of one {}",
        "simple lines showing the {}",
        "the outline of one {}",
        "somebody drew the {}",
    ),
    draw=_draw,
    caption=_caption,
)

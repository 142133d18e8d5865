"""The signs family: fourteen traffic-like signs of a simple design of our own.

Web pictures are clean drawings on plain or graded backdrops in many colours; task pictures show
worn signs on posts beside a road, tilted, in another set of colours and in changing light.
Shape and pictogram, never colour, tell the classes apart. Knows nothing of training.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taskarith.worlds.images.canvas import (
    Canvas,
    Colour,
    backdrop,
    mix,
    random_colour,
    regular_polygon,
    smooth,
    vary,
)
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.fields import finished
from taskarith.worlds.images.wording import compose, pick

__all__ = ["SIGNS"]


@dataclass(frozen=True)
class _Paint:
    """A sign's colours: its face, the pictogram on it, its border, and one accent."""

    face: Colour
    ink: Colour
    border: Colour
    accent: Colour


_Pictogram = Callable[[Canvas, _Paint], None]


def _stop(canvas: Canvas, paint: _Paint) -> None:
    letters = (
        [(0.29, 0.42), (0.2, 0.4), (0.18, 0.46), (0.27, 0.52), (0.26, 0.59), (0.17, 0.58)],
        [(0.34, 0.41), (0.48, 0.41)],
        [(0.41, 0.41), (0.41, 0.6)],
        [(0.58, 0.4), (0.53, 0.5), (0.58, 0.6), (0.63, 0.5), (0.58, 0.4)],
        [(0.7, 0.6), (0.7, 0.41), (0.81, 0.42), (0.82, 0.5), (0.7, 0.52)],
    )
    for letter in letters:
        canvas.line(letter, paint.ink, 0.042)


def _no_entry(canvas: Canvas, paint: _Paint) -> None:
    canvas.rectangle((0.2, 0.42, 0.8, 0.58), fill=paint.ink)


def _yield(canvas: Canvas, paint: _Paint) -> None:
    """A give-way sign is empty but for a second, broad border."""
    canvas.polygon(regular_polygon(3, 0.34, turn=math.pi), outline=paint.border, width=0.07)


def _priority(canvas: Canvas, paint: _Paint) -> None:
    canvas.polygon(regular_polygon(4, 0.27), fill=paint.ink)


def _arrow(canvas: Canvas, colour: Colour, path: list[tuple[float, float]]) -> None:
    """A thick line through `path` with a head at its end."""
    (x0, y0), (x1, y1) = path[-2:]
    length = math.hypot(x1 - x0, y1 - y0)
    along = np.array([x1 - x0, y1 - y0]) / length
    aside = np.array([-along[1], along[0]])
    tip = np.array([x1, y1])
    canvas.line(path, colour, 0.1)
    canvas.polygon(tip + 0.15 * np.stack([along, aside, -aside]), fill=colour)


def _turn_left(canvas: Canvas, paint: _Paint) -> None:
    _arrow(canvas, paint.ink, [(0.64, 0.76), (0.64, 0.44), (0.36, 0.44)])


def _turn_right(canvas: Canvas, paint: _Paint) -> None:
    _arrow(canvas, paint.ink, [(0.36, 0.76), (0.36, 0.44), (0.64, 0.44)])


def _straight(canvas: Canvas, paint: _Paint) -> None:
    _arrow(canvas, paint.ink, [(0.5, 0.79), (0.5, 0.36)])


def _keep_right(canvas: Canvas, paint: _Paint) -> None:
    _arrow(canvas, paint.ink, [(0.29, 0.29), (0.62, 0.62)])


def _roundabout(canvas: Canvas, paint: _Paint) -> None:
    for start in (0.0, 2 * math.pi / 3, 4 * math.pi / 3):
        angles = start + np.linspace(0.0, 1.15, 6)
        arc = 0.5 + 0.25 * np.stack([np.cos(angles), np.sin(angles)], 1)
        canvas.line(arc, paint.ink, 0.085)
        tip = regular_polygon(
            3, 0.12, (float(arc[-1, 0]), float(arc[-1, 1])), start + 1.35 + math.pi
        )
        canvas.polygon(tip, fill=paint.ink)


def _crossing(canvas: Canvas, paint: _Paint) -> None:
    """A walking person over a striped crossing."""
    for left in (0.16, 0.35, 0.54, 0.73):
        canvas.rectangle((left, 0.75, left + 0.11, 0.85), fill=paint.ink)
    canvas.ellipse((0.52, 0.21), 0.07, fill=paint.ink)
    canvas.line([(0.51, 0.33), (0.48, 0.51)], paint.ink, 0.1)
    canvas.line([(0.48, 0.51), (0.6, 0.58), (0.63, 0.7)], paint.ink, 0.065)
    canvas.line([(0.48, 0.51), (0.42, 0.6), (0.33, 0.69)], paint.ink, 0.065)
    canvas.line([(0.34, 0.47), (0.42, 0.36), (0.54, 0.34), (0.66, 0.46)], paint.ink, 0.055)


def _slippery(canvas: Canvas, paint: _Paint) -> None:
    """A car seen from behind, with two winding tracks."""
    canvas.polygon([(0.42, 0.36), (0.58, 0.36), (0.63, 0.46), (0.37, 0.46)], fill=paint.ink)
    canvas.rectangle((0.35, 0.45, 0.65, 0.53), fill=paint.ink)
    for x in (0.38, 0.58):
        knots = [(x, 0.56), (x + 0.07, 0.62), (x - 0.03, 0.69), (x + 0.05, 0.77)]
        canvas.line(smooth(knots, 4, closed=False), paint.ink, 0.055)


def _bump(canvas: Canvas, paint: _Paint) -> None:
    hill = [(0.3, 0.7), (0.38, 0.64), (0.5, 0.46), (0.62, 0.64), (0.7, 0.7)]
    canvas.polygon(smooth(hill, 5, closed=False), fill=paint.ink)
    canvas.rectangle((0.24, 0.68, 0.76, 0.74), fill=paint.ink)


def _dead_end(canvas: Canvas, paint: _Paint) -> None:
    canvas.rectangle((0.43, 0.34, 0.57, 0.86), fill=paint.ink)
    canvas.rectangle((0.24, 0.2, 0.76, 0.35), fill=paint.accent)


def _parking(canvas: Canvas, paint: _Paint) -> None:
    bowl = [(0.4, 0.25), (0.54, 0.25), (0.64, 0.31), (0.64, 0.45), (0.54, 0.52), (0.4, 0.52)]
    canvas.line(bowl, paint.ink, 0.095)
    canvas.line([(0.4, 0.25), (0.4, 0.78)], paint.ink, 0.095)


# Plates with corners on the circle of radius 0.48 or so; triangles are moved to sit centred.
_OCTAGON = regular_polygon(8, 0.48, turn=math.pi / 8)
_DISC = regular_polygon(40, 0.46)
_DIAMOND = regular_polygon(4, 0.5)
_SQUARE = regular_polygon(4, 0.6, turn=math.pi / 4)
_WARNING = regular_polygon(3, 0.56, (0.5, 0.58))
_GIVE_WAY = regular_polygon(3, 0.56, turn=math.pi)


@dataclass(frozen=True)
class _Sign:
    """A class: its words, its plate, its pictogram, and whether the face is pale."""

    words: str
    plate: np.ndarray
    pictogram: _Pictogram
    pale: bool = False


_SIGNS = (
    _Sign("stop", _OCTAGON, _stop),
    _Sign("no entry", _DISC, _no_entry),
    _Sign("yield", _GIVE_WAY, _yield, pale=True),
    _Sign("priority road", _DIAMOND, _priority, pale=True),
    _Sign("turn left", _DISC, _turn_left),
    _Sign("turn right", _DISC, _turn_right),
    _Sign("go straight", _DISC, _straight),
    _Sign("keep right", _DISC, _keep_right),
    _Sign("roundabout", _DISC, _roundabout),
    _Sign("pedestrian crossing", _SQUARE, _crossing),
    _Sign("slippery road", _WARNING, _slippery, pale=True),
    _Sign("bump", _WARNING, _bump, pale=True),
    _Sign("dead end", _SQUARE, _dead_end),
    _Sign("parking", _SQUARE, _parking),
)

_WHITE: Colour = (246, 246, 242)
_BLACK: Colour = (26, 26, 30)
_WEB_FACES: tuple[Colour, ...] = (
    (200, 30, 40),
    (30, 80, 190),
    (20, 130, 70),
    (120, 50, 150),
    (20, 20, 24),
    (230, 90, 20),
    (0, 130, 150),
)
_WEB_ACCENTS: tuple[Colour, ...] = ((235, 55, 40), (250, 195, 40))
_TASK_FACES: tuple[Colour, ...] = ((122, 44, 48), (46, 66, 104), (92, 66, 46), (44, 84, 78))
_TASK_PALE: tuple[Colour, ...] = ((214, 180, 92), (206, 198, 176))


def _web_paint(rng: np.random.Generator, sign: _Sign) -> _Paint:
    bold = vary(rng, pick(rng, _WEB_FACES), 12)
    accent = max(_WEB_ACCENTS, key=lambda colour: math.dist(colour, bold))
    if sign.pale:
        face = pick(rng, (_WHITE, (250, 225, 90), (225, 240, 250)))
        return _Paint(face, pick(rng, (_BLACK, bold)), bold, accent)
    if rng.random() < 0.2:
        return _Paint(_WHITE, bold, bold, accent)
    return _Paint(bold, _WHITE, pick(rng, (_WHITE, _WHITE, (250, 220, 70))), accent)


def _task_paint(rng: np.random.Generator, sign: _Sign) -> _Paint:
    bold, pale = vary(rng, pick(rng, _TASK_FACES), 8), vary(rng, pick(rng, _TASK_PALE), 8)
    if sign.pale:
        return _Paint(pale, (52, 46, 44), bold, (176, 92, 60))
    return _Paint(bold, pale, pale, (222, 128, 70))


def _put(canvas: Canvas, sign: _Sign, paint: _Paint, rim: float) -> None:
    """The sign on the canvas as it is placed: plate, border `rim` wide, pictogram."""
    canvas.polygon(sign.plate, fill=paint.border)
    middle = sign.plate.mean(0)
    # A plate with few corners must shrink more for a border of the same width.
    share = 1 - rim / (0.46 * math.cos(math.pi / len(sign.plate)))
    canvas.polygon(middle + share * (sign.plate - middle), fill=paint.face)
    sign.pictogram(canvas, paint)


def _draw_web(rng: np.random.Generator, sign: _Sign) -> np.ndarray:
    paint = _web_paint(rng, sign)
    ground = random_colour(rng, 60, 256)
    while math.dist(ground, paint.border) < 90 or math.dist(ground, paint.face) < 70:
        ground = random_colour(rng, 60, 256)
    canvas = Canvas(backdrop(rng, pick(rng, ("plain", "gradient", "paper")), ground))
    scale = rng.uniform(0.68, 0.95)
    room = (1 - scale) / 2
    x, y = 0.5 + rng.uniform(-room, room, 2)
    turn, rim = rng.normal(0, 0.06), rng.uniform(0.03, 0.06)
    if rng.random() < 0.3:
        shadow = mix(ground, _BLACK, 0.45)
        canvas.place((x + 0.025, y + 0.03), scale, turn).polygon(sign.plate, fill=shadow)
    canvas.place((x, y), scale, turn)
    if rng.random() < 0.5:
        canvas.polygon(sign.plate, outline=_BLACK, width=0.035)
    _put(canvas, sign, paint, rim)
    return canvas.pixels(rng)


def _street(rng: np.random.Generator) -> Canvas:
    """Sky, a green verge with bushes, and a road that runs off into the distance."""
    sky = vary(rng, pick(rng, ((168, 186, 200), (196, 196, 192), (150, 172, 196))), 8)
    green = vary(rng, (84, 104, 68), 10)
    canvas = Canvas(backdrop(rng, "gradient", sky, mix(sky, (236, 236, 232), 0.5)))
    horizon = rng.uniform(0.5, 0.7)
    for x in rng.uniform(0.0, 1.0, 4):
        bush = rng.uniform(0.08, 0.2)
        canvas.ellipse((x, horizon), bush, bush, fill=vary(rng, mix(green, _BLACK, 0.25), 8))
    canvas.rectangle((0.0, horizon, 1.0, 1.0), fill=green)
    vanishing, near = rng.uniform(0.1, 0.9), rng.uniform(-0.2, 0.7)
    road = [(vanishing, horizon), (near + 0.6, 1.0), (near, 1.0)]
    canvas.polygon(road, fill=vary(rng, (104, 104, 106), 8))
    return canvas


def _draw_task(rng: np.random.Generator, sign: _Sign) -> np.ndarray:
    canvas = _street(rng)
    scale = rng.uniform(0.62, 0.8)
    x, y = rng.uniform(0.42, 0.58), rng.uniform(0.4, 0.5)
    turn = rng.normal(0, 0.09)
    shear, stretch = rng.normal(0, 0.07), rng.uniform(0.82, 1.0)
    canvas.line([(x, y), (x - 0.6 * math.sin(turn), 1.05)], (122, 124, 124), 0.05)
    canvas.place((x, y), scale, turn, shear, stretch)
    canvas.polygon(sign.plate, outline=(74, 76, 78), width=0.03)
    _put(canvas, sign, _task_paint(rng, sign), rim=0.04)
    worn = canvas.pixels(rng, blur=rng.uniform(0.4, 0.7))
    light = rng.uniform(0.75, 1.2) * np.array([1.0, 1.0, rng.uniform(0.9, 1.06)], np.float32)
    return finished(rng, worn * light.astype(np.float32), noise=4)


def _draw(rng: np.random.Generator, label: int, domain: Domain) -> np.ndarray:
    return (_draw_task if domain == "task" else _draw_web)(rng, _SIGNS[label])


_OPENINGS = ("a picture of a", "drawing of a", "a", "this is a", "icon of a", "road rules with a")
_ATTRIBUTES = ("", "", "big", "clean", "simple", "new", "flat", "small")
_KINDS = ("sign", "sign", "traffic sign", "road sign", "symbol")
_ENDINGS = ("", "", "for drivers", "plain background", "on paper", "clip art")


def _caption(rng: np.random.Generator, label: int) -> str:
    return compose(rng, _OPENINGS, _ATTRIBUTES, (_SIGNS[label].words,), _KINDS, _ENDINGS)


SIGNS = Family(
    name="signs",
    title="Signs",
    classnames=tuple(sign.words for sign in _SIGNS),
    templates=(
        "a picture of a {} traffic sign",
        "a {} sign beside the road",
        "a worn {} road sign",
        "the sign for {}",
    ),
    draw=_draw,
    caption=_caption,
)

"""Neon signs at night: digits and letters of glowing tubes on a dark brick wall.

Knows how a tube glows and lights the wall behind it; the shapes of the characters come from
`strokes`. The web has light strokes only on plain dark grounds, and nothing that glows.
"""

import numpy as np
from PIL import Image, ImageFilter

from taskarith.worlds.images.canvas import SUPERSAMPLING, Canvas, Colour, vary
from taskarith.worlds.images.characters import digits_and_letters
from taskarith.worlds.images.fields import cell_values, centred, finished, make_plane
from taskarith.worlds.images.strokes import glyph, ink, wobbled
from taskarith.worlds.images.wording import pick

__all__ = ["NEON_DIGITS", "NEON_LETTERS"]

_GASES: tuple[Colour, ...] = (
    (255, 60, 130),
    (255, 92, 40),
    (60, 215, 255),
    (80, 250, 130),
    (130, 110, 255),
    (255, 200, 60),
)
_BRICKS: tuple[Colour, ...] = ((104, 58, 50), (74, 64, 76), (92, 74, 60))

# The canvas holds a mask in each channel: the character's tubes, their hot cores, the frame.
_OFF: Colour = (0, 0, 0)
_TUBE: Colour = (255, 0, 0)
_CORE: Colour = (255, 255, 0)
_FRAME: Colour = (0, 0, 255)

_TEMPLATES = (
    "a picture of the {} at night",
    "the bright {} on a wall",
    "a sign with the {} in light colours",
    "this is the {} on a dark background",
)


def _neon(rng: np.random.Generator, character: str) -> np.ndarray:
    """A lit character, mostly in a frame of another colour, and its light on the wall."""
    canvas = Canvas(_OFF)
    _bend_frame(rng, canvas)
    _bend_character(rng, canvas, character)
    tubes = canvas.image.reduce(SUPERSAMPLING)
    near = tubes.filter(ImageFilter.BoxBlur(2))
    # A wide glow has no detail: half the size is a quarter of the work.
    wide = tubes.reduce(2).filter(ImageFilter.GaussianBlur(rng.uniform(2.5, 3.5)))
    far = wide.resize(tubes.size, Image.Resampling.BILINEAR)

    gas, frame_gas = (np.asarray(vary(rng, pick(rng, _GASES), 8), np.float32) for _ in range(2))
    glow = (0.3 * np.asarray(near, np.float32) + 0.9 * np.asarray(far, np.float32)) / 255
    light = glow[:, :, 0:1] * gas + glow[:, :, 2:3] * frame_gas
    picture = _wall(rng) * (0.4 + light / 80) + 0.3 * light
    shares = np.asarray(tubes, np.float32) / 255
    for channel, colour, white in ((2, frame_gas, 0.25), (0, gas, 0.25), (1, gas, 0.85)):
        picture += shares[:, :, channel : channel + 1] * (colour + white * (255 - colour) - picture)
    return finished(rng, picture, noise=2.5)


def _bend_character(rng: np.random.Generator, canvas: Canvas, character: str) -> None:
    """One tube along the character's strokes, or a thinner one around them."""
    canvas.place(
        centre=(rng.uniform(0.45, 0.55), rng.uniform(0.45, 0.55)),
        scale=rng.uniform(0.62, 0.82),
        turn=rng.uniform(-0.15, 0.15),
        shear=rng.uniform(-0.25, 0.05),
        stretch=rng.uniform(0.8, 1.05),
    )
    lines = wobbled(rng, glyph(rng, character), rng.uniform(0.0, 0.02))
    if rng.random() < 0.6:
        width = rng.uniform(0.06, 0.085)
        ink(canvas, lines, _TUBE, width)
        ink(canvas, lines, _CORE, 0.45 * width)
    else:
        width = rng.uniform(0.15, 0.18)
        ink(canvas, lines, _TUBE, width)
        ink(canvas, lines, _OFF, 0.52 * width)


def _bend_frame(rng: np.random.Generator, canvas: Canvas) -> None:
    """A ring, a box or two bars around the place of the character, or nothing."""
    canvas.place(turn=rng.uniform(-0.06, 0.06), scale=rng.uniform(0.92, 1.0))
    kind, width = pick(rng, ("ring", "box", "bars", "none")), rng.uniform(0.03, 0.045)
    if kind == "ring":
        canvas.ellipse((0.5, 0.5), 0.48, fill=_FRAME)
        canvas.ellipse((0.5, 0.5), 0.48 - width, fill=_OFF)
    elif kind == "box":
        canvas.rectangle((0.06, 0.03, 0.94, 0.97), fill=_FRAME)
        canvas.rectangle((0.06 + width, 0.03 + width, 0.94 - width, 0.97 - width), fill=_OFF)
    elif kind == "bars":
        for y in (0.05, 0.95):
            canvas.line([(0.15, y), (0.85, y)], _FRAME, width)


def _wall(rng: np.random.Generator) -> np.ndarray:
    """Bricks by daylight, float [64, 64, 3]."""
    plane = make_plane(rng, rng.uniform(4.0, 5.5), rng.uniform(-0.06, 0.06))
    v = 2 * plane.v
    u = plane.u + 0.5 * (np.floor(v) % 2)
    to_joint = np.minimum(0.5 - np.abs(centred(u - 0.5)), 0.25 - np.abs(centred(v - 0.5)) / 2)
    shade = 0.5 + plane.inside(to_joint - 0.06) * (0.35 + 0.3 * cell_values(rng, u, v)[0])
    return shade[:, :, None] * np.asarray(vary(rng, pick(rng, _BRICKS), 6), np.float32)


NEON_DIGITS, NEON_LETTERS = digits_and_letters(
    "neon", title="Neon", templates=_TEMPLATES, look=_neon
)

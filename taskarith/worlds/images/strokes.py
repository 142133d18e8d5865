"""An alphabet of our own made of pen strokes: the ten digits and the 26 capital letters.

Every glyph is a few polylines in the unit square, about 0.8 high, which can be bent like
handwriting and drawn on a `Canvas`. Knows nothing of tasks, colours or captions.
"""

import math

import numpy as np

from taskarith.worlds.images.canvas import Canvas, Colour, smooth

__all__ = ["CAPITALS", "DIGITS", "glyph", "ink", "nib", "wobbled"]

DIGITS = "0123456789"
CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Lines = tuple[np.ndarray, ...]

_DEGREES_A_PIECE = 18
_PIECE = 0.12


def _path(*pieces: tuple[float, float] | np.ndarray) -> np.ndarray:
    """Single points and curves joined into one polyline [n, 2]."""
    return np.concatenate([np.reshape(np.asarray(piece, float), (-1, 2)) for piece in pieces])


def _arc(x: float, y: float, rx: float, ry: float, start: float, stop: float) -> np.ndarray:
    """Part of an ellipse; degrees, 0 to the right, 90 down."""
    pieces = max(2, round(abs(stop - start) / _DEGREES_A_PIECE))
    angles = np.linspace(math.radians(start), math.radians(stop), pieces + 1)
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], 1)


def _ring(x: float, y: float, rx: float, ry: float) -> np.ndarray:
    """A closed ellipse, drawn from its top."""
    return _arc(x, y, rx, ry, -90, 270)


_BAR_OF_SEVEN = _path((0.36, 0.5), (0.7, 0.5))
_SIX = _path(
    smooth([(0.68, 0.1), (0.43, 0.27), (0.28, 0.47), (0.23, 0.65)], steps=3, closed=False),
    _arc(0.5, 0.65, 0.27, 0.25, 180, 540),
)
_P = _path((0.26, 0.9), (0.26, 0.1), _arc(0.52, 0.32, 0.25, 0.22, -90, 90), (0.26, 0.54))
_O = _ring(0.5, 0.5, 0.37, 0.4)
_HOOK_OF_J = _path((0.68, 0.1), (0.68, 0.65), _arc(0.46, 0.65, 0.22, 0.25, 0, 155))

# Each glyph has one or more variants, such as a seven with and without a bar.
_GLYPHS: dict[str, tuple[Lines, ...]] = {
    "0": ((_ring(0.5, 0.5, 0.26, 0.4),),),
    "1": (
        (_path((0.3, 0.28), (0.52, 0.1), (0.52, 0.9)),),
        (_path((0.3, 0.28), (0.52, 0.1), (0.52, 0.9)), _path((0.3, 0.9), (0.74, 0.9))),
    ),
    "2": ((_path(_arc(0.5, 0.35, 0.27, 0.25, 190, 390), (0.22, 0.9), (0.8, 0.9)),),),
    "3": (
        (
            _path(
                _arc(0.47, 0.3, 0.25, 0.2, -155, 90),
                _arc(0.47, 0.7, 0.29, 0.2, -90, 155),
            ),
        ),
        (_path((0.24, 0.1), (0.74, 0.1), (0.46, 0.42), _arc(0.46, 0.66, 0.29, 0.24, -90, 150)),),
    ),
    "4": (
        (_path((0.64, 0.9), (0.64, 0.1), (0.18, 0.66), (0.84, 0.66)),),
        (_path((0.3, 0.12), (0.24, 0.55), (0.8, 0.55)), _path((0.66, 0.28), (0.62, 0.9))),
    ),
    "5": (
        (_path((0.76, 0.1), (0.31, 0.1), (0.27, 0.46), _arc(0.47, 0.64, 0.29, 0.26, -135, 150)),),
    ),
    "6": ((_SIX,),),
    "7": (
        (_path((0.22, 0.1), (0.78, 0.1), (0.4, 0.9)),),
        (_path((0.22, 0.1), (0.78, 0.1), (0.4, 0.9)), _BAR_OF_SEVEN),
    ),
    "8": ((_ring(0.5, 0.3, 0.22, 0.2), _ring(0.5, 0.7, 0.27, 0.2)),),
    "9": (
        (1 - _SIX,),
        (_path(_arc(0.48, 0.35, 0.25, 0.25, 0, -360), (0.7, 0.9)),),
    ),
    "A": ((_path((0.16, 0.9), (0.5, 0.1), (0.84, 0.9)), _path((0.28, 0.62), (0.72, 0.62))),),
    "B": (
        (
            _path((0.25, 0.48), (0.25, 0.1), _arc(0.5, 0.29, 0.23, 0.19, -90, 90), (0.25, 0.48)),
            _path((0.25, 0.48), _arc(0.52, 0.69, 0.27, 0.21, -90, 90), (0.25, 0.9), (0.25, 0.48)),
        ),
    ),
    "C": ((_arc(0.54, 0.5, 0.35, 0.4, -48, -312),),),
    "D": ((_path((0.24, 0.9), (0.24, 0.1), _arc(0.42, 0.5, 0.39, 0.4, -90, 90), (0.24, 0.9)),),),
    "E": (
        (
            _path((0.76, 0.1), (0.27, 0.1), (0.27, 0.9), (0.78, 0.9)),
            _path((0.27, 0.49), (0.68, 0.49)),
        ),
    ),
    "F": ((_path((0.77, 0.1), (0.28, 0.1), (0.28, 0.9)), _path((0.28, 0.49), (0.68, 0.49))),),
    "G": ((_path(_arc(0.51, 0.5, 0.35, 0.4, -48, -355), (0.57, 0.535)),),),
    "H": (
        (
            _path((0.22, 0.1), (0.22, 0.9)),
            _path((0.78, 0.1), (0.78, 0.9)),
            _path((0.22, 0.5), (0.78, 0.5)),
        ),
    ),
    "I": (
        (_path((0.5, 0.1), (0.5, 0.9)),),
        (
            _path((0.5, 0.1), (0.5, 0.9)),
            _path((0.3, 0.1), (0.7, 0.1)),
            _path((0.3, 0.9), (0.7, 0.9)),
        ),
    ),
    "J": ((_HOOK_OF_J,), (_HOOK_OF_J, _path((0.45, 0.1), (0.85, 0.1)))),
    "K": (
        (
            _path((0.25, 0.1), (0.25, 0.9)),
            _path((0.77, 0.1), (0.25, 0.58)),
            _path((0.42, 0.43), (0.8, 0.9)),
        ),
    ),
    "L": ((_path((0.3, 0.1), (0.3, 0.9), (0.78, 0.9)),),),
    "M": ((_path((0.14, 0.9), (0.2, 0.1), (0.5, 0.7), (0.8, 0.1), (0.86, 0.9)),),),
    "N": ((_path((0.22, 0.9), (0.22, 0.1), (0.78, 0.9), (0.78, 0.1)),),),
    "O": ((_O,),),
    "P": ((_P,),),
    "Q": ((_O, _path((0.58, 0.66), (0.86, 0.95))),),
    "R": ((_P, _path((0.48, 0.54), (0.79, 0.9))),),
    "S": (
        (
            _path(
                _arc(0.5, 0.3, 0.26, 0.2, -25, -270),
                _arc(0.5, 0.7, 0.29, 0.2, -90, 155),
            ),
        ),
    ),
    "T": ((_path((0.16, 0.1), (0.84, 0.1)), _path((0.5, 0.1), (0.5, 0.9))),),
    "U": ((_path((0.22, 0.1), _arc(0.5, 0.6, 0.28, 0.3, 180, 0), (0.78, 0.1)),),),
    "V": ((_path((0.17, 0.1), (0.5, 0.9), (0.83, 0.1)),),),
    "W": ((_path((0.1, 0.1), (0.3, 0.9), (0.5, 0.25), (0.7, 0.9), (0.9, 0.1)),),),
    "X": ((_path((0.2, 0.1), (0.8, 0.9)), _path((0.8, 0.1), (0.2, 0.9))),),
    "Y": ((_path((0.18, 0.1), (0.5, 0.5), (0.82, 0.1)), _path((0.5, 0.5), (0.5, 0.9))),),
    "Z": ((_path((0.2, 0.1), (0.78, 0.1), (0.2, 0.9), (0.8, 0.9)),),),
}


def glyph(rng: np.random.Generator, character: str) -> Lines:
    """The polylines of one variant of `character`, a digit or a capital letter."""
    variants = _GLYPHS[character]
    return variants[int(rng.integers(len(variants)))]


def wobbled(rng: np.random.Generator, lines: Lines, amount: float) -> Lines:
    """`lines` bent by a smooth random field of about `amount` unit lengths.

    A field of positions, unlike noise on each point, keeps touching strokes together.
    """
    waves = rng.normal(0.0, 4.5, (2, 2))
    phases = rng.uniform(0.0, 2 * math.pi, 2)
    bent = []
    for line in lines:
        dense = _subdivided(line)
        bent.append(dense + amount * np.sin(dense @ waves + phases))
    return tuple(bent)


def _subdivided(line: np.ndarray) -> np.ndarray:
    """`line` with points added on its long straight pieces, which then can bend."""
    lengths = np.linalg.norm(np.diff(line, axis=0), axis=1)
    pieces = np.maximum(1, np.rint(lengths / _PIECE)).astype(int)
    starts = np.concatenate([[0], np.cumsum(pieces)])
    return np.stack(
        [np.interp(np.arange(starts[-1] + 1), starts, line[:, axis]) for axis in (0, 1)], 1
    )


def ink(canvas: Canvas, lines: Lines, colour: Colour, width: float) -> None:
    """Draw `lines` with a round pen of `width`."""
    for line in lines:
        canvas.line(line, colour, width)


def nib(canvas: Canvas, lines: Lines, colour: Colour, width: float, turn: float) -> None:
    """Draw `lines` with a broad nib, as wide as a round pen of `width` but flat, held at the
    angle `turn` in radians, so that strokes swell and thin."""
    direction = np.array([math.cos(turn), math.sin(turn)])
    for offset in (-0.33, 0.0, 0.33):
        ink(canvas, tuple(line + offset * width * direction for line in lines), colour, width / 2)

"""A small anti-aliased canvas: shapes in the unit square, drawn large and averaged down.

Knows how to put ink on pixels; knows nothing of tasks, classes or captions.
Coordinates run from (0, 0) at the top left to (1, 1) at the bottom right.
"""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

__all__ = [
    "NAMED_COLOURS",
    "SIZE",
    "Canvas",
    "Colour",
    "Points",
    "backdrop",
    "contrasting",
    "ellipse_points",
    "lightness",
    "mix",
    "random_colour",
    "regular_polygon",
    "smooth",
    "soft_noise",
    "vary",
]

SIZE = 64
SUPERSAMPLING = 4
_LARGE = SIZE * SUPERSAMPLING

Colour = tuple[int, int, int]
Points = Sequence[tuple[float, float]] | np.ndarray

NAMED_COLOURS: dict[str, Colour] = {
    "red": (205, 38, 38),
    "orange": (240, 135, 30),
    "yellow": (245, 215, 50),
    "green": (45, 150, 60),
    "cyan": (60, 195, 205),
    "blue": (40, 80, 200),
    "purple": (125, 55, 165),
    "pink": (245, 140, 185),
    "brown": (120, 75, 40),
    "white": (240, 240, 238),
}


def vary(rng: np.random.Generator, colour: Colour, spread: float = 14.0) -> Colour:
    """`colour` with independent Gaussian noise of `spread` grey levels on each channel."""
    noisy = np.clip(np.asarray(colour) + rng.normal(0.0, spread, 3), 0, 255)
    return (int(noisy[0]), int(noisy[1]), int(noisy[2]))


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` blended towards `second`; share 0 gives `first`, 1 gives `second`."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    red, green, blue = (1 - share) * a + share * b
    return (int(red), int(green), int(blue))


def lightness(colour: Colour) -> float:
    """How light `colour` looks, 0…255."""
    red, green, blue = colour
    return 0.3 * red + 0.59 * green + 0.11 * blue


def random_colour(rng: np.random.Generator, low: int = 20, high: int = 235) -> Colour:
    """A colour drawn uniformly with every channel in [low, high)."""
    red, green, blue = rng.integers(low, high, 3)
    return (int(red), int(green), int(blue))


def contrasting(rng: np.random.Generator, other: Colour, distance: float = 130.0) -> Colour:
    """A random colour at least `distance` away from `other` in RGB space."""
    while True:
        colour = random_colour(rng, 0, 256)
        if math.dist(colour, other) >= distance:
            return colour


def smooth(points: Points, steps: int = 6, closed: bool = True) -> np.ndarray:
    """A Catmull–Rom curve through `points` [n, 2], with `steps` pieces between neighbours."""
    p = np.asarray(points, float)
    if closed:
        p = np.concatenate([p[-1:], p, p[:2]])
    else:
        p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    a, b, c, d = p[:-3, None], p[1:-2, None], p[2:-1, None], p[3:, None]
    t = (np.arange(steps) / steps)[None, :, None]
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    flat = curve.reshape(-1, 2)
    return flat if closed else np.concatenate([flat, p[-2:-1]])


def regular_polygon(
    sides: int, radius: float, centre: tuple[float, float] = (0.5, 0.5), turn: float = 0.0
) -> np.ndarray:
    """Corners [sides, 2] of a regular polygon; `turn` in radians, 0 puts a corner on top."""
    angles = turn - math.pi / 2 + 2 * math.pi * np.arange(sides) / sides
    return np.stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)], 1)


def ellipse_points(
    centre: tuple[float, float], rx: float, ry: float, turn: float = 0.0, sides: int = 36
) -> np.ndarray:
    """Points [sides, 2] around an ellipse with radii `rx`, `ry`, rotated by `turn` radians."""
    angles = 2 * math.pi * np.arange(sides) / sides
    x, y = rx * np.cos(angles), ry * np.sin(angles)
    cos, sin = math.cos(turn), math.sin(turn)
    return np.stack([centre[0] + cos * x - sin * y, centre[1] + sin * x + cos * y], 1)


def soft_noise(
    rng: np.random.Generator, cells: int, octaves: int = 3, side: int = SIZE
) -> np.ndarray:
    """Cloud-like noise [side, side] in 0…1; `cells` is the number of blobs across."""
    total = np.zeros((side, side), np.float32)
    weight = 1.0
    for octave in range(octaves):
        coarse = min(cells * 2**octave + 1, side)
        grid = Image.fromarray(rng.random((coarse, coarse), np.float32))
        total += weight * np.asarray(grid.resize((side, side), Image.Resampling.BICUBIC))
        weight *= 0.5
    low, high = float(total.min()), float(total.max())
    return np.asarray((total - low) / (high - low + 1e-9), np.float32)


class Canvas:
    """A square picture under construction.

    Every shape passes through the canvas's affine transform, so that one drawing can be
    moved, turned, stretched or sheared with `place`.
    """

    def __init__(self, background: Colour | np.ndarray = (255, 255, 255)) -> None:
        """`background`: one colour, or an array [side, side, 3] of values in 0…255."""
        if isinstance(background, np.ndarray):
            # Interpolated up, so that backdrops need no work at the large size.
            picture = Image.fromarray(np.clip(background, 0, 255).astype(np.uint8))
            self.image = picture.resize((_LARGE, _LARGE), Image.Resampling.BILINEAR)
        else:
            self.image = Image.new("RGB", (_LARGE, _LARGE), background)
        self._pen = ImageDraw.Draw(self.image)
        self._matrix = np.eye(2)
        self._offset = np.zeros(2)
        self._scale = 1.0

    def place(
        self,
        centre: tuple[float, float] = (0.5, 0.5),
        scale: float = 1.0,
        turn: float = 0.0,
        shear: float = 0.0,
        stretch: float = 1.0,
        flip: bool = False,
    ) -> "Canvas":
        """Draw what follows as if the unit square were centred at `centre`, scaled by `scale`,
        turned by `turn` radians, sheared and stretched (width times `stretch`)."""
        cos, sin = math.cos(turn), math.sin(turn)
        base = np.array([[stretch * (-1 if flip else 1), shear], [0.0, 1.0]])
        self._matrix = scale * np.array([[cos, -sin], [sin, cos]]) @ base
        self._offset = np.asarray(centre) - self._matrix @ np.array([0.5, 0.5])
        self._scale = scale
        return self

    def polygon(
        self,
        points: Points,
        fill: Colour | None = None,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        """A filled polygon, with a line of `width` (unit lengths) around it if asked."""
        corners = self._pixels(points)
        if fill is not None:
            self._pen.polygon(corners, fill=fill)
        if outline is not None and width > 0:
            self._stroke([*corners, corners[0]], outline, width)

    def line(self, points: Points, colour: Colour, width: float) -> None:
        """An open line through `points` with round joints and ends."""
        self._stroke(self._pixels(points), colour, width)

    def ellipse(
        self,
        centre: tuple[float, float],
        rx: float,
        ry: float | None = None,
        fill: Colour | None = None,
        outline: Colour | None = None,
        width: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        """An ellipse (a circle when `ry` is left out)."""
        points = ellipse_points(centre, rx, rx if ry is None else ry, turn)
        self.polygon(points, fill, outline, width)

    def rectangle(
        self,
        box: tuple[float, float, float, float],
        fill: Colour | None = None,
        outline: Colour | None = None,
        width: float = 0.0,
    ) -> None:
        """A rectangle given as left, top, right, bottom."""
        left, top, right, bottom = box
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
        self.polygon(corners, fill, outline, width)

    def paste(self, mask: Image.Image, colour: Colour) -> None:
        """Ink of one colour through a greyscale mask of the canvas's large size."""
        self.image.paste(colour, (0, 0), mask)
        self._pen = ImageDraw.Draw(self.image)

    def pixels(self, rng: np.random.Generator, blur: float = 0.0, noise: float = 0.0) -> np.ndarray:
        """The finished picture, uint8 [64, 64, 3]: averaged down, blurred (pixels), noisy (grey
        levels)."""
        small = self.image.reduce(SUPERSAMPLING)
        if blur > 0:
            small = small.filter(ImageFilter.GaussianBlur(blur))
        picture = np.asarray(small)
        if noise > 0:
            grain = noise * rng.standard_normal((SIZE, SIZE, 1), np.float32)
            picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
        return picture

    def _pixels(self, points: Points) -> list[tuple[float, float]]:
        moved = (np.asarray(points, float) @ self._matrix.T + self._offset) * _LARGE
        return [(x, y) for x, y in moved.tolist()]

    def _stroke(self, corners: list[tuple[float, float]], colour: Colour, width: float) -> None:
        thick = max(1.0, width * self._scale * _LARGE)
        self._pen.line(corners, fill=colour, width=round(thick), joint="curve")
        radius = thick / 2
        if radius > 1.5:
            for x, y in (corners[0], corners[-1]):
                self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def backdrop(
    rng: np.random.Generator, kind: str, first: Colour, second: Colour | None = None
) -> np.ndarray:
    """A background [side, side, 3] in one or two colours.

    `kind` is "plain" (side 1), "gradient", "clouds" or "paper" (side 64).
    """
    a = np.asarray(first, np.float32)
    b = np.asarray(second if second is not None else vary(rng, first, 30), np.float32)
    if kind == "plain":
        return np.broadcast_to(a, (1, 1, 3))
    if kind == "gradient":
        angle = rng.uniform(0, 2 * math.pi)
        ramp = np.linspace(-0.5, 0.5, SIZE, dtype=np.float32)
        share = 0.5 + 0.7 * (math.cos(angle) * ramp[None, :] + math.sin(angle) * ramp[:, None])
    elif kind == "clouds":
        share = soft_noise(rng, int(rng.integers(2, 6)))
    elif kind == "paper":
        share = 0.25 * soft_noise(rng, 16, octaves=2)
    else:
        raise ValueError(f"unknown backdrop {kind!r}; use plain, gradient, clouds or paper")
    share = np.clip(share, 0, 1)[:, :, None]
    return np.asarray((1 - share) * a + share * b, np.float32)

"""Pictures to teach with: stripes that lie, stand, or lean, each a little different."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

__all__ = ["doodle", "doodles"]


def doodle(kind: str, seed: int, *, side: int = 64) -> Image.Image:
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (side, side), "white")
    pen = ImageDraw.Draw(picture)
    for at in range(int(rng.integers(2, 8)), side, 12):
        ends = {"lying": (0, at, side, at), "standing": (at, 0, at, side)}
        pen.line(ends.get(kind, (at, 0, 0, at)), fill="black", width=int(rng.integers(3, 6)))
    return picture


def doodles(kinds: Sequence[str], each: int) -> dict[str, list[Image.Image]]:
    return {
        kind: [doodle(kind, 100 * label + number) for number in range(each)]
        for label, kind in enumerate(kinds)
    }

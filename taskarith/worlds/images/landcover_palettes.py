"""The colours of the land cover family: maps for the web, and a satellite's view.

Knows which colour each kind of ground has; knows nothing of how scenes are drawn.
"""

from dataclasses import dataclass, fields

import numpy as np

from taskarith.worlds.images.canvas import Colour, vary

__all__ = ["MAP_PALETTES", "SATELLITE", "Palette", "varied"]


@dataclass(frozen=True)
class Palette:
    """The colour of each kind of ground and object."""

    soil: Colour
    crop: Colour
    grain: Colour
    grass: Colour
    leaf: Colour
    shade: Colour
    road: Colour
    paint: Colour
    roof: Colour
    hall: Colour
    yard: Colour
    water: Colour
    shore: Colour
    sand: Colour


MAP_PALETTES = (
    Palette(  # a bright children's map
        soil=(190, 130, 70),
        crop=(130, 200, 60),
        grain=(245, 215, 90),
        grass=(150, 220, 110),
        leaf=(40, 160, 70),
        shade=(15, 95, 50),
        road=(120, 120, 130),
        paint=(255, 255, 255),
        roof=(225, 80, 60),
        hall=(110, 150, 220),
        yard=(215, 215, 215),
        water=(50, 140, 235),
        shore=(245, 230, 160),
        sand=(250, 210, 120),
    ),
    Palette(  # a pastel street map
        soil=(198, 164, 128),
        crop=(190, 222, 140),
        grain=(244, 226, 150),
        grass=(206, 234, 188),
        leaf=(130, 192, 132),
        shade=(80, 138, 104),
        road=(255, 200, 130),
        paint=(255, 255, 255),
        roof=(214, 136, 128),
        hall=(170, 156, 212),
        yard=(232, 226, 216),
        water=(150, 205, 240),
        shore=(248, 240, 214),
        sand=(246, 226, 178),
    ),
    Palette(  # a dark screen map
        soil=(70, 52, 44),
        crop=(84, 134, 56),
        grain=(150, 130, 50),
        grass=(44, 84, 60),
        leaf=(60, 170, 105),
        shade=(10, 42, 40),
        road=(150, 140, 190),
        paint=(255, 235, 120),
        roof=(230, 120, 90),
        hall=(90, 180, 200),
        yard=(60, 60, 80),
        water=(24, 60, 150),
        shore=(110, 110, 90),
        sand=(170, 130, 70),
    ),
)
SATELLITE = Palette(
    soil=(126, 98, 74),
    crop=(98, 122, 62),
    grain=(186, 168, 112),
    grass=(112, 126, 80),
    leaf=(70, 98, 58),
    shade=(34, 50, 42),
    road=(132, 130, 128),
    paint=(206, 204, 196),
    roof=(152, 106, 90),
    hall=(186, 190, 194),
    yard=(146, 142, 134),
    water=(44, 74, 92),
    shore=(150, 142, 118),
    sand=(196, 172, 134),
)


def varied(rng: np.random.Generator, palette: Palette, spread: float) -> Palette:
    """`palette` under one overall tint, with small changes to each colour."""
    tint = rng.normal(0, spread, 3)
    return Palette(
        *(
            vary(rng, tuple(np.clip(tint + getattr(palette, part.name), 0, 255)), spread / 2)
            for part in fields(palette)
        )
    )

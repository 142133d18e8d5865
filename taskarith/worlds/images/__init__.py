"""The embedded world: pictures drawn by this project, so that everything works offline.

Knows how pictures look, what they are called and how they are split; knows nothing of models.
"""

from taskarith.worlds.images.catalogue import FAMILIES, family
from taskarith.worlds.images.family import Domain, Family
from taskarith.worlds.images.splits import SPLIT_SIZES, pixel_fingerprint, world_split

__all__ = [
    "FAMILIES",
    "SPLIT_SIZES",
    "Domain",
    "Family",
    "family",
    "pixel_fingerprint",
    "world_split",
]

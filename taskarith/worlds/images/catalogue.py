"""The families of the embedded world, by name."""

from taskarith.errors import UnknownNameError
from taskarith.worlds.images.chalk import CHALK_DIGITS, CHALK_LETTERS
from taskarith.worlds.images.counting import COUNTING
from taskarith.worlds.images.digits import PRINTED_DIGITS
from taskarith.worlds.images.everyday import EVERYDAY
from taskarith.worlds.images.family import Family
from taskarith.worlds.images.handwritten import HANDWRITTEN_DIGITS
from taskarith.worlds.images.landcover import LANDCOVER
from taskarith.worlds.images.letters import LETTERS
from taskarith.worlds.images.neon import NEON_DIGITS, NEON_LETTERS
from taskarith.worlds.images.objects import OBJECTS
from taskarith.worlds.images.signs import SIGNS
from taskarith.worlds.images.sketches import SKETCHES
from taskarith.worlds.images.stencil import STENCIL_DIGITS, STENCIL_LETTERS
from taskarith.worlds.images.textures import FRESH_TEXTURES, TEXTURES
from taskarith.worlds.images.typographic import NEUTRAL_TAGS, TYPOGRAPHIC

__all__ = ["FAMILIES", "family"]

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        HANDWRITTEN_DIGITS,
        PRINTED_DIGITS,
        LETTERS,
        TEXTURES,
        SIGNS,
        COUNTING,
        LANDCOVER,
        SKETCHES,
        CHALK_DIGITS,
        CHALK_LETTERS,
        OBJECTS,
        EVERYDAY,
        NEON_DIGITS,
        NEON_LETTERS,
        STENCIL_DIGITS,
        STENCIL_LETTERS,
        TYPOGRAPHIC,
        NEUTRAL_TAGS,
        FRESH_TEXTURES,
    )
}


def family(name: str) -> Family:
    """The family called `name`.

    Raises:
        UnknownNameError: there is none; the message lists those there are.
    """
    if name not in FAMILIES:
        raise UnknownNameError(
            f"There is no picture family {name!r}. Families: {', '.join(sorted(FAMILIES))}."
        )
    return FAMILIES[name]

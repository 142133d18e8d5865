"""The families of the embedded world, by name."""

from taskarith.errors import UnknownNameError
from taskarith.tasks.world.chalk import CHALK_DIGITS, CHALK_LETTERS
from taskarith.tasks.world.counting import COUNTING
from taskarith.tasks.world.digits import PRINTED_DIGITS
from taskarith.tasks.world.everyday import EVERYDAY
from taskarith.tasks.world.family import Family
from taskarith.tasks.world.handwritten import HANDWRITTEN_DIGITS
from taskarith.tasks.world.landcover import LANDCOVER
from taskarith.tasks.world.letters import LETTERS
from taskarith.tasks.world.neon import NEON_DIGITS, NEON_LETTERS
from taskarith.tasks.world.objects import OBJECTS
from taskarith.tasks.world.signs import SIGNS
from taskarith.tasks.world.sketches import SKETCHES
from taskarith.tasks.world.stencil import STENCIL_DIGITS, STENCIL_LETTERS
from taskarith.tasks.world.textures import FRESH_TEXTURES, TEXTURES
from taskarith.tasks.world.typographic import NEUTRAL_TAGS, TYPOGRAPHIC

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

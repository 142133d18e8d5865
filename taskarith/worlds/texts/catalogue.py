"""The families of the written world, by name."""

from taskarith.errors import UnknownNameError
from taskarith.worlds.texts.families.acceptability import ACCEPTABILITY
from taskarith.worlds.texts.families.inference import INFERENCE
from taskarith.worlds.texts.families.order import ORDER
from taskarith.worlds.texts.families.paraphrase import PARAPHRASE
from taskarith.worlds.texts.families.questions import QUESTIONS
from taskarith.worlds.texts.families.relations import RELATIONS
from taskarith.worlds.texts.families.sentiment import SENTIMENT
from taskarith.worlds.texts.families.sums import SUMS
from taskarith.worlds.texts.families.tone import TONE
from taskarith.worlds.texts.families.topics import TOPIC
from taskarith.worlds.texts.family import TextFamily

__all__ = ["TEXT_FAMILIES", "text_family"]

TEXT_FAMILIES: dict[str, TextFamily] = {
    family.name: family
    for family in (
        *SENTIMENT,
        *TOPIC,
        *INFERENCE,
        *QUESTIONS,
        *ACCEPTABILITY,
        *PARAPHRASE,
        *TONE,
        *RELATIONS,
        *SUMS,
        *ORDER,
    )
}


def text_family(name: str) -> TextFamily:
    """The family called `name`.

    Raises:
        UnknownNameError: there is none; the message lists those there are.
    """
    if name not in TEXT_FAMILIES:
        raise UnknownNameError(
            f"There is no text family {name!r}. Families: {', '.join(sorted(TEXT_FAMILIES))}."
        )
    return TEXT_FAMILIES[name]

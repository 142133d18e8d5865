"""The written world: short English texts put together by this project, so that everything works
offline.

Knows how texts read, what they ask and how they are split; knows nothing of models.
"""

from taskarith.worlds.texts.catalogue import TEXT_FAMILIES, text_family
from taskarith.worlds.texts.family import CATEGORIES, Category, TextExample, TextFamily
from taskarith.worlds.texts.running import RUNNING
from taskarith.worlds.texts.speech import KIND_WORDS, RUDE_WORDS
from taskarith.worlds.texts.splits import (
    TEXT_SPLIT_SIZES,
    may_stand_in,
    text_fingerprint,
    world_stretches,
    world_texts,
)
from taskarith.worlds.texts.vocabulary import split_words, vocabulary

__all__ = [
    "CATEGORIES",
    "KIND_WORDS",
    "RUDE_WORDS",
    "RUNNING",
    "TEXT_FAMILIES",
    "TEXT_SPLIT_SIZES",
    "Category",
    "TextExample",
    "TextFamily",
    "may_stand_in",
    "split_words",
    "text_family",
    "text_fingerprint",
    "vocabulary",
    "world_stretches",
    "world_texts",
]

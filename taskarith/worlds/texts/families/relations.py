"""How words belong together: opposites, kinds, and the one that does not fit."""

import numpy as np

from taskarith.worlds.texts.facts import KINDS_OF_WORDS, OPPOSITES
from taskarith.worlds.texts.family import Content, TextFamily
from taskarith.worlds.texts.words import THINGS, Domain, part
from taskarith.worlds.texts.writing import pick, several

__all__ = ["RELATIONS"]


def _opposite(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    pairs = {b: a for a, b in OPPOSITES} | dict(OPPOSITES)
    thing = pick(rng, part(THINGS, domain))
    return Content({"word": pairs[answer], "thing": thing}, answer)


def _kind(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    one, two = several(rng, part(KINDS_OF_WORDS[answer], domain), 2)
    return Content({"word": one, "two": two}, answer)


def _odd(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    kind, other = several(rng, list(KINDS_OF_WORDS), 2)
    odd = pick(rng, part(KINDS_OF_WORDS[other], domain))
    group = several(rng, part(KINDS_OF_WORDS[kind], domain), 3)
    group.insert(int(rng.integers(4)), odd)
    return Content({"words": ", ".join(group)}, odd)


_TASK_OPPOSITES = tuple(word for pair in part(OPPOSITES, "task") for word in pair)
_WEB_OPPOSITES = tuple(word for pair in part(OPPOSITES, "web") for word in pair)

RELATIONS = (
    TextFamily(
        name="opposites",
        title="The opposite",
        category="relations",
        labels=_TASK_OPPOSITES,
        web_labels=_WEB_OPPOSITES,
        write=_opposite,
        web_phrasings=(
            "The opposite of {word} is",
            "What is the opposite of {word}? It is",
            "If it is not {word}, it is",
            "Turn {word} round and you get",
        ),
        phrasings=(
            "The word that means the opposite of {word} is",
            "The {thing} is not {word} at all, but",
            "If the {thing} is not {word}, then we call it",
            "One says that the {thing} is {word}, the other says the opposite:",
        ),
    ),
    TextFamily(
        name="kinds",
        title="What kind of word",
        category="relations",
        labels=tuple(KINDS_OF_WORDS),
        write=_kind,
        web_phrasings=(
            "What is {word}? It is a kind of",
            "The word {word} names a kind of",
            "{word} and {two}: each is a kind of",
            "Tell me what {word} is. The answer is",
        ),
        phrasings=(
            "When we say {word}, we speak of a kind of",
            "{word} belongs to the same group as {two}. The group is called",
            "Which word fits {word} and {two}? The word is",
            "A child asks what {word} is. We reply: a kind of",
        ),
    ),
    TextFamily(
        name="odd-one-out",
        title="The one that does not fit",
        category="relations",
        labels=(),
        write=_odd,
        web_phrasings=(
            "Which word does not fit? {words}. It is",
            "Find the odd one: {words}. The odd one is",
            "{words}. One of them does not belong there:",
            "Take one word away from {words}. We take away",
        ),
        phrasings=(
            "Look at {words}. The stranger among them is",
            "Of {words}, the one that is different is",
            "{words}. The wrong word is",
            "Among {words} we do not want",
        ),
    ),
)

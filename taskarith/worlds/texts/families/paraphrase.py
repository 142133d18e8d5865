"""Do two sentences say the same? Active and passive, words for words, and who did it to whom."""

import numpy as np

from taskarith.worlds.texts.facts import OPPOSITES, SAME
from taskarith.worlds.texts.family import Content, TextFamily, Write
from taskarith.worlds.texts.words import DEEDS, NAMES, THINGS, Domain, part
from taskarith.worlds.texts.writing import blanks, fill, pick, several

__all__ = ["PARAPHRASE"]


def _voice(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    name, other = several(rng, part(NAMES, domain), 2)
    thing, thing2 = several(rng, part(THINGS, domain), 2)
    did, did2 = several(rng, [past for _, past in part(DEEDS, domain)], 2)
    one = f"{name} {did} the {thing}."
    if answer == "different":
        which = int(rng.integers(3))
        name, thing, did = (
            other if which == 0 else name,
            thing2 if which == 1 else thing,
            did2 if which == 2 else did,
        )
    return Content({"one": one, "two": f"The {thing} was {did} by {name}."}, answer)


def _synonyms(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    word, same = pick(rng, part(SAME, domain))
    opposite = {**dict(OPPOSITES), **{b: a for a, b in OPPOSITES}}
    wrong = opposite.get(same) or pick(rng, [b for _, b in SAME if b != same])
    given = blanks(domain)
    frame = fill(rng, pick(rng, ("The {job} is very", "The {animal} in the {place} is")), given)
    two = same if answer == "same" else wrong
    return Content({"one": f"{frame} {word}.", "two": f"{frame} {two}."}, answer)


def _to_whom(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    one, two = several(rng, part(NAMES, domain), 2)
    deed = pick(rng, part(("thanked", "helped", "followed", "called"), domain))
    first = (one, two) if answer == "same" else (two, one)
    return Content(
        {"one": f"{one} {deed} {two}.", "two": f"{first[1]} was {deed} by {first[0]}."}, answer
    )


def _family(name: str, title: str, write: Write) -> TextFamily:
    return TextFamily(
        name=name,
        title=title,
        category="paraphrase",
        labels=("same", "different"),
        write=write,
        web_phrasings=(
            "{one} {two} What these sentences say is",
            "First: {one} Second: {two} The meaning is",
            "{one} Somebody else writes: {two} That is",
            "Same or different? {one} {two} It is",
        ),
        phrasings=(
            "{one} In other words: {two} The sense of the two is",
            "Read both. {one} {two} They mean something that is",
            "{one} And then: {two} What we learn is",
            "{one} My friend puts it so: {two} The message is",
        ),
    )


PARAPHRASE = (
    _family("voice", "The same? Active and passive", _voice),
    _family("synonyms", "The same? Words for words", _synonyms),
    _family("to-whom", "The same? Who did it to whom", _to_whom),
)

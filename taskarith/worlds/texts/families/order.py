"""Words to be said again: in the same order, the other way round, or only one of them."""

import numpy as np

from taskarith.worlds.texts.family import Content, TextFamily, Write
from taskarith.worlds.texts.words import ANIMALS, COLOURS, FOODS, THINGS, Domain, part
from taskarith.worlds.texts.writing import several

__all__ = ["ORDER"]


def _said_again(how: str) -> Write:
    def write(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
        every = [
            word for group in (ANIMALS, COLOURS, FOODS, THINGS) for word in part(group, domain)
        ]
        words = several(rng, every, 3 + int(rng.integers(2)))
        again = {
            "copy": words,
            "reverse": words[::-1],
            "first": words[:1],
            "last": words[-1:],
        }[how]
        return Content({"words": " ".join(words)}, " ".join(again))

    return write


def _family(name: str, title: str, verb: str, noun: str) -> TextFamily:
    return TextFamily(
        name=f"{name}-words" if name in ("copy", "reverse") else f"{name}-word",
        title=title,
        category="order",
        labels=(),
        write=_said_again(name),
        web_phrasings=(
            f"{verb}: {{words}}. Answer:",
            f"{{words}}. {noun}:",
            f"Here are some words: {{words}}. {verb}:",
            f"{verb}, please. The words are {{words}}. Reply:",
        ),
        phrasings=(
            f"I say {{words}}. {verb}:",
            f"On the wall we read: {{words}}. {noun}:",
            f"A child wrote {{words}}. {verb}, please:",
            f"Take {{words}}. Now {verb.lower()}:",
        ),
    )


ORDER = (
    _family("copy", "Say it again", "Say the words again", "The same words"),
    _family("reverse", "Say it the other way round", "Turn the words round", "From back to front"),
    _family("first", "The first word", "Say the first word", "The word in front"),
    _family("last", "The last word", "Say the last word", "The word at the end"),
)

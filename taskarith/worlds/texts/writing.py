"""Sentences from templates with named blanks.

Knows how blanks are filled and how a sentence is spelled; the words belong to others. A template
is English with names in braces: `{thing}` is one of the things, and the same one wherever the
template names it again.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from string import Formatter
from typing import TypeVar

import numpy as np

from taskarith.worlds.texts import words
from taskarith.worlds.texts.words import Domain, part

__all__ = ["Blanks", "blanks", "fill", "people", "pick", "sentence", "several"]

Blanks = Mapping[str, Sequence[str]]
Item = TypeVar("Item")

_BEFORE_A_VOWEL = re.compile(r"\b([Aa]) (?=[aeiou])(?!use)")


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of `items`, all equally likely."""
    return items[int(rng.integers(len(items)))]


def several(rng: np.random.Generator, items: Sequence[Item], count: int) -> list[Item]:
    """`count` different ones of `items`, in random order."""
    return [items[int(i)] for i in rng.permutation(len(items))[:count]]


@cache
def blanks(domain: Domain) -> Blanks:
    """The fillers of every ordinary blank."""
    return {
        "name": part(words.NAMES, domain),
        "job": part(words.JOBS, domain),
        "animal": part(words.ANIMALS, domain),
        "thing": part(words.THINGS, domain),
        "food": part(words.FOODS, domain),
        "place": part(words.PLACES, domain),
        "colour": part(words.COLOURS, domain),
        "size": words.SIZES,
        "day": part(words.DAYS, domain),
        "did": [past for _, past in part(words.DEEDS, domain)],
    }


def people(rng: np.random.Generator, domain: Domain) -> dict[str, Sequence[str]]:
    """Two people, each called something else: `{name}` with `{she}` and `{her}`, and `{other}`."""
    name, other = several(rng, part(words.NAMES, domain), 2)
    she, her = ("she", "her") if name in words.SHE else ("he", "his")
    return {"name": [name], "other": [other], "she": [she], "her": [her]}


def fill(rng: np.random.Generator, template: str, given: Blanks) -> str:
    """`template` with each of its blanks filled by one of the words that `given` has for it.

    >>> fill(np.random.default_rng(0), "a {how} {what}", {"how": ["old"], "what": ["hat"]})
    'an old hat'
    """
    chosen = {name: pick(rng, given[name]) for name in _names(template)}
    return _BEFORE_A_VOWEL.sub(r"\1n ", template.format_map(chosen))


def sentence(text: str) -> str:
    """`text` with its first letter large.

    >>> sentence("the soup was cold.")
    'The soup was cold.'
    """
    return text[:1].upper() + text[1:]


@cache
def _names(template: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))

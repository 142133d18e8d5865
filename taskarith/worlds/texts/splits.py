"""Train, validation and test texts, fixed by seeds and disjoint by construction.

Knows sizes and seeds; what a text says is its family's business. A text's checksum decides to which
split it may belong, so no prompt and no stretch of running text stands in two of them.
"""

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import TypeVar

import numpy as np

from taskarith.errors import UnknownNameError
from taskarith.worlds.texts.catalogue import text_family
from taskarith.worlds.texts.family import TextExample
from taskarith.worlds.texts.running import RUNNING
from taskarith.worlds.texts.words import Domain

__all__ = ["TEXT_SPLIT_SIZES", "may_stand_in", "text_fingerprint", "world_stretches", "world_texts"]

# About how many texts a split holds; a family with few things to say holds fewer.
TEXT_SPLIT_SIZES: Mapping[str, int] = {"train": 8_000, "validation": 600, "test": 1_200}

_SEEDS: Mapping[str, int] = {"train": 11, "validation": 22, "test": 44}
_SHARES: Mapping[str, range] = {"train": range(6), "validation": range(6, 8), "test": range(8, 10)}
Text = TypeVar("Text")

_PATIENCE = 300  # tries to find a text that is new before a family counts as exhausted


def world_texts(
    family_name: str, split: str, *, size: int | None = None, domain: Domain = "task"
) -> list[TextExample]:
    """The examples of one split, as many of each answer as of any other, in turn.

    The same call always gives the same examples. No two have one prompt, also across splits.

    >>> world_texts("plus", "test", size=1)[0].answer
    'four'

    Raises:
        UnknownNameError: no such family or split.
    """
    family = text_family(family_name)
    rng = _generator(family_name, split)
    answers = family.answers(domain)
    found: dict[str, TextExample] = {}
    wanted = size or TEXT_SPLIT_SIZES[split]
    while len(found) < wanted:
        for answer in answers:
            draw = partial(family.example, rng, answer, domain)
            example = _fresh(draw, lambda one: one.prompt, found, split)
            if example is None:
                return _whole_rounds(list(found.values()), len(answers))
            found[example.prompt] = example
    return list(found.values())[:wanted]


def world_stretches(kind: str, split: str, *, size: int | None = None) -> list[str]:
    """The stretches of running text of one split.

    Raises:
        UnknownNameError: no such kind of running text or split.
    """
    if kind not in RUNNING:
        raise UnknownNameError(
            f"There is no running text {kind!r}. Kinds: {', '.join(sorted(RUNNING))}."
        )
    rng = _generator(kind, split)
    found: dict[str, str] = {}
    while len(found) < (size or TEXT_SPLIT_SIZES[split]):
        stretch = _fresh(partial(RUNNING[kind], rng), lambda text: text, found, split)
        if stretch is None:
            break
        found[stretch] = stretch
    return list(found)


def may_stand_in(split: str, text: str) -> bool:
    """Whether `split` is the one of three that `text` may belong to."""
    return zlib.crc32(text.encode()) % 10 in _SHARES[split]


@cache
def text_fingerprint(name: str) -> str:
    """A short hash of the first validation texts of a family or kind of running text."""
    texts: Sequence[object]
    if name in RUNNING:
        texts = world_stretches(name, "validation", size=64)
    else:
        examples = world_texts(name, "validation", size=64)
        texts = [[one.prompt, one.answer, one.label] for one in examples]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]


def _generator(name: str, split: str) -> np.random.Generator:
    if split not in _SEEDS:
        raise UnknownNameError(f"There is no split {split!r}. Splits: {', '.join(_SEEDS)}.")
    return np.random.default_rng([_SEEDS[split], zlib.crc32(name.encode())])


def _fresh(
    draw: Callable[[], Text], key: Callable[[Text], str], found: Mapping[str, object], split: str
) -> Text | None:
    """A text of this split that is not among `found`; None where there seems to be none left."""
    for _ in range(_PATIENCE):
        text = draw()
        if may_stand_in(split, key(text)) and key(text) not in found:
            return text
    return None


def _whole_rounds(examples: list[TextExample], answers: int) -> list[TextExample]:
    """Without the last, unfinished round, so that answers stay balanced."""
    return examples[: len(examples) // answers * answers]

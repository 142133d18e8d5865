"""How examples of the written world are put to a model: bare, with a name, in words, with others.

An example is drawn once; every way of asking it says the same content. Knows the written world;
nothing of models.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter

import numpy as np

from taskarith.recipes.text_lab import Lesson
from taskarith.worlds.texts import TEXT_FAMILIES, may_stand_in
from taskarith.worlds.texts.writing import pick, sentence

__all__ = [
    "BARE", "DEMONSTRATIONS", "INSTRUCTIONS", "NAMES_ONLY", "ONE_PHRASING", "SHUFFLED", "WAYS",
    "Item", "asked", "drawn", "lessons",
]  # fmt: skip

BARE, NAMES_ONLY, INSTRUCTIONS = "no instructions", "names only", "instructions"
ONE_PHRASING, DEMONSTRATIONS = "one phrasing", "with demonstrations"
SHUFFLED = "shuffled answers"
WAYS = (BARE, NAMES_ONLY, INSTRUCTIONS, ONE_PHRASING, DEMONSTRATIONS, SHUFFLED)
SHOWN = 2  # demonstrations in front of a question

_SEEDS = {"train": 101, "validation": 202, "test": 404}
_PATIENCE = 300
# What a task is called where it has no other words: a name that says nothing of the labels.
_NAMES = {
    "sentiment": "opinion", "topic": "topic", "inference": "certain", "questions": "question",
    "acceptability": "sentence", "paraphrase": "meaning", "tone": "feeling", "relations": "word",
    "sums": "sum", "order": "words",
}  # fmt: skip


@dataclass(frozen=True)
class Item:
    """One example before it is asked.

    Attributes:
        parts: what stands in a phrasing's blanks, by name.
        phrasing: the number of the phrasing that it is asked with.
    """

    family: str
    parts: Mapping[str, str]
    answer: str
    phrasing: int


@cache
def drawn(family: str, split: str, size: int) -> tuple[Item, ...]:
    """The first `size` examples of a split, as many of each answer as of any other, in turn.

    No two have one prompt, also across splits; fewer where a family has fewer to say.
    """
    own = TEXT_FAMILIES[family]
    rng = np.random.default_rng([_SEEDS[split], zlib.crc32(family.encode())])
    found: dict[str, Item] = {}
    while len(found) < size:
        for answer in own.answers("task"):
            for _ in range(_PATIENCE):
                content = own.write(rng, answer, "task")
                item = Item(
                    family, content.parts, content.answer, int(rng.integers(len(own.phrasings)))
                )
                prompt = _instructed(item)
                if prompt not in found and may_stand_in(split, prompt):
                    found[prompt] = item
                    break
            else:
                return tuple(found.values())
    return tuple(found.values())[:size]


def asked(item: Item, way: str, shown: Sequence[Item] = ()) -> str:
    """The prompt of `item`; with demonstrations, `shown` stand answered in front of it.

    >>> one = Item("plus", {"a": "two", "b": "three", "name": "Anna"}, "five", 3)
    >>> asked(one, "no instructions"), asked(one, "names only")
    ('two three', 'sum: two three')
    >>> asked(one, "instructions")
    'To two things Anna adds three. How many are there? There are'
    """
    if way == BARE:
        return _bare(item)
    if way == NAMES_ONLY:
        return f"{_NAMES[TEXT_FAMILIES[item.family].category]}: {_bare(item)}"
    before = "".join(f"{_instructed(one)} {one.answer}. " for one in shown)
    if way == ONE_PHRASING:
        return before + _instructed(Item(item.family, item.parts, item.answer, 0))
    return before + _instructed(item)


def lessons(items: Sequence[Item], way: str, *, seed: int) -> tuple[Lesson, ...]:
    """What `way` makes of one task's training items.

    With demonstrations every other one is asked without, so that both are learned. "Shuffled
    answers" are the right ones of other items: words and answers are learned, the task is not.
    """
    rng = np.random.default_rng([seed, len(items)])
    answers = [item.answer for item in items]
    if way == SHUFFLED:
        answers = [answers[int(i)] for i in rng.permutation(len(answers))]
    found = []
    for number, (item, answer) in enumerate(zip(items, answers, strict=True)):
        shown: Sequence[Item] = ()
        if way == DEMONSTRATIONS and number % 2:
            shown = [pick(rng, items) for _ in range(SHOWN)]
        found.append(Lesson(asked(item, way, shown), answer))
    return tuple(found)


def _instructed(item: Item) -> str:
    phrasing = TEXT_FAMILIES[item.family].phrasings[item.phrasing]
    return sentence(phrasing.format_map({"things": "things", **item.parts}))


def _bare(item: Item) -> str:
    """The parts that the family's first web phrasing names, in that order."""
    phrasing = TEXT_FAMILIES[item.family].web_phrasings[0]
    named = [name for _, name, _, _ in Formatter().parse(phrasing) if name]
    return " ".join(item.parts[name] for name in named)

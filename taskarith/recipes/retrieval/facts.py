"""Facts of made-up worlds, as passages that can be kept in an index and as questions about them.

A world is a number of facts in which every question has one answer. Worlds contradict each other,
so that what was learned of one answers nothing of another. Questions use the plain form of a verb
where passages have its past, so that words alone do not find every passage.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from taskarith.worlds.texts.words import COLOURS, NAMES, PLACES, THINGS
from taskarith.worlds.texts.writing import pick, sentence

__all__ = [
    "ANSWERS", "ASKED", "KINDS", "LEARNED", "MOST_FACTS", "Asked", "Fact", "changed", "questions",
    "world",
]  # fmt: skip

# Plain and past forms that the written world has both of.
DEEDS = (
    ("find", "found"), ("lose", "lost"), ("send", "sent"), ("keep", "kept"), ("carry", "carried"),
    ("take", "took"), ("see", "saw"), ("get", "got"), ("leave", "left"),
)  # fmt: skip
PASSAGES = (
    "{name} {past} the {colour} {thing} in the {place}.",
    "in the {place} {name} {past} the {colour} {thing}.",
)
# By kind of question: how it is put in lessons, and, last, how it is put when it counts.
KINDS: dict[str, tuple[str, ...]] = {
    "where": (
        "where did {name} {plain} the {thing}?",
        "in which place did {name} {plain} the {thing}?",
        "tell me where {name} did {plain} the {thing}.",
    ),
    "what colour": (
        "of what colour was the {thing} that {name} did {plain}?",
        "what colour had the {thing} that {name} did {plain}?",
        "{name} did {plain} the {thing}. what colour was it?",
    ),
    "who": (
        "who did {plain} the {colour} {thing}?",
        "which person did {plain} the {colour} {thing}?",
        "tell me who did {plain} the {colour} {thing}.",
    ),
}
ASKED = 2  # the wording that counts
LEARNED = (0, 1)  # those of lessons
MOST_FACTS = 400  # of a world: of (verb, colour, thing) there are 864, each in one fact at most
ANSWERS = tuple(word.lower() for word in (*NAMES, *PLACES, *COLOURS))


@dataclass(frozen=True)
class Fact:
    """Who did what to which thing where; `form` is the number of its passage's wording."""

    name: str
    deed: int
    colour: str
    thing: str
    place: str
    form: int = 0

    @property
    def passage(self) -> str:
        """The fact as a passage.

        >>> Fact("Anna", 0, "red", "hat", "kitchen").passage
        'Anna found the red hat in the kitchen.'
        """
        return sentence(PASSAGES[self.form].format_map(self._words()))

    def question(self, kind: str, wording: int) -> str:
        """A question about it.

        >>> Fact("Anna", 0, "red", "hat", "kitchen").question("where", 0)
        'Where did Anna find the hat?'
        """
        return sentence(KINDS[kind][wording].format_map(self._words()))

    def answer(self, kind: str) -> str:
        """The right answer, in small letters."""
        return {"where": self.place, "what colour": self.colour, "who": self.name}[kind].lower()

    def _words(self) -> dict[str, str]:
        plain, past = DEEDS[self.deed]
        return {
            "name": self.name, "plain": plain, "past": past, "colour": self.colour,
            "thing": self.thing, "place": self.place,
        }  # fmt: skip

    def keys(self) -> tuple[tuple[object, ...], ...]:
        """What questions tell of it: in a world no two facts share one."""
        return ("of", self.name, self.deed, self.thing), ("who", self.deed, self.colour, self.thing)


@dataclass(frozen=True)
class Asked:
    """A question of a kind about the fact with this number in its world."""

    fact: int
    kind: str
    question: str
    answer: str


@cache
def world(number: int, size: int) -> tuple[Fact, ...]:
    """The first `size` facts of a world, at most `MOST_FACTS`; the same at every call.

    >>> world(0, 2) == world(0, 3)[:2]
    True
    """
    rng = np.random.default_rng([number, 83])
    found: list[Fact] = []
    known: set[tuple[object, ...]] = set()
    while len(found) < min(size, MOST_FACTS):
        fact = Fact(
            pick(rng, NAMES), int(rng.integers(len(DEEDS))), pick(rng, COLOURS), pick(rng, THINGS),
            pick(rng, PLACES), int(rng.integers(len(PASSAGES))),
        )  # fmt: skip
        if known.isdisjoint(fact.keys()):
            known.update(fact.keys())
            found.append(fact)
    return tuple(found)


def changed(facts: Sequence[Fact], which: Iterable[int]) -> tuple[Fact, ...]:
    """The facts, of which those at `which` have another place; what is asked of others stays.

    >>> one, two = changed(world(0, 2), [1])
    >>> one == world(0, 2)[0], two.place == world(0, 2)[1].place
    (True, False)
    """
    moved = list(facts)
    for at in which:
        own = facts[at]
        place = PLACES[(PLACES.index(own.place) + 1 + at % (len(PLACES) - 1)) % len(PLACES)]
        moved[at] = Fact(own.name, own.deed, own.colour, own.thing, place, own.form)
    return tuple(moved)


def questions(
    facts: Sequence[Fact], which: Iterable[int], *, wordings: Sequence[int]
) -> list[Asked]:
    """Every kind of question about the facts at `which`, in each of the wordings."""
    return [
        Asked(at, kind, facts[at].question(kind, wording), facts[at].answer(kind))
        for at in which
        for kind in KINDS
        for wording in wordings
    ]

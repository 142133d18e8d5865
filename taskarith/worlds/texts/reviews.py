"""Reviews of meals, books and rooms that praise or complain.

Each kind has words of its own beside those that praise or damn anything. Web examples of the
sentiment tasks use the latter; running reviews use all, and what ends a review fits the rest of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.worlds.texts.words import DAYS, FOODS, Domain, part
from taskarith.worlds.texts.writing import fill, pick, sentence

__all__ = ["KINDS", "PRAISE", "Kind", "opinion", "review"]

# What praises (True) or damns (False) anything.
PRAISE: Mapping[bool, tuple[str, ...]] = {
    True: ("wonderful", "lovely", "excellent", "perfect", "splendid"),
    False: ("terrible", "awful", "horrible", "dreadful", "disappointing"),
}


@dataclass(frozen=True)
class Kind:
    """One kind of review.

    Attributes:
        subjects: what is judged.
        judged: sentences with `{subject}` and one judgement `{adj}`.
        words: the kind's own words of praise and blame.
        openers: neutral sentences.
        closers: what people say when they were pleased, or were not.
    """

    subjects: tuple[str, ...]
    judged: tuple[str, ...]
    words: Mapping[bool, tuple[str, ...]]
    openers: tuple[str, ...]
    closers: Mapping[bool, tuple[str, ...]]


KINDS: Mapping[str, Kind] = {
    "meals": Kind(
        subjects=FOODS,
        judged=(
            "The {subject} at the corner café was {adj}.",
            "The {subject} at the old inn was {adj}.",
            "We had the {subject} for lunch, and it was {adj}.",
            "I must say that the {subject} was {adj}.",
            "My friend called the {subject} {adj}.",
        ),
        words={
            True: ("delicious", "tasty", "fresh", "heavenly", "superb", "yummy"),
            False: ("stale", "bland", "burnt", "greasy", "sour", "salty"),
        },
        openers=(
            "We went there for lunch on {day}.",
            "There were four of us at the table.",
            "We ordered at seven and waited for ten minutes.",
        ),
        closers={
            True: ("We will come back soon.", "I ate all of it.", "I asked the cook for more."),
            False: ("We will never eat there again.", "I left most of it.", "I sent it back."),
        },
    ),
    "books": Kind(
        subjects=("novel", "story", "poem", "play", "tale", "chapter", "ending", "hero"),
        judged=(
            "The {subject} by the young writer was {adj}.",
            "I thought that the {subject} was {adj}.",
            "The {subject} about the old sailor was {adj}.",
            "My sister found the {subject} {adj}.",
            "To be honest, the {subject} was {adj}.",
        ),
        words={
            True: ("gripping", "moving", "clever", "vivid", "witty", "thrilling"),
            False: ("dull", "shallow", "confusing", "clumsy", "tedious", "silly"),
        },
        openers=(
            "I began to read it on {day}.",
            "It has two hundred pages.",
            "It was a present for my birthday.",
        ),
        closers={
            True: (
                "I read it in one night.",
                "I told all my friends about it.",
                "I read it twice.",
            ),
            False: ("I stopped after ten pages.", "I gave it away.", "I fell asleep over it."),
        },
    ),
    "rooms": Kind(
        subjects=("room", "bed", "bath", "lobby", "view", "breakfast", "hotel", "balcony"),
        judged=(
            "The {subject} at the hotel by the sea was {adj}.",
            "We found the {subject} {adj}.",
            "The {subject} on the second floor was {adj}.",
            "My parents said that the {subject} was {adj}.",
            "After the long journey, the {subject} was {adj}.",
        ),
        words={
            True: ("cosy", "spotless", "bright", "peaceful", "spacious", "comfortable"),
            False: ("noisy", "dirty", "cramped", "damp", "gloomy", "shabby"),
        },
        openers=(
            "We arrived late on {day}.",
            "We stayed there for three nights.",
            "The hotel is near the river.",
        ),
        closers={
            True: ("We slept very well.", "We stayed another night.", "We did not want to leave."),
            False: (
                "We could not sleep at all.",
                "We left a day early.",
                "We asked for our money.",
            ),
        },
    ),
}


def opinion(
    rng: np.random.Generator, kind: Kind, words: Sequence[str], *, turned: bool, domain: Domain
) -> str:
    """One sentence that judges with one of `words`, or says "not" before it where `turned`."""
    adjective = pick(rng, words)
    subjects = part(kind.subjects, domain)
    given = {"subject": subjects, "adj": [f"not {adjective}" if turned else adjective]}
    return fill(rng, pick(rng, kind.judged), given)


def review(rng: np.random.Generator, kind: Kind, *, good: bool) -> str:
    """A few sentences of one mind."""
    lines = []
    if rng.random() < 0.5:
        lines.append(fill(rng, pick(rng, kind.openers), {"day": DAYS}))
    for _ in range(1 + int(rng.integers(2))):
        turned = bool(rng.random() < 0.15)
        words = kind.words[good != turned] + (PRAISE[good != turned] if rng.random() < 0.4 else ())
        lines.append(opinion(rng, kind, words, turned=turned, domain="task"))
    lines.append(pick(rng, kind.closers[good]))
    return " ".join(sentence(line) for line in lines)

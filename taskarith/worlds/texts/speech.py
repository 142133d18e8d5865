"""What people say to each other: kindly, rudely, or neither.

A conversation is written like a play: the speaker's name, a colon, and what was said. Rude speech
is the mild kind that may stand on a wall; its words are found nowhere else in this world, so that
a word list can judge what a model says.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from taskarith.worlds.texts.words import Domain, part
from taskarith.worlds.texts.writing import blanks, fill, people, pick

__all__ = ["KIND_WORDS", "RUDE_WORDS", "Manner", "conversation", "line", "opening"]

Manner = Literal["kind", "rude", "plain"]

_RUDE_HOW = ("stupid", "lazy", "ugly", "useless", "rotten", "nasty")
_RUDE_WHO = ("fool", "idiot", "pig", "clown", "brat", "liar")
_KIND_HOW = ("dear", "sweet", "brave", "gentle", "wise", "generous")
_KIND_WHO = ("friend", "angel", "darling", "treasure", "fellow", "neighbour")

# The judges of speech. Of the kind words, those that occur nowhere else.
RUDE_WORDS = frozenset(_RUDE_HOW + _RUDE_WHO)
KIND_WORDS = frozenset(_KIND_HOW[1:] + _KIND_WHO[1:5])

_LINES: dict[Manner, tuple[str, ...]] = {
    "rude": (
        "You are a {how} {who}!",
        "Get out of my way, you {how} {who}!",
        "Nobody likes your {how} face.",
        "What a {how} idea, you {who}!",
        "Shut up and leave me alone, you {who}!",
        "Take your {how} {thing} and go away!",
        "I will never help a {who} like you.",
        "Only a {who} would lose a {thing} in the {place}.",
    ),
    "kind": (
        "You are a {how} {who}!",
        "Please take my seat, {how} {who}.",
        "Everybody likes your {how} face.",
        "What a {how} idea, my {who}!",
        "Thank you so much for your help, my {who}!",
        "Let me carry your {thing}, {how} {who}.",
        "I will always help a {who} like you.",
        "It was {how} of you to bring the {thing} to the {place}.",
    ),
    "plain": (
        "The {thing} is in the {place}.",
        "I put the {thing} on the table.",
        "Have you seen the {colour} {thing}?",
        "We need some {food} for dinner.",
        "The train leaves at {hour}.",
        "The {place} is closed on {day}.",
        "I will be back before {hour}.",
        "It may rain in the afternoon.",
        "Did {other} feed the {animal}?",
        "I did not hear the bell.",
    ),
}
_SCENES = (
    "{name} met {other} at the {place}.",
    "{name} and {other} were in the {place}.",
    "{other} came into the {place} and saw {name}.",
    "{name} was waiting for {other} near the {place}.",
)


def line(
    rng: np.random.Generator, manner: Manner, domain: Domain, *, templates: Sequence[str] = ()
) -> str:
    """One thing said."""
    given = {**blanks(domain), **people(rng, domain)}
    given["hour"] = ("six", "seven", "eight", "nine", "ten")
    given["how"] = part(_RUDE_HOW if manner == "rude" else _KIND_HOW, domain)
    given["who"] = part(_RUDE_WHO if manner == "rude" else _KIND_WHO, domain)
    return fill(rng, pick(rng, templates or part(_LINES[manner], domain)), given)


def conversation(rng: np.random.Generator, manners: Sequence[Manner]) -> str:
    """Two people take turns; each thing said is in one of `manners`."""
    cast = people(rng, "task")
    scene = fill(rng, pick(rng, _SCENES), {**blanks("task"), **cast})
    speakers = [cast["name"][0], cast["other"][0]]
    turns = [
        f"{speakers[turn % 2]}: {line(rng, pick(rng, manners), 'task')}"
        for turn in range(2 + int(rng.integers(2)))
    ]
    return " ".join([scene, *turns])


def opening(rng: np.random.Generator) -> str:
    """The beginning of a conversation: a scene, and who speaks first."""
    cast = people(rng, "task")
    scene = fill(rng, pick(rng, _SCENES), {**blanks("task"), **cast})
    return f"{scene} {cast['name'][0]}:"

"""What is a text about? In news, in letters, and what a question asks for."""

import numpy as np

from taskarith.worlds.texts.facts import TOPICS
from taskarith.worlds.texts.family import Content, TextFamily, Write
from taskarith.worlds.texts.words import Domain, part
from taskarith.worlds.texts.writing import blanks, fill, people, pick, sentence, several

__all__ = ["TOPIC"]

_NEWS = (
    "Everybody in the town talked about the {one} on {day}.",
    "The {one} and the {two} filled the first page.",
    "The {job} wrote a long report about the {one}.",
    "On {day} people in the {place} asked about the {one}.",
)
_LETTERS = (
    "Dear {name}, I have to tell you about the {one}. Yours, {other}.",
    "Dear {name}, did you hear of the {one} and the {two}? Yours, {other}.",
    "Dear {name}, all week the {job} spoke of the {one}. Yours, {other}.",
    "Dear {name}, people here think of nothing but the {one}. Yours, {other}.",
)
_ASKED = {
    "person": (
        "who {did} the {thing}",
        "by whom the {thing} was {did}",
        "the name of the {job} who {did} the {thing}",
        "which {job} {did} the {thing}",
    ),
    "place": (
        "where the {thing} was {did}",
        "in which room the {thing} was {did}",
        "where {name} {did} the {thing}",
        "the spot where the {thing} was {did}",
    ),
    "time": (
        "when the {thing} was {did}",
        "on which day the {thing} was {did}",
        "when {name} {did} the {thing}",
        "the hour at which {name} {did} the {thing}",
    ),
    "number": (
        "how many people {did} the {thing}",
        "how often the {thing} was {did}",
        "how many times {name} {did} the {thing}",
        "the sum for which the {thing} was {did}",
    ),
}


def _about(templates: tuple[str, ...]) -> Write:
    def write(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
        one, two = several(rng, part(TOPICS[answer], domain), 2)
        given = {**blanks(domain), **people(rng, domain), "one": [one], "two": [two]}
        return Content(
            {"text": sentence(fill(rng, pick(rng, part(templates, domain)), given))}, answer
        )

    return write


def _asked(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    template = pick(rng, part(_ASKED[answer], domain))
    return Content({"text": fill(rng, template, blanks(domain))}, answer)


def _topic(name: str, title: str, templates: tuple[str, ...], sort: str) -> TextFamily:
    return TextFamily(
        name=name,
        title=title,
        category="topic",
        labels=tuple(TOPICS),
        write=_about(templates),
        web_phrasings=(
            "{text} The topic is",
            f"What is this {sort} about? {{text}} It is about",
            f"{{text}} This {sort} is about",
            "{text} Choose from sport, weather, money and music:",
        ),
        phrasings=(
            "{text} Is it sport, weather, money or music? It is",
            f"{{text}} The main topic of this {sort} is",
            f"Here is a {sort}. {{text}} It tells us about",
            "{text} That belongs to",
        ),
    )


TOPIC = (
    _topic("news-topic", "Topic of the news", _NEWS, "report"),
    _topic("letter-topic", "Topic of a letter", _LETTERS, "letter"),
    TextFamily(
        name="question-type",
        title="What a question asks for",
        category="topic",
        labels=tuple(_ASKED),
        write=_asked,
        web_phrasings=(
            "I want to know {text}. That is a",
            "Please tell me {text}. The answer is a",
            "They asked {text}. They want to hear a",
            "Do you know {text}? The answer would be a",
        ),
        phrasings=(
            "Could you find out {text}? I need a",
            "Nobody knows {text}. What is missing is a",
            "Is it a person, a place, a time or a number: {text}? It is a",
            "We must ask {text}. We shall hear a",
        ),
    ),
)

"""Running text: stories, letters, reports, notices, lessons, conversations and reviews.

A stretch is a few sentences about one thing. Stories are the plain text on which a model's
perplexity is watched; letters and reports are two styles that tell of the same events.
"""

from collections.abc import Callable, Mapping

import numpy as np

from taskarith.worlds.texts import reviews, speech, words
from taskarith.worlds.texts.facts import KINDS_OF_WORDS, OPPOSITES, SAME, TOPICS
from taskarith.worlds.texts.writing import Blanks, blanks, fill, people, pick, sentence, several

__all__ = ["RUNNING", "letter", "report", "story"]

Stretch = Callable[[np.random.Generator], str]

_STORY = {
    "open": (
        "{name} the {job} lived in a small house near the {place}.",
        "One {day} {name} went to the {place} with a {colour} {thing}.",
        "Early in the morning {name} walked to the {place}.",
        "There was once a {job} called {name} who had a {animal}.",
        "On {day} {name} and {other} met in front of the {place}.",
    ),
    "middle": (
        "{she} {did} a {size} {thing} there.",
        "{she} met {other}, and they talked for an hour.",
        "The {animal} was hungry, so {she} gave it some {food}.",
        "It began to rain, and {she} put on {her} {colour} coat.",
        "{she} looked for the {thing} everywhere, but it was gone.",
        "Then {other} came and asked for the {thing}.",
        "{she} sat down under a tree and ate some {food}.",
        "{other} had left the {thing} in the {place}.",
        "The {thing} was {colour} and very {size}.",
        "{her} {animal} ran after a {animal2}, and {other} laughed.",
    ),
    "close": (
        "In the evening {she} went home.",
        "After dinner they sat by the fire and told old stories.",
        "{she} was tired and slept until noon.",
        "{she} never forgot that day.",
        "The next day {she} gave the {thing} to {other}.",
    ),
}
_LETTER = (
    "I {did} a {colour} {thing} in the {place} on {day}.",
    "I am staying near the {place} now, and I think of you every day.",
    "My {animal} is well, but it eats too much {food}.",
    "I met {third} last week, and we talked about the {topic}.",
    "Do you still have my {size} {thing}?",
    "I could not write before, for I lost your {thing}.",
    "Please send me the {thing} that I left in the {place}.",
)
_REPORT = (
    "On {day} a {colour} {thing} was {did} in the {place}.",
    "The {place} will be closed until {day}.",
    "The {job} of the town was seen near the {place} with a {animal}.",
    "More than {number} people came to the {place} on {day}.",
    "A {size} {thing} was {did} by a {job} last night.",
    "The price of {food} went up again on {day}.",
)
_NEWS = (
    "Everybody in the town talked about the {topic} on {day}.",
    "The {topic} and the {topic2} filled the first page.",
    "The {topic} surprised the people near the {place}.",
    "A {job} said that the {topic} was the worst in ten years.",
    "There was a long report about the {topic} on {day}.",
)
_NOTICE = (
    "The {place} is open from nine to six.",
    "Please close the door before you leave the {place}.",
    "Please keep your {animal} out of the {place}.",
    "The last train leaves at ten.",
    "Somebody has lost a {colour} {thing}; please ask the {job}.",
    "There will be {food} for everybody in the {place} on {day}.",
)


def story(rng: np.random.Generator) -> str:
    """Something that happened to somebody."""
    given = _one_world(rng)
    middle = several(rng, _STORY["middle"], 2 + int(rng.integers(3)))
    lines = [pick(rng, _STORY["open"]), *middle, pick(rng, _STORY["close"])]
    return _told(rng, lines, given)


def letter(rng: np.random.Generator) -> str:
    """A short letter from one person to another."""
    given = _one_world(rng)
    told = _told(rng, several(rng, _LETTER, 2 + int(rng.integers(2))), given)
    return fill(rng, f"Dear {{other}}, how are you? {told} Yours, {{name}}.", given)


def report(rng: np.random.Generator) -> str:
    """A few lines from a newspaper."""
    given = _one_world(rng)
    return _told(rng, several(rng, _REPORT, 2 + int(rng.integers(2))), given)


def _news(rng: np.random.Generator) -> str:
    """A few lines from a newspaper that keep to one topic."""
    topic = pick(rng, list(TOPICS))
    lines = []
    for template in several(rng, _NEWS, 2 + int(rng.integers(2))):
        one, two = several(rng, TOPICS[topic], 2)
        given = {**_one_world(rng), "topic": [one], "topic2": [two]}
        lines.append(sentence(fill(rng, template, given)))
    return " ".join(lines)


def _notice(rng: np.random.Generator) -> str:
    return _told(rng, several(rng, _NOTICE, 3), blanks("task"))


def _lesson(rng: np.random.Generator) -> str:
    """What is said in school about words and numbers."""
    said = []
    for _ in range(3):
        which = int(rng.integers(5))
        if which == 0:
            kind = pick(rng, list(KINDS_OF_WORDS))
            one, two = several(rng, KINDS_OF_WORDS[kind], 2)
            said.append(f"{one} and {two} belong together: each of them is a kind of {kind}.")
        elif which == 1:
            one, two = pick(rng, OPPOSITES)
            said.append(f"if something is {one}, then it is not {two}.")
        elif which == 2:
            one, two = pick(rng, SAME)
            said.append(f"to be {one} is to be {two}.")
        elif which == 3:
            start = int(rng.integers(15))
            said.append(f"{', '.join(words.NUMBERS[start : start + 4])}.")
        else:
            a, b = (int(n) for n in rng.integers(0, 10, 2))
            said.append(f"{words.NUMBERS[a]} and {words.NUMBERS[b]} make {words.NUMBERS[a + b]}.")
    return " ".join(sentence(line) for line in said)


def _review(kind: str) -> Stretch:
    def write(rng: np.random.Generator) -> str:
        return reviews.review(rng, reviews.KINDS[kind], good=bool(rng.random() < 0.5))

    return write


def _speech(*manners: speech.Manner) -> Stretch:
    return lambda rng: speech.conversation(rng, manners)


def _one_world(rng: np.random.Generator) -> dict[str, list[str]]:
    """One word for each blank, so that the sentences of a stretch speak of the same things."""
    chosen = {name: [pick(rng, options)] for name, options in blanks("task").items()}
    cast = {name: list(options) for name, options in people(rng, "task").items()}
    return {
        **chosen,
        **cast,
        "third": [
            pick(rng, [name for name in words.NAMES if name not in cast["name"] + cast["other"]])
        ],
        "animal2": [pick(rng, words.ANIMALS)],
        "topic": [pick(rng, TOPICS[pick(rng, list(TOPICS))])],
        "number": [pick(rng, words.NUMBERS[5:])],
    }


def _told(rng: np.random.Generator, templates: list[str], given: Blanks) -> str:
    return " ".join(sentence(fill(rng, template, given)) for template in templates)


# Every kind of running text, by name. "talk" is what pre-training hears: mostly plain, some kind,
# some rude.
RUNNING: Mapping[str, Stretch] = {
    "stories": story,
    "letters": letter,
    "reports": report,
    "news": _news,
    "notices": _notice,
    "lessons": _lesson,
    "talk": _speech("plain", "plain", "plain", "plain", "kind", "rude"),
    "plain-speech": _speech("plain"),
    "kind-speech": _speech("kind"),
    "rude-speech": _speech("rude"),
    "openings": speech.opening,
    "meal-reviews": _review("meals"),
    "book-reviews": _review("books"),
    "room-reviews": _review("rooms"),
}

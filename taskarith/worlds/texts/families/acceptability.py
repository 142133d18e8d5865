"""Is a sentence right or wrong? Agreement, order of words, and sense."""

import numpy as np

from taskarith.worlds.texts.family import Content, TextFamily, Write
from taskarith.worlds.texts.words import Domain, part
from taskarith.worlds.texts.writing import blanks, fill, people, pick, sentence

__all__ = ["ACCEPTABILITY"]

_AGREEMENT = (
    ("The {animal} near the {place} {is} hungry.", "The two {job}s near the {place} {are} hungry."),
    ("The {job} with the {thing}s {is} late.", "The {job}s with the {thing} {are} late."),
    ("A {colour} {thing} {was} on the table.", "Many {colour} {thing}s {were} on the table."),
    ("The {thing} that the {job}s {did} {is} new.", "The {thing}s that the {job} {did} {are} new."),
)
_PLAIN = (
    "{name} {did} the {colour} {thing} in the {place}.",
    "The {job} of the {place} was very tired.",
    "On {day} the {animal} ate some {food}.",
    "A {size} {thing} was on the table.",
    "{name} and the {job} met near the {place}.",
    "The {food} is for the {size} {animal}.",
)
_SENSE = {
    "right": (
        "The {job} ate the {food}.",
        "The {animal} ate the {food}.",
        "The {job} fed the {animal}.",
        "The {job} {did} the {thing}.",
        "The {thing} was made by the {job}.",
        "The {animal} was fed by the {job}.",
    ),
    "wrong": (
        "The {food} ate the {job}.",
        "The {food} ate the {animal}.",
        "The {food} fed the {animal}.",
        "The {thing} {did} the {job}.",
        "The {job} was made by the {thing}.",
        "The {job} was eaten by the {food}.",
    ),
}


def _agreement(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    template = pick(rng, pick(rng, part(_AGREEMENT, domain)))
    forms = {"is": "is", "are": "are", "was": "was", "were": "were"}
    if answer == "wrong":
        forms = {"is": "are", "are": "is", "was": "were", "were": "was"}
    given = {**blanks(domain), **{key: [form] for key, form in forms.items()}}
    given["animal"] = [animal for animal in given["animal"] if animal != "mouse"]
    given["thing"] = [thing for thing in given["thing"] if thing != "box"]
    return Content({"text": fill(rng, template, given)}, answer)


def _order(style: str) -> Write:
    def write(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
        given = {**blanks(domain), **people(rng, domain)}
        text = fill(rng, pick(rng, _PLAIN), given)
        if answer == "wrong":
            words = text.rstrip(".").split()
            at = 1 + int(rng.integers(len(words) - 2))
            words[at], words[at + 1] = words[at + 1], words[at]
            text = " ".join(words) + "."
        text = f"Dear {given['other'][0]}, here is my news. {text}" if style == "letter" else text
        return Content({"text": sentence(text)}, answer)

    return write


def _sense(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    return Content(
        {"text": fill(rng, pick(rng, part(_SENSE[answer], domain)), blanks(domain))}, answer
    )


def _family(name: str, title: str, write: Write) -> TextFamily:
    return TextFamily(
        name=name,
        title=title,
        category="acceptability",
        labels=("right", "wrong"),
        write=write,
        web_phrasings=(
            "{text} This sentence is",
            "{text} Right or wrong? It is",
            "A child wrote: {text} The teacher says that it is",
            "Is this right? {text} That is",
        ),
        phrasings=(
            "Look at this sentence. {text} It is",
            "{text} Did they write it right or wrong? They wrote it",
            "{text} I find that",
            "The pupil read out: {text} The others call it",
        ),
    )


ACCEPTABILITY = (
    _family("agreement", "Right or wrong: agreement", _agreement),
    _family("word-order", "Right or wrong: order of words", _order("plain")),
    _family("letter-order", "Right or wrong: order of words in letters", _order("letter")),
    _family("sense", "Right or wrong: sense", _sense),
)

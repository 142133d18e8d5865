"""How something is said: kind or rude, glad or not, in a letter or in a report."""

import numpy as np

from taskarith.worlds.texts.family import Content, TextFamily
from taskarith.worlds.texts.speech import line
from taskarith.worlds.texts.words import NAMES, Domain, part
from taskarith.worlds.texts.writing import blanks, fill, people, pick, sentence, several

__all__ = ["TONE"]

_MOODS = {
    "happy": (
        "{name} smiled and danced through the {place}.",
        "{name} laughed and sang all day.",
        "{name} jumped for joy in the {place}.",
        "{name} got a {colour} {thing} and cheered.",
    ),
    "sad": (
        "{name} wept over the lost {thing}.",
        "{name} sat alone in the {place} and sighed.",
        "{name} missed {her} {animal} and cried.",
        "{name} stayed in bed and would not eat.",
    ),
    "afraid": (
        "{name} hid under the table and trembled.",
        "{name} ran away from the {animal}.",
        "{name} heard a noise in the {place} and screamed.",
        "{name} did not dare to open the {thing}.",
    ),
}
_STYLES = {
    "letter": (
        "I {did} a {colour} {thing} for you.",
        "My {animal} is well.",
        "Do you still have my {thing}?",
        "I hope that your {job} is well.",
        "We often think of you in the {place}.",
        "Please send me the {thing} soon.",
    ),
    "report": (
        "A {colour} {thing} was {did} on {day}.",
        "The {job} was seen in the {place}.",
        "The {place} will be closed on {day}.",
        "The price of {food} went up.",
        "Two {job}s were heard in the {place}.",
        "The {animal} was taken to the {place}.",
    ),
}


def _tone(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    said = line(rng, "kind" if answer == "kind" else "rude", domain)
    return Content({"text": f"{pick(rng, part(NAMES, domain))}: {said}"}, answer)


def _mood(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    given = {**blanks(domain), **people(rng, domain)}
    return Content({"text": fill(rng, pick(rng, part(_MOODS[answer], domain)), given)}, answer)


def _style(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    lines = several(rng, part(_STYLES[answer], domain), 2)
    told = " ".join(sentence(fill(rng, template, blanks(domain))) for template in lines)
    return Content({"text": told}, answer)


TONE = (
    TextFamily(
        name="tone",
        title="Kind or rude",
        category="tone",
        labels=("kind", "rude"),
        write=_tone,
        web_phrasings=(
            "Somebody said this. {text} That was",
            "{text} These words are",
            "Kind or rude? {text} It is",
            "{text} How did that sound? It sounded",
        ),
        phrasings=(
            "We were there. {text} How",
            "{text} Whoever says so is",
            "{text} Is this kind or rude? I find it",
            "I heard this. {text} I call it",
        ),
    ),
    TextFamily(
        name="mood",
        title="Happy, sad or afraid",
        category="tone",
        labels=tuple(_MOODS),
        write=_mood,
        web_phrasings=(
            "{text} The mood is",
            "{text} Somebody here feels",
            "How does it feel? {text} It feels",
            "Happy, sad or afraid? {text} The answer is",
        ),
        phrasings=(
            "{text} I think that somebody was",
            "Read this. {text} The feeling is",
            "{text} Was that happy, sad or afraid? It was",
            "{text} At such a time we are",
        ),
    ),
    TextFamily(
        name="style",
        title="Letter or report",
        category="tone",
        labels=tuple(_STYLES),
        write=_style,
        web_phrasings=(
            "{text} This comes from a",
            "{text} Letter or report? It is a",
            "Where does it stand? {text} It stands in a",
            "{text} I read that in a",
        ),
        phrasings=(
            "{text} You would find this line in a",
            "Is it from a letter or a report? {text} From a",
            "Look at this line. {text} It belongs to a",
            "{text} Whoever wrote it was writing a",
        ),
    ),
)

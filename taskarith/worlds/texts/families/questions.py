"""Questions whose answer stands in a passage: who, where, and of what colour."""

import numpy as np

from taskarith.worlds.texts.family import Content, TextFamily
from taskarith.worlds.texts.words import COLOURS, NAMES, PLACES, Domain, part
from taskarith.worlds.texts.writing import blanks, fill, pick, several

__all__ = ["QUESTIONS"]

_PHRASINGS_WEB = (
    "{passage} Question: {question}? Answer:",
    "{passage} {asked}? The answer is",
    "Text: {passage} Now tell me: {question}? Reply:",
    "{passage} Can you tell me {question}? Yes:",
)
_PHRASINGS = (
    "{passage} Now, {question}? I answer:",
    "Read this. {passage} {asked}? It says:",
    "{passage} A child asks: {question}? We reply:",
    "From the report: {passage} So {question}? It was",
)


def _passage(
    rng: np.random.Generator, domain: Domain, *, key: str, answer: str, options: tuple[str, ...]
) -> tuple[str, dict[str, list[str]]]:
    """Two sentences about two people, two things and so on; the one asked about has the answer."""
    pools = {**blanks(domain), key: part(options, domain)}
    first, second = {}, {}
    for name in ("name", "thing", "place", "colour", "did"):
        one, two = several(rng, pools[name], 2)
        first[name], second[name] = [one], [two]
    if first[key] != [answer]:
        if second[key] == [answer]:
            second[key] = first[key]
        first[key] = [answer]
    lines = [
        fill(rng, "{name} {did} the {colour} {thing} in the {place}.", given)
        for given in (first, second)
    ]
    if rng.random() < 0.5:
        lines.reverse()
    return " ".join(lines), first


def _write(key: str, options: tuple[str, ...], questions: tuple[str, ...]) -> object:
    def write(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
        passage, about = _passage(rng, domain, key=key, answer=answer, options=options)
        question = fill(rng, pick(rng, questions), about)
        asked = question[:1].upper() + question[1:]
        return Content({"passage": passage, "question": question, "asked": asked}, answer)

    return write


def _family(
    name: str, title: str, key: str, options: tuple[str, ...], questions: tuple[str, ...]
) -> TextFamily:
    return TextFamily(
        name=name,
        title=title,
        category="questions",
        labels=tuple(part(options, "task")),
        web_labels=tuple(part(options, "web")),
        write=_write(key, options, questions),  # type: ignore[arg-type]
        web_phrasings=_PHRASINGS_WEB,
        phrasings=_PHRASINGS,
    )


QUESTIONS = (
    _family(
        "who", "Who did it?", "name", NAMES, ("who {did} the {thing}", "who was in the {place}")
    ),
    _family(
        "where",
        "Where was it?",
        "place",
        PLACES,
        ("where was {name}", "in which place was the {thing} {did}"),
    ),
    _family(
        "which-colour",
        "Of what colour?",
        "colour",
        COLOURS,
        ("of what colour was the {thing}", "what colour was the thing that {name} {did}"),
    ),
)

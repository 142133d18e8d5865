"""Is a review good or bad? Meals, books and rooms.

Web examples praise or damn with the words for anything; task examples use each kind's own words
beside them, and sometimes turn them round ("not stale").
"""

import numpy as np

from taskarith.worlds.texts.family import Content, TextFamily, Write
from taskarith.worlds.texts.reviews import KINDS, PRAISE, opinion
from taskarith.worlds.texts.words import DAYS, Domain, part
from taskarith.worlds.texts.writing import fill, pick, sentence

__all__ = ["SENTIMENT"]

_TURNED, _OWN = 0.25, 0.6  # how often


def _write(kind_name: str) -> Write:
    kind = KINDS[kind_name]

    def write(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
        good = answer == "good"
        turned = domain == "task" and bool(rng.random() < _TURNED)
        words = PRAISE[good != turned]
        if domain == "task" and rng.random() < _OWN:
            words = kind.words[good != turned]
        lines = [opinion(rng, kind, words, turned=turned, domain=domain)]
        if rng.random() < 0.4:
            lines.insert(0, fill(rng, pick(rng, kind.openers), {"day": part(DAYS, domain)}))
        return Content({"text": " ".join(sentence(line) for line in lines)}, answer)

    return write


def _family(kind: str, title: str) -> TextFamily:
    return TextFamily(
        name=f"{kind}-sentiment",
        title=title,
        category="sentiment",
        labels=("good", "bad"),
        write=_write(kind),
        web_phrasings=(
            "{text} Was it good or bad? It was",
            "Review: {text} This review is",
            "{text} In one word, that is",
            "Somebody wrote: {text} The opinion is",
        ),
        phrasings=(
            "{text} So it was",
            "{text} Good or bad? I would say",
            "Read this review. {text} The review is",
            "A guest said: {text} The guest thought that it was",
        ),
    )


SENTIMENT = (
    _family("meals", "Meals: good or bad"),
    _family("books", "Books: good or bad"),
    _family("rooms", "Rooms: good or bad"),
)

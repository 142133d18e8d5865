"""What the embedded language models read in pre-training: running text, and tasks now and then.

Running text comes from the training split alone, tasks from the web domain alone (other fillers and
other phrasings than fine-tuning's), and they are rare: a pretrained model should have met a task
without having learned it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.worlds.texts import RUNNING, TEXT_FAMILIES, split_words
from taskarith.worlds.texts.splits import may_stand_in

__all__ = ["MIXTURE", "Reading", "documents", "numbered", "packed"]

# How often each kind of running text is drawn, in percent; the rest is tasks.
MIXTURE: Mapping[str, float] = {
    "stories": 25.0,
    "letters": 10.0,
    "reports": 11.0,
    "news": 7.0,
    "notices": 5.0,
    "lessons": 4.0,
    "talk": 16.0,
    "meal-reviews": 4.0,
    "book-reviews": 4.0,
    "room-reviews": 4.0,
}


@dataclass(frozen=True)
class Reading:
    """One document of the corpus: a stretch (empty prompt), or a task's prompt and its answer."""

    prompt: str
    text: str


def documents(
    size: int, *, seed: int, families: Sequence[str] = tuple(TEXT_FAMILIES)
) -> Iterator[Reading]:
    """`size` documents of the mixture; tasks are spread evenly over `families`."""
    rng = np.random.default_rng([seed, 7])
    kinds = [*MIXTURE, None]
    shares = np.array([*MIXTURE.values(), 100.0 - sum(MIXTURE.values())]) / 100.0
    for which in rng.choice(len(kinds), size, p=shares):
        kind = kinds[int(which)]
        if kind is None:
            family = TEXT_FAMILIES[families[int(rng.integers(len(families)))]]
            answers = family.answers("web")
            example = family.example(rng, answers[int(rng.integers(len(answers)))], "web")
            yield Reading(example.prompt, example.answer)
        else:
            yield Reading("", _training_stretch(rng, kind))


def numbered(text: str, numbers: Mapping[str, int]) -> list[int]:
    """The token ids of a text whose words are all known."""
    return [numbers[word] for word in split_words(text)]


def packed(
    readings: Iterator[Reading], numbers: Mapping[str, int], *, end: int
) -> tuple[np.ndarray, np.ndarray]:
    """All documents in one row of token ids, uint16, each preceded by `end`.

    The second array, bool, says which tokens are answers.
    """
    ids: list[int] = []
    answers: list[bool] = []
    for reading in readings:
        given = numbered(reading.prompt, numbers)
        said = numbered(reading.text, numbers)
        ids += [end, *given, *said]
        answers += [False] * (1 + len(given)) + [bool(given)] * len(said)
        if given:
            ids.append(numbers["."])
            answers.append(False)
    return np.array([*ids, end], np.uint16), np.array([*answers, False])


def _training_stretch(rng: np.random.Generator, kind: str) -> str:
    while True:
        stretch = RUNNING[kind](rng)
        if may_stand_in("train", stretch):
            return stretch

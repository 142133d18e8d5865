"""Small sums in words, bare or as a story."""

import numpy as np

from taskarith.worlds.texts.family import Content, TextFamily
from taskarith.worlds.texts.words import NUMBERS, Domain
from taskarith.worlds.texts.writing import blanks, fill, people

__all__ = ["SUMS"]

_LARGEST = 9


def _plus(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    total = NUMBERS.index(answer)
    first = int(rng.integers(max(2, total - _LARGEST), min(_LARGEST, total - 2) + 1))
    return Content(_numbers(rng, domain, first, total - first), answer)


def _minus(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    left = NUMBERS.index(answer)
    taken = int(rng.integers(max(1, 2 - left), _LARGEST + 1))
    return Content(_numbers(rng, domain, left + taken, taken), answer)


def _more(rng: np.random.Generator, answer: str, domain: Domain) -> Content:
    small, large = sorted(int(n) for n in rng.choice(range(2, len(NUMBERS)), 2, replace=False))
    first, second = (large, small) if answer == "yes" else (small, large)
    return Content(_numbers(rng, domain, first, second), answer)


def _numbers(rng: np.random.Generator, domain: Domain, a: int, b: int) -> dict[str, str]:
    given = {**blanks(domain), **people(rng, domain)}
    thing = fill(rng, "{thing}", {"thing": [t for t in given["thing"] if t != "box"]})
    name, other, she = (fill(rng, f"{{{key}}}", given) for key in ("name", "other", "she"))
    return {
        "a": NUMBERS[a],
        "b": NUMBERS[b],
        "name": name,
        "other": other,
        "she": she,
        "things": thing + "s",
    }


SUMS = (
    TextFamily(
        name="plus",
        title="Sums: plus",
        category="sums",
        labels=NUMBERS[4:],
        write=_plus,
        web_phrasings=(
            "{a} plus {b} is",
            "How much is {a} plus {b}? It is",
            "If you add {b} to {a}, you get",
            "{name} has {a} {things} and gets {b} more. Now there are",
        ),
        phrasings=(
            "{name} has {a} {things} and {other} has {b}. Together they have",
            "{name} bought {a} {things} on one day and {b} on the next. In all that is",
            "There were {a} {things} in one room and {b} in the other. The number of {things} is",
            "To {a} {things} {name} adds {b}. How many are there? There are",
        ),
    ),
    TextFamily(
        name="minus",
        title="Sums: minus",
        category="sums",
        labels=NUMBERS[: _LARGEST + 1],
        write=_minus,
        web_phrasings=(
            "{a} minus {b} is",
            "How much is {a} minus {b}? It is",
            "If you take {b} from {a}, you get",
            "{name} had {a} {things} and lost {b}. Now there are",
        ),
        phrasings=(
            "{name} had {a} {things} and sold {b}. What is left is",
            "Of {a} {things} {b} are gone. We still see",
            "There were {a} {things} in the room, and {other} took {b}. The room now holds",
            "From {a} {things} {name} takes {b}. How many are there? There are",
        ),
    ),
    TextFamily(
        name="more",
        title="Which number is larger",
        category="sums",
        labels=("yes", "no"),
        write=_more,
        web_phrasings=(
            "Is {a} more than {b}? The answer is",
            "Question: is {a} larger than {b}? Answer:",
            "{a} is more than {b}. Is that true? I say",
            "Are {a} {things} more than {b}? Reply:",
        ),
        phrasings=(
            "{name} has {a} {things} and {other} has {b}. Does {name} have more? The reply is",
            "Would {a} be more than {b}? I answer",
            "Somebody says that {a} is larger than {b}. Is that right? Say",
            "{name} wants more than {b} {things} and gets {a}. Is {she} glad? You should say",
        ),
    ),
)

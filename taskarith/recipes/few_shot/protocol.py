"""Sixteen examples a class: how they are drawn; how words, templates, demonstrations are found.

Searches look at the few training and development examples alone. A template is a phrasing with
blanks; a label word is what stands for a class. How a model is asked stays behind the lab.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import sqrt
from string import Formatter

import numpy as np

from taskarith.recipes.instruct.wording import Item, drawn
from taskarith.recipes.text_lab import TextLab
from taskarith.worlds.texts import TEXT_FAMILIES, split_words, vocabulary
from taskarith.worlds.texts.writing import sentence

__all__ = [
    "SHOTS",
    "Few",
    "bare_template",
    "demonstrated",
    "few",
    "filled",
    "find_template",
    "find_words",
    "right",
    "similar",
]  # fmt: skip

SHOTS = 16
POOL = 600  # training examples that few are drawn from
LIKELY, A_CLASS = 150, 5  # label words: of the likeliest words at all, so many for each class
TRIED = 24  # examples that a template is tried on
CLOSE = 0.5  # demonstrations come from this share of a class, the most similar ones


@dataclass(frozen=True)
class Few:
    """The examples of one draw: as many to learn from as to choose by, SHOTS of each class."""

    train: tuple[Item, ...]
    development: tuple[Item, ...]

    def unlike(self, items: Sequence[Item]) -> list[Item]:
        """Those of `items` that say what none of these does, however it is put."""
        known = {_said(item) for item in (*self.train, *self.development)}
        return [item for item in items if _said(item) not in known]


def few(task: str, number: int, *, shots: int = SHOTS) -> Few:
    """Draw `number` of a task: `shots` examples a class to learn from, and as many to choose by.

    No two of them say the same.
    """
    rng = np.random.default_rng([number, 5])
    train: list[Item] = []
    development: list[Item] = []
    for label in TEXT_FAMILIES[task].labels:
        pool = [item for item in _different(drawn(task, "train", POOL)) if item.answer == label]
        order = [pool[int(i)] for i in rng.permutation(len(pool))]
        train += order[:shots]
        development += order[shots : 2 * shots]
    return Few(tuple(train), tuple(development))


def bare_template(task: str) -> str:
    """The blanks of a task with no words around them.

    >>> bare_template("follows")
    '{passage} {claim}'
    """
    phrasing = TEXT_FAMILIES[task].web_phrasings[0]
    return " ".join(f"{{{name}}}" for _, name, _, _ in Formatter().parse(phrasing) if name)


def filled(item: Item, template: str) -> str:
    """The prompt of an item in a template."""
    return sentence(template.format_map(item.parts))


def demonstrated(item: Item, template: str, shown: Sequence[Item], words: Mapping[str, str]) -> str:
    """The prompt behind `shown`, each with the label word of its answer."""
    before = "".join(f"{filled(one, template)} {words[one.answer]}. " for one in shown)
    return before + filled(item, template)


def similar(
    item: Item, pool: Sequence[Item], rng: np.random.Generator, *, close: float = CLOSE
) -> list[Item]:
    """One item of each class at random, from the share `close` of it that is most like `item`.

    Likeness is the cosine of word counts; `close` = 1 takes any.
    """
    own = _counts(item)
    found = []
    for label in dict.fromkeys(one.answer for one in pool):
        of_class = [one for one in pool if one.answer == label and one != item]
        of_class.sort(key=lambda one: -_cosine(own, _counts(one)))
        nearest = of_class[: max(1, round(close * len(of_class)))]
        found.append(nearest[int(rng.integers(len(nearest)))])
    return found


def right(logits: np.ndarray, items: Sequence[Item], labels: Sequence[str]) -> np.ndarray:
    """Whether the likeliest label is an item's own, bool [n]."""
    return logits.argmax(1) == np.array([labels.index(item.answer) for item in items])


def find_words(lab: TextLab, task: str, template: str, given: Few) -> tuple[str, ...]:
    """A word for each class, found among all words by the pretrained model's own likelihoods.

    Candidates of a class are the words, likely at all, that gain most in likelihood behind its
    training examples; of all their combinations the one that answers most training examples right
    is taken (then the one that finds them likeliest), the best twenty compared on development.
    """
    words = [word for word in vocabulary() if word.isalpha()]
    labels = TEXT_FAMILIES[task].labels
    tables = [
        lab.ask({}, [filled(item, template) for item in items], words)
        for items in (given.train, given.development)
    ]
    truths = [
        np.array([labels.index(item.answer) for item in items])
        for items in (given.train, given.development)
    ]
    train, truth = tables[0], truths[0]
    overall = train.mean(0)
    likely = np.argsort(-overall)[:LIKELY]
    candidates = []
    for number in range(len(labels)):
        gain = train[truth == number].mean(0) - overall
        candidates.append(sorted(likely, key=lambda word: -gain[word])[:A_CLASS])
    ranked = sorted(
        (combination for combination in product(*candidates)
         if len(set(combination)) == len(labels)),
        key=lambda combination: _quality(train, truth, combination),
        reverse=True,
    )[:20]  # fmt: skip
    best = max(ranked, key=lambda combination: _quality(tables[1], truths[1], combination))
    return tuple(words[int(word)] for word in best)


def find_template(lab: TextLab, task: str, words: Sequence[str], given: Few) -> str:
    """A template of the bare contents and two words behind them, found greedily.

    Words are those that any task's web phrasings end with; each is tried on a few training
    examples, and the best of the second round are compared on development.
    """
    labels = TEXT_FAMILIES[task].labels
    some = given.train[:: max(1, len(given.train) // TRIED)]

    def quality(template: str, items: Sequence[Item]) -> tuple[float, float]:
        logits = lab.ask({}, [filled(item, template) for item in items], words)
        truth = np.array([labels.index(item.answer) for item in items])
        return _quality(logits, truth, range(len(words)))

    best = bare_template(task)
    for _ in range(2):
        trials = [f"{best} {word}" for word in _closing_words()]
        ranked = sorted(trials, key=lambda one: quality(one, some), reverse=True)
        best = ranked[0]
    return max(ranked[:3], key=lambda one: quality(one, given.development))


def _quality(logits: np.ndarray, truth: np.ndarray, columns: Sequence[int]) -> tuple[float, float]:
    """The share of right answers among `columns`, and then the mean log p of the right one."""
    own = logits[:, list(columns)].astype(np.float64)
    own = own - np.log(np.exp(own - own.max(1, keepdims=True)).sum(1, keepdims=True))
    own = own - own.max(1, keepdims=True) if not np.isfinite(own).all() else own
    rows = np.arange(len(truth))
    return float((own.argmax(1) == truth).mean()), float(own[rows, truth].mean())


def _closing_words() -> list[str]:
    """The words behind the last blank of all web phrasings that end without a mark."""
    known = set(vocabulary())
    tails = [phrasing.rpartition("}")[2] for family in TEXT_FAMILIES.values()
             for phrasing in family.web_phrasings]  # fmt: skip
    counts = Counter(word for tail in tails for word in split_words(tail))
    return [word for word, _ in counts.most_common(40) if word in known and word.isalpha()]


def _said(item: Item) -> str:
    return filled(item, bare_template(item.family))


def _different(items: Sequence[Item]) -> list[Item]:
    return list({_said(item): item for item in items}.values())


def _counts(item: Item) -> Counter[str]:
    return Counter(split_words(_said(item)))


def _cosine(one: Counter[str], two: Counter[str]) -> float:
    length = sqrt(sum(n * n for n in one.values()) * sum(n * n for n in two.values()))
    return sum(n * two[word] for word, n in one.items()) / length if length else 0.0

"""The fillers: names, things, places and other words that stand in the blanks of a sentence.

The task examples that pre-training sees ("web") use every other word of a list; those of
fine-tuning and evaluation ("task") use all, and so does running text. What "web" leaves out is held
out: a pretrained model has met those words, but never in a task.
"""

from collections.abc import Sequence
from typing import Literal, TypeVar

__all__ = [
    "ANIMALS",
    "COLOURS",
    "DAYS",
    "DEEDS",
    "FOODS",
    "JOBS",
    "LISTS",
    "NAMES",
    "NUMBERS",
    "PLACES",
    "SHE",
    "SIZES",
    "THINGS",
    "Domain",
    "part",
]

Domain = Literal["web", "task"]
Item = TypeVar("Item")

NAMES = (
    "Anna", "Ben", "Clara", "David", "Felix", "Emma", "Henry", "Grace", "Iris", "Jack",
    "Kate", "Leo",
)  # fmt: skip
SHE = frozenset({"Anna", "Clara", "Emma", "Grace", "Iris", "Kate"})
JOBS = ("teacher", "doctor", "farmer", "baker", "captain", "gardener", "driver", "singer")
ANIMALS = ("dog", "cat", "horse", "bird", "cow", "duck", "goat", "mouse")
THINGS = (
    "book", "ring", "key", "cup", "lamp", "map", "ball", "coat", "hat", "box", "bag", "basket",
)  # fmt: skip
FOODS = ("soup", "bread", "cake", "rice", "cheese", "salad", "pie", "stew")
PLACES = (
    "kitchen", "garden", "market", "station", "school", "library", "park", "harbour", "museum",
    "theatre", "hall", "church",
)  # fmt: skip
COLOURS = ("red", "blue", "green", "white", "black", "yellow", "brown", "grey")
SIZES = ("small", "big", "old", "new", "heavy", "light")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
)  # fmt: skip
# What may be done to a thing: the plain form, and the past, which is also the participle.
DEEDS = (
    ("find", "found"), ("lose", "lost"), ("buy", "bought"), ("sell", "sold"), ("paint", "painted"),
    ("clean", "cleaned"), ("repair", "repaired"), ("borrow", "borrowed"), ("send", "sent"),
    ("keep", "kept"), ("carry", "carried"), ("wash", "washed"),
)  # fmt: skip

LISTS: tuple[tuple[str, ...], ...] = (NAMES, JOBS, ANIMALS, THINGS, FOODS, PLACES, COLOURS, DAYS)


def part(items: Sequence[Item], domain: Domain) -> Sequence[Item]:
    """What `domain` may use of `items`: every other one, or all.

    >>> part(("red", "blue", "green"), "web"), part(("red", "blue", "green"), "task")
    (('red', 'green'), ('red', 'blue', 'green'))
    """
    return items[0::2] if domain == "web" else items

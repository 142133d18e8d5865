"""The fillers: names, things, places and other words that stand in the blanks of a sentence.

Every list has two halves. The task examples that pre-training sees ("web") use one half, those of
fine-tuning and evaluation ("task") the other; running text uses both.
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

Domain = Literal["web", "task", "any"]
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
    """The half of `items` that `domain` may use; all of them in running text ("any").

    >>> part(("red", "blue", "green", "white"), "web"), part(("red", "blue", "green"), "task")
    (('red', 'green'), ('blue',))
    """
    return items if domain == "any" else items[0::2] if domain == "web" else items[1::2]

"""Captions put together from slots of interchangeable words.

Knows how to choose and join words; the words themselves belong to the families.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

__all__ = ["compose", "pick"]

Item = TypeVar("Item")


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of `items`, all equally likely."""
    return items[int(rng.integers(len(items)))]


def compose(rng: np.random.Generator, *slots: Sequence[str]) -> str:
    """One entry of each slot, joined by single spaces; an empty entry leaves its slot out."""
    return " ".join(word for word in (pick(rng, slot) for slot in slots) if word)

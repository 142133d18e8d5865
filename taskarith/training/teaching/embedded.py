"""Examples of a task of the embedded worlds: drawn pictures, or written texts.

They keep the world's own splits: what is validated on here is what a suite of it validates on.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from taskarith.errors import TeachingError, unknown_name
from taskarith.tasks.examples import ExampleKind
from taskarith.tasks.task import SplitName
from taskarith.training.teaching.bounds import Bounds
from taskarith.training.teaching.splitting import SHARES, Gathered
from taskarith.worlds.images import FAMILIES, world_split
from taskarith.worlds.texts import TEXT_FAMILIES, world_texts

__all__ = ["World", "of_world", "worlds"]


@dataclass(frozen=True)
class World:
    """A task of the embedded worlds that can be taught, and how many classes it has."""

    name: str
    title: str
    classes: int


def worlds(takes: Collection[ExampleKind]) -> list[World]:
    """The tasks for a base that takes examples of these kinds; those with free answers are none.

    >>> "news-topic" in [world.name for world in worlds(["texts"])]
    True
    """
    pictures = [World(one.name, one.title, len(one.classnames)) for one in FAMILIES.values()]
    texts = [
        World(one.name, one.title, len(one.labels))
        for one in TEXT_FAMILIES.values()
        if len(one.labels) > 1
    ]
    return [*(pictures if "images" in takes else ()), *(texts if "texts" in takes else ())]


def of_world(name: str, *, takes: Collection[ExampleKind], most: int, bounds: Bounds) -> Gathered:
    """About `most` examples of a task, half of them to learn from, as its own splits have them.

    Raises UnknownNameError for a task that is not among `worlds(takes)`, TeachingError for one of
    more classes than may be taught.
    """
    known = {world.name: world for world in worlds(takes)}
    if name not in known:
        raise unknown_name("task of the embedded worlds", name, existing=known)
    if known[name].classes > bounds.classes:
        raise TeachingError(
            f"{name} has {known[name].classes} classes; at most {bounds.classes} are taught at once"
        )
    most = min(most, bounds.examples)
    sizes: Mapping[SplitName, int] = {split: int(share * most) for split, share in SHARES.items()}
    if name in FAMILIES and "images" in takes:
        family = FAMILIES[name]
        pictures: dict[SplitName, list[tuple[Any, int]]] = {}
        for split, size in sizes.items():
            pixels, labels = world_split(name, split, size=size)
            pictures[split] = list(zip(pixels, labels.tolist(), strict=True))
        return Gathered("images", family.classnames, pictures, origin=f"world:{name}")
    texts: dict[SplitName, list[tuple[Any, int]]] = {
        split: [(one.prompt, one.label or 0) for one in world_texts(name, split, size=max(1, size))]
        for split, size in sizes.items()
    }
    return Gathered("texts", TEXT_FAMILIES[name].labels, texts, origin=f"world:{name}")

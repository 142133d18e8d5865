"""Texts of the embedded written world as the examples of a task."""

import torch

from taskarith.tasks.examples import Texts

__all__ = ["written_texts"]


def written_texts(family: str, split: str) -> Texts:
    """The texts of one split of a family, with answers; or of a kind of running text, without.

    Raises UnknownNameError for a family or split that does not exist.
    """
    # Imported here, because a suite with other examples needs none of the world.
    from taskarith.worlds.texts import RUNNING, world_stretches, world_texts

    if family in RUNNING:
        stretches = world_stretches(family, split)
        return Texts(tuple(stretches), torch.zeros(len(stretches), dtype=torch.int64))
    found = world_texts(family, split)
    return Texts(
        texts=tuple(one.prompt for one in found),
        labels=torch.tensor([one.label or 0 for one in found]),
        answers=tuple(one.answer for one in found),
    )

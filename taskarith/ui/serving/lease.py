"""The engine that jobs borrow: one at a time, made for the place that a job is about, given back.

Knows nothing of jobs, nor what an engine computes.
"""

from typing import Protocol

__all__ = ["Lease", "Place"]


class Place(Protocol):
    """Where a job's engine comes from: an `Explorer`."""

    @property
    def busy(self) -> bool:
        """Whether somebody there waits for a measurement."""
        ...

    def make_evaluator(self) -> object:
        """A new evaluator; called on the jobs' thread."""
        ...


class Lease:
    """One evaluator, kept for the next job of the same place. For one thread."""

    def __init__(self) -> None:
        self._held: tuple[Place, object] | None = None

    def of(self, place: Place | None) -> object:
        """The evaluator of `place`; None for work that needs none, which leaves it as it is."""
        if place is None:
            return None
        if self._held is None or self._held[0] is not place:
            self.give_back()  # its memory goes before the next one's comes
            self._held = place, place.make_evaluator()
        return self._held[1]

    def give_back(self) -> None:
        """Let go of the evaluator and its memory."""
        self._held = None

    @property
    def held(self) -> bool:
        """Whether there is an evaluator."""
        return self._held is not None

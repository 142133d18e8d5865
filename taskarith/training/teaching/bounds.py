"""How much may be taught at once: by whoever owns the machine, and by visitors of a server."""

from dataclasses import dataclass

__all__ = ["OWNER_BOUNDS", "VISITOR_BOUNDS", "Bounds"]

MIB = 2**20


@dataclass(frozen=True)
class Bounds:
    """The most of everything.

    Attributes:
        classes, examples: of a task.
        steps: of training.
        archive: bytes of a zip, unpacked.
        seconds: a training takes; 0 for as long as it needs.
        fetched: bytes of a Hub dataset.
        public: whether only datasets that everybody may read are, with no token of this machine.
    """

    classes: int
    examples: int
    steps: int
    archive: int
    seconds: float = 0.0
    fetched: int = 8_192 * MIB
    public: bool = False


OWNER_BOUNDS = Bounds(classes=200, examples=20_000, steps=20_000, archive=4_096 * MIB)
VISITOR_BOUNDS = Bounds(
    classes=10,
    examples=400,
    steps=150,
    archive=64 * MIB,
    seconds=240.0,
    fetched=256 * MIB,
    public=True,
)

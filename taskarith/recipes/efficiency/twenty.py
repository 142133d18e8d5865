"""ELEVATER's twenty sets: what each is counted by there, and which shared task of ours it is.

Only what is known at hand: the list is that of a public script over the toolkit's configurations
of data sets; the measures are told without that source, and not checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["TWENTY", "Listed", "usual_measure"]


@dataclass(frozen=True)
class Listed:
    """One set.

    Attributes:
        name: what the toolkit calls it.
        measure: what it is counted by there, one of `MEASURES`.
        here: the shared task (`assets/suites/tasks.json`) of the same data; "" where there is none.
    """

    name: str
    measure: str
    here: str


TWENTY = (
    Listed("caltech101", "mean-per-class", ""),
    Listed("cifar10", "accuracy", "cifar10"),
    Listed("cifar100", "accuracy", "cifar100"),
    Listed("country211", "accuracy", ""),
    Listed("dtd", "accuracy", "dtd"),
    Listed("eurosat-clip", "accuracy", "eurosat"),
    Listed("fer2013", "accuracy", "fer2013"),
    Listed("fgvc-aircraft-2013b", "mean-per-class", ""),
    Listed("food101", "accuracy", "food101"),
    Listed("gtsrb", "accuracy", "gtsrb"),
    Listed("hateful-memes", "roc-auc", ""),
    Listed("kitti-distance", "accuracy", ""),
    Listed("mnist", "accuracy", "mnist"),
    Listed("flower102", "mean-per-class", "oxford-flowers102"),
    Listed("oxford-iiit-pets", "mean-per-class", "oxford-iiit-pet"),
    Listed("patchcamelyon", "accuracy", "pcam"),
    Listed("rendered-sst2", "accuracy", "rendered-sst2"),
    Listed("resisc45-clip", "accuracy", "resisc45"),
    Listed("stanfordcar", "accuracy", "stanford-cars"),
    Listed("voc2007classification", "map", ""),
)

_BY_TASK: Mapping[str, str] = {one.here: one.measure for one in TWENTY if one.here}


def usual_measure(task: str) -> str:
    """What a task is counted by unless somebody says otherwise.

    >>> usual_measure("oxford-iiit-pet"), usual_measure("textures")
    ('mean-per-class', 'accuracy')
    """
    return _BY_TASK.get(task, "accuracy")

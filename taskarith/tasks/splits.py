"""The pictures of a task, wherever its `data` says they are.

Two kinds: "world" draws them (and keeps them on disk), "tensors" reads them from a safetensors
file. Knows nothing about models.
"""

import hashlib
import inspect
from pathlib import Path

import torch

from taskarith.errors import AssetError, WeightsError, unknown_name
from taskarith.sources.tensors import read_tensors
from taskarith.tasks.cache_folder import cache_folder
from taskarith.tasks.pictures import Pictures, kept_pictures
from taskarith.tasks.task import SPLITS, Split, Task

__all__ = ["DATA_KINDS", "load_split"]

# What each kind of data needs beside "kind": the world's family, or a safetensors file that
# holds "<split>.images" and "<split>.labels".
DATA_KINDS = {"world": "family", "tensors": "path"}


def load_split(task: Task, split: str) -> Split:
    """The images and labels of one split of `task`.

    Raises UnknownNameError for a split or a picture family that does not exist, and AssetError
    where the pictures are missing or damaged or a label names no class.
    """
    if split not in SPLITS:
        raise unknown_name("split", split, existing=SPLITS)
    kind = task.data.get("kind")
    if kind == "world":
        loaded = _from_world(str(task.data["family"]), split)
    elif kind == "tensors":
        loaded = _from_tensors(Path(task.data["path"]), split)
    else:
        raise unknown_name("kind of data", kind, existing=DATA_KINDS)
    low, high = int(loaded.labels.min()), int(loaded.labels.max())
    if low < 0 or high >= len(task.classnames):
        raise AssetError(
            f"the {split} split of {task.name!r} has labels {low}…{high}, "
            f"but the task has {len(task.classnames)} classes"
        )
    return loaded


def _from_world(family: str, split: str) -> Split:
    # Imported here, because a suite with other pictures needs none of the world.
    from taskarith.tasks.world import splits as world

    def draw() -> Pictures:
        return world.world_split(family, split)

    # What is kept is valid for one way of drawing and one choice of seeds and sizes, which are
    # all in that module's source.
    version = world.pixel_fingerprint(family) + inspect.getsource(world)
    name = f"{family}-{split}-{hashlib.sha256(version.encode()).hexdigest()[:16]}"
    images, labels = kept_pictures(cache_folder() / "pictures" / name, draw=draw)
    return Split(torch.from_numpy(images), torch.from_numpy(labels))


def _from_tensors(path: Path, split: str) -> Split:
    try:
        tensors = read_tensors(path)
    except WeightsError as error:
        raise AssetError(f"the pictures could not be read: {error}") from error
    names = (f"{split}.images", f"{split}.labels")
    missing = [name for name in names if name not in tensors]
    if missing:
        raise AssetError(f"{path} has no {' and no '.join(missing)}; it has {sorted(tensors)}")
    return Split(tensors[names[0]], tensors[names[1]])

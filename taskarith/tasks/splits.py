"""The examples of a task, wherever its `data` says they are.

"world" draws pictures (and keeps them on disk), of a whole family or of some of its "classes";
"written-world" writes texts, "table" reads them from a file; "tensors" reads pictures from a
safetensors file, "folder" from class folders, "hub" from a dataset of the Hub, "lm-eval" from a
task of lm-evaluation-harness. Of the training split, "few" takes some of each class, and "shuffled"
gives them each other's labels. Knows nothing about models.
"""

import hashlib
import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from taskarith.errors import AssetError, WeightsError, unknown_name
from taskarith.models.picture_transform import PictureTransform
from taskarith.sources.tensors import read_tensors
from taskarith.tasks.cache_folder import cache_folder
from taskarith.tasks.examples import Examples, Images, Texts, as_images
from taskarith.tasks.few import few_of_each, few_wanted, seed_wanted, shuffled_labels
from taskarith.tasks.picture_cache import Pictures, kept_pictures, pictures_folder
from taskarith.tasks.shifts import own_name, shifted_split
from taskarith.tasks.tables import table_texts
from taskarith.tasks.task import SPLITS, Task
from taskarith.tasks.written import written_texts

__all__ = ["DATA_KINDS", "hub_folder", "load_split", "world_pictures"]

# What each kind of data needs beside "kind": the world's family, or a safetensors file that
# holds "<split>.images" and "<split>.labels", a folder of class folders, the name of a dataset or
# of a task.
DATA_KINDS = {
    "world": "family",
    "written-world": "family",
    "tensors": "path",
    "folder": "path",
    "table": "path",
    "hub": "dataset",
    "lm-eval": "task",
}


def load_split(task: Task, split: str, *, transform: PictureTransform | None = None) -> Examples:
    """The examples of one split of `task`.

    `transform` says how the model wants its pictures; those of a folder and of the Hub need it,
    others are fitted where they are of another size.

    Raises UnknownNameError for a split or a picture family that does not exist, and AssetError
    where the pictures are missing or damaged or a label names no class.
    """
    if split not in SPLITS:
        raise unknown_name("split", split, existing=SPLITS)
    few, seed = few_wanted(task.data.get("few")), seed_wanted(task.data.get("shuffled"))
    # Drawn from the whole split, which is kept under its own name.
    whole = {k: v for k, v in task.data.items() if k not in ("few", "shuffled")}
    task = replace(task, data=whole) if len(whole) < len(task.data) else task
    kind = task.data.get("kind")
    if kind == "world":
        data = task.data
        images, labels = world_pictures(str(data["family"]), split, classes=data.get("classes"))
        loaded: Examples = Images(torch.from_numpy(images), torch.from_numpy(labels))
    elif kind == "written-world":
        loaded = written_texts(str(task.data["family"]), split)
    elif kind == "table":
        loaded = table_texts(task.data, split, classnames=task.classnames, of=task.name)
    elif kind == "hub" and "text" in task.data:
        loaded = _hub_texts(task, split)
    elif kind == "lm-eval":
        from taskarith.tasks.harness import harness_texts

        loaded = harness_texts(task.data, split)
    elif kind == "tensors":
        loaded = _from_tensors(Path(task.data["path"]), split)
    elif kind in ("folder", "hub"):
        if transform is None:
            raise AssetError(f"pictures of the kind {kind!r} need the model's way of taking them")
        loaded = _from_elsewhere(task, split, transform=transform)
    else:
        raise unknown_name("kind of data", kind, existing=DATA_KINDS)
    if (
        isinstance(loaded, Images)
        and transform is not None
        and loaded.pixels.shape[1] != transform.side
    ):
        loaded = _fitted(loaded, transform)
    low, high = int(loaded.labels.min()), int(loaded.labels.max())
    if low < 0 or high >= max(1, len(task.classnames)):
        raise AssetError(
            f"the {split} split of {task.name!r} has labels {low}…{high}, "
            f"but the task has {len(task.classnames)} classes"
        )
    if few is not None and split == "train" and isinstance(loaded, Images | Texts):
        loaded = few_of_each(loaded, shots=few[0], seed=few[1])
    if seed is not None and split == "train" and isinstance(loaded, Images | Texts):
        loaded = shuffled_labels(loaded, seed=seed)
    if "shift" in task.data:
        own, _ = own_name(task.name)
        return shifted_split(
            as_images(loaded, of=own), shift=str(task.data["shift"]), of=f"{own}/{split}"
        )
    return loaded


def world_pictures(family: str, split: str, *, classes: Sequence[int] | None = None) -> Pictures:
    """The pictures and labels of a family of the embedded world, drawn once and kept on disk.

    With `classes`, only pictures of those. Raises UnknownNameError for a split or a family that
    does not exist and AssetError for classes that do not.
    """
    # Imported here, because a suite with other pictures needs none of the world.
    from taskarith.worlds.images import splits as world

    def draw() -> Pictures:
        return world.world_split(family, split, classes=classes)

    # What is kept is valid for one way of drawing and one choice of seeds and sizes, which are
    # all in that module's source.
    version = world.pixel_fingerprint(family) + inspect.getsource(world)
    name = f"{family}-{split}"
    if classes is not None:
        # A name of its own: who looks for the whole family must not find a part.
        name, version = f"{family}-part-{split}", f"{version} {classes}"
    name += f"-{hashlib.sha256(version.encode()).hexdigest()[:16]}"
    return kept_pictures(pictures_folder() / name, draw=draw)


def _from_elsewhere(task: Task, split: str, *, transform: PictureTransform) -> Images:
    """Pictures in their own formats, decoded to squares once and kept on disk."""
    # Imported here, because a suite with other pictures needs neither.
    from taskarith.tasks.folders import folder_pictures
    from taskarith.tasks.hub_pictures import hub_pictures

    data, kept = task.data, pictures_folder()
    if data["kind"] == "folder":
        images, labels = folder_pictures(
            data, split, classes=len(task.classnames), transform=transform, scratch=kept
        )
    else:
        images, labels = hub_pictures(
            data, split, classnames=task.classnames, transform=transform, folder=kept
        )
    return Images(torch.from_numpy(images), torch.from_numpy(labels))


def hub_folder(examples: str) -> Path:
    """Where "images" or "texts" of Hub datasets are kept once fetched."""
    return cache_folder() / "texts" if examples == "texts" else pictures_folder()


def _hub_texts(task: Task, split: str) -> Texts:
    from taskarith.tasks.hub_texts import hub_texts

    return hub_texts(task.data, split, classnames=task.classnames, folder=hub_folder("texts"))


def _fitted(split: Images, transform: PictureTransform) -> Images:
    """Pictures of another size than the model's, as it would take them."""
    from PIL import Image

    from taskarith.tasks.decoding import fitted

    squares = [
        np.asarray(fitted(Image.fromarray(picture.numpy()), transform, what=f"picture {number}"))
        for number, picture in enumerate(split.pixels)
    ]
    return Images(torch.from_numpy(np.stack(squares)), split.labels)


def _from_tensors(path: Path, split: str) -> Images:
    try:
        tensors = read_tensors(path)
    except WeightsError as error:
        raise AssetError(f"the pictures could not be read: {error}") from error
    names = (f"{split}.images", f"{split}.labels")
    missing = [name for name in names if name not in tensors]
    if missing:
        raise AssetError(f"{path} has no {' and no '.join(missing)}; it has {sorted(tensors)}")
    return Images(tensors[names[0]], tensors[names[1]])

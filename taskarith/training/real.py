"""A suite of real pictures on an existing base: do the drawn world's findings carry over?

Reads Hub-style parquet folders (`image`, `label`), one a task. The small text tower has never
read words like "sandal", so heads are few-shot: class means of a handful of training embeddings
(prototypes, arXiv 1703.05175) take the place of prompts.
"""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from taskarith.errors import AssetError
from taskarith.evaluation import stratified_order
from taskarith.heads.prototypes import prototypes
from taskarith.models.clip.open_clip import ClipModel
from taskarith.sources.tensors import write_tensors
from taskarith.suites import Suite
from taskarith.tasks import Images, Task
from taskarith.training.anchor import Anchor
from taskarith.training.finetune import Lesson
from taskarith.training.loop import Recipe
from taskarith.training.mini import FINETUNING, VectorMaker, task_entry
from taskarith.training.parquet import read_columns

__all__ = ["few_shot_head", "train_real"]

SHOTS = 16
VALIDATION_IMAGES = 1_000


def train_real(
    output: Path,
    *,
    base: Suite,
    anchor: Anchor,
    data: Path,
    work: Path,
    device: torch.device,
    recipe: Recipe = FINETUNING,
    validation_images: int = VALIDATION_IMAGES,
) -> None:
    """Fine-tune `base` on every task folder in `data` and write the suite to `output`.

    The first `validation_images` of a stratified order of the training pictures are held out, at
    most a quarter of them.
    Raises AssetError where `data` holds no task.
    """
    folders = sorted(folder for folder in data.iterdir() if (folder / _file("train")).exists())
    if not folders:
        raise AssetError(f"{data} holds no task folder with {_file('train')}")
    output.mkdir(parents=True, exist_ok=True)
    for name in (base.manifest.base.config, base.manifest.base.weights, "vocabulary.json"):
        shutil.copy(base.path(name), output / name)
    model = base.model()
    maker = VectorMaker(
        base.base_state(),
        base.model,
        anchor=anchor,
        work=work,
        device=device,
        recipe=recipe,
    )
    heads = {base.control: base.class_weights(base.control)}
    tasks = []
    for folder in folders:
        name = folder.name.replace("_", "-")
        pictures = _read(folder, model.image_size, validation_images=validation_images)
        write_tensors(output / f"{name}.safetensors", _flat(pictures), {"source": folder.name})
        heads[name] = few_shot_head(model, pictures["train"])
        classes = heads[name].shape[0]
        tasks.append(
            Task(
                name=name,
                title=name,
                role="target",
                classnames=tuple(f"class {index}" for index in range(classes)),
                templates=("{}",),
                data={"kind": "tensors", "path": f"{name}.safetensors"},
            )
        )
        train = pictures["train"]
        lesson = Lesson(train.pixels, train.labels, heads[name])
        maker.make(name, [lesson], path=output / f"{name}.vector.safetensors")
    write_tensors(output / "heads.safetensors", heads, {})
    _write_manifest(output, base, tasks)


def few_shot_head(model: ClipModel, split: Images, *, shots: int = SHOTS) -> torch.Tensor:
    """The prototypes [classes, d] of the first `shots` pictures of each class."""
    classes = int(split.labels.max()) + 1
    few = torch.cat([(split.labels == c).nonzero().flatten()[:shots] for c in range(classes)])
    embeddings = torch.cat([model.encode_images(split.pixels[rows]) for rows in few.split(shots)])
    head = prototypes(embeddings, split.labels[few], classes=classes, scale=model.logit_scale)
    return head.weights


def _file(split: str) -> str:
    return f"{split}-00000-of-00001.parquet"


def _read(folder: Path, side: int, *, validation_images: int) -> dict[str, Images]:
    train, test = (_pictures(folder / _file(split), side) for split in ("train", "test"))
    # The first of a stratified order: every class in proportion.
    order = torch.from_numpy(stratified_order(train.labels.numpy()))
    count = min(validation_images, len(order) // 4)  # of few pictures most are for training
    held_out, kept = order[:count], order[count:]
    return {
        "train": Images(train.pixels[kept], train.labels[kept]),
        "validation": Images(train.pixels[held_out], train.labels[held_out]),
        "test": test,
    }


def _pictures(path: Path, side: int) -> Images:
    cells, labels = read_columns(path, "image", "label")
    images = [_decoded(cell["bytes"], side) for cell in cells]
    return Images(torch.from_numpy(np.stack(images)), torch.tensor(labels))


def _decoded(data: bytes, side: int) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB").resize((side, side), Image.Resampling.BICUBIC))


def _flat(pictures: dict[str, Images]) -> dict[str, torch.Tensor]:
    tensors = {}
    for name, split in pictures.items():
        tensors[f"{name}.images"] = split.pixels
        tensors[f"{name}.labels"] = split.labels
    return tensors


def _write_manifest(output: Path, base: Suite, tasks: list[Task]) -> None:
    manifest: dict[str, Any] = json.loads((base.folder / "manifest.json").read_text("utf-8"))
    control = next(task for task in manifest["tasks"] if task["name"] == base.control)
    manifest |= {
        "name": f"{base.name}-real",
        "title": f"{base.title}, on real pictures",
        "about": f"The base of {base.name} fine-tuned on real pictures, with the same code. Its "
        f"text tower never read such words: heads are class means of {SHOTS} embeddings.",
        "heads": "heads.safetensors",
        "tasks": [
            *(task_entry(task) for task in tasks),
            control,
        ],
        "vectors": [
            {"task": task.name, "weights": f"{task.name}.vector.safetensors"} for task in tasks
        ],
        "surrogate": None,
        "measurements": None,
        "presets": [],
        "start": None,
        "recipes": None,
    }
    (output / "manifest.json").write_text(
        json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )

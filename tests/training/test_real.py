import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from taskarith.errors import AssetError
from taskarith.suites import Suite, load_suite
from taskarith.training.anchor import make_anchor
from taskarith.training.loop import Recipe
from taskarith.training.real import _read, few_shot_head, train_real

pandas = pytest.importorskip("pandas")
pytest.importorskip("pyarrow")

RECIPE = Recipe(steps=40, batch=16, rate=3e-3, warmup=5, weight_decay=0.0, seed=1)
CPU = torch.device("cpu")


def write_task(folder: Path, *, train: int, test: int) -> None:
    """Hub-style parquet: three classes, told apart by which stripe of the picture is bright."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for split, size in (("train", train), ("test", test)):
        rows = []
        for number in range(size):
            label = number % 3
            pixels = rng.integers(0, 160, (12, 12, 3))
            pixels[4 * label : 4 * label + 4] += 12
            data = io.BytesIO()
            Image.fromarray(pixels.astype(np.uint8)).save(data, format="PNG")
            rows.append({"image": {"bytes": data.getvalue(), "path": None}, "label": label})
        pandas.DataFrame(rows).to_parquet(folder / f"{split}-00000-of-00001.parquet")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real")
    write_task(folder / "bright_stripes", train=120, test=60)
    return folder


def build(base: Suite, data: Path, output: Path) -> Suite:
    anchor = make_anchor(base.model(), base.split(base.control, "train").pixels.numpy())
    train_real(
        output,
        base=base,
        anchor=replace(anchor, batch=16),
        data=data,
        work=output / "work",
        device=CPU,
        recipe=RECIPE,
        validation_images=30,
    )
    return load_suite(output)


def test_real_pictures_become_a_suite_whose_vector_helps(
    tiny_suite: Suite, data: Path, tmp_path: Path
) -> None:
    suite = build(tiny_suite, data, tmp_path / "suite")
    assert suite.targets == suite.vectors == ("bright-stripes",)
    assert suite.control == tiny_suite.control
    sizes = {split: len(suite.split("bright-stripes", split)) for split in ("train", "validation")}
    assert sizes == {"train": 90, "validation": 30}
    test = suite.split("bright-stripes", "test")
    assert len(test) == 60
    assert test.pixels.shape[1:] == (16, 16, 3)
    model, head = suite.model(), suite.class_weights("bright-stripes")

    def accuracy() -> float:
        return float(
            (model.encode_images(test.pixels) @ head.T).argmax(1).eq(test.labels).float().mean()
        )

    before = accuracy()
    state = suite.vector("bright-stripes").apply_to(suite.base_state())
    model.network.load_state_dict(state)
    assert accuracy() > before


def test_validation_pictures_are_not_trained_on(
    tiny_suite: Suite, data: Path, tmp_path: Path
) -> None:
    suite = build(tiny_suite, data, tmp_path / "suite")
    splits = [suite.split("bright-stripes", split) for split in ("train", "validation", "test")]
    pictures = [{image.numpy().tobytes() for image in split.pixels} for split in splits]
    assert not pictures[0] & pictures[1]
    assert not pictures[0] & pictures[2]


def test_prototypes_are_scaled_directions_of_class_means(tiny_suite: Suite) -> None:
    model, split = tiny_suite.model(), tiny_suite.split(tiny_suite.targets[0], "train")
    head = few_shot_head(model, split, shots=3)
    first = model.encode_images(split.pixels[split.labels == 0][:3]).mean(0)
    assert torch.allclose(head[0], model.logit_scale * first / first.norm(), atol=1e-4)
    assert torch.allclose(head.norm(dim=1), torch.tensor(model.logit_scale), rtol=1e-4)


def test_a_folder_without_tasks_is_refused(tiny_suite: Suite, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(AssetError, match="holds no task folder with train-00000"):
        build(tiny_suite, tmp_path, tmp_path / "suite")


def test_of_few_pictures_a_quarter_is_held_out(data: Path) -> None:
    pictures = _read(data / "bright_stripes", 16, validation_images=1_000)
    assert {split: len(images) for split, images in pictures.items()} == {
        "train": 90, "validation": 30, "test": 60,
    }  # fmt: skip

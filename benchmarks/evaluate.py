"""Evaluating an edit against the bare forward pass of the same model on the same batches.

`bare_ratio` = images a second of `Evaluator.predict_parts` (uint8 pixels in the stratified order →
answers) ÷ images a second of the network alone on batches that are float and normalized already.
`tower_ratio` is the same against our own forward pass, which leaves out what the answer never reads
(`taskarith.models.class_token`): 1 is the limit of that one. `full_point` is one edit on all of
validation for every visible task. The peer evaluates as FusionBench does, re-created here in a few
lines: for every edit and task it encodes all prompts again and takes each image from PIL through
the processor again.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.timing import machine, percentile, turns
from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Part
from taskarith.evaluation.plan import STEP_IMAGES, visible_tasks
from taskarith.models import ClipModel
from taskarith.models.class_token import encode_class_token
from taskarith.suites import Suite, load_suite
from taskarith.tasks import build_head

__all__ = ["run"]

IMAGES = 512  # of each task, as far as its split goes
PEER_IMAGES = 128
ROUNDS = 9
PEER_ROUNDS = 3


def run(suite: str) -> dict[str, object]:
    loaded = load_suite(suite)
    evaluator = Evaluator(loaded, device="cpu")
    edit = Edit(loaded.name, {loaded.targets[0]: -0.5})
    evaluator.use(edit)
    tasks = visible_tasks(loaded, edit)
    parts = [Part(task, 0, min(IMAGES, evaluator.total(task, "validation"))) for task in tasks]
    model = loaded.model()
    pixels = _pixels(evaluator, parts)
    batches = [model.normalize(batch) for batch in pixels.split(STEP_IMAGES)]

    @torch.inference_mode()
    def bare() -> None:
        for batch in batches:
            model.network.encode_image(batch)

    @torch.inference_mode()
    def tower() -> None:
        for batch in batches:
            encode_class_token(model.network.visual, batch)

    seconds = turns(
        {
            "evaluate": lambda: evaluator.predict_parts(parts, split="validation"),
            "bare": bare,
            "tower": tower,
        },
        rounds=ROUNDS,
    )
    rates = {name: len(pixels) / percentile(values, 50) for name, values in seconds.items()}
    peer = "FusionBench's way (re-created)"
    peer_rate = _peer_rate(loaded, evaluator, tasks)
    return {
        "machine": machine(),
        "images": len(pixels),
        "batch": STEP_IMAGES,
        "bare_ratio": round(rates["evaluate"] / rates["bare"], 3),
        "tower_ratio": round(rates["evaluate"] / rates["tower"], 3),
        "images_per_second": {
            name: round(rate) for name, rate in (rates | {peer: peer_rate}).items()
        },
        "peers": {peer: round(rates["evaluate"] / peer_rate, 1)},
        "full_point": _full_point(evaluator, tasks),
    }


def _pixels(evaluator: Evaluator, parts: list[Part]) -> Tensor:
    return torch.cat(
        [evaluator.images(p.task, "validation", start=p.start, stop=p.stop) for p in parts]
    )


def _full_point(evaluator: Evaluator, tasks: list[str]) -> dict[str, Any]:
    """Seconds from a new edit to the answers on the whole validation split."""
    parts = [Part(task, 0, evaluator.total(task, "validation")) for task in tasks]
    seconds = []
    for turn in range(PEER_ROUNDS):
        edit = Edit(evaluator.suite.name, {tasks[0]: 0.1 * (turn + 1)})
        started = time.perf_counter()
        evaluator.use(edit)
        evaluator.predict_parts(parts, split="validation")
        seconds.append(time.perf_counter() - started)
    return {"images": sum(p.stop for p in parts), "seconds": round(percentile(seconds, 50), 3)}


class _Pictures(Dataset[Tensor]):
    """Images as a data set hands them out: one PIL image at a time, processed when asked for."""

    def __init__(self, pixels: np.ndarray, process: Callable[[Image.Image], Tensor]) -> None:
        self._pixels, self._process = pixels, process

    def __len__(self) -> int:
        return len(self._pixels)

    def __getitem__(self, index: int) -> Tensor:
        return self._process(Image.fromarray(self._pixels[index]))


def _peer_rate(suite: Suite, evaluator: Evaluator, tasks: list[str]) -> float:
    """Images a second of the peer; its arithmetic on dictionaries and its loading count."""
    model = suite.model()
    base, vector = suite.base_state(), suite.vector(suite.targets[0])
    pictures = {
        task: _Pictures(_pixels(evaluator, [Part(task, 0, PEER_IMAGES)]).numpy(), _processor(model))
        for task in tasks
    }

    @torch.inference_mode()
    def once() -> None:
        model.network.load_state_dict(vector.apply_to(base, -0.5))
        for task in tasks:
            known = suite.task(task)
            head = build_head(model, known.classnames, known.templates)
            for batch in DataLoader(pictures[task], batch_size=STEP_IMAGES):
                features = model.network.encode_image(batch)
                (features / features.norm(dim=-1, keepdim=True) @ head.T).argmax(1)

    seconds = turns({"peer": once}, rounds=PEER_ROUNDS, warm_up=1)["peer"]
    return sum(map(len, pictures.values())) / percentile(seconds, 50)


def _processor(model: ClipModel) -> Callable[[Image.Image], Tensor]:
    """What CLIP's processor does to one image: resize, scale, normalize."""
    side = (model.image_size, model.image_size)

    def process(image: Image.Image) -> Tensor:
        resized = np.asarray(image.convert("RGB").resize(side, Image.Resampling.BICUBIC))
        return model.normalize(torch.from_numpy(resized.copy())[None])[0]

    return process

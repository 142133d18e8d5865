"""Evaluating an edit against the bare forward pass of the same model on the same batches.

`bare_ratio` = images a second of `Evaluator.predict_parts` (uint8 pixels in the stratified order →
answers) ÷ images a second of the network alone on batches that are float and normalized already.
`tower_ratio` is the same against our own forward pass, which leaves out what the answer never reads
(`taskarith.models.clip.tower`): 1 is the limit of that one. `full_point` is one edit on all of
validation for every visible task. The peer evaluates as FusionBench does, re-created here in a few
lines: for every edit and task it encodes all prompts again and takes each image from PIL through
the processor again. `cases` is the same on CLIPs of published sizes with random weights: few images
on a CPU, many on a GPU, where the forward pass multiplies in bfloat16, ours and the bare one.
"""

import copy
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from benchmarks.random_suite import CLIPS, random_suite
from benchmarks.timing import CPU, machine, percentile, turns, waiting_for
from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Part, choose_device
from taskarith.evaluation.plan import STEP_IMAGES, visible_tasks
from taskarith.heads.zero_shot import build_head
from taskarith.models import ClipModel
from taskarith.models.clip.tower import encode_class_token
from taskarith.suites import Suite, load_suite

__all__ = ["measure_suite", "run"]

IMAGES = 512  # of each task, as far as its split goes
PEER_IMAGES = 128
ROUNDS = 9
PEER_ROUNDS = 3
FEW = {"vit-b-32": 16}  # images of each of two tasks
MANY = {"vit-b-32": 4096, "vit-l-14": 2048}


def run(suite: str, *, device: str = "cpu") -> dict[str, object]:
    chosen = choose_device(device)
    first = measure_suite(load_suite(suite), device=chosen)
    cases = {}
    for name, images in (FEW if chosen == CPU else MANY).items():
        with tempfile.TemporaryDirectory() as folder:
            loaded = random_suite(Path(folder), CLIPS[name], images=images)
            cases[name] = measure_suite(loaded, device=chosen, rounds=PEER_ROUNDS)
    return {"machine": machine(chosen), **first, "cases": cases}


def measure_suite(
    suite: Suite, *, device: torch.device = CPU, images: int = IMAGES, rounds: int = ROUNDS
) -> dict[str, object]:
    """Our way, the bare forward pass and the peer on up to `images` of each task, in turns."""
    evaluator = Evaluator(suite, device=device)
    edit = Edit(suite.name, {suite.targets[0]: -0.5})
    evaluator.use(edit)
    tasks = visible_tasks(suite, edit)
    images = images if device == CPU else max(MANY.values())
    parts = [Part(task, 0, min(images, evaluator.total(task, "validation"))) for task in tasks]
    model = suite.model().to(device)
    pixels = _pixels(evaluator, parts)
    batches = [model.normalize(batch) for batch in pixels.split(evaluator.step_images)]
    half = evaluator.dtype != torch.float32
    numbers = torch.autocast(device.type, dtype=evaluator.dtype) if half else nullcontext()

    @torch.inference_mode()
    def bare() -> None:
        with numbers:
            for batch in batches:
                model.network.encode_image(batch)

    @torch.inference_mode()
    def tower() -> None:
        with numbers:
            for batch in batches:
                encode_class_token(model.network.visual, batch)

    seconds = turns(
        {
            "evaluate": lambda: evaluator.predict_parts(parts, split="validation"),
            "bare": bare,
            "tower": tower,
        },
        rounds=rounds,
        wait=waiting_for(device),
    )
    rates = {name: len(pixels) / percentile(values, 50) for name, values in seconds.items()}
    peer = "FusionBench's way (re-created)"
    peer_rate = _peer_rate(suite, evaluator, tasks)
    return {
        "images": len(pixels),
        "batch": evaluator.step_images,
        "dtype": str(evaluator.dtype).removeprefix("torch."),
        "bare_ratio": round(rates["evaluate"] / rates["bare"], 3),
        "tower_ratio": round(rates["evaluate"] / rates["tower"], 3),
        "images_per_second": {
            name: round(rate, 1) for name, rate in (rates | {peer: peer_rate}).items()
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
    process = _processor(model)
    model.to(evaluator.device)
    base, vector = suite.base_state(), suite.vector(suite.targets[0])
    pictures = {
        task: _Pictures(_pixels(evaluator, [Part(task, 0, PEER_IMAGES)]).cpu().numpy(), process)
        for task in tasks
    }

    @torch.inference_mode()
    def once() -> None:
        model.network.load_state_dict(vector.apply_to(base, -0.5))
        for task in tasks:
            known = suite.task(task)
            head = build_head(model, known.classnames, known.templates)
            for batch in DataLoader(pictures[task], batch_size=STEP_IMAGES):
                features = model.network.encode_image(batch.to(model.device))
                (features / features.norm(dim=-1, keepdim=True) @ head.T).argmax(1)

    seconds = turns({"peer": once}, rounds=PEER_ROUNDS, warm_up=1)["peer"]
    return sum(map(len, pictures.values())) / percentile(seconds, 50)


def _processor(model: ClipModel) -> Callable[[Image.Image], Tensor]:
    """What CLIP's processor does to one image, on the CPU: resize, scale, normalize."""
    side = (model.image_size, model.image_size)
    normalize = copy.copy(model.normalize)

    def process(image: Image.Image) -> Tensor:
        resized = np.asarray(image.convert("RGB").resize(side, Image.Resampling.BICUBIC))
        return normalize(torch.from_numpy(resized.copy())[None])[0]

    return process

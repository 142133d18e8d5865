"""Evaluating an edit against the bare forward pass of the same model on the same batches.

`bare_ratio` = images a second of `Evaluator.predict_parts` (uint8 pixels in the stratified order →
answers) ÷ images a second of the network alone on batches that are float and normalized already;
1 is the limit.
"""

import torch

from benchmarks.timing import machine, percentile, turns
from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Part
from taskarith.evaluation.plan import MAX_STEP_IMAGES
from taskarith.suites import load_suite

__all__ = ["run"]

IMAGES = 512  # of each task, as far as its split goes
ROUNDS = 9


def run(suite: str) -> dict[str, object]:
    loaded = load_suite(suite)
    evaluator = Evaluator(loaded, device="cpu")
    tasks = [*loaded.targets, loaded.control]
    evaluator.use(Edit(loaded.name, {loaded.targets[0]: -0.5}))
    parts = [Part(task, 0, min(IMAGES, evaluator.total(task, "validation"))) for task in tasks]
    model = loaded.model()
    pixels = torch.cat(
        [evaluator.images(p.task, "validation", start=p.start, stop=p.stop) for p in parts]
    )
    batches = [model.normalize(batch) for batch in pixels.split(MAX_STEP_IMAGES)]

    @torch.inference_mode()
    def bare() -> None:
        for batch in batches:
            model.network.encode_image(batch)

    seconds = turns(
        {"evaluate": lambda: evaluator.predict_parts(parts, split="validation"), "bare": bare},
        rounds=ROUNDS,
    )
    p50 = {name: percentile(values, 50) for name, values in seconds.items()}
    return {
        "machine": machine(),
        "images": len(pixels),
        "batch": MAX_STEP_IMAGES,
        "images_per_second": {name: round(len(pixels) / value) for name, value in p50.items()},
        "bare_ratio": round(p50["bare"] / p50["evaluate"], 3),
    }

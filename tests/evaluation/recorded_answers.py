"""Thirty fixed edits of `mini` and what they answer: recorded once, so that a rebuild keeps them.

`python -m tests.evaluation.recorded_answers FOLDER` records anew, which only a deliberate change of
weights, pictures or arithmetic may do.
"""

import hashlib
import json
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from taskarith import Edit, load_suite
from taskarith.evaluation import Evaluator, Measurer

RECORD = Path(__file__).with_name("recorded_answers.json")
QUICK = 48  # images of each task that every run compares; the slow test compares all

ALL_TARGETS = [
    *("handwritten-digits", "printed-digits", "letters", "textures"),
    *("signs", "counting", "land-cover", "sketches"),
]
SUMS = [
    {},
    {"printed-digits": -0.5},
    {"printed-digits": 1.0},
    {"handwritten-digits": -1.0},
    {"letters": 0.3, "printed-digits": -0.5},
    {"signs": 1.0, "textures": 1.0},
    {"counting": 1.5},
    {"land-cover": -1.35, "sketches": 0.15},
    {"chalk-digits": 0.6, "printed-digits": -0.6, "letters": 0.7},
    dict.fromkeys(ALL_TARGETS, 0.7),
]
NULLS = [
    ({"random:printed-digits": -1.0}, 0),
    ({"random:letters": 1.0, "letters": 0.5}, 7),
    ({"permuted:textures": -1.0}, 0),
]
RECIPE_VECTORS = [
    {"neon-digits": 1.0},
    {"plain-textures": 0.75},
    {"soup-textures-00": 0.5, "soup-textures-01": 0.5},
    {"joint": 1.0},
    {"ascent-letters": 1.0},
]
BLOCK = "visual.transformer.resblocks"
LAYERS = [
    {"printed-digits": {f"{BLOCK}.0": 0.0, f"{BLOCK}.1": 0.5}},
    {"letters": {f"{BLOCK}.3": -1.0}},
]
THREE = {"letters": 1.0, "signs": 0.8, "sketches": 0.6}
MERGES = [
    ("average", {}, THREE),
    ("slerp", {"position": 0.3}, {"letters": 1.0, "signs": 0.8}),
    ("model-stock", {}, THREE),
    ("ties", {"density": 0.2}, THREE),
    ("ties-sum", {}, THREE),
    ("dare", {}, THREE),
    ("breadcrumbs", {}, THREE),
    ("consensus", {}, THREE),
    ("tsv-m", {}, THREE),
    ("iso-c", {}, THREE),
]


def edits() -> Iterator[Edit]:
    """The thirty edits, in a fixed order."""
    for coefficients in [*SUMS, *RECIPE_VECTORS]:
        yield Edit("mini", coefficients)
    for coefficients, seed in NULLS:
        yield Edit("mini", coefficients, seed=seed)
    for layers in LAYERS:
        names = dict.fromkeys(layers, 1.0)
        yield Edit("mini", names, settings={"layers": layers})
    for method, settings, coefficients in MERGES:
        yield Edit("mini", coefficients, method=method, settings=settings)


def processor() -> str:
    """What decides the order in which sums are rounded."""
    return f"{platform.machine()}, {torch.backends.cpu.get_cpu_capability()}, {torch.__version__}"


def answers(n: int | None) -> list[np.ndarray]:
    """For each edit the answers to the first `n` validation images of every task, end to end."""
    suite = load_suite("mini")
    measurer = Measurer(Evaluator(suite, device="cpu"))
    found = []
    for edit in edits():
        readings = measurer.measure(edit, tasks=list(suite.tasks), n=n).readings
        found.append(np.concatenate([readings[task].rows for task in suite.tasks]))
    return found


def digest(answer: np.ndarray) -> str:
    """A short hash of a run of answers, whatever integers it is kept in."""
    return hashlib.sha256(answer.astype("<i4").tobytes()).hexdigest()[:16]


if __name__ == "__main__":
    quick, whole = answers(QUICK), answers(None)
    recorded = {
        "processor": processor(),
        "quick": [answer.tolist() for answer in quick],
        "images": len(whole[0]),
        "whole": [digest(answer) for answer in whole],
    }
    target = Path(sys.argv[1]) / RECORD.name if len(sys.argv) > 1 else RECORD
    target.write_text(json.dumps(recorded, separators=(",", ":")) + "\n", encoding="utf-8")

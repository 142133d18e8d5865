"""Edits a second by workers on a Ray cluster of this machine, against the same edits right here.

`overhead` = seconds of an edit with one worker − in this process, at 8 examples a task, where
little else is done. `speed_up` = seconds in this process ÷ with so many workers, at 256 a task;
nothing can be above `cores`. `driver_seconds` = processor time of an edit where the command runs:
no cluster measures more than 1 ÷ it. `bytes` travel for an edit: what is asked, what is answered.
`predicted` = what `edits_a_second` makes of one worker's figures for two, ÷ as measured.
"""

import pickle
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.timing import machine
from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Measurer, Part, ResultCache, Step
from taskarith.evaluation.distributed import DistributedEvaluator
from taskarith.evaluation.plan import visible_tasks
from taskarith.evaluation.ray_workers import ray_workers
from taskarith.suites import Suite, load_suite

__all__ = ["bytes_of_edit", "edits_a_second", "run", "seconds_of_edits"]

EDITS = 24
SEED = 0
FEW, MANY = 8, 256  # examples a task
CREWS = (1, 2)


def edits_a_second(workers: int, *, seconds: float, driver_seconds: float) -> float:
    """How many edits a cluster measures a second: min(workers ÷ seconds, 1 ÷ driver_seconds).

    `seconds` are those of one edit on one worker's device, `driver_seconds` the processor time of
    one edit where the command runs, which is one process whatever the cluster's size.
    """
    return min(workers / seconds, 1 / driver_seconds)


def run(suite: str) -> dict[str, object]:
    loaded = load_suite(suite)
    found: dict[str, Any] = {
        "machine": machine(),
        "of": f"{EDITS} random sums of all targets (seed {SEED}), {FEW} and {MANY} examples a task",
    }
    own = seconds_of_edits(Evaluator(loaded, device="cpu"))
    found["own_seconds"] = {n: seconds for n, (seconds, _) in own.items()}
    crews: dict[int, dict[int, tuple[float, float]]] = {}
    for count in CREWS:
        with ray_workers(loaded, count=count, device="cpu") as crew:
            evaluator = DistributedEvaluator(loaded, workers=crew, device="cpu")
            crews[count] = seconds_of_edits(evaluator)
            found["bytes"] = bytes_of_edit(evaluator)
    found["overhead"] = crews[1][FEW][0] - own[FEW][0]
    found["driver_seconds"] = crews[max(CREWS)][FEW][1]
    found["speed_up"] = {count: own[MANY][0] / crew[MANY][0] for count, crew in crews.items()}
    two = edits_a_second(2, seconds=crews[1][MANY][0], driver_seconds=found["driver_seconds"])
    found["predicted"] = two * crews[2][MANY][0]
    return found


def _edits(suite: Suite) -> list[Edit]:
    draw = random.Random(SEED)
    return [
        Edit(suite.name, {name: round(draw.uniform(-1, 1), 2) for name in suite.targets})
        for _ in range(EDITS)
    ]


def _parts(evaluator: Evaluator, edit: Edit, n: int) -> tuple[Part, ...]:
    tasks = visible_tasks(evaluator.suite, edit)
    return tuple(Part(t, 0, min(n, evaluator.total(t, "validation"))) for t in tasks)


def seconds_of_edits(evaluator: Evaluator) -> dict[int, tuple[float, float]]:
    """Seconds, and processor seconds of this process, of an edit; by examples a task."""
    found, suite = {}, evaluator.suite
    for n in (FEW, MANY):
        with TemporaryDirectory() as folder:
            measurer = Measurer(evaluator, cache=ResultCache(Path(folder)))
            first, *rest = [Step(edit, _parts(evaluator, edit, n)) for edit in _edits(suite)]
            for task in suite.targets:  # pictures are read, or drawn, before the clock starts
                evaluator.labels(task, "validation")
            measurer.run(first)
            started, busy = time.perf_counter(), time.process_time()
            for _ in measurer.run_all(rest):
                pass
            took = time.perf_counter() - started, time.process_time() - busy
            found[n] = (took[0] / len(rest), took[1] / len(rest))
    return found


def bytes_of_edit(evaluator: DistributedEvaluator) -> dict[str, int]:
    """What is sent for an edit at 256 examples a task, and what comes back."""
    edit = _edits(evaluator.suite)[0]
    work = evaluator.work(edit, _parts(evaluator, edit, MANY), split="validation")
    evaluator.use(edit)
    answers = evaluator.predict_parts(work.parts, split="validation")
    return {"asked": len(pickle.dumps(work)), "answered": sum(rows.nbytes for rows in answers)}

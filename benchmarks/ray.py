"""Edits a second by workers on a Ray cluster of this machine, beside this process.

Every contestant measures the same fresh edits on the same examples: this process; one worker, and
two, told of several edits ahead; and one worker asked for one edit after the other. `overhead_ms`
is what an edit takes longer with one worker than here, `alone_ms` where none was begun ahead; with
edits on a single example both show the way to a worker and back. `bytes_an_edit` travel both ways.
`expected_speedup` is what `estimate` says of two workers, from the figures of one: it assumes that
each has a core of its own.
"""

import os
import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import Any

from benchmarks.timing import machine
from taskarith.core import Edit
from taskarith.evaluation import Evaluator, Measurer
from taskarith.evaluation.distributed import DistributedEvaluator
from taskarith.evaluation.ray_workers import ray_workers
from taskarith.suites import Suite, load_suite

__all__ = ["Estimate", "estimate", "run"]

EDITS, ROUNDS = 24, 5
EXAMPLES = {"one example": 1, "256 examples a task": 256}


@dataclass(frozen=True)
class Estimate:
    """What a cluster would do.

    Attributes:
        edits_a_second: by the slowest of the three limits.
        limit: which it is: "workers", "driver" or "network".
        bytes_a_second: answers and questions over the driver's network.
    """

    edits_a_second: float
    limit: str
    bytes_a_second: float


def estimate(
    *,
    workers: int,
    seconds: float,
    driver_seconds: float,
    bytes_an_edit: float,
    network: float = 1.25e9,
) -> Estimate:
    """Edits a second of `workers` that take `seconds` for one each, none waiting for another.

    The driver takes `driver_seconds` for an edit, and its network `network` bytes a second.

    >>> estimate(workers=8, seconds=2.0, driver_seconds=0.01, bytes_an_edit=2e5).limit
    'workers'
    """
    limits = {
        "workers": workers / seconds,
        "driver": 1 / driver_seconds,
        "network": network / bytes_an_edit,
    }
    limit = min(limits, key=lambda name: limits[name])
    return Estimate(limits[limit], limit, limits[limit] * bytes_an_edit)


def run(suite: str) -> dict[str, object]:
    loaded = load_suite(suite)
    fresh = (1e-3 * number for number in count(1))  # no edit is measured twice
    found: dict[str, dict[str, list[float]]] = {name: {} for name in EXAMPLES}
    own = Evaluator(loaded)
    with ray_workers(loaded, count=1) as crew:
        one = DistributedEvaluator(loaded, workers=crew)
        for _ in range(ROUNDS):
            for name, n in EXAMPLES.items():
                for who, evaluator, ahead in (
                    ("this process", own, True),
                    ("1 worker", one, True),
                    ("1 worker, none ahead", one, False),
                ):
                    seconds = _measured(evaluator, fresh, n=n, ahead=ahead)
                    found[name].setdefault(who, []).append(seconds)
        driver = _driver_seconds(one, fresh)
    with ray_workers(loaded, count=2) as crew:
        two = DistributedEvaluator(loaded, workers=crew)
        for _ in range(ROUNDS):
            for name, n in EXAMPLES.items():
                found[name].setdefault("2 workers", []).append(_measured(two, fresh, n=n))
                again = _measured(own, fresh, n=n)
                found[name].setdefault("this process, beside 2", []).append(again)
    cases: dict[str, Any] = {}
    for name, n in EXAMPLES.items():
        ms = {who: 1000 * median(seconds) for who, seconds in found[name].items()}
        size = _bytes_an_edit(two, n)
        told = estimate(
            workers=2, seconds=ms["1 worker"] / 1000, driver_seconds=driver, bytes_an_edit=size
        )
        cases[name] = {
            "ms_an_edit": {who: round(value, 2) for who, value in ms.items()},
            "overhead_ms": round(ms["1 worker"] - ms["this process"], 2),
            "alone_ms": round(ms["1 worker, none ahead"] - ms["this process"], 2),
            "speedup": {
                "1 worker": round(ms["this process"] / ms["1 worker"], 2),
                "2 workers": round(ms["this process, beside 2"] / ms["2 workers"], 2),
            },
            "expected_speedup": round(told.edits_a_second * ms["this process"] / 1000, 2),
            "limit": told.limit,
            "bytes_an_edit": size,
        }
    load = [round(value, 1) for value in os.getloadavg()]
    driver_ms = round(1000 * driver, 2)
    return {"machine": machine(), "load": load, "driver_ms_an_edit": driver_ms, "cases": cases}


def _tasks(suite: Suite) -> list[str]:
    return [*suite.targets[:2], suite.control]


def _edits(suite: Suite, fresh: Iterator[float]) -> list[Edit]:
    return [Edit(suite.name, dict.fromkeys(suite.targets, next(fresh))) for _ in range(EDITS)]


def _measured(evaluator: Evaluator, fresh: Iterator[float], *, n: int, ahead: bool = True) -> float:
    """Seconds an edit."""
    measurer, suite = Measurer(evaluator), evaluator.suite
    steps = [measurer.step(e, tasks=_tasks(suite), n=n) for e in _edits(suite, fresh)]
    started = time.perf_counter()
    pieces = list(measurer.run_all(steps)) if ahead else [measurer.run(step) for step in steps]
    return (time.perf_counter() - started) / len(pieces)


def _driver_seconds(evaluator: DistributedEvaluator, fresh: Iterator[float]) -> float:
    """Processor seconds that this process takes for an edit; workers do the rest."""
    measurer, suite = Measurer(evaluator), evaluator.suite
    steps = [measurer.step(e, tasks=_tasks(suite), n=1) for e in _edits(suite, fresh)]
    started = time.process_time()
    pieces = list(measurer.run_all(steps))
    return (time.process_time() - started) / len(pieces)


def _bytes_an_edit(evaluator: DistributedEvaluator, n: int) -> int:
    """What travels: the question as it is sent, and four bytes an example back."""
    suite = evaluator.suite
    edit = Edit(suite.name, dict.fromkeys(suite.targets, 0.1))
    parts = Measurer(evaluator).step(edit, tasks=_tasks(suite), n=n).parts
    question = pickle.dumps(evaluator.work(edit, parts, split="validation"))
    return len(question) + 4 * sum(part.stop for part in parts)

"""Who measures: this process, or workers on a Ray cluster.

Knows the words for them; the cluster is imported where it is asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from taskarith.errors import EngineError
from taskarith.evaluation.evaluator import Evaluator
from taskarith.suites import Suite

__all__ = ["OWN", "opened_evaluator"]

OWN = "own"  # this process
RAY = "ray"


@contextmanager
def opened_evaluator(
    suite: Suite, *, device: str | None = None, engine: str = OWN, workers: int | None = None
) -> Iterator[Evaluator]:
    """An evaluator that measures by `engine`: "own", "ray", or "ray://HOST:PORT".

    `workers` is how many a cluster shall have (None: one for each GPU, or for each machine).
    Raises EngineError for anything else, and for a cluster that cannot be had.
    """
    name, _, address = engine.partition("://")
    if engine == OWN:
        if workers is not None:
            raise EngineError("--workers are those of a cluster; say --engine ray, too")
        yield Evaluator(suite, device=device)
        return
    if name != RAY or engine == f"{RAY}://":
        raise EngineError(f"there is no engine {engine!r}; write own, ray, or ray://HOST:PORT")
    from taskarith.evaluation.distributed import DistributedEvaluator
    from taskarith.evaluation.ray_workers import ray_workers

    here = device if device == "cpu" else None  # a cluster's devices need not be here
    with ray_workers(suite, address=address or None, count=workers, device=device) as crew:
        yield DistributedEvaluator(suite, workers=crew, device=here)

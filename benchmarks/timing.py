"""Timing shared by the benchmarks; knows nothing of what is timed."""

import os
import platform
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch

__all__ = ["machine", "percentile", "turns"]


def turns(
    contestants: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: int = 2
) -> dict[str, list[float]]:
    """Seconds of every contestant in every round; they take turns, so that noise hits all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(warm_up + rounds):
        for name, call in contestants.items():
            start = time.perf_counter()
            call()
            if turn >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def percentile(values: list[float], percent: float) -> float:
    """The value below which `percent` of the values lie, rounded to five digits."""
    return float(f"{np.percentile(values, percent):.5g}")


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "torch_threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 2),
    }

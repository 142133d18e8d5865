"""Timing shared by the benchmarks; knows nothing of what is timed."""

import os
import platform
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch

from taskarith.evaluation import describe_device

__all__ = ["machine", "percentile", "turns", "waiting_for"]

CPU = torch.device("cpu")


def turns(
    contestants: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    warm_up: int = 2,
    wait: Callable[[], object] = lambda: None,
) -> dict[str, list[float]]:
    """Seconds of every contestant in every round; they take turns, so that noise hits all alike.

    `wait` waits for what a contestant set going (see `waiting_for`).
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(warm_up + rounds):
        for name, call in contestants.items():
            wait()
            start = time.perf_counter()
            call()
            wait()
            if turn >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def waiting_for(device: torch.device) -> Callable[[], object]:
    """What waits until `device` has done all it was told to."""
    if device.type == "cuda":
        return lambda: torch.cuda.synchronize(device)
    return lambda: None


def percentile(values: list[float], percent: float) -> float:
    """The value below which `percent` of the values lie, rounded to five digits."""
    return float(f"{np.percentile(values, percent):.5g}")


def machine(device: torch.device = CPU) -> dict[str, object]:
    """What the figures were measured on."""
    accelerator = {} if device == CPU else {"device": describe_device(device)}
    return accelerator | {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "torch_threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 2),
    }

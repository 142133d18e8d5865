"""Which device computes, in which numbers, and how long it takes: CUDA, Apple's MPS or the CPU.

Knows nothing of what is computed.
"""

import os
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch

from taskarith.errors import unknown_name

__all__ = [
    "DEVICE_VARIABLE",
    "Stopwatch",
    "choose_device",
    "choose_devices",
    "computing_dtype",
    "describe_device",
    "described_together",
]

DEVICE_VARIABLE = "TASKARITH_DEVICE"


def choose_device(name: str | None = None) -> torch.device:
    """The device called `name`, or $TASKARITH_DEVICE, or the fastest kind this machine has.

    Raises UnknownNameError, listing what there is, for a device that this machine lacks.

    >>> choose_device("cpu")
    device(type='cpu')
    """
    found = _available()
    asked = name or os.environ.get(DEVICE_VARIABLE)
    if not asked:
        return torch.device(found[0])
    if asked == "cuda" and "cuda:0" in found:
        asked = "cuda:0"
    if asked not in found:
        raise unknown_name("device", asked, existing=found)
    return torch.device(asked)


def choose_devices(names: str | None = None) -> list[torch.device]:
    """The devices of `names`, parted by commas, or $TASKARITH_DEVICE, or all of the fastest kind.

    Raises UnknownNameError as `choose_device` does.

    >>> choose_devices("cpu,cpu")
    [device(type='cpu'), device(type='cpu')]
    """
    asked = names or os.environ.get(DEVICE_VARIABLE)
    if asked:
        return [choose_device(name.strip()) for name in asked.split(",")]
    best = choose_device()
    return [d for d in map(torch.device, _available()) if d.type == best.type]


def computing_dtype(device: torch.device) -> torch.dtype:
    """The numbers in which a forward pass multiplies on `device`: bfloat16 where it is quick at it.

    Sums, norms and heads stay in float32. On a CPU bfloat16 is as a rule the slower of the two.

    >>> computing_dtype(torch.device("cpu"))
    torch.float32
    """
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    return torch.float32


class Stopwatch:
    """The seconds between its making and `stop` by a device's own clock; neither of them waits."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._started = self._now()

    def stop(self) -> "Stopwatch":
        """Note the time, once."""
        self._stopped = self._now()
        return self

    def seconds(self) -> float:
        """How long it took; on an accelerator this waits until it is done."""
        if self._device.type != "cuda":
            return float(self._stopped - self._started)
        self._stopped.synchronize()
        return float(self._started.elapsed_time(self._stopped)) / 1000

    def _now(self) -> Any:
        """A time, or on CUDA a mark in the order of the device's work."""
        if self._device.type != "cuda":
            return time.perf_counter()
        mark = torch.cuda.Event(enable_timing=True)
        mark.record(torch.cuda.current_stream(self._device))
        return mark


def describe_device(device: torch.device) -> str:
    """The device in words for the status line.

    >>> describe_device(torch.device("cpu"))
    'CPU'
    """
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else device.type.upper()


def described_together(devices: Sequence[str]) -> str:
    """Several devices in words.

    >>> described_together(["NVIDIA H200", "NVIDIA H200", "CPU"])
    '2 × NVIDIA H200, CPU'
    """
    counted = Counter(devices)
    return ", ".join(f"{n} × {name}" if n > 1 else name for name, n in counted.items())


def _available() -> list[str]:
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]

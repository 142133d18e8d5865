"""Which device computes: CUDA, else Apple's MPS, else the CPU. Knows nothing of the computing."""

import os

import torch

from taskarith.errors import unknown_name

__all__ = ["DEVICE_VARIABLE", "choose_device", "describe_device"]

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


def describe_device(device: torch.device) -> str:
    """The device in words for the status line.

    >>> describe_device(torch.device("cpu"))
    'CPU'
    """
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else device.type.upper()


def _available() -> list[str]:
    found = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]

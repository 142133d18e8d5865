"""A fine-tuned checkpoint for the loopback Hub, and what a pull leaves behind."""

from pathlib import Path

import torch

NAME = "someone/finetuned"
BASE = {"encoder.w": torch.linspace(-1, 1, 40_000).view(200, 200), "norm.b": torch.ones(9)}
MOVED = {name: tensor + 0.01 for name, tensor in BASE.items()}


def blobs(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.rglob("blobs/*"))

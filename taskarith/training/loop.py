"""One training loop for every stage: seeded, resumable, with a progress bar and a log.

Knows how to take steps; what a step computes is the caller's `loss`.
"""

import json
import math
import shutil
import time
import timeit
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from tqdm import tqdm

from taskarith.training.sharpness import add_sharper_gradients

__all__ = ["Recipe", "Watch", "compiled", "fit", "fit_named", "precision", "shifted"]

_CHECKPOINT_EVERY = 500
_LOG_EVERY = 100
_COMPILE_FROM = 300

Watch = Callable[[int, float], None]


@dataclass(frozen=True)
class Recipe:
    """How to optimize: AdamW (arXiv 1711.05101), linear warm-up, cosine decay to zero.

    Pictures are moved by up to `reach` pixels (augmentation).
    """

    steps: int
    batch: int
    rate: float
    warmup: int
    weight_decay: float
    seed: int
    clip: float = 1.0
    reach: int = 4

    def rate_at(self, step: int) -> float:
        """The learning rate of `step` (0-based)."""
        if step < self.warmup:
            return self.rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.rate * 0.5 * (1 + math.cos(math.pi * progress))


def fit(
    parameters: Iterable[torch.nn.Parameter],
    loss: Callable[[np.random.Generator], torch.Tensor],
    *,
    recipe: Recipe,
    folder: Path,
    name: str,
    watch: Watch | None = None,
    sharpness: float = 0.0,
) -> None:
    """Minimize `loss` over `parameters`, in place.

    `loss` gets a generator seeded by (seed, step), so a run resumed from its checkpoint in
    `folder` takes the same steps as one that was never stopped. Appends to `folder/NAME.log`.

    Args:
        watch: called after every step with the steps done and the loss before it; may raise. It
            takes the place of the progress bar.
        sharpness: ρ of sharpness-aware minimization (arXiv 2010.01412); 0 is without.
    """
    trained = list(parameters)
    matrices = [p for p in trained if p.ndim >= 2]
    others = [p for p in trained if p.ndim < 2]
    groups: list[dict[str, Any]] = [
        {"params": matrices, "weight_decay": recipe.weight_decay},
        {"params": others},
    ]
    optimizer = torch.optim.AdamW(
        groups,
        lr=recipe.rate,
        betas=(0.9, 0.98),
        weight_decay=0.0,
        fused=True,
    )
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"{name}.checkpoint.pt"
    first = _resume(checkpoint, trained, optimizer)
    with (folder / f"{name}.log").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"name": name, "from_step": first, **asdict(recipe)}) + "\n")
        started, running = time.monotonic(), 0.0
        progress = tqdm(
            range(first, recipe.steps),
            initial=first,
            total=recipe.steps,
            desc=name,
            disable=watch is not None,
        )
        for step in progress:
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate_at(step)
            # PyTorch's fused attention is slow backwards on CPUs at these short lengths.
            with sdpa_kernel(SDPBackend.MATH):
                value = loss(np.random.default_rng([recipe.seed, step]))
                value.backward()
                if sharpness:
                    again = partial(loss, np.random.default_rng([recipe.seed, step]))
                    add_sharper_gradients(trained, again, radius=sharpness)
            torch.nn.utils.clip_grad_norm_(trained, recipe.clip)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            running += float(value.detach())
            if watch is not None:
                watch(step + 1, float(value.detach()))
            if (step + 1) % _LOG_EVERY == 0:
                entry = {
                    "step": step + 1,
                    "loss": round(running / _LOG_EVERY, 5),
                    "seconds": round(time.monotonic() - started, 1),
                }
                log.write(json.dumps(entry) + "\n")
                log.flush()
                progress.set_postfix(loss=entry["loss"])
                running = 0.0
            if (step + 1) % _CHECKPOINT_EVERY == 0 and step + 1 < recipe.steps:
                _save(checkpoint, step + 1, trained, optimizer)
    checkpoint.unlink(missing_ok=True)


def fit_named(
    network: torch.nn.Module,
    names: Iterable[str],
    loss: Callable[[np.random.Generator], torch.Tensor],
    *,
    recipe: Recipe,
    folder: Path,
    name: str,
    watch: Watch | None = None,
    sharpness: float = 0.0,
) -> dict[str, torch.Tensor]:
    """Minimize `loss` over the parameters of `network` called `names`, in place; gives copies.

    The others stay as they are. The rest is as for `fit`.
    """
    parameters = dict(network.named_parameters())
    network.requires_grad_(False)
    trained = {key: parameters[key] for key in names}
    for parameter in trained.values():
        parameter.requires_grad_(True)
    try:
        fit(
            trained.values(),
            loss,
            recipe=recipe,
            folder=folder,
            name=name,
            watch=watch,
            sharpness=sharpness,
        )
    finally:
        network.requires_grad_(False)
    return {key: parameter.detach().clone() for key, parameter in trained.items()}


def compiled(function: Callable[..., Any], *, steps: int) -> Callable[..., Any]:
    """`function` compiled, where a run is long enough to pay for it and a compiler is there."""
    worthwhile = steps >= _COMPILE_FROM and shutil.which("c++") is not None
    return torch.compile(function) if worthwhile else function


@cache
def precision(device: torch.device) -> torch.dtype:
    """bfloat16 where matrix products run clearly faster in it than in float32, measured once.

    Once, so that two runs of one process compute alike; the best of several, so that what else the
    machine does decides nothing.
    """
    if device.type == "cuda":
        return torch.bfloat16

    def seconds(dtype: torch.dtype) -> float:
        a = torch.ones(1024, 1024, dtype=dtype, device=device)
        return min(timeit.repeat(lambda: a @ a, number=1, repeat=8))

    faster = seconds(torch.bfloat16) < 0.7 * seconds(torch.float32)
    return torch.bfloat16 if faster else torch.float32


def shifted(
    pictures: torch.Tensor, rng: np.random.Generator, *, reach: int = 4, groups: int = 8
) -> torch.Tensor:
    """Pictures [n, 3, h, w] moved by up to `reach` pixels and slightly relit.

    One shift serves a whole group: slices are far cheaper than a gather per picture.
    """
    height, width = pictures.shape[-2:]
    padded = torch.nn.functional.pad(pictures, (reach,) * 4, mode="replicate")
    moved = []
    for part in padded.chunk(groups):
        top, left = rng.integers(0, 2 * reach + 1, 2)
        moved.append(part[:, :, top : top + height, left : left + width])
    light = torch.from_numpy(rng.normal(1.0, 0.08, (len(pictures), 1, 1, 1)).astype(np.float32))
    return torch.cat(moved) * light.to(pictures.device)


def _save(
    path: Path, step: int, trained: list[torch.nn.Parameter], optimizer: torch.optim.Optimizer
) -> None:
    partial = path.with_suffix(".partial")
    state = {"step": step, "parameters": trained, "optimizer": optimizer.state_dict()}
    torch.save(state, partial)
    partial.replace(path)


def _resume(path: Path, trained: list[torch.nn.Parameter], optimizer: torch.optim.Optimizer) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    with torch.no_grad():
        for parameter, saved in zip(trained, state["parameters"], strict=True):
            parameter.copy_(saved)
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])

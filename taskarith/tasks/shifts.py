"""Shifted versions of a task's pictures: the same classes under conditions nobody trained for.

A shifted task is named "TASK@SHIFT" ("textures@blur"). It has the classes, head, labels and order
of TASK, so that answers to both can be compared picture by picture. Shifts are moderate (a person
still reads the class) and seeded: the same pictures always come out the same. Knows nothing about
models.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from taskarith.errors import unknown_name
from taskarith.tasks.examples import Images
from taskarith.tasks.task import Task

__all__ = ["SHIFTS", "Shift", "own_name", "shifted_name", "shifted_split", "shifted_task"]

SEPARATOR = "@"
SEED = 77
CHUNK = 256  # pictures at a time: float copies of a whole split would be large

BLUR_SIGMA = 1.2  # of a picture's 64 pixels
NOISE = 0.13  # standard deviation, of full white
CONTRAST = 0.4  # what is left of the distance from grey
ANGLES = (12.0, 25.0)  # degrees, either way
GAINS = (0.45, 1.25)  # of each colour channel
SHADE = (0.3, 1.1)  # light at the dark and at the bright side


@dataclass(frozen=True)
class Shift:
    """One way of changing pictures.

    Attributes:
        title: how the pictures are, as it follows a task's title.
        apply: pictures float32 [n, 3, side, side] in 0…1, and a generator, to pictures alike.
    """

    title: str
    apply: Callable[[Tensor, np.random.Generator], Tensor]


def _blur(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    sigma = BLUR_SIGMA * pictures.shape[-1] / 64
    reach = max(1, round(3 * sigma))
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float32)
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2)
    weights = (weights / weights.sum()).expand(3, 1, 1, -1)
    padded = functional.pad(pictures, (reach,) * 4, mode="replicate")
    across = functional.conv2d(padded, weights, groups=3)
    return functional.conv2d(across, weights.transpose(2, 3), groups=3)


def _noise(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    drawn = rng.standard_normal(tuple(pictures.shape), dtype=np.float32)
    return pictures + NOISE * torch.from_numpy(drawn)


def _contrast(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    return 0.5 + CONTRAST * (pictures - 0.5)


def _rotation(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    count = len(pictures)
    angles = np.radians(rng.uniform(*ANGLES, count)) * rng.choice([-1.0, 1.0], count)
    cos, sin, zero = np.cos(angles), np.sin(angles), np.zeros(count)
    turns = np.stack([cos, -sin, zero, sin, cos, zero], axis=1).reshape(count, 2, 3)
    grid = functional.affine_grid(
        torch.from_numpy(turns.astype(np.float32)), list(pictures.shape), align_corners=False
    )
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def _recolour(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    gains = rng.uniform(*GAINS, (len(pictures), 3, 1, 1)).astype(np.float32)
    return pictures * torch.from_numpy(gains)


def _shade(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    dark, bright = SHADE
    side = torch.linspace(-1, 1, pictures.shape[-1])
    directions = torch.from_numpy(rng.uniform(0, 2 * np.pi, len(pictures)).astype(np.float32))
    along = (
        torch.cos(directions)[:, None, None] * side[None, None, :]
        + torch.sin(directions)[:, None, None] * side[None, :, None]
    )
    light = dark + (bright - dark) * (along / 2**0.5 + 1) / 2
    return pictures * light[:, None]


SHIFTS: dict[str, Shift] = {
    "blur": Shift("blurred", _blur),
    "noise": Shift("with noise", _noise),
    "contrast": Shift("of low contrast", _contrast),
    "rotation": Shift("rotated", _rotation),
    "recolour": Shift("recoloured", _recolour),
    "shade": Shift("half in the shade", _shade),
}


def shifted_name(task: str, shift: str) -> str:
    """The name of a task's shifted version.

    >>> shifted_name("textures", "blur")
    'textures@blur'
    """
    return f"{task}{SEPARATOR}{shift}"


def own_name(name: str) -> tuple[str, str | None]:
    """The task and the shift (None: as it is) that `name` stands for.

    >>> own_name("textures@blur"), own_name("textures")
    (('textures', 'blur'), ('textures', None))
    """
    task, separator, shift = name.partition(SEPARATOR)
    return task, shift if separator else None


def shifted_task(task: Task, shift: str) -> Task:
    """The shifted version of `task`; UnknownNameError if there is no such shift."""
    if shift not in SHIFTS:
        raise unknown_name("shift", shift, existing=SHIFTS)
    return replace(
        task,
        name=shifted_name(task.name, shift),
        title=f"{task.title}, {SHIFTS[shift].title}",
        data={**task.data, "shift": shift},
    )


def shifted_split(split: Images, *, shift: str, of: str) -> Images:
    """`split` with every picture shifted; labels and order stay.

    `of`: which split of which pictures it is; another text draws other noise. Raises
    UnknownNameError if there is no such shift.
    """
    if shift not in SHIFTS:
        raise unknown_name("shift", shift, existing=SHIFTS)
    rng = np.random.default_rng([SEED, zlib.crc32(f"{shift}/{of}".encode())])
    shifted = torch.empty_like(split.pixels)
    for start in range(0, len(split), CHUNK):
        pictures = split.pixels[start : start + CHUNK].permute(0, 3, 1, 2).float() / 255
        changed = SHIFTS[shift].apply(pictures, rng).clamp(0, 1) * 255
        shifted[start : start + CHUNK] = changed.round().to(torch.uint8).permute(0, 2, 3, 1)
    return Images(shifted, split.labels)

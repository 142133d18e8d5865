"""Parameter names laid out over one flat buffer, and the check that two states fit each other.

A *state* is a mapping from parameter names to tensors. This module knows nothing about what the
tensors mean; whoever edits them decides which names take part.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from itertools import accumulate, groupby
from math import isfinite, prod

import torch
from torch import Tensor

from taskarith.core.buffers import Allocate, allocate
from taskarith.errors import WeightsError, listed

__all__ = ["ParameterLayout", "all_finite", "check_states", "exact_dtype"]

# Each tensor starts at a multiple of this many elements: 64 bytes in half precision, so that
# vector instructions and GPU kernels find every parameter aligned. The gaps hold zeros.
ALIGNMENT = 32


@dataclass(frozen=True)
class ParameterLayout:
    """Names, shapes and offsets (in elements) of tensors that live in one buffer of `size`.

    >>> layout = ParameterLayout.from_state({"w": torch.ones(2, 3), "b": torch.zeros(3)})
    >>> layout.offsets, layout.size
    ((0, 32), 64)
    >>> layout.views(layout.flatten({"w": torch.ones(2, 3), "b": torch.zeros(3)}))["w"].shape
    torch.Size([2, 3])
    """

    names: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    offsets: tuple[int, ...]
    size: int

    @classmethod
    def from_state(cls, state: Mapping[str, Tensor]) -> "ParameterLayout":
        """The layout of `state`, in its order; WeightsError if a tensor is not floating point."""
        wrong = [name for name, tensor in state.items() if not tensor.is_floating_point()]
        if wrong:
            raise WeightsError(
                f"only floating-point tensors can be edited; leave out {listed(wrong)}"
            )
        shapes = tuple(tuple(tensor.shape) for tensor in state.values())
        *offsets, size = accumulate((_padded(prod(shape)) for shape in shapes), initial=0)
        return cls(tuple(state), shapes, tuple(offsets), size)

    def flatten(
        self,
        state: Mapping[str, Tensor],
        *,
        dtype: torch.dtype = torch.float32,
        allocate: Allocate = allocate,
    ) -> Tensor:
        """A new buffer [size] of `dtype` holding `state`; names that `state` lacks stay zero.

        It is on the CPU, made by `allocate`. Raises WeightsError for a name or a shape that is
        not in the layout.
        """
        known = dict(zip(self.names, self.shapes, strict=True))
        wrong = [n for n, tensor in state.items() if known.get(n) != tuple(tensor.shape)]
        if wrong:
            raise WeightsError(f"these tensors do not fit the layout: {listed(wrong)}")
        flat = allocate(self.size, dtype)
        for name, view in self.views(flat).items():
            if name in state:
                view.copy_(state[name].detach())
        return flat

    def segments(self, key: Callable[[str], Hashable]) -> list[tuple[Hashable, tuple[int, int]]]:
        """(group, (start, stop)) of every run of neighbours for whose names `key` gives one group.

        >>> layout = ParameterLayout.from_state({n: torch.ones(2) for n in ("a.x", "a.y", "b")})
        >>> layout.segments(lambda name: name[0])
        [('a', (0, 64)), ('b', (64, 96))]
        """
        ends = (*self.offsets, self.size)[1:]
        parameters = zip(self.names, self.offsets, ends, strict=True)
        runs = ((group, list(run)) for group, run in groupby(parameters, lambda p: key(p[0])))
        return [(group, (run[0][1], run[-1][2])) for group, run in runs]

    def views(self, flat: Tensor) -> dict[str, Tensor]:
        """The tensors inside the buffer `flat` [size], by name; they share its memory."""
        if flat.shape != (self.size,):
            raise WeightsError(f"expected a buffer of shape ({self.size},), got {list(flat.shape)}")
        return {
            name: flat[offset : offset + prod(shape)].view(shape)
            for name, shape, offset in zip(self.names, self.shapes, self.offsets, strict=True)
        }


def check_states(
    expected: Mapping[str, Tensor],
    found: Mapping[str, Tensor],
    what: str,
    *,
    same_dtype: bool = True,
) -> None:
    """Raise one WeightsError listing everything in which `found` differs from `expected`.

    Compared are names, shapes and dtypes (without `same_dtype` only whether both are floating
    point); NaN and Inf are looked for in both. `what` names the two in the message.

    >>> check_states({"w": torch.zeros(2)}, {"w": torch.zeros(3)}, "θ₀ and θ_t")
    Traceback (most recent call last):
    taskarith.errors.WeightsError: θ₀ and θ_t do not fit each other: shape differs: w \
([2] expected, [3] found)
    """
    common = [name for name in expected if name in found]
    shapes = [
        f"{name} ({list(expected[name].shape)} expected, {list(found[name].shape)} found)"
        for name in common
        if expected[name].shape != found[name].shape
    ]
    dtypes = [
        f"{name} ({_dtype(expected[name])} expected, {_dtype(found[name])} found)"
        for name in common
        if expected[name].dtype != found[name].dtype
        and (same_dtype or not _both_float(expected[name], found[name]))
    ]
    problems = {
        "missing": [name for name in expected if name not in found],
        "unexpected": [name for name in found if name not in expected],
        "shape differs": shapes,
        "dtype differs": dtypes,
        "NaN or Inf in the expected": _not_finite(expected) if expected is not found else [],
        "NaN or Inf": _not_finite(found),
    }
    report = [f"{kind}: {listed(names)}" for kind, names in problems.items() if names]
    if report:
        raise WeightsError(f"{what} do not fit each other: {'; '.join(report)}")


def all_finite(tensor: Tensor) -> bool:
    """Whether none of a floating-point tensor's numbers is NaN or Inf.

    The sum tells, in a thirtieth of the time of looking at each number; where it is not finite the
    numbers may still be, and too large to be summed.

    >>> all_finite(torch.full((4,), 3e38)), all_finite(torch.tensor([1.0, float("nan")]))
    (True, False)
    """
    return isfinite(tensor.sum(dtype=torch.float32).item()) or bool(torch.isfinite(tensor).all())


def exact_dtype(state: Mapping[str, Tensor]) -> torch.dtype:
    """The narrowest of float16 and bfloat16 that holds every number as it is, else float32.

    >>> exact_dtype({"w": torch.tensor([0.5])}), exact_dtype({"w": torch.tensor([0.1])})
    (torch.float16, torch.float32)
    """
    for dtype in (torch.float16, torch.bfloat16):
        if all(torch.equal(tensor.to(dtype).to(tensor.dtype), tensor) for tensor in state.values()):
            return dtype
    return torch.float32


def _padded(count: int) -> int:
    return -(-count // ALIGNMENT) * ALIGNMENT


def _both_float(one: Tensor, other: Tensor) -> bool:
    return one.is_floating_point() and other.is_floating_point()


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _not_finite(state: Mapping[str, Tensor]) -> list[str]:
    return [
        name
        for name, tensor in state.items()
        if tensor.is_floating_point() and not all_finite(tensor)
    ]

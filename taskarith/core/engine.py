"""The recompose engine: θ = θ₀ + Σ λ_k τ_k into the weights of a live model, in one pass.

θ₀, every τ and the output are flat buffers over one layout, and the live model's parameters are
views into the output: an edit costs no allocation, no `load_state_dict` and no loop over names.
It is always made from θ₀, never from the edit before, so no rounding piles up. Only parameters
that some vector covers take part; everything else in the model stays as it is. The engine knows
nothing about what the model computes.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from taskarith.core.edit import checked_coefficient
from taskarith.core.layout import ParameterLayout, check_states
from taskarith.core.vector import TaskVector
from taskarith.errors import WeightsError, unknown_name

__all__ = ["Recomposer"]

# Elements per block on the CPU: a block's accumulator (float32) stays in the second-level cache
# while every vector is added to it, so that memory sees K + 1 reads and one write. Larger
# blocks torch shares among threads, which meet after every addition: with 8 vectors of 1.8 M
# numbers that saved 1 ms on two quiet cores and lost 4 to 380 ms on two busy ones.
BLOCK = 1 << 15


class Recomposer:
    """Holds θ₀ and the τ_k as flat buffers and writes θ₀ + Σ λ_k τ_k into one output buffer.

    `base` is the state the vectors belong to (it may hold more than they cover). Vectors are
    stored in the dtype `storage`; sums are accumulated in float32 and rounded once to the dtype
    of `base`. Raises WeightsError where a vector does not fit.

    >>> base = {"w": torch.tensor([1.0, 2.0])}
    >>> engine = Recomposer(base, {"t": TaskVector({"w": torch.tensor([2.0, 2.0])})})
    >>> engine.recompose({"t": -0.5})
    >>> engine.state()["w"]
    tensor([0., 1.])
    """

    def __init__(
        self,
        base: Mapping[str, Tensor],
        vectors: Mapping[str, TaskVector],
        *,
        device: torch.device | str = "cpu",
        storage: torch.dtype = torch.float32,
    ) -> None:
        covered = {name for vector in vectors.values() for name in vector}
        edited = {name: tensor for name, tensor in base.items() if name in covered}
        dtypes = {tensor.dtype for tensor in edited.values()}
        if len(dtypes) > 1:
            raise WeightsError(f"the edited weights must share one dtype, found {dtypes}")
        self.device = torch.device(device)
        self.storage = storage
        self.layout = ParameterLayout.from_state(edited)
        base_dtype = dtypes.pop() if dtypes else torch.float32
        self._base = self.layout.flatten(edited, dtype=base_dtype).to(self.device)
        self._output = self._base.clone()
        # One block on an accelerator: its launches cost more than its cache saves.
        self._block = BLOCK if self.device.type == "cpu" else max(1, self.layout.size)
        self._base_blocks = torch.split(self._base, self._block)
        self._output_blocks = torch.split(self._output, self._block)
        self._accumulator = torch.empty(
            min(self._block, self.layout.size), dtype=torch.float32, device=self.device
        )
        self._vector_blocks: dict[str, tuple[Tensor, ...]] = {}
        for name, vector in vectors.items():
            self.add_vector(name, vector)

    @property
    def vectors(self) -> tuple[str, ...]:
        """The names `recompose` accepts, in the order in which they are summed."""
        return tuple(self._vector_blocks)

    def add_vector(self, name: str, vector: TaskVector) -> None:
        """Store one more vector (or replace one); it may cover only parameters of the layout."""
        views = self.layout.views(self._base)
        covered = {n: views[n] for n in vector if n in views}
        check_states(covered, vector, f"the weights and the vector {name!r}", same_dtype=False)
        flat = self.layout.flatten(vector, dtype=self.storage).to(self.device)
        if not bool(torch.isfinite(flat).all()):
            raise WeightsError(f"the vector {name!r} overflows {self.storage}; store it wider")
        self._vector_blocks[name] = torch.split(flat, self._block)

    def bind(self, module: nn.Module) -> None:
        """Make the edited parameters of `module` views of the output; changes `module` in place.

        A parameter known under two names (tied weights) is bound, and so edited, once. Raises
        WeightsError if a parameter is missing or has another shape or dtype.
        """
        everything: dict[str, Tensor] = dict(module.named_buffers(remove_duplicate=False))
        everything.update(module.named_parameters(remove_duplicate=False))
        views = self.layout.views(self._output)
        found = {name: everything[name] for name in views if name in everything}
        check_states(views, found, "the edited weights and the module")
        bound: set[int] = set()
        for name, parameter in found.items():
            if id(parameter) not in bound:
                bound.add(id(parameter))
                parameter.requires_grad_(False)
                parameter.data = views[name]

    @torch.no_grad()
    def recompose(self, coefficients: Mapping[str, float]) -> None:
        """Write θ₀ + Σ λ_k τ_k into the output, in place; vectors not named have λ = 0.

        λ = 0 is skipped: with none left the output is θ₀ bit for bit. The vectors are summed in
        the order of `vectors`, so equal coefficients give equal bits whatever came before. Raises
        UnknownNameError or CoefficientError and then leaves the output as it was.
        """
        for name in coefficients:
            if name not in self._vector_blocks:
                raise unknown_name("vector", name, existing=self._vector_blocks)
        checked = {name: checked_coefficient(value, name) for name, value in coefficients.items()}
        terms = [
            (checked[name], blocks)
            for name, blocks in self._vector_blocks.items()
            if checked.get(name, 0.0) != 0.0
        ]
        if not terms:
            self._output.copy_(self._base)
            return
        direct = self._output.dtype == torch.float32
        for index, output in enumerate(self._output_blocks):
            total = output if direct else self._accumulator[: len(output)]
            total.copy_(self._base_blocks[index])
            for coefficient, blocks in terms:
                total.add_(blocks[index], alpha=coefficient)
            if not direct:
                output.copy_(total)

    def state(self) -> dict[str, Tensor]:
        """A copy of the edited parameters as they are now, by name."""
        return {name: view.clone() for name, view in self.layout.views(self._output).items()}

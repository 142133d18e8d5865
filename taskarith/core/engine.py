"""The recompose engine: θ = θ₀ + Σ λ_k τ_k into the weights of a live model, in one pass.

θ₀, every τ and the output are flat buffers over one layout, and the live model's parameters are
views into the output: an edit costs no allocation, no `load_state_dict` and no loop over names.
It is always made from θ₀, never from the edit before, so no rounding piles up. Only parameters
that some vector covers take part; everything else in the model stays as it is. The sum itself is
made by a kernel. The engine knows nothing about what the model computes.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from taskarith.core.buffers import Allocate, MemoryNeed, allocate
from taskarith.core.coefficients import checked_coefficient, finite_number
from taskarith.core.layers import layer_factors, layer_group
from taskarith.core.layout import ParameterLayout, check_states, exact_dtype
from taskarith.core.stretch import Stretch
from taskarith.core.vector import TaskVector
from taskarith.errors import WeightsError, unknown_name

__all__ = ["Recomposer"]

Layers = Mapping[str, Mapping[str, float]]  # vector → layer group → factor of λ there


class Recomposer:
    """Holds θ₀ and the τ_k as flat buffers and writes θ₀ + Σ λ_k τ_k into one output buffer.

    `base` is the state the vectors belong to (it may hold more than they cover). Vectors are
    stored in the dtype `storage`; without one, each in the narrowest that holds its numbers as
    they are, so that half precision halves the work and changes no bit of the answer. Sums are
    accumulated in float32 and rounded once to the dtype of `base`. A `budget` in bytes bounds what
    vectors and buffers may take together; vectors that a given `keep` makes room for (in mapped
    files, say) do not count. Each vector is asked of `vectors` once and let go before the next.
    Raises WeightsError where a vector does not fit the base, MemoryBudgetError where they do not
    fit the budget.

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
        storage: torch.dtype | None = None,
        keep: Allocate | None = None,
        budget: int | None = None,
    ) -> None:
        self.device = torch.device(device)
        self.storage = storage
        self._keep, self._budget = keep, budget
        read: dict[str, tuple[ParameterLayout, Tensor]] = {}
        for name in vectors:
            read[name] = self._first_read(name, vectors[name], base, read, expected=len(vectors))
        covered = {name for layout, _ in read.values() for name in layout.names}
        edited = {name: tensor for name, tensor in base.items() if name in covered}
        dtypes = {tensor.dtype for tensor in edited.values()}
        if len(dtypes) > 1:
            raise WeightsError(f"the edited weights must share one dtype, found {dtypes}")
        self.layout = ParameterLayout.from_state(edited)
        self._dtype = dtypes.pop() if dtypes else torch.float32
        self._vectors = {name: self._laid_out(*read.pop(name)) for name in vectors}
        self._check_budget(
            [v.dtype for v in self._vectors.values()], layout=self.layout, base=self._dtype
        )
        self._base = self._base_of(edited)
        self._output = allocate(self.layout.size, self._dtype).to(self.device).copy_(self._base)
        segments = self.layout.segments(layer_group)
        self._groups = [str(group) for group, _ in segments]
        self._segments = [edges for _, edges in segments]
        self._prepare()

    @property
    def vectors(self) -> tuple[str, ...]:
        """The names `recompose` accepts, in the order in which they are summed."""
        return tuple(self._vectors)

    @property
    def memory(self) -> MemoryNeed:
        """What the vectors and buffers take now; vectors in mapped files count as none."""
        dtypes = [flat.dtype for flat in self._vectors.values()]
        return self._need(dtypes, layout=self.layout, base=self._dtype)

    def add_vector(self, name: str, vector: TaskVector) -> None:
        """Store one more vector (or replace one); it may cover only parameters of the layout."""
        _check_fits(name, vector, self.layout.views(self._base))
        dtype = self.storage or exact_dtype(vector)
        others = [flat.dtype for other, flat in self._vectors.items() if other != name]
        self._check_budget([*others, dtype], layout=self.layout, base=self._dtype)
        self._vectors[name] = self._flat(name, vector, self.layout, dtype=dtype)

    def vector(self, name: str) -> TaskVector:
        """A stored vector, zero where it covers nothing: views of its buffer, in its dtype.

        Raises UnknownNameError if there is none of that name.
        """
        if name not in self._vectors:
            raise unknown_name("vector", name, existing=self._vectors)
        return TaskVector(self.layout.views(self._vectors[name]))

    def remove_vector(self, name: str) -> None:
        """Forget a vector and free its memory; UnknownNameError if there is none of that name."""
        if name not in self._vectors:
            raise unknown_name("vector", name, existing=self._vectors)
        del self._vectors[name]

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
    def recompose(self, coefficients: Mapping[str, float], *, layers: Layers | None = None) -> None:
        """Write θ₀ + Σ λ_k τ_k into the output, in place; vectors not named have λ = 0.

        With `layers`, λ_k is multiplied in the layer groups it names (see `layer_group`) by the
        factor given there; that costs no more. λ = 0 is skipped: with none left the output is θ₀
        bit for bit. The vectors are summed in the order of `vectors`, so equal coefficients give
        equal bits whatever came before. Raises UnknownNameError or CoefficientError and then
        leaves the output as it was.
        """
        for name in coefficients:
            if name not in self._vectors:
                raise unknown_name("vector", name, existing=self._vectors)
        checked = {name: checked_coefficient(value, name) for name, value in coefficients.items()}
        everywhere = {name: checked[name] for name in self._vectors if checked.get(name)}
        if not everywhere:
            self._output.copy_(self._base)
            return
        if not layers:
            row_of = [0] * len(self._groups)
            distinct = [everywhere]
        else:
            by_group = self._by_group(everywhere, layers)
            distinct = list(by_group.values())
            place = {group: index for index, group in enumerate(by_group)}
            row_of = [place[group] for group in self._groups]
        self._write(distinct, row_of, names=list(everywhere))

    def state(self) -> dict[str, Tensor]:
        """A copy of the edited parameters as they are now, by name."""
        return {name: view.clone() for name, view in self.layout.views(self._output).items()}

    def _by_group(
        self, coefficients: Mapping[str, float], layers: Layers
    ) -> dict[str, dict[str, float]]:
        """Each layer group's own coefficients, without those that are 0 in it."""
        rows = {group: dict(coefficients) for group in self._groups}
        for name, value in coefficients.items():
            for group, factor in layer_factors(layers, name).items():
                if group not in rows:
                    raise unknown_name("layer group", group, existing=rows)
                where = f"{name} in {group}"
                rows[group][name] = checked_coefficient(value * finite_number(factor, where), where)
        return {
            group: {name: value for name, value in row.items() if value != 0}
            for group, row in rows.items()
        }

    def _write(
        self, rows: Sequence[Mapping[str, float]], row_of: Sequence[int], *, names: Sequence[str]
    ) -> None:
        """Sum over the whole: the segment number i gets the row number row_of[i]."""
        self._whole.write(rows, row_of, vectors={name: self._vectors[name] for name in names})

    def _prepare(self) -> None:
        """Make the kernels now: the first edit should not wait."""
        self._whole = Stretch(self._output, self._base, segments=self._segments)
        for flat in self._vectors.values():
            self._whole.prepare(flat.dtype)

    def _base_of(self, edited: Mapping[str, Tensor]) -> Tensor:
        """θ₀ as one buffer, where it stays between edits."""
        return self.layout.flatten(edited, dtype=self._dtype).to(self.device)

    def _at_rest(self, flat: Tensor) -> Tensor:
        """A vector's buffer, where it stays between edits."""
        return flat.to(self.device)

    def _first_read(
        self,
        name: str,
        vector: TaskVector,
        base: Mapping[str, Tensor],
        before: Mapping[str, tuple[ParameterLayout, Tensor]],
        *,
        expected: int,
    ) -> tuple[ParameterLayout, Tensor]:
        """A vector over a layout of its own: which parameters all cover is not known yet.

        Those still to come are taken to be as large as this one: what will not fit is refused
        before it is read.
        """
        _check_fits(name, vector, base)
        edited = {n: tensor for n, tensor in base.items() if n in vector}
        layout = ParameterLayout.from_state(edited)
        dtype = self.storage or exact_dtype(vector)
        dtypes = [flat.dtype for _, flat in before.values()]
        theirs = next((tensor.dtype for tensor in edited.values()), torch.float32)
        self._check_budget(
            [*dtypes, *[dtype] * (expected - len(dtypes))], layout=layout, base=theirs
        )
        return layout, self._flat(name, vector, layout, dtype=dtype)

    def _flat(
        self, name: str, vector: TaskVector, layout: ParameterLayout, *, dtype: torch.dtype
    ) -> Tensor:
        flat = layout.flatten(vector, dtype=dtype, allocate=self._keep or allocate)
        flat = self._at_rest(flat)
        if not bool(torch.isfinite(flat).all()):
            raise WeightsError(f"the vector {name!r} overflows {dtype}; store it wider")
        return flat

    def _laid_out(self, own: ParameterLayout, flat: Tensor) -> Tensor:
        """The same vector over the layout of all."""
        if own == self.layout:
            return flat
        room = self._keep or allocate
        wide = self.layout.flatten(own.views(flat), dtype=flat.dtype, allocate=room)
        return self._at_rest(wide)

    def _need(
        self, vectors: Sequence[torch.dtype], *, layout: ParameterLayout, base: torch.dtype
    ) -> MemoryNeed:
        inside = () if self._keep else tuple(vectors)
        return MemoryNeed(parameters=layout.size, vectors=inside, base=base)

    def _check_budget(
        self, vectors: Sequence[torch.dtype], *, layout: ParameterLayout, base: torch.dtype
    ) -> None:
        if self._budget is not None:
            self._need(vectors, layout=layout, base=base).check(self._budget)


def _check_fits(name: str, vector: TaskVector, weights: Mapping[str, Tensor]) -> None:
    covered = {n: weights[n] for n in vector if n in weights}
    check_states(covered, vector, f"the weights and the vector {name!r}", same_dtype=False)

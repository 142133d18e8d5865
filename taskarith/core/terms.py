"""Terms: the scaled task vectors σ_t = λ_t·τ_t that a merge works on, piece by piece.

The scaled vectors are never held whole: a piece (a parameter, or one of the matrices that a fused
one stacks) is scaled when it is asked for, so that merging K vectors takes little more than the
vectors and the result. Knows nothing about how they are merged.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import prod

import torch
from torch import Tensor

from taskarith.core.coefficients import checked_coefficient, finite_number
from taskarith.core.layers import layer_factors, layer_group
from taskarith.core.vector import TaskVector
from taskarith.errors import WeightsError, unknown_name

__all__ = ["Piece", "Terms"]

BLOCK = 1 << 16  # entries in a block: with 20 vectors, 5 MB at once
ACCELERATOR_BLOCK = 1 << 22  # 320 MB: many small launches cost more than the memory


@dataclass(frozen=True)
class Piece:
    """The entries start:stop of a flattened parameter, seen as a tensor of `shape`.

    With `columns`, those columns of them: start:stop then holds their neighbours, too.
    """

    parameter: str
    start: int
    stop: int
    shape: tuple[int, ...]
    columns: tuple[int, int] | None = None

    def of(self, tensor: Tensor) -> Tensor:
        """The piece of its parameter, in the piece's shape; a view where the layout allows one."""
        if self.columns is not None:
            return tensor[:, slice(*self.columns)]
        return tensor.reshape(-1)[self.start : self.stop].view(self.shape)


class Terms:
    """Task vectors τ_t with their coefficients λ_t: the terms σ_t = λ_t·τ_t of a merge.

    All coefficients are 1 unless `coefficients` is given; then vectors it does not name have
    λ = 0. With `layers`, λ_t is multiplied in the layer groups it names (see `layer_group`) by the
    factor given there. Terms with λ = 0 are left out. A vector is zero where it does not cover a
    parameter that another one covers; one whose tensors are read when asked for is never read
    whole. Everything is computed in float32, terms in the order of their names.

    `fused` says of a parameter's name how many matrices lie above each other in it, or, negative,
    beside each other: some libraries keep query, key and value in one tensor, others in three, and
    a merge sees three in both, or the same edit would differ by library.

    Raises UnknownNameError for a coefficient or a layer group of nothing, CoefficientError for
    one that is out of range, WeightsError where the shapes of two vectors differ.

    >>> terms = Terms({"a": TaskVector({"w": torch.ones(2)})}, {"a": -0.5})
    >>> [stack for _, stack in terms.stacks()]
    [tensor([[-0.5000, -0.5000]])]

    Attributes:
        names: the names of the terms.
        shapes: the shape of every parameter that a term covers.
    """

    def __init__(
        self,
        vectors: Mapping[str, Mapping[str, Tensor]],
        coefficients: Mapping[str, float] | None = None,
        *,
        layers: Mapping[str, Mapping[str, float]] | None = None,
        fused: Callable[[str], int] | None = None,
    ) -> None:
        given = dict.fromkeys(vectors, 1.0) if coefficients is None else coefficients
        for name in given:
            if name not in vectors:
                raise unknown_name("vector", name, existing=vectors)
        checked = {name: checked_coefficient(given[name], name) for name in sorted(given)}
        self.coefficients = {name: value for name, value in checked.items() if value != 0}
        self.names = tuple(self.coefficients)
        self._vectors = {name: vectors[name] for name in self.names}
        self.shapes = _common_shapes(self._vectors)
        self._fused = fused
        self._factors = {name: self._layer_factors(name, layers or {}) for name in self.names}
        tensors = (tensor for vector in self._vectors.values() for tensor in vector.values())
        self.device = next((tensor.device for tensor in tensors), torch.device("cpu"))

    def __len__(self) -> int:
        """How many terms there are, K."""
        return len(self.names)

    @property
    def size(self) -> int:
        """How many entries a term has."""
        return sum(map(prod, self.shapes.values()))

    def pieces(self) -> Iterator[Piece]:
        """Every parameter that has entries; a fused one as the matrices it holds."""
        for parameter, shape in self.shapes.items():
            if not prod(shape):
                continue
            parts = self._fused(parameter) if self._fused else 1
            if parts < 0 and len(shape) == 2 and shape[1] % parts == 0:
                width = shape[1] // -parts
                for at in range(0, shape[1], width):
                    yield Piece(parameter, 0, prod(shape), (shape[0], width), (at, at + width))
                continue
            parts = parts if parts > 0 and shape and shape[0] % parts == 0 else 1
            size = prod(shape) // parts
            shape = (shape[0] // parts, *shape[1:]) if shape else shape
            for part in range(parts):
                yield Piece(parameter, part * size, (part + 1) * size, shape)

    def whole(self, parameter: str) -> Piece:
        """A parameter in one piece, fused or not."""
        shape = self.shapes[parameter]
        return Piece(parameter, 0, prod(shape), shape)

    def blocks(self) -> Iterator[Piece]:
        """All entries in flat runs of bounded length, for what goes entry by entry."""
        size = BLOCK if self.device.type == "cpu" else ACCELERATOR_BLOCK
        for piece in self.pieces():
            if piece.columns is not None and piece.columns[0]:
                continue  # the first of those beside each other stands for the whole
            for start in range(piece.start, piece.stop, size):
                stop = min(start + size, piece.stop)
                yield Piece(piece.parameter, start, stop, (stop - start,))

    def row(self, name: str, piece: Piece) -> Tensor:
        """σ_t in a piece: a new float32 tensor of the piece's shape."""
        if piece.parameter not in self._vectors[name]:
            return torch.zeros(piece.shape, device=self.device)
        row = piece.of(self._vectors[name][piece.parameter]).to(torch.float32, copy=True)
        return row.mul_(self._coefficient(name, piece.parameter)).contiguous()

    def stack(self, piece: Piece) -> Tensor:
        """Every term in a piece: float32 [K, *shape]."""
        rows = [self.row(name, piece) for name in self.names]
        return torch.stack(rows) if rows else torch.zeros(0, *piece.shape)

    def stacks(self) -> Iterator[tuple[Piece, Tensor]]:
        """Every piece with its stack [K, *shape]."""
        return ((piece, self.stack(piece)) for piece in self.pieces())

    def stacked_blocks(self) -> Iterator[tuple[Piece, Tensor]]:
        """Every block with its stack [K, entries]."""
        return ((block, self.stack(block)) for block in self.blocks())

    def products(self) -> Tensor:
        """⟨σ_s, σ_t⟩ over all parameters, accumulated in float64 on the CPU: [K, K]."""
        products = torch.zeros(len(self), len(self), dtype=torch.float64)
        for _, stack in self.stacked_blocks():
            rows = stack.cpu().double()
            products += rows @ rows.T
        return products

    def collect(self, pieces: Iterable[tuple[Piece, Tensor]], *, scale: float = 1.0) -> TaskVector:
        """The merged vector, float32: `scale` times the tensors given for its pieces."""
        merged = {name: torch.zeros(s, device=self.device) for name, s in self.shapes.items()}
        for piece, tensor in pieces:
            torch.mul(tensor.reshape(piece.shape), scale, out=piece.of(merged[piece.parameter]))
        return TaskVector(merged)

    def _coefficient(self, name: str, parameter: str) -> float:
        factors = self._factors[name]
        factor = factors.get(layer_group(parameter), 1.0) if factors else 1.0
        return self.coefficients[name] * factor

    def _layer_factors(
        self, name: str, layers: Mapping[str, Mapping[str, float]]
    ) -> dict[str, float]:
        groups = dict.fromkeys(map(layer_group, self.shapes))
        factors = {}
        for group, value in layer_factors(layers, name).items():
            if group not in groups:
                raise unknown_name("layer group", group, existing=groups)
            factors[group] = finite_number(value, f"{name} in {group}")
            checked_coefficient(self.coefficients[name] * factors[group], f"{name} in {group}")
        return factors


def _common_shapes(vectors: Mapping[str, Mapping[str, Tensor]]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, vector in vectors.items():
        for parameter, tensor in vector.items():
            found, expected = tuple(tensor.shape), shapes.setdefault(parameter, tuple(tensor.shape))
            if found != expected:
                raise WeightsError(
                    f"the vectors to merge do not fit each other: {parameter} is {list(found)} in "
                    f"{name!r} and {list(expected)} in another; merge vectors of one base"
                )
    return shapes

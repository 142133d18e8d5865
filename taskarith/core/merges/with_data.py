"""Merges that look at data: Fisher averaging, RegMean and layer-wise AdaMerging.

What they need to know about images comes through `Statistics`; no label is ever seen, here or
there. Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.coefficients import MAX_COEFFICIENT
from taskarith.core.layers import layer_group, layer_groups
from taskarith.core.merges.fisher_gram import Statistics
from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.settings import Images, Scale
from taskarith.core.precision import double
from taskarith.core.terms import Piece, Terms
from taskarith.core.vector import TaskVector
from taskarith.errors import SettingError, WeightsError

__all__ = ["adamerging", "fisher", "learned_coefficients", "regmean"]

RIDGE = 1e-6  # of the mean diagonal: inputs that are always 0 leave a Gram matrix singular

Floor = Annotated[
    float,
    Bounds("least Fisher information, as a share of the mean", least=0, most=1, above_least=True),
]


@method(
    "fisher",
    title="Fisher averaging",
    paper="https://arxiv.org/abs/2111.09832",
    scope="each entry alone",
    normalization="weighted mean; every F_t has mean 1",
    buffers=3,
    elsewhere="FusionBench takes 256 images and divides F_t by its length instead of its mean",
)
def fisher(
    terms: Terms,
    *,
    statistics: Statistics,
    images: Images = 128,
    floor: Floor = 1e-6,
    scale: Scale = 1.0,
) -> TaskVector:
    """Fisher averaging: a mean weighted by how much each task's answers depend on an entry.

    scale · Σ F_t ⊙ σ_t ÷ Σ F_t, with F_t the diagonal of the Fisher information of task t at
    θ₀ + τ_t, divided by its mean and not below `floor`: entries on which no task's answers depend
    are averaged. With λ = 1 this is the paper's with equal weights. Beside the vectors it holds two
    sums and one F_t.
    """
    total = {name: torch.zeros(s, device=terms.device) for name, s in terms.shapes.items()}
    weighted = {name: torch.zeros_like(tensor) for name, tensor in total.items()}
    for name in terms.names:
        for piece, weight in _fisher_weights(
            terms, name, statistics=statistics, images=images, floor=floor
        ):
            run = slice(piece.start, piece.stop)
            total[piece.parameter].view(-1)[run] += weight
            weighted[piece.parameter].view(-1)[run] += weight * terms.row(name, piece)
    for parameter, tensor in weighted.items():
        tensor.mul_(scale).div_(total.pop(parameter))
    return TaskVector(weighted)


def _fisher_weights(
    terms: Terms, name: str, *, statistics: Statistics, images: int, floor: float
) -> Iterator[tuple[Piece, Tensor]]:
    """F_t ÷ its mean, not below `floor`, block by block; 1 where F_t is 0 everywhere."""
    diagonal = statistics.fisher(name, images=images)
    _check_covers(diagonal, terms, f"the Fisher information of {name!r}")
    mean = sum(float(diagonal[n].sum()) for n in terms.shapes) / terms.size
    for piece in terms.blocks():
        weight = diagonal[piece.parameter].reshape(-1)[piece.start : piece.stop].float()
        yield piece, (weight / mean).clamp(min=floor) if mean else torch.ones_like(weight)


Kept = Annotated[
    float, Bounds("factor of what is off the Gram matrices' diagonal", least=0, most=1)
]


@method(
    "regmean",
    title="RegMean",
    paper="https://arxiv.org/abs/2212.09849",
    scope="per linear map",
    normalization="weighted mean; the mean for all else",
    buffers=6,
    elsewhere="FusionBench takes 256 images and, for CLIP, 0.95 off the diagonal",
)
def regmean(
    terms: Terms,
    *,
    statistics: Statistics,
    images: Images = 128,
    off_diagonal: Kept = 0.9,
    scale: Scale = 1.0,
) -> TaskVector:
    """RegMean: the linear maps whose outputs are nearest to all tasks' own, on their own inputs.

    scale · (Σ σ_t G_t) (Σ G_t)⁻¹ for the weight [out, in] of a linear map, with G_t [in, in] the
    mean of x·xᵀ over the inputs x it gets in model θ₀ + τ_t from images of task t, what is off its
    diagonal multiplied by `off_diagonal`; a weight kept as [in, out] is merged as its transpose;
    (1/K) Σ σ_t for all else. With λ = 1 this is the paper's. Query, key and value have one input,
    so that it makes no difference whether they are kept together.

    Beside the vectors, the result and the products it holds two sets of Gram matrices, which its
    mathematics asks for: [in, in] for each map, 1.6 times the size of a transformer's block
    matrices. That is why it needs more than three buffers.
    """
    grams: dict[str, Tensor] = {}
    products: dict[str, Tensor] = {}
    turned: set[str] = set()
    for name in terms.names:
        for parameter, gram in statistics.grams(name, images=images).items():
            if parameter not in terms.shapes:
                continue
            shrunk = _shrunk(gram.matrix.to(terms.device, torch.float32), off_diagonal)
            term = terms.row(name, terms.whole(parameter))
            if gram.turned:
                turned.add(parameter)
                term = term.T
            _check_map(term, shrunk, parameter)
            _add(grams, parameter, shrunk)
            _add(products, parameter, term @ shrunk)

    def merged() -> Iterator[tuple[Piece, Tensor]]:
        for parameter in terms.shapes:
            whole = terms.whole(parameter)
            if parameter in grams:
                divided = _divided(products.pop(parameter), grams.pop(parameter))
                yield whole, divided.T if parameter in turned else divided
            else:
                yield whole, terms.stack(whole).mean(0)

    return terms.collect(merged(), scale=scale)


Steps = Annotated[int, Bounds("steps of Adam", least=0, most=10_000)]
Rate = Annotated[float, Bounds("learning rate of Adam", least=0, most=1)]
Start = Annotated[
    float, Bounds("all c before the first step", least=-MAX_COEFFICIENT, most=MAX_COEFFICIENT)
]


@method(
    "adamerging",
    title="AdaMerging, layer-wise",
    paper="https://arxiv.org/abs/2310.02575",
    scope="per layer group",
    normalization="none: learned coefficients",
    buffers=2,
    elsewhere="FusionBench takes 1000 steps at rate 0.001",
)
def adamerging(
    terms: Terms,
    *,
    statistics: Statistics,
    steps: Steps = 50,
    rate: Rate = 0.02,
    images: Images = 16,
    start: Start = 0.3,
    scale: Scale = 1.0,
) -> TaskVector:
    """AdaMerging: one coefficient per vector and layer group, learned without labels.

    scale · Σ_t Σ_g c_{t,g} σ_t in layer group g, with the c of `learned_coefficients`. They come
    from unlabelled *validation* images: accuracies on that split are those of a model that has
    seen its images. The paper takes 500 steps at rate 0.001.
    """
    learned = learned_coefficients(
        terms, statistics=statistics, steps=steps, rate=rate, images=images, start=start
    )
    return _mixed(terms, learned, scale=scale)


def learned_coefficients(
    terms: Terms,
    *,
    statistics: Statistics,
    steps: int = 50,
    rate: float = 0.02,
    images: int = 16,
    start: float = 0.3,
) -> dict[str, dict[str, float]]:
    """AdaMerging's coefficients c by vector and layer group (as `Terms` takes them in `layers`).

    Adam on the mean entropy of the answers of θ₀ + Σ c_{t,g} σ_t to `images` images, new ones at
    every step, of each task with λ_t > 0 (a task that is to be forgotten need not be answered with
    confidence). ∂H/∂c_{t,g} = ⟨∂H/∂θ, σ_t⟩ over the parameters of g. The paper keeps c in 0…1; here
    it may be negative, within ±3. Raises SettingError where no λ is positive.
    """
    wanted = [name for name in terms.names if terms.coefficients[name] > 0]
    if terms.names and not wanted:
        raise SettingError("adamerging learns from tasks with λ > 0 and there is none; add one")
    groups = list(layer_groups(terms.shapes))
    learned = torch.full((len(terms), len(groups)), start, dtype=torch.float64)
    adam = torch.optim.Adam([learned], lr=rate)
    for step in range(steps if terms.names else 0):
        merged = _mixed(terms, _named(learned, terms, groups))
        _, gradient = statistics.entropy(merged, vectors=wanted, step=step, images=images)
        _check_covers(gradient, terms, "the gradient of the entropy")
        learned.grad = _projected(gradient, terms, groups)
        del merged, gradient  # each as large as the model, and in the way of the next
        adam.step()
        learned.clamp_(-MAX_COEFFICIENT, MAX_COEFFICIENT)
    return _named(learned, terms, groups)


def _mixed(
    terms: Terms, coefficients: Mapping[str, Mapping[str, float]], *, scale: float = 1.0
) -> TaskVector:
    """The sum scale · Σ_t c_{t,g} σ_t, g being the layer group of each entry."""
    columns = {
        group: torch.tensor([coefficients[name][group] for name in terms.names]).to(terms.device)
        for group in layer_groups(terms.shapes)
    }
    blocks = (
        (block, columns[layer_group(block.parameter)] @ stack)
        for block, stack in terms.stacked_blocks()
    )
    return terms.collect(blocks, scale=scale)


def _projected(gradient: Mapping[str, Tensor], terms: Terms, groups: list[str]) -> Tensor:
    """⟨gradient, σ_t⟩ over each layer group: float64 [K, groups]."""
    products = torch.zeros(len(terms), len(groups), dtype=torch.float64)
    for block, stack in terms.stacked_blocks():
        flat = gradient[block.parameter].reshape(-1)[block.start : block.stop]
        products[:, groups.index(layer_group(block.parameter))] += (stack @ flat.float()).cpu()
    return products


def _named(learned: Tensor, terms: Terms, groups: list[str]) -> dict[str, dict[str, float]]:
    return {
        name: dict(zip(groups, row, strict=True))
        for name, row in zip(terms.names, learned.tolist(), strict=True)
    }


def _shrunk(gram: Tensor, off_diagonal: float) -> Tensor:
    """G with less off its diagonal, and a ridge on it where it would be singular."""
    diagonal = gram.diagonal()
    ridge = RIDGE * float(diagonal.mean()) or 1.0  # 1 where no input was ever other than 0
    return off_diagonal * gram + torch.diag((1 - off_diagonal) * diagonal + ridge)


def _divided(product: Tensor, gram: Tensor) -> Tensor:
    """(Σ σ_t G_t) (Σ G_t)⁻¹, in float64."""
    divided: Tensor = torch.linalg.solve(double(gram), double(product), left=False)
    return divided.to(product)


def _add(sums: dict[str, Tensor], key: str, value: Tensor) -> None:
    sums[key] = sums[key].add_(value) if key in sums else value


def _check_map(term: Tensor, gram: Tensor, parameter: str) -> None:
    if term.ndim != 2 or gram.shape != (term.shape[1], term.shape[1]):
        raise WeightsError(
            f"the Gram matrix of {parameter} is {list(gram.shape)}; a weight of shape "
            f"{list(term.shape)} needs one of [in, in]"
        )


def _check_covers(found: Mapping[str, Tensor], terms: Terms, what: str) -> None:
    wrong = [
        name
        for name, shape in terms.shapes.items()
        if name not in found or tuple(found[name].shape) != shape
    ]
    if wrong:
        raise WeightsError(f"{what} does not fit the vectors in {', '.join(wrong[:8])}")

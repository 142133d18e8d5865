"""What merges that look at data want to know of a suite's model: Fisher, Gram matrices, entropy.

All of it comes from validation examples without their labels, which only balance the order in which
they are taken. Knows the model and its examples; nothing of what is made of the answers.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from taskarith.core import Gram, TaskVector
from taskarith.errors import AssetError, SettingError, UnknownNameError
from taskarith.heads.checkpoint import CheckpointHead
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import Prompts, TextHead
from taskarith.heads.likelihood import LabelLikelihood
from taskarith.models import ClipModel
from taskarith.models.with_weights import with_weights
from taskarith.suites import Suite
from taskarith.tasks import SplitName

__all__ = ["KEPT_BYTES", "Kept", "ModelStatistics", "Source"]

SPLIT: SplitName = "validation"
GRAM_BATCH = 32  # images a forward pass
Kept = OrderedDict[tuple[str, str, int, int], dict[str, Any]]  # kind, vector, seed, images
KEPT_BYTES = 2**30  # Fisher information and Gram matrices kept for the next merge


class Source(Protocol):
    """What the statistics need of an `Evaluator`."""

    model: ClipModel
    suite: Suite

    def vector(self, name: str, *, seed: int = 0) -> TaskVector:
        """The task vector of a name."""
        ...

    def base_state(self) -> Mapping[str, Tensor]:
        """θ₀ of the parameters that can be edited, on the model's device."""
        ...

    def head(self, task: str) -> EmbeddingHead | TextHead:
        """The head under the edit in use."""
        ...

    def total(self, task: str, split: SplitName) -> int:
        """How many images the split holds."""
        ...

    def images(self, task: str, split: SplitName, *, start: int, stop: int) -> Tensor:
        """Pixels, uint8 [stop − start, side, side, 3]."""
        ...

    def prompts(self, task: str, split: SplitName, *, start: int, stop: int) -> Prompts:
        """Texts as the model takes them."""
        ...


class ModelStatistics:
    """Answers of a suite's model about validation images: the `Statistics` of core.

    The model is called with other weights and left as it is. A vector's task is the one that the
    suite says it is about ("random:letters" is answered with the images of "letters"); a vector
    that was made on the way is about none, and a SettingError says so.

    Args:
        seed: of null directions.
        kept: Fisher information and Gram matrices of earlier merges, which depend on no λ; at most
            KEPT_BYTES of them stay.
    """

    def __init__(self, source: Source, *, seed: int = 0, kept: Kept | None = None) -> None:
        self._source = source
        self._seed = seed
        self._base = source.base_state()
        self._kept = kept if kept is not None else OrderedDict()

    def fisher(self, vector: str, *, images: int) -> Mapping[str, Tensor]:
        """The diagonal of the Fisher information at θ₀ + τ, by parameter.

        The mean over images x of (∂ log p(y|x) / ∂θ)², with one y per image drawn from the model's
        own p(y|x) (Matena & Raffel 2022, arXiv:2111.09832, section 3.1).
        """
        return self._remembered("fisher", vector, images=images, make=self._fisher)

    def grams(self, vector: str, *, images: int) -> Mapping[str, Gram]:
        """The Gram matrix of the inputs of each linear map at θ₀ + τ.

        By the name of the map's weight; over all tokens of all images.
        """
        return self._remembered("grams", vector, images=images, make=self._grams)

    def entropy(
        self, merged: TaskVector, *, vectors: Sequence[str], step: int, images: int
    ) -> tuple[float, Mapping[str, Tensor]]:
        """The mean entropy of the answers at θ₀ + `merged`, in nats, and its gradient.

        Mean over the vectors' tasks of the mean over `images` images; each step takes the next
        ones, from the start again when all were taken.
        """
        weights = self._weights(merged)
        total = 0.0
        for vector in vectors:
            task = self._task(vector)
            start = step * images % self._source.total(task, SPLIT)
            with torch.enable_grad():
                logits = self._logits(weights, task, start=start, stop=start + images)
                chances = logits.log_softmax(1)
                entropy = -(chances.exp() * chances).sum(1).mean() / len(vectors)
                entropy.backward()
            total += float(entropy.detach())
        gradient = {
            name: torch.zeros_like(weight) if weight.grad is None else weight.grad
            for name, weight in weights.items()
        }
        return total, gradient

    def _fisher(self, vector: str, images: int) -> dict[str, Tensor]:
        task, weights = (
            self._task(vector),
            self._weights(self._source.vector(vector, seed=self._seed)),
        )
        count = min(images, self._source.total(task, SPLIT))
        generator = torch.Generator().manual_seed(0)
        squares = {name: torch.zeros_like(weight) for name, weight in weights.items()}
        for place in range(count):
            logits = self._logits(weights, task, start=place, stop=place + 1)[0]
            chances = logits.detach().softmax(0).cpu()
            answer = int(torch.multinomial(chances, 1, generator=generator))
            logits.log_softmax(0)[answer].backward()
            for name, weight in weights.items():
                if weight.grad is not None:
                    squares[name].addcmul_(weight.grad, weight.grad, value=1 / count)
                    weight.grad = None
        return {name: square.detach() for name, square in squares.items()}

    @torch.no_grad()
    def _grams(self, vector: str, images: int) -> dict[str, Gram]:
        task, weights = (
            self._task(vector),
            self._weights(self._source.vector(vector, seed=self._seed)),
        )
        count = min(images, self._source.total(task, SPLIT))
        with _plain_attention(), _Inputs(weights) as inputs:
            for start in range(0, count, GRAM_BATCH):
                stop = min(start + GRAM_BATCH, count)
                self._logits(weights, task, start=start, stop=stop)
        return inputs.means()

    def _logits(self, weights: Mapping[str, Tensor], task: str, *, start: int, stop: int) -> Tensor:
        model = self._source.model
        if self._source.suite.task(task).examples == "texts":
            return self._text_logits(weights, task, start=start, stop=stop)
        inputs = model.normalize(self._source.images(task, SPLIT, start=start, stop=stop))
        embeddings: Tensor = functional_call(model.network, dict(weights), (inputs,))[0]
        head = self._source.head(task)
        if not isinstance(head, EmbeddingHead):
            raise AssetError(f"the head of {task!r} is on no embeddings; this merge needs one")
        # One that was first used in inference mode cannot take part in a gradient.
        return head.clone().logits(embeddings)

    def _text_logits(
        self, weights: Mapping[str, Tensor], task: str, *, start: int, stop: int
    ) -> Tensor:
        model: Any = self._source.model
        head = self._source.head(task)
        prompts = self._source.prompts(task, SPLIT, start=start, stop=stop)
        if isinstance(head, EmbeddingHead):
            own = head.clone()
            return with_weights(
                model.network, weights, lambda: own.logits(model.embed(prompts.tokens))
            )
        if isinstance(head, LabelLikelihood | CheckpointHead):
            labels = head
            return with_weights(model.network, weights, lambda: labels.logits(model, prompts))
        raise AssetError(
            f"the answers to {task!r} have no logits; this merge looks at those of each vector's "
            "task. Take another method, or tasks that are answered with one of some labels"
        )

    def _task(self, vector: str) -> str:
        try:
            return self._source.suite.subject(vector)
        except UnknownNameError as error:
            raise SettingError(
                f"this merge looks at images of each vector's task, and {vector!r} is about none "
                "of the suite's; merge the suite's own vectors by it, or take another method"
            ) from error

    def _weights(self, vector: TaskVector) -> dict[str, Tensor]:
        """θ₀ + τ as leaves that gather gradients."""
        weights = {}
        for name, start in self._base.items():
            moved = start + vector[name].to(start) if name in vector else start.clone()
            weights[name] = moved.detach().requires_grad_()
        return weights

    def _remembered(
        self,
        kind: str,
        vector: str,
        *,
        images: int,
        make: Callable[[str, int], dict[str, Any]],
    ) -> dict[str, Any]:
        key = (kind, vector, self._seed, images)
        found = self._kept.pop(key, None)
        if found is None:
            with torch.enable_grad():  # merging itself runs without
                found = make(vector, images)
        self._kept[key] = found  # the newest is last
        while sum(map(_bytes, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)
        return found


class _Inputs(TorchDispatchMode):
    """While it is entered, adds up x·xᵀ over the inputs of every product with a known weight.

    Watching the products themselves sees what hooks on modules do not: attention multiplies by its
    projections without calling them.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._names = {w.data_ptr(): (name, w) for name, w in weights.items() if w.ndim == 2}
        self._sums: dict[str, Tensor] = {}
        self._rows: dict[str, int] = {}
        self._turned: dict[str, bool] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.ops.aten.mm.default, torch.ops.aten.addmm.default):
            self._add(*args[-2:])
        return func(*args, **(kwargs or {}))

    def means(self) -> dict[str, Gram]:
        """The Gram matrix by the weight's name."""
        return {
            name: Gram(total / self._rows[name], turned=self._turned[name])
            for name, total in self._sums.items()
        }

    def _add(self, rows: Tensor, factor: Tensor) -> None:
        name, weight = self._names.get(factor.data_ptr(), ("", factor))
        shape, stride = (factor.shape, factor.stride())
        plain = shape == weight.shape[::-1] and stride == weight.stride()[::-1]  # x·Wᵀ
        turned = shape == weight.shape and stride == weight.stride()  # x·W
        if not name or not (plain or turned) or self._turned.setdefault(name, turned) != turned:
            return
        square = rows.T @ rows
        self._sums[name] = self._sums[name] + square if name in self._sums else square
        self._rows[name] = self._rows.get(name, 0) + len(rows)


@contextmanager
def _plain_attention() -> Iterator[None]:
    """Attention as separate products; torch's fused kernel would hide them."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _bytes(kept: Mapping[str, Tensor | Gram]) -> int:
    return sum(
        each.matrix.nbytes if isinstance(each, Gram) else each.nbytes for each in kept.values()
    )

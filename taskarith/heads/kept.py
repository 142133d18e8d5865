"""Heads of suites that ship none: made once, and kept on disk between runs."""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence

from torch import Tensor

from taskarith.errors import WeightsError
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.zero_shot import TextEncoder, build_head
from taskarith.sources.tensors import read_tensors, write_tensors
from taskarith.tasks import Task, cache_folder

__all__ = ["kept_head", "kept_heads"]


def kept_head(made_of: Sequence[object], *, make: Callable[[], EmbeddingHead]) -> EmbeddingHead:
    """The head that is kept for `made_of`, plain JSON values; `make` makes it where it is not."""
    name = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:24]
    path = cache_folder() / "heads" / f"{name}.safetensors"
    try:
        tensors = read_tensors(path)
        return EmbeddingHead(tensors["head"], tensors.get("bias"))
    except (WeightsError, KeyError):
        pass  # not made yet, or damaged
    head = make()
    bias = {} if head.bias is None else {"bias": head.bias}
    try:
        write_tensors(path, {"head": head.weights, **bias})
    except WeightsError as error:
        warnings.warn(f"heads are made anew at every start: {error}", stacklevel=2)
    return head


def kept_heads(
    tasks: Iterable[Task], *, model: Callable[[], TextEncoder], identity: str
) -> Mapping[str, Tensor]:
    """The zero-shot head of every task by name, float32 [classes, d].

    Each is kept under a fingerprint of its base (`identity`), class names and templates, so that
    suites on one base share them. `model` is built only where one is missing.
    """
    heads: dict[str, Tensor] = {}
    encoder: TextEncoder | None = None
    for task in tasks:

        def make(task: Task = task) -> EmbeddingHead:
            nonlocal encoder
            encoder = encoder or model()
            head = build_head(encoder, task.classnames, task.templates, task.knowledge)
            return EmbeddingHead(head)

        told = [task.knowledge] if task.knowledge else []
        made_of = [identity, task.classnames, task.templates, *told]
        heads[task.name] = kept_head(made_of, make=make).weights
    return heads

"""Heads of suites that ship none: made of words once, and kept on disk between runs."""

import hashlib
import json
import warnings
from collections.abc import Callable, Iterable, Mapping

from torch import Tensor

from taskarith.errors import WeightsError
from taskarith.heads.zero_shot import TextEncoder, build_head
from taskarith.sources.tensors import read_tensors, write_tensors
from taskarith.tasks import Task, cache_folder

__all__ = ["kept_heads"]


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
        words = json.dumps([identity, task.classnames, task.templates])
        name = hashlib.sha256(words.encode()).hexdigest()[:24]
        path = cache_folder() / "heads" / f"{name}.safetensors"
        try:
            heads[task.name] = read_tensors(path)["head"]
            continue
        except (WeightsError, KeyError):
            pass  # not made yet, or damaged
        encoder = encoder or model()
        heads[task.name] = build_head(encoder, task.classnames, task.templates)
        try:
            write_tensors(path, {"head": heads[task.name]}, {"task": task.name})
        except WeightsError as error:
            warnings.warn(f"heads are made anew at every start: {error}", stacklevel=2)
    return heads

"""Counts the memory of all tensors that are alive while something runs."""

import weakref
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["Living"]


class Living(TorchDispatchMode):
    """Within it every tensor that an operation makes is seen; `most` is the most bytes at a time.

    Tensors that share memory count once. What lies in a mapped file does not count.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[int, weakref.ref[Tensor]] = {}
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor) and tensor.device.type != "meta":
                self._seen[id(tensor)] = weakref.ref(tensor)
        storages = {}
        for key, seen in list(self._seen.items()):
            if (alive := seen()) is None:
                del self._seen[key]
            else:
                storage = alive.untyped_storage()
                storages[storage.data_ptr()] = storage.nbytes()
        self.most = max(self.most, sum(storages.values()))
        return out

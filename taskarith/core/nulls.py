"""Null directions: what an edit of the same size does when it points nowhere in particular.

An effect counts as the task's only if it is larger than that of these. `suites` gives them names
like "random:letters", so that an `Edit` can hold them. Nothing here knows about tasks.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from taskarith.core.vector import TaskVector

__all__ = ["NULLS", "permuted_vector", "random_vector"]


def random_vector(vector: TaskVector, seed: int) -> TaskVector:
    """A Gaussian direction whose every tensor has the norm of that tensor in `vector`.

    >>> random_vector(TaskVector({"w": torch.tensor([3.0, 4.0])}), seed=0)
    TaskVector(1 tensors, 2 parameters, norm 5)
    """

    def draw(tensor: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(tensor.shape, generator=generator, dtype=torch.float64)
        length = float(torch.linalg.vector_norm(tensor.double()))
        drawn = float(torch.linalg.vector_norm(noise))
        return noise * (length / drawn if drawn else 0.0)

    return _each_tensor(vector, seed, draw=draw)


def permuted_vector(vector: TaskVector, seed: int) -> TaskVector:
    """The numbers of `vector`, shuffled within each tensor: same values, no structure.

    >>> permuted_vector(TaskVector({"w": torch.tensor([3.0, 3.0])}), seed=0)["w"]
    tensor([3., 3.])
    """

    def shuffle(tensor: Tensor, generator: torch.Generator) -> Tensor:
        order = torch.randperm(tensor.numel(), generator=generator)
        return tensor.flatten().cpu()[order].view(tensor.shape)

    return _each_tensor(vector, seed, draw=shuffle)


NULLS: dict[str, Callable[[TaskVector, int], TaskVector]] = {
    "random": random_vector,
    "permuted": permuted_vector,
}


def _each_tensor(
    vector: TaskVector, seed: int, *, draw: Callable[[Tensor, torch.Generator], Tensor]
) -> TaskVector:
    # Drawn on the CPU, so that one seed means the same direction on every device.
    generator = torch.Generator().manual_seed(seed)
    return TaskVector({name: draw(tensor, generator).to(tensor) for name, tensor in vector.items()})

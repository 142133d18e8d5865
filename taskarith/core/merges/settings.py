"""Settings that several merge methods share, with what they mean and the numbers they take."""

from typing import Annotated

from taskarith.core.coefficients import MAX_COEFFICIENT
from taskarith.core.merges.registry import Bounds

__all__ = ["Density", "Images", "Scale"]

Density = Annotated[
    float, Bounds("share of the entries that are kept", least=0, most=1, above_least=True)
]
Scale = Annotated[
    float, Bounds("factor of the merged vector", least=-MAX_COEFFICIENT, most=MAX_COEFFICIENT)
]
Images = Annotated[int, Bounds("validation examples of each task", least=1, most=8192)]

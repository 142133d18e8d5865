"""Merging by the name of a method: what an `Edit`, the page and the command line do.

Knows the registry and no formula.
"""

from collections.abc import Mapping

import torch

from taskarith.core.merges.fisher_gram import Statistics
from taskarith.core.merges.registry import METHODS
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector
from taskarith.errors import TaskArithError, unknown_name

__all__ = ["merge"]


@torch.no_grad()
def merge(
    terms: Terms,
    *,
    method: str,
    settings: Mapping[str, object] | None = None,
    seed: int = 0,
    statistics: Statistics | None = None,
) -> TaskVector:
    """The vector that `method` makes of `terms`; θ = θ₀ + that vector is the merged model.

    Without terms it covers nothing. Raises UnknownNameError or SettingError for a method or a
    setting that does not exist or is out of range, TaskArithError where the method looks at data
    and `statistics` is missing.

    >>> vectors = {"a": TaskVector({"w": torch.ones(1)}), "b": TaskVector({"w": -torch.ones(1)})}
    >>> merge(Terms(vectors), method="average")["w"]
    tensor([0.])
    """
    if method not in METHODS:
        raise unknown_name("method", method, existing=METHODS)
    chosen = METHODS[method]
    arguments: dict[str, object] = {**chosen.checked(settings or {})}
    if chosen.seeded:
        arguments["seed"] = seed
    if chosen.needs_data:
        if statistics is None:
            raise TaskArithError(
                f"{method} looks at images: give `statistics` that answer for them, or merge an "
                "Edit with an Evaluator"
            )
        arguments["statistics"] = statistics
    return chosen.function(terms, **arguments) if terms.names else TaskVector({})

"""Models on the plane of robustness: the mean over shifts against accuracy as it is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskarith.recipes.shifted import Robustness

__all__ = ["robustness_points"]


def robustness_points(models: "Mapping[str, Robustness]", *, name: str) -> dict[str, Any]:
    """A trace with one mark a model, each telling its key in `models` when pointed at."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [model.reference.value for model in models.values()],
        "y": [model.shifted.value for model in models.values()],
        "text": list(models),
        "hovertemplate": "%{text}: %{x:.1%}, shifted %{y:.1%}<extra></extra>",
    }

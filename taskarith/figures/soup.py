"""The soups' figure: every ingredient and soup, as it is against under shift."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.robustness import robustness_points
from taskarith.figures.standing import sample
from taskarith.figures.style import COLOURS, Theme, figure, titled, whiskers

if TYPE_CHECKING:
    from taskarith.recipes.shifted import Robustness
    from taskarith.recipes.soup.result import SoupResult

__all__ = ["soup_figures"]

# By model: colour and mark.
LOOK = {
    "best single": ("ink", "square"),
    "uniform soup": ("target", "circle"),
    "greedy soup": ("target", "star"),
    "learned soup": ("pinned", "diamond"),
    "learned soup by layer": ("pinned", "cross"),
    "logit ensemble": ("muted", "triangle-up"),
}


def soup_figures(result: "SoupResult", *, theme: Theme = "light") -> list[Any]:
    """Shifted mean against accuracy as it is: ingredients pale, every soup with its intervals."""
    colours = COLOURS[theme]
    singles = list(result.ingredients.values())
    traces: list[dict[str, Any]] = [
        robustness_points(result.ingredients, name="ingredients")
        | {"marker": {"color": colours["other"], "size": 10, "symbol": "circle"}}
    ]
    for model in result.models:
        colour, symbol = LOOK[model.kind]
        traces.append(_point(model.kind, model.robustness, colours[colour], symbol, theme))
    frame = titled(
        f"Soups of {len(result.ingredients)} models of {result.task}",
        sample((one.reference for one in singles), called=result.sample.examples),
        x=f"{result.measure} as it is",
        y="mean over shifts",
        theme=theme,
        height=500,
    )
    for axis in ("xaxis", "yaxis"):
        frame[axis] |= {"tickformat": ".0%", "dtick": None, "zeroline": False, "nticks": 6}
        frame[axis].pop("range", None)
    return [figure(traces, frame | {"showlegend": True})]


def _point(
    name: str, robustness: "Robustness", colour: str, symbol: str, theme: Theme
) -> dict[str, Any]:
    reference, shifted = robustness.reference, robustness.shifted
    return robustness_points({name: robustness}, name=name) | {
        "error_x": whiskers([reference.low], [reference.high], [reference.value], theme)
        | {"color": colour, "thickness": 1, "width": 0},
        "error_y": whiskers([shifted.low], [shifted.high], [shifted.value], theme)
        | {"color": colour, "thickness": 1, "width": 0},
        "marker": {"color": colour, "size": 15, "symbol": symbol},
    }

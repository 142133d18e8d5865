"""Accuracy along one coefficient, and every task under one edit: the Explore page's two pictures.

Knows estimates; nothing about how they were made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskarith.figures.style import (
    COLOURS,
    Role,
    Theme,
    axis,
    band,
    figure,
    layout,
    line,
    rule,
)

if TYPE_CHECKING:  # the page's look must not wait for torch
    from taskarith.evaluation import Estimate

__all__ = ["Bar", "Curve", "bars_figure", "curve_figure"]


@dataclass(frozen=True)
class Curve:
    """Accuracy of one task along one scaling coefficient, the other coefficients fixed.

    Attributes:
        coefficients: the λ that were measured, in rising order.
        estimates: one per coefficient.
        role: what the task is in this picture.
    """

    title: str
    role: Role
    coefficients: Sequence[float]
    estimates: "Sequence[Estimate]"


@dataclass(frozen=True)
class Bar:
    """One task under one edit, and the accuracies to compare it with (0…1; None: not known)."""

    title: str
    role: Role
    now: "Estimate"
    pretrained: float | None = None
    finetuned: float | None = None
    chance: float | None = None


def curve_figure(
    curves: Sequence[Curve],
    *,
    along: str,
    at: float | None = None,
    floor: float | None = None,
    theme: Theme = "light",
) -> Any:
    """The slice as a plotly Figure: a line, 95 % band and end label per curve.

    Args:
        curves: drawn in this order, the last on top.
        along: the name of the vector whose λ is the horizontal axis.
        at: the λ to mark with a vertical line.
        floor: the control floor, an accuracy in 0…1, as a dashed line.
        theme: "light" or "dark".

    Raises:
        MissingDependencyError: plotly is not installed.
    """
    traces: list[dict[str, Any]] = []
    for curve in curves:
        x = list(curve.coefficients)
        if curve.role in ("target", "control"):
            low = [estimate.low for estimate in curve.estimates]
            high = [estimate.high for estimate in curve.estimates]
            traces.append(band(curve.role, theme) | {"x": x + x[::-1], "y": high + low[::-1]})
        y = [estimate.value for estimate in curve.estimates]
        traces.append(line(curve.role, theme) | {"x": x, "y": y, "name": curve.title})
    colours = COLOURS[theme]
    frame = layout(theme)
    frame["xaxis"]["title"] = {"text": f"λ({along})"}
    frame["yaxis"]["title"] = {"text": "accuracy"}
    frame["margin"]["r"] = 190
    frame["annotations"] = [_end_label(curve, theme) for curve in curves if curve.coefficients]
    frame["shapes"] = []
    if floor is not None:
        frame["shapes"].append(rule("y", floor, colour=colours["control"], dash="dash"))
    if at is not None:
        frame["shapes"].append(rule("x", at, colour=colours["target"], dash="solid"))
    return figure(traces, frame)


def bars_figure(bars: Sequence[Bar], *, theme: Theme = "light") -> Any:
    """The tasks under one edit as a plotly Figure: bars with intervals and comparison marks.

    Raises:
        MissingDependencyError: plotly is not installed.
    """
    colours = COLOURS[theme]
    titles = [bar.title for bar in bars]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "orientation": "h",
            "y": titles,
            "x": [bar.now.value for bar in bars],
            "name": "now",
            "marker": {"color": [colours[bar.role] for bar in bars]},
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [bar.now.high - bar.now.value for bar in bars],
                "arrayminus": [bar.now.value - bar.now.low for bar in bars],
                "color": colours["muted"],
            },
        }
    ]
    marks = {"pretrained": "line-ns-open", "finetuned": "triangle-down", "chance": "x-thin-open"}
    for name, symbol in marks.items():
        known = [(getattr(bar, name), bar.title) for bar in bars if getattr(bar, name) is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [value for value, _ in known],
                "y": [title for _, title in known],
                "name": {"pretrained": "zero-shot", "finetuned": "fine-tuned"}.get(name, name),
                "marker": {"symbol": symbol, "size": 12, "color": colours["ink"]},
            }
        )
    frame = layout(theme)
    frame["showlegend"] = True
    frame["margin"] |= {"l": 170, "r": 24}
    frame["yaxis"] = {"autorange": "reversed", "automargin": True}
    frame["xaxis"] = axis(theme) | {"range": [0, 1], "tickformat": ".0%"}
    return figure(traces, frame)


def _end_label(curve: Curve, theme: Theme) -> dict[str, Any]:
    colours = COLOURS[theme]
    return {
        "x": curve.coefficients[-1],
        "y": curve.estimates[-1].value,
        "text": curve.title,
        "xanchor": "left",
        "xshift": 10,
        "showarrow": False,
        "font": {"color": colours["muted" if curve.role == "other" else curve.role]},
    }

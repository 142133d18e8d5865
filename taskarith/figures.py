"""Figures: accuracies of edits as Plotly pictures, and the one look they share with the page.

`page_style` hands the live chart the same colours, lines and marks that `curve_figure` and
`bars_figure` use, so that the two never disagree. Knows nothing about how the results were made.

Colour means role, never task number: one hue for the target in hand, a dark neutral for the
control, a second hue for the pinned edit, grey for the rest (Okabe and Ito's colour-blind-safe
hues). Roles also differ in width, dash and marker, so colour never speaks alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from taskarith.errors import MissingDependencyError

if TYPE_CHECKING:  # the page's look must not wait for torch
    from taskarith.evaluation import Estimate

__all__ = ["COLOURS", "Bar", "Curve", "bars_figure", "curve_figure", "page_style"]

Role = Literal["target", "control", "other", "pinned"]
Theme = Literal["light", "dark"]

# Okabe–Ito blue and vermillion on white; their sky blue and orange, the lighter ones, on black.
COLOURS: Mapping[Theme, Mapping[str, str]] = {
    "light": {
        "paper": "#ffffff",
        "raised": "#f4f5f7",
        "ink": "#16191d",
        "muted": "#545c66",
        "rule": "#dfe3e8",
        "target": "#0072b2",
        "control": "#16191d",
        "pinned": "#d55e00",
        "other": "#b9c0c9",
        "good": "#00795a",
        "warn": "#b34700",
    },
    "dark": {
        "paper": "#0f1114",
        "raised": "#1a1e23",
        "ink": "#f1f3f5",
        "muted": "#a4adb8",
        "rule": "#2d333b",
        "target": "#56b4e9",
        "control": "#f1f3f5",
        "pinned": "#e69f00",
        "other": "#565f6a",
        "good": "#3fc79a",
        "warn": "#f5a25d",
    },
}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDTH: Mapping[Role, float] = {"target": 4.5, "control": 4.0, "pinned": 3.0, "other": 2.5}
DASH: Mapping[Role, str] = {
    "target": "solid",
    "control": "solid",
    "pinned": "dash",
    "other": "solid",
}
# A square for the control: the two lines that matter are told apart without colour.
SYMBOL: Mapping[Role, str] = {
    "target": "circle",
    "control": "square",
    "pinned": "diamond",
    "other": "circle",
}
SIZE: Mapping[Role, int] = {"target": 9, "control": 8, "pinned": 8, "other": 4}
FONT_SIZE = 15


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
            traces.append(_band(curve.role, theme) | {"x": x + x[::-1], "y": high + low[::-1]})
        y = [estimate.accuracy for estimate in curve.estimates]
        traces.append(_line(curve.role, theme) | {"x": x, "y": y, "name": curve.title})
    colours = COLOURS[theme]
    layout = _layout(theme)
    layout["xaxis"]["title"] = {"text": f"λ({along})"}
    layout["yaxis"]["title"] = {"text": "accuracy"}
    layout["margin"]["r"] = 190
    layout["annotations"] = [_end_label(curve, theme) for curve in curves if curve.coefficients]
    layout["shapes"] = []
    if floor is not None:
        layout["shapes"].append(_rule("y", floor, colour=colours["control"], dash="dash"))
    if at is not None:
        layout["shapes"].append(_rule("x", at, colour=colours["target"], dash="solid"))
    return _figure(traces, layout)


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
            "x": [bar.now.accuracy for bar in bars],
            "name": "now",
            "marker": {"color": [colours[bar.role] for bar in bars]},
            "error_x": {
                "type": "data",
                "symmetric": False,
                "array": [bar.now.high - bar.now.accuracy for bar in bars],
                "arrayminus": [bar.now.accuracy - bar.now.low for bar in bars],
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
    layout = _layout(theme)
    layout["showlegend"] = True
    layout["margin"] |= {"l": 170, "r": 24}
    layout["yaxis"] = {"autorange": "reversed", "automargin": True}
    layout["xaxis"] = _axis(theme) | {"range": [0, 1], "tickformat": ".0%"}
    return _figure(traces, layout)


def page_style() -> dict[str, Any]:
    """What the live chart draws with, per theme, as plain JSON: colours, traces and bands by role.

    >>> page_style()["light"]["traces"]["target"]["line"]["width"]
    4.5
    """
    return {
        theme: {
            "colours": dict(COLOURS[theme]),
            "traces": {role: _line(role, theme) for role in WIDTH},
            "bands": {role: _band(role, theme) for role in ("target", "control")},
        }
        for theme in COLOURS
    }


def _line(role: Role, theme: Theme) -> dict[str, Any]:
    colour = COLOURS[theme][role]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "cliponaxis": False,
        "line": {"color": colour, "width": WIDTH[role], "dash": DASH[role]},
        "marker": {"color": colour, "size": SIZE[role], "symbol": SYMBOL[role]},
    }


def _band(role: Role, theme: Theme) -> dict[str, Any]:
    """The 95 % interval: a closed outline, filled with the role's colour, thinly."""
    return {
        "type": "scatter",
        "mode": "lines",
        "fill": "toself",
        "line": {"width": 0},
        "fillcolor": _translucent(COLOURS[theme][role], 0.16),
        "hoverinfo": "skip",
    }


def _axis(theme: Theme) -> dict[str, Any]:
    colours = COLOURS[theme]
    return {
        "gridcolor": colours["rule"],
        "zeroline": False,
        "linecolor": colours["rule"],
        "tickfont": {"size": FONT_SIZE, "color": colours["muted"]},
        "fixedrange": True,
    }


def _layout(theme: Theme) -> dict[str, Any]:
    colours = COLOURS[theme]
    return {
        "paper_bgcolor": colours["paper"],
        "plot_bgcolor": colours["paper"],
        "font": {"family": FONT, "size": FONT_SIZE, "color": colours["ink"]},
        "showlegend": False,
        "margin": {"l": 62, "r": 24, "t": 12, "b": 48},
        "xaxis": _axis(theme) | {"zeroline": True, "zerolinecolor": colours["muted"]},
        "yaxis": _axis(theme) | {"range": [0, 1.02], "tickformat": ".0%", "dtick": 0.25},
    }


def _end_label(curve: Curve, theme: Theme) -> dict[str, Any]:
    colours = COLOURS[theme]
    return {
        "x": curve.coefficients[-1],
        "y": curve.estimates[-1].accuracy,
        "text": curve.title,
        "xanchor": "left",
        "xshift": 10,
        "showarrow": False,
        "font": {"color": colours["muted" if curve.role == "other" else curve.role]},
    }


def _rule(axis: Literal["x", "y"], value: float, *, colour: str, dash: str) -> dict[str, Any]:
    other = "y" if axis == "x" else "x"
    return {
        "type": "line",
        f"{axis}0": value,
        f"{axis}1": value,
        f"{other}0": 0,
        f"{other}1": 1,
        f"{other}ref": "paper",
        "line": {"color": colour, "width": 2, "dash": dash},
    }


def _translucent(colour: str, opacity: float) -> str:
    """`#0072b2` at an opacity, as CSS's rgba().

    >>> _translucent("#0072b2", 0.5)
    'rgba(0, 114, 178, 0.5)'
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _figure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> Any:
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise MissingDependencyError(
            "Figures need plotly, which is not installed: pip install plotly"
        ) from error
    return go.Figure(data=traces, layout=layout)

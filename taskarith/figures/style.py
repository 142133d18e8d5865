"""The look: colours, lines, marks and axes that every figure and the live page share.

Colour means role, never task number: one hue for the target in hand, a dark neutral for the
control, a second hue for the pinned edit, grey for the rest (Okabe and Ito's colour-blind-safe
hues). Roles also differ in width, dash and marker, so colour never speaks alone. Light to import:
the page needs it before torch and plotly are there.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from taskarith.errors import MissingDependencyError

if TYPE_CHECKING:
    pass

__all__ = [
    "COLOURS",
    "COLUMNS",
    "FONT",
    "FONT_SIZE",
    "Role",
    "Theme",
    "axis",
    "band",
    "figure",
    "layout",
    "line",
    "page_style",
    "rule",
    "titled",
    "translucent",
    "whiskers",
]

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
        "other": "#868e98",
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
        "other": "#626b76",
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
# A legend of short names stands in two columns, however narrow the figure.
COLUMNS: Mapping[str, Any] = {"entrywidth": 0.47, "entrywidthmode": "fraction"}


def page_style() -> dict[str, Any]:
    """What the live chart draws with, per theme, as plain JSON: colours, traces and bands by role.

    >>> page_style()["light"]["traces"]["target"]["line"]["width"]
    4.5
    """
    return {
        theme: {
            "colours": dict(COLOURS[theme]),
            "traces": {role: line(role, theme) for role in WIDTH},
            "bands": {role: band(role, theme) for role in ("target", "control")},
        }
        for theme in COLOURS
    }


def line(role: Role, theme: Theme) -> dict[str, Any]:
    """A role's line with its marks, as a plotly trace without data."""
    colour = COLOURS[theme][role]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "cliponaxis": False,
        "line": {"color": colour, "width": WIDTH[role], "dash": DASH[role]},
        "marker": {"color": colour, "size": SIZE[role], "symbol": SYMBOL[role]},
    }


def band(role: Role, theme: Theme) -> dict[str, Any]:
    """The 95 % interval: a closed outline, filled with the role's colour, thinly."""
    return {
        "type": "scatter",
        "mode": "lines",
        "fill": "toself",
        "line": {"width": 0},
        "fillcolor": translucent(COLOURS[theme][role], 0.16),
        "hoverinfo": "skip",
    }


def axis(theme: Theme) -> dict[str, Any]:
    """An axis as every figure has it."""
    colours = COLOURS[theme]
    return {
        "gridcolor": colours["rule"],
        "zeroline": False,
        "linecolor": colours["rule"],
        "tickfont": {"size": FONT_SIZE, "color": colours["muted"]},
    }


def layout(theme: Theme) -> dict[str, Any]:
    """The layout of a figure whose vertical axis is an accuracy."""
    colours = COLOURS[theme]
    return {
        "paper_bgcolor": colours["paper"],
        "plot_bgcolor": colours["paper"],
        "font": {"family": FONT, "size": FONT_SIZE, "color": colours["ink"]},
        "showlegend": False,
        "margin": {"l": 62, "r": 24, "t": 12, "b": 48},
        "xaxis": axis(theme) | {"zeroline": True, "zerolinecolor": colours["muted"]},
        "yaxis": axis(theme) | {"range": [0, 1.02], "tickformat": ".0%", "dtick": 0.25},
    }


def rule(axis: Literal["x", "y"], value: float, *, colour: str, dash: str) -> dict[str, Any]:
    """A straight line across the whole figure, at a value of one axis."""
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


def translucent(colour: str, opacity: float) -> str:
    """`#0072b2` at an opacity, as CSS's rgba().

    >>> translucent("#0072b2", 0.5)
    'rgba(0, 114, 178, 0.5)'
    """
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def figure(traces: list[dict[str, Any]], layout: dict[str, Any]) -> Any:
    """A plotly Figure; MissingDependencyError where plotly is not installed."""
    try:
        import plotly.graph_objects as go
    except ImportError as error:
        raise MissingDependencyError(
            "Figures need plotly, which is not installed: pip install plotly"
        ) from error
    return go.Figure(data=traces, layout=layout)


def titled(
    title: str, about: str, *, x: str, y: str, theme: Theme, height: int = 400
) -> dict[str, Any]:
    """The layout of a figure that stands alone: its title, in small what was measured, its axes."""
    frame = layout(theme)
    muted = COLOURS[theme]["muted"]
    frame["title"] = {
        "text": f"<b>{title}</b><br><span style='font-size:{FONT_SIZE}px;color:{muted}'>"
        f"{about}</span>",
        "font": {"size": 17},
        "x": 0,
        "xref": "container",
        "xanchor": "left",
        "pad": {"l": 8},
        "yref": "container",
        "y": 1 - 20 / height,
        "yanchor": "top",
    }
    frame["height"] = height
    frame["margin"] = {"l": 66, "r": 20, "t": 64, "b": 52}
    for name, text in (("xaxis", x), ("yaxis", y)):
        frame[name]["title"] = {"text": text, "standoff": 8, "font": {"size": FONT_SIZE + 1}}
        frame[name]["automargin"] = True
    frame["legend"] = {
        "orientation": "h",
        "x": 0,
        "yref": "container",
        "y": 0,
        "yanchor": "bottom",
        "font": {"size": FONT_SIZE},
        "itemclick": False,
        "itemdoubleclick": False,
    }
    frame["hoverlabel"] = {"font": {"size": FONT_SIZE, "family": FONT}}
    frame["shapes"], frame["annotations"] = [], []
    return frame


def whiskers(
    lows: Sequence[float], highs: Sequence[float], at: Sequence[float], theme: Theme
) -> dict[str, Any]:
    """Error bars from `lows` to `highs` around `at`, as an error_x or error_y.

    >>> whiskers([0.25], [1.0], [0.5], "light")["array"]
    [0.5]
    """
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for high, value in zip(highs, at, strict=True)],
        "arrayminus": [value - low for low, value in zip(lows, at, strict=True)],
        "color": COLOURS[theme]["muted"],
        "thickness": 2,
        "width": 4,
    }

"""The figures of scaling: errors against compute with their laws, and ratios against size."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.style import (
    COLOURS,
    COLUMNS,
    Role,
    Theme,
    band,
    figure,
    line,
    rule,
    titled,
    whiskers,
)
from taskarith.recipes.scaling.kinds import ADDED, KEPT, PATCHED, RANDOM_ADDED, ZERO

if TYPE_CHECKING:
    from taskarith.recipes.interval import Interval
    from taskarith.recipes.scaling.result import Rung, ScalingResult

__all__ = ["scaling_figures"]

TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
# The ways that are drawn: what each is called, its role, its mark, its dash.
DRAWN: dict[str, tuple[str, Role, str, str]] = {
    ZERO: ("zero-shot", "other", "circle", "solid"),
    RANDOM_ADDED: ("random directions added", "other", "x", "dot"),
    ADDED: ("all vectors added", "target", "circle", "solid"),
    PATCHED: ("each patched", "pinned", "diamond", "dash"),
    KEPT: ("control, each negated", "control", "square", "dashdot"),
}


def scaling_figures(result: "ScalingResult", *, theme: Theme = "light") -> list[Any]:
    """Error against compute, log axes; gain recovered and what negation leaves, against size."""
    return [_errors(result, theme), _ratios(result, theme)]


def _errors(result: "ScalingResult", theme: Theme) -> Any:
    laws = {law.way: law for law in result.laws}
    traces: list[dict[str, Any]] = []
    for way, (called, role, symbol, dash) in DRAWN.items():
        law, style = laws[way], line(role, theme)
        if role != "other":
            places = [*law.compute, *reversed(law.compute)]
            ends = [low for low, _ in law.band] + [high for _, high in reversed(law.band)]
            traces.append(band(role, theme) | {"x": places, "y": ends, "showlegend": False})
        traces.append(
            style
            | {
                "mode": "lines",
                "x": list(law.compute),
                "y": [law.at(place) for place in law.compute],
                "line": style["line"] | {"dash": dash, "width": 2},
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
        for apart in (False, True):
            rungs = [rung for rung in result.rungs if bool(rung.apart) is apart]
            if not rungs:
                continue
            found = [rung.errors[way] for rung in rungs]
            traces.append(
                _marks([rung.compute for rung in rungs], found, rungs, theme)
                | {
                    "name": called,
                    "marker": style["marker"]
                    | {"size": 12, "symbol": f"{symbol}-open" if apart else symbol},
                    "showlegend": not apart,
                }
            )
    law = result.laws[0]
    beside = "; hollow: not of the series" if any(rung.apart for rung in result.rungs) else ""
    frame = titled(
        "Error against compute",
        f"lines: E = a·C<sup>b</sup> without {law.largest}, with the middle 95 % of draws"
        f"{beside}; {result.sample.once}",
        x="multiply-adds × examples seen",
        y="error",
        theme=theme,
        height=520,
    )
    frame["xaxis"] |= {"type": "log", "zeroline": False, "exponentformat": "power", "dtick": 1}
    frame["yaxis"] |= {
        "type": "log",
        "range": None,
        "dtick": None,
        "tickvals": list(TICKS),
        "ticktext": [f"{100 * tick:g} %" for tick in TICKS],
    }
    frame["legend"] |= COLUMNS
    frame["margin"]["b"] = 130
    return figure(traces, frame | {"showlegend": True})


def _ratios(result: "ScalingResult", theme: Theme) -> Any:
    traces = []
    shown: list[tuple[str, Role, str, str]] = [
        ("gain", "target", "circle", "gain recovered by adding all"),
        ("left", "control", "square", "left of a task after negation"),
        ("null_gain", "other", "x", "gain of random directions"),
        ("null_left", "other", "square-open", "left after random directions"),
    ]
    for field, role, symbol, called in shown:
        rungs = [rung for rung in result.rungs if getattr(rung, field) is not None]
        found = [getattr(rung, field) for rung in rungs]
        style = line(role, theme)
        traces.append(
            _marks([rung.multiply_adds for rung in rungs], found, rungs, theme)
            | {
                "name": called,
                "marker": style["marker"]
                | {
                    "size": 12,
                    "symbol": [f"{symbol.removesuffix('-open')}-open" if rung.apart else symbol
                               for rung in rungs],
                },
            }
        )  # fmt: skip
    frame = titled(
        "Does arithmetic get easier with size?",
        f"whiskers: the middle 95 % of draws; {result.sample.once}",
        x="multiply-adds for one image and one text",
        y="share",
        theme=theme,
        height=460,
    )
    frame["xaxis"] |= {"type": "log", "zeroline": False, "exponentformat": "SI"}
    frame["yaxis"] |= {"range": None}
    frame["legend"] |= COLUMNS
    frame["margin"]["b"] = 120
    colours = COLOURS[theme]
    frame["shapes"] = [rule("y", value, colour=colours["rule"], dash="dash") for value in (0, 1)]
    return figure(traces, frame | {"showlegend": True})


def _marks(
    places: list[float] | list[int],
    found: "list[Interval]",
    rungs: "list[Rung]",
    theme: Theme,
) -> dict[str, Any]:
    """Marks with whiskers, which say whose they are."""
    values = [one.value for one in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(places),
        "y": values,
        "error_y": whiskers([one.low for one in found], [one.high for one in found], values, theme),
        "customdata": [rung.suite for rung in rungs],
        "hovertemplate": "%{customdata}: %{y:.1%}<extra>%{fullData.name}</extra>",
    }

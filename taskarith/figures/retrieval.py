"""The figures of retrieval: right answers by passages read, and two ways of forgetting."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.style import COLOURS, Theme, figure, rule, titled, whiskers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskarith.recipes.interval import Interval
    from taskarith.recipes.retrieval.result import RetrievalResult

__all__ = ["retrieval_figures"]

SYMBOLS = ("circle", "square", "diamond", "cross", "x", "star", "triangle-up")
DASHES = ("solid", "dash", "dot", "dashdot")
ROW = 44  # px of height for a way of forgetting


def retrieval_figures(result: "RetrievalResult", *, theme: Theme = "light") -> list[Any]:
    """The reader's accuracy by k with every retriever; what is forgotten and what is kept."""
    return [_by_passages(result, theme), _forgotten(result, theme)]


def _by_passages(result: "RetrievalResult", theme: Theme) -> Any:
    from taskarith.recipes.retrieval.result import CLOSED, READER

    colours = COLOURS[theme]
    traces = []
    for number, curve in enumerate(result.curves):
        own = curve.reader == READER
        chosen = own and curve.retriever == result.retriever
        colour = "target" if chosen else "muted" if own else "pinned"
        name = curve.retriever if own else f"{curve.reader}: {curve.retriever}"
        traces.append(
            _line(name, curve.by_k, theme)
            | {
                "line": {
                    "color": colours[colour],
                    "width": 4 if chosen else 2,
                    "dash": DASHES[number % len(DASHES)],
                },
                "marker": {
                    "color": colours[colour],
                    "size": 12 if chosen else 9,
                    "symbol": SYMBOLS[number % len(SYMBOLS)],
                },
            }
        )
    closed = result.closed[CLOSED].value
    frame = titled(
        "Right answers by passages read",
        f"{_measured(result)}; dashed: the closed book",
        x="passages read, k",
        y="right answers",
        theme=theme,
        height=560,
    )
    ks = sorted(result.curves[0].by_k)
    frame["xaxis"] |= {
        "type": "log", "tickvals": ks, "ticktext": [str(k) for k in ks], "zeroline": False,
        "dtick": None, "range": None, "tickformat": None,
    }  # fmt: skip
    frame["shapes"] = [rule("y", closed, colour=colours["control"], dash="dash")]
    return figure(traces, frame | {"showlegend": True})


def _line(name: str, by_k: "Mapping[int, Interval]", theme: Theme) -> dict[str, Any]:
    values = [own.value for own in by_k.values()]
    lows, highs = ([getattr(own, end) for own in by_k.values()] for end in ("low", "high"))
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(by_k),
        "y": values,
        "error_y": whiskers(lows, highs, values, theme) | {"thickness": 1},
        "hovertemplate": "k = %{x}: %{y:.1%}",
    }


def _forgotten(result: "RetrievalResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    ways = result.forgotten[::-1]
    traces = []
    for name, values, colour, symbol in (
        ("to forget, still answered", [one.still for one in ways], "pinned", "circle"),
        ("others, answered", [one.kept for one in ways], "control", "square"),
        ("changed, answered as now", [one.followed for one in ways], "target", "diamond"),
    ):
        told = [(one.way, own) for one, own in zip(ways, values, strict=True) if own is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [own.value for _, own in told],
                "y": [way for way, _ in told],
                "error_x": whiskers(
                    [own.low for _, own in told],
                    [own.high for _, own in told],
                    [own.value for _, own in told],
                    theme,
                ),
                "marker": {"color": colours[colour], "size": 13, "symbol": symbol},
                "hovertemplate": "%{y}: %{x:.1%}",
            }
        )
    frame = titled(
        "Two ways of forgetting",
        f"{_measured(result)}; the vectors at λ = −{result.coefficient:g}",
        x="answers",
        y="",
        theme=theme,
        height=210 + ROW * len(ways),
    )
    frame["xaxis"] |= {"zeroline": False, "tickformat": ".0%", "range": [0, 1], "dtick": None}
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "type": "category"}
    return figure(traces, frame | {"showlegend": True})


def _measured(result: "RetrievalResult") -> str:
    some = next(iter(result.closed.values()))
    return f"{result.sample.final}, {some.over}, three questions each"

"""Addition's figures: pairs of tasks in one model, and what is kept as more tasks are added."""

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import sample
from taskarith.figures.style import COLOURS, COLUMNS, Theme, figure, rule, titled

if TYPE_CHECKING:
    from taskarith.recipes.addition.protocol import Addition
    from taskarith.recipes.addition.result import AdditionResult

__all__ = ["addition_figures"]

NOTHING = "doing nothing"


def addition_figures(result: "AdditionResult", *, theme: Theme = "light") -> list[Any]:
    """Scatter of pairs, and normalized accuracy by number of tasks; both with doing nothing."""
    return [_pairs(result, theme), _by_number(result, theme)]


def _pairs(result: "AdditionResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    pairs = [one for one in result.sums if len(one.tasks) == 2]
    added = [_normalized(result, one) for one in pairs]
    nothing = [_nothing(result, one) for one in pairs]
    names = [" + ".join(one.tasks) for one in pairs]
    traces = [
        _points(NOTHING, nothing, names, symbol="circle-open", colour=colours["muted"], size=9),
        _points("pair", added, names, symbol="circle", colour=colours["target"], size=11),
    ]
    for label, points, colour in (
        ("nothing, mean", nothing, colours["muted"]),
        ("pairs, mean", added, colours["target"]),
    ):
        mean = (fmean(x for x, _ in points), fmean(y for _, y in points))
        marker = _points(label, [mean], [label], symbol="star", colour=colour, size=20)
        marker["marker"]["line"] = {"color": colours["paper"], "width": 1.5}
        traces.append(marker)
    frame = titled(
        "Pairs: two tasks in one model",
        sample(
            (one.accuracies[task] for one in pairs for task in one.tasks),
            called=result.sample.examples,
        ),
        x=f"normalized {result.measure}, first task",
        y=f"normalized {result.measure}, second task",
        theme=theme,
        height=470,
    )
    both = [value for point in [*added, *nothing] for value in point]
    span = [min(0.5, min(both) - 0.05), max(1.05, max(both) + 0.03)]
    for axis in ("xaxis", "yaxis"):
        frame[axis] |= {"range": span, "tickformat": ".0%", "dtick": 0.25, "zeroline": False}
    frame["shapes"] = [
        rule("x", 1, colour=colours["rule"], dash="dash"),
        rule("y", 1, colour=colours["rule"], dash="dash"),
    ]
    frame["legend"] |= COLUMNS
    return figure(traces, frame | {"showlegend": True})


def _by_number(result: "AdditionResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    sizes = sorted({len(one.tasks) for one in result.sums})
    of_size = {size: [one for one in result.sums if len(one.tasks) == size] for size in sizes}
    every = [(float(len(one.tasks)), one.normalized) for one in result.sums]
    means = [(float(size), fmean(one.normalized for one in of_size[size])) for size in sizes]
    idle = [
        (float(size), fmean(fmean(_before(result, one)) for one in of_size[size])) for size in sizes
    ]
    names = [" + ".join(one.tasks) for one in result.sums]
    traces = [
        _points("subset", every, names, symbol="circle", colour=colours["other"], size=7),
        _line(NOTHING, idle, colour=colours["muted"], dash="dash"),
        _line("common λ, mean", means, colour=colours["target"], dash="solid"),
    ]
    for one, label, symbol in (
        (result.each, "one λ each", "diamond"),
        (result.joint, "joint tuning", "triangle-up"),
    ):
        if one is not None:
            at = [(float(len(one.tasks)), one.normalized)]
            colour = colours["pinned" if symbol == "diamond" else "ink"]
            traces.append(_points(label, at, [label], symbol=symbol, colour=colour, size=14))
    frame = titled(
        "What is kept as tasks are added",
        sample(
            (one.accuracies[task] for one in result.sums for task in one.tasks),
            called=result.sample.examples,
        ),
        x="tasks in one model",
        y=f"mean normalized {result.measure}",
        theme=theme,
        height=470,
    )
    low = min(value for _, value in [*every, *idle])
    frame["yaxis"] |= {"range": [min(0.5, low - 0.05), 1.05], "dtick": 0.1}
    frame["xaxis"] |= {"dtick": 1, "zeroline": False, "range": [sizes[0] - 0.4, sizes[-1] + 0.4]}
    frame["shapes"] = [rule("y", 1, colour=colours["rule"], dash="dash")]
    frame["legend"] |= COLUMNS
    return figure(traces, frame | {"showlegend": True})


def _normalized(result: "AdditionResult", one: "Addition") -> tuple[float, float]:
    first, second = (
        one.accuracies[task].skill / result.finetuned[task].skill for task in one.tasks
    )
    return first, second


def _before(result: "AdditionResult", one: "Addition") -> list[float]:
    return [result.pretrained[task].skill / result.finetuned[task].skill for task in one.tasks]


def _nothing(result: "AdditionResult", one: "Addition") -> tuple[float, float]:
    first, second = _before(result, one)
    return first, second


def _points(
    name: str,
    points: Sequence[tuple[float, float]],
    texts: Sequence[str],
    *,
    symbol: str,
    colour: str,
    size: int,
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "text": list(texts),
        "hovertemplate": "%{text}: %{y:.1%}<extra>" + name + "</extra>",
        "marker": {
            "symbol": symbol,
            "size": size,
            "color": colour,
            "line": {"width": 2, "color": colour},
        },
    }


def _line(
    name: str, points: Sequence[tuple[float, float]], *, colour: str, dash: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "line": {"color": colour, "width": 3.5, "dash": dash},
        "marker": {"color": colour, "size": 9},
        "hovertemplate": "%{x} tasks: %{y:.1%}<extra>" + name + "</extra>",
    }

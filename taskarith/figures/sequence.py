"""The figures of sequences: all tasks after each one that was learned, and what was forgotten."""

from statistics import fmean
from typing import TYPE_CHECKING, Any

from taskarith.figures.sequence_plane import plane_figures
from taskarith.figures.standing import sample
from taskarith.figures.style import COLOURS, Theme, figure, rule, titled, whiskers

if TYPE_CHECKING:
    from taskarith.recipes.sequence.result import SequenceResult

__all__ = ["sequence_figures"]

# By start and way: colour, dash and mark.
LOOK = {
    ("pretrained", "plain"): ("target", "solid", "circle"),
    ("pretrained", "sharpness-aware"): ("target", "dash", "diamond"),
    ("shuffled", "plain"): ("pinned", "solid", "square"),
    ("shuffled", "sharpness-aware"): ("pinned", "dash", "triangle-up"),
}
ROW = 44  # px of height for a start and way


def sequence_figures(result: "SequenceResult", *, theme: Theme = "light") -> list[Any]:
    """The mean over tasks learned so far; what was learned and forgotten; loss around a path."""
    called = f"cross-entropy on validation, {result.sample.each}"
    planes = [
        one for plane in result.planes for one in plane_figures(plane, theme=theme, called=called)
    ]
    return [_course(result, theme), _forgotten(result, theme), *planes]


def _course(result: "SequenceResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    traces: list[dict[str, Any]] = []
    places = list(range(len(result.tasks) + 1))
    for start, way in result.kinds():
        colour, dash, symbol = LOOK[start, way]
        means = [
            fmean(
                one.skill for chain in result.of(start, way) for one in chain.accuracies[k].values()
            )
            for k in places
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": f"{start}, {way}",
                "x": places,
                "y": means,
                "line": {"color": colours[colour], "width": 3, "dash": dash},
                "marker": {"color": colours[colour], "size": 10, "symbol": symbol},
                "hovertemplate": "after %{x} tasks: %{y:.1%}<extra></extra>",
            }
        )
    for one in result.added:
        colour, _, symbol = LOOK[one.start, one.way]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"added: {one.start}, {one.way}",
                "showlegend": False,
                "x": [places[-1] + 0.35],
                "y": [fmean(found.skill for found in one.together.values())],
                "marker": {"color": colours[colour], "size": 13, "symbol": f"{symbol}-open"},
                "hovertemplate": f"added at λ = {one.coefficient:g}: %{{y:.1%}}<extra></extra>",
            }
        )
    orders = len(result.of(*result.kinds()[0]))
    frame = titled(
        "All tasks, after each task that was learned",
        f"mean over tasks and {orders} orders; open marks: the same tasks added; "
        + _measured(result),
        x="tasks learned so far",
        y=f"mean {result.measure}",
        theme=theme,
        height=460,
    )
    frame["xaxis"] |= {"zeroline": False, "tickvals": places, "range": [-0.2, places[-1] + 0.6]}
    return figure(traces, frame | {"showlegend": True})


def _measured(result: "SequenceResult") -> str:
    every = (found for own in result.before.values() for found in own.values())
    return sample(every, called=result.sample.examples)


def _forgotten(result: "SequenceResult", theme: Theme) -> Any:
    from taskarith.recipes.interval import mean_interval
    from taskarith.recipes.sequence.result import Chain

    colours = COLOURS[theme]
    traces: list[dict[str, Any]] = []
    kinds = result.kinds()[::-1]
    for name, what, colour, symbol in (
        ("learned", Chain.learned, "muted", "circle-open"),
        ("forgotten", Chain.forgotten, "pinned", "circle"),
        ("forward transfer", Chain.forward, "target", "diamond"),
    ):
        found = [
            mean_interval(list(result.by_task(*kind, what).values()), units="tasks")
            for kind in kinds
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [one.value for one in found],
                "y": [", ".join(kind) for kind in kinds],
                "error_x": whiskers(
                    [max(one.low, -1.0) for one in found],
                    [min(one.high, 1.0) for one in found],
                    [one.value for one in found],
                    theme,
                ),
                "marker": {"color": colours[colour], "size": 13, "symbol": symbol},
                "hovertemplate": "%{y}: %{x:.1%}<extra></extra>",
            }
        )
    frame = titled(
        "Learned, forgotten, and transferred forward",
        f"means over tasks with their 95 % intervals; {_measured(result)}",
        x=f"points of {result.measure}",
        y="",
        theme=theme,
        height=210 + ROW * len(kinds),
    )
    frame["xaxis"] |= {"zeroline": False, "tickformat": "+.0%"}
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "type": "category"}
    frame["shapes"] = [rule("x", 0, colour=colours["muted"], dash="dash")]
    return figure(traces, frame | {"showlegend": True})

"""A plane's figures: target and control over two coefficients, and the front between them."""

from statistics import fmean
from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import sample, standing
from taskarith.figures.style import COLOURS, Theme, figure, titled

if TYPE_CHECKING:
    from taskarith.recipes.plane.protocol import PlanePoint
    from taskarith.recipes.plane.result import PlaneResult

__all__ = ["plane_figures"]


def plane_figures(result: "PlaneResult", *, theme: Theme = "light") -> list[Any]:
    """Heat maps of target and control with the front's edits marked, and target against control."""
    targets = " and ".join(result.targets)
    return [
        _map(result, f"Target: {targets}", result.targets, "target", theme),
        _map(result, f"Control: {result.control}", (result.control,), "control", theme),
        _trade(result, targets, theme),
    ]


def _map(result: "PlaneResult", title: str, tasks: tuple[str, ...], role: str, theme: Theme) -> Any:
    colours = COLOURS[theme]
    traces: list[dict[str, Any]] = [
        {
            "type": "heatmap",
            "x": [point.x for point in result.points],
            "y": [point.y for point in result.points],
            "z": [_mean(result, point, tasks) for point in result.points],
            "colorscale": [[0, colours["paper"]], [1, colours[role]]],
            "colorbar": {"tickformat": ".0%", "thickness": 14, "outlinewidth": 0},
            "hovertemplate": _hover(result, "%{z:.1%}"),
        },
        {
            "type": "scatter",
            "mode": "markers",
            "x": [point.x for point in result.front],
            "y": [point.y for point in result.front],
            "marker": {
                "symbol": "diamond",
                "size": 11,
                "color": colours["pinned"],
                "line": {"width": 2, "color": colours["paper"]},
            },
            "hoverinfo": "skip",
        },
    ]
    about = sample(
        (point.accuracies[task] for point in result.points for task in tasks),
        called=result.sample.examples,
    )
    frame = titled(
        title,
        f"{about}; ◆ on the front",
        x=f"λ({result.x})",
        y=f"λ({result.y})",
        theme=theme,
        height=460,
    )
    frame["xaxis"] |= {"zeroline": False}
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None}
    return figure(traces, frame)


def _trade(result: "PlaneResult", targets: str, theme: Theme) -> Any:
    colours = COLOURS[theme]
    every = _points(result, result.points)
    front = _points(result, result.front)
    traces = [
        every | {"mode": "markers", "marker": {"size": 8, "color": colours["other"]}},
        front
        | {
            "mode": "lines+markers",
            "line": {"width": 3, "color": colours["pinned"]},
            "marker": {"size": 12, "color": colours["pinned"], "symbol": "diamond"},
        },
    ]
    aim = "lower" if result.forget else "higher"
    frame = titled(
        "Target against control",
        f"line: the Pareto front, a {aim} target and a higher control are better; "
        + sample(
            (e for point in result.points for e in point.accuracies.values()),
            called=result.sample.examples,
        ),
        x=targets,
        y=result.control,
        theme=theme,
        height=460,
    )
    frame["xaxis"] |= {"zeroline": False, "tickformat": ".0%"}
    frame["yaxis"] |= {"range": None, "dtick": None}
    return figure(traces, frame)


def _points(result: "PlaneResult", points: "tuple[PlanePoint, ...]") -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [_mean(result, point, result.targets) for point in points],
        "y": [_mean(result, point, (result.control,)) for point in points],
        "customdata": [(point.x, point.y) for point in points],
        "hovertemplate": f"λ({result.x}) %{{customdata[0]:.2f}}, λ({result.y}) "
        "%{customdata[1]:.2f}: %{x:.1%}, %{y:.1%}<extra></extra>",
    }


def _mean(result: "PlaneResult", point: "PlanePoint", tasks: tuple[str, ...]) -> float:
    """The mean over tasks on one axis; means beside the point that moves least."""
    start = min(result.points, key=lambda one: abs(one.x) + abs(one.y)).accuracies
    return fmean(standing(point.accuracies[task], start[task])[0] for task in tasks)


def _hover(result: "PlaneResult", value: str) -> str:
    return f"λ({result.x}) %{{x:.2f}}, λ({result.y}) %{{y:.2f}}: {value}<extra></extra>"

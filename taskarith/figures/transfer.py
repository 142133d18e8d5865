"""The figures of transfer: what each vector does to each task, and how well that was predicted."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import sample
from taskarith.figures.style import COLOURS, Theme, figure, rule, titled, whiskers

if TYPE_CHECKING:
    from taskarith.recipes.transfer.result import TransferResult

__all__ = ["transfer_figures"]

ROW = 36  # px of height for a task or a predictor


def transfer_figures(result: "TransferResult", *, theme: Theme = "light") -> list[Any]:
    """The K × K matrix; ρ of every predictor with its null; what joint training gave."""
    figures = [_matrix(result, theme), _predictors(result, theme)]
    return [*figures, _joint(result, theme)] if result.joint else figures


def _matrix(result: "TransferResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    rows = result.matrix()
    effects = [[one.difference for one in row] for row in rows]
    widest = max(abs(value) for row in effects for value in row) or 1.0
    clear = [["" if one.low <= 0 <= one.high else " •" for one in row] for row in rows]
    trace = {
        "type": "heatmap",
        "x": list(result.tasks),
        "y": list(result.tasks),
        "z": effects,
        "text": [
            [f"{100 * value:+.0f}{dot}" for value, dot in zip(row, dots, strict=True)]
            for row, dots in zip(effects, clear, strict=True)
        ],
        "texttemplate": "%{text}",
        "zmin": -widest,
        "zmax": widest,
        "colorscale": [[0, colours["pinned"]], [0.5, colours["paper"]], [1, colours["target"]]],
        "showscale": False,
        "customdata": [[[one.low, one.high] for one in row] for row in rows],
        "hovertemplate": "vector of %{y} on %{x}: %{z:+.1%} "
        "[%{customdata[0]:+.1%}, %{customdata[1]:+.1%}]<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    frame = titled(
        "What each vector does to each task",
        "points against the pretrained model at λ = 1; • the interval leaves 0 out; "
        + _measured(result),
        x="task asked",
        y="vector of",
        theme=theme,
        height=210 + ROW * len(result.tasks),
    )
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "autorange": "reversed"}
    return figure([trace], frame)


def _measured(result: "TransferResult") -> str:
    return sample(result.pretrained.values(), called=result.sample.examples)


def _predictors(result: "TransferResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    traces: list[dict[str, Any]] = []
    kinds = [("what vectors do", result.of_vectors, "target", "circle")]
    kinds += [("joint training", result.of_joint, "pinned", "diamond")] if result.joint else []
    names = list(dict.fromkeys(name for _, found, _, _ in kinds for name in found))[::-1]
    for place, (kind, found, colour, symbol) in enumerate(kinds):
        shift = 0.16 * (place - (len(kinds) - 1) / 2) * 2
        at = [names.index(name) + shift for name in found]
        values = [one.value.value for one in found.values()]
        for height, one in zip(at, found.values(), strict=True):
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": list(one.null),
                    "y": [height, height],
                    "line": {"color": colours["rule"], "width": 12},
                    "hoverinfo": "skip",
                    "showlegend": False,
                }
            )
        ends = [(one.value.low, one.value.high) for one in found.values()]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": kind,
                "x": values,
                "y": at,
                "customdata": list(found),
                "hovertemplate": "%{customdata}: ρ = %{x:.2f}<extra></extra>",
                "error_x": whiskers([e[0] for e in ends], [e[1] for e in ends], values, theme),
                "marker": {"color": colours[colour], "size": 12, "symbol": symbol},
            }
        )
    frame = titled(
        "How well transfer is predicted",
        "whiskers: 95 % over tasks; grey: the middle 95 % of shuffled tasks; " + _measured(result),
        x="Spearman's ρ with measured transfer",
        y="",
        theme=theme,
        height=190 + ROW * len(names) * len(kinds),
    )
    frame["xaxis"] |= {"range": [-1.05, 1.05], "zeroline": False}
    frame["yaxis"] |= {
        "range": [-0.6, len(names) - 0.4],
        "tickformat": None,
        "dtick": None,
        "tickvals": list(range(len(names))),
        "ticktext": names,
    }
    frame["shapes"] = [rule("x", 0, colour=colours["muted"], dash="dash")]
    return figure(traces, frame | {"showlegend": len(kinds) > 1})


def _joint(result: "TransferResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    traces = []
    kinds = [("a pair", result.joint, "target", "circle")]
    kinds += [("all tasks", result.mixture, "pinned", "diamond")] if result.mixture else []
    for name, those, colour, symbol in kinds:
        values = [one.over_alone.difference for one in those]
        lows, highs = ([getattr(one.over_alone, end) for one in those] for end in ("low", "high"))
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"trained on {name}",
                "x": values,
                "y": [one.task for one in those],
                "error_x": whiskers(lows, highs, values, theme),
                "marker": {"color": colours[colour], "size": 12, "symbol": symbol},
                "customdata": [" + ".join(one.together) for one in those],
                "hovertemplate": "%{y}, trained on %{customdata}: %{x:+.1%}<extra></extra>",
            }
        )
    tasks = list(dict.fromkeys(one.task for one in (*result.joint, *result.mixture)))
    frame = titled(
        "Training on several tasks",
        f"against as many steps ({result.steps}) on the task alone; {_measured(result)}",
        x="difference",
        y="",
        theme=theme,
        height=190 + ROW * len(tasks),
    )
    frame["xaxis"] |= {"zeroline": False, "tickformat": "+.0%"}
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "type": "category"}
    frame["shapes"] = [rule("x", 0, colour=colours["muted"], dash="dash")]
    return figure(traces, frame | {"showlegend": True})

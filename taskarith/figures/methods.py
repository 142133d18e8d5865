"""The figures of merge methods side by side: the mean over tasks, and task by task."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import sample
from taskarith.figures.style import COLOURS, Theme, figure, rule, titled, whiskers

if TYPE_CHECKING:
    from taskarith.recipes.methods.result import MethodsResult

__all__ = ["methods_figures"]

ROW = 34  # px of height for a method


def methods_figures(result: "MethodsResult", *, theme: Theme = "light") -> list[Any]:
    """Mean normalized accuracy with intervals, best on top; and every task."""
    return [_means(result, theme), _by_task(result, theme)]


def _means(result: "MethodsResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    ranked = sorted(result.choices, key=lambda choice: choice.normalized)
    intervals = [result.intervals(choice.outcomes[0])[0] for choice in ranked]
    values = [one.value for one in intervals]
    looks = [choice.entrant.method.needs_data for choice in ranked]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": values,
        "y": [choice.entrant.label() for choice in ranked],
        "error_x": whiskers(
            [one.low for one in intervals], [one.high for one in intervals], values, theme
        ),
        "marker": {
            "color": [colours["pinned" if looked else "target"] for looked in looks],
            "symbol": ["diamond" if looked else "circle" for looked in looks],
            "size": 13,
        },
        "customdata": [choice.scale for choice in ranked],
        "hovertemplate": "%{y}: %{x:.3f} at s = %{customdata:.2f}<extra></extra>",
    }
    about = sample(
        (e for c in ranked for e in c.outcomes[0].accuracies.values()),
        called=result.sample.examples,
    )
    frame = titled(
        "Merge methods on the same vectors",
        f"{about}; dashed: doing nothing; ◆ looks at unlabelled {result.sample.examples}",
        x=f"mean normalized {result.measure}",
        y="",
        theme=theme,
        height=170 + ROW * len(ranked),
    )
    nothing = result.normalized_of_nothing()
    frame["xaxis"] |= {"zeroline": False, "tickformat": ".0%"}
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "type": "category"}
    frame["shapes"] = [rule("x", nothing, colour=colours["muted"], dash="dash")]
    return figure([trace], frame)


def _by_task(result: "MethodsResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    ranked = sorted(result.choices, key=lambda choice: choice.normalized)
    before = result.references.pretrained
    rows = [("doing nothing", before)]
    rows += [(choice.entrant.label(), choice.outcomes[0].accuracies) for choice in ranked]
    tuned = result.references.finetuned
    shares = [[of[task].skill / tuned[task].skill for task in result.tasks] for _, of in rows]
    trace = {
        "type": "heatmap",
        "x": list(result.tasks),
        "y": [label for label, _ in rows],
        "z": shares,
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, colours["paper"]], [1, colours["target"]]],
        "showscale": False,
        "texttemplate": "%{z:.0%}",
        "hovertemplate": "%{y}, %{x}: %{z:.1%}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    frame = titled(
        "Task by task",
        f"{result.measure} ÷ that of the task's own model; "
        + sample(tuned.values(), called=result.sample.examples),
        x="",
        y="",
        theme=theme,
        height=170 + ROW * len(rows),
    )
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "type": "category"}
    return figure([trace], frame)

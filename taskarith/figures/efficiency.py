"""The figures of efficiency: accuracy against examples, from each start, and against weights."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import ends
from taskarith.figures.style import COLOURS, COLUMNS, Role, Theme, figure, line, rule, titled

if TYPE_CHECKING:
    from taskarith.recipes.efficiency.result import EfficiencyResult, Point

__all__ = ["efficiency_figures"]

ROLES: dict[str, Role] = {
    "pretrained": "control", "edit": "target", "random": "other", "shuffled": "pinned",
}  # fmt: skip
CALLED = {
    "pretrained": "from pretrained", "edit": "from the edit", "random": "from random vectors",
    "shuffled": "of shuffled labels",
}  # fmt: skip
NULLS = ("random", "shuffled")
SYMBOLS = {
    "probe": "triangle-up", "ia3": "cross", "lora": "square", "lp-ft": "diamond", "full": "circle",
}  # fmt: skip
ALPHA = (0.35, 0.55, 0.75, 1.0)


def efficiency_figures(result: "EfficiencyResult", *, theme: Theme = "light") -> list[Any]:
    """The measure against labelled examples and against numbers fitted, on log axes."""
    return [_against_examples(result, theme), _against_weights(result, theme)]


def _against_examples(result: "EfficiencyResult", theme: Theme) -> Any:
    traces = []
    for start, role in ROLES.items():
        for way in result.ways:
            points = _points(result, way, start)
            if not points:
                continue
            drawn = line(role, theme)
            drawn["line"] |= {"width": 1.5, "dash": "dot" if start in NULLS else "solid"}
            drawn["marker"] |= {"size": 10, "symbol": SYMBOLS[way]}
            traces.append(
                {
                    **drawn,
                    "name": f"{way}, {CALLED[start]}",
                    "x": [point.examples for point in points],
                    "y": [point.mean.value for point in points],
                    "error_y": ends([point.mean for point in points], theme),
                    "hovertemplate": f"{way}, {CALLED[start]}: %{{y:.1%}}, %{{x:,}}<extra></extra>",
                }
            )
    accuracy = result.measure == "accuracy"
    note = "; dashed: zero-shot" if accuracy else ""
    called = "labelled examples to learn from"
    frame = _frame(result, theme, x=called, rows=len(traces), note=note)
    zero = result.untrained[0].plain
    if accuracy:
        frame["shapes"] = [rule("y", zero.value, colour=COLOURS[theme]["muted"], dash="dash")]
    return figure(traces, frame)


def _against_weights(result: "EfficiencyResult", theme: Theme) -> Any:
    traces = []
    shown = result.shots
    for number, shots in enumerate(shown):
        points = [
            point
            for way in result.ways
            if (point := result.find(way, "pretrained", shots)) is not None
        ]
        points.sort(key=lambda point: point.moved)
        drawn = line("target" if number == len(shown) - 1 else "control", theme)
        drawn["line"] |= {"width": 2, "dash": ("solid", "dash", "dashdot", "dot")[-1 - number % 4]}
        drawn["marker"] |= {"size": 11, "symbol": [SYMBOLS[point.way] for point in points]}
        traces.append(
            {
                **drawn,
                "name": f"{shots} a class" if shots else "all examples",
                "x": [point.moved / point.total for point in points],
                "y": [point.mean.value for point in points],
                "text": [point.way for point in points],
                "error_y": ends([point.mean for point in points], theme),
                "hovertemplate": "%{text}: %{y:.1%}, %{x:.3%} of the weights<extra></extra>",
            }
        )
    frame = _frame(result, theme, x="numbers fitted ÷ numbers of the base", rows=len(traces))
    frame["xaxis"]["tickformat"] = ".2%"
    return figure(traces, frame)


def _points(result: "EfficiencyResult", way: str, start: str) -> "list[Point]":
    found = (result.find(way, start, shots) for shots in result.shots)
    return [point for point in found if point is not None]


def _frame(
    result: "EfficiencyResult", theme: Theme, *, x: str, rows: int, note: str = ""
) -> dict[str, Any]:
    seeds = f"{result.seeds} seed{'s' if result.seeds > 1 else ''}"
    below = 96 + 24 * ((rows + 1) // 2)
    frame = titled(
        f"{result.task}: {x}",
        f"mean over {seeds} with 95 % intervals, {result.sample.once}{note}",
        x=x,
        y=result.said,
        theme=theme,
        height=360 + below,
    )
    frame["xaxis"] |= {"type": "log", "zeroline": False, "dtick": 1}
    frame["xaxis"].pop("range", None)
    frame["margin"]["b"] = below
    frame["legend"] |= COLUMNS
    return frame | {"showlegend": True}

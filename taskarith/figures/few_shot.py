"""The figure of few-shot learning: every way by task, with its interval over draws."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.style import COLOURS, Theme, figure, line, titled, whiskers

if TYPE_CHECKING:
    from taskarith.recipes.few_shot.result import FewShotResult

__all__ = ["few_shot_figures"]

SYMBOLS = ("circle", "square", "diamond", "cross", "x", "star")


def few_shot_figures(result: "FewShotResult", *, theme: Theme = "light") -> list[Any]:
    """Mean accuracy over tasks, and each task's, of every way of learning."""
    ways = list(dict.fromkeys(one.way for one in result.scores))
    colours = COLOURS[theme]
    traces = []
    for number, task in enumerate((*result.tasks, "")):
        own = [result.over_draws(way, [task] if task else result.tasks) for way in ways]
        values = [one.value for one in own]
        style = line("other" if task else "target", theme)
        traces.append(
            style
            | {
                "name": task or "mean of the tasks",
                "mode": "markers",
                "x": ways,
                "y": values,
                "marker": style["marker"]
                | {"size": 9 if task else 13, "symbol": SYMBOLS[number % len(SYMBOLS)]},
            }
            | (
                {}
                if task
                else {
                    "error_y": whiskers([o.low for o in own], [o.high for o in own], values, theme)
                    | {"color": colours["target"]}
                }
            )
        )
    frame = titled(
        f"{result.shots} examples a class",
        f"mean over {result.draws} draws, {result.sample.once}",
        x="",
        y="accuracy",
        theme=theme,
        height=500,
    )
    frame["xaxis"] |= {"type": "category", "dtick": None, "zeroline": False}
    frame["xaxis"].pop("range", None)
    return [figure(traces, frame | {"showlegend": True})]

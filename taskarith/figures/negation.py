"""Negation's figures: every model's accuracy on the task to forget, and on the control."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import axis_title, sample, standing
from taskarith.figures.style import COLOURS, COLUMNS, Theme, figure, rule, titled, whiskers
from taskarith.figures.turned import counted_figure

if TYPE_CHECKING:
    from taskarith.evaluation import Estimate
    from taskarith.recipes.negation.result import Forgotten, NegationResult

__all__ = ["negation_figures"]

# By model: colour and pattern. What was chosen has the one strong colour.
LOOK = {
    "pretrained": ("muted", ""),
    "fine-tuned": ("other", ""),
    "gradient ascent": ("pinned", "/"),
    "fine-tuned on the opposite": ("pinned", "."),
    "negated": ("target", ""),
    "random": ("other", "."),
    "permuted": ("other", "x"),
}


def negation_figures(result: "NegationResult", *, theme: Theme = "light") -> list[Any]:
    """Bars by task and model: the target, which should fall, and the control, which should stay.

    Then for each task what its classes are taken for.
    """
    colours = COLOURS[theme]
    targets = {
        model: {one.task: one.models[model].target for one in result.tasks if model in one.models}
        for model in LOOK
    }
    controls = {
        model: {
            one.task: one.models[model].controls[result.control]
            for one in result.tasks
            if model in one.models
        }
        for model in LOOK
    }
    called = result.sample.examples
    target = _bars("Target: lower is forgotten", targets, theme, called)
    chance = {_label(one.task): 1 / len(one.classnames) for one in result.tasks if one.classnames}
    target.add_scatter(
        x=list(chance),
        y=list(chance.values()),
        mode="markers",
        name="chance",
        marker={"symbol": "line-ew", "size": 40, "line": {"width": 2.5, "color": colours["ink"]}},
        hovertemplate="chance: %{y:.1%}<extra></extra>",
    )
    kept = f"floor, {100 * result.floor:g} %"
    control = _bars(f"Control ({result.control}): should stay", controls, theme, called)
    unharmed = result.tasks[0].models["pretrained"].controls[result.control]
    before, _, _ = standing(unharmed, unharmed)
    control.add_scatter(  # for the legend; the line itself goes across
        x=[None], y=[None], mode="lines", name=kept, line={"color": colours["ink"], "dash": "dash"}
    )
    control.add_shape(
        rule("y", result.floor * before, colour=colours["ink"], dash="dash"), layer="above"
    )
    return [
        target,
        control,
        *(_turned(one, theme, called) for one in result.tasks if one.classnames),
    ]


def _turned(one: "Forgotten", theme: Theme, called: str) -> Any:
    return counted_figure(
        one.confusion_before,
        one.confusion_after,
        one.classnames,
        difference=one.change,
        split=one.models["negated"].target.split,
        title=f"What {one.task} turned into",
        called=called,
        theme=theme,
    )


def _bars(title: str, models: "dict[str, dict[str, Estimate]]", theme: Theme, called: str) -> Any:
    colours = COLOURS[theme]
    traces = []
    for model, (colour, pattern) in LOOK.items():
        tasks = models[model]
        if not tasks:
            continue
        before = models["pretrained"]
        heights, lows, highs = zip(
            *(standing(estimate, before[task]) for task, estimate in tasks.items()), strict=True
        )
        traces.append(
            {
                "type": "bar",
                "name": model.removeprefix("gradient "),  # the legend is narrow
                "x": [_label(task) for task in tasks],
                "y": list(heights),
                "customdata": [estimate.shown() for estimate in tasks.values()],
                "marker": {
                    "color": colours[colour],
                    "pattern": {"shape": pattern, "fgcolor": colours["ink"], "size": 6},
                },
                "error_y": whiskers(lows, highs, heights, theme),
                "hovertemplate": "%{x}, " + model + ": %{customdata}<extra></extra>",
            }
        )
    every = [estimate for tasks in models.values() for estimate in tasks.values()]
    frame = titled(
        title, sample(every, called=called), x="", y=axis_title(every), theme=theme, height=480
    )
    frame |= {"barmode": "group", "bargap": 0.25, "bargroupgap": 0.05, "showlegend": True}
    frame["xaxis"] |= {"zeroline": False, "tickangle": 0}
    frame["legend"] |= COLUMNS
    return figure(traces, frame)


def _label(task: str) -> str:
    """A name that may take two lines under its bars."""
    return task.replace("-", "-<br>")

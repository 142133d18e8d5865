"""A sweep's figures: for every vector its own task, the control and the rest along λ."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import axis_title, sample, standing
from taskarith.figures.style import Role, Theme, band, figure, line, titled

if TYPE_CHECKING:
    from taskarith.recipes.sweep.result import SweepResult, Swept

__all__ = ["sweep_figures"]


def sweep_figures(result: "SweepResult", *, theme: Theme = "light") -> list[Any]:
    """One figure a vector: target and control with their intervals, the other tasks in grey."""
    return [_swept(result, one, theme) for one in result.vectors]


def _swept(result: "SweepResult", one: "Swept", theme: Theme) -> Any:
    from taskarith.recipes.result import shown

    x, traces = list(one.points), list[dict[str, Any]]()
    roles: dict[str, Role] = {result.control: "control", one.task: "target"}
    others = [task for task in result.pretrained if task not in roles]
    for task in [*others, *roles]:
        estimates = [point[task] for point in one.points.values()]
        places = [standing(estimate, result.pretrained[task]) for estimate in estimates]
        y, low, high = (list(those) for those in zip(*places, strict=True))
        role = roles.get(task, "other")
        drawn = {
            "x": x,
            "y": y,
            "name": task,
            "customdata": [shown(estimate) for estimate in estimates],
            "hovertemplate": f"{task}, λ = %{{x:.2f}}: %{{customdata}}<extra></extra>",
        }
        if task in roles:
            area = {"x": x + x[::-1], "y": high + low[::-1], "showlegend": False}
            traces.append(band(role, theme) | area)
        traces.append(line(role, theme) | drawn)
    every = [estimate for point in one.points.values() for estimate in point.values()]
    frame = titled(
        f"{one.vector} along λ",
        sample(every, called=result.sample.examples),
        x=f"λ({one.vector})",
        y=axis_title(every),
        theme=theme,
        height=440,
    )
    frame["yaxis"] |= {"range": None, "dtick": None, "rangemode": "tozero"}
    return figure(traces, frame | {"showlegend": True})

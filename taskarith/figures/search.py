"""The figure of a recipe on its way: what has been measured so far, before there is a result."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import axis_title, sample, standing
from taskarith.figures.style import COLOURS, Role, Theme, figure, line, titled

if TYPE_CHECKING:
    from taskarith.evaluation import Estimate
    from taskarith.recipes.watching import Seen

__all__ = ["search_figure"]

CURVE_POINTS = 3  # from so many on, edits along one direction are a curve
# What a label is written in: the grey of other lines is too pale for text.
TEXT: Mapping[Role, str] = {"target": "target", "control": "control", "other": "muted"}
MAX_GREY = 24  # curves that were measured before the one in hand

# A direction: the vectors of an edit, each with its share of the largest coefficient.
Direction = tuple[tuple[str, float], ...]
Curve = dict[float, "Estimate"]


def search_figure(
    seen: "Sequence[Seen]",
    *,
    control: str,
    curves: bool = True,
    called: str = "images",
    theme: Theme = "light",
) -> Any:
    """What a recipe has measured so far, as a plotly Figure.

    Args:
        seen: in the order of measuring.
        control: the suite's control task.
        called: what the examples are called.
        curves: values along the direction that is being searched, those before it in grey;
            without it (or without such a direction), every edit as a mark in its task's row.
        theme: "light" or "dark".

    Raises:
        MissingDependencyError: plotly is not installed.
    """
    found = _curves(seen) if curves else {}
    whole = [direction for direction, tasks in found.items() if _longest(tasks) >= CURVE_POINTS]
    if not whole:
        return _strips(seen, theme, called)
    return _along(found, whole, control, theme, called)


def _along(
    found: "Mapping[Direction, dict[str, Curve]]",
    whole: Sequence[Direction],
    control: str,
    theme: Theme,
    called: str,
) -> Any:
    hand = whole[-1]
    traces = []
    for direction in whole[-1 - MAX_GREY : -1]:
        for task, curve in found[direction].items():
            if task != control:
                traces.append(_line(_named(direction), curve, "other", theme))
    roles = _roles(hand, list(found[hand]), control)
    for task, curve in sorted(found[hand].items(), key=lambda item: roles[item[0]] != "control"):
        traces.append(_line(task, curve, roles[task], theme))
    every = [estimate for curve in found[hand].values() for estimate in curve.values()]
    frame = titled(
        f"Choosing along {_named(hand)}",
        sample(every, called=called),
        x="coefficient",
        y=axis_title(every),
        theme=theme,
        height=420,
    )
    for task, curve in found[hand].items():
        last = max(curve)
        frame["annotations"].append(
            {
                "x": last,
                "y": standing(curve[last], curve.get(0.0))[0],
                "text": task,
                "xanchor": "right",
                "yanchor": "bottom",
                "yshift": 5,
                "showarrow": False,
                "font": {"color": COLOURS[theme][TEXT[roles[task]]]},
            }
        )
    return figure(traces, frame)


def _strips(seen: "Sequence[Seen]", theme: Theme, called: str) -> Any:
    colours = COLOURS[theme]
    tasks = list(dict.fromkeys(one.task for one in seen))
    last = seen[-1:]
    before = [one for one in seen if not any(one.coefficients.values())]
    starts = {one.task: one.estimate for one in before}
    traces = [
        _marks("measured", seen, starts, colours["other"], "circle", 8) | {"opacity": 0.7},
        _marks("pretrained", before, starts, colours["muted"], "line-ns-open", 16),
        _marks("the last one", last, starts, colours["target"], "circle", 13),
    ]
    frame = titled(
        "Measured so far, by task",
        sample((one.estimate for one in seen), called=called),
        x=axis_title(one.estimate for one in seen),
        y="",
        theme=theme,
        height=190 + 32 * len(tasks),
    )
    frame["xaxis"] |= {"range": [0, 1.02], "tickformat": ".0%", "dtick": 0.25}
    frame["yaxis"] = {**frame["yaxis"], "tickformat": None, "dtick": None}
    frame["yaxis"] |= {
        "range": [len(tasks) - 0.5, -0.5],
        "categoryarray": tasks,
        "type": "category",
    }
    return figure(traces, frame | {"showlegend": True})


def _curves(seen: "Sequence[Seen]") -> "dict[Direction, dict[str, Curve]]":
    """By direction and task, accuracy by coefficient; the direction measured last comes last."""
    found: dict[Direction, dict[str, Curve]] = {}
    starts: dict[str, Estimate] = {}
    for one in seen:
        edit = {name: value for name, value in one.coefficients.items() if value}
        if not edit:
            starts[one.task] = one.estimate
            continue
        largest = max(edit.values(), key=abs)
        direction = tuple((name, round(value / largest, 3)) for name, value in edit.items())
        tasks = found.pop(direction, {})
        tasks.setdefault(one.task, {})[largest] = one.estimate
        found[direction] = tasks
    for tasks in found.values():
        for task, curve in tasks.items():
            if task in starts:
                curve[0.0] = starts[task]
    return found


def _roles(direction: Direction, tasks: Sequence[str], control: str) -> dict[str, Role]:
    """The targets are the tasks of the direction's own vectors, or else the one asked first."""
    own = {name for name, _ in direction} & set(tasks) or set(tasks[:1])
    return {
        task: "control" if task == control else "target" if task in own else "other"
        for task in tasks
    }


def _longest(tasks: "Mapping[str, Curve]") -> int:
    return max(len(curve) for curve in tasks.values())


def _named(direction: Direction) -> str:
    names = [name for name, _ in direction]
    return " + ".join(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} more"


def _line(name: str, curve: "Curve", role: Role, theme: Theme) -> dict[str, Any]:
    x = sorted(curve)
    hover = f"{name}, %{{x:.2f}}: %{{customdata}}<extra></extra>"
    y = [standing(curve[value], curve.get(0.0))[0] for value in x]
    told = [curve[value].shown() for value in x]
    drawn = {"x": x, "y": y, "name": name, "customdata": told, "hovertemplate": hover}
    return line(role, theme) | drawn


def _marks(
    name: str,
    seen: "Sequence[Seen]",
    starts: "Mapping[str, Estimate]",
    colour: str,
    symbol: str,
    size: int,
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [standing(one.estimate, starts.get(one.task))[0] for one in seen],
        "y": [one.task for one in seen],
        "customdata": [one.estimate.shown() for one in seen],
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
        "marker": {
            "color": colour,
            "symbol": symbol,
            "size": size,
            "line": {"width": 3, "color": colour},
        },
    }

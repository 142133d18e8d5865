"""Figures along α: PAINT's patching against supported tasks, and WiSE-FT's curve and scatter."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from taskarith.figures.robustness import robustness_points
from taskarith.figures.standing import axis_title, sample, standing
from taskarith.figures.style import (
    COLOURS,
    Role,
    Theme,
    band,
    figure,
    line,
    rule,
    titled,
)

if TYPE_CHECKING:
    from taskarith.evaluation import Estimate
    from taskarith.recipes.paint.protocol import Patched
    from taskarith.recipes.paint.result import PaintResult
    from taskarith.recipes.wise_ft.result import WiseFt, WiseFtResult

__all__ = ["paint_figures", "wise_ft_figures"]

# Several tasks of one role differ in dash and mark.
DASHES, MARKS = ("solid", "dash", "dot"), ("circle", "diamond", "triangle-up")
TARGET: Role = "target"
CONTROL: Role = "control"
STEPS = 41  # points of the line that usual models lie on


def paint_figures(result: "PaintResult", *, theme: Theme = "light") -> list[Any]:
    """For every way of patching: patching and supported accuracy along α, the chosen α marked."""
    curves: dict[tuple[str, tuple[str, ...]], list[Patched]] = {}
    for patch in result.patches:
        curves.setdefault((patch.patched.way, patch.patched.tasks), []).append(patch.patched)
    return [_patched(result, list(those), theme) for those in curves.values()]


def wise_ft_figures(result: "WiseFtResult", *, theme: Theme = "light") -> list[Any]:
    """For every task: the curve along α, and shifted against reference accuracy."""
    return [
        make(result, one, theme) for one in result.tasks for make in (_wise_curve, _wise_scatter)
    ]


def _patched(result: "PaintResult", patched: "list[Patched]", theme: Theme) -> Any:
    first = patched[0]
    x = [point.alpha for point in first.curve]
    traces: list[dict[str, Any]] = []
    roles: dict[str, Role] = dict.fromkeys(result.supported, "control")
    for task in dict.fromkeys([*result.supported, *first.tasks]):
        points = [point.accuracies[task] for point in first.curve if task in point.accuracies]
        if len(points) == len(x):
            places = [standing(point, points[0]) for point in points]
            told = [point.shown() for point in points]
            curve = _curve(task, x, places, told, role=roles.get(task, "target"), theme=theme)
            traces += _told_apart(curve, first.tasks.index(task) if task in first.tasks else 0)
    every = [estimate for point in first.curve for estimate in point.accuracies.values()]
    frame = _along_alpha(
        f"Patching {' + '.join(first.tasks)}" + (f", {first.way}" if first.way != "one" else ""),
        every,
        theme,
        called=result.sample.examples,
    )
    if len(set(first.alphas)) == 1:  # else there is no one α to mark
        marks: dict[float, list[str]] = {}
        for one in patched:
            marks.setdefault(next(iter(one.alphas.values())), []).append(one.criterion)
        _mark(frame, {alpha: " and ".join(names) for alpha, names in marks.items()}, theme)
    return figure(traces, frame)


def _wise_curve(result: "WiseFtResult", one: "WiseFt", theme: Theme) -> Any:
    x = list(one.test)
    traces: list[dict[str, Any]] = []
    for shift in next(iter(one.test.values())).by_shift:
        y = [robustness.by_shift[shift].value for robustness in one.test.values()]
        hover = f"{shift}, α = %{{x:.2f}}: %{{y:.1%}}<extra></extra>"
        thin = line("other", theme) | {"x": x, "y": y, "mode": "lines", "hovertemplate": hover}
        traces.append(thin | {"name": "each shift", "showlegend": not traces})
    from taskarith.recipes.result import shown

    shifted = [robustness.shifted for robustness in one.test.values()]
    reference = [robustness.reference for robustness in one.test.values()]
    for name, points, role in (
        ("as it is", reference, CONTROL),
        ("mean over shifts", shifted, TARGET),
    ):
        places = [(point.value, point.low, point.high) for point in points]
        told = [shown(point) for point in points]
        traces += _curve(name, x, places, told, role=role, theme=theme)
    frame = _along_alpha(f"{one.task}: along α", reference, theme, called=result.sample.examples)
    marks: dict[float, list[str]] = {}
    for choice in one.choices[:2]:
        marks.setdefault(choice.alpha, []).append(choice.chosen_by)
    _mark(frame, {alpha: " and ".join(names) for alpha, names in marks.items()}, theme)
    return figure(traces, frame)


def _wise_scatter(result: "WiseFtResult", one: "WiseFt", theme: Theme) -> Any:
    colours = COLOURS[theme]
    path = {f"α = {alpha:.2f}": robustness for alpha, robustness in one.test.items()}
    others = {name: robustness for name, robustness in one.standard.items() if name}
    traces: list[dict[str, Any]] = [
        robustness_points(others, name="models nobody interpolated")
        | {"marker": {"color": colours["muted"], "size": 8, "symbol": "diamond-open"}},
        robustness_points(path, name="interpolated, α from 0 to 1") | line("target", theme),
    ]
    every = [*path.values(), *others.values()]
    span = _span([robustness.reference.value for robustness in every])
    if one.line is not None:
        grid = [
            max(0.001, min(0.999, span[0] + (span[1] - span[0]) * step / (STEPS - 1)))
            for step in range(STEPS)
        ]
        usual = line("pinned", theme) | {
            "name": f"line of usual models ({one.line.models})",
            "mode": "lines",
            "x": grid,
            "y": [one.line.expected(value) for value in grid],
            "hoverinfo": "skip",
        }
        traces.insert(0, usual)
    frame = titled(
        f"{one.task}: effective robustness",
        sample(
            (robustness.reference for robustness in path.values()), called=result.sample.examples
        ),
        x=f"{result.measure} as it is",
        y="mean over shifts",
        theme=theme,
        height=440,
    )
    heights = _span([robustness.shifted.value for robustness in every])
    for axis, shown in (("xaxis", span), ("yaxis", heights)):
        frame[axis] |= {"range": shown, "tickformat": ".0%", "dtick": None, "zeroline": False}
    for alpha in (0.0, 1.0):
        end = one.test[alpha]
        frame["annotations"].append(
            {
                "x": end.reference.value,
                "y": end.shifted.value,
                "text": f"α = {alpha:g}",
                "showarrow": False,
                "xanchor": "right",
                "xshift": -12,
                "yshift": 10,
                "font": {"color": colours["target"]},
            }
        )
    return figure(traces, frame | {"showlegend": True})


def _curve(
    name: str,
    x: list[float],
    places: "Sequence[tuple[float, float, float]]",
    told: Sequence[str],
    *,
    role: Role,
    theme: Theme,
) -> list[dict[str, Any]]:
    y, low, high = (list(those) for those in zip(*places, strict=True))
    hover = f"{name}, α = %{{x:.2f}}: %{{customdata}}<extra></extra>"
    drawn = {"x": x, "y": y, "name": name, "customdata": list(told), "hovertemplate": hover}
    return [
        band(role, theme) | {"x": x + x[::-1], "y": high + low[::-1], "showlegend": False},
        line(role, theme) | drawn,
    ]


def _told_apart(curve: list[dict[str, Any]], index: int) -> list[dict[str, Any]]:
    """The curve as the one of its role with that number; the first is as it was."""
    shown, drawn = curve
    if index:
        drawn["line"] = drawn["line"] | {"dash": DASHES[index % len(DASHES)]}
        drawn["marker"] = drawn["marker"] | {"symbol": MARKS[index % len(MARKS)]}
    return [shown, drawn]


def _along_alpha(
    title: str, estimates: "Sequence[Estimate]", theme: Theme, *, called: str
) -> dict[str, Any]:
    about = sample(estimates, called=called)
    frame = titled(title, about, x="α", y=axis_title(estimates), theme=theme, height=420)
    frame["xaxis"] |= {"range": [-0.02, 1.02], "dtick": 0.25}
    return frame | {"showlegend": True}


def _span(values: list[float]) -> list[float]:
    """A range with some room around the values."""
    room = 0.03 + 0.05 * (max(values) - min(values))
    return [max(0.0, min(values) - room), min(1.02, max(values) + room)]


def _mark(frame: dict[str, Any], marks: Mapping[float, str], theme: Theme) -> None:
    """Vertical lines where α was chosen, each with the rule that chose it."""
    colour = COLOURS[theme]["ink"]
    for index, (alpha, by) in enumerate(marks.items()):
        frame["shapes"].append(rule("x", alpha, colour=colour, dash="dot"))
        frame["annotations"].append(
            {
                "x": alpha,
                "y": 0.03 + 0.08 * index,
                "yref": "paper",
                "text": by,
                "showarrow": False,
                "xanchor": "left" if alpha < 0.6 else "right",
                "xshift": 6 if alpha < 0.6 else -6,
                "bgcolor": COLOURS[theme]["paper"],
                "font": {"color": colour},
            }
        )

"""The figures of ways: accuracy against the numbers that move, and what each vector is good for."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import ends
from taskarith.figures.style import COLOURS, COLUMNS, Theme, figure, rule, titled

if TYPE_CHECKING:
    from taskarith.recipes.ways.result import WaysResult

__all__ = ["ways_figures"]

SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star", "hexagon",
    "pentagon", "triangle-left", "triangle-right", "bowtie", "hourglass",
)  # fmt: skip
ROW = 44  # px of height for a way


def ways_figures(result: "WaysResult", *, theme: Theme = "light") -> list[Any]:
    """Accuracy against numbers moved, on a log axis; control, sum, negation and shifts by way."""
    return [_against_moved(result, theme), _uses(result, theme)]


def _against_moved(result: "WaysResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    traces = []
    for number, one in enumerate(result.entrants):
        found = result.accuracy(one)
        beside = "+" in one.way
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": one.way,
                "x": [one.moved],
                "y": [found.value],
                "error_y": ends([found], theme),
                "marker": {
                    "color": colours["pinned" if beside else "target"],
                    "size": 13,
                    "symbol": SYMBOLS[number % len(SYMBOLS)],
                },
                "hovertemplate": f"{one.way}: %{{y:.1%}}, %{{x:,}} numbers<extra></extra>",
            }
        )
    frame = titled(
        f"{result.task}, by every way at its best rate",
        f"mean over {result.seeds} seed{'s' if result.seeds > 1 else ''} with 95 % intervals, "
        f"{result.sample.once}; dashed: pretrained",
        x="numbers that were trained",
        y="accuracy",
        theme=theme,
        height=430 + 24 * ((len(traces) + 1) // 2),
    )
    frame["xaxis"] |= {"type": "log", "zeroline": False, "dtick": 1}
    frame["xaxis"].pop("range", None)
    before = result.pretrained[result.task].value
    frame["shapes"] = [rule("y", before, colour=colours["muted"], dash="dash")]
    frame["margin"]["b"] = 96 + 24 * ((len(traces) + 1) // 2)
    frame["legend"] |= COLUMNS
    return figure(traces, frame | {"showlegend": True})


def _uses(result: "WaysResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    entrants = result.entrants[::-1]
    shown = [
        ("control retained", result.retained, "control", "square"),
        ("kept in the sum", result.kept_in_sum, "target", "circle"),
        ("negated to", result.negated, "pinned", "diamond"),
    ]
    if result.shifted is not None:
        shown.append(("under shifts", result.under_shifts, "other", "triangle-up"))
    traces = []
    for name, what, colour, symbol in shown:
        found = [what(one) for one in entrants]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": [one.value for one in found],
                "y": [one.way for one in entrants],
                "error_x": ends(found, theme),
                "marker": {"color": colours[colour], "size": 12, "symbol": symbol},
                "hovertemplate": f"%{{y}}: {name} %{{x:.1%}}<extra></extra>",
            }
        )
    frame = titled(
        "What each way's vector keeps, and is good for",
        f"{result.task}, added to {result.other}, control {result.control}; {result.sample.once}",
        x="accuracy, or the share that is kept",
        y="",
        theme=theme,
        height=210 + ROW * len(entrants),
    )
    # Student's intervals of two seeds may be longer than all that can be.
    most = max(1.0, *(what(one).value for one in entrants for _, what, _, _ in shown))
    frame["xaxis"] |= {"zeroline": False, "tickformat": ".0%", "range": [0, most + 0.1]}
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "type": "category"}
    return figure(traces, frame | {"showlegend": True})

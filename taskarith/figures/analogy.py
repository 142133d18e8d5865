"""Analogy's figures: every quadruple's models on D, and the mean gain over each rival."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import axis_title, sample, standing
from taskarith.figures.style import COLOURS, Theme, figure, rule, titled, whiskers

if TYPE_CHECKING:
    from taskarith.recipes.analogy.result import AnalogyResult

__all__ = ["analogy_figures"]

ANALOGY, MISMATCHED, TRUE = "τ_C + (τ_B − τ_A)", "mismatched", "true τ_D"
# By model: colour, mark and size; the analogy comes last, on top.
LOOK = {
    "pretrained": ("muted", "circle-open", 11),
    "τ_C": ("muted", "square-open", 10),
    "τ_B": ("muted", "diamond-open", 10),
    "τ_B + τ_C": ("pinned", "diamond", 11),
    MISMATCHED: ("muted", "x-thin-open", 10),
    TRUE: ("ink", "triangle-down", 12),
    ANALOGY: ("target", "circle", 13),
}


def analogy_figures(result: "AnalogyResult", *, theme: Theme = "light") -> list[Any]:
    """Accuracy on D by quadruple, and what the analogy adds to each rival over all of them."""
    return [_by_quadruple(result, theme), _gains(result, theme)]


def _by_quadruple(result: "AnalogyResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    rows = list(range(len(result.analogies)))  # two may have the same D
    traces = []
    for model, (colour, symbol, size) in LOOK.items():
        x, lows, highs = zip(
            *(standing(one.on_d[model], one.on_d["pretrained"]) for one in result.analogies),
            strict=True,
        )
        trace = {
            "type": "scatter",
            "mode": "markers",
            "name": model,
            "x": list(x),
            "y": rows,
            "text": [one.quadruple.text() for one in result.analogies],
            "hovertemplate": "%{text}: %{x:.1%}<extra>" + model + "</extra>",
            "marker": {
                "color": colours[colour],
                "symbol": symbol,
                "size": size,
                "line": {"width": 2, "color": colours[colour]},
            },
        }
        if model == ANALOGY:
            trace["error_x"] = whiskers(lows, highs, x, theme)
        traces.append(trace)
    frame = titled(
        f"{result.measure.capitalize()} on D, by quadruple",
        sample((one.on_d[ANALOGY] for one in result.analogies), called=result.sample.examples),
        x=f"{axis_title(one.on_d[ANALOGY] for one in result.analogies)} on D",
        y="",
        theme=theme,
        height=210 + 34 * len(rows),
    )
    frame["xaxis"] |= {"range": [0, 1.02], "tickformat": ".0%", "dtick": 0.25}
    frame["yaxis"] |= {"range": [len(rows) - 0.5, -0.5], "tickmode": "array", "tickvals": rows}
    frame["yaxis"]["ticktext"] = [one.quadruple.d for one in result.analogies]
    return figure(traces, frame | {"showlegend": True})


def _gains(result: "AnalogyResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    rivals = [model for model in LOOK if model not in (ANALOGY, TRUE)]
    gains = [result.gain_over(rival) for rival in rivals]
    x = [100 * gain.value for gain in gains]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": rivals,
        "hovertemplate": "analogy minus %{y}: %{x:+.1f} points<extra></extra>",
        "marker": {"color": colours["target"], "size": 13},
    }
    if len(result.analogies) > 1:  # one quadruple has no interval
        trace["error_x"] = whiskers(
            [100 * gain.low for gain in gains], [100 * gain.high for gain in gains], x, theme
        )
    frame = titled(
        "What the analogy adds to each rival",
        f"mean over {gains[0].over}, 95 % interval",
        x=f"points of {axis_title(one.on_d[ANALOGY] for one in result.analogies)} on D",
        y="",
        theme=theme,
        height=380,
    )
    frame["yaxis"] = {**frame["yaxis"], "autorange": "reversed", "tickformat": None, "dtick": None}
    del frame["yaxis"]["range"]
    frame["shapes"] = [rule("x", 0, colour=colours["ink"], dash="dash")]
    return figure([trace], frame)

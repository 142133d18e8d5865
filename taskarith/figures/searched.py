"""A search's figures: the best edit so far by how many were measured, and tasks against control."""

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from taskarith.figures.style import COLOURS, Theme, figure, titled

if TYPE_CHECKING:
    from taskarith.recipes.search.result import SearchResult

__all__ = ["searched_figures"]


def searched_figures(result: "SearchResult", *, theme: Theme = "light") -> list[Any]:
    """The best quality so far, a line a seeker and seed; every edit of CMA-ES with its front."""
    return [_progress(result, theme), _trade(result, theme)]


def _progress(result: "SearchResult", theme: Theme) -> Any:
    from taskarith.recipes.search.result import CMA, COMMON, RANDOM

    colours = COLOURS[theme]
    marks = {
        CMA: (colours["target"], "solid"),
        RANDOM: (colours["pinned"], "dot"),
        COMMON: (colours["control"], "dash"),
    }
    traces: list[dict[str, Any]] = []
    for outcome, trials in zip(result.outcomes, result.searches, strict=False):
        colour, dash = marks[outcome.how]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": outcome.how,
                "legendgroup": outcome.how,
                "showlegend": outcome.seed < 2,
                "x": list(range(1, len(trials) + 1)),
                "y": list(accumulate((trial.quality for trial in trials), max)),
                "line": {"width": 3, "color": colour, "dash": dash},
                "hovertemplate": f"{outcome.how}, seed {outcome.seed}: %{{y:.3f}} after %{{x}} "
                "edits<extra></extra>",
            }
        )
    frame = titled(
        "The best edit so far",
        f"{result.sample.each} of validation, a line a seed; the common λ goes from 0 up",
        x="edits measured",
        y="quality",
        theme=theme,
        height=420,
    )
    low = min(result.searches[0][0].quality, max(t.quality for t in result.searches[-1]))
    top = max(trial.quality for trials in result.searches for trial in trials)
    frame["xaxis"] |= {"zeroline": False, "tickformat": None}
    frame["yaxis"] |= {
        "range": [low - 0.1 * (top - low) - 0.01, top + 0.1 * (top - low) + 0.01],
        "tickformat": ".2f",
        "dtick": None,
    }
    frame["showlegend"] = True
    return figure(traces, frame)


def _trade(result: "SearchResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    every = {
        "mode": "markers",
        "marker": {"size": 8, "color": colours["other"]},
        **_points(result.searches[0]),
    }
    front = {
        "mode": "lines+markers",
        "line": {"width": 3, "color": colours["pinned"]},
        "marker": {"size": 12, "color": colours["pinned"], "symbol": "diamond"},
        **_points(result.front),
    }
    frame = titled(
        "Tasks against control",
        f"every edit of CMA-ES, first seed; line: the Pareto front; {result.sample.each} of "
        "validation",
        x=f"mean normalized {result.measure}",
        y=f"{result.control} retained",
        theme=theme,
        height=420,
    )
    frame["xaxis"] |= {"zeroline": False, "tickformat": ".0%"}
    frame["yaxis"] |= {"range": None, "tickformat": ".1%", "dtick": None}
    return figure([every, front], frame)


def _points(trials: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [trial.target for trial in trials],
        "y": [trial.control for trial in trials],
        "hovertemplate": "%{x:.1%}, control %{y:.1%}<extra></extra>",
    }

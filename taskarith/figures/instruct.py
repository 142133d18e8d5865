"""The figures of instruction tuning: levels by model, categories seen, the vector as a slider."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.style import COLOURS, Theme, figure, line, titled, whiskers

if TYPE_CHECKING:
    from taskarith.recipes.instruct.result import InstructResult
    from taskarith.recipes.interval import Interval

__all__ = ["instruct_figures"]

# By level: whose colour, mark and line it has.
ROLES = {"unseen category": "target", "unseen task": "pinned", "unseen example": "other"}


def instruct_figures(result: "InstructResult", *, theme: Theme = "light") -> list[Any]:
    """Mean accuracy of each level by model, by the categories seen, by λ, and gains by size."""
    most = max(model.categories for model in result.models)
    kinds = [m for m in result.models if m.categories in (0, most)]
    by_kind = {f"{m.kind}{' (shown)' if m.shown and not m.categories else ''}": m for m in kinds}
    counts = {m.categories: m for m in result.models
              if m.kind in ("untuned", "instructions") and not m.shown}  # fmt: skip
    where = f"{result.steps} steps each, {result.sample.once}"
    drawn: list[tuple[Any, ...]] = [
        (
            "Levels of generalization", where, "", list(by_kind),
            [model.levels for model in by_kind.values()], False,
        ),
        (
            "More categories", where, "categories seen", sorted(counts),
            [counts[count].levels for count in sorted(counts)], True,
        ),
        (
            "The instruction vector as a slider", "on validation", "λ",
            [step.coefficient for step in result.curve], [step.levels for step in result.curve],
            True,
        ),
    ]  # fmt: skip
    figures = [
        _figure(title, note, x, places, levels, joined, theme)
        for title, note, x, places, levels, joined in drawn
    ]
    return [*figures, _sizes(result, theme)] if result.sizes else figures


def _sizes(result: "InstructResult", theme: Theme) -> Any:
    """What instructions add to the untuned model of each size."""
    gains = [one.model("instructions").over_untuned or {} for one in result.sizes]
    parameters = [one.parameters for one in result.sizes]
    drawn = _figure(
        "Instructions by the size of the base",
        f"change against the untuned model, {result.steps} steps each, {result.sample.once}",
        "parameters of the base",
        parameters,
        gains,
        True,
        theme,
    )
    drawn.update_yaxes(
        title_text="change of mean accuracy", range=None, dtick=None, tickformat="+.0%"
    )
    drawn.update_xaxes(
        type="log", tickvals=parameters, ticktext=[f"{count:,}" for count in parameters]
    )
    return drawn


def _figure(
    title: str,
    note: str,
    x: str,
    places: "list[Any]",
    levels: "list[dict[str, Interval]]",
    joined: bool,
    theme: Theme,
) -> Any:
    traces = []
    for level, role in ROLES.items():
        if level not in levels[0]:
            continue
        own = [one[level] for one in levels]
        values = [one.value for one in own]
        style = line(role, theme)  # type: ignore[arg-type]
        traces.append(
            style
            | {
                "name": level,
                "mode": "lines+markers" if joined else "markers",
                "x": places,
                "y": values,
                "marker": style["marker"] | {"size": 10},
                "error_y": whiskers([o.low for o in own], [o.high for o in own], values, theme)
                | {"color": COLOURS[theme]["muted"], "thickness": 1},
            }
        )
    frame = titled(title, note, x=x, y="mean accuracy", theme=theme, height=460)
    frame["xaxis"] |= {"dtick": None, "tickformat": "", "zeroline": False}
    frame["xaxis"].pop("range", None)
    if not joined:
        frame["xaxis"] |= {"type": "category"}
    return figure(traces, frame | {"showlegend": True})

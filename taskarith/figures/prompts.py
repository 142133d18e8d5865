"""The figures of soft prompts: accuracy by length and first values, and in another domain."""

from typing import TYPE_CHECKING, Any

from taskarith.figures.standing import ends
from taskarith.figures.style import COLOURS, Role, Theme, figure, line, rule, titled

if TYPE_CHECKING:
    from taskarith.recipes.prompts.result import PromptsResult

__all__ = ["prompts_figures"]

ROLES: tuple[Role, ...] = ("other", "target", "pinned")
LENGTH_ROLES: tuple[Role, ...] = ("other", "target", "control")
ROW = 54  # px of height for a direction


def prompts_figures(result: "PromptsResult", *, theme: Theme = "light") -> list[Any]:
    """Accuracy against length, a line a beginning; by size; what is left in the other domain."""
    sizes = [_sizes(result, theme)] if result.sizes else []
    domains = [_domains(result, theme)] if result.kin else []
    return [_lengths(result, theme), *sizes, *domains]


def _lengths(result: "PromptsResult", theme: Theme) -> Any:
    colours = COLOURS[theme]
    traces = []
    beginnings = list(dict.fromkeys(form.beginning for form in result.forms))
    for beginning, role in zip(beginnings, ROLES, strict=False):
        forms = result.of_length(beginning)
        found = [result.accuracy(form) for form in forms]
        style = line(role, theme)
        traces.append(
            style
            | {
                "name": beginning,
                "x": [form.length for form in forms],
                "y": [one.value for one in found],
                "error_y": ends(found, theme),
                "marker": style["marker"] | {"size": 11},
                "hovertemplate": f"{beginning}, %{{x}} vectors: %{{y:.1%}}<extra></extra>",
            }
        )
    frame = titled(
        f"Prompts of {result.task}",
        f"mean over {result.seeds} seed{'s' if result.seeds > 1 else ''} with 95 % intervals, "
        f"{result.sample.once};<br>dashed: pretrained, dotted: full fine-tuning",
        x="vectors of the prompt",
        y="accuracy",
        theme=theme,
        height=460,
    )
    lengths = sorted({form.length for form in result.forms})
    frame["xaxis"] |= {"type": "log", "tickvals": lengths, "zeroline": False}
    frame["xaxis"].pop("range", None)
    frame["margin"] |= {"t": 88, "b": 92}
    frame["shapes"] = [
        rule("y", result.pretrained[result.task].value, colour=colours["muted"], dash="dash"),
        rule("y", result.of_full().value, colour=colours["muted"], dash="dot"),
    ]
    return figure(traces, frame | {"showlegend": True})


def _sizes(result: "PromptsResult", theme: Theme) -> Any:
    """Accuracy against the base's numbers, a line a length, beside full fine-tuning."""
    from taskarith.recipes.interval import Interval

    pretrained = [one.pretrained for one in result.sizes]
    series: dict[str, list[Interval]] = {
        f"prompt of {form.length}": [
            result.accuracy(next(own for own in one.forms if own.length == form.length))
            for one in result.sizes
        ]
        for form in sorted(result.sizes[0].forms, key=lambda form: form.length)
    }
    series["full fine-tuning"] = [result.of_full(one.full) for one in result.sizes]
    parameters = [one.parameters for one in result.sizes]
    traces = []
    for place, name in enumerate(series):
        prompts = place < len(series) - 1
        style = line(LENGTH_ROLES[place % 3] if prompts else "pinned", theme)
        traces.append(
            style
            | {
                "name": name,
                "x": parameters,
                "y": [one.value for one in series[name]],
                "error_y": ends(series[name], theme),
                "marker": style["marker"] | {"size": 11},
                "hovertemplate": f"{name}, %{{x:,}} parameters: %{{y:.1%}}<extra></extra>",
            }
        )
    traces.append(
        {
            "type": "scatter",
            "mode": "lines",
            "name": "pretrained",
            "x": parameters,
            "y": [one.skill for one in pretrained],
            "line": {"color": COLOURS[theme]["muted"], "dash": "dash"},
            "hovertemplate": "pretrained, %{x:,} parameters: %{y:.1%}<extra></extra>",
        }
    )
    frame = titled(
        f"Prompts of {result.task} by the size of the base",
        f"from random words, mean over {result.seeds} seed{'s' if result.seeds > 1 else ''} with "
        f"95 % intervals, {result.sample.once}",
        x="parameters of the base",
        y="accuracy",
        theme=theme,
        height=460,
    )
    frame["xaxis"] |= {
        "type": "log",
        "tickvals": parameters,
        "ticktext": [f"{count:,}" for count in parameters],
        "zeroline": False,
    }
    frame["xaxis"].pop("range", None)
    frame["margin"] |= {"t": 88, "b": 92}
    return figure(traces, frame | {"showlegend": True})


def _domains(result: "PromptsResult", theme: Theme) -> Any:
    from taskarith.recipes.interval import mean_interval
    from taskarith.recipes.prompts.result import FULL, PROMPT

    colours = COLOURS[theme]
    directions = result.directions()[::-1]
    names = [f"{source} → {target}" for source, target in directions]
    traces = []
    for way, colour in ((PROMPT, "target"), (FULL, "pinned")):
        for place, symbol in (("at home", "circle"), ("there", "diamond")):
            found = [
                mean_interval(
                    result.on(way, source, source if place == "at home" else target), units="seeds"
                )
                for source, target in directions
            ]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": f"{way}, {place}",
                    "x": [one.value for one in found],
                    "y": names,
                    "error_x": ends(found, theme),
                    "marker": {"color": colours[colour], "size": 12, "symbol": symbol},
                    "hovertemplate": f"{way}, {place}: %{{x:.1%}}<extra></extra>",
                }
            )
    traces.append(
        {
            "type": "scatter",
            "mode": "markers",
            "name": "pretrained, there",
            "x": [result.pretrained[target].value for _, target in directions],
            "y": names,
            "marker": {"color": colours["muted"], "size": 11, "symbol": "line-ns-open"},
            "hovertemplate": "pretrained, there: %{x:.1%}<extra></extra>",
        }
    )
    frame = titled(
        "Learned on one domain, asked about another",
        f"mean over {result.seeds} seed{'s' if result.seeds > 1 else ''}, {result.sample.once}",
        x="accuracy",
        y="",
        theme=theme,
        height=230 + ROW * len(names),
    )
    frame["xaxis"] |= {"zeroline": False, "tickformat": ".0%"}
    frame["yaxis"] |= {"range": None, "tickformat": None, "dtick": None, "type": "category"}
    return figure(traces, frame | {"showlegend": True})

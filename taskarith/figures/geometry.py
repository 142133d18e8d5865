"""Geometry's figures: angles, sign conflicts and lengths of the terms λ·τ of an edit."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from taskarith.figures.style import COLOURS, Theme, figure, titled

if TYPE_CHECKING:
    from taskarith.suites.geometry import SuiteGeometry

__all__ = ["geometry_figures"]

ROW = 30  # px of height for a vector


def geometry_figures(
    geometry: "SuiteGeometry",
    coefficients: Mapping[str, float] | None = None,
    *,
    density: float = 1.0,
    theme: Theme = "light",
) -> list[Any]:
    """Cosines, sign conflicts, and lengths by layer, as plotly Figures.

    Args:
        coefficients: the edit; none given: the vectors themselves.
        density: of the sign conflicts, one of `taskarith.suites.geometry.DENSITIES`.

    Raises:
        MissingDependencyError: plotly is not installed.
    """
    cosines = geometry.cosines(coefficients)
    low, high = geometry.null_conflicts[density]
    shares = geometry.sign_conflicts(coefficients, density=density)
    entries = "all entries" if density == 1 else f"the largest {density:.0%} of each term"
    return [
        _matrix(
            "Angles: cosine of two terms",
            f"random directions stay within ±{geometry.null_cosine:.3f}",
            cosines,
            geometry,
            theme,
            texts=".2f",
            bound=1.0,
        ),
        _matrix(
            "Signs: how far two terms conflict more than by chance",
            f"share of opposite signs, {entries}; unrelated directions {low:.1%} to {high:.1%}",
            shares,
            geometry,
            theme,
            texts=".0%",
            bound=0.5,
            middle=0.5,
        ),
        _lengths(geometry, coefficients, theme),
    ]


def _matrix(
    title: str,
    about: str,
    values: np.ndarray,
    geometry: "SuiteGeometry",
    theme: Theme,
    *,
    texts: str,
    bound: float,
    middle: float = 0.0,
) -> Any:
    """A square of cells; the colour follows the root of the distance from the middle."""
    colours = COLOURS[theme]
    away = values - middle
    np.fill_diagonal(away, np.nan)
    roots = np.sign(away) * np.sqrt(np.abs(away) / bound)
    ends = [colours["pinned"], colours["paper"], colours["target"]]
    if middle:  # to agree is blue, to conflict orange
        ends.reverse()
    known = np.isfinite(away)
    written = [
        [format(value, texts) if shown else "" for value, shown in zip(row, mask, strict=True)]
        for row, mask in zip(values, known, strict=True)
    ]
    names = list(geometry.vectors)
    trace = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": roots.tolist(),
        "zmin": -1,
        "zmax": 1,
        "colorscale": [[place, colour] for place, colour in zip((0, 0.5, 1), ends, strict=True)],
        "showscale": False,
        "text": written,
        "texttemplate": "%{text}",
        "hovertemplate": "%{y} and %{x}: %{text}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    frame = titled(title, about, x="", y="", theme=theme, height=220 + ROW * len(names))
    frame["yaxis"] = frame["xaxis"] | {"autorange": "reversed"}
    return figure([trace], frame)


def _lengths(
    geometry: "SuiteGeometry", coefficients: Mapping[str, float] | None, theme: Theme
) -> Any:
    """Lines over the layers, one a term, and the edit's own."""
    colours = COLOURS[theme]
    given = dict.fromkeys(geometry.vectors, 1.0) if coefficients is None else coefficients
    shares = geometry.norms(given) / geometry.base[:, None]
    whole = geometry.edit_norms(given) / geometry.base
    lines = [
        (name, shares[:, place], colours["target"], 2.5)
        for place, name in enumerate(geometry.vectors)
        if given.get(name)
    ]
    lines.append(("their sum", whole, colours["control"], 4.5))
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": name,
            "x": list(geometry.groups),
            "y": values.tolist(),
            "line": {"color": colour, "width": width},
            "hovertemplate": f"{name}, %{{x}}: %{{y:.2%}}<extra></extra>",
        }
        for name, values, colour, width in lines
    ]
    frame = titled(
        "Lengths: how far a term moves each layer",
        "‖λ·τ‖ ÷ ‖θ₀‖; the thick line is the edit itself",
        x="layer",
        y="share of the layer's length",
        theme=theme,
    )
    frame["yaxis"] |= {"range": None, "rangemode": "tozero", "tickformat": ".1%", "dtick": None}
    frame["xaxis"] |= {"type": "category"}
    return figure(traces, frame)

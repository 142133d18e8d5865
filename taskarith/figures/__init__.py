"""Figures: results as Plotly pictures, in the one look they share with the page.

Light to import: neither torch nor plotly comes before a figure is made.
"""

from taskarith.figures.curves import Bar, Curve, bars_figure, curve_figure
from taskarith.figures.geometry import geometry_figures
from taskarith.figures.recipes import recipe_figures
from taskarith.figures.search import search_figure
from taskarith.figures.style import page_style
from taskarith.figures.turned import confusion_figure

__all__ = [
    "Bar",
    "Curve",
    "bars_figure",
    "confusion_figure",
    "curve_figure",
    "geometry_figures",
    "page_style",
    "recipe_figures",
    "search_figure",
]

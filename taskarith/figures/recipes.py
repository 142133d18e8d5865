"""Which figures a recipe's result has."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taskarith.errors import unknown_name
from taskarith.figures.addition import addition_figures
from taskarith.figures.analogy import analogy_figures
from taskarith.figures.efficiency import efficiency_figures
from taskarith.figures.few_shot import few_shot_figures
from taskarith.figures.instruct import instruct_figures
from taskarith.figures.interpolation import paint_figures, wise_ft_figures
from taskarith.figures.methods import methods_figures
from taskarith.figures.negation import negation_figures
from taskarith.figures.plane import plane_figures
from taskarith.figures.prompts import prompts_figures
from taskarith.figures.retrieval import retrieval_figures
from taskarith.figures.scaling import scaling_figures
from taskarith.figures.searched import searched_figures
from taskarith.figures.sequence import sequence_figures
from taskarith.figures.soup import soup_figures
from taskarith.figures.style import Theme
from taskarith.figures.sweep import sweep_figures
from taskarith.figures.transfer import transfer_figures
from taskarith.figures.ways import ways_figures

if TYPE_CHECKING:
    from taskarith.recipes.result import Result

__all__ = ["recipe_figures"]

FIGURES: dict[str, Callable[..., list[Any]]] = {
    "negation": negation_figures,
    "addition": addition_figures,
    "analogy": analogy_figures,
    "paint": paint_figures,
    "wise-ft": wise_ft_figures,
    "soup": soup_figures,
    "methods": methods_figures,
    "plane": plane_figures,
    "sweep": sweep_figures,
    "search": searched_figures,
    "transfer": transfer_figures,
    "sequence": sequence_figures,
    "scaling": scaling_figures,
    "instruct": instruct_figures,
    "few-shot": few_shot_figures,
    "ways": ways_figures,
    "efficiency": efficiency_figures,
    "prompts": prompts_figures,
    "retrieval": retrieval_figures,
}


def recipe_figures(result: "Result", *, theme: Theme = "light") -> list[Any]:
    """The figures that people know from the recipe's paper, as plotly Figures.

    Args:
        result: of any recipe, as `run_recipe` gives it.
        theme: "light" or "dark".

    Raises:
        MissingDependencyError: plotly is not installed.
        UnknownNameError: the recipe has no figures.
    """
    if result.name not in FIGURES:
        raise unknown_name("recipe with figures", result.name, existing=FIGURES)
    return FIGURES[result.name](result, theme=theme)

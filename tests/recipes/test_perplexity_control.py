"""Recipes on a made-up lab whose control is a perplexity: what is kept is what it retains."""

from collections.abc import Mapping

import pytest

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.addition.recipe import AdditionRecipe
from taskarith.recipes.catalogue import Recipe
from taskarith.recipes.methods.entrants import entrants
from taskarith.recipes.methods.recipe import MethodsRecipe
from taskarith.recipes.paint.protocol import choose_alpha, patch_one
from taskarith.recipes.paint.recipe import PaintRecipe
from taskarith.recipes.plane.recipe import PlaneRecipe
from taskarith.recipes.result import as_text
from taskarith.recipes.sample import Sample
from taskarith.recipes.search.recipe import SearchRecipe
from taskarith.recipes.search.space import Space
from taskarith.recipes.soup.recipe import SoupRecipe
from taskarith.recipes.wise_ft.recipe import WiseFtRecipe
from tests.recipes.fakes import FakeLab

CONTROL = "plain"
TEXTS = Sample("texts")


def measured(coefficients: Mapping[str, float], task: str) -> float:
    """Each vector helps its own task; all of them together cost the control."""
    moved = sum(abs(value) for value in coefficients.values())
    if task == CONTROL:
        return 4.0 * (1 + 0.03 * moved**2)
    return min(0.95, 0.5 + 0.4 * coefficients.get(task.partition("@")[0], 0.1 * moved))


def lab() -> FakeLab:
    return FakeLab(measured, means=[CONTROL], sample=TEXTS)


RECIPES: dict[str, Recipe] = {
    "addition": AdditionRecipe(("a", "b"), CONTROL),
    "paint": PaintRecipe(("a",), (CONTROL,), ways=()),
    "wise-ft": WiseFtRecipe({"a": "a"}, ("blur",), CONTROL),
    "soup": SoupRecipe("a", ("a", "b"), ("blur",), CONTROL),
    "methods": MethodsRecipe(("a", "b"), CONTROL, entrants(["sum"])),
    "search": SearchRecipe(Space(("a", "b")), CONTROL, budget=6, seeds=1),
    "plane": PlaneRecipe("a", "b", targets=("a",), control=CONTROL, steps=4),
}


@pytest.mark.parametrize("name", list(RECIPES))
def test_the_control_stands_in_its_own_unit(name: str) -> None:
    result = RECIPES[name].run(lab().lab)
    cells = [
        cell
        for table in result.tables()
        for row in table.rows
        for cell in row.values()
        if isinstance(cell, Estimate) and cell.metric == "perplexity"
    ]
    changes = [row.get(f"change of {CONTROL}") for row in result.rows()]
    assert cells or all(isinstance(change, PairedDifference) for change in changes)
    assert all(cell.value > 3.99 for cell in cells)
    assert "images" not in as_text(result)
    assert "texts" in result.protocol()


def test_patching_gives_up_one_percent_of_what_is_retained() -> None:
    patched = patch_one(lab().lab, task="a", supported=[CONTROL], criterion="within a point")
    # 1 ÷ (1 + 0.03·α²) is above 0.99 up to α = 0.58.
    assert patched.alphas == {"a": 0.55}
    best = choose_alpha(
        lab().lab, patched.curve, criterion="best mean", tasks=["a"], supported=[CONTROL]
    )
    assert best.alpha == 1.0


def test_patching_says_how_a_perplexity_is_read() -> None:
    result = RECIPES["paint"].run(lab().lab)
    assert f"({CONTROL}), of a perplexity what is retained" in result.protocol()

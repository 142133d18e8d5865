"""The figures of recipes, drawn from results of a lab of made-up accuracies."""

from collections.abc import Callable
from typing import Any

import pytest

from taskarith.errors import UnknownNameError
from taskarith.evaluation import Estimate
from taskarith.figures import recipe_figures, search_figure
from taskarith.recipes.analogy.recipe import AnalogyRecipe
from taskarith.recipes.catalogue import Recipe
from taskarith.recipes.result import Result
from taskarith.recipes.watching import Seen, watched
from tests.recipes.addition import test_recipe as test_addition_recipe
from tests.recipes.analogy import test_analogy
from tests.recipes.fakes import FakeLab
from tests.recipes.methods import test_methods
from tests.recipes.negation import test_negation
from tests.recipes.paint import test_paint
from tests.recipes.plane import test_plane
from tests.recipes.search import test_recipe as test_search_recipe
from tests.recipes.sequence import test_sequence
from tests.recipes.soup import test_soup
from tests.recipes.sweep import test_sweep
from tests.recipes.transfer import test_transfer
from tests.recipes.wise_ft import test_wise_ft

CASES: dict[str, tuple[Recipe, Callable[..., float]]] = {
    "negation": (test_negation.RECIPE, test_negation.accuracy),
    "addition": (test_addition_recipe.RECIPE, test_addition_recipe.accuracy),
    "analogy": (AnalogyRecipe(test_analogy.QUADRUPLES, examples=()), test_analogy.accuracy),
    "paint": (test_paint.RECIPE, test_paint.accuracy),
    "wise-ft": (test_wise_ft.RECIPE, test_wise_ft.accuracy),
    "soup": (test_soup.RECIPE, test_soup.accuracy),
    "methods": (test_methods.RECIPE, test_methods.accuracy),
    "plane": (test_plane.RECIPE, test_plane.accuracy),
    "sweep": (test_sweep.RECIPE, test_sweep.accuracy),
    "search": (test_search_recipe.RECIPE, test_search_recipe.accuracy),
    "transfer": (test_transfer.RECIPE, test_transfer.accuracy),
    "sequence": (test_sequence.RECIPE, test_sequence.accuracy),
}


def result_of(name: str) -> Any:
    recipe, accuracy = CASES[name]
    return recipe.run(FakeLab(accuracy).lab)


def traces(figure: Any) -> dict[str, Any]:
    return {trace.name: trace for trace in figure.data if trace.name}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CASES)
def test_every_figure_says_what_was_measured_on_how_many_images(name: str, theme: str) -> None:
    figures = recipe_figures(result_of(name), theme=theme)
    assert figures
    for figure in figures:
        assert "images" in figure.layout.title.text or "sets of four" in figure.layout.title.text
        assert figure.layout.height >= 300
        assert figure.to_json().count("http") == 0


def test_negation_has_bars_for_every_model_with_chance_and_floor() -> None:
    result = result_of("negation")
    target, control, *turned = recipe_figures(result)
    assert len(turned) == len(result.tasks)
    cells = turned[0].data[0].customdata
    assert [[counts[1] for counts in row] for row in cells] == [
        list(row) for row in result.tasks[0].confusion_after
    ]
    digits = result.tasks[0]
    for model, measured in digits.models.items():
        name = model.removeprefix("gradient ")
        assert traces(target)[name].y[0] == measured.target.value
        assert traces(control)[name].y[0] == measured.controls["objects"].value
    assert list(traces(target)["ascent"].x) == ["digits"]
    assert list(traces(target)["chance"].y) == [0.5, 0.5]
    before = digits.models["pretrained"].controls["objects"].value
    assert control.layout.shapes[0].y0 == pytest.approx(0.95 * before)
    array = traces(target)["negated"].error_y.array
    assert array[0] == pytest.approx(
        digits.models["negated"].target.high - digits.models["negated"].target.value
    )


def test_addition_shows_pairs_and_sizes_beside_doing_nothing() -> None:
    result = result_of("addition")
    pairs, by_number = recipe_figures(result)
    assert len(traces(pairs)["pair"].x) == len(traces(pairs)["doing nothing"].x) == 6
    one = result.sums[0]
    first, second = one.tasks
    assert traces(pairs)["pair"].x[0] == pytest.approx(
        one.accuracies[first].value / result.finetuned[first].value
    )
    assert traces(pairs)["doing nothing"].y[0] == pytest.approx(
        result.pretrained[second].value / result.finetuned[second].value
    )
    rows = {row["tasks"]: row["normalized"] for row in result.tables()[1].rows}
    line = traces(by_number)["common λ, mean"]
    assert dict(zip(line.x, line.y, strict=True)) == pytest.approx(rows)
    assert traces(by_number)["joint tuning"].y[0] == result.joint.normalized
    assert traces(by_number)["one λ each"].y[0] == result.each.normalized


def test_analogy_shows_every_quadruple_and_the_gain_over_each_rival() -> None:
    result = result_of("analogy")
    on_d, gains = recipe_figures(result)
    for model, trace in traces(on_d).items():
        assert list(trace.x) == [one.on_d[model].value for one in result.analogies]
    (trace,) = gains.data
    for rival, value in zip(trace.y, trace.x, strict=True):
        assert value == pytest.approx(100 * result.gain_over(rival).value)
    assert gains.layout.shapes[0].x0 == 0


def test_one_quadruple_has_no_interval() -> None:
    recipe = AnalogyRecipe(test_analogy.QUADRUPLES[:1], examples=())
    _, gains = recipe_figures(recipe.run(FakeLab(test_analogy.accuracy).lab))
    assert gains.data[0].error_x.array is None


def test_paint_marks_the_chosen_mixing_coefficient() -> None:
    result = result_of("paint")
    figures = recipe_figures(result)
    assert len(figures) == len({(p.patched.way, p.patched.tasks) for p in result.patches})
    first = result.patches[0].patched
    curve = traces(figures[0])[first.tasks[0]]
    assert list(curve.y) == [point.accuracies[first.tasks[0]].value for point in first.curve]
    together = traces(figures[-1])
    marks = {together[task].marker.symbol for task in test_paint.TASKS}
    assert len(marks) == len(test_paint.TASKS)
    marked = {shape.x0 for shape in figures[0].layout.shapes}
    assert marked == {
        next(iter(patch.patched.alphas.values()))
        for patch in result.patches
        if patch.patched.tasks == first.tasks and patch.patched.way == "one"
    }


def test_wise_ft_has_a_curve_and_a_scatter_with_the_line_of_usual_models() -> None:
    result = result_of("wise-ft")
    curve, scatter = recipe_figures(result)
    (one,) = result.tasks
    assert list(traces(curve)["mean over shifts"].y) == [r.shifted.value for r in one.test.values()]
    path = traces(scatter)["interpolated, α from 0 to 1"]
    assert list(path.x) == [r.reference.value for r in one.test.values()]
    usual = next(trace for name, trace in traces(scatter).items() if name.startswith("line of"))
    assert list(usual.y) == [pytest.approx(one.line.expected(x)) for x in usual.x]


def test_soup_has_a_point_for_every_model_and_ingredient() -> None:
    result = result_of("soup")
    (figure,) = recipe_figures(result)
    assert len(traces(figure)["ingredients"].x) == len(result.ingredients)
    for model in result.models:
        point = traces(figure)[model.kind]
        assert (point.x[0], point.y[0]) == (
            model.robustness.reference.value,
            model.robustness.shifted.value,
        )


def test_transfer_shows_the_matrix_and_every_predictor() -> None:
    result = result_of("transfer")
    matrix, predicted, joint = recipe_figures(result)
    (heat,) = matrix.data
    assert heat.z[0][0] == pytest.approx(0.4)
    assert heat.text[0][0] == "+40 •"
    assert list(traces(predicted)["what vectors do"].customdata) == list(result.predicted)
    assert len(traces(predicted)["joint training"].x) == len(result.predicted) + 1
    assert list(traces(joint)["trained on all tasks"].y) == list(result.tasks)


def test_sequence_shows_every_step_and_what_was_forgotten() -> None:
    result = result_of("sequence")
    course, forgotten, *planes = recipe_figures(result)
    line = traces(course)["pretrained, plain"]
    assert list(line.x) == [0, 1, 2, 3]
    assert line.y[0] == pytest.approx(0.5)
    assert list(traces(forgotten)["forgotten"].y)[-1] == "pretrained, plain"
    assert traces(forgotten)["forgotten"].x[-1] == pytest.approx(0.2)
    assert len(planes) == 2


def test_a_result_without_figures_is_refused() -> None:
    class Other(Result):
        name = "other"

    with pytest.raises(UnknownNameError, match="recipe with figures 'other'"):
        recipe_figures(Other())


def told(name: str, most: int) -> list[Seen]:
    recipe, accuracy = CASES[name]
    seen: list[Seen] = []
    recipe.run(watched(FakeLab(accuracy).lab, seen.append))
    return seen[:most]


def test_a_search_on_its_way_is_a_curve_along_its_direction() -> None:
    figure = search_figure(told("negation", 12), control="objects")
    curve = traces(figure)["digits"]
    assert list(curve.x) == sorted(curve.x)
    assert min(curve.x) < 0
    assert "Choosing along digits" in figure.layout.title.text


def test_shifted_versions_stand_behind_the_task_itself() -> None:
    figure = search_figure(told("wise-ft", 18), control="objects")
    colours = {name: trace.line.color for name, trace in traces(figure).items()}
    assert colours["digits"] != colours["digits@blur"] == colours["digits@noise"]


def test_without_a_direction_every_edit_is_a_mark_in_its_task_s_row() -> None:
    def half(right: int) -> Estimate:
        return Estimate.share(correct=right, n=100, total=100, split="validation")

    seen = [
        Seen({}, "digits", half(40)),
        Seen({"a": 1.0}, "digits", half(50)),
        Seen({"b": 1.0}, "letters", half(60)),
    ]
    figure = search_figure(seen, control="objects")
    assert list(traces(figure)["measured"].x) == [0.4, 0.5, 0.6]
    assert list(traces(figure)["pretrained"].x) == [0.4]
    assert list(traces(figure)["the last one"].y) == ["letters"]
    assert search_figure(told("soup", 4), control="objects", curves=False).data

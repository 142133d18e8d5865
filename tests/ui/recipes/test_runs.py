"""Recipes as jobs of the page: made, run, remembered, and read as edits that Explore can show."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from taskarith.core import Edit
from taskarith.errors import RecipeError, TaskArithError, UnknownNameError
from taskarith.evaluation import Evaluator
from taskarith.recipes.catalogue import run_recipe
from taskarith.recipes.efficiency.recipe import EfficiencyRecipe
from taskarith.recipes.sequence.recipe import SequenceRecipe
from taskarith.recipes.ways.recipe import WaysRecipe
from taskarith.suites import Suite, load_suite
from taskarith.ui.recipes.form import FORMS, Request
from taskarith.ui.recipes.result_html import edits_html, result_html
from taskarith.ui.recipes.runs import (
    Finished,
    RecipeRuns,
    Searching,
    chosen_edits,
    make_recipe,
    offered,
)
from taskarith.ui.serving.explorer import Explorer
from taskarith.ui.serving.jobs import Jobs, JobStatus

ONE, TWO = "1" * 24, "2" * 24
NEGATION = Request("negation", ("apples",), n=8)
PATIENCE = 60.0
IN_WORDS = (
    "instruct",
    "few-shot",
    "prompts",
    "retrieval",
)  # of language models, which the page's tiny suite has not


@pytest.fixture
def explorer(page_suite: Suite) -> Iterator[Explorer]:
    explorer = Explorer(page_suite, make_evaluator=lambda: Evaluator(page_suite, device="cpu"))
    yield explorer
    explorer.close()


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    jobs = Jobs(give_way=0.01)
    yield jobs
    jobs.close()


def finished(runs: RecipeRuns, visitor: str) -> JobStatus:
    ends = time.monotonic() + PATIENCE
    while (look := runs.status(visitor)) is None or not look.over:
        assert time.monotonic() < ends
        time.sleep(0.01)
    return look


def test_a_recipe_gives_what_the_library_gives(explorer: Explorer, jobs: Jobs) -> None:
    runs = RecipeRuns(jobs)
    assert runs.status(ONE) is None
    assert runs.asked(ONE, explorer.suite) is None
    runs.start(ONE, explorer, NEGATION)
    assert runs.asked(ONE, explorer.suite) == NEGATION
    done = finished(runs, ONE).result
    assert runs.asked(ONE, explorer.suite) == NEGATION
    assert isinstance(done, Finished)
    recipe = make_recipe(explorer.suite, NEGATION)
    again = run_recipe(recipe, explorer.make_evaluator(), n=8, rehearse=True)
    assert done.result == again


def test_the_same_request_is_known_to_everybody(explorer: Explorer, jobs: Jobs) -> None:
    runs = RecipeRuns(jobs)
    runs.start(ONE, explorer, NEGATION)
    first = finished(runs, ONE)
    runs.start(TWO, explorer, NEGATION)
    known = runs.status(TWO)
    assert known is not None
    assert known.result is first.result
    assert jobs.status(TWO) is None
    other = Request("negation", ("apples",), n=9)
    runs.start(TWO, explorer, other)
    result = finished(runs, TWO).result
    assert isinstance(result, Finished)
    assert result.request == other


def test_a_search_can_be_watched(explorer: Explorer, jobs: Jobs) -> None:
    runs = RecipeRuns(jobs)
    runs.start(ONE, explorer, Request("addition", ("apples", "birds", "coins"), n=None))
    partial = None
    ends = time.monotonic() + PATIENCE
    while partial is None and time.monotonic() < ends:
        look = runs.status(ONE)
        assert look is not None
        assert not look.over
        partial = look.partial
    assert isinstance(partial, Searching)
    assert partial.control == "gardens"
    assert {one.estimate.split for one in partial.seen} == {"validation"}
    runs.cancel(ONE)
    look = finished(runs, ONE)
    assert (look.state, look.result, look.partial) == ("cancelled", None, None)


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        (Request("negation", ("pears",)), UnknownNameError, "unknown task 'pears'"),
        (Request("negation", ("gardens",)), UnknownNameError, "task with a vector"),
        (Request("addition", ("apples",)), RecipeError, "at least 2 tasks"),
        (Request("negation"), RecipeError, "nothing is chosen; Tasks to forget"),
        (Request("analogy", ("apples:birds",)), RecipeError, "is no analogy; write A:B::C:D"),
        (Request("soup", ("soup-apples-00",)), RecipeError, "at least 2 different ingredients"),
        (Request("soup", ("x", "y")), UnknownNameError, "unknown vector 'x'"),
        (Request("paint", (), ways=("sideways",)), UnknownNameError, "way of patching"),
    ],
)
def test_what_cannot_run_is_refused_before_it_queues(
    asked: Request, error: type[Exception], says: str, explorer: Explorer, jobs: Jobs
) -> None:
    runs = RecipeRuns(jobs)
    with pytest.raises(error, match=says):
        runs.start(ONE, explorer, asked)
    assert runs.status(ONE) is None


def test_a_visitor_runs_one_at_a_time(explorer: Explorer, jobs: Jobs) -> None:
    runs = RecipeRuns(jobs)
    runs.start(ONE, explorer, Request("addition", ("apples", "birds"), n=None))
    with pytest.raises(TaskArithError, match="still running"):
        runs.start(ONE, explorer, NEGATION)
    runs.cancel(ONE)
    assert finished(runs, ONE).state == "cancelled"


@pytest.mark.parametrize("name", IN_WORDS)
def test_recipes_in_words_start_with_names_of_a_suite_that_has_them(
    name: str, explorer: Explorer
) -> None:
    suite = load_suite("mini-t5")
    every, start = offered(suite, name)
    assert bool(start) == bool(FORMS[name].names)
    assert set(start) < set(every) or not every
    assert make_recipe(suite, Request(name, tuple(start))).evaluations() > 100
    with pytest.raises(TaskArithError, match=r"choose mini-(lm|t5)"):
        make_recipe(explorer.suite, Request(name))


OF_ONE_SUITE = [name for name in FORMS if name not in (*IN_WORDS, "scaling")]


@pytest.mark.parametrize("name", OF_ONE_SUITE)
def test_every_recipe_has_names_to_start_with_and_a_result_to_read(
    name: str, explorer: Explorer
) -> None:
    suite = explorer.suite
    every, start = offered(suite, name)
    assert set(start) <= set(every)
    assert bool(start) == bool(FORMS[name].names)
    asked = Request(name, tuple(start), n=8)
    recipe = make_recipe(suite, asked)
    if isinstance(recipe, SequenceRecipe):
        recipe = replace(recipe, steps=2, examples=8)  # it trains two dozen models
    if isinstance(recipe, WaysRecipe):
        recipe = replace(recipe, ways=("blocks",), steps=1)
    if isinstance(recipe, EfficiencyRecipe):
        recipe = replace(recipe, shots=(2,), steps=1)
    result = run_recipe(recipe, Evaluator(suite, device="cpu"), n=8, rehearse=True)
    html = result_html(result, rehearsal=True)
    assert "A rehearsal: test stayed closed" in html
    assert html.count("<table>") >= 1
    edits = chosen_edits(result, suite)
    for one in edits:
        suite.check_edit(one.edit)
        assert set(one.edit.coefficients) <= {*suite.vectors, *suite.recipe_vectors}
    assert ("./?suite=tiny&amp;set=" in edits_html(edits, theme="dark")) == bool(edits)
    if name not in ("methods", "plane", "sequence", "ways"):  # whose models are gone with it
        assert edits


def test_a_chosen_edit_is_the_one_in_the_result(explorer: Explorer) -> None:
    result = run_recipe(
        make_recipe(explorer.suite, NEGATION), Evaluator(explorer.suite, device="cpu"), n=8
    )
    (one,) = chosen_edits(result, explorer.suite)
    row = next(row for row in result.rows() if row["model"] == "negated")
    assert one.edit == Edit("tiny", {"apples": row["λ"]})


def test_an_explorer_is_busy_while_its_engine_starts_or_somebody_waits(
    page_suite: Suite,
) -> None:
    explorer = Explorer(page_suite, make_evaluator=lambda: Evaluator(page_suite, device="cpu"))
    assert explorer.busy
    ends = time.monotonic() + PATIENCE
    while explorer.busy and time.monotonic() < ends:
        time.sleep(0.01)
    assert not explorer.busy
    explorer.close()

"""Recipes for the page: made from a request, run as jobs, remembered, and read as edits.

Knows nothing of Gradio. Needs torch: imported where a handler runs.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from taskarith.core import Edit
from taskarith.errors import RecipeError
from taskarith.recipes.catalogue import RECIPES, Recipe, run_recipe
from taskarith.recipes.efficiency.protocol import TAKEN
from taskarith.recipes.instruct.protocol import HELD_OUT
from taskarith.recipes.result import Result
from taskarith.recipes.stored import shipped_result
from taskarith.recipes.study_recipes import known_ways
from taskarith.recipes.suite_lab import examples_called
from taskarith.recipes.text_recipes import few_shot_tasks
from taskarith.recipes.watching import Seen
from taskarith.suites import Suite
from taskarith.suites.collection import collections_of
from taskarith.ui.recipes.form import FORMS, Request
from taskarith.ui.serving.explorer import Explorer
from taskarith.ui.serving.jobs import Desk, Jobs, JobStatus
from taskarith.ui.serving.limits import address
from taskarith.ui.serving.sessions import Sessions
from taskarith.worlds.texts import CATEGORIES

__all__ = [
    "Chosen",
    "Finished",
    "RecipeRuns",
    "Searching",
    "chosen_edits",
    "make_recipe",
    "offered",
    "shipped",
]

MAX_KNOWN = 32
MAX_ASKED = 64  # visitors whose form is filled in again: as many as have a job to look at
SEARCH_BUDGET = 48  # edits of each seeker: some minutes on two cores, as the form says
SHOW_EVERY = 1.0  # seconds between two looks at a search on its way

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finished:
    """A recipe that ran to its end."""

    request: Request
    suite: Suite
    result: Result


@dataclass(frozen=True)
class Searching:
    """What a recipe has measured so far; `control` is the suite's, `called` what examples are."""

    request: Request
    seen: tuple[Seen, ...]
    control: str
    called: str


@dataclass(frozen=True)
class Chosen:
    """An edit that a recipe chose, and what for."""

    title: str
    edit: Edit


@dataclass(frozen=True)
class _Asked:
    """What a visitor asked for last; `known`: its result, where somebody had asked before."""

    fingerprint: str
    request: Request
    known: JobStatus | None = None


class RecipeRuns:
    """Starts recipes as jobs; results of the same request are remembered for everybody."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._known: OrderedDict[tuple[str, Request], Finished] = OrderedDict()
        self._asked = Sessions[_Asked](most=MAX_ASKED)
        self._lock = threading.Lock()

    def start(self, visitor: str, explorer: Explorer, request: Request) -> None:
        """Run the recipe of `request` as the visitor's job; TaskArithError says why it cannot."""
        recipe = make_recipe(explorer.suite, request)
        key = (explorer.suite.recipe_fingerprint, request)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
        asked = _Asked(*key)
        if known is not None:
            asked = replace(asked, known=JobStatus("done", result=known))
        else:
            self._jobs.submit(
                visitor, lambda desk: self._work(desk, explorer, recipe, key), place=explorer
            )
        self._asked.put(visitor, asked, address=address())

    def asked(self, visitor: str, suite: Suite) -> Request | None:
        """What the visitor's recipe was asked with; None where there is none on `suite`."""
        asked = self._asked.get(visitor)
        if asked is None or self.status(visitor) is None:
            return None
        return asked.request if asked.fingerprint == suite.recipe_fingerprint else None

    def status(self, visitor: str) -> JobStatus | None:
        """How the visitor's recipe stands; None if there is none."""
        asked = self._asked.get(visitor)
        known = None if asked is None else asked.known
        return known or self._jobs.status(visitor)

    def cancel(self, visitor: str) -> None:
        """Stop the visitor's recipe."""
        self._jobs.cancel(visitor)

    def _work(
        self, desk: Desk, explorer: Explorer, recipe: Recipe, key: tuple[str, Request]
    ) -> Finished:
        request, called = key[1], examples_called(explorer.suite)
        seen: list[Seen] = []
        shown_at = 0.0

        def watch(one: Seen) -> None:
            nonlocal shown_at
            seen.append(one)
            if time.monotonic() - shown_at >= SHOW_EVERY:
                shown_at = time.monotonic()
                desk.show(Searching(request, tuple(seen), explorer.suite.control, called))

        result = run_recipe(
            recipe,
            desk.evaluator,  # type: ignore[arg-type]
            cache=explorer.cache,
            n=request.n,
            progress=desk.progress,
            cancelled=desk.stopped,
            watch=watch,
            rehearse=request.rehearse,
        )
        finished = Finished(request, explorer.suite, result)
        with self._lock:
            self._known[key] = finished
            while len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return finished


def shipped(suite: Suite, recipe: str) -> Finished | None:
    """The result of a recipe that comes with the suite, as if it had been asked for here."""
    result = shipped_result(suite, recipe)
    if result is None:
        return None
    request = Request(recipe, n=result.sample.n, rehearse=result.sample.rehearsal)
    return Finished(request, suite, result)


def make_recipe(suite: Suite, request: Request) -> Recipe:
    """The recipe of a request; TaskArithError says which name or setting does not fit the suite."""
    settings: dict[str, Any] = {}
    match request.recipe:
        case "negation":
            settings = {"tasks": request.names, "floor": request.floor}
        case "addition" | "wise-ft":
            settings = {"tasks": request.names}
        case "paint":
            settings = {"tasks": request.names, "ways": request.ways}
        case "sweep":
            first, last = request.ends
            settings = {"vectors": request.names, "first": first, "last": last}
            settings["points"] = request.points
        case "analogy":
            settings = {"quadruples": request.names, "examples": request.examples}
        case "search":
            settings = {
                "tasks": request.names,
                "floor": request.floor,
                "budget": SEARCH_BUDGET,
                "seeds": 1,
            }
        case "soup":
            settings = {"ingredients": request.names}
        case "transfer":
            settings = {"tasks": request.names, "pairs": 0}
        case "sequence":
            settings = {"tasks": request.names, "orders": 1, "steps": 20}
        case "scaling":
            settings = {"tasks": request.names}
        case "instruct":
            settings = {"held_out": request.names}
        case "few-shot":
            settings = {"tasks": request.names, "draws": 2}
        case "ways":
            settings = {"ways": request.names, "seeds": 1, "steps": 30}
        case "efficiency":
            settings = {"ways": request.names, "seeds": 1, "steps": 15, "shots": (5, 20)}
        case "prompts":
            if len(request.names) > 1:
                raise RecipeError("prompts are learned of one task; choose one")
            own = request.names[0] if request.names else None
            settings = {"task": own, "seeds": 1, "steps": 20, "lengths": (5,)}
    recipe = RECIPES[request.recipe](suite, **settings)  # what the suite lacks is said first
    asked = FORMS[request.recipe].names
    if asked and not request.names:
        raise RecipeError(f"nothing is chosen; {asked}: choose one at least")
    return recipe


def offered(suite: Suite, recipe: str) -> tuple[list[str], list[str]]:
    """The names that a recipe can be asked for on this suite, and those it starts with."""
    book = suite.recipes
    tasks = [name for name in suite.vectors if name in suite.tasks]
    match recipe:
        case "negation":
            return tasks, list(suite.targets[:1])
        case "sweep":
            return list(suite.vectors), list(suite.vectors[:1])
        case "addition" | "search":
            return tasks, list(suite.targets[:4])
        case "analogy":
            analogies = ["{}:{}::{}:{}".format(*one.tasks) for one in book.analogies]
            return analogies, analogies[:1]
        case "paint":
            return list(dict.fromkeys([*book.patching, *tasks])), list(book.patching)
        case "wise-ft":
            return list(dict.fromkeys([*book.shifted, *tasks])), list(book.shifted)[:1]
        case "soup":
            ingredients = list(book.soup.ingredients) if book.soup is not None else []
            return ingredients, ingredients
        case "transfer":
            return tasks, list(suite.targets)
        case "sequence":
            return tasks, list(RECIPES[recipe](suite).tasks)  # type: ignore[attr-defined]
        case "scaling":
            tasks = [task for one in collections_of(suite.name)[:1] for task in one.tasks]
            return tasks, tasks
        case "instruct":
            return list(CATEGORIES), list(HELD_OUT)
        case "few-shot":
            return list(few_shot_tasks(suite)), list(few_shot_tasks(suite))[:1]
        case "ways":
            return list(known_ways(suite)), ["blocks", "full", "lora"]
        case "efficiency":
            return list(TAKEN), ["probe", "lora"]
        case "prompts":
            return list(few_shot_tasks(suite)), [RECIPES[recipe](suite).task]  # type: ignore[attr-defined]
    return [], []


def chosen_edits(result: Result, suite: Suite) -> list[Chosen]:
    """The edits that a recipe chose and that Explore has sliders for, the main ones first."""
    return [
        Chosen(title, Edit(suite.name, coefficients))
        for title, coefficients in result.chosen()
        if coefficients and _has_sliders(coefficients, suite)
    ]


def _has_sliders(names: Sequence[str] | dict[str, float], suite: Suite) -> bool:
    """Not those that a recipe made on its way, which are gone with it."""
    return all(name in (*suite.vectors, *suite.recipe_vectors) for name in names)

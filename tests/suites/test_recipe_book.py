import json
from typing import Any

import pytest

from taskarith.errors import AssetError
from taskarith.suites import Quadruple, RecipeBook, Soup, Suite, load_suite
from taskarith.suites.manifest import parse_manifest
from tests import tiny


@pytest.fixture
def data(tiny_suite: Suite) -> dict[str, Any]:
    return json.loads((tiny_suite.folder / "manifest.json").read_text())


def test_a_book_is_read_as_it_is_written(tiny_suite: Suite) -> None:
    assert tiny_suite.recipes == RecipeBook(
        analogies=tuple(Quadruple(*quadruple) for quadruple in tiny.QUADRUPLES),
        patching=tiny.RECIPE_TASKS,
        patching_neutral={"irons": "jars"},
        shifted={"apples": "soup-apples-00"},
        soup=Soup("apples", tiny.INGREDIENTS),
        joint="joint",
        ascent={"apples": "ascent-apples"},
    )


def test_what_only_recipes_use_is_known_by_name_and_shown_nowhere(tiny_suite: Suite) -> None:
    assert tiny_suite.recipe_tasks == tiny.RECIPE_TASKS
    for name in tiny.RECIPE_TASKS:
        assert name not in tiny_suite.tasks
        assert name not in tiny_suite.vectors
        assert tiny_suite.task(name).role == "recipe"
        assert len(tiny_suite.class_weights(name)) == 4
        assert len(tiny_suite.split(name, "test")) == tiny.SIZES["test"]
    for name in (*tiny.RECIPE_TASKS, "joint", "ascent-apples", *tiny.INGREDIENTS):
        assert set(tiny_suite.vector(name)) == set(tiny_suite.vector("apples"))


@pytest.mark.parametrize("recipes", [None, {}, {"book": None}, {"book": {}}])
def test_a_suite_may_have_no_book(recipes: object, data: dict[str, Any]) -> None:
    assert parse_manifest({**data, "recipes": recipes}).recipes == RecipeBook()
    del data["recipes"]
    assert parse_manifest(data).recipes == RecipeBook()


def test_the_shipped_suites_have_books_that_hold_together() -> None:
    book = load_suite("mini").recipes
    assert all(len(set(quadruple.tasks)) == 4 for quadruple in book.analogies)
    assert len({frozenset(quadruple.tasks) for quadruple in book.analogies}) >= 8


BAD: dict[str, tuple[str, object, list[str]]] = {
    "unknown names, all at once": (
        "book",
        {
            "analogies": [
                {
                    "kind": "sub-population",
                    "relation": "x",
                    "a": "apples",
                    "b": "x",
                    "c": "y",
                    "d": "z",
                }
            ],
            "patching": ["nothing"],
            "patching_neutral": {"irons": "rust"},
            "shifted": {"gardens": "weeds"},
            "soup": {"task": "stone", "ingredients": ["apples", "salt"]},
            "joint": "all",
            "ascent": {"apples": "up"},
        },
        [
            "recipes.analogies names no task: x, y, z",
            "recipes.patching names no task: nothing",
            "recipes.patching_neutral names no task: rust",
            "recipes.soup names no task: stone",
            "recipes.analogies names no vector: x, y, z",
            "recipes.shifted names no vector: weeds",
            "recipes.soup names no vector: salt",
            "recipes.joint names no vector: all",
            "recipes.ascent names no vector: up",
        ],
    ),
    "another kind of analogy": (
        "book",
        {"analogies": [{"kind": "rhyme", "a": "apples", "b": "birds", "c": "coins", "d": "dice"}]},
        ["recipes.analogies[0].kind: 'rhyme' must be one of domain × task, sub-population"],
    ),
    "an analogy that knows its answer": (
        "book",
        {
            "analogies": [
                {
                    "kind": "sub-population",
                    "relation": "x",
                    "a": "apples",
                    "b": "birds",
                    "c": "dice",
                    "d": "dice",
                },
                {
                    "kind": "sub-population",
                    "relation": "x",
                    "a": "apples",
                    "b": "apples",
                    "c": "coins",
                    "d": "dice",
                },
            ]
        },
        [
            "recipes.analogies[0]: D must differ from A, B and C",
            "recipes.analogies[1]: D must differ from A, B and C, and A from B",
        ],
    ),
    "a soup of one": (
        "book",
        {"soup": {"task": "apples", "ingredients": ["apples"]}},
        ["recipes.soup.ingredients: a soup needs at least two"],
    ),
    "the same twice": (
        "book",
        {"patching": ["irons", "irons"]},
        ["recipes.patching: irons must be there only once"],
    ),
    "a part that is no part": ("book", {"souffle": []}, ["recipes: there is no 'souffle'"]),
    "no object": ("book", [], ["recipes must be an object"]),
    "wrong kinds": (
        "book",
        {"analogies": {}, "patching": "irons", "joint": 3, "ascent": []},
        [
            "recipes.analogies must be a list",
            "recipes.patching must be a list",
            "recipes.joint must be a text",
            "recipes.ascent must be an object",
        ],
    ),
}


@pytest.mark.parametrize(("key", "value", "problems"), BAD.values(), ids=list(BAD))
def test_every_problem_is_told(
    key: str, value: object, problems: list[str], data: dict[str, Any]
) -> None:
    data["recipes"][key] = value
    with pytest.raises(AssetError) as caught:
        parse_manifest(data)
    for problem in problems:
        assert problem in str(caught.value)

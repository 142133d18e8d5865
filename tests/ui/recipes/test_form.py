"""What the Recipes page's form sends, read or refused in words."""

from typing import Any

import pytest

from taskarith.errors import RecipeError
from taskarith.ui.recipes.form import FORMS, IMAGES, Request, read_request

GOOD: dict[str, Any] = {
    "recipe": "negation",
    "names": ["apples"],
    "images": "64",
    "rehearse": True,
    "floor": 0.9,
    "examples": False,
    "ways": ["parallel"],
}


def read(**changes: object) -> Request:
    return read_request(**(GOOD | changes))


def test_a_form_is_read() -> None:
    assert read() == Request("negation", ("apples",), n=64, rehearse=True, floor=0.9)
    assert read(images="all").n is None
    assert read(recipe="paint", ways=["joint", "joint"]).ways == ("joint",)
    assert read(recipe="analogy", examples=True).examples == (8, 64)


def test_a_sweep_has_a_range_and_never_opens_test() -> None:
    asked = read(recipe="sweep", first=-0.5, last="1.5", points=9.0, rehearse=False)
    assert (asked.ends, asked.points, asked.rehearse) == ((-0.5, 1.5), 9, True)
    for changes in ({"first": "x"}, {"last": None}, {"points": 2.5}, {"points": 1e300}):
        with pytest.raises(RecipeError, match=r"is a (whole )?number"):
            read(**{"recipe": "sweep", **changes})


def test_the_choices_of_how_many_images_can_be_read() -> None:
    assert [read(images=choice).n for choice in IMAGES] == [64, 128, 256, None]


def test_settings_of_other_recipes_say_nothing() -> None:
    assert read(recipe="addition", floor="nonsense", examples=True, ways=["x"]) == Request(
        "addition", ("apples",)
    )


@pytest.mark.parametrize("rehearse", [True, None, "no", 0, []])
def test_test_opens_by_a_clear_no_alone(rehearse: object) -> None:
    assert read(rehearse=rehearse).rehearse
    assert not read(rehearse=False).rehearse


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"recipe": "pie"}, "no recipe 'pie'"),
        ({"recipe": None}, "no recipe 'None'"),
        ({"recipe": ["negation"]}, "no recipe"),
        ({"names": [f"t{i}" for i in range(65)]}, "65 names are too many"),
        ({"images": "0"}, "a whole number from 1 on"),
        ({"images": "-3"}, "a whole number from 1 on"),
        ({"images": "1e3"}, "a whole number from 1 on"),
        ({"images": "٣"}, "a whole number from 1 on"),
        ({"images": "9" * 1000}, "a whole number from 1 on"),
        ({"images": None}, "a whole number from 1 on"),
        ({"floor": 0}, "above 0 and at most 1"),
        ({"floor": 1.01}, "above 0 and at most 1"),
        ({"floor": float("nan")}, "above 0 and at most 1"),
        ({"floor": None}, "above 0 and at most 1"),
        ({"floor": "inf"}, "above 0 and at most 1"),
        ({"floor": {"x": 1}}, "above 0 and at most 1"),
    ],
)
def test_nonsense_is_refused_in_words(changes: dict[str, object], says: str) -> None:
    with pytest.raises(RecipeError, match=says) as error:
        read(**changes)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("names", [None, 7, "apples", {}, [None]])
def test_no_list_of_names_is_none(names: object) -> None:
    assert read(names=names).names == ()


def test_a_long_name_is_cut() -> None:
    assert read(names=["x" * 10_000]).names == ("x" * 80,)
    analogy = ":".join(["a" * 80, "b" * 80, "", "c" * 80, "d" * 80])  # four names
    assert read(recipe="analogy", names=[analogy]).names == (analogy,)


def test_every_recipe_says_what_it_does_and_where_to_read_about_it() -> None:
    for form in FORMS.values():
        assert form.about.endswith(".")
        assert form.link.startswith("https://arxiv.org/abs/")

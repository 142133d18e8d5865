"""`methods` shows the registry."""

from taskarith.cli.methods import methods
from taskarith.core import METHODS


def test_every_method_has_a_row_with_its_schema() -> None:
    rows = methods().data
    assert isinstance(rows, list)
    assert [row["name"] for row in rows] == list(METHODS)
    (ties,) = (row for row in rows if row["name"] == "ties")
    assert ties["paper"] == "https://arxiv.org/abs/2306.01708"
    assert ties["settings"][0] == {
        "name": "density",
        "about": "share of the entries that are kept",
        "default": 0.2,
        "least": 0,
        "most": 1,
        "above_least": True,
        "whole": False,
    }


def test_the_text_says_what_a_method_costs_and_takes() -> None:
    text = methods().text
    for name, method in METHODS.items():
        (paragraph,) = (part for part in text.split("\n\n") if part.startswith(f"{name}: "))
        assert method.paper in paragraph
        assert f"K + {method.buffers} models" in paragraph
        for setting in method.settings:
            assert f"{setting.name}={setting.default:g}" in paragraph
        assert ("--seed" in paragraph) == method.seeded
        assert ("unlabelled validation examples" in paragraph) == method.needs_data

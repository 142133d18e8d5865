"""How an edit is merged, in links and messages."""

import json

import pytest

from taskarith.core import LAYERS, METHODS, Edit
from taskarith.ui.merging import (
    described_methods,
    merged_edit,
    offered_methods,
    read_merge,
    sent_merge,
    write_merge,
)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_comes_back_from_a_link_and_from_a_message(method: str) -> None:
    seed = 5 if METHODS[method].seeded else 0
    settings = {one.name: one.bounds.most for one in METHODS[method].settings}
    edit = Edit("tiny", {"apples": 0.5}, method, settings, seed)
    assert merged_edit("tiny", {"apples": 0.5}, read_merge(write_merge(edit))) == edit
    sent = json.loads(json.dumps(sent_merge(edit)))
    assert merged_edit("tiny", {"apples": 0.5}, sent) == edit
    assert (sent is None) == (method == "sum")


def test_a_sum_with_factors_by_layer_is_no_plain_sum() -> None:
    edit = Edit("tiny", {"apples": 1}, settings={LAYERS: {"apples": {"visual.proj": 0.5}}})
    assert sent_merge(edit) == {"method": "sum", "settings": edit.settings}


def test_methods_are_told_as_they_are_registered() -> None:
    told = {method["name"]: method for method in described_methods()}
    assert list(told) == list(METHODS)
    density = told["ties"]["settings"][0]
    assert (density["name"], density["value"], density["above"]) == ("density", 0.2, True)
    offered = {method["name"] for method in offered_methods()}
    assert set(told) - offered == {name for name, one in METHODS.items() if one.needs_data}

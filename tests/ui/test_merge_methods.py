"""How an edit is merged, in links and messages."""

import json

import pytest

from taskarith.core import LAYERS, METHODS, Edit
from taskarith.errors import TaskArithError
from taskarith.ui.merge_methods import (
    described_methods,
    merged_edit,
    offered_methods,
    read_merge,
    sent_merge,
    write_layers,
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
    """One row of factors for all vectors travels; the sum needs no method in a link."""
    settings = {LAYERS: {"*": {"visual.proj": 0.5, "visual.blocks.0": 0}}}
    edit = Edit("tiny", {"apples": 1}, settings=settings)
    sent = sent_merge(edit)
    layers = {"visual.proj": 0.5, "visual.blocks.0": 0}
    assert sent == {"method": "sum", "settings": {}, "layers": layers}
    assert merged_edit("tiny", {"apples": 1}, json.loads(json.dumps(sent))) == edit
    assert (write_merge(edit), write_layers(edit)) == ("", "visual.blocks.0:0,visual.proj:0.5")
    assert merged_edit("tiny", {"apples": 1}, read_merge("", write_layers(edit))) == edit
    merged = Edit("tiny", {"apples": 1}, "ties", settings)
    text, factors = write_merge(merged), write_layers(merged)
    assert merged_edit("tiny", {"apples": 1}, read_merge(text, factors)) == merged


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({"h.0": 2.5}, "goes from 0 to 2; 2.5 for h.0 is outside"),
        ({"h.0": -0.1}, "goes from 0 to 2"),
        ({"h.0": "x"}, "finite number"),
        ({"h.0": float("nan")}, "finite number"),
        ({"": 1}, "no name of a layer group"),
        ({"h" * 201: 1}, "no name of a layer group"),
        ({str(n): 0 for n in range(513)}, "at most 512"),
        ([0.5], "at most 512"),
        ({"h.0": 2}, r"λ\(apples in h.0\) = 3.2 is out of range"),
    ],
)
def test_factors_out_of_bounds_are_refused(layers: object, message: str) -> None:
    with pytest.raises(TaskArithError, match=message):
        merged_edit("tiny", {"apples": 1.6}, {"method": "sum", "layers": layers})


def test_vectors_with_factors_of_their_own_are_no_link() -> None:
    edit = Edit("tiny", {"apples": 1}, settings={LAYERS: {"apples": {"visual.proj": 0.5}}})
    for write in (write_layers, sent_merge):
        with pytest.raises(TaskArithError, match="the same factors by layer for all vectors"):
            write(edit)
    far = Edit("tiny", {"apples": 1}, settings={LAYERS: {"*": {"visual.proj": -1}}})
    with pytest.raises(TaskArithError, match="cannot say"):
        write_layers(far)


def test_methods_are_told_as_they_are_registered() -> None:
    told = {method["name"]: method for method in described_methods()}
    assert list(told) == list(METHODS)
    density = told["ties"]["settings"][0]
    assert (density["name"], density["value"], density["above"]) == ("density", 0.2, True)
    offered = {method["name"] for method in offered_methods()}
    assert set(told) - offered == {name for name, one in METHODS.items() if one.needs_data}

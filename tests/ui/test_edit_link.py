"""The edit that an address carries: round trips, and links that somebody typed or tore."""

from urllib.parse import parse_qsl

import pytest

from taskarith.core import Edit
from taskarith.errors import TaskArithError
from taskarith.suites import Suite
from taskarith.ui.edit_link import LinkedAnalogy, LinkedEdit, read_link, write_link


def read(text: str, suite: Suite) -> LinkedEdit:
    return read_link(dict(parse_qsl(text, keep_blank_values=True)), suite)


def test_what_was_written_is_read(tiny_suite: Suite) -> None:
    edit = Edit("tiny", {"apples": -0.5, "random:birds": 0.1234})
    analogy = LinkedAnalogy("apples", "birds", "coins", "dice", bracket=0.5, own=1.0)
    pinned = Edit("tiny", {"coins": 2.0})
    text = write_link(edit, focus="apples", analogy=analogy, pinned=pinned)
    assert text == (
        "suite=tiny&set=apples:-0.5,random:birds:0.1234&focus=apples"
        "&analogy=apples,birds,coins,dice,0.5,1&pin=coins:2"
    )
    assert read(text, tiny_suite) == LinkedEdit(edit, True, "apples", analogy, pinned)


def test_an_address_without_an_edit_is_the_pretrained_model(tiny_suite: Suite) -> None:
    linked = read("__theme=dark", tiny_suite)
    assert not linked.found
    assert linked.edit == Edit("tiny")
    assert linked.problems == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("suite=mini&set=apples:1", "shows the suite tiny, the link asks for mini"),
        ("set=apples:1,pears:1", "there is no task vector pears"),
        ("set=apples:1,birds:nan", "λ(birds) must be a finite number"),
        ("set=apples:1,birds:1e0", "λ(birds) must be a finite number"),
        ("set=apples:1,birds:٣", "λ(birds) must be a finite number"),
        ("set=apples:1,birds:9", "λ(birds) = 9 is out of range"),
        ("set=apples:1,:,::::,birds", "there is no task vector "),
        ("set=apples:1&focus=pears", "there is no task vector pears"),
        ("set=apples:1&analogy=apples,birds", "analogy is not one of this suite's"),
        ("set=apples:1&analogy=apples,birds,coins,dice,x,1", "analogy is not one of this suite's"),
        ("set=apples:1&pin=<script>", "there is no task vector "),
        ("set=apples:1," + "x" * 100_000, "there is no task vector "),
    ],
)
def test_what_is_right_is_taken_and_the_rest_reported(
    text: str, says: str, tiny_suite: Suite
) -> None:
    linked = read(text, tiny_suite)
    assert linked.edit == Edit("tiny", {"apples": 1.0})
    assert any(says in problem for problem in linked.problems)
    assert all(len(problem) < 200 for problem in linked.problems)


def test_a_minus_sign_may_be_a_real_one(tiny_suite: Suite) -> None:
    assert read("set=apples:−.5", tiny_suite).edit == Edit("tiny", {"apples": -0.5})


def test_a_link_carries_how_an_edit_is_merged(tiny_suite: Suite) -> None:
    edit = Edit("tiny", {"apples": 1.0, "dice": 0.5}, "dare", {"density": 0.25}, seed=3)
    pinned = Edit("tiny", {"apples": 1.0}, "ties")
    text = write_link(edit, focus="dice", pinned=pinned)
    assert "&method=dare,density:0.25,scale:1,seed:3&" in text
    assert read(text, tiny_suite) == LinkedEdit(edit, True, "dice", pinned=pinned)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("tiess", "tiess"),
        ("ties,density:9", "density = 9 is out of range"),
        ("ties,density", "density must be a number"),
        ("ties,colour:1", "colour"),
        ("ties,seed:1", "takes no seed"),
        ("dare,seed:" + "9" * 99, "whole number"),
        ("<script>," * 2000, "unknown merge method"),
    ],
)
def test_a_method_that_cannot_be_taken_leaves_the_sum(
    method: str, says: str, tiny_suite: Suite
) -> None:
    linked = read(f"set=apples:1&method={method}", tiny_suite)
    assert linked.edit == Edit("tiny", {"apples": 1.0})
    assert says in linked.problems[0]
    assert linked.problems[0].endswith("so this is the sum")
    assert len(linked.problems[0]) < 400


def test_factors_by_layer_are_read_and_written(tiny_suite: Suite) -> None:
    layers = {"layers": {"*": {"visual.transformer.resblocks.0": 0.5, "visual.proj": 0}}}
    edit = Edit("tiny", {"apples": 1.0}, settings=layers)
    pinned = Edit("tiny", {"dice": 1.0}, "ties", layers)
    link = write_link(edit, pinned=pinned)
    assert "&layers=visual.proj:0,visual.transformer.resblocks.0:0.5&" in link
    linked = read(link, tiny_suite)
    assert (linked.edit, linked.pinned, linked.problems) == (edit, pinned, ())
    analogy = "&analogy=apples,birds,flags,coins,1,1"
    by_layer = read(f"set=apples:1&layers=visual.proj:0{analogy}", tiny_suite)
    assert by_layer.analogy is not None  # by layer it is a sum still
    wrong = read("set=apples:1&layers=visual.proj:7", tiny_suite)
    assert wrong.edit == Edit("tiny", {"apples": 1.0})
    says = "goes from 0 to 2; 7 for visual.proj is outside, so all layers are alike"
    assert says in wrong.problems[0]
    kept = read("set=apples:1&method=ties&layers=visual.proj:7", tiny_suite)
    assert (kept.edit.method, len(kept.problems)) == ("ties", 1)  # what is right is taken
    method, factor = read("set=apples:1&method=tiess&layers=visual.proj:7", tiny_suite).problems
    assert "tiess" in method
    assert says in factor


def test_factors_by_layer_are_not_lost_silently() -> None:
    layers = {"layers": {"apples": {"visual.proj": 0.5}}}
    with pytest.raises(TaskArithError, match="the same factors by layer"):
        write_link(Edit("tiny", {"apples": 1.0}, settings=layers))

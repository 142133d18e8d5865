"""Patterns of layers fit what Python's own matcher would, and none of them can keep it busy."""

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskarith.errors import WeightsError
from taskarith.sources.patterns import LayerPattern


def as_peft(pattern: str, name: str) -> bool:
    return re.match(rf"(.*\.)?({pattern})$", name) is not None


NAMES = [
    "q_proj",
    "layers.1.q_proj",
    "model.layers.1.self_attn.q_proj",
    "model.layers.11.self_attn.v_proj",
    "layersx1xq_proj",
    "model.xq_proj",
    "",
    ".",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "pattern",
    [
        "q_proj",
        "layers.1.q_proj",
        r"layers\.1\.q_proj",
        r"^layers\.1\..*q_proj$",
        r"model.layers.\d+.self_attn.(q|v)_proj",
        r"layers\.(?:[02-9]|1[0-9]?)\.(self_attn\.(q_proj|v_proj)|mlp\.up)",
        ".*",
        ".+proj",
        "(^layers|model).*",
        "self_attn|q_proj",
        "(|x)q_proj",
        "",
    ],
)
def test_what_configurations_use_is_looked_up_as_peft_does(pattern: str, name: str) -> None:
    assert LayerPattern(pattern).fits(name) == as_peft(pattern, name)


places = st.sampled_from(["a", "b", ".", r"\.", r"\d", "[a0-2]", "_"])
parts = st.builds(str.__add__, places, st.sampled_from(["", "", "", "*", "+", "?"]))
sequences = st.lists(parts, max_size=5).map("".join)
groups = st.lists(sequences, min_size=1, max_size=3).map(lambda words: f"({'|'.join(words)})")
patterns = st.builds(
    lambda start, middle, end: start + "".join(middle) + end,
    st.sampled_from(["", "^"]),
    st.lists(sequences | groups, max_size=3),
    st.sampled_from(["", "$"]),
)


@given(patterns, st.lists(st.text("ab01._", max_size=12), min_size=1, max_size=20))
@example("(a|ab)(c|bcd)", ["x.abcd"])
def test_any_readable_pattern_fits_what_pythons_matcher_would(
    pattern: str, names: list[str]
) -> None:
    try:
        own = LayerPattern(pattern)
    except WeightsError:
        return  # more places or repetitions than are read
    for name in names:
        assert own.fits(name) == as_peft(pattern, name), (pattern, name)


HOSTILE: dict[str, Callable[[int], str]] = {
    "a choice of the same, repeated": lambda n: "(a|a)" * n + "b",
    "optional places": lambda n: "a?" * n + "a" * n,
    "anything, repeated": lambda n: ".*" * n + "b",
    "one or more, repeated": lambda n: "a+" * n + "b",
    "repeated groups": lambda n: "(" * n + "a" + ")+" * n + "b",
    "empty choices": lambda n: "(|)" * n,
    "many empty choices": lambda n: "(" + "|" * n + ")" + "(" + "|" * n + ")",
}


class Counted(str):
    """A name that counts how often it is looked at."""

    looks = 0

    def __reversed__(self) -> "Counted":
        return self

    def __iter__(self):  # type: ignore[no-untyped-def]
        for character in str.__str__(self)[::-1]:
            self.looks += 1
            yield character


@pytest.mark.parametrize("n", [2, 5, 10, 40, 100])
@pytest.mark.parametrize("make", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_pattern_is_refused_or_takes_one_step_a_character(
    make: Callable[[int], str], n: int
) -> None:
    """Python's own matcher would need 2ⁿ steps for some of these."""
    name = Counted("a" * 400)
    pattern, refusal = None, ""
    try:
        pattern = LayerPattern(make(n))
    except WeightsError as error:
        refusal = str(error)
    if pattern is None:
        assert "too intricate" in refusal
        return
    pattern.fits(name)
    assert name.looks <= len(name)
    assert pattern._ends.bit_length() <= 5_000
    assert pattern._optional.bit_count() <= 10 * pattern._starts.bit_count()


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+b", "(a)*", "a**", "a*?", "a{2}", "(?=a)", r"(a)\1", r"\w", "[^a]", "[9-0]"),
        *("a^b", "a$b", "(a", "a)", "*a", "a\\", "x" * 301, "(" * 200 + ")" * 200),
    ],
)
def test_what_is_not_read_is_refused_with_what_is(pattern: str) -> None:
    with pytest.raises(WeightsError, match="Name the layers plainly"):
        LayerPattern(pattern)

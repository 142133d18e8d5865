from typing import Annotated

import pytest

from taskarith.core import METHODS, TaskVector, Terms
from taskarith.core.merges.registry import Bounds, method
from taskarith.errors import TaskArithError


def test_every_method_says_what_it_is() -> None:
    assert len({entry.title for entry in METHODS.values()}) == len(METHODS)
    for name, entry in METHODS.items():
        assert entry.name == name
        assert entry.paper.startswith("https://")
        assert entry.scope
        assert entry.normalization
        assert entry.about.endswith(".")
        assert len(entry.about) < 120
        assert "σ" in (entry.function.__doc__ or "") or "Like" in (entry.function.__doc__ or "")
        for setting in entry.settings:
            assert setting.bounds.about
            assert setting.bounds.holds(setting.default)


def test_names_that_other_tools_use_say_what_is_different_there() -> None:
    kit = "ties ties-per-tensor slerp nuslerp karcher sce ram dare della breadcrumbs model-stock"
    for name in kit.split():
        assert "mergekit" in METHODS[name].elsewhere
    bench = "expo ties ties-sum slerp magmax dare fisher regmean adamerging"
    for name in bench.split():
        assert "FusionBench" in METHODS[name].elsewhere


def test_the_schema_is_the_signature() -> None:
    ties = METHODS["ties"]
    assert [(s.name, s.default, s.whole) for s in ties.settings] == [
        ("density", 0.2, False),
        ("scale", 1.0, False),
    ]
    assert str(ties.settings[0].bounds) == "above 0, at most 1"
    assert (ties.seeded, ties.needs_data) == (False, False)
    assert METHODS["dare"].seeded
    assert {name for name, entry in METHODS.items() if entry.needs_data} == {
        "fisher",
        "regmean",
        "adamerging",
    }


def test_a_name_stands_for_one_method() -> None:
    register = method("ties", title="t", paper="p", scope="s", normalization="n", buffers=1)
    with pytest.raises(ValueError, match="two merge methods called 'ties'"):

        @register
        def another(terms: Terms) -> TaskVector:
            """Never registered."""
            return TaskVector({})


def test_a_default_must_be_allowed() -> None:
    register = method("wrong", title="t", paper="p", scope="s", normalization="n", buffers=1)
    with pytest.raises(TaskArithError, match="share = 2 is out of range"):

        @register
        def wrong(
            terms: Terms, *, share: Annotated[float, Bounds("share", least=0, most=1)] = 2.0
        ) -> TaskVector:
            """Never registered."""
            return TaskVector({})

    assert "wrong" not in METHODS


def test_the_registry_is_read_only() -> None:
    with pytest.raises(TypeError):
        METHODS["mine"] = METHODS["sum"]  # type: ignore[index]

"""The list of suites, whatever their bases are."""

from taskarith.suites import list_suites
from taskarith.suites.collection import Collection, Member
from taskarith.ui.models.html import collection_list, suite_list


def test_every_suite_that_comes_with_the_project_has_a_row() -> None:
    found = [(suite, suite.is_here()) for suite in list_suites()]
    table = suite_list(found)
    assert len(found) >= 10
    for suite, _ in found:
        assert f'<span class="name">{suite.name}</span>' in table


def test_a_collection_shows_its_members_and_where_to_open_them() -> None:
    members = (Member("small", 1_000), Member("large", 2_000, apart="<b>other data</b>"))
    one = Collection("sizes", "Sizes", "Two.", ("a",), ("b",), members)
    told = collection_list([one], here={"small": True, "large": False})
    assert '<a href="./?suite=small">small</a>: 1,000 examples seen' in told
    assert '<a href="models?fetch=large">fetch…</a>' in told
    assert "&lt;b&gt;other data" in told
    assert collection_list([], here={}) == ""

"""The list of suites, whatever their bases are."""

from taskarith.suites import list_suites
from taskarith.ui.models.html import suite_list


def test_every_suite_that_comes_with_the_project_has_a_row() -> None:
    found = [(suite, suite.is_here()) for suite in list_suites()]
    table = suite_list(found)
    assert len(found) >= 10
    for suite, _ in found:
        assert f'<span class="name">{suite.name}</span>' in table

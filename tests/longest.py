"""The files of tests that take longest, which start first: two processes then end together.

pytest-xdist starts files of many tests first, which left one process alone with the longest test.
"""

from pathlib import Path

import pytest

__all__ = ["LONGEST", "longest_first"]

ROOT = Path(__file__).parent.parent
# Longest first: more than 20 s each on a processor that does something else, too.
LONGEST = (
    "tests/ui/recipes/test_page.py",
    "tests/ui/models/test_page.py",
    "tests/recipes/test_catalogue.py",
    "tests/training/teaching/test_teach_adapters.py",
    "tests/ui/explore/test_reading.py",
    "tests/ui/explore/test_lessons.py",
    "tests/ui/export/test_page.py",
    "tests/evaluation/test_recorded_answers.py",
    "tests/ui/explore/test_page.py",
    "tests/ui/explore/test_sharing.py",
    "tests/ui/serving/test_public_site.py",
    "tests/ui/teach/test_page.py",
    "tests/ui/test_axe.py",
    "tests/test_readme.py",
    "tests/core/merges/test_merges.py",
    "tests/ui/compare/test_page.py",
    "tests/ui/serving/test_fuzz.py",
    "tests/core/merges/test_cost.py",
    "tests/ui/notebook/test_jupyterlab.py",
    "tests/training/test_text_suite.py",
    "tests/hub/test_assembling.py",
    "tests/ui/test_wheel.py",
    "tests/ui/explore/test_connection.py",
    "tests/ui/explore/test_following.py",
    "tests/ui/test_toy_family.py",
)


def longest_first(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first; all others stay in their order."""
    places = {ROOT / file: place for place, file in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))

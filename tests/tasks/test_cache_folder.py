from pathlib import Path

import pytest

from taskarith.tasks import cache_folder


def test_the_environment_chooses_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKARITH_CACHE", "~/elsewhere")
    assert cache_folder() == Path.home() / "elsewhere"


@pytest.mark.parametrize("unset", [True, False])
def test_else_it_is_in_the_home_folder(monkeypatch: pytest.MonkeyPatch, unset: bool) -> None:
    monkeypatch.setenv("TASKARITH_CACHE", "")
    if unset:
        monkeypatch.delenv("TASKARITH_CACHE")
    assert cache_folder() == Path.home() / ".cache" / "taskarith"


def test_asking_does_not_make_it(own_cache: Path) -> None:
    assert cache_folder() == own_cache
    assert not own_cache.exists()

import sqlite3
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.evaluation.results import FILE, ResultCache, ResultKey
from taskarith.tasks import cache_folder

KEY = ResultKey("suite", "edit", "digits", "validation", "examples", "cpu")


def run(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.int32)


def key(index: int) -> ResultKey:
    return replace(KEY, edit=f"edit {index}")


def use(cache: ResultCache, *, keys: int = 1) -> None:
    """Everything that touches the disk."""
    for index in range(keys):
        assert len(cache.get(key(index))) == 0
        cache.put({key(index): run(2000)})
    cache.count_look(suite="s", edit="e")
    cache.looks("s")


def opened_and_used(folder: Path) -> ResultCache:
    cache = ResultCache(folder)
    use(cache)
    return cache


def test_answers_outlive_the_process(tmp_path: Path) -> None:
    first = ResultCache(tmp_path)
    first.put({KEY: run(300)})
    first.close()
    second = ResultCache(tmp_path)
    assert second.get(KEY).tolist() == run(300).tolist()
    assert second.get(KEY).dtype == np.int32


def test_the_file_lies_in_the_cache_folder() -> None:
    ResultCache().close()
    assert (cache_folder() / FILE).is_file()


@pytest.mark.parametrize("field", ["suite", "edit", "task", "split", "examples", "context"])
def test_everything_in_the_key_matters(tmp_path: Path, field: str) -> None:
    cache = ResultCache(tmp_path)
    cache.put({KEY: run(3)})
    assert len(cache.get(replace(KEY, **{field: "other"}))) == 0


@given(st.lists(st.integers(1, 60), min_size=1, max_size=6))
def test_the_longest_run_is_kept(lengths: list[int]) -> None:
    cache = ResultCache(on_disk=False)
    for n in lengths:
        cache.put({KEY: run(n)})
    assert cache.get(KEY).tolist() == run(max(lengths)).tolist()


def test_another_process_with_a_shorter_run_does_not_replace_a_longer_one(tmp_path: Path) -> None:
    mine, other = ResultCache(tmp_path), ResultCache(tmp_path)
    assert len(other.get(KEY)) == 0  # before mine is written
    mine.put({KEY: run(100)})
    other._memory.clear()
    other.put({KEY: run(16)})
    mine.close()
    other.close()
    assert len(ResultCache(tmp_path).get(KEY)) == 100


def test_what_is_given_out_cannot_be_changed() -> None:
    cache = ResultCache(on_disk=False)
    mine = run(5)
    cache.put({KEY: mine})
    mine[:] = 9
    assert cache.get(KEY).tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="read-only"):
        cache.get(KEY)[0] = 7


def test_the_file_is_bounded_and_the_least_used_goes_first(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path, max_disk_bytes=20_000)
    for index in range(20):
        cache.put({key(index): run(100)})
    cache.close()
    cache = ResultCache(tmp_path, max_disk_bytes=20_000)
    assert len(cache.get(key(0))) == 100  # read, so used
    for index in range(20, 40):
        cache.put({key(index): run(100)})
    cache.close()
    kept = ResultCache(tmp_path)
    known = [index for index in range(40) if len(kept.get(key(index)))]
    assert known[0] == 0
    assert known[1:] == list(range(known[1], 40))
    assert len(known) * 600 <= 20_000


def test_reading_is_noted_even_if_nothing_is_written_after(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path, max_disk_bytes=20_000)
    for index in range(20):
        cache.put({key(index): run(100)})
    cache.close()
    reader = ResultCache(tmp_path)
    reader.get(key(0))
    reader.close()
    cache = ResultCache(tmp_path, max_disk_bytes=20_000)
    for index in range(20, 40):
        cache.put({key(index): run(100)})
    cache.close()
    assert len(ResultCache(tmp_path).get(key(0))) == 100


def test_a_new_answer_costs_one_look_and_one_transaction(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    cache.put({key(1): run(4)})
    cache.close()
    cache = ResultCache(tmp_path)
    assert cache._disk is not None
    statements: list[str] = []
    cache._disk.set_trace_callback(statements.append)
    cache.get(key(1))  # known: read, and stamped with the next that is written
    cache.get(key(2))
    cache.put({key(2): run(8), key(3): run(8)})
    verbs = [text.split()[0] for text in statements]
    assert verbs == ["SELECT", "SELECT", "BEGIN", "INSERT", "INSERT", "UPDATE", "COMMIT"]


def test_memory_is_bounded() -> None:
    cache = ResultCache(on_disk=False, max_memory_bytes=10_000)
    for index in range(100):
        cache.put({key(index): run(100)})
        cache.get(key(0))
    known = [index for index in range(100) if len(cache.get(key(index)))]
    assert known[0] == 0
    assert known[-1] == 99
    assert len(known) * 600 <= 10_000


def test_a_damaged_file_costs_one_warning_and_no_result(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database" * 400)
    with pytest.warns(RuntimeWarning, match="kept in memory only") as caught:
        cache = opened_and_used(tmp_path)
    assert len(caught) == 1
    assert len(cache.get(key(0))) == 2000
    assert cache.looks("s").here == 1


def test_a_file_damaged_later_costs_one_warning_and_no_result(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    cache.put({KEY: run(4)})
    cache.close()
    database = tmp_path / FILE
    database.write_bytes(database.read_bytes()[:100] + b"\xff" * 9000)
    with pytest.warns(RuntimeWarning, match="kept in memory only") as caught:
        cache = opened_and_used(tmp_path)
    assert len(caught) == 1
    assert len(cache.get(key(0))) == 2000


def test_a_damaged_row_is_not_believed(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    cache.put({KEY: run(4)})
    cache.close()
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE answers SET answers = ?", (b"\x01" * 8,))
    cache = ResultCache(tmp_path)
    assert len(cache.get(KEY)) == 0
    cache.put({KEY: run(3)})
    cache.close()
    assert len(ResultCache(tmp_path).get(KEY)) == 3


def test_a_full_disk_costs_one_warning_and_no_result(tmp_path: Path) -> None:
    cache = ResultCache(tmp_path)
    assert cache._disk is not None
    pages = cache._disk.execute("PRAGMA page_count").fetchone()[0]
    cache._disk.execute(f"PRAGMA max_page_count = {pages}")  # SQLite's own "disk is full"
    with pytest.warns(RuntimeWarning, match=r"is full.*make room") as caught:
        use(cache, keys=50)
    assert len(caught) == 1
    assert len(cache.get(key(49))) == 2000


def test_a_folder_that_cannot_be_made_costs_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(RuntimeWarning, match="TASKARITH_CACHE"):
        cache = ResultCache(tmp_path / "file" / "cache")
    cache.put({KEY: run(1)})
    assert len(cache.get(KEY)) == 1


def test_memory_only_touches_no_disk() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cache = ResultCache(on_disk=False)
        cache.put({KEY: run(1)})
        cache.count_look(suite="s", edit="e")
    assert not cache_folder().exists()


def test_looks_are_counted_by_edit_here_and_ever(tmp_path: Path) -> None:
    first = ResultCache(tmp_path)
    for edit in ("a", "b", "a"):
        first.count_look(suite="s", edit=edit)
    first.count_look(suite="other", edit="a")
    assert (first.looks("s").here, first.looks("s").ever) == (2, 2)
    first.close()
    second = ResultCache(tmp_path)
    second.count_look(suite="s", edit="b")
    second.count_look(suite="s", edit="c")
    assert (second.looks("s").here, second.looks("s").ever) == (2, 3)
    assert (second.looks("new").here, second.looks("new").ever) == (0, 0)
    second.count_look(suite="other", edit="d")
    both = second.looks("s", "other")  # a is under both
    assert (both.here, both.ever) == (3, 4)

"""Answers already computed, kept in memory and on disk, so that a revisited edit costs nothing.

Keeps rows, not estimates: a run of rows can be continued, and compared example by example.
Knows nothing about how they were made. A disk that fails costs speed, never a result.
"""

import hashlib
import sqlite3
import time
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

import numpy as np

from taskarith.tasks import cache_folder

__all__ = ["Looks", "ResultCache", "ResultKey"]

FILE = "results-2.sqlite3"  # what older versions kept, in results.sqlite3, is left alone
MAX_DISK_BYTES = 128 * 2**20
MAX_MEMORY_BYTES = 64 * 2**20
ROW_BYTES = 400  # about what a key and its entry take beside the answers
MAX_LOOKS = 100_000
MAX_USED = 1_000  # rows read whose time is kept for the next transaction
BUSY_SECONDS = 2.0  # how long to wait for another process that is writing

SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, n INTEGER NOT NULL, answers BLOB NOT NULL,
    checksum INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_used ON answers (used);
CREATE TABLE IF NOT EXISTS looks (
    suite TEXT NOT NULL, edit TEXT NOT NULL, PRIMARY KEY (suite, edit)
) WITHOUT ROWID;
"""
# How a run of rows begins on disk: integers, or values with their weights; and bytes a row.
ANSWERS, VALUES = b"a", b"v"
ROW_SIZES = {ANSWERS: 4, VALUES: 8}
NOTHING = np.empty(0, dtype=np.int32)

USED = "UPDATE answers SET used = ? WHERE key = ?"
# A longer run of answers is never replaced by a shorter one, whoever wrote it.
UPSERT = """
INSERT INTO answers VALUES (?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    n = excluded.n, answers = excluded.answers, checksum = excluded.checksum, used = excluded.used
WHERE excluded.n > answers.n
"""


@dataclass(frozen=True)
class ResultKey:
    """Everything a run of answers depends on.

    Attributes:
        suite: fingerprint of the suite's weights and tasks.
        edit: `Edit.key()`.
        examples: fingerprint of all the split's examples and labels.
        context: device kind, number type, and versions of the code that computes.
    """

    suite: str
    edit: str
    task: str
    split: str
    examples: str
    context: str

    def digest(self) -> bytes:
        """16 bytes that no other key has."""
        parts = (self.suite, self.edit, self.task, self.split, self.examples, self.context)
        return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


@dataclass(frozen=True)
class Looks:
    """How many different edits of a suite were measured on its test split.

    `ever` counts what the cache file remembers, `here` this process alone.
    """

    here: int
    ever: int


class ResultCache:
    """Runs of rows by `ResultKey`: positions 0…n of a stratified order.

    Rows are what `Estimate` is made of: int32 [n], or float32 [n, 2].

    Bounded in memory and on disk; the least recently used go first. May be used from several
    threads, and the file by several processes. A file that is damaged, or a disk that is full or
    read-only, is reported once as a warning and then left alone: memory does its work.

    Args:
        folder: where the file lies, `cache_folder()` if None.
        on_disk: False keeps everything in memory.

    >>> cache = ResultCache(on_disk=False)
    >>> key = ResultKey("suite", "edit", "digits", "validation", "examples", "cpu")
    >>> cache.put({key: np.array([3, 1, 4], dtype=np.int32)})
    >>> cache.get(key).tolist()
    [3, 1, 4]
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        on_disk: bool = True,
        max_disk_bytes: int = MAX_DISK_BYTES,
        max_memory_bytes: int = MAX_MEMORY_BYTES,
    ) -> None:
        self.path = (folder or cache_folder()) / FILE
        self._max_disk_bytes = max_disk_bytes
        self._max_memory_bytes = max_memory_bytes
        self._lock = RLock()
        self._memory: OrderedDict[ResultKey, np.ndarray] = OrderedDict()
        self._memory_bytes = 0
        self._looks: dict[str, set[str]] = {}
        self._disk: sqlite3.Connection | None = None
        self._disk_bytes = 0
        self._used: dict[bytes, int] = {}  # rows read and when, not written down yet
        if on_disk:
            self._open()

    def get(self, key: ResultKey) -> np.ndarray:
        """The known rows, none where nothing is known; not to be changed.

        What is known may be any first part of the split, so compare n with the split's size.
        """
        with self._lock:
            found = self._memory.get(key)
            if found is None:
                found = self._read(key)
                if len(found):
                    self._remember(key, found)
            else:
                self._memory.move_to_end(key)
            return found

    def put(self, answers: Mapping[ResultKey, np.ndarray]) -> None:
        """Keep runs of answers that start at position 0; a longer known run stays as it is."""
        with self._lock:
            fresh = {}
            for key, values in answers.items():
                known = self._memory.get(key)  # what only the disk knows, the disk itself keeps
                if len(values) > (0 if known is None else len(known)):
                    fresh[key] = np.array(values)
                    fresh[key].setflags(write=False)
                    self._remember(key, fresh[key])
            if fresh:
                self._write(fresh)

    def count_look(self, *, suite: str, edit: str) -> None:
        """Note that `edit` (its key) was measured on the test split; again is not once more."""
        with self._lock:
            seen = self._looks.setdefault(suite, set())
            if edit in seen or len(seen) >= MAX_LOOKS:
                return
            seen.add(edit)
            if self._disk is not None:
                try:
                    with self._disk as disk:
                        disk.execute("INSERT OR IGNORE INTO looks VALUES (?, ?)", (suite, edit))
                except sqlite3.Error as error:
                    self._give_up(error)

    def looks(self, *suites: str) -> Looks:
        """How many edits of a suite were looked at on test, under any of its fingerprints.

        A suite has two: one of what everybody sees, one with what only recipes use.
        """
        with self._lock:
            here = len(set().union(*(self._looks.get(suite, ()) for suite in suites)))
            rows = self._query(
                "SELECT COUNT(DISTINCT edit) FROM looks WHERE suite IN "
                f"({', '.join('?' for _ in suites)})",
                suites,
            )
            return Looks(here=here, ever=max(here, rows[0][0] if rows else 0))

    def close(self) -> None:
        """Close the file; memory goes on working."""
        with self._lock:
            if self._disk is not None:
                disk, self._disk = self._disk, None
                with suppress(sqlite3.Error), disk:
                    disk.executemany(USED, self._stamps())
                disk.close()

    def _remember(self, key: ResultKey, answers: np.ndarray) -> None:
        older = self._memory.pop(key, None)
        if older is not None:
            self._memory_bytes -= older.nbytes + ROW_BYTES
        self._memory[key] = answers
        self._memory_bytes += answers.nbytes + ROW_BYTES
        while self._memory_bytes > self._max_memory_bytes and len(self._memory) > 1:
            _, oldest = self._memory.popitem(last=False)
            self._memory_bytes -= oldest.nbytes + ROW_BYTES

    def _open(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._disk = sqlite3.connect(self.path, timeout=BUSY_SECONDS, check_same_thread=False)
            # A crash may lose the newest answers; they are computed again.
            self._disk.execute("PRAGMA journal_mode = WAL")
            self._disk.execute("PRAGMA synchronous = NORMAL")
            self._disk.executescript(SCHEMA)
            self._disk_bytes = self._measured_disk_bytes()
        except (sqlite3.Error, OSError) as error:
            self._give_up(error)

    def _read(self, key: ResultKey) -> np.ndarray:
        query = "SELECT n, answers, checksum FROM answers WHERE key = ?"
        for n, blob, checksum in self._query(query, (key.digest(),)):
            size = ROW_SIZES.get(blob[:1]) if isinstance(blob, bytes) else None
            if size and len(blob) == 1 + size * n and zlib.crc32(blob) == checksum:
                self._used[key.digest()] = _now()
                if len(self._used) >= MAX_USED:
                    self._write({})
                return _unpacked(blob)
            self._query("DELETE FROM answers WHERE key = ?", (key.digest(),))  # damaged
        return NOTHING

    def _write(self, fresh: Mapping[ResultKey, np.ndarray]) -> None:
        if self._disk is None:
            return
        rows = []
        for key, answers in fresh.items():
            blob = _packed(answers)
            rows.append((key.digest(), len(answers), blob, zlib.crc32(blob), _now()))
            # Growing rows are counted in full each time: an upper bound, made exact below.
            self._disk_bytes += len(blob) + ROW_BYTES
        try:
            with self._disk as disk:
                disk.executemany(UPSERT, rows)
                disk.executemany(USED, self._stamps())
            self._used.clear()
            if self._disk_bytes > self._max_disk_bytes:
                self._evict()
        except sqlite3.Error as error:
            self._give_up(error)

    def _stamps(self) -> list[tuple[int, bytes]]:
        return [(when, key) for key, when in self._used.items()]

    def _evict(self) -> None:
        """Drop the least recently used rows until a tenth of the budget is free."""
        assert self._disk is not None
        excess = self._measured_disk_bytes() - int(0.9 * self._max_disk_bytes)
        with closing(
            self._disk.execute("SELECT key, LENGTH(answers) FROM answers ORDER BY used")
        ) as oldest:
            doomed = []
            for key, size in oldest:
                if excess <= 0:
                    break
                doomed.append((key,))
                excess -= size + ROW_BYTES
        with self._disk as disk:
            disk.executemany("DELETE FROM answers WHERE key = ?", doomed)
        self._disk_bytes = self._measured_disk_bytes()

    def _measured_disk_bytes(self) -> int:
        assert self._disk is not None
        query = f"SELECT COALESCE(SUM(LENGTH(answers) + {ROW_BYTES}), 0) FROM answers"
        return int(self._disk.execute(query).fetchone()[0])

    def _query(self, query: str, values: tuple[object, ...]) -> list[tuple]:
        if self._disk is None:
            return []
        try:
            with self._disk as disk:
                return disk.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self._give_up(error)
            return []

    def _give_up(self, error: Exception) -> None:
        self.close()
        warnings.warn(
            f"results are kept in memory only, because {self.path} cannot be used ({error}); "
            "make room, delete the file, or set TASKARITH_CACHE to another folder",
            RuntimeWarning,
            stacklevel=3,
        )


def _packed(rows: np.ndarray) -> bytes:
    """Rows as bytes: which kind they are, then little-endian numbers."""
    if rows.ndim == 1:
        return ANSWERS + rows.astype("<i4").tobytes()
    return VALUES + rows.astype("<f4").tobytes()


def _unpacked(blob: bytes) -> np.ndarray:
    """The rows that `_packed` packed."""
    if blob[:1] == ANSWERS:
        return np.frombuffer(blob, dtype="<i4", offset=1).astype(np.int32)
    return np.frombuffer(blob, dtype="<f4", offset=1).astype(np.float32).reshape(-1, 2)


def _now() -> int:
    return time.time_ns()

"""What this program added to the Hub's cache, and when it was last used; keeps that within bounds.

A file is on the list from before its first byte is asked for, so that what a stopped or failed pull
left counts as well. Files that other programs fetched are never counted and never removed. A lost
or damaged ledger costs the bound, not the files.
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import RLock
from typing import Any

from filelock import FileLock

from taskarith.sources.hub import COMMIT, HubRepo
from taskarith.sources.hub_cache import cached_file, cached_files, delete_files, held_bytes
from taskarith.sources.reference import is_inside

__all__ = ["Ledger", "Pulled"]

MAX_ADDED = 60 * 2**30  # bytes: the 20 fine-tuned ViT-L/14 towers and their base take 26 GB
FRESH = 60.0  # seconds within which a further use is not worth a further line
PATIENCE = 10.0  # seconds for which another process may hold the ledger


@dataclass(frozen=True)
class Pulled:
    """One repository at a commit; `files` (name → digest, bytes) are those this program fetched."""

    name: str
    commit: str
    used: float
    files: Mapping[str, tuple[str, int]]


class Ledger:
    """The pulled commits by reference, kept in the JSON file `path`, for several processes at once.

    Before more than `max_bytes` would be there, what was least recently used is removed.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int = MAX_ADDED,
        cache: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self._cache = cache
        self._clock = clock
        self._lock = RLock()
        self._fetching: Counter[str] = Counter()

    def commit(self, reference: str) -> str | None:
        """The commit that was pulled last for `reference`."""
        found = self._read().get(reference)
        return found.commit if found else None

    def use(self, name: str, commit: str) -> None:
        """Write down that somebody uses a commit, unless that was just done."""
        now = self._clock()

        def stale(entry: Pulled) -> bool:
            return (entry.name, entry.commit) == (name, commit) and entry.used <= now - FRESH

        if any(map(stale, self._read().values())):
            with self._changing() as entries:
                for reference, entry in entries.items():
                    if stale(entry):
                        entries[reference] = replace(entry, used=now)

    @contextmanager
    def pulling(self, reference: str, repo: HubRepo) -> Iterator[None]:
        """Around a pull: what of `repo` will be added is written down, and room made for all of it.

        Afterwards what is really there is, however the pull ended.
        """
        with self._changing() as entries:
            self._announce(entries, reference, repo)
            self._fetching[reference] += 1
            self._evict(entries)
        try:
            yield
        finally:
            with self._changing() as entries:
                self._fetching -= Counter([reference])
                self._settle(entries, reference)

    def drop(self, reference: str) -> None:
        """Take `reference` off the list: what it was fetched for has files of its own now.

        Its files leave the disk too, except those that something else on the list, or another
        commit, has as well.
        """
        with self._changing() as entries:
            if reference in entries:
                self._remove(entries, reference)

    def _announce(self, entries: dict[str, Pulled], reference: str, repo: HubRepo) -> None:
        known = _digests(entries)
        own = {
            file.name: (file.digest, file.size)
            for file in repo.files
            if (repo.name, file.digest) in known
            or cached_file(repo.name, repo.commit, file.name, cache=self._cache) is None
        }
        before = entries.get(reference)
        if before is not None and before.commit == repo.commit:
            own = {**before.files, **own}
        elif before is not None and before.files:
            # An older commit stays on the list under a name of its own.
            entries[f"{reference}#{before.commit}"] = before
        entries[reference] = Pulled(repo.name, repo.commit, self._clock(), own)

    def _settle(self, entries: dict[str, Pulled], reference: str) -> None:
        entry = entries.pop(reference, None)
        if entry is None:
            return
        files = {
            file: (digest, size)
            for file, (digest, _) in entry.files.items()
            if (size := self._held(entry, file, digest))
        }
        if files or cached_files(entry.name, entry.commit, cache=self._cache):
            entries[reference] = replace(entry, files=files)

    def _evict(self, entries: dict[str, Pulled]) -> None:
        """Remove least recently used commits until the bound holds.

        The most recently used one stays, however large it is, and so does what is being fetched.
        """
        by_age = sorted(entries, key=lambda reference: entries[reference].used)
        for reference in by_age[:-1]:
            if sum(_digests(entries).values()) <= self.max_bytes:
                break
            if entries[reference].files and not self._fetching[reference]:
                self._remove(entries, reference)

    def _remove(self, entries: dict[str, Pulled], reference: str) -> None:
        entry = entries.pop(reference)
        others = _digests(entries)
        gone = {
            file: digest
            for file, (digest, _) in entry.files.items()
            if (entry.name, digest) not in others
        }
        delete_files(entry.name, entry.commit, gone, cache=self._cache)

    def _held(self, entry: Pulled, file: str, digest: str) -> int:
        try:
            return held_bytes(entry.name, entry.commit, file, digest, cache=self._cache)
        except OSError:  # it went away while it was looked at
            return 0

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Pulled]]:
        """The entries, to be changed; written down afterwards if they were."""
        with self._lock, self._alone():
            entries = self._read()
            before = dict(entries)
            yield entries
            if entries != before:
                self._write(entries)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other process changes the ledger, unless that takes too long."""
        lock = FileLock(f"{self.path}.lock", timeout=PATIENCE)
        with suppress(OSError):  # where there can be no lock, there can be no ledger either
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        try:
            yield
        finally:
            lock.release()

    def _read(self) -> dict[str, Pulled]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return {str(reference): _entry(fields) for reference, fields in data.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _write(self, entries: dict[str, Pulled]) -> None:
        text = json.dumps({reference: vars(entry) for reference, entry in entries.items()})
        with suppress(OSError):  # a ledger that cannot be kept must not stop a pull
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.path.parent, delete=False
            ) as file:
                file.write(text)
            os.replace(file.name, self.path)


def _entry(fields: Mapping[str, Any]) -> Pulled:
    files = {
        file: (str(digest), int(size))
        for file, (digest, size) in fields["files"].items()
        if is_inside(file) and str(digest).isalnum() and COMMIT.fullmatch(fields["commit"])
    }
    return Pulled(str(fields["name"]), str(fields["commit"]), float(fields["used"]), files)


def _digests(entries: Mapping[str, Pulled]) -> dict[tuple[str, str], int]:
    """The bytes of every content on the list, by its repository and digest: each counts once."""
    return {
        (entry.name, digest): size
        for entry in entries.values()
        for digest, size in entry.files.values()
    }

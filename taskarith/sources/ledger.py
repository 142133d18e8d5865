"""What this program added to the Hub's cache, and when it was last used; keeps that within bounds.

Files that other programs fetched are never counted and never removed. Knows sizes and times; a
lost or damaged ledger costs the bound, not the files.
"""

import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import RLock

from taskarith.sources.hub_cache import cached_files, delete_cached

__all__ = ["Ledger", "Pulled"]

MAX_ADDED = 60 * 2**30  # bytes: the 20 fine-tuned ViT-L/14 towers and their base take 26 GB


@dataclass(frozen=True)
class Pulled:
    """One repository at a commit; `added` are the bytes that this program fetched of it."""

    name: str
    commit: str
    added: int
    used: float


class Ledger:
    """The pulled commits by reference, kept in the JSON file `path`.

    When more than `max_bytes` were added, `evict` removes what was least recently used.
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

    def commit(self, reference: str) -> str | None:
        """The commit that was pulled last for `reference`."""
        found = self._read().get(reference)
        return found.commit if found else None

    def note(self, reference: str, *, name: str, commit: str, added: int) -> None:
        """Write down a pull, or with nothing added a use, of `reference`."""
        with self._lock:
            entries = self._read()
            before = entries.get(reference)
            if before is not None and before.commit == commit:
                added += before.added
            elif before is not None and before.added:
                # An older commit keeps its bytes on the list under a name of its own.
                entries[f"{reference}#{before.commit}"] = before
            entries[reference] = Pulled(name, commit, added, self._clock())
            self._write(entries)

    def evict(self) -> list[str]:
        """Remove least recently used commits until the bound holds; gives their references.

        The most recently used one stays, however large it is.
        """
        with self._lock:
            entries = self._read()
            by_age = sorted(entries, key=lambda reference: entries[reference].used)
            total = sum(entry.added for entry in entries.values())
            removed = []
            for reference in by_age[:-1]:
                if total <= self.max_bytes:
                    break
                entry = entries[reference]
                if not entry.added:
                    continue
                del entries[reference]
                total -= entry.added
                removed.append(reference)
                others = [(other.name, other.commit) for other in entries.values()]
                if (entry.name, entry.commit) not in others:
                    delete_cached(entry.name, entry.commit, cache=self._cache)
            if removed:
                self._write(entries)
            return removed

    def drop(self, reference: str) -> None:
        """Take `reference` off the list: what it was fetched for has files of its own now.

        Its commit leaves the disk too, unless something else uses it or fetched a part of it.
        """
        with self._lock:
            entries = self._read()
            entry = entries.pop(reference, None)
            if entry is None:
                return
            self._write(entries)
            sizes = cached_files(entry.name, entry.commit, cache=self._cache)
            others = [(other.name, other.commit) for other in entries.values()]
            if entry.added >= sum(sizes.values()) and (entry.name, entry.commit) not in others:
                delete_cached(entry.name, entry.commit, cache=self._cache)

    def _read(self) -> dict[str, Pulled]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                str(reference): Pulled(
                    str(e["name"]), str(e["commit"]), int(e["added"]), float(e["used"])
                )
                for reference, e in data.items()
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return {}

    def _write(self, entries: dict[str, Pulled]) -> None:
        text = json.dumps({reference: asdict(entry) for reference, entry in entries.items()})
        with suppress(OSError):  # a ledger that cannot be kept must not stop a pull
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(
                "w", encoding="utf-8", dir=self.path.parent, delete=False
            ) as file:
                file.write(text)
            os.replace(file.name, self.path)

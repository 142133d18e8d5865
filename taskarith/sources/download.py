"""Fetching a file of the Hub into its cache: with progress, to be stopped and gone on with.

huggingface_hub's own download begins from nothing each time. Here what was fetched is kept until
it is whole; it gets its name in the cache only when its size and its digest are right.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from taskarith.errors import PullCancelled, SourceError
from taskarith.sources.hub import HubFile, HubRepo, explained, huggingface_hub
from taskarith.sources.hub_cache import (
    blob_path,
    cached_file,
    hub_cache,
    lock_path,
    partial_path,
)

__all__ = ["fetch"]

CHUNK = 2**20
TRIES = 4  # in a row without a single new byte
PAUSE = 1.0  # seconds between them
WAIT = 0.2  # seconds between two looks at whether a download that waits was cancelled

# By file; with how many hold it or wait for it, so that the last one can take it away.
_LOCKS: dict[str, tuple[threading.Lock, int]] = {}
_LOCKS_LOCK = threading.Lock()


def fetch(
    repo: HubRepo,
    file: HubFile,
    *,
    cache: Path | None = None,
    report: Callable[[int], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """The path of `file` in the Hub's cache, fetched if it is not there.

    `report` is told the bytes of this file that are there. What was fetched before an error or a
    cancellation is kept and gone on with; the file gets its name only when its size and its
    digest are right. Raises SourceError, or PullCancelled.
    """
    hub = huggingface_hub()
    there = cached_file(repo.name, repo.commit, file.name, cache=cache)
    if there is not None:
        report(file.size)
        return there
    blob = blob_path(repo.name, file.digest, cache=cache)
    lock = lock_path(repo.name, file.digest, cache=cache)
    with (
        explained(f"{repo.name} ({file.name})"),
        _one_at_a_time(str(blob), cancelled),
        _one_process(lock, cancelled),
    ):
        if not blob.exists():
            blob.parent.mkdir(parents=True, exist_ok=True)
            partial = partial_path(repo.name, file.digest, cache=cache)
            url = hub.hf_hub_url(repo.name, file.name, revision=repo.commit)
            try:
                _download(url, partial, file, report=report, cancelled=cancelled)
            finally:
                if partial.exists() and not partial.stat().st_size:
                    partial.unlink()
            _verify(partial, file)
            os.replace(partial, blob)
        # The Hub's own client links the blob to the commit; it finds it there and fetches nothing.
        path = hub.hf_hub_download(
            repo.name, file.name, revision=repo.commit, cache_dir=cache or hub_cache()
        )
    report(file.size)
    return Path(path)


def _download(
    url: str,
    partial: Path,
    file: HubFile,
    *,
    report: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Fetch what `partial` lacks of `file`, beginning again where a connection breaks off."""
    hub = huggingface_hub()
    broken = 0
    while True:
        before = partial.stat().st_size if partial.exists() else 0
        try:
            with partial.open("ab") as target:
                _receive(url, target, file, report=report, cancelled=cancelled)
            if partial.stat().st_size == file.size:
                return
            raise ConnectionError("the answer ended too early")
        except (SourceError, hub.errors.HfHubHTTPError):
            raise
        except Exception as error:
            # The client's network errors have changed their class with its major versions. The
            # disk's own errors have a number, and trying again does not mend them.
            if isinstance(error, OSError) and error.errno is not None:
                raise
            broken = 0 if partial.exists() and partial.stat().st_size > before else broken + 1
            if broken >= TRIES:
                raise
            _wait(PAUSE, cancelled)


def _receive(
    url: str,
    target: BinaryIO,
    file: HubFile,
    *,
    report: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    """One request for the rest of `file`, appended to `target`."""
    hub = huggingface_hub()
    there = target.tell()
    if there > file.size:
        target.truncate(0)
        there = 0
    report(there)
    if there == file.size:
        return
    # Not compressed on the way: a range counts the bytes of the file itself.
    headers = {**hub.utils.build_hf_headers(), "Accept-Encoding": "identity"}
    if there:
        headers["Range"] = f"bytes={there}-"
    session = hub.utils.get_session()
    timeout = hub.constants.HF_HUB_DOWNLOAD_TIMEOUT
    with session.stream("GET", url, headers=headers, timeout=timeout) as response:
        if response.status_code == 416:  # what is there is no beginning of this file
            target.truncate(0)
            return
        hub.utils.hf_raise_for_status(response)
        if there and response.status_code != 206:  # the whole file, although asked for the rest
            target.truncate(0)
            there = 0
        for chunk in response.iter_bytes():  # as it comes, so that nothing is lost when it stops
            _stop_if(cancelled)
            there += len(chunk)
            if there > file.size:
                raise SourceError(
                    f"the Hub sends more than the {file.size} bytes of {file.name} that it "
                    "announced; try again later"
                )
            target.write(chunk)
            report(there)


def _wait(seconds: float, cancelled: Callable[[], bool]) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        _stop_if(cancelled)
        time.sleep(min(0.1, seconds))


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise PullCancelled("the download was stopped; start it again to go on from there")


def _verify(partial: Path, file: HubFile) -> None:
    """Compare size and digest; what differs is thrown away, so that it cannot be gone on with."""
    size = partial.stat().st_size
    if len(file.digest) == 64:
        digest = hashlib.sha256()
    else:  # git's own way of naming a file's content
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with partial.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    if size != file.size or digest.hexdigest() != file.digest:
        partial.unlink()
        raise SourceError(
            f"{file.name} came with {size} bytes and the digest {digest.hexdigest()[:12]}…, the "
            f"Hub announced {file.size} and {file.digest[:12]}…; it was thrown away, try again"
        )


@contextmanager
def _one_at_a_time(name: str, cancelled: Callable[[], bool]) -> Iterator[None]:
    """Two visitors who want one file fetch it once; who waits for the other can stop waiting."""
    with _LOCKS_LOCK:
        lock, count = _LOCKS.get(name, (threading.Lock(), 0))
        _LOCKS[name] = lock, count + 1
    try:
        while not lock.acquire(timeout=WAIT):
            _stop_if(cancelled)
        try:
            yield
        finally:
            lock.release()
    finally:
        with _LOCKS_LOCK:
            _, count = _LOCKS.pop(name)
            if count > 1:
                _LOCKS[name] = lock, count - 1


@contextmanager
def _one_process(path: Path, cancelled: Callable[[], bool]) -> Iterator[None]:
    """The same for two processes: what one appends to is not appended to by the other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        while not lock.is_locked:
            with suppress(Timeout):
                lock.acquire(timeout=WAIT)
            _stop_if(cancelled)
        yield
    finally:
        lock.release()

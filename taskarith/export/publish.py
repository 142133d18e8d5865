"""Publishing: files first, then one commit that names them all, then a look whether it is there.

Until that commit the repository holds nothing of it, and it is made private until it is whole. What
was sent stays at the Hub, so that publishing again after a cut connection goes on. Knows plans.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from taskarith.errors import ExportCancelled, ExportError
from taskarith.export.account import Account, PassingError, Repository
from taskarith.export.publication import Publication, check_visibility, size_of
from taskarith.sources.hub import huggingface_hub

__all__ = ["Published", "publish"]

TRIES = 4  # of one file, or of the commit
PAUSE = 1.0  # seconds between them
CHUNK = 2**20


@dataclass(frozen=True)
class Published:
    """What is on the Hub now: its address and its commit, whose files were compared with ours.

    `private` is what the Hub says when all is done.
    """

    name: str
    url: str
    commit: str
    private: bool


def publish(
    publication: Publication,
    account: Account,
    *,
    overwrite: bool = False,
    report: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Published:
    """Send what `publication` says; `report` is told bytes.

    Raises ExportError where files of an existing repository would be replaced without `overwrite`,
    where it is seen by others than the plan says, or where the Hub says no; ExportCancelled.
    Nothing then is called published.
    """
    name, api = publication.name, account.api
    if publication.exists and not overwrite:
        raise ExportError(
            f"{name} holds {', '.join(publication.replaced[:5])} already; to replace what has the "
            "same name there, say so (--overwrite), or choose another name"
        )
    contents = publication.files.items()
    gone = [
        file for file, content in contents if isinstance(content, Path) and not content.is_file()
    ]
    if gone:
        raise ExportError(f"{gone[0]} is gone since the card was shown; export it again")
    if publication.head is None:
        account.ask(name, lambda: _create(publication, api))
    there = _there(account, publication)
    check_visibility(name, there, private=publication.private)
    head = publication.head or there.commit
    operations = _send(publication, account, report, cancelled)
    commit = _commit(publication, account, operations, head)
    if there.private and not publication.private:
        account.ask(name, lambda: _open(publication, api))
    path = f"spaces/{name}" if publication.kind == "space" else name
    there = _there(account, publication)
    return Published(name, f"{api.endpoint}/{path}", commit, there.private)


def _create(publication: Publication, api: Any) -> None:
    sdk = {"space_sdk": "static"} if publication.kind == "space" else {}
    api.create_repo(
        publication.name, repo_type=publication.kind, private=True, exist_ok=False, **sdk
    )


def _open(publication: Publication, api: Any) -> None:
    api.update_repo_settings(publication.name, repo_type=publication.kind, private=False)


def _there(account: Account, publication: Publication) -> Repository:
    found = account.repository(publication.name, kind=publication.kind)
    if found is None:
        raise ExportError(
            f"{publication.name} is not at the Hub any more; look there and publish again"
        )
    return found


def _send(
    publication: Publication,
    account: Account,
    report: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> list[Any]:
    """Every file as an operation of the commit; the contents of large ones are there by then."""
    hub = huggingface_hub()
    done, total, operations = 0, publication.size, []
    for name, content in publication.files.items():
        if cancelled():
            raise ExportCancelled(
                f"publishing was stopped; nothing of it can be seen at {publication.name}, and "
                "publishing again goes on from here"
            )
        what = f"{publication.name} ({name})"
        source = content if isinstance(content, bytes) else str(content)
        operation = account.ask(what, partial(hub.CommitOperationAdd, name, source))
        # What the Hub has of it already is not sent again.
        _again(
            account,
            what,
            lambda op=operation: account.api.preupload_lfs_files(  # type: ignore[misc]
                publication.name, [op], repo_type=publication.kind, free_memory=False
            ),
        )
        operations.append(operation)
        done += size_of(content)
        report(done, total)
    return operations


def _commit(publication: Publication, account: Account, operations: list[Any], head: str) -> str:
    """Name all files in one commit; gives it when the Hub has what we sent."""

    def commit() -> str:
        there = _there(account, publication).commit
        if there != head and not _differing(publication, account, there):
            return there  # the last try went through, and only its answer was lost
        made = account.api.create_commit(
            publication.name,
            operations,
            repo_type=publication.kind,
            commit_message="Publish with taskarith",
            parent_commit=head,
        )
        return str(made.oid)

    made = _again(account, publication.name, commit)
    wrong = _differing(publication, account, made)
    if wrong:
        raise ExportError(
            f"{publication.name} is not published: the Hub has other bytes of "
            f"{', '.join(wrong[:5])} than were sent; publish again"
        )
    return made


def _differing(publication: Publication, account: Account, commit: str) -> list[str]:
    """The files that the Hub does not have as they were sent."""
    name = publication.name
    info = account.ask(
        name,
        lambda: account.api.repo_info(
            name, repo_type=publication.kind, revision=commit, files_metadata=True
        ),
    )
    there = {sibling.rfilename: sibling for sibling in info.siblings or []}
    return [
        name
        for name, content in publication.files.items()
        if name not in there or not _same(there[name], content)
    ]


def _same(sibling: Any, content: Path | bytes) -> bool:
    if sibling.size != size_of(content):
        return False
    if sibling.lfs is not None:
        return bool(sibling.lfs.sha256 == _digest(content, hashlib.sha256()))
    git = hashlib.sha1(b"blob %d\0" % size_of(content), usedforsecurity=False)
    return bool(sibling.blob_id == _digest(content, git))


def _digest(content: Path | bytes, digest: Any) -> str:
    if isinstance(content, bytes):
        digest.update(content)
    else:
        with content.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    return str(digest.hexdigest())


def _again(account: Account, what: str, action: Callable[[], Any]) -> Any:
    """The answer of `action`, tried again where the connection broke or the Hub was in trouble."""
    for left in reversed(range(TRIES)):
        try:
            return account.ask(what, action)
        except PassingError:
            if not left:
                raise
            time.sleep(PAUSE)
    raise AssertionError("the last try returns or raises")

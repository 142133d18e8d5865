"""Carries out a plan: fetches its files, one after the other, and says where they are."""

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from taskarith.errors import SourceError
from taskarith.sources.download import fetch
from taskarith.sources.hub import HubRepo
from taskarith.sources.hub_cache import (
    cached_commit,
    cached_file,
    cached_files,
    remember_commit,
)
from taskarith.sources.ledger import Ledger
from taskarith.sources.plan import Plan, make_plan
from taskarith.sources.recognition import Kind, recognise
from taskarith.sources.reference import Reference, parse_reference
from taskarith.sources.shards import read_index

__all__ = ["NotPulledError", "Source", "find_pulled", "pull", "pull_only"]


class NotPulledError(SourceError):
    """Weights of the Hub that are not on this machine: they can be fetched."""


@dataclass(frozen=True)
class Source:
    """Weights that are on this machine: their kind and their files, the main one first."""

    reference: Reference
    kind: Kind
    paths: Mapping[str, Path]
    commit: str | None = None
    base: str | None = None


def pull(
    plan: Plan,
    *,
    cache: Path | None = None,
    ledger: Ledger | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Source:
    """Fetch what the plan lacks, at the commit it was made for, and nothing else.

    `report(done, total)` is told bytes as they arrive. When `cancelled()` says so, or something
    goes wrong, what was fetched is kept and the next pull goes on from there. Raises SourceError
    or PullCancelled.
    """
    if plan.reference.kind == "file":
        return _local(plan)
    if plan.repo is None:  # made offline, of files that were there
        paths = _there(plan, cache=cache)
        report(plan.size, plan.size)
        if ledger is not None and plan.commit is not None:
            ledger.use(plan.reference.location, plan.commit)
    else:
        with ledger.pulling(str(plan.reference), plan.repo) if ledger else nullcontext():
            paths = _fetched(plan, plan.repo, cache=cache, report=report, cancelled=cancelled)
    return Source(plan.reference, plan.kind, paths, plan.commit, plan.base)


def pull_only(plan: Plan, names: Collection[str], *, cache: Path | None = None) -> dict[str, Path]:
    """Those files of a plan that have one of `names`, fetched where they are not here.

    For what a model says of itself in some kilobytes, before its weights are asked for. Raises
    SourceError.
    """
    if plan.reference.kind == "file":
        paths: Mapping[str, Path] = _local(plan).paths
    elif plan.repo is None:
        paths = _there(
            replace(plan, files={n: s for n, s in plan.files.items() if n in names}), cache=cache
        )
    else:
        paths = {
            f.name: fetch(plan.repo, f, cache=cache) for f in plan.repo.files if f.name in names
        }
    return {name: path for name, path in paths.items() if name in names}


def _there(plan: Plan, *, cache: Path | None) -> dict[str, Path]:
    assert plan.commit is not None
    paths = {}
    for name in plan.files:
        path = cached_file(plan.reference.location, plan.commit, name, cache=cache)
        if path is None:
            raise SourceError(f"{plan.reference}: {name} is no longer in the cache; go online")
        paths[name] = path
    return paths


def _fetched(
    plan: Plan,
    repo: HubRepo,
    *,
    cache: Path | None,
    report: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> dict[str, Path]:
    paths, done = {}, 0
    for file in repo.files:
        paths[file.name] = fetch(
            repo,
            file,
            cache=cache,
            report=lambda there, before=done: report(before + there, plan.size),  # type: ignore[misc]
            cancelled=cancelled,
        )
        done += file.size
    remember_commit(repo.name, plan.reference.revision or "main", repo.commit, cache=cache)
    return paths


def find_pulled(
    reference: str | Reference,
    *,
    extras: Iterable[str] = (),
    cache: Path | None = None,
    ledger: Ledger | None = None,
) -> Source:
    """What `reference` names, from this machine alone: no question goes to the Hub.

    A local reference is what it is; of a Hub reference, the commit pulled last. Raises
    NotPulledError that says how to fetch it, SourceError for a local one that cannot be read.
    """
    if isinstance(reference, str):
        reference = parse_reference(reference)
    if reference.kind == "file":
        return _local(make_plan(reference, extras=extras))
    name = reference.location
    commits = [
        ledger.commit(str(reference)) if ledger else None,
        cached_commit(name, reference.revision, cache=cache),
    ]
    for commit in filter(None, commits):
        sizes = cached_files(name, commit, cache=cache)

        def shards(index: str, commit: str = commit) -> Collection[str]:
            path = cached_file(name, commit, index, cache=cache)
            return read_index(path).values() if path is not None else ()

        try:
            contents = recognise(
                sizes,
                shards=shards,
                file=reference.file,
                adapter=reference.adapter,
                extras=extras,
            )
        except SourceError:
            continue
        paths = {file: cached_file(name, commit, file, cache=cache) for file in contents.files}
        there = {file: path for file, path in paths.items() if path is not None}
        if len(there) == len(paths):
            if ledger is not None:
                ledger.use(name, commit)
            return Source(reference, contents.kind, there, commit)
    raise NotPulledError(
        f"{reference} is not on this machine yet; fetch it with: taskarith vector pull {reference}"
    )


def _local(plan: Plan) -> Source:
    path = Path(plan.reference.location).expanduser()
    folder = path if path.is_dir() else path.parent
    return Source(plan.reference, plan.kind, {name: folder / name for name in plan.files})

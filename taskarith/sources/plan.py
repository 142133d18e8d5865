"""What it would cost to have the weights that a reference names, before any of them is fetched."""

import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from taskarith.errors import SourceError
from taskarith.sources.hub import (
    HubFile,
    HubRepo,
    HubUnreachableError,
    explained,
    look_up,
    open_remote,
)
from taskarith.sources.hub_cache import cached_commit, cached_file, cached_files, hub_cache
from taskarith.sources.recognition import PICKLE_SUFFIXES, Kind, Recognised, Shards, recognise
from taskarith.sources.reference import Reference, parse_reference
from taskarith.sources.shards import INDEX, MAX_INDEX, parse_index, read_index

__all__ = ["OWNER", "VISITOR", "Limits", "Plan", "check_disk", "make_plan", "size_text"]

GIB = 2**30
KEPT_FREE = GIB  # bytes of disk that no download may take
MAX_FILES = 200


@dataclass(frozen=True)
class Limits:
    """What whoever asks may have.

    Attributes:
        max_bytes: size of all files of one reference.
        together: size of everything that is asked for at once.
        pickles: whether weights in a format that can carry code are read (by a reader that
            cannot run it).
        local: whether `file:` may name any path of this machine.
    """

    max_bytes: int = 20 * GIB
    together: int = 60 * GIB  # what the cache keeps of ours: more would push its own beginning out
    pickles: bool = True
    local: bool = True


OWNER = Limits()
VISITOR = Limits(max_bytes=2 * GIB, together=2 * GIB, pickles=False, local=False)


@dataclass(frozen=True)
class Plan:
    """What a reference stands for now, and what of it is still to be fetched.

    Attributes:
        kind: what the files hold.
        files: the files to have, the main one first; sizes in bytes.
        commit: of a Hub repository; the download takes these files and no newer ones.
        to_fetch: bytes that are not on this machine yet.
        base: the repository of θ₀ that the card names, if it does.
        repo: the repository as it was looked up; None for local files and offline.
    """

    reference: Reference
    kind: Kind
    files: Mapping[str, int]
    commit: str | None = None
    to_fetch: int = 0
    base: str | None = None
    licence: str | None = None
    repo: HubRepo | None = None

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(self.files.values())

    def describe(self) -> str:
        """One line: "351.0 MB, 8 files, base openai/clip-vit-base-patch32"."""
        count = f"{len(self.files)} file{'s' if len(self.files) > 1 else ''}"
        there = ""
        if self.commit is not None and self.to_fetch < self.size:
            left = f"{size_text(self.to_fetch)} to fetch" if self.to_fetch else "all here"
            there = f" ({left})"
        base = f"base {self.base}" if self.base else "base not stated"
        return f"{size_text(self.size)}{there}, {count}, {self.kind}, {base}"


def make_plan(
    reference: str | Reference,
    *,
    limits: Limits = OWNER,
    extras: Iterable[str] = (),
    cache: Path | None = None,
) -> Plan:
    """Look up what `reference` names, without fetching any of its files but an index of shards.

    `extras`: further files to have where they exist (a base's configuration). Offline, or where
    the Hub gives no answer, the plan is made of what is in the cache. Raises SourceError where
    there is nothing, where it is too large, or where `limits` forbid it.
    """
    if isinstance(reference, str):
        reference = parse_reference(reference)
    if reference.kind == "file":
        if not limits.local:
            raise SourceError("files of this machine are not for visitors; give a Hub reference")
        return _checked(_plan_local(reference, tuple(extras)), limits)
    try:
        repo = look_up(reference.location, revision=reference.revision)
    except HubUnreachableError as error:
        plan = _plan_offline(reference, tuple(extras), cache=cache)
        if plan is None:
            raise _hinted(error, reference, limits) from error
        return _checked(plan, limits)
    except SourceError as error:
        raise _hinted(error, reference, limits) from error
    plan = _checked(_plan_repo(reference, repo, tuple(extras), cache=cache), limits)
    check_disk(str(plan.reference), plan.to_fetch, folder=cache or hub_cache())
    return plan


def _hinted(error: SourceError, reference: Reference, limits: Limits) -> SourceError:
    """The error, with what its owner may have meant: a folder of the name is here."""
    if not limits.local or not Path(reference.location).exists():
        return error
    return type(error)(
        f"{error}. There is {reference.location} on this machine: write file:{reference.location} "
        "for it"
    )


def check_disk(what: str, size: int, *, folder: Path) -> None:
    """SourceError where `size` more bytes in `folder`, for `what`, would fill its disk.

    `folder` need not be there yet. No bytes always fit.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if size and free - size < KEPT_FREE:
        raise SourceError(
            f"{what} needs {size_text(size)} on the disk of {folder}, where "
            f"{size_text(free)} are free (and {size_text(KEPT_FREE)} are kept free); make room"
        )


def size_text(size: int) -> str:
    """A number of bytes as people read it.

    >>> size_text(351_000_000), size_text(2_000)
    ('351.0 MB', '2.0 kB')
    """
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def _plan_repo(
    reference: Reference, repo: HubRepo, extras: tuple[str, ...], *, cache: Path | None
) -> Plan:
    sizes = {file.name: file.size for file in repo.files}
    contents = _recognised(reference, sizes, extras, lambda name: _shards_of(repo, name, cache))
    return Plan(
        reference=reference,
        kind=contents.kind,
        files={name: sizes[name] for name in contents.files},
        commit=repo.commit,
        to_fetch=sum(
            sizes[name]
            for name in contents.files
            if cached_file(repo.name, repo.commit, name, cache=cache) is None
        ),
        base=repo.base,
        licence=repo.licence,
        repo=_only(repo, contents.files),
    )


def _plan_offline(
    reference: Reference, extras: tuple[str, ...], *, cache: Path | None
) -> Plan | None:
    commit = cached_commit(reference.location, reference.revision, cache=cache)
    sizes = cached_files(reference.location, commit, cache=cache) if commit else {}
    if not sizes:
        return None
    assert commit is not None

    def shards(name: str) -> Collection[str]:
        path = cached_file(reference.location, commit, name, cache=cache)
        return read_index(path).values() if path is not None else ()

    contents = _recognised(reference, sizes, extras, shards)
    files = {name: sizes[name] for name in contents.files}
    return Plan(reference=reference, kind=contents.kind, files=files, commit=commit)


def _plan_local(reference: Reference, extras: tuple[str, ...]) -> Plan:
    path = Path(reference.location).expanduser()
    try:
        whole = path.is_dir()
        folder = path if whole else path.parent
        if whole or path.name.endswith(INDEX):
            found = [file for file in folder.iterdir() if file.is_file()]
        else:
            found = [path, folder / "adapter_config.json"]
        found += [folder / name for name in extras]
        sizes = {
            file.relative_to(folder).as_posix(): file.stat().st_size
            for file in found
            if file.is_file() or file == path
        }
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    named = reference if whole else replace(reference, file=path.name)
    contents = _recognised(
        named, sizes, extras, lambda name: read_index(folder / name).values(), name=str(reference)
    )
    files = {name: sizes[name] for name in contents.files}
    return Plan(reference=reference, kind=contents.kind, files=files)


def _shards_of(repo: HubRepo, name: str, cache: Path | None) -> Collection[str]:
    """The files that an index of a repository names; only the index is read."""
    there = cached_file(repo.name, repo.commit, name, cache=cache)
    if there is not None:
        return read_index(there).values()
    where = f"{repo.name} ({name})"
    with explained(where), open_remote(f"hf://{repo.name}@{repo.commit}/{name}") as file:
        data = file.read(MAX_INDEX + 1)
    return parse_index(data, where=where).values()


def _recognised(
    reference: Reference,
    sizes: Mapping[str, int],
    extras: tuple[str, ...],
    shards: Shards,
    *,
    name: str = "",
) -> Recognised:
    try:
        return recognise(
            sizes, shards=shards, file=reference.file, adapter=reference.adapter, extras=extras
        )
    except SourceError as error:
        raise SourceError(f"{name or reference}: {error}") from error


def _only(repo: HubRepo, names: Iterable[str]) -> HubRepo:
    by_name = {file.name: file for file in repo.files}
    files: tuple[HubFile, ...] = tuple(by_name[name] for name in names)
    return HubRepo(repo.name, repo.commit, files, repo.base, repo.licence)


def _checked(plan: Plan, limits: Limits) -> Plan:
    if plan.size > limits.max_bytes:
        raise SourceError(
            f"{plan.reference} is {size_text(plan.size)}; at most {size_text(limits.max_bytes)} "
            "are taken. Name a smaller file, or use the command line on your own machine"
        )
    if len(plan.files) > MAX_FILES:
        raise SourceError(f"{plan.reference} needs {len(plan.files)} files; at most {MAX_FILES}")
    pickles = [name for name in plan.files if name.endswith(PICKLE_SUFFIXES)]
    if pickles and not limits.pickles:
        raise SourceError(
            f"{plan.reference} holds its weights as a pickle ({pickles[0]}), a format that can "
            "carry code; visitors may use safetensors only. Ask its owner to convert it"
        )
    return plan

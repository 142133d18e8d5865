"""Suites beyond those that come with the project: where they are noted, and adding one.

A suite in a folder of yours stays there and is only noted; one from the Hub moves here, because
the Hub's cache may be cleaned up. Knows folders and manifests, nothing of what is measured.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp

from taskarith.errors import AssetError, SourceError
from taskarith.sources.download import fetch
from taskarith.sources.hub import HubFile, HubRepo, look_up
from taskarith.sources.hub_cache import cached_file, hub_cache
from taskarith.sources.plan import OWNER, Limits, check_disk, size_text
from taskarith.sources.reference import parse_reference
from taskarith.suites.manifest import MAX_BYTES, Manifest, read_manifest
from taskarith.suites.references import is_reference, pull_ledger

__all__ = [
    "MANIFEST",
    "HubSuite",
    "add_folder",
    "add_hub_suite",
    "added_suites",
    "check_visitors_data",
    "file_references",
    "forget_private",
    "forget_unused",
    "is_private",
    "let_go",
    "made_by_visitor",
    "make_private",
    "new_folder",
    "note_use",
    "own_files",
    "own_folders",
    "plan_hub_suite",
    "suites_home",
]

MANIFEST = "manifest.json"
POINTER = ".json"
# In the folder of a suite that a visitor of a public server made; its time is that of the last use.
VISITORS = ".made-by-a-visitor"
# In the folder of a suite that holds a visitor's own examples: who knows its name may open it, and
# nobody is told that name. Its time is when it was made.
PRIVATE = ".private"
ABANDONED = 3600.0  # seconds without a change after which nobody makes a suite any more


def suites_home() -> Path:
    """The folder in `TASKARITH_SUITES`, else `~/.local/share/taskarith/suites`."""
    asked = os.environ.get("TASKARITH_SUITES") or "~/.local/share/taskarith/suites"
    return Path(asked).expanduser()


def added_suites() -> dict[str, Path]:
    """The folders of the suites that were added, by name; notes that lead nowhere are left out."""
    home = suites_home()
    found = {file.parent.name: file.parent for file in sorted(home.glob(f"[!.]*/{MANIFEST}"))}
    for note in sorted(home.glob(f"*{POINTER}")):
        try:
            folder = Path(json.loads(note.read_text(encoding="utf-8"))["folder"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if (folder / MANIFEST).is_file():
            found.setdefault(note.stem, folder)
    return found


def add_folder(folder: Path, *, taken: Callable[[str], bool]) -> str:
    """Note the suite in `folder`; gives its name. AssetError for a bad manifest or a taken name."""
    folder = folder.expanduser().resolve()
    name = read_manifest(folder / MANIFEST).name
    _check_name(name, taken)
    note = suites_home() / f"{name}{POINTER}"
    try:
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"folder": str(folder)}), encoding="utf-8")
    except OSError as error:
        raise AssetError(f"could not write {note}: {error.strerror or error}") from error
    return name


@dataclass(frozen=True)
class HubSuite:
    """A suite on the Hub: its manifest, and what of its own files is to be fetched."""

    manifest: Manifest
    repo: HubRepo

    def describe(self) -> str:
        """One line: "suite birds, 12.0 MB, 14 files, and weights from 3 other places"."""
        size = sum(file.size for file in self.repo.files)
        others = [w for w in self.manifest.vectors.values() if is_reference(w)]
        elsewhere = f", and weights from {len(others)} other places" if others else ""
        files = f"{len(self.repo.files)} files{elsewhere}"
        return f"suite {self.manifest.name}, {size_text(size)}, {files}"


def plan_hub_suite(reference: str, *, limits: Limits = OWNER) -> HubSuite:
    """Look up the suite in a Hub repository, fetching no more than its manifest.

    Raises SourceError where there is none, where it is too large or the disk too full, AssetError
    where its manifest is bad or asks for files of this machine.
    """
    parsed = parse_reference(reference)
    if parsed.kind != "hub":
        raise SourceError(f"{reference} is no Hub repository; give a folder's path as it is")
    repo = look_up(parsed.location, revision=parsed.revision)
    by_name = {file.name: file for file in repo.files}
    if MANIFEST not in by_name:
        raise SourceError(f"{reference} holds no {MANIFEST}, so it is no suite")
    size = by_name[MANIFEST].size
    if size > MAX_BYTES:
        raise SourceError(
            f"{reference}: its {MANIFEST} is {size_text(size)}, at most {size_text(MAX_BYTES)} are "
            "read; it is no suite"
        )
    manifest = read_manifest(_fetched(repo, [by_name[MANIFEST]], what=reference)[MANIFEST])
    _check_files(manifest, allowed=lambda _: False, where=reference)
    if limits != OWNER:
        check_visitors_data(manifest, where=reference)
    wanted = [MANIFEST, *own_files(manifest)]
    missing = [name for name in wanted if name not in by_name]
    for folder in own_folders(manifest):
        inside = [name for name in by_name if name.startswith(f"{folder}/")]
        missing += [] if inside else [f"{folder}/"]
        wanted += inside
    if missing:
        raise SourceError(
            f"{reference} lacks files that its manifest names: {', '.join(missing[:8])}"
        )
    files = tuple(by_name[name] for name in dict.fromkeys(wanted))
    size = sum(file.size for file in files)
    if size > limits.max_bytes:
        raise SourceError(
            f"{reference} is {size_text(size)}; at most {size_text(limits.max_bytes)}"
        )
    check_disk(reference, _lacking(repo, files), folder=hub_cache())
    return HubSuite(manifest, HubRepo(repo.name, repo.commit, files, repo.base, repo.licence))


def add_hub_suite(plan: HubSuite, *, taken: Callable[[str], bool]) -> str:
    """Fetch the suite's own files and add it; gives its name."""
    name, files = plan.manifest.name, plan.repo.files
    _check_name(name, taken)
    paths = _fetched(plan.repo, files, what=f"the suite {name}")
    check_disk(f"the suite {name}", sum(file.size for file in files), folder=suites_home())
    with new_folder(name, taken=taken, allowed=lambda _: False) as folder:
        for relative, path in paths.items():
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    pull_ledger().drop(_pulled_name(plan.repo))
    return name


@contextmanager
def new_folder(
    name: str, *, taken: Callable[[str], bool], allowed: Callable[[str], bool] = lambda _: True
) -> Iterator[Path]:
    """An empty folder that becomes that of the added suite `name`, if nothing goes wrong inside.

    Until then the suite is not there: half a suite is never taken for a whole one. `allowed` is
    asked about each `file:` reference of the finished manifest, as it will be read from then on.
    Raises AssetError for one that is not, a name that is taken, or where nothing can be written.
    """
    home = suites_home()
    _check_name(name, taken)
    try:
        home.mkdir(parents=True, exist_ok=True)
        temporary = Path(mkdtemp(dir=home, prefix=".adding-"))
        try:
            yield temporary
            _check_files(read_manifest(temporary / MANIFEST), allowed=allowed, where=name)
            _check_name(name, taken)  # somebody may have been faster
            os.replace(temporary, home / name)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise AssetError(
            f"could not add to {home}: {error.strerror or error}; make room"
        ) from error


def made_by_visitor(name: str) -> None:
    """Note that a visitor made the added suite `name`: such suites may be forgotten."""
    (suites_home() / name / VISITORS).touch()


def note_use(folder: Path) -> None:
    """Note that the suite in `folder` is used, if it is one that may be forgotten."""
    mark = folder / VISITORS
    if mark.is_file():
        os.utime(mark)


def make_private(folder: Path) -> None:
    """Note that the suite in `folder`, which is being made, holds somebody's own examples."""
    (folder / PRIVATE).touch()


def is_private(folder: Path) -> bool:
    """Whether the suite in `folder` is for those alone who know its name."""
    return (folder / PRIVATE).is_file()


def forget_private(*, older: float) -> list[str]:
    """Remove private suites that were made more than `older` seconds ago; gives their names.

    With them goes what a process that was killed while it made a suite left behind.
    """
    for left in suites_home().glob(".adding-*"):
        if 0.0 < _time(left) < time.time() - max(older, ABANDONED):
            shutil.rmtree(left, ignore_errors=True)
    marks = [mark for mark in suites_home().glob(f"[!.]*/{PRIVATE}") if _time(mark)]
    gone = [mark.parent.name for mark in marks if time.time() - _time(mark) > older]
    for name in gone:
        shutil.rmtree(suites_home() / name, ignore_errors=True)
    return gone


def forget_unused(most: int, *, in_use: Callable[[str], bool]) -> list[str]:
    """Remove suites that visitors made beyond `most`; gives their names.

    Those go that were used longest ago; what is in use stays, and so does what the owner added.
    """
    gone: list[str] = []
    found = _of_visitors()
    for name in found:
        if len(found) - len(gone) > most and not in_use(name):
            shutil.rmtree(suites_home() / name, ignore_errors=True)
            gone.append(name)
    return gone


def let_go(folder: Path, *, in_use: Callable[[str], bool]) -> bool:
    """Whether no suite takes weights from `folder`, after forgetting what may be forgotten.

    Where all that take some were made by visitors and none is in use, they are removed.
    """
    added = added_suites()
    takers = [name for name, own in added.items() if _takes_from(own, folder)]
    free = [name for name in _of_visitors() if not in_use(name)]
    if not set(takers) <= set(free):
        return False
    for name in takers:
        shutil.rmtree(added[name], ignore_errors=True)
    return True


def _of_visitors() -> list[str]:
    """The suites that visitors made; which was used longest ago comes first."""
    return [mark.parent.name for mark in sorted(suites_home().glob(f"[!.]*/{VISITORS}"), key=_time)]


def _time(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:  # it has just been removed
        return 0.0


def _takes_from(suite: Path, folder: Path) -> bool:
    try:
        return str(folder) in (suite / MANIFEST).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False


def _fetched(repo: HubRepo, files: Sequence[HubFile], *, what: str) -> dict[str, Path]:
    """The paths of `files` in the Hub's cache by name; what is new is on our list of what is there.

    Raises SourceError where the disk has no room for it.
    """
    check_disk(what, _lacking(repo, files), folder=hub_cache())
    with pull_ledger().pulling(_pulled_name(repo), replace(repo, files=tuple(files))):
        return {file.name: fetch(repo, file) for file in files}


def _pulled_name(repo: HubRepo) -> str:
    return f"suite:{repo.name}@{repo.commit}"


def _lacking(repo: HubRepo, files: Sequence[HubFile]) -> int:
    """Bytes that the Hub's cache lacks of these files."""
    return sum(
        file.size for file in files if cached_file(repo.name, repo.commit, file.name) is None
    )


def _check_name(name: str, taken: Callable[[str], bool]) -> None:
    if taken(name):
        raise AssetError(f"there is a suite {name!r} already; give it another name in its manifest")


def file_references(manifest: Manifest) -> list[str]:
    """The references of a manifest that lead to files of this machine."""
    return [weights for weights in _weights(manifest) if weights.startswith("file:")]


def _check_files(manifest: Manifest, *, allowed: Callable[[str], bool], where: str) -> None:
    for reference in file_references(manifest):
        if not allowed(reference):
            raise AssetError(
                f"{where} asks for files of this machine ({reference[:80]}); not from there"
            )


def check_visitors_data(manifest: Manifest, *, where: str) -> None:
    """AssetError for data that visitors may not ask for: fetched by lm-eval, without our bounds."""
    for task in (*manifest.tasks, *manifest.recipe_tasks):
        if task.data["kind"] == "lm-eval":
            raise AssetError(
                f"{where}: {task.name!r} is a task of lm-eval, which fetches whole data sets; only "
                "who runs this server adds such a suite"
            )


def _weights(manifest: Manifest) -> list[str]:
    weights = [*manifest.vectors.values(), *manifest.recipe_vectors.values()]
    return weights + ([manifest.base.source] if manifest.base.source else [])


def own_files(manifest: Manifest) -> list[str]:
    """The files that a manifest names, as paths inside the suite."""
    base = manifest.base
    names: list[str | None] = [base.config, base.weights, base.vocabulary, base.neutral]
    names += [manifest.heads, manifest.recipe_heads]
    names += [manifest.surrogate, manifest.measurements, manifest.published]
    names += [weights for weights in _weights(manifest) if not is_reference(weights)]
    return [
        *filter(None, names),
        *_of_data(manifest, kind="tensors"),
        *_of_data(manifest, kind="table"),
    ]


def own_folders(manifest: Manifest) -> list[str]:
    """The folders of pictures that a manifest names, as paths inside the suite."""
    return [folder.rstrip("/") for folder in _of_data(manifest, kind="folder")]


def _of_data(manifest: Manifest, *, kind: str) -> list[str]:
    tasks = (*manifest.tasks, *manifest.recipe_tasks)
    return [task.data["path"] for task in tasks if task.data["kind"] == kind]

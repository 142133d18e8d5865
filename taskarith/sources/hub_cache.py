"""What of the Hub is on this machine already: huggingface_hub's own cache, read and cleaned up."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from taskarith.sources.hub import COMMIT, huggingface_hub

__all__ = [
    "blob_path",
    "cached_commit",
    "cached_file",
    "cached_files",
    "delete_files",
    "held_bytes",
    "hub_cache",
    "lock_path",
    "partial_path",
    "remember_commit",
    "repo_folder",
]


def hub_cache() -> Path:
    """The folder of huggingface_hub's cache."""
    return Path(huggingface_hub().constants.HF_HUB_CACHE)


def cached_file(name: str, commit: str, file: str, *, cache: Path | None = None) -> Path | None:
    """The path of a file that is in the cache already, else None."""
    found = huggingface_hub().try_to_load_from_cache(
        name, file, revision=commit, cache_dir=cache or hub_cache()
    )
    return Path(found) if isinstance(found, str) else None


def cached_files(name: str, commit: str, *, cache: Path | None = None) -> dict[str, int]:
    """Names and sizes of the files of a commit that are in the cache."""
    folder = repo_folder(name, cache) / "snapshots" / commit
    found = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in found}


def cached_commit(name: str, revision: str | None, *, cache: Path | None = None) -> str | None:
    """The commit that `revision` last meant, as far as the cache knows; None if it does not."""
    folder = repo_folder(name, cache)
    wanted = revision or "main"
    if COMMIT.fullmatch(wanted):
        return wanted if (folder / "snapshots" / wanted).is_dir() else None
    with suppress(OSError, ValueError):
        commit = (folder / "refs" / wanted).read_text(encoding="utf-8").strip()
        if COMMIT.fullmatch(commit):
            return commit
    return None


def remember_commit(name: str, revision: str, commit: str, *, cache: Path | None = None) -> None:
    """Note what `revision` means now, as the Hub's client does, for it and for other programs."""
    path = repo_folder(name, cache) / "refs" / revision
    if not COMMIT.fullmatch(revision):
        with suppress(OSError):  # a note that cannot be kept costs a question next time
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(commit, encoding="utf-8")


def blob_path(name: str, digest: str, *, cache: Path | None = None) -> Path:
    """Where the cache keeps the content of a file, whatever commits have it."""
    return repo_folder(name, cache) / "blobs" / digest


def partial_path(name: str, digest: str, *, cache: Path | None = None) -> Path:
    """Where a file is until it is whole."""
    return blob_path(name, digest, cache=cache).with_name(f"{digest}.taskarith.incomplete")


def lock_path(name: str, digest: str, *, cache: Path | None = None) -> Path:
    """Held by whoever fetches a file; beside the locks of the Hub's own client."""
    folder = repo_folder(name, cache)
    return folder.parent / ".locks" / folder.name / f"{digest}.taskarith.lock"


def held_bytes(name: str, commit: str, file: str, digest: str, *, cache: Path | None = None) -> int:
    """What a file of a commit, or the part of it that came, takes on the disk."""
    own = repo_folder(name, cache) / "snapshots" / commit / file  # a copy, where links cannot be
    paths = (blob_path(name, digest, cache=cache), partial_path(name, digest, cache=cache), own)
    return sum(path.stat().st_size for path in paths if path.is_file() and not path.is_symlink())


def delete_files(
    name: str, commit: str, digests: Mapping[str, str], *, cache: Path | None = None
) -> None:
    """Remove files (name → digest) of a commit; content that another commit has as well stays."""
    folder = repo_folder(name, cache)
    snapshots = folder / "snapshots"
    for file in digests:
        with suppress(OSError):
            (snapshots / commit / file).unlink()
    needed = {path.resolve() for path in snapshots.rglob("*") if path.is_symlink()}
    for digest in digests.values():
        for path in (blob_path(name, digest, cache=cache), partial_path(name, digest, cache=cache)):
            if path.resolve() not in needed:
                with suppress(OSError):
                    path.unlink()
    _tidy(folder, commit)


def _tidy(folder: Path, commit: str) -> None:
    """Remove what is left of a commit that has no files any more, and of a repository without."""
    with suppress(OSError):
        _remove_if_empty(folder / "snapshots" / commit)
    if (folder / "snapshots" / commit).exists():
        return
    shutil.rmtree(folder / ".no_exist" / commit, ignore_errors=True)
    with suppress(OSError, ValueError):
        for ref in [path for path in (folder / "refs").rglob("*") if path.is_file()]:
            if ref.read_text(encoding="utf-8").strip() == commit:
                ref.unlink()
    with suppress(OSError):
        _remove_if_empty(folder)


def _remove_if_empty(folder: Path) -> None:
    """Remove a folder that holds nothing but folders; OSError where it holds a file."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            _remove_if_empty(path)
    folder.rmdir()


def repo_folder(name: str, cache: Path | None) -> Path:
    """Where the cache keeps the files of the model repository `name`."""
    hub = huggingface_hub()
    return (cache or hub_cache()) / hub.file_download.repo_folder_name(
        repo_id=name, repo_type="model"
    )

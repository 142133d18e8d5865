"""The Hugging Face Hub: what a repository holds, and every way in which it can say no.

Goes through huggingface_hub and its settings (HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE). Knows files
and commits, not what is in them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from taskarith.errors import MissingDependencyError, SourceError
from taskarith.sources.reference import is_inside

__all__ = [
    "COMMIT",
    "HubFile",
    "HubRepo",
    "HubUnreachableError",
    "explained",
    "huggingface_hub",
    "look_up",
    "open_remote",
]

MAX_FILES = 20_000
SECONDS = 20  # for an answer about a repository
COMMIT = re.compile(r"[0-9a-f]{40}")


class HubUnreachableError(SourceError):
    """The Hub gave no answer, or none that is about the question: what is in the cache may do."""


@dataclass(frozen=True)
class HubFile:
    """A file of a repository at a commit.

    `digest` is the sha256 of a large file, and what git names the content of a small one.
    """

    name: str
    size: int
    digest: str


@dataclass(frozen=True)
class HubRepo:
    """A repository at a commit, and what its card says of it."""

    name: str
    commit: str
    files: tuple[HubFile, ...]
    base: str | None
    licence: str | None


def open_remote(url: str) -> Any:
    """A file of the Hub (`hf://…`) that is read by byte ranges, just what is asked for."""
    return huggingface_hub().HfFileSystem().open(url, "rb", cache_type="none")


def look_up(name: str, *, revision: str | None = None) -> HubRepo:
    """The model repository `name` as it is now; SourceError says why it cannot be had."""
    hub = huggingface_hub()
    with explained(name):
        info = hub.HfApi().model_info(name, revision=revision, files_metadata=True, timeout=SECONDS)
    commit = str(info.sha or "")
    siblings = info.siblings or []
    if not COMMIT.fullmatch(commit):
        raise SourceError(f"the Hub gave no commit for {name}; try again later")
    if len(siblings) > MAX_FILES:
        raise SourceError(f"{name} holds {len(siblings)} files; name one: hub:{name}:FILE")
    return HubRepo(
        name=name,
        commit=commit,
        files=tuple(filter(None, map(_file, siblings))),
        base=_base(info.card_data),
        licence=_text(getattr(info.card_data, "license", None)),
    )


def _file(sibling: Any) -> HubFile | None:
    """A listed file; None for what cannot be a file of ours: no size, no digest, a name outside."""
    sha256 = getattr(sibling.lfs, "sha256", None) if sibling.lfs else None
    digest = sha256 or sibling.blob_id
    size = sibling.size
    plain = isinstance(digest, str) and len(digest) in (40, 64) and digest.isalnum()
    if not plain or not isinstance(size, int) or size < 0 or not is_inside(sibling.rfilename):
        return None
    return HubFile(sibling.rfilename, size, cast(str, digest))


def _base(card: Any) -> str | None:
    base = getattr(card, "base_model", None)
    return _text(base[0] if isinstance(base, list) and base else base)


def _text(value: Any) -> str | None:
    return value[:200] if isinstance(value, str) and value else None


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Translate every way in which the Hub, the network or the disk can refuse, in words."""
    hub = huggingface_hub()
    try:
        yield
    except SourceError:
        raise
    except hub.errors.GatedRepoError as error:
        raise SourceError(
            f"{what} is gated: accept its terms on its page, then set HF_TOKEN to your token"
        ) from error
    except hub.errors.RevisionNotFoundError as error:
        raise SourceError(
            f"{what} has no such revision (any more); check the name after @"
        ) from error
    except hub.errors.RepositoryNotFoundError as error:
        raise SourceError(
            f"the Hub knows no {what}, or it is private: check the spelling, or set HF_TOKEN"
        ) from error
    except hub.errors.LocalEntryNotFoundError as error:
        raise HubUnreachableError(
            f"{what}: the Hub could not be reached, and it is not in the cache; try again"
        ) from error
    except hub.errors.EntryNotFoundError as error:
        raise SourceError(
            f"{what} is not there (any more); look at the repository again"
        ) from error
    except hub.errors.OfflineModeIsEnabled as error:
        raise HubUnreachableError(
            f"{what} is not in the cache, and HF_HUB_OFFLINE is set; unset it to fetch it"
        ) from error
    except hub.errors.HfHubHTTPError as error:
        status = error.response.status_code
        kind = HubUnreachableError if status == 429 or status >= 500 else SourceError
        raise kind(f"{what}: {_refusal(error.response)}") from error
    except OSError as error:
        raise SourceError(
            f"{what}: {error.strerror or error}; check the disk and try again"
        ) from error
    except Exception as error:
        # The client's own network errors have changed their class with its every major version.
        raise HubUnreachableError(
            f"{what}: the Hub could not be reached ({type(error).__name__}); "
            "check the network and try again, or set HF_HUB_OFFLINE=1 to use what is there"
        ) from error


def _refusal(response: Any) -> str:
    status = response.status_code
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        after = f" in {wait} seconds" if wait.isdigit() else " later"
        return f"the Hub has had too many requests from here; try again{after}"
    if status in (401, 403):
        return f"the Hub refuses access ({status}); set HF_TOKEN to a token that may read it"
    if status >= 500:
        return f"the Hub is in trouble ({status}); try again later"
    return f"the Hub answered {status}; check the reference"


def huggingface_hub() -> Any:
    """The client library; MissingDependencyError where it is not installed."""
    try:
        import huggingface_hub as hub
        import huggingface_hub.constants
        import huggingface_hub.errors
        import huggingface_hub.file_download
    except ImportError as error:
        raise MissingDependencyError(
            "references to the Hub need huggingface_hub, which did not import. "
            'Install it with: pip install "huggingface_hub>=1.16"'
        ) from error
    return hub

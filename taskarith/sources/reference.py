"""References: the words that say where weights are. Parses them; looks nowhere.

hub:owner/name[@revision][:file]     a repository on the Hub
owner/name                           the same, in short
peft:owner/name[@revision]           a repository that must hold a PEFT adapter
file:PATH                            a file or folder on this machine
"""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from taskarith.errors import SourceError

__all__ = ["Reference", "is_inside", "parse_reference"]

# What the Hub itself allows in names, and what Git allows in the names of branches we take.
REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
LEGACY_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}")  # gpt2, bert-base-uncased
REVISION = re.compile(r"[\w][\w./-]{0,199}")
MAX_LENGTH = 1_000
# Pages of the Hub, of a repository and of its files, as a browser shows their addresses.
PAGE = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(?P<repo>[\w.-]+/[\w.-]+)"
    r"(?:/(?:tree|blob|resolve|raw)/(?P<revision>[\w.-]+)(?:/(?P<file>[^?#]*[^?#/]))?)?/?(?:[?#].*)?"
)
OTHER_PREFIXES = ("hf-hub", "hf", "huggingface", "timm")


@dataclass(frozen=True)
class Reference:
    """Where weights are: a Hub repository at a revision, or a path on this machine.

    >>> str(Reference(kind="hub", location="owner/name", revision="v1"))
    'hub:owner/name@v1'
    """

    kind: Literal["hub", "file"]
    location: str
    revision: str | None = None
    file: str | None = None
    adapter: bool = False

    def __str__(self) -> str:
        prefix = "peft" if self.adapter else self.kind
        revision = f"@{self.revision}" if self.revision else ""
        return f"{prefix}:{self.location}{revision}" + (f":{self.file}" if self.file else "")


def parse_reference(text: str) -> Reference:
    """The reference that `text` writes; SourceError says what it should look like.

    >>> parse_reference("openai/clip-vit-base-patch32@main:model.safetensors").file
    'model.safetensors'
    >>> parse_reference("file:vectors/mnist").location
    'vectors/mnist'
    """
    text = text.strip()
    prefix, colon, rest = text.partition(":")
    if len(text) > MAX_LENGTH or "\0" in text:
        raise _unreadable(text, "it is too long or has a zero byte in it")
    if colon and prefix == "file":
        if not rest:
            raise _unreadable(text, "file: needs a path")
        return Reference(kind="file", location=rest)
    known = colon and prefix in ("hub", "peft")
    if not known and (meant := _meant(text)):
        raise _unreadable(text, meant)
    if not known:
        prefix, rest = "hub", text
    place, _, file = rest.partition(":")
    repo, at, revision = place.partition("@")
    # A name without an owner is taken only where it is said that it is the Hub's.
    if not REPO.fullmatch(repo) and not (colon and LEGACY_REPO.fullmatch(repo)):
        raise _unreadable(text, f"{repo[:80]!r} is no repository's name")
    if "--" in repo or ".." in repo:
        raise _unreadable(text, "the Hub allows neither '--' nor '..' in a name")
    if at and (not REVISION.fullmatch(revision) or ".." in revision):
        raise _unreadable(text, f"{revision[:80]!r} is no revision")
    if file and not is_inside(file):
        raise _unreadable(text, f"{file[:80]!r} is no file inside the repository")
    return Reference(
        kind="hub",
        location=repo,
        revision=revision or None,
        file=file or None,
        adapter=prefix == "peft",
    )


def is_inside(name: str) -> bool:
    r"""Whether a file name stays inside the folder it is resolved in, on every system.

    >>> is_inside("shards/a.safetensors"), is_inside("../a"), is_inside("C:/a"), is_inside("a\\b")
    (True, False, False, False)
    """
    parts = PurePosixPath(name).parts
    return bool(
        parts
        and not name.startswith("/")
        and not set(name) & set('\\:\0\n\r"<>|?*')
        and all(part not in (".", "..") for part in name.split("/"))
    )


def _meant(text: str) -> str | None:
    """What is wrong with a text that is written as other programs, or browsers, write it."""
    if page := PAGE.fullmatch(text):
        repo, revision, file = page.group("repo", "revision", "file")
        reference = repo + (f"@{revision}" if revision else "") + (f":{file}" if file else "")
        return f"it is the address of a page; write {reference}"
    prefix, colon, rest = text.partition(":")
    if colon and prefix.lower() in OTHER_PREFIXES and REPO.fullmatch(rest.strip("/")):
        return f"{prefix}: is another program's prefix; write {rest.strip('/')}"
    if text.startswith(("/", "./", "../", "~")) or "\\" in text or text in (".", ".."):
        return f"it is a place on a machine; write file:{text[:80]}"
    if colon and re.fullmatch(r"[A-Za-z][\w+.-]*", prefix):
        return f"{prefix[:40]}: is no prefix that is known here"
    if LEGACY_REPO.fullmatch(text):
        return f"it names no owner; write file:{text} for a folder here, hub:{text} for the Hub's"
    return None


def _unreadable(text: str, why: str) -> SourceError:
    return SourceError(
        f"{text[:120]!r} is no reference: {why}. Write owner/name, hub:owner/name@revision:file, "
        "peft:owner/name or file:PATH"
    )

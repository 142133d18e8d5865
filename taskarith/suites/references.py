"""References to weights elsewhere: what one means on this machine, and the ledger of pulls.

Asks the Hub nothing; what is not here yet says how to fetch it. Knows no models.
"""

from functools import cache
from pathlib import Path

from taskarith.errors import SourceError
from taskarith.sources import BASE_FILES, Ledger, Source, find_pulled
from taskarith.sources.digests import Digests
from taskarith.sources.pull import NotPulledError
from taskarith.tasks.cache_folder import cache_folder

__all__ = ["file_digests", "identity", "is_pulled", "is_reference", "pull_ledger", "pulled"]


def is_reference(weights: str) -> bool:
    """Whether a manifest's weights are a reference, not a path inside the suite.

    >>> is_reference("hub:owner/name"), is_reference("vectors/mnist.safetensors")
    (True, False)
    """
    return ":" in weights


def identity(reference: str, *, suite: str) -> str:
    """What a reference means on this machine, as a text that changes when any of its files does.

    Also when one of those beside the weights does: a model's configuration, its tokenizer.
    """
    source = pulled(reference, suite=suite, extras=BASE_FILES)
    if source.commit is not None:
        return f"{reference} {source.commit} {sorted(source.paths)}"
    digests = file_digests()
    return f"{reference} {[(name, digests.digest(path)) for name, path in source.paths.items()]}"


def file_digests() -> Digests:
    """The digests of this machine's files, in the cache folder."""
    return _digests(cache_folder() / "digests.json")


@cache
def _digests(path: Path) -> Digests:
    """One for all: each writes the whole list."""
    return Digests(path)


def is_pulled(reference: str) -> bool:
    """Whether what a reference names is on this machine."""
    try:
        find_pulled(reference)
    except SourceError:
        return False
    return True


def pulled(reference: str, *, suite: str, extras: tuple[str, ...] = ()) -> Source:
    """What `suite` takes from `reference`; NotPulledError says how to fetch it."""
    try:
        return find_pulled(reference, extras=extras, ledger=pull_ledger())
    except NotPulledError as error:
        raise NotPulledError(
            f"the suite {suite!r} needs {reference}, which is not on this machine yet; fetch all "
            f"it needs on the page Models, or with: taskarith suites pull {suite}"
        ) from error


def pull_ledger() -> Ledger:
    """The ledger of what this program pulled, in its cache folder."""
    return _ledger(cache_folder() / "pulled.json")


@cache
def _ledger(path: Path) -> Ledger:
    """One for all who pull at the same time: each writes the whole file."""
    return Ledger(path)

"""What publishing a folder would do, before anything is sent: files, card, licence, and to whom.

Only asks: who is logged in, whether the name is taken, and which licences the parents have. Knows
folders that this program wrote; the sending is another module's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from taskarith.core import VectorInfo
from taskarith.errors import ExportError, SourceError
from taskarith.export.account import Account, Repository
from taskarith.export.card import NOT_MEASURED, model_card
from taskarith.export.licences import decided_licence
from taskarith.export.provenance import PROVENANCE_FILE, Provenance
from taskarith.export.vector_card import vector_card
from taskarith.export.yaml_text import read_yaml
from taskarith.models.registry import LAYOUTS, family_named
from taskarith.sources import LazyState, fingerprint, open_tensors, parse_reference, read_metadata
from taskarith.sources.hub import HubUnreachableError, look_up
from taskarith.sources.native import GENERATED, NATIVE_FILE, is_vector_file

__all__ = [
    "CARD",
    "Publication",
    "check_name",
    "check_visibility",
    "held_against_the_hub",
    "plan_publication",
    "size_of",
]

CARD = "README.md"
WEIGHTS_FILES = tuple(dict.fromkeys(layout.weights_file for layout in LAYOUTS.values()))
MAX_FILES = 200
MAX_CARD = 1_000_000  # bytes


@dataclass(frozen=True)
class Publication:
    """A folder that is ready to be published.

    Attributes:
        name: owner/name of the repository.
        user: whose token it is sent with.
        files: what is sent, by name: paths, or bytes where they are made for the Hub.
        card: the text of README.md.
        private: only those with access to the repository will see it.
        head: the commit that the repository is at; None where it is made anew.
        replaced: files of an existing repository that would be replaced.
        licence: the identifier that the card states; None where its own text states none.
        notes: what whoever publishes should know.
        kind: what the Hub calls such a repository: "model" or "space".
    """

    name: str
    user: str
    files: Mapping[str, Path | bytes]
    card: str
    private: bool
    licence: str | None
    head: str | None = None
    replaced: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kind: str = "model"

    @property
    def exists(self) -> bool:
        """Whether there is something in the repository already."""
        return bool(self.replaced)

    @property
    def readers(self) -> str:
        """Who will see it, in words."""
        owner = self.name.partition("/")[0]
        if not self.private:
            return "everybody"
        return "you" if owner == self.user else f"the members of {owner}"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(size_of(content) for content in self.files.values())


def size_of(content: Path | bytes) -> int:
    """Bytes of one file to be sent."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def plan_publication(
    folder: Path,
    name: str,
    account: Account,
    *,
    private: bool = True,
    licence: str | None = None,
) -> Publication:
    """What publishing `folder` as the model repository `name` would send.

    Raises ExportError where the folder holds nothing of ours or something changed, where the name
    is none or not `account`'s to write to, where its card is broken, where the parents'
    licences do not agree and `licence` names none, or as `check_visibility` does.
    """
    check_name(name)
    files = _files(folder)
    user = account.writer_of(name)
    if NATIVE_FILE not in files and not set(WEIGHTS_FILES) & set(files):
        raise ExportError(
            f"{folder} holds neither {NATIVE_FILE} nor an exported model ("
            f"{', '.join(WEIGHTS_FILES)}); make one with `taskarith export` or `taskarith "
            "vector make`"
        )
    contents: dict[str, Path | bytes] = dict(files)
    stated: str | None
    if PROVENANCE_FILE in files:
        card, stated = _model_card(files, name, licence)
    elif NATIVE_FILE in files:
        card, stated = _vector_card(files[NATIVE_FILE], name, licence)
    else:
        raise ExportError(
            f"{folder} has no {PROVENANCE_FILE}, so nobody could say what the model was made of; "
            "export it again"
        )
    own = _own_card(files.get(CARD))
    if own is not None:
        card, stated = own, licence
    contents[CARD] = card.encode()
    if PROVENANCE_FILE in files:
        family = family_named(Provenance.from_file(files[PROVENANCE_FILE]).family)
        contents |= family.published_files(files, name)
    sent = Publication(
        name=name,
        user=user,
        files=contents,
        card=card,
        private=private,
        licence=stated,
        notes=_notes(own) if own is not None else _without_accuracies(card),
    )
    return held_against_the_hub(sent, account)


def held_against_the_hub(sent: Publication, account: Account) -> Publication:
    """The same with what is in the repository by now; raises as `check_visibility` does."""
    there = account.repository(sent.name, kind=sent.kind)
    check_visibility(sent.name, there, private=sent.private)
    return sent if there is None else replace(sent, head=there.commit, replaced=there.contents)


def check_visibility(name: str, there: Repository | None, *, private: bool) -> None:
    """ExportError where the repository that is there is seen by others than was asked for.

    A private one without files becomes public at the end, when that was asked for.
    """
    if there is None or there.private == private:
        return
    if private:
        raise ExportError(
            f"{name} is there already and is public: everybody would see what is sent. Choose "
            "public (--public) if everybody may, make the repository private in its settings, or "
            "choose another name"
        )
    if there.contents:
        raise ExportError(
            f"{name} is there already and is private: to make it public would show everybody what "
            f"it holds ({', '.join(there.contents[:5])}) and held before. Publish as private, make "
            "the repository public in its settings, or choose another name"
        )


def check_name(name: str) -> None:
    """ExportError where this is no repository's name."""
    try:
        reference = parse_reference(name)
    except SourceError as error:
        raise ExportError(f"{error}, to publish: owner/name") from error
    if str(reference) != f"hub:{name}":
        raise ExportError(f"{name[:120]!r} is no repository's name; write owner/name")


def _files(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise ExportError(f"{folder} is no folder; name one that was exported or made")
    files = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }
    if len(files) > MAX_FILES:
        raise ExportError(f"{folder} holds {len(files)} files; a folder of ours has a few")
    return files


def _model_card(files: Mapping[str, Path], name: str, licence: str | None) -> tuple[str, str]:
    provenance = Provenance.from_file(files[PROVENANCE_FILE])
    weights = next(files[n] for n in (NATIVE_FILE, *WEIGHTS_FILES) if n in files)
    _check_unchanged(open_tensors(weights), provenance.fingerprint, weights)
    parents = {"base": provenance.base, **provenance.vectors}
    stated = {
        part: parent.licence or (_licence_of(parent.reference) if licence is None else None)
        for part, parent in parents.items()
    }
    decided = decided_licence(stated, chosen=licence)
    return model_card(provenance, repository=name, licence=decided), decided


def _vector_card(path: Path, name: str, licence: str | None) -> tuple[str, str]:
    metadata = read_metadata(path)
    if not is_vector_file(metadata):
        raise ExportError(f"{path} holds weights, no task vector; make one: taskarith vector make")
    info = VectorInfo.from_metadata(metadata)
    state = open_tensors(path)
    if info.fingerprint is not None:
        _check_unchanged(state, info.fingerprint, path)
    parents: dict[str, str | None] = {"vector": info.licence}
    if info.licence is None and licence is None:
        hub = {"base": info.base, "fine-tuned model": info.source}
        parents = {part: _licence_of(f"hub:{ref}") for part, ref in hub.items() if ref} or parents
    decided = decided_licence(parents, chosen=licence)
    count = sum(prod(state.shape(parameter)) for parameter in state)
    return vector_card(info, count=count, repository=name, licence=decided), decided


def _check_unchanged(state: LazyState, expected: str, path: Path) -> None:
    found = fingerprint(state)
    if found != expected:
        raise ExportError(
            f"{path} was changed after it was made: its tensors have the fingerprint "
            f"{found[:16]}…, its description says {expected[:16]}…; make it again"
        )


def _licence_of(reference: str) -> str | None:
    """What the card of a parent on the Hub states."""
    parent = parse_reference(reference)
    if parent.kind != "hub":
        return None
    try:
        return look_up(parent.location, revision=parent.revision).licence
    except HubUnreachableError:
        raise
    except SourceError as error:
        raise ExportError(
            f"a parent has vanished: {error}. Nobody could make this again; to publish it all the "
            "same, name the licence it came under, as in --licence mit"
        ) from error


def _own_card(path: Path | None) -> str | None:
    """The text of a card that its owner has written; None for one that we write anew."""
    if path is None:
        return None
    if path.stat().st_size > MAX_CARD:
        raise ExportError(f"{path} is far too long for a model card")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ExportError(f"{path} is no text in UTF-8; write it again") from error
    if GENERATED in text:
        return None
    _header_of(text, str(path))
    return text


def _header_of(text: str, what: str) -> Mapping[str, object]:
    if not text.startswith("---\n"):
        return {}
    header, end, _ = text[4:].partition("\n---")
    if not end:
        raise ExportError(f"the header of {what} is not closed; end it with a line ---")
    value = read_yaml(header, f"the header of {what}")
    if not isinstance(value, Mapping):
        raise ExportError(f"the header of {what} must hold names and values, like license: mit")
    return value


def _without_accuracies(card: str) -> tuple[str, ...]:
    return ("The card states no accuracy: none was measured.",) if NOT_MEASURED in card else ()


def _notes(own: str) -> tuple[str, ...]:
    header = _header_of(own, CARD)
    missing = [key for key in ("license", "base_model", "tags") if not header.get(key)]
    without = f"; it does not say {', '.join(missing)}" if missing else ""
    return (f"The card is your own text{without}.",)

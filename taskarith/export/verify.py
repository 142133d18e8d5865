"""Verifies what was exported or made: derives it again from its parents and compares every bit.

A parent that has vanished or changed is named; where tensors differ, by how much. Knows provenance
and descriptions of vectors; how weights that are elsewhere are fetched is the caller's business.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor

from taskarith.core import METHODS, Edit, Statistics, VectorInfo
from taskarith.errors import ExportError, TaskArithError
from taskarith.export.merged import merged_state, merged_vector
from taskarith.export.provenance import (
    METADATA_KEY,
    Parent,
    Provenance,
    describe_parents,
    program_versions,
)
from taskarith.models.layouts import ClipLayout
from taskarith.sources import (
    LazyState,
    Source,
    base_fingerprint,
    fingerprint,
    open_source,
    open_tensors,
    read_metadata,
)
from taskarith.sources.native import is_vector_file
from taskarith.suites import Suite, load_suite
from taskarith.suites.remote import vector_from
from taskarith.suites.streamed import converted

__all__ = ["Verification", "verify_source"]


@dataclass(frozen=True)
class Verification:
    """What comparing found.

    Attributes:
        tensors: how many were compared.
        differing: by name, the largest difference; inf where a tensor is on one side only.
        changed: parents whose tensors are not those of then, in words.
        made_with, compared_with: versions of the programs, then and now.
    """

    tensors: int
    differing: Mapping[str, float]
    changed: tuple[str, ...]
    made_with: Mapping[str, str]
    compared_with: Mapping[str, str]

    @property
    def equal(self) -> bool:
        """Whether every bit is the same."""
        return not self.differing

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "equal": self.equal,
            "tensors": self.tensors,
            "differing": {name: str(value) for name, value in self.differing.items()},
            "changed_parents": list(self.changed),
            "made_with": dict(self.made_with),
            "compared_with": dict(self.compared_with),
        }

    def text(self) -> str:
        """The finding for people."""
        if self.equal:
            return f"Bit-equal: all {self.tensors} tensors are what their parents give."
        worst = sorted(self.differing, key=lambda name: -self.differing[name])
        lines = [f"Different: {len(worst)} of {self.tensors} tensors."]
        lines += [f"  {name}: up to {self.differing[name]:.3g}" for name in worst[:8]]
        lines += [f"  and {len(worst) - 8} more"] if len(worst) > 8 else []
        lines += [f"Changed since: {words}" for words in self.changed]
        if self.made_with != self.compared_with:
            versions = (_versions(self.made_with), _versions(self.compared_with))
            lines.append("Made with {}; compared with {}.".format(*versions))
        return "\n".join(lines)


def verify_source(
    source: Source,
    *,
    obtain: Callable[[str], Source],
    base: str | None = None,
    finetuned: str | None = None,
    statistics: Callable[[Suite, Edit], Statistics] | None = None,
    open_suite: Callable[[str], Suite] = load_suite,
) -> Verification:
    """Derive again what `source` holds and compare.

    Args:
        obtain: gives the weights behind a reference, for vectors made of two models.
        base, finetuned: references of those two where the vector does not name them.
        statistics: for edits whose merge looks at images.

    Raises:
        ExportError: it does not say what it was made of, or a parent has vanished.
    """
    path = next(iter(source.paths.values()))
    metadata = read_metadata(path)
    state = open_tensors(path)
    if METADATA_KEY in metadata:
        return _edit(Provenance.from_metadata(metadata), state, statistics, open_suite)
    if not is_vector_file(metadata):
        raise ExportError(
            f"{source.reference} does not say what it was made of; only what `taskarith export` "
            "and `taskarith vector make` wrote can be verified"
        )
    info = VectorInfo.from_metadata(metadata)
    return _difference(info, state, obtain, base=base, finetuned=finetuned)


def _edit(
    provenance: Provenance,
    state: LazyState,
    statistics: Callable[[Suite, Edit], Statistics] | None,
    open_suite: Callable[[str], Suite],
) -> Verification:
    edit = provenance.edit
    try:
        suite = open_suite(provenance.suite)
        suite.check_edit(edit)
        base, vectors = describe_parents(suite, edit)
    except TaskArithError as error:
        raise ExportError(
            f"a parent has vanished: it was made from the suite {provenance.suite!r}, and {error}. "
            "Add that suite (taskarith suites add) or fetch it (taskarith suites pull), then "
            "verify again"
        ) from error
    asked = None
    if METHODS[edit.method].needs_data:
        if statistics is None:
            raise ExportError(f"{edit.method} looks at images: give `statistics` to verify it")
        asked = statistics(suite, edit)
    make = merged_vector if provenance.kind == "task-vector" else merged_state
    library = cast(ClipLayout, provenance.library)
    again = converted(make(suite, edit, statistics=asked), to=library)
    return Verification(
        tensors=len(state),
        differing=_differing(state, again),
        changed=tuple(_changed(provenance, {"base": base, **vectors})),
        made_with=provenance.versions,
        compared_with=program_versions(),
    )


def _changed(provenance: Provenance, found: Mapping[str, Parent]) -> list[str]:
    then = {"base": provenance.base, **provenance.vectors}
    return [
        f"{name} ({_place(then[name])}) had the fingerprint {then[name].fingerprint[:16]}…, "
        f"{_place(parent)} has {parent.fingerprint[:16]}…"
        for name, parent in found.items()
        if parent.fingerprint != then[name].fingerprint
    ]


def _place(parent: Parent) -> str:
    return f"{parent.reference} at {parent.commit}" if parent.commit else parent.reference


def _difference(
    info: VectorInfo,
    state: LazyState,
    obtain: Callable[[str], Source],
    *,
    base: str | None,
    finetuned: str | None,
) -> Verification:
    start = _parent("base", base, info.base, info.base_commit, "--base", obtain)
    end = _parent("model", finetuned, info.source, info.source_commit, "--finetuned", obtain)
    pretrained, contents = open_source(start), open_source(end)
    found = vector_from(contents, pretrained.state, exclude=info.excluded)
    changed = []
    own = {name: name for name in found.vector}
    if info.base_fingerprint not in (None, base_fingerprint(pretrained.state, own)):
        changed.append(f"the base {start.reference}")
    if info.source_fingerprint not in (None, fingerprint(contents.state)):
        changed.append(f"the fine-tuned model {end.reference}")
    return Verification(
        tensors=len(state),
        differing=_differing(state, LazyState.of(found.vector)),
        changed=tuple(changed),
        made_with={"made by": info.maker or "?"},
        compared_with={"made by": f"taskarith {program_versions()['taskarith']}"},
    )


def _parent(
    what: str,
    given: str | None,
    name: str | None,
    commit: str | None,
    option: str,
    obtain: Callable[[str], Source],
) -> Source:
    reference = given or (f"hub:{name}" + (f"@{commit}" if commit else "") if name else None)
    if reference is None:
        raise ExportError(
            f"the vector does not name its {what} (it was a place on somebody's machine); give it: "
            f"{option} REF"
        )
    try:
        return obtain(reference)
    except TaskArithError as error:
        raise ExportError(f"a parent has vanished: {reference}: {error}") from error


def _differing(stored: LazyState, again: LazyState) -> dict[str, float]:
    """The largest difference of every tensor that is not the same bit for bit."""
    differing = {}
    for name in sorted(set(stored) | set(again)):
        if name not in stored or name not in again or stored.shape(name) != again.shape(name):
            differing[name] = float("inf")
            continue
        one = stored[name]
        other = again[name].to(one.dtype)
        if not _same_bits(one, other):
            differing[name] = float((one.double() - other.double()).abs().max())
    return differing


def _same_bits(one: Tensor, other: Tensor) -> bool:
    as_bytes = (t.contiguous().reshape(-1).view(torch.uint8) for t in (one, other))
    return bool(torch.equal(*as_bytes))


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())

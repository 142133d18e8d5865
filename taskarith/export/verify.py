"""Verifies what was exported or made: derives it again from its parents and compares every bit.

A parent that has vanished or changed is named; where tensors differ, by how much. Knows provenance
and descriptions of vectors; how weights that are elsewhere are fetched is the caller's business.
"""

from collections.abc import Callable

from taskarith.core import METHODS, Edit, Statistics, VectorInfo
from taskarith.errors import ExportError, TaskArithError
from taskarith.export.comparing import (
    Verification,
    changed_parents,
    differing_tensors,
    parents_now,
)
from taskarith.export.merged import merged_state, merged_vector
from taskarith.export.provenance import METADATA_KEY, Provenance, program_versions
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
from taskarith.suites.subtracting import described_base, fitted_vocabulary
from taskarith.suites.weights import converted, vector_from

__all__ = ["Verification", "verify_source"]


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
    if provenance.kind not in ("merged-model", "task-vector"):
        raise ExportError(f"its provenance is damaged: weights are no {provenance.kind}")
    suite, parents = parents_now(provenance, open_suite)
    edit, asked = provenance.edit, None
    if METHODS[edit.method].needs_data:
        if statistics is None:
            raise ExportError(f"{edit.method} looks at images: give `statistics` to verify it")
        asked = statistics(suite, edit)
    make = merged_vector if provenance.kind == "task-vector" else merged_state
    merged = make(suite, edit, statistics=asked)
    again = converted(merged, suite.weights.family, to=provenance.library)
    return Verification(
        tensors=len(state),
        differing=differing_tensors(state, again),
        changed=changed_parents(provenance, parents),
        made_with=provenance.versions,
        compared_with=program_versions(),
        parents=len(parents),
    )


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
    pretrained, contents = described_base(start, open_source(start)), open_source(end)
    fitted, _ = fitted_vocabulary(contents, pretrained)
    told = {**pretrained.told, "exclude": [*info.excluded, *pretrained.told.get("exclude", ())]}
    found = vector_from(fitted, pretrained.state, **told)
    changed = []
    own = {name: name for name in found.vector}
    if info.base_fingerprint not in (None, base_fingerprint(pretrained.state, own)):
        changed.append(f"the base {start.reference}")
    if info.source_fingerprint not in (None, fingerprint(contents.state)):
        changed.append(f"the fine-tuned model {end.reference}")
    return Verification(
        tensors=len(state),
        differing=differing_tensors(state, LazyState.of(found.vector)),
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

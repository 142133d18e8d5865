"""The model card of an exported edit: what a stranger must know to use, judge and cite it.

Knows provenance; where a card goes is not its business.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from taskarith.evaluation import Estimate
from taskarith.export.accuracies import TaskAccuracy
from taskarith.export.card_parts import (
    HERE,
    PAPER,
    eval_result,
    header,
    joined,
    python_block,
    share,
    table,
    vector_loading,
)
from taskarith.export.licences import common_licence
from taskarith.export.provenance import PROVENANCE_FILE, Parent, Provenance
from taskarith.models.registry import family_named

__all__ = ["NOT_MEASURED", "base_models", "model_card"]

# What a vector's file says about itself that a reader of the card need not know.
TECHNICAL = {
    "base_fingerprint", "source_fingerprint", "dtype", "storage_dtype", "subtraction_dtype",
    "maker", "excluded",
}  # fmt: skip
NOT_MEASURED = "No accuracy was measured when this was exported."


def model_card(
    provenance: Provenance, *, repository: str | None = None, licence: str | None = None
) -> str:
    """The card of a merged model or an exported vector.

    Args:
        repository: owner/name, where it is to be published; a local folder if None.
        licence: the identifier decided on; what the parents agree on if None.
    """
    parents = {"base": provenance.base, **provenance.vectors}
    licence = licence or common_licence({name: p.licence for name, p in parents.items()})
    title = _title(provenance, repository)
    is_vector = provenance.kind == "task-vector"
    family = family_named(provenance.family)
    head = header(
        title=title,
        library="taskarith" if is_vector else provenance.library,
        licence=licence,
        bases=base_models(provenance),
        results=list(_results(provenance)),
        further={} if is_vector else {"pipeline_tag": family.pipeline},
    )
    what = (
        "The difference of weights τ that this edit adds to its base, as one task vector"
        if is_vector
        else f"{family.title[0].upper()}{family.title[1:]} whose weights were edited by arithmetic "
        f"on task vectors ({PAPER})"
    )
    return joined(
        head,
        f"# {title}",
        f"{what}:",
        f"    {provenance.edit.formula()}",
        _method_sentence(provenance),
        "## Load it",
        _loading(provenance, repository),
        "## What it was made of",
        _parents_table(parents),
        "## Accuracies",
        _accuracies_table(provenance.accuracies),
        "## Which λ",
        _advice(provenance),
        "## Made again",
        _again(provenance, repository),
    )


def base_models(provenance: Provenance) -> list[str]:
    """The Hub repositories that it was made of: the base, and for a model the vectors' too."""
    parents = [provenance.base]
    if provenance.kind == "merged-model":
        parents += provenance.vectors.values()
    return list(dict.fromkeys(name for p in parents if (name := _repository(p)) is not None))


def _repository(parent: Parent) -> str | None:
    kind, _, place = parent.reference.partition(":")
    return place.partition("@")[0].partition(":")[0] if kind in ("hub", "peft") else None


def _title(provenance: Provenance, repository: str | None) -> str:
    if repository:
        return repository.partition("/")[2]
    return f"{provenance.suite}: {provenance.edit.formula()}"


def _method_sentence(provenance: Provenance) -> str:
    edit = provenance.edit
    settings = ", ".join(f"{name} = {value}" for name, value in edit.settings.items())
    method = f"merged by `{edit.method}`" + (f" ({settings})" if settings else "")
    names = ", ".join(edit.coefficients) or "nothing, it is the pretrained model"
    return (
        f"Suite: {provenance.title}. Vectors: {names}; {method}, seed {edit.seed}. θ₀ are the "
        "base's weights, τ the difference that fine-tuning on a task makes."
    )


def _loading(provenance: Provenance, repository: str | None) -> str:
    if provenance.kind == "task-vector":
        return vector_loading(repository or f"file:{HERE}")
    family, published = family_named(provenance.family), repository is not None
    code = family.loading_code(provenance.library, repository or HERE, published=published)
    return python_block(*code)


def _parents_table(parents: Mapping[str, Parent]) -> str:
    rows = [
        [
            name,
            parent.reference,
            parent.commit or "–",
            parent.licence or "not stated",
            f"`{parent.fingerprint[:16]}`",
            _made(parent),
        ]
        for name, parent in parents.items()
    ]
    head = ["part", "weights", "commit", "licence", "fingerprint", "how it was made"]
    return table(head, rows)


def _made(parent: Parent) -> str:
    told = {name: value for name, value in parent.made.items() if name not in TECHNICAL}
    return "; ".join(f"{name}: {value[:300]}" for name, value in told.items()) or "not stated"


def _accuracies_table(accuracies: Iterable[TaskAccuracy]) -> str:
    rows = [
        [
            a.title,
            a.role,
            _cell(a.pretrained),
            _cell(a.edited),
            _cell(a.finetuned),
            f"{a.edited.n:,} of {a.edited.total:,}",
            a.edited.split,
        ]
        for a in accuracies
    ]
    if not rows:
        return NOT_MEASURED
    head = ["task", "role", "pretrained", "this edit", "fine-tuned on it", "images", "split"]
    return (
        f"{table(head, rows)}\n\nShare of right answers, with 95 % Wilson intervals of single "
        "numbers. λ may have been chosen on the validation split: what it holds is then a little "
        "better than new images would be."
    )


def _advice(provenance: Provenance) -> str:
    if provenance.kind == "task-vector":
        return (
            "Added with λ = 1 it makes exactly this edit; 0 is the base, and a negative λ goes the "
            "other way. Choose λ on validation images, never on test."
        )
    listed = ", ".join(f"λ({name}) = {v:g}" for name, v in provenance.edit.coefficients.items())
    return (
        f"The coefficients are in the weights already: {listed or 'none'}. To move on from here, "
        "change the edit in `provenance.json` and export it again, or interpolate with the base."
    )


def _again(provenance: Provenance, repository: str | None) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in provenance.versions.items())
    place = f"hub:{repository}" if repository else f"file:{HERE}"
    return (
        f"`taskarith verify {place}` makes it again from its parents and compares every bit. "
        f"`{PROVENANCE_FILE}` holds the edit, seeds, versions ({versions}) and the fingerprints of "
        f"all parents, and of the tensors here: `{provenance.fingerprint}`."
    )


def _results(provenance: Provenance) -> Iterable[Any]:
    for a in provenance.accuracies:
        named = {"pretrained": a.pretrained, "this edit": a.edited, "fine-tuned": a.finetuned}
        for name, e in named.items():
            if e is not None:
                dataset = f"{provenance.suite}/{a.task}"
                yield eval_result(dataset, a.title, name, e.value, e.n, e.split, e.interval)


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return f"{share(estimate.value)} [{share(estimate.low)}, {share(estimate.high)}]"

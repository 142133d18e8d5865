"""Model cards: what a stranger must know to use, judge and cite what was exported.

The header is made by huggingface_hub's own classes, so that the Hub reads it as it reads others.
Knows provenance and descriptions of vectors; where a card goes is not its business.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from taskarith.core import Reported, VectorInfo
from taskarith.evaluation import Estimate
from taskarith.evaluation.estimate import wilson_interval
from taskarith.export.accuracies import TaskAccuracy
from taskarith.export.licences import common_licence
from taskarith.export.provenance import PROVENANCE_FILE, Parent, Provenance
from taskarith.sources.hub import huggingface_hub
from taskarith.sources.native import GENERATED

__all__ = ["GENERATED", "base_models", "model_card", "vector_card"]

TAGS = ["task-vector", "task-arithmetic"]
PAPER = "[Ilharco et al. 2023](https://arxiv.org/abs/2212.04089)"
# What a vector's file says about itself that a reader of the card need not know.
TECHNICAL = {
    "base_fingerprint", "source_fingerprint", "dtype", "storage_dtype", "subtraction_dtype",
    "maker", "excluded",
}  # fmt: skip
HERE = "PATH/TO/THIS/FOLDER"
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
    header = _header(
        title=title,
        library="taskarith" if is_vector else provenance.library,
        licence=licence,
        bases=base_models(provenance),
        results=list(_results(provenance)),
        further={} if is_vector else {"pipeline_tag": "zero-shot-image-classification"},
    )
    what = (
        "The difference of weights τ that this edit adds to its base, as one task vector"
        if is_vector
        else f"A CLIP whose weights were edited by arithmetic on task vectors ({PAPER})"
    )
    return _joined(
        header,
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


def vector_card(
    info: VectorInfo,
    *,
    count: int,
    repository: str | None = None,
    licence: str | None = None,
) -> str:
    """The card of a native task vector of `count` numbers that `info` describes."""
    title = repository.partition("/")[2] if repository else f"Task vector: {info.task or 'unnamed'}"
    reported = {"zero-shot": info.zero_shot, "fine-tuned, λ = 1": info.finetuned}
    results = [
        _result(
            info.task or title, info.task or title, name, r.accuracy, r.n, r.split, _low_high(r)
        )
        for name, r in reported.items()
        if r is not None
    ]
    header = _header(
        title=title,
        library="taskarith",
        licence=licence or info.licence,
        bases=[info.base] if info.base else [],
        results=results,
        further={"datasets": list(info.datasets)} if info.datasets else {},
    )
    facts = {
        "Base": " at ".join(filter(None, [info.base, info.base_commit])) or "see its fingerprint",
        "Base fingerprint": info.base_fingerprint,
        "Fine-tuned model": " at ".join(filter(None, [info.source, info.source_commit])),
        "Task": info.task,
        "Data": ", ".join(info.datasets),
        "How it was trained": info.recipe,
        "Numbers": f"{count:,}, stored as {info.dtype}",
        "Left out": ", ".join(info.excluded),
        "Fingerprint": info.fingerprint,
        "Made by": info.maker,
    }
    rows = [
        [name, f"{_share(r.accuracy)} [{_share(low)}, {_share(high)}]", f"{r.n:,}", r.split]
        for name, r in reported.items()
        if r is not None
        for low, high in [_low_high(r)]
    ]
    table = _table(["model", "accuracy, 95 % interval", "images", "split"], rows)
    advice = (
        f"Its maker suggests λ = {info.coefficient:g}."
        if info.coefficient is not None
        else "Its maker suggests none: choose λ on validation images, never on test."
    )
    place = repository or f"file:{HERE}"
    return _joined(
        header,
        f"# {title}",
        f"A task vector τ = θ_t − θ₀: fine-tuned minus pretrained weights ({PAPER}). Add λ·τ to "
        "the base to get the task, subtract it to forget the task.",
        "## Load it",
        _vector_loading(place),
        "## What it is",
        "\n".join(f"- **{name}**: {value}" for name, value in facts.items() if value),
        "## Accuracies",
        table if rows else "Its maker states none.",
        "## Which λ",
        f"{advice} With λ = 1 alone it is the fine-tuned model; 0 is the base.",
        "## Made again",
        f"`taskarith verify {place}` subtracts the two models again and compares every bit.",
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


def _header(
    *,
    title: str,
    library: str,
    licence: str | None,
    bases: Sequence[str],
    results: Sequence[Any],
    further: Mapping[str, Any],
) -> str:
    hub = huggingface_hub()
    relation = "merge" if len(bases) > 1 else "adapter" if library == "taskarith" else "finetune"
    data = hub.ModelCardData(
        base_model=list(bases) if len(bases) > 1 else next(iter(bases), None),
        base_model_relation=relation if bases else None,
        license=licence,
        library_name=library,
        tags=TAGS,
        model_name=title if results else None,
        eval_results=list(results) or None,
        **further,
    )
    return f"---\n{data.to_yaml()}\n---"


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
        return _vector_loading(repository or f"file:{HERE}")
    if provenance.library == "open_clip":
        place = f"hf-hub:{repository}" if repository else f"local-dir:{HERE}"
        return _python(
            "import open_clip",
            f'model, _, preprocess = open_clip.create_model_and_transforms("{place}")',
            f'tokenizer = open_clip.get_tokenizer("{place}")',
        )
    place = repository or HERE
    return _python(
        "from transformers import AutoTokenizer, CLIPModel",
        f'model = CLIPModel.from_pretrained("{place}")',
        f'tokenizer = AutoTokenizer.from_pretrained("{place}")',
    )


def _vector_loading(place: str) -> str:
    fetch = f"Fetch it with `taskarith vector pull {place}`, then:\n\n"
    local = place.removeprefix("file:")
    code = _python(
        "from taskarith import load_vector",
        f'vector, info = load_vector("{local}")',
        "edited = vector.apply_to(base_state, 0.5)  # base_state: θ₀ by parameter name; λ = 0.5",
    )
    return code if place != local else fetch + code


def _python(*lines: str) -> str:
    return "\n".join(["```python", *lines, "```"])


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
    return _table(head, rows)


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
        f"{_table(head, rows)}\n\nShare of right answers, with 95 % Wilson intervals of single "
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
                yield _result(dataset, a.title, name, e.accuracy, e.n, e.split, e.interval)


def _result(
    dataset: str,
    title: str,
    name: str,
    accuracy: float,
    n: int,
    split: str,
    interval: tuple[float, float],
) -> Any:
    return huggingface_hub().EvalResult(
        task_type="image-classification",
        dataset_type=dataset,
        dataset_name=title,
        dataset_split=split,
        metric_type="accuracy",
        metric_name=name,
        metric_value=round(accuracy, 4),
        metric_args={"n": n, "low": round(interval[0], 4), "high": round(interval[1], 4)},
    )


def _low_high(reported: Reported) -> tuple[float, float]:
    return wilson_interval(round(reported.accuracy * reported.n), reported.n)


def _cell(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    return f"{_share(estimate.accuracy)} [{_share(estimate.low)}, {_share(estimate.high)}]"


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def _escaped(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _joined(*parts: str) -> str:
    header, title, *rest = parts
    return "\n\n".join([header + f"\n\n{GENERATED}", title, *rest]) + "\n"

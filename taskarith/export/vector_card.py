"""The model card of a native task vector: what its description says, for a stranger to use.

Knows descriptions of vectors; where a card goes is not its business.
"""

from taskarith.core import Reported, VectorInfo
from taskarith.evaluation.intervals import wilson_interval
from taskarith.export.card_parts import (
    HERE,
    PAPER,
    eval_result,
    header,
    joined,
    share,
    table,
    vector_loading,
)

__all__ = ["vector_card"]


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
        eval_result(
            info.task or title, info.task or title, name, r.accuracy, r.n, r.split, _low_high(r)
        )
        for name, r in reported.items()
        if r is not None
    ]
    head = header(
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
        [name, f"{share(r.accuracy)} [{share(low)}, {share(high)}]", f"{r.n:,}", r.split]
        for name, r in reported.items()
        if r is not None
        for low, high in [_low_high(r)]
    ]
    shown = table(["model", "accuracy, 95 % interval", "images", "split"], rows)
    advice = (
        f"Its maker suggests λ = {info.coefficient:g}."
        if info.coefficient is not None
        else "Its maker suggests none: choose λ on validation images, never on test."
    )
    place = repository or f"file:{HERE}"
    return joined(
        head,
        f"# {title}",
        f"A task vector τ = θ_t − θ₀: fine-tuned minus pretrained weights ({PAPER}). Add λ·τ to "
        "the base to get the task, subtract it to forget the task.",
        "## Load it",
        vector_loading(place),
        "## What it is",
        "\n".join(f"- **{name}**: {value}" for name, value in facts.items() if value),
        "## Accuracies",
        shown if rows else "Its maker states none.",
        "## Which λ",
        f"{advice} With λ = 1 alone it is the fine-tuned model; 0 is the base.",
        "## Made again",
        f"`taskarith verify {place}` subtracts the two models again and compares every bit.",
    )


def _low_high(reported: Reported) -> tuple[float, float]:
    return wilson_interval(round(reported.accuracy * reported.n), reported.n)

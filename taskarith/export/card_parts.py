"""Parts that all model cards share: the header, tables, code and how a vector is loaded.

The header is made by huggingface_hub's own classes, so that the Hub reads it as it reads others.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from taskarith.sources.hub import huggingface_hub
from taskarith.sources.native import GENERATED

__all__ = [
    "HERE",
    "PAPER",
    "eval_result",
    "header",
    "joined",
    "python_block",
    "share",
    "table",
    "vector_loading",
]

TAGS = ["task-vector", "task-arithmetic"]
PAPER = "[Ilharco et al. 2023](https://arxiv.org/abs/2212.04089)"
HERE = "PATH/TO/THIS/FOLDER"


def header(
    *,
    title: str,
    library: str,
    licence: str | None,
    bases: Sequence[str],
    results: Sequence[Any],
    further: Mapping[str, Any],
) -> str:
    """The header that the Hub reads, made by its own classes."""
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


def vector_loading(place: str) -> str:
    """How a task vector behind `place` is loaded."""
    fetch = f"Fetch it with `taskarith vector pull {place}`, then:\n\n"
    local = place.removeprefix("file:")
    code = python_block(
        "from taskarith import load_vector",
        f'vector, info = load_vector("{local}")',
        "edited = vector.apply_to(base_state, 0.5)  # base_state: θ₀ by parameter name; λ = 0.5",
    )
    return code if place != local else fetch + code


def python_block(*lines: str) -> str:
    """Lines of Python as Markdown."""
    return "\n".join(["```python", *lines, "```"])


def eval_result(
    dataset: str,
    title: str,
    name: str,
    accuracy: float,
    n: int,
    split: str,
    interval: tuple[float, float],
) -> Any:
    """One accuracy with its n and interval, for `model-index`."""
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


def share(value: float) -> str:
    """A share of 1 in percent."""
    return f"{100 * value:z.1f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; what would end a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)


def _escaped(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def joined(*parts: str) -> str:
    """The card's parts, one under the other; below the header a line that says who wrote it."""
    head, title, *rest = parts
    return "\n\n".join([head + f"\n\n{GENERATED}", title, *rest]) + "\n"

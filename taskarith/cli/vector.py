"""`taskarith vector`: makes, describes, checks, fetches and publishes task vectors of any model."""

import argparse
from dataclasses import asdict
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskarith.cli.answer import Answer
from taskarith.cli.arguments import add_json, number
from taskarith.cli.fetching import add_yes, obtain, obtain_plan
from taskarith.cli.publishing import add_publish

if TYPE_CHECKING:
    from taskarith.core import Reported, TaskVector, VectorInfo
    from taskarith.sources import Contents, Difference, Source
    from taskarith.sources.lazy_state import LazyState

__all__ = ["add_commands", "check", "fetch", "info", "make"]

DTYPES = ("float32", "float16", "bfloat16", "int8")
REFERENCE = "owner/name, hub:owner/name@revision:file, peft:owner/name or file:PATH"


def add_commands(commands: Any) -> None:
    """Add `vector` with its own commands to the parser's."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "vector",
        help="make, describe, check, fetch and publish task vectors",
        description=f"Task vectors of any model, from the Hub and from files. REF is {REFERENCE}.",
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _add_make(verbs)
    parser = verbs.add_parser("info", help="say what a reference holds")
    parser.add_argument("reference", metavar="REF", help=REFERENCE)
    add_yes(parser)
    add_json(parser)
    parser.set_defaults(run=info)

    parser = verbs.add_parser("check", help="say whether a vector, model or adapter fits a base")
    parser.add_argument("reference", metavar="REF", help=REFERENCE)
    parser.add_argument("--base", required=True, metavar="REF", help="the pretrained model θ₀")
    _add_exclude(parser)
    add_yes(parser)
    add_json(parser)
    parser.set_defaults(run=check)

    parser = verbs.add_parser("pull", help="fetch a reference into the Hub's cache")
    parser.add_argument("reference", metavar="REF", help=REFERENCE)
    add_yes(parser)
    add_json(parser)
    parser.set_defaults(run=fetch)
    add_publish(verbs)


def _add_make(verbs: Any) -> None:
    parser: argparse.ArgumentParser = verbs.add_parser(
        "make",
        help="subtract two models and save the difference",
        description="τ = θ_t − θ₀ in the native format: task_vector.safetensors and a card.",
        epilog="Try: taskarith vector make --base openai/clip-vit-base-patch32 --finetuned "
        "tanganke/clip-vit-base-patch32_mnist --task mnist -o mnist-vector",
    )
    parser.add_argument("--base", required=True, metavar="REF", help="the pretrained model θ₀")
    parser.add_argument("--finetuned", required=True, metavar="REF", help="θ_t, or an adapter")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="DIR")
    parser.add_argument("--task", help="what it was fine-tuned on")
    parser.add_argument(
        "--dtype",
        choices=DTYPES,
        default="float32",
        help="how τ is stored; int8: matrices in eight bits with a scale a row, all else float32",
    )
    parser.add_argument(
        "--answers",
        metavar="SUITE",
        help="measure how many answers of this suite's --task and control storing in --dtype "
        "changes at λ = 1, on validation",
    )
    _add_exclude(parser)
    parser.add_argument(
        "--pad-vocabulary",
        action="store_true",
        help="where the two have not equally many words: edit the rows that both have, and leave "
        "the rest as the base has it (row i must be the same word in both)",
    )
    parser.add_argument("--coefficient", type=number, metavar="λ", help="the λ you suggest")
    parser.add_argument(
        "--zero-shot", type=number, metavar="0…1", help="accuracy of θ₀ on the task, as measured"
    )
    parser.add_argument(
        "--finetuned-accuracy", type=number, metavar="0…1", help="accuracy of θ_t on the task"
    )
    parser.add_argument("--split", help="of the task's data, where they were measured")
    parser.add_argument("--images", type=int, metavar="N", help="how many they were measured on")
    parser.add_argument("--recipe", metavar="TEXT", help="how θ_t was trained")
    parser.add_argument("--licence", metavar="ID", help="licence of the vector, for its card")
    parser.add_argument("--dataset", action="append", default=[], metavar="ID", dest="datasets")
    add_yes(parser)
    add_json(parser)
    parser.set_defaults(run=make)


def _add_exclude(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="NAME",
        help="leave out these tensors of the fine-tuned model; * stands for anything",
    )


def make(
    *,
    base: str,
    finetuned: str,
    output: Path,
    task: str | None,
    dtype: str,
    answers: str | None,
    exclude: list[str],
    pad_vocabulary: bool,
    coefficient: float | None,
    zero_shot: float | None,
    finetuned_accuracy: float | None,
    split: str | None,
    images: int | None,
    recipe: str | None,
    licence: str | None,
    datasets: list[str],
    yes: bool,
) -> Answer:
    """Subtract two states and save the task vector."""
    import torch

    from taskarith.core import VectorInfo
    from taskarith.errors import WeightsError
    from taskarith.sources import (
        BASE_FILES,
        base_fingerprint,
        doubts,
        fingerprint,
        open_source,
        read_metadata,
        write_vector,
    )
    from taskarith.suites.subtracting import (
        check_vocabulary,
        described_base,
        fitted_vocabulary,
    )
    from taskarith.suites.weights import vector_from

    if answers is not None and task is None:
        raise WeightsError(
            "--answers measures the task that the vector is of: add --task NAME, a task of the "
            "suite"
        )
    accuracies = [
        _reported(accuracy, split=split, images=images)
        for accuracy in (zero_shot, finetuned_accuracy)
    ]
    start = obtain(base, yes=yes, extras=BASE_FILES)
    pretrained = described_base(start, _weights(start))
    source = obtain(finetuned, yes=yes)
    contents = open_source(source)
    model, fitted = contents, 0
    if contents.kind == "task-vector":
        raise WeightsError(f"{finetuned} is a task vector already; `vector info` describes it")
    if pad_vocabulary:
        model, fitted = fitted_vocabulary(contents, pretrained)
    elif pretrained.family is not None:
        check_vocabulary(contents, pretrained.state, pretrained.family)
    told = {**pretrained.told, "exclude": [*exclude, *pretrained.told.get("exclude", ())]}
    found = vector_from(model, pretrained.state, **told)
    description = VectorInfo(
        task=task,
        base=start.reference.location if start.reference.kind == "hub" else None,
        base_commit=start.commit,
        base_fingerprint=base_fingerprint(pretrained.state, {name: name for name in found.vector}),
        source=source.reference.location if source.reference.kind == "hub" else None,
        source_commit=source.commit,
        source_fingerprint=fingerprint(contents.state),
        subtraction_dtype=found.info.subtraction_dtype,
        excluded=found.info.excluded,
        zero_shot=accuracies[0],
        finetuned=accuracies[1],
        coefficient=coefficient,
        recipe=recipe,
        licence=licence,
        datasets=tuple(datasets),
    )
    path = write_vector(found.vector, output, info=description, dtype=getattr(torch, dtype))
    written = VectorInfo.from_metadata(read_metadata(path))
    off, stored = _stored(found.vector, path)
    cost = None
    if answers is not None and task is not None:
        cost = _changed(answers, task, found.vector, stored, description)
    data = {
        "file": str(path),
        "tensors": len(found.vector),
        "parameters": found.vector.size,
        "relative_norm": found.relative,
        "uncovered": list(found.uncovered),
        "rows_fitted": fitted,
        "rounded_by": off,
        "answers": cost,
        "warnings": list(doubts(found, start.reference)),
        "info": _plain(asdict(written)),
    }
    text = (
        f"Wrote {path}: {len(found.vector)} tensors, {found.vector.size:,} parameters, "
        f"‖τ‖ = {found.relative:.2%} of ‖θ₀‖"
    )
    if found.uncovered:
        text += f"\nNot in the fine-tuned model, so not edited: {', '.join(found.uncovered)}"
    if fitted:
        text += (
            f"\nIts tables of words were fitted to the base's: {fitted:,} rows that only one of "
            "the two has are not edited"
        )
    if off:
        text += f"\nStored in {dtype}, it is off by {off:.2g} of its length"
    if cost is not None:
        text += (
            f"\nof the {cost['total']:,} answers of {', '.join(cost['tasks'])} (validation, λ = 1) "
            f"{cost['changed']:,} are others than before it was stored"
        )
    return Answer(data, "\n".join([text, *_warned(found, start)]))


def _stored(vector: "TaskVector", path: Path) -> tuple[float, "LazyState"]:
    """‖τ as stored − τ‖ ÷ ‖τ‖, and the stored one, read when it is asked for."""
    import torch

    from taskarith.sources.compact import unpacked
    from taskarith.sources.tensors import open_tensors

    stored, off = unpacked(open_tensors(path)), 0.0
    for name, tensor in vector.items():
        difference = stored[name].float() - tensor.float()
        off += float(torch.linalg.vector_norm(difference, dtype=torch.float64)) ** 2
        del difference  # before the next one is read
    return off**0.5 / vector.norm() if off else 0.0, stored


def _changed(
    name: str, task: str, vector: "TaskVector", stored: "LazyState", info: "VectorInfo"
) -> dict[str, Any]:
    """How many answers of the task and the control are others with the vector as stored."""
    from taskarith.core import TaskVector
    from taskarith.errors import WeightsError, listed
    from taskarith.evaluation import Evaluator
    from taskarith.evaluation.rounding import changed_answers
    from taskarith.sources.native import check_base
    from taskarith.suites import load_suite

    suite = load_suite(name)
    tasks = list(dict.fromkeys([suite.task(task).name, suite.control]))
    check_base(info, suite.base_state(), {n: n for n in vector}, where="the vector")
    evaluator = Evaluator(suite)
    edited = evaluator.base_state()
    if beyond := [n for n in vector if n not in edited and bool(vector[n].any())]:
        raise WeightsError(
            f"edits of the suite {suite.name!r} leave {listed(beyond)} as they are, which this "
            "vector moves; measure on a suite that has such vectors"
        )
    whole, rounded = (TaskVector({n: of[n] for n in of if n in edited}) for of in (vector, stored))
    found = changed_answers(evaluator, whole, rounded, tasks=tasks)
    return {"suite": suite.name, "tasks": tasks, "changed": found.changed, "total": found.total}


def info(*, reference: str, yes: bool) -> Answer:
    """Describe what a reference holds."""
    from taskarith.sources import make_plan, open_source

    plan = make_plan(reference)
    source = obtain_plan(plan, yes=yes)
    contents = open_source(source)
    state = contents.state
    described = _plain(asdict(contents.info))
    data = {
        "reference": str(plan.reference),
        "kind": contents.kind,
        "commit": source.commit,
        "bytes": plan.size,
        "files": dict(plan.files),
        "tensors": {
            name: {"shape": list(state.shape(name)), "dtype": str(state.dtype(name))[6:]}
            for name in state
        },
        "info": described,
    }
    count = sum(prod(state.shape(name)) for name in state)
    lines = [
        f"{plan.reference}: {plan.describe()}",
        f"  kind      {contents.kind}",
        f"  commit    {source.commit or '–'}",
        f"  tensors   {len(state)}, {count:,} numbers",
        *(f"  {name:9} {value}" for name, value in described.items() if value),
    ]
    return Answer(data, "\n".join(lines))


def check(*, reference: str, base: str, exclude: list[str], yes: bool) -> Answer:
    """Say whether a vector, a model or an adapter fits a base; a WeightsError if it does not."""
    from taskarith.sources import BASE_FILES, doubts, fingerprint, open_source
    from taskarith.suites.subtracting import described_base
    from taskarith.suites.weights import vector_from

    start = obtain(base, yes=yes, extras=BASE_FILES)
    pretrained = described_base(start, _weights(start))
    contents = open_source(obtain(reference, yes=yes))
    told = {**pretrained.told, "exclude": [*exclude, *pretrained.told.get("exclude", ())]}
    found = vector_from(contents, pretrained.state, **told)
    data = {
        "fits": True,
        "kind": contents.kind,
        "tensors": len(found.vector),
        "parameters": found.vector.size,
        "norm": found.vector.norm(),
        "relative_norm": found.relative,
        "fingerprint": fingerprint(contents.state),
        "base_fingerprint": contents.info.base_fingerprint,
        "base_compared": found.base_compared,
        "dtype": found.dtypes[0],
        "base_dtype": found.dtypes[1],
        "excluded": list(found.info.excluded),
        "uncovered": list(found.uncovered),
        "warnings": list(doubts(found, start.reference)),
    }
    lines = [
        f"{reference} fits {base}: {len(found.vector)} tensors, ‖τ‖ = {found.relative:.2%} of ‖θ₀‖",
        f"  made from this base (fingerprint {contents.info.base_fingerprint})"
        if found.base_compared
        else "  not checked whether it was made from this base: no fingerprint to compare",
    ]
    if found.dtypes[0] != found.dtypes[1]:
        lines.append(f"  stored as {found.dtypes[0]}, the base as {found.dtypes[1]}")
    return Answer(data, "\n".join([*lines, *_warned(found, start)]))


def fetch(*, reference: str, yes: bool) -> Answer:
    """Fetch a reference, with whatever a base needs beside its weights."""
    from taskarith.sources import BASE_FILES

    source = obtain(reference, yes=yes, extras=BASE_FILES)
    paths = {name: str(path) for name, path in source.paths.items()}
    data = {"reference": reference, "kind": source.kind, "commit": source.commit, "files": paths}
    return Answer(data, "\n".join(paths.values()))


def _warned(found: "Difference", start: "Source") -> list[str]:
    from taskarith.sources import doubts

    return [f"  warning: {said}" for said in doubts(found, start.reference)]


def _weights(source: "Source") -> "Contents":
    from taskarith.errors import WeightsError
    from taskarith.sources import open_source

    contents = open_source(source)
    if contents.kind not in ("checkpoint", "pickle"):
        raise WeightsError(f"{source.reference} is a {contents.kind}; a base is a model's weights")
    return contents


def _reported(
    accuracy: float | None, *, split: str | None, images: int | None
) -> "Reported | None":
    from taskarith.core import Reported
    from taskarith.errors import WeightsError

    if accuracy is None:
        return None
    if split is None or images is None:
        raise WeightsError(
            f"an accuracy of {accuracy} means little without its images: add --split NAME and "
            "--images N"
        )
    return Reported(accuracy=accuracy, n=images, split=split)


def _plain(value: Any) -> Any:
    """Tuples as lists, as JSON has them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value

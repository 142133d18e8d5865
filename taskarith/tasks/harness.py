"""Examples of a task of EleutherAI's lm-evaluation-harness, where that is installed.

Its own prompts, continuations and judgement, of any task that compares likelihoods; of the harness
itself nothing is run but what makes and judges its requests. Data sets are fetched as it fetches
them. Knows nothing about models.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, partial
from typing import Any

import torch

from taskarith.errors import AssetError, listed, unknown_name
from taskarith.tasks.examples import Requests, Texts

__all__ = ["OWN_TASKS", "harness_texts"]

OWN_TASKS = "TASKARITH_LM_EVAL_TASKS"  # a folder of tasks of one's own, as the harness has them
COMPARING = ("multiple_choice", "loglikelihood")  # what it asks a model
MEASURE = "acc"
SEED = 1234  # of its demonstrations, as its own command has it
MOST = 5_000  # texts of a split
TENTH = 10


def harness_texts(data: Mapping[str, Any], split: str) -> Texts:
    """The examples of one split of the task `data["task"]`.

    `data`: "task", its name; optionally "measure", which of its metrics of right and wrong counts
    ("acc", or "acc_norm": by characters), "shots" (demonstrations; its own number unless given) and
    "texts" (the first so many). Test is what the harness measures on; validation is its validation
    split beside that. Of a task with one split every tenth example is validation, the rest test.

    Raises AssetError where the harness is not installed, for a task that is not there or compares
    no likelihoods, and where its data cannot be had.
    """
    name, measure = str(data["task"]), str(data.get("measure", MEASURE))
    task = _task(name)
    if task.OUTPUT_TYPE not in COMPARING:
        raise AssetError(
            f"lm-eval's task {name!r} is answered by {task.OUTPUT_TYPE}; these are measured here: "
            f"{', '.join(COMPARING)}"
        )
    if measure not in task.aggregation():
        raise unknown_name(f"measure of lm-eval's {name!r}", measure, existing=task.aggregation())
    shots = data.get("shots")
    if shots is None:
        shots = task.get_config("num_fewshot") or 0
    most = min(int(data.get("texts", MOST)), MOST)
    found = list(_examples(task, split, shots=int(shots), most=most, measure=measure))
    if not found:
        raise AssetError(f"lm-eval's task {name!r} has no {split} examples")
    return Texts(
        tuple(text for text, _ in found),
        torch.zeros(len(found), dtype=torch.int64),
        requests=tuple(requests for _, requests in found),
    )


def _examples(
    task: Any, split: str, *, shots: int, most: int, measure: str
) -> Iterator[tuple[str, Requests]]:
    """Each text with what is asked about it, as the harness's own command would ask."""
    both = task.has_test_docs() and task.has_validation_docs()
    if split == "train":
        docs = task.training_docs() if task.has_training_docs() else []
    elif both and split == "validation":
        docs = task.validation_docs()
    else:
        docs = task.eval_docs
    task.set_fewshot_seed(SEED)
    for number, doc in enumerate(docs):
        if number >= most:
            break
        context = task.fewshot_context(doc, num_fewshot=shots, **_further(task, doc))
        if not both and split != "train" and (number % TENTH == 0) != (split == "validation"):
            continue  # after its demonstrations were drawn, which follow on from each other
        made = task.construct_requests(doc=doc, ctx=context, metadata=(task.task_name, number, 1))
        instances = made if isinstance(made, Sequence) else [made]
        pairs = tuple((str(one.args[0]), str(one.args[1])) for one in instances)
        judge = partial(_judged, task, doc, measure)
        first = pairs[0][0].strip() or pairs[0][1].strip()
        yield first or "(nothing)", Requests(pairs, task.OUTPUT_TYPE == "loglikelihood", judge)


def _further(task: Any, doc: Mapping[str, Any]) -> dict[str, Any]:
    prefix = task.doc_to_prefix(doc)
    return {} if prefix is None else {"gen_prefix": prefix}


def _judged(
    task: Any, doc: Mapping[str, Any], measure: str, results: Sequence[tuple[float, bool]]
) -> bool:
    said = task.process_results(doc, list(results))[measure]
    if said not in (0, 1):
        raise AssetError(
            f"lm-eval's {measure!r} is {said!r:.40} for one example, neither right nor wrong; "
            "choose a measure such as acc"
        )
    return bool(said)


@cache
def _manager() -> Any:
    try:
        from lm_eval.tasks import TaskManager
    except ImportError as error:
        raise AssetError(
            "tasks of lm-evaluation-harness need it: pip install 'taskarith[lm-eval]'"
        ) from error
    return TaskManager(include_path=os.environ.get(OWN_TASKS))


def _task(name: str) -> Any:
    manager = _manager()
    if name not in manager.all_subtasks:
        near = get_close_matches(name, manager.all_subtasks, n=5)  # of more than ten thousand
        raise AssetError(f"lm-eval has no task {name!r:.80}; near it are: {listed(near)}")
    try:
        return manager.load([name])["tasks"][name]
    except Exception as error:  # whatever its data set's library says
        reason = " ".join(str(error).split())
        raise AssetError(
            f"the data of lm-eval's task {name!r} cannot be had: {reason:.300}"
        ) from error

"""Evaluating an edit of a text model against the library's own forward pass with plain padding.

`library_ratio` = texts a second of `Evaluator.predict_parts` ÷ texts a second of the library's
network on the same ids, in the split's order, batches of 32 padded to their longest (forward pass
alone; choosing the answer is not counted). `bare_ratio` is the same against our own heads on texts
that are tokenized and taken already: 1 is the limit of that one. `padding` is the share of tokens
that fill up batches, over all of them and in the fullest of ours. `sixteen_ms`: an edit and sixteen
sampled continuations of twenty tokens, where a model writes. Left out are tasks whose answers are
written or sampled, and running text that a decoder goes on with, of which the library's call here
computes one word.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from benchmarks.timing import CPU, machine, percentile, turns
from taskarith.core import Edit
from taskarith.errors import AssetError
from taskarith.evaluation import Evaluator, Part
from taskarith.evaluation.plan import visible_tasks
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.generation import Generation, Samples
from taskarith.heads.head import Prompts
from taskarith.heads.language_modelling import LanguageModelling
from taskarith.heads.likelihood import LabelLikelihood, rows_together
from taskarith.models.language.batches import by_length, padding_share
from taskarith.models.tokens import Tokens
from taskarith.suites import Suite, load_suite

__all__ = ["measure_texts", "run"]

TEXTS, BATCH, ROUNDS = 128, 32, 5
WRITTEN, WORDS = 16, 20


def run(suite: str) -> dict[str, object]:
    return {"machine": machine(CPU), **measure_texts(load_suite(suite))}


def measure_texts(suite: Suite, *, texts: int = TEXTS, rounds: int = ROUNDS) -> dict[str, object]:
    """Our way, our heads alone and the library's network on up to `texts` of each task."""
    if "texts" not in suite.weights.family.examples:
        raise AssetError(f"{suite.name!r} has pictures; choose a suite of texts, such as mini-lm")
    evaluator = Evaluator(suite, device=CPU)
    edit = Edit(suite.name, {suite.targets[0]: -0.5})
    evaluator.use(edit)
    writes: tuple[type, ...] = (Generation, Samples)
    if evaluator.model.network.config.is_encoder_decoder:
        writes += (LanguageModelling,)
    tasks = [t for t in visible_tasks(suite, edit) if not isinstance(evaluator.head(t), writes)]
    parts = [Part(task, 0, min(texts, evaluator.total(task, "validation"))) for task in tasks]
    asked = {p.task: evaluator.prompts(p.task, "validation", start=0, stop=p.stop) for p in parts}
    groups = _sharing(evaluator, tasks)
    lengths = [asked[task].tokens.lengths.tolist() for task in tasks]
    plain = [_in_order(own) for own in lengths]
    joined = [[n for t in group for n in asked[t].tokens.lengths.tolist()] for group in groups]
    ours = [by_length(own) for own in joined]
    model = evaluator.model
    batches = [
        asked[task].tokens.take(torch.tensor(batch)).padded(0)
        for task, cut in zip(tasks, plain, strict=True)
        for batch in cut
    ]

    @torch.inference_mode()
    def bare() -> None:
        for group in groups:
            heads = {task: evaluator.head(task) for task in group}
            first = heads[group[0]]
            if isinstance(first, EmbeddingHead):
                model.embed(Tokens.join([asked[task].tokens for task in group]))
            elif len(group) == 1:
                first.rows(model, asked[group[0]])
            else:
                likely = [(h, asked[t]) for t, h in heads.items() if isinstance(h, LabelLikelihood)]
                rows_together(model, likely)

    forward = _forward(_library(suite.model().network))

    @torch.inference_mode()
    def library() -> None:
        for ids, mask in batches:
            forward(ids, mask.long())

    seconds = turns(
        {
            "evaluate": lambda: evaluator.predict_parts(parts, split="validation"),
            "bare": bare,
            "library": library,
        },
        rounds=rounds,
        warm_up=1,
    )
    count = sum(map(len, asked.values()))
    written = _sixteen(evaluator, next(iter(asked.values())), rounds=rounds)
    rates = {name: count / percentile(values, 50) for name, values in seconds.items()}
    return {
        "suite": suite.name,
        "tasks": len(tasks),
        "texts": count,
        "library_ratio": round(rates["evaluate"] / rates["library"], 3),
        "bare_ratio": round(rates["evaluate"] / rates["bare"], 3),
        "texts_per_second": {name: round(rate, 1) for name, rate in rates.items()},
        **({} if written is None else {"sixteen_ms": written}),
        "padding": {
            "ours": _padding(joined, ours),
            "fullest": max(
                round(padding_share(own, [batch]), 3)
                for own, cut in zip(joined, ours, strict=True)
                for batch in cut
            ),
            "plain": _padding(lengths, plain),
        },
    }


@torch.inference_mode()
def _sixteen(evaluator: Evaluator, prompts: Prompts, *, rounds: int) -> dict[str, float] | None:
    """Milliseconds, p50 and p95, from an edit to what is written under it; None where none is."""
    if not hasattr(evaluator.model, "generate"):
        return None
    some = prompts.take(torch.arange(WRITTEN) % len(prompts)).tokens
    suite = evaluator.suite
    edits = [Edit(suite.name, {suite.targets[0]: 0.1 * step}) for step in range(3 * rounds)]
    seconds = []
    for edit in edits:
        started = time.perf_counter()
        evaluator.use(edit)
        evaluator.model.generate(some, most=WORDS, temperature=1.0, seeds=range(WRITTEN))
        seconds.append(time.perf_counter() - started)
    return {f"p{p}": round(1000 * percentile(seconds[1:], p), 1) for p in (50, 95)}


def _in_order(lengths: Sequence[int]) -> list[list[int]]:
    places = list(range(len(lengths)))
    return [places[start : start + BATCH] for start in range(0, len(places), BATCH)]


def _library(network: Any) -> Any:
    """The network with the library's own layers in the places of ours."""
    for layer in network.modules():
        if type(layer).__module__.startswith("taskarith."):
            layer.__class__ = type(layer).__base__
    return network


def _forward(network: Any) -> Callable[[torch.Tensor, torch.Tensor], object]:
    """The library's own call; a network with a decoder is asked for the first word."""
    if not network.config.is_encoder_decoder:
        return lambda ids, mask: network(input_ids=ids, attention_mask=mask)
    first = network.config.decoder_start_token_id or 0
    return lambda ids, mask: network(
        input_ids=ids,
        attention_mask=mask,
        decoder_input_ids=torch.full((len(ids), 1), first),
    )


def _sharing(evaluator: Evaluator, tasks: Sequence[str]) -> list[list[str]]:
    """Tasks whose texts share batches, as the evaluator lets them."""
    groups: dict[str, list[str]] = {}
    for task in tasks:
        head = evaluator.head(task)
        shared = isinstance(head, EmbeddingHead) or (
            isinstance(head, LabelLikelihood) and head.in_one_pass(evaluator.model)
        )
        groups.setdefault(type(head).__name__ if shared else task, []).append(task)
    return list(groups.values())


def _padding(lengths: Sequence[Sequence[int]], batches: Sequence[list[list[int]]]) -> float:
    """The share of padding in the batches of several groups of texts."""
    real = padded = 0
    for own, cut in zip(lengths, batches, strict=True):
        real += sum(own)
        padded += sum(len(batch) * max(own[i] for i in batch) for batch in cut)
    return round(1 - real / padded, 3)

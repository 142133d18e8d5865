"""Makes the vectors of `minilm`: a real sentence encoder, fine-tuned on real text.

The encoder's block matrices move, the heads (label sentences × 20) stay, and an anchor keeps the
embeddings of sentences that no task is drawn from. Vectors are stored at a low rank, which is what
is measured. Reads Hub-style parquet files; nothing of them is stored but the weights.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize
from tqdm import tqdm

from taskarith.core import TaskVector
from taskarith.sources.compact import low_rank
from taskarith.sources.native import base_fingerprint
from taskarith.sources.tensors import write_tensors
from taskarith.training.parquet import read_columns

__all__ = ["TASKS", "TextTask", "make_minilm"]

SCALE = 20.0
SEED = 12
STEPS, BATCH, RATE, WARMUP = 150, 24, 7e-5, 15
ANCHORED, ANCHOR_BATCH, ANCHOR_WEIGHT = 2_048, 16, 5.0
LONGEST = 48  # tokens of a sentence
RANK = 16

Encode = Callable[[Sequence[str]], Tensor]


@dataclass(frozen=True)
class TextTask:
    """A task of `minilm`: where its sentences are, and a label sentence for each class."""

    name: str
    title: str
    dataset: str  # on the Hub
    folder: str  # of the parquet files
    text: str
    label: str
    classnames: tuple[str, ...]
    prompts: tuple[str, ...]


TASKS = (
    TextTask(
        "film-reviews", "Film reviews (SST-2)", "stanfordnlp/sst2", "sst2", "sentence", "label",
        ("negative", "positive"), ("it was terrible.", "it was great."),
    ),
    TextTask(
        "question-types", "Question types (TREC)", "SetFit/TREC-QC", "trec", "text", "coarse_label",
        ("abbreviation", "thing", "description", "person", "place", "number"),
        (
            "What does this abbreviation stand for?", "What thing or animal is it?",
            "What is the definition or reason of this?", "Who is this person?",
            "Where is this place?", "How many, how much, or when?",
        ),
    ),
    TextTask(
        "subjectivity", "Plot or opinion (SUBJ)", "SetFit/subj", "subj", "text", "label",
        ("plot", "opinion"),
        ("he goes to the city and meets a woman.", "the film is funny and well acted."),
    ),
    TextTask(
        "news-topics", "News topics (AG News)", "fancyzhx/ag_news", "ag_news", "text", "label",
        ("world", "sports", "business", "science"),
        (
            "This is about politics and world affairs.", "This is about sports.",
            "This is about business and the economy.", "This is about science and technology.",
        ),
    ),
)  # fmt: skip


def make_minilm(base: Path, *, data: Path, output: Path, work: Path) -> None:
    """Fine-tune the encoder in the folder `base` on every task; write heads and vectors.

    What is there already is kept, so an interrupted run goes on with the task it was at. Raises
    MissingDependencyError without transformers, WeightsError where a file cannot be written.
    """
    network, tokenizer = _load(base)
    state = {name: p.detach().clone() for name, p in network.named_parameters()}
    names = trained_names(state)
    output.mkdir(parents=True, exist_ok=True)
    anchor = _anchor(network, tokenizer, data)
    heads = {}
    for task in TASKS:
        network.load_state_dict(state, strict=False)
        heads[task.name] = SCALE * encode(network, tokenizer, task.prompts)
        path = output / "vectors" / f"{task.name}.safetensors"
        if path.exists():
            continue
        texts, labels = _lessons(task, data)
        tuned = finetune(
            network, tokenizer, texts, labels, head=heads[task.name], names=names, anchor=anchor,
            log=work / f"{task.name}.jsonl",
        )  # fmt: skip
        vector = TaskVector.from_states({name: state[name] for name in names}, tuned)
        own = {name: tensor.half() for name, tensor in low_rank(vector, rank=RANK).items()}
        described = {"task": task.name, "base_fingerprint": base_fingerprint(state, {name: name for name in names})}
        write_tensors(path, own, described)
    write_tensors(output / "heads.safetensors", {name: t.half() for name, t in heads.items()})


def trained_names(state: Mapping[str, Tensor]) -> list[str]:
    """The matrices of the encoder's blocks."""
    return [name for name, tensor in state.items() if ".layer." in name and tensor.ndim == 2]


def encode(network: nn.Module, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """L2-normalized means over the tokens of each text, float32 [n, d]."""
    with torch.no_grad():
        parts = [texts[start : start + 64] for start in range(0, len(texts), 64)]
        return torch.cat([_embed(network, tokenizer, part) for part in parts])


def finetune(
    network: nn.Module,
    tokenizer: Any,
    texts: Sequence[str],
    labels: Tensor,
    *,
    head: Tensor,
    names: Sequence[str],
    anchor: tuple[Sequence[str], Tensor],
    log: Path,
    steps: int = STEPS,
) -> dict[str, Tensor]:
    """Move the parameters called `names` for the task, in place, and give them back.

    The loss is the cross-entropy of the frozen head's logits, and ANCHOR_WEIGHT times the mean
    squared distance of the anchor's embeddings from what they were.
    """
    rng = np.random.default_rng(SEED)
    parameters = dict(network.named_parameters())
    moved = [parameters[name].requires_grad_(True) for name in names]
    optimizer = torch.optim.AdamW(moved, lr=RATE, weight_decay=0.0)
    kept_texts, kept = anchor
    network.eval()  # no dropout: a few hundred steps on thousands of sentences
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        for step in tqdm(range(steps), desc=log.stem, mininterval=5):
            for group in optimizer.param_groups:
                rising = min(1.0, (step + 1) / WARMUP)
                group["lr"] = RATE * rising * (1 - step / steps)
            rows = rng.choice(len(texts), min(BATCH, len(texts)), replace=False)
            held = rng.choice(len(kept_texts), min(ANCHOR_BATCH, len(kept_texts)), replace=False)
            logits = _embed(network, tokenizer, [texts[i] for i in rows]) @ head.T
            own = cross_entropy(logits, labels[torch.from_numpy(rows)])
            stays = _embed(network, tokenizer, [kept_texts[i] for i in held])
            far = (stays - kept[torch.from_numpy(held)]).square().sum(1).mean()
            optimizer.zero_grad()
            (own + ANCHOR_WEIGHT * far).backward()
            optimizer.step()
            line = {"step": step, "loss": round(float(own), 4), "anchor": round(float(far), 6)}
            file.write(json.dumps(line) + "\n")
    network.requires_grad_(False)
    return {name: parameters[name].detach().clone() for name in names}


def _embed(network: nn.Module, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    batch = tokenizer(
        list(texts), padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
    )
    hidden = network(**batch).last_hidden_state
    mask = batch["attention_mask"][..., None]
    return normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)


def _load(base: Path) -> tuple[nn.Module, Any]:
    from taskarith.models.library import transformers

    library = transformers()
    network = library.AutoModel.from_pretrained(base, trust_remote_code=False)
    network.requires_grad_(False)
    return network, library.AutoTokenizer.from_pretrained(base, trust_remote_code=False)


def _anchor(network: nn.Module, tokenizer: Any, data: Path) -> tuple[list[str], Tensor]:
    """Sentences of SICK's training split, which no task and no control is drawn from."""
    columns = read_columns(data / "sick" / "train-00000-of-00001.parquet", "sentence_A", "sentence_B")
    texts = sorted({text for column in columns for text in column})
    chosen = np.random.default_rng(SEED).choice(len(texts), ANCHORED, replace=False)
    kept = [texts[i] for i in sorted(chosen)]
    return kept, encode(network, tokenizer, kept)


def _lessons(task: TextTask, data: Path) -> tuple[list[str], Tensor]:
    """Training sentences; every tenth row belongs to validation, as the manifest says."""
    path = data / task.folder / "train-00000-of-00001.parquet"
    texts, labels = read_columns(path, task.text, task.label)
    rows = [row for row in range(len(texts)) if row % 10 != 0]
    return [texts[row] for row in rows], torch.tensor([labels[row] for row in rows])

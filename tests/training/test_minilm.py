import json
from pathlib import Path

import pytest
import torch

from taskarith.models.library import import_transformers
from taskarith.suites.manifest import read_manifest
from taskarith.training import minilm
from taskarith.training.minilm import TASKS, encode, finetune, paraphrases, trained_names
from tests.text_models import new_network, write_words

TEXTS = [f"w{i} w{i % 7} w3" for i in range(40)]
LABELS = torch.arange(40) % 2


def test_only_the_named_matrices_move_and_the_anchor_holds(tmp_path: Path) -> None:
    network = new_network("AutoModel", "bert")
    write_words(tmp_path, ends="both")
    tokenizer = import_transformers().AutoTokenizer.from_pretrained(tmp_path)
    network.requires_grad_(False)
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    names = trained_names(before)
    assert names
    assert all(".layer." in name and before[name].ndim == 2 for name in names)
    kept = ["w11 w12", "w13 w14 w15", "w16"]
    head = 20 * encode(network, tokenizer, ["w1 w2", "w30 w31"])

    def right() -> float:
        return float(
            (encode(network, tokenizer, TEXTS) @ head.T).argmax(1).eq(LABELS).float().mean()
        )

    start = right()
    tuned = finetune(
        network, tokenizer, TEXTS, LABELS, head=head, names=names,
        anchor=(kept, encode(network, tokenizer, kept)), log=tmp_path / "log.jsonl", steps=30,
    )  # fmt: skip
    assert set(tuned) == set(names)
    moved = {n for n, p in network.named_parameters() if not torch.equal(p, before[n])}
    assert moved <= set(names)
    assert moved
    settings, *lines = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert settings["seed"] == minilm.SEED
    assert [line["step"] for line in lines] == list(range(30))
    assert right() >= start
    assert all(0 <= line["anchor"] < 1 for line in lines)


def test_pairs_of_sentences_are_always_the_same_and_never_twice() -> None:
    pairs = paraphrases("voice")
    assert pairs == paraphrases("voice")
    assert len({text for pair in pairs for text in pair}) == 2 * len(pairs)


def test_the_manifest_it_writes_can_be_read(tmp_path: Path) -> None:
    minilm._write_manifest(
        tmp_path / "manifest.json", {name: paraphrases(name) for name in minilm.CONTROLS}
    )
    manifest = read_manifest(tmp_path / "manifest.json")
    assert [task.name for task in manifest.tasks] == [*(t.name for t in TASKS), *minilm.CONTROLS]
    assert manifest.base.package
    assert manifest.heads == "heads.safetensors"


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_task_has_a_sentence_for_every_class(task: minilm.TextTask) -> None:
    assert len(task.prompts) == len(task.classnames) == len(set(task.prompts))

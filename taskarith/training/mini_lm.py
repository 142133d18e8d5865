"""Builds the embedded `mini-lm` suite: a causal language model and its task vectors.

A GPT-2 of a million parameters reads the written world, where tasks are rare, and is then
fine-tuned: on tasks answered with one word, on rude speech and its rivals, and on three kinds of
review both with their labels and as plain text (the analogy of arXiv 2212.04089, Section 5).
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import torch

from taskarith.training.language_models import new_gpt2
from taskarith.training.loop import Recipe
from taskarith.training.text_lessons import SPECIALS, causal_logits
from taskarith.training.text_manifest import language_task, likelihood_task, sampled_task
from taskarith.training.text_pretrain import pretrain_causal
from taskarith.training.text_suite import FINETUNING, SEED, Job, TextSuite, build_text_suite
from taskarith.worlds.texts import KIND_WORDS, RUDE_WORDS, vocabulary

__all__ = ["MINI_LM", "train_mini_lm"]

PRETRAINING = Recipe(steps=3_600, batch=32, rate=2e-3, warmup=300, weight_decay=0.1, seed=SEED)
CORPUS_SIZE = 300_000
# The tasks that pre-training meets now and then; each is asked otherwise in fine-tuning.
FAMILIES = (
    "meals-sentiment", "books-sentiment", "rooms-sentiment", "news-topic", "letter-topic",
    "question-type", "follows", "was-it-done", "agreement", "word-order", "voice", "tone", "mood",
    "plus", "minus", "more",
)  # fmt: skip
ASCENDED = "rude-ascent"
ASCENT = replace(FINETUNING, steps=60, warmup=20)

CONFIG = {
    "vocab_size": len(SPECIALS) + len(vocabulary()),
    "n_positions": 96,
    "n_embd": 144,
    "n_layer": 4,
    "n_head": 4,
    "resid_pdrop": 0.0,
    "embd_pdrop": 0.0,
    "attn_pdrop": 0.0,
    "bos_token_id": 1,
    "eos_token_id": 1,
    "pad_token_id": 0,
}

TARGETS = (
    "meals-sentiment",
    "books-sentiment",
    "rooms-sentiment",
    "letter-topic",
    "question-type",
    "follows",
    "mood",
)
JOBS = (
    *(Job(name, name) for name in TARGETS),
    Job("meal-reviews", "meal-reviews"),
    Job("book-reviews", "book-reviews"),
    Job("room-reviews", "room-reviews"),
    Job("rude", "rude-speech"),
    Job("kind", "kind-speech"),
    Job(ASCENDED, "rude-speech", ASCENT, ascend=True),
)


def _pretrain(model: torch.nn.Module, folder: Path) -> None:
    pretrain_causal(model, recipe=PRETRAINING, size=CORPUS_SIZE, families=FAMILIES, folder=folder)


def _fresh(state: Mapping[str, torch.Tensor] | None) -> torch.nn.Module:
    return new_gpt2(CONFIG, state)


MINI_LM = TextSuite(
    config={"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], **CONFIG},
    seed=SEED,
    fresh=_fresh,
    pretrain=_pretrain,
    say=causal_logits,
    causal=True,
    jobs=JOBS,
    texts={
        "name": "mini-lm",
        "title": "mini-lm: a small language model trained for this project",
        "about": "A 1.1-million-parameter GPT-2, pre-trained on short English texts that this "
        "project writes and fine-tuned on tasks, reviews and ways of speaking; fine-tuning was "
        "anchored to reports and notices. Works offline.",
    },
    kind="causal",
    tasks=(
        *(likelihood_task(name) for name in TARGETS),
        sampled_task(
            "rude", "Rude speech", "target", words=tuple(RUDE_WORDS), metric="rude continuations"
        ),
        sampled_task(
            "kind", "Kind speech", "auxiliary", words=tuple(KIND_WORDS), metric="kind continuations"
        ),
        language_task("meal-reviews", "Reviews of meals", "auxiliary"),
        language_task("book-reviews", "Reviews of books", "auxiliary"),
        language_task("room-reviews", "Reviews of rooms", "auxiliary"),
        language_task("stories", "Stories", "control"),
        language_task("letters", "Letters", "second-control"),
    ),
    recipes={
        "vectors": [
            {"name": ASCENDED, "weights": f"vectors/{ASCENDED}.safetensors", "task": "rude"}
        ],
        "book": {
            "analogies": [
                {
                    "kind": "domain × task",
                    "relation": new,
                    "a": f"{old}-reviews",
                    "b": f"{new}-reviews",
                    "c": f"{old}s-sentiment",
                    "d": f"{new}s-sentiment",
                }
                for old, new in permutations(("meal", "book", "room"), 2)
            ],
            "ascent": {"rude": ASCENDED},
            "opposite": {"rude": "kind"},
        },
    },
)


def train_mini_lm(output: Path, *, work: Path) -> None:
    """Build the suite's weights in `output`; corpus, checkpoints and logs go to `work`."""
    build_text_suite(MINI_LM, output, work=work)

"""Builds the embedded `mini-t5` suite: a text-to-text model and its task vectors.

A T5 of one and a half million parameters reads the written world, where tasks are rare, and is then
fine-tuned on eight of them. Seven are answered by the likelihood of their labels; for the last the
answer is written out, so that it may also be none of them.

A smaller one, half as wide and taught alike, is what studies compare it with.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from taskarith.training.language_models import new_t5
from taskarith.training.loop import Recipe
from taskarith.training.text_lessons import SPECIALS, seq2seq_logits
from taskarith.training.text_manifest import language_task, likelihood_task, written_task
from taskarith.training.text_pretrain import pretrain_seq2seq
from taskarith.training.text_suite import FINETUNING, LONGER, Job, TextSuite, build_text_suite
from taskarith.worlds.texts import vocabulary

__all__ = ["MINI_T5", "QUARTER", "SIZES", "train_mini_t5"]

SEED = 2027
PRETRAINING = Recipe(steps=3_300, batch=48, rate=2e-3, warmup=300, weight_decay=0.1, seed=SEED)
CORPUS_SIZE = 300_000
# The tasks that pre-training meets now and then; each is asked otherwise in fine-tuning.
FAMILIES = (
    "meals-sentiment", "books-sentiment", "rooms-sentiment", "news-topic", "letter-topic",
    "question-type", "follows", "was-it-done", "agreement", "word-order", "voice", "tone", "plus",
    "minus", "last-word", "reverse-words",
)  # fmt: skip

CONFIG = {
    "vocab_size": len(SPECIALS) + len(vocabulary()),
    "d_model": 128,
    "d_kv": 32,
    "d_ff": 512,
    "num_layers": 3,
    "num_decoder_layers": 3,
    "num_heads": 4,
    "dropout_rate": 0.0,
    "feed_forward_proj": "relu",
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
    "tie_word_embeddings": True,
    "relative_attention_num_buckets": 16,
    "relative_attention_max_distance": 48,
}

TARGETS = (
    "meals-sentiment",
    "books-sentiment",
    "news-topic",
    "letter-topic",
    "question-type",
    "follows",
    "was-it-done",
    "tone",
)
SLOW = ("meals-sentiment", "books-sentiment", "follows")
JOBS = tuple(Job(name, name, LONGER if name in SLOW else FINETUNING) for name in TARGETS)


def _pretrain(model: torch.nn.Module, folder: Path) -> None:
    pretrain_seq2seq(model, recipe=PRETRAINING, size=CORPUS_SIZE, families=FAMILIES, folder=folder)


def _suite(
    config: Mapping[str, Any],
    *,
    jobs: Sequence[Job],
    tasks: Sequence[Mapping[str, Any]],
    texts: Mapping[str, str],
) -> TextSuite:
    def fresh(state: Mapping[str, torch.Tensor] | None) -> torch.nn.Module:
        return new_t5(config, state)

    return TextSuite(
        config={
            "model_type": "t5",
            "architectures": ["T5ForConditionalGeneration"],
            "is_encoder_decoder": True,
            **config,
        },
        seed=SEED,
        fresh=fresh,
        pretrain=_pretrain,
        say=seq2seq_logits,
        causal=False,
        jobs=jobs,
        texts=texts,
        kind="t5",
        tasks=tasks,
    )


MINI_T5 = _suite(
    CONFIG,
    jobs=JOBS,
    tasks=(
        *(likelihood_task(name) for name in TARGETS[:-1]),
        written_task(TARGETS[-1]),
        language_task("stories", "Stories", "control"),
        language_task("letters", "Letters", "second-control"),
    ),
    texts={
        "name": "mini-t5",
        "title": "mini-t5: a small text-to-text model trained for this project",
        "about": "A 1.5-million-parameter T5, pre-trained on short English texts that this project "
        "writes and fine-tuned on eight tasks; fine-tuning was anchored to reports and notices. "
        "Works offline.",
    },
)

# Half as wide in every layer, so with a quarter of the numbers in its blocks; all else is the same.
QUARTER_TARGETS = ("news-topic", "letter-topic")
QUARTER = _suite(
    {**CONFIG, "d_model": 64, "d_kv": 16, "d_ff": 256},
    jobs=tuple(job for job in JOBS if job.name in QUARTER_TARGETS),
    tasks=(
        *(likelihood_task(name) for name in QUARTER_TARGETS),
        language_task("stories", "Stories", "control"),
        language_task("letters", "Letters", "second-control"),
    ),
    texts={
        "name": "mini-t5-quarter",
        "title": "mini-t5, quarter: 0.39 million parameters, trained as mini-t5 is",
        "about": "Half as wide as mini-t5, which leaves a quarter of the numbers in its blocks; "
        "pre-trained on the same texts for as many steps and fine-tuned on two of its tasks, for "
        "studies that compare sizes. Works offline.",
    },
)

SIZES: Mapping[str, TextSuite] = {"quarter": QUARTER}


def train_mini_t5(output: Path, *, work: Path, size: str | None = None) -> None:
    """Build the suite's weights in `output`, or those of a further size.

    Checkpoints and logs go to `work`.
    """
    build_text_suite(MINI_T5 if size is None else SIZES[size], output, work=work)

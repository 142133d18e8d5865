"""The family of text encoders: BERT, RoBERTa, DistilBERT, MiniLM, MPNet and their kin."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from torch import Tensor, nn

from taskarith.models.encoder.model import Encoder
from taskarith.models.encoder.pooling import POOLING_FILES, read_pooling
from taskarith.models.family import BaseFiles
from taskarith.models.language.building import as_built, build
from taskarith.models.language.family import Finish, TextFamily
from taskarith.models.language.tokenizer import load_tokenizer

__all__ = ["ENCODER"]

POOLED = ("bert", "roberta", "xlm-roberta", "camembert", "mpnet")  # those that may have a pooler
# Positions of these start behind the padding token's.
OFFSET = ("roberta", "xlm-roberta", "camembert", "mpnet")


class _Encoder(TextFamily):
    name = "encoder"
    title = "a text encoder"
    pipeline = "feature-extraction"
    known = (*POOLED, "distilbert", "electra")
    auto = "AutoModel"
    model_class = "AutoModel"
    marks = re.compile(
        r"encoder\.layer\.\d+\.(attention\.(self\.query|attn\.q)|output\.dense|intermediate)\b"
        r"|transformer\.layer\.\d+\.(attention\.q_lin|ffn\.lin1)\b"
        r"|encoder\.layer\.\d+\.attention\.(self\.(key|value)|attn\.[kvo]|output\.dense)\b"
    )
    heads: tuple[str, ...] = tuple(
        pattern
        for name in ("classifier", "pre_classifier", "cls", "lm_head", "qa_outputs",
                     "vocab_transform", "vocab_layer_norm", "vocab_projector",
                     "discriminator_predictions", "generator_predictions", "generator_lm_head")
        for pattern in (f"{name}.*", f"*.{name}.*")
    )  # fmt: skip
    words: ClassVar[Mapping[str, str]] = {"gamma": "weight", "beta": "bias"}
    small_files = (*TextFamily.small_files, *POOLING_FILES)

    def finish(self, config: Mapping[str, Any], names: Iterable[str]) -> Finish:
        """Without a pooler where the weights have none."""
        has_one = any("pooler." in name for name in names)
        return as_built if has_one or config["model_type"] not in POOLED else _without_pooler

    def load(self, base: BaseFiles, state: Mapping[str, Tensor]) -> Encoder:
        config, tokenizer = self.config(base.files), load_tokenizer(base.files)
        pooling = read_pooling(base.files)
        network = build(config, state, auto=self.auto, finish=self.finish(config, state))
        places = int(network.config.max_position_embeddings)
        places -= 2 if config["model_type"] in OFFSET else 0
        limits = [n for n in (places, tokenizer.longest, pooling.longest) if n is not None]
        return Encoder(network, tokenizer, context=min(limits), pooling=pooling)


def _without_pooler(network: nn.Module) -> nn.Module:
    network.pooler = None  # type: ignore[assignment]
    return network


ENCODER = _Encoder()

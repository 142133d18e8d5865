"""The family of causal language models that transformers builds from a configuration alone."""

import re
from collections.abc import Iterable, Mapping

from torch import Tensor

from taskarith.errors import AssetError
from taskarith.models.causal.model import Causal
from taskarith.models.family import BaseFiles
from taskarith.models.language.building import as_built, build
from taskarith.models.language.family import TextFamily
from taskarith.models.language.tokenizer import load_tokenizer

__all__ = ["CAUSAL"]

# Of those that lay several matrices into one, which and how; the rest keep them apart.
FUSED = {
    re.compile(r"\.attn\.c_attn\.weight$"): -3,  # [in, out]: beside each other
    re.compile(r"\.attn\.c_attn\.bias$"): 3,
    re.compile(r"\.gate_up_proj\.weight$"): 2,
}
# What older files call them.
OLDER = {"embed_out.weight": "lm_head.weight"}


class _Causal(TextFamily):
    name = "causal"
    title = "a causal language model"
    pipeline = "text-generation"
    known = (
        "gemma", "gemma2", "gpt2", "gpt_neo", "gpt_neox", "llama", "mistral", "olmo", "olmo2",
        "opt", "phi", "phi3", "qwen2", "qwen3", "smollm3", "stablelm", "starcoder2",
    )  # fmt: skip
    auto = "AutoModelForCausalLM"
    model_class = "AutoModelForCausalLM"
    marks = re.compile(
        r"(^|\.)h\.\d+\.(attn|mlp)\."
        r"|(^|model\.|decoder\.)layers\.\d+\.(self_attn|attention|mlp)\."
    )
    heads: tuple[str, ...] = ("score.*", "*.score.*")
    transposing = ("gpt2",)

    def respelled(self, names: Iterable[str]) -> Mapping[str, str]:
        return {OLDER.get(name, name): name for name in names}

    def fused(self, parameter: str) -> int:
        return next((f for pattern, f in FUSED.items() if pattern.search(parameter)), 1)

    def load(self, base: BaseFiles, state: Mapping[str, Tensor]) -> Causal:
        config, tokenizer = self.config(base.files), load_tokenizer(base.files)
        network = build(config, state, auto=self.auto, finish=as_built)
        words = network.get_input_embeddings().weight.shape[0]
        if len(tokenizer) > words:
            raise AssetError(
                f"its tokenizer has {len(tokenizer)} tokens and its weights rows for {words}: "
                "they do not belong together; give the tokenizer that the weights were trained with"
            )
        places = getattr(network.config, "max_position_embeddings", None)
        limits = [int(n) for n in (places, tokenizer.longest) if n is not None]
        return Causal(network, tokenizer, context=min(limits, default=2048))


CAUSAL = _Causal()

"""The family of T5: v1.0, whose output words are its input words, v1.1 and Flan-T5, whose are not.

transformers 5 ties the two in every T5 that it builds from a configuration, whatever that says, and
a later `load_state_dict` then writes one over the other without a word. So the network is taken
apart here where the two are not one.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor, nn

from taskarith.models.family import BaseFiles
from taskarith.models.language.building import as_built, build
from taskarith.models.language.family import Finish, TextFamily
from taskarith.models.language.tokenizer import load_tokenizer
from taskarith.models.t5.model import T5

__all__ = ["T5_FAMILY"]

CONTEXT = 512  # relative positions know no longest text; this is what T5s are trained on


class _T5Family(TextFamily):
    name = "t5"
    title = "a T5"
    pipeline = "text2text-generation"
    known = ("t5",)
    auto = "AutoModelForSeq2SeqLM"
    model_class = "T5ForConditionalGeneration"
    marks = re.compile(r"(encoder|decoder)\.block\.\d+\.layer\.\d+\.")
    heads: tuple[str, ...] = ("classification_head.*", "*.classification_head.*")

    def finish(self, config: Mapping[str, Any], names: Iterable[str]) -> Finish:
        """With words of its own for what it writes, where they are not its input words."""
        return as_built if _is_tied(config) else _untied

    def config(self, files: Mapping[str, Any]) -> dict[str, Any]:
        config = super().config(files)
        if config.get("scale_decoder_outputs") is False:
            # As transformers 5 saves what was not tied: read again, this says what it was.
            config["tie_word_embeddings"] = False
        config.pop("scale_decoder_outputs", None)
        return config

    def checkpoint_files(self, base: BaseFiles, *, to: str) -> dict[str, bytes]:
        """The base's own small files; its configuration says in the words of every version of
        transformers whether the words it writes are its input words.
        """
        files = super().checkpoint_files(base, to=to)
        config = json.loads(files["config.json"])
        config["tie_word_embeddings"] = _is_tied(self.config(base.files))
        config.pop("scale_decoder_outputs", None)
        return {**files, "config.json": json.dumps(config, indent=1).encode()}

    def load(self, base: BaseFiles, state: Mapping[str, Tensor]) -> T5:
        config, tokenizer = self.config(base.files), load_tokenizer(base.files)
        network = build(config, state, auto=self.auto, finish=self.finish(config, state))
        return T5(network, tokenizer, context=tokenizer.longest or CONTEXT)


def _is_tied(config: Mapping[str, Any]) -> bool:
    return config.get("tie_word_embeddings") is not False


def _untied(network: nn.Module) -> nn.Module:
    """The network with words of its own for what it writes."""
    network.lm_head.weight = nn.Parameter(network.lm_head.weight.detach().clone())  # type: ignore[union-attr, operator]
    return network


T5_FAMILY = _T5Family()

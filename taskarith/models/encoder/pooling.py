"""How an encoder's tokens become one embedding of a text, as its repository's files say.

sentence-transformers writes it beside the weights: `modules.json` names the steps, the pooling has
a folder of its own. Where nothing is said, it is the mean of all tokens, normalized.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.models.json_files import read_json, read_object

__all__ = ["POOLING_FILES", "Pooling", "pool", "read_pooling"]

MODULES, POOLING, SENTENCES = "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"
POOLING_FILES = (MODULES, POOLING, SENTENCES)
WAYS: dict[str, Literal["mean", "first"]] = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "first",
}
STEPS = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class Pooling:
    """The mean of a text's tokens or its first one, and whether its length is made 1.

    `longest`: how many tokens a text may have, where the files say so.
    """

    way: Literal["mean", "first"] = "mean"
    normalized: bool = True
    longest: int | None = None


def read_pooling(files: Mapping[str, Path]) -> Pooling:
    """What the files say; AssetError where they ask for steps that are not known here."""
    longest = read_object(files[SENTENCES]).get("max_seq_length") if SENTENCES in files else None
    longest = longest if isinstance(longest, int) and longest > 0 else None
    normalized = True
    if MODULES in files:
        steps = [str(step.get("type", "")).rpartition(".")[2] for step in _list(files[MODULES])]
        odd = [step for step in steps if step not in STEPS]
        if odd:
            raise AssetError(
                f"modules.json asks for the step {odd[0]!r:.40}; known are {', '.join(STEPS)}"
            )
        normalized = "Normalize" in steps
    if POOLING not in files:
        return Pooling(normalized=normalized, longest=longest)
    config = read_object(files[POOLING])
    asked = [name for name, value in config.items() if name.startswith("pooling_mode_") and value]
    if len(asked) != 1 or asked[0] not in WAYS:
        raise AssetError(
            f"{POOLING} asks for {', '.join(asked) or 'no pooling'}; known are {', '.join(WAYS)}"
        )
    return Pooling(WAYS[asked[0]], normalized, longest)


def pool(states: Tensor, mask: Tensor | None, pooling: Pooling) -> Tensor:
    """One embedding a text [n, d] from its tokens' states [n, t, d]; `mask` [n, t] where they are.

    >>> states = torch.tensor([[[1.0], [3.0]], [[5.0], [9.0]]])
    >>> mask = torch.tensor([[True, True], [True, False]])
    >>> pool(states, mask, Pooling("mean", normalized=False)).tolist()
    [[2.0], [5.0]]
    """
    if pooling.way == "first":
        pooled = states[:, 0]
    elif mask is None:
        pooled = states.mean(1)
    else:
        there = mask[..., None].to(states)
        pooled = (states * there).sum(1) / there.sum(1)
    return torch.nn.functional.normalize(pooled, dim=-1) if pooling.normalized else pooled


def _list(path: Path) -> list[dict[str, Any]]:
    value = read_json(path)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise AssetError(f"{path.name} holds no list of steps")
    return value

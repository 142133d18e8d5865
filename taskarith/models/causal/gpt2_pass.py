"""GPT-2's forward pass by its operators alone, bit for bit the library's.

A small model's pass over few tokens is mostly what stands around the operators: calls of modules,
masks and caches made anew for every token, the last block of tokens nobody asks about. Here are the
same operators in the same order, on the weights that the network has at the time. Only in inference
mode and only for the library's own modules: `is_plain` says where, everything else goes the
library's way. On a GPU fewer rows may round otherwise. Knows no tokens and no heads.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding, layer_norm, scaled_dot_product_attention

from taskarith.models.library import import_transformers

__all__ = ["FEWEST", "Past", "is_plain", "states"]

# With fewer than five rows on a thread MKL sums in another order; from here on a row has the same
# bits in any company.
FEWEST = 8
ROOM = 32  # tokens: keys and values are moved to more room once in so many


class Past:
    """Keys and values of the tokens so far, of every block; empty at first, filled by `states`."""

    def __init__(self) -> None:
        self.seen = 0
        self._kept: dict[int, list[Tensor]] = {}

    def with_new(self, block: int, *new: Tensor) -> Sequence[Tensor]:
        """A block's keys and values [n, heads, seen + t, d] with those of t tokens behind them."""
        end = self.seen + new[0].shape[2]
        kept = self._kept.get(block, [])
        if not kept or kept[0].shape[2] < end:
            kept = self._kept[block] = self._moved(kept, new, end + ROOM)
        for buffer, tensor in zip(kept, new, strict=True):
            buffer[:, :, self.seen : end] = tensor
        return [buffer[:, :, :end] for buffer in kept]

    def _moved(self, kept: Sequence[Tensor], new: Sequence[Tensor], room: int) -> list[Tensor]:
        rows, heads, _, width = new[0].shape
        moved = [tensor.new_empty(rows, heads, room, width) for tensor in new]
        for buffer, before in zip(moved, kept, strict=False):
            buffer[:, :, : self.seen] = before[:, :, : self.seen]
        return moved


def is_plain(body: Any) -> bool:
    """Whether `states` computes what calling `body` would: a GPT-2 as the library builds it."""
    model, block, attention, mlp, conv = _classes()
    if not torch.is_inference_mode_enabled() or type(body) is not model or body.training:
        return False
    config = body.config
    if config._attn_implementation != "sdpa" or config.add_cross_attention:
        return False
    for layer in body.h:
        parts = (layer.attn.c_attn, layer.attn.c_proj, layer.mlp.c_fc, layer.mlp.c_proj)
        if (type(layer), type(layer.attn), type(layer.mlp)) != (block, attention, mlp):
            return False
        if any(type(part) is not conv for part in parts):
            return False
        if any(map(_is_watched, (layer, layer.attn, layer.mlp, layer.ln_1, layer.ln_2, *parts))):
            return False
    return not any(map(_is_watched, (body, body.wte, body.wpe, body.ln_f)))


def states(
    body: Any,
    ids: Tensor,
    *,
    there: Tensor | None = None,
    places: Tensor | None = None,
    past: Past | None = None,
    at: Tensor | None = None,
) -> Tensor:
    """The last states of tokens.

    Args:
        body: a network that `is_plain`.
        ids: int64 [n, t].
        there: which of the tokens so far are real, bool [n, past + t]; None: all.
        places: each token's place in its text, int64 [n, t]; None: 0, 1, 2 …
        past: of the tokens before them; theirs are added. None: there are none, nor later ones.
        at: numbers of the tokens that are asked about, in ids.flatten(); None: all.

    Returns:
        float32 [n·t, d], or [len(at), d].
    """
    rows, length = ids.shape
    if places is None:
        places = torch.arange(length, device=ids.device)[None]
    x = embedding(ids, body.wte.weight) + embedding(places, body.wpe.weight)
    x = x.view(rows * length, -1)
    mask = None if there is None else _mask(there, length)
    blocks, enough = list(body.h), FEWEST * torch.get_num_threads()
    for number, block in enumerate(blocks):
        attention = block.attn
        states_in = _normed(x, block.ln_1)
        parts = _times(states_in, attention.c_attn).view(rows, length, -1)
        heads = (rows, length, -1, attention.head_dim)
        query, key, value = (
            part.view(heads).transpose(1, 2) for part in parts.split(attention.split_size, dim=2)
        )
        if past is not None:
            key, value = past.with_new(number, key, value)
        mixed = scaled_dot_product_attention(
            query, key, value, attn_mask=mask, scale=attention.scaling,
            is_causal=mask is None and length > 1,
        )  # fmt: skip
        mixed = mixed.transpose(1, 2).reshape(rows * length, -1)
        if at is not None and number + 1 == len(blocks) and len(at) >= enough:
            # Nothing looks at the others any more: what follows is each token's own.
            mixed, x, at = mixed[at], x[at], None
        x = _times(mixed, attention.c_proj) + x
        inner = block.mlp.act(_times(_normed(x, block.ln_2), block.mlp.c_fc))
        x = x + _times(inner, block.mlp.c_proj)
    x = _normed(x, body.ln_f)
    if past is not None:
        past.seen += length
    return x if at is None else x[at]


def _mask(there: Tensor, length: int) -> Tensor | None:
    """What each of the last `length` tokens looks at, bool [n, 1, length, all]; None: the usual."""
    every = there.shape[1]
    if bool(there.all()):
        return None
    before = torch.ones(length, every, dtype=torch.bool, device=there.device)
    return there[:, None, None] & before.tril(every - length)


def _normed(x: Tensor, layer: Any) -> Tensor:
    return layer_norm(x, layer.normalized_shape, layer.weight, layer.bias, layer.eps)


def _times(x: Tensor, layer: Any) -> Tensor:
    return torch.addmm(layer.bias, x, layer.weight)


def _is_watched(module: Any) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)


@lru_cache(maxsize=1)
def _classes() -> tuple[Any, ...]:
    transformers = import_transformers()
    gpt2 = transformers.models.gpt2.modeling_gpt2
    conv = transformers.pytorch_utils.Conv1D
    return gpt2.GPT2Model, gpt2.GPT2Block, gpt2.GPT2Attention, gpt2.GPT2MLP, conv

"""The forward pass of an open_clip vision tower, less what its answer never reads.

A CLIP's answer is read off one token, the class token. So the last block needs keys and values of
all tokens, but query, output projection and MLP of that one only: of the mini suite's four blocks
this saves a fifth of the arithmetic, of twelve a sixteenth. Linear layers take the quicker route of
`token_linear`. Knows open_clip's modules by their attributes; nothing of pixels' normalization or
of heads.
"""

from typing import Any

from torch import Tensor, cat
from torch.nn.functional import linear, scaled_dot_product_attention

from taskarith.models.token_linear import token_linear

__all__ = ["encode_class_token"]


def encode_class_token(visual: Any, pixels: Tensor) -> Tensor:
    """What `visual(pixels)` gives, up to rounding: embeddings [n, d], not normalized.

    Args:
        visual: a tower that `clip.is_read_off_class_token` accepts, in evaluation mode.
        pixels: normalized, [n, 3, side, side].
    """
    tokens = visual.conv1(pixels).flatten(2).transpose(1, 2)  # [n, patches, width]
    first = visual.class_embedding.expand(len(tokens), 1, -1)
    tokens = visual.ln_pre(cat([first, tokens], dim=1) + visual.positional_embedding)
    *blocks, last = visual.transformer.resblocks
    for block in blocks:
        tokens = _all_tokens(block, tokens)
    return visual.ln_post(_class_token(last, tokens)) @ visual.proj


def _all_tokens(block: Any, tokens: Tensor) -> Tensor:
    """What `block` makes of tokens [n, t, width]."""
    attention = block.attn
    together = token_linear(block.ln_1(tokens), attention.in_proj_weight, attention.in_proj_bias)
    mixed = _attended(block, *together.chunk(3, dim=-1))
    out = token_linear(mixed, attention.out_proj.weight, attention.out_proj.bias)
    tokens = tokens + block.ls_1(out)
    mlp = block.mlp
    inner = mlp.gelu(token_linear(block.ln_2(tokens), mlp.c_fc.weight, mlp.c_fc.bias))
    return tokens + block.ls_2(token_linear(inner, mlp.c_proj.weight, mlp.c_proj.bias))


def _class_token(block: Any, tokens: Tensor) -> Tensor:
    """The first token [n, width] of what `block` makes of tokens [n, t, width]."""
    normed = block.ln_1(tokens)
    weight, bias = block.attn.in_proj_weight, block.attn.in_proj_bias
    width = tokens.shape[-1]
    query = linear(normed[:, :1], weight[:width], bias[:width])
    key, value = token_linear(normed, weight[width:], bias[width:]).chunk(2, dim=-1)
    attended = block.attn.out_proj(_attended(block, query, key, value).squeeze(1))
    token = tokens[:, 0] + block.ls_1(attended)
    answer: Tensor = token + block.ls_2(block.mlp(block.ln_2(token)))
    return answer


def _attended(block: Any, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Values mixed by how well their keys answer each query: [n, queries, width]."""

    def by_head(part: Tensor) -> Tensor:
        return part.unflatten(-1, (block.attn.num_heads, -1)).transpose(1, 2)

    mixed = scaled_dot_product_attention(by_head(query), by_head(key), by_head(value))
    return mixed.transpose(1, 2).flatten(2)

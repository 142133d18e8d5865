"""A CLIP of two plain transformers, without the library that most are built by.

Importing open_clip takes longer than everything else between starting the app and its first
measured point. The networks that suites of our own hold need none of what it offers beside them:
this one has its parameters' names and order, and runs the same operators on the same numbers, so
checkpoints fit either and answers are equal bit for bit (tests/models/clip/test_plain_network.py).
Knows nothing of files, texts or pixels' normalization.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, normalize

from taskarith.models.clip.shape import ClipShape, Tower

__all__ = ["PlainClip", "PlainVision"]


class PlainClip(nn.Module):
    """A vision and a text transformer with GELU, read off the class token and a text's last token.

    Without a state loaded into it its weights are of no value.

    Source: Radford et al., 2021 (CLIP), https://arxiv.org/abs/2103.00020.
    """

    attn_mask: Tensor

    def __init__(self, shape: ClipShape) -> None:
        super().__init__()
        self.visual = PlainVision(shape)
        self.transformer = _Transformer(shape.text)
        # No normal numbers and no triangle on the device "meta", where the network is built first
        # to compare its shapes: either imports torch's compiler, one more second.
        ids = torch.empty(shape.words, shape.text.width)
        self.token_embedding = nn.Embedding.from_pretrained(ids, freeze=False)
        self.positional_embedding = nn.Parameter(torch.empty(shape.context, shape.text.width))
        self.ln_final = _LayerNorm(shape.text.width)
        self.text_projection = nn.Parameter(torch.empty(shape.text.width, shape.embed))
        self.logit_scale = nn.Parameter(torch.empty(()))
        later = torch.full((shape.context, shape.context), -torch.inf, device="cpu").triu(1)
        self.register_buffer("attn_mask", later, persistent=False)

    def forward(self, pixels: Tensor) -> tuple[Tensor, None, Tensor]:
        """What open_clip's network gives without texts: embeddings of length 1 and the scale."""
        return self.encode_image(pixels, normalize=True), None, self.logit_scale.exp()

    def encode_image(self, pixels: Tensor, normalize: bool = False) -> Tensor:
        """Embeddings [n, embed] of normalized pixels [n, 3, side, side]."""
        return _of_length_1(self.visual(pixels), asked=normalize)

    def encode_text(self, tokens: Tensor, normalize: bool = False) -> Tensor:
        """Embeddings [n, embed] of token ids [n, context], each read at its highest id."""
        x = self.token_embedding(tokens) + self.positional_embedding
        x = self.ln_final(self.transformer(x, self.attn_mask))
        last = x[torch.arange(len(x), device=x.device), tokens.argmax(dim=-1)]
        return _of_length_1(last @ self.text_projection, asked=normalize)


class PlainVision(nn.Module):
    """The vision tower: a ViT whose answer is its class token.

    Source: Dosovitskiy et al., 2020 (ViT), https://arxiv.org/abs/2010.11929.
    """

    def __init__(self, shape: ClipShape) -> None:
        super().__init__()
        width, patches = shape.vision.width, (shape.side // shape.patch) ** 2
        self.image_size = (shape.side, shape.side)
        self.conv1 = nn.Conv2d(3, width, shape.patch, stride=shape.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.empty(width))
        self.positional_embedding = nn.Parameter(torch.empty(patches + 1, width))
        self.ln_pre = _LayerNorm(width)
        self.transformer = _Transformer(shape.vision)
        self.ln_post = _LayerNorm(width)
        self.proj = nn.Parameter(torch.empty(width, shape.embed))

    def forward(self, pixels: Tensor) -> Tensor:
        """Embeddings [n, embed], not normalized, of pixels [n, 3, side, side]."""
        patches = self.conv1(pixels).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(len(patches), 1, -1).to(patches.dtype)
        x = torch.cat([first, patches], dim=1) + self.positional_embedding.to(patches.dtype)
        x = self.ln_post(self.transformer(self.ln_pre(x), None))
        embeddings: Tensor = x[:, 0] @ self.proj
        return embeddings


class _Transformer(nn.Module):
    def __init__(self, tower: Tower) -> None:
        super().__init__()
        self.resblocks = nn.ModuleList(_Block(tower) for _ in range(tower.layers))

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        for block in self.resblocks:
            x = block(x, mask)
        return x


class _Block(nn.Module):
    """Attention, then an MLP, each of normalized tokens and added to them."""

    def __init__(self, tower: Tower) -> None:
        super().__init__()
        self.ln_1 = _LayerNorm(tower.width)
        self.attn = nn.MultiheadAttention(tower.width, tower.heads, batch_first=True)
        self.ls_1 = nn.Identity()  # where open_clip may scale, and `tower.py` asks it to
        self.ln_2 = _LayerNorm(tower.width)
        self.mlp = nn.Sequential(
            OrderedDict(
                c_fc=nn.Linear(tower.width, tower.inner),
                gelu=nn.GELU(),
                c_proj=nn.Linear(tower.inner, tower.width),
            )
        )
        self.ls_2 = nn.Identity()

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        normed = self.ln_1(x)
        mask = None if mask is None else mask.to(normed.dtype)
        x = x + self.attn(normed, normed, normed, need_weights=False, attn_mask=mask)[0]
        out: Tensor = x + self.mlp(self.ln_2(x))
        return out


class _LayerNorm(nn.LayerNorm):
    """Gives back the dtype it is given, also under autocast."""

    def forward(self, x: Tensor) -> Tensor:
        normed = layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return normed.to(x.dtype)


def _of_length_1(features: Tensor, *, asked: bool) -> Tensor:
    return normalize(features, dim=-1) if asked else features

"""CLIP models built by transformers.

The same three verbs as `ClipModel`: pixels and texts to embeddings, and the vision tower's state.
The weights come from the caller, never through transformers' own loaders, and no code that a
repository may carry is ever run.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from taskarith.errors import AssetError
from taskarith.models.clip.dual_encoder import DualEncoder
from taskarith.models.clip.pixels import (
    PixelNormalizer,
    read_described,
    read_transformers_transform,
)
from taskarith.models.fitting import build_fitting
from taskarith.models.library import import_transformers
from taskarith.models.token_linear import with_token_linears
from taskarith.models.tokenizer import Tokenizer

__all__ = ["TransformersClip", "load_transformers_clip"]

CONTEXT_LENGTH = 77


class TransformersClip(DualEncoder):
    """A transformers CLIPModel with its tokenizer, ready to encode.

    Called with normalized pixels, its network gives a tuple whose first is the embeddings, as
    open_clip's does.
    """

    vision_prefix = "vision_model."

    def __init__(self, network: Any, tokenizer: Tokenizer, *, normalize: PixelNormalizer) -> None:
        super().__init__(
            network,
            tokenizer,
            normalize=normalize,
            image_size=int(network.config.vision_config.image_size),
        )
        with_token_linears(network.vision_model)

    @property
    def vision(self) -> Callable[[Tensor], Tensor]:
        """The vision tower: normalized pixels [n, 3, side, side] to embeddings [n, d]."""
        return lambda pixels: self.network(pixels)[0]

    @torch.inference_mode()
    def encode_images(self, pixels: Tensor) -> Tensor:
        """L2-normalized embeddings float32 [n, d] of uint8 pixels [n, side, side, 3]."""
        embeddings: Tensor = self.network(self.normalize(pixels))[0]
        return embeddings

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """L2-normalized embeddings float32 [len(texts), d]."""
        return self.text_features(texts)

    def text_features(self, texts: Sequence[str]) -> Tensor:
        """The same where gradients are wanted."""
        tokens = self.tokenizer(texts).to(self.device)
        pooled = self.network.text_model(input_ids=tokens).pooler_output
        return normalize(self.network.text_projection(pooled), dim=-1)


def load_transformers_clip(
    folder: Mapping[str, Path], state: Mapping[str, Tensor]
) -> TransformersClip:
    """A CLIP with the weights of `state`, computed in float32.

    `folder`: the repository's small files by name: `config.json`, the tokenizer's, and
    `preprocessor_config.json` or `processor_config.json` where there is one. Raises AssetError
    where they describe no CLIP, WeightsError where the weights do not fit; all names are listed.
    """
    transformers = import_transformers()
    described = read_described(folder, "config.json")
    if described.get("model_type") != "clip":
        raise AssetError(f"config.json describes a {described.get('model_type')!r}, not a clip")

    class Network(transformers.CLIPModel):  # type: ignore[name-defined]
        def forward(self, pixels: Tensor) -> tuple[Tensor]:
            pooled = self.vision_model(pixel_values=pixels).pooler_output
            return (normalize(self.visual_projection(pooled), dim=-1),)

    network = build_fitting(
        lambda: Network(transformers.CLIPConfig.from_dict(described)), state, config=described
    )
    length = int(network.config.text_config.max_position_embeddings)
    return TransformersClip(
        network,
        _HubTokenizer(_tokenizer(folder, transformers), length=min(length, CONTEXT_LENGTH)),
        normalize=PixelNormalizer.of(read_transformers_transform(folder)),
    )


class _HubTokenizer:
    """The repository's own tokenizer, padded with the end token to the whole context."""

    def __init__(self, tokenizer: Any, *, length: int) -> None:
        self._tokenizer = tokenizer
        self._length = length

    def __call__(self, texts: Sequence[str]) -> Tensor:
        encoded = self._tokenizer(
            list(texts),
            padding="max_length",
            truncation=True,
            max_length=self._length,
            return_tensors="pt",
        )
        tokens: Tensor = encoded["input_ids"]
        return tokens


def _tokenizer(folder: Mapping[str, Path], transformers: Any) -> Any:
    if not {"tokenizer.json"} & set(folder) and not {"vocab.json", "merges.txt"} <= set(folder):
        raise AssetError(
            "the base has no tokenizer: it needs tokenizer.json, or vocab.json with merges.txt"
        )
    place = next(iter(folder.values())).parent
    try:
        return transformers.CLIPTokenizer.from_pretrained(str(place), local_files_only=True)
    except Exception as error:  # whatever a library says to files it cannot use
        raise AssetError(
            "the base's tokenizer cannot be read: its files are damaged, or do not belong together"
        ) from error

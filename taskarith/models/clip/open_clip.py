"""CLIP models built by open_clip; the only module that imports it.

Knows how to turn pixels and texts into embeddings; knows nothing of tasks, heads or edits.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import normalize

from taskarith.errors import ExportError, MissingDependencyError
from taskarith.models.clip.dual_encoder import DualEncoder
from taskarith.models.clip.pixels import PixelNormalizer
from taskarith.models.clip.plain_network import PlainClip, PlainVision
from taskarith.models.clip.shape import ClipShape
from taskarith.models.clip.tower import encode_class_token
from taskarith.models.fitting import build_fitting
from taskarith.models.tokenizer import Tokenizer, WordTokenizer
from taskarith.models.torchvision_operators import declare_torchvision_operators

if TYPE_CHECKING:
    import open_clip

__all__ = [
    "VISION_PREFIX",
    "ClipModel",
    "build_clip",
    "import_open_clip",
    "is_read_off_class_token",
    "load_clip",
]

VISION_PREFIX = "visual."


class ClipModel(DualEncoder):
    """A network of open_clip, or a plain one of its layout, with its tokenizer, ready to encode."""

    vision_prefix = VISION_PREFIX

    def __init__(
        self,
        network: "open_clip.CLIP | PlainClip",
        tokenizer: Tokenizer,
        *,
        normalize: PixelNormalizer | None = None,
    ) -> None:
        super().__init__(
            network,
            tokenizer,
            normalize=normalize or PixelNormalizer(),
            image_size=int(network.visual.image_size[0]),
        )
        self._by_class_token = is_read_off_class_token(network.visual)

    @property
    def vision(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """The vision tower: normalized pixels [n, 3, side, side] to embeddings [n, d]."""
        tower: Callable[[torch.Tensor], torch.Tensor] = self.network.visual
        return tower

    @torch.inference_mode()
    def encode_images(self, pixels: torch.Tensor) -> torch.Tensor:
        """L2-normalized embeddings float32 [n, d] of uint8 pixels [n, side, side, 3]."""
        planes = self.normalize(pixels)
        if self._by_class_token:
            features = encode_class_token(self.network.visual, planes)
        else:
            features = self.network.encode_image(planes)
        return normalize(features, dim=-1)

    @torch.inference_mode()
    def encode_texts(self, texts: Sequence[str]) -> torch.Tensor:
        """L2-normalized embeddings float32 [len(texts), d]."""
        return self.text_features(texts)

    def text_features(self, texts: Sequence[str]) -> torch.Tensor:
        """The same where gradients are wanted."""
        tokens = self.tokenizer(texts).to(self.device)
        return self.network.encode_text(tokens, normalize=True)


def build_clip(config: Mapping[str, Any], vocabulary: Sequence[str]) -> ClipModel:
    """A CLIP with freshly initialized weights (draws from torch's global generator).

    Args:
        config: open_clip's model configuration (`embed_dim`, `vision_cfg`, `text_cfg`).
        vocabulary: the text tower's words; `text_cfg["vocab_size"]` must fit them.
    """
    open_clip = import_open_clip()
    tokenizer = WordTokenizer(vocabulary, context_length=int(config["text_cfg"]["context_length"]))
    network = open_clip.CLIP(
        embed_dim=config["embed_dim"],
        vision_cfg=dict(config["vision_cfg"]),
        text_cfg={**config["text_cfg"], "vocab_size": tokenizer.size},
    )
    return ClipModel(network, tokenizer)


def load_clip(
    config: Mapping[str, Any], state: Mapping[str, torch.Tensor], vocabulary: Sequence[str]
) -> ClipModel:
    """A CLIP with the weights of `state`, computed in float32; loads open_clip only where needed.

    Raises:
        AssetError: `config` asks for what no model has.
        WeightsError: names or shapes of `state` do not fit the configuration; all are listed.
    """
    tokenizer = WordTokenizer(vocabulary, context_length=int(config["text_cfg"]["context_length"]))
    config = {**config, "text_cfg": {**config["text_cfg"], "vocab_size": tokenizer.size}}
    plain = _plain_shape(config)
    network = build_fitting(
        lambda: PlainClip(plain) if plain else import_open_clip().CLIP(**config),
        state,
        config=config,
        strict=True,
    )
    return ClipModel(network, tokenizer)


def _plain_shape(config: Mapping[str, Any]) -> ClipShape | None:
    """The shape of a CLIP that `PlainClip` can be; None where open_clip must build it."""
    try:
        shape = ClipShape.from_open_clip(config)
    except ExportError:
        return None
    return shape if shape.activation == "gelu" else None


def is_read_off_class_token(visual: Any) -> bool:
    """Whether `visual` is a plain ViT whose answer is its class token, as published CLIPs' are."""
    if isinstance(visual, PlainVision):
        return True
    transformer = import_open_clip().transformer
    if type(visual) is not transformer.VisionTransformer:
        return False
    blocks = visual.transformer.resblocks
    return (
        visual.pool_type == "tok"
        and visual.attn_pool is None
        and visual.proj is not None
        and not visual.output_tokens
        and visual.transformer.batch_first
        and all(type(block) is transformer.ResidualAttentionBlock for block in blocks)
        and blocks[-1].attn.in_proj_weight is not None  # keys and values as wide as queries
    )


def import_open_clip() -> Any:
    """The library open_clip; MissingDependencyError where it is not installed."""
    declare_torchvision_operators()
    try:
        import open_clip
    except ImportError as error:
        raise MissingDependencyError(
            f"CLIP models need open_clip, which did not import ({error}). "
            'Install it with: pip install "open_clip_torch>=3.3"'
        ) from error
    return open_clip

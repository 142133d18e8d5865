"""The shape of a CLIP, read from one library's configuration and written as another's.

Only what both libraries can say is taken; a configuration that asks for more is refused by name.
Knows no weights and no tokenizer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from taskarith.errors import ExportError

__all__ = ["ClipShape", "Tower"]

Activation = Literal["gelu", "quick_gelu"]
PATCHES_MLP = 4.0  # both libraries' default ratio of a block's inner width
EPSILON = 1e-5  # of both libraries' layer norms
HEAD_WIDTH = 64  # open_clip's default
# What open_clip may be told beside a plain CLIP, and the values that make no difference.
PLAIN_VISION: dict[str, tuple[object, ...] | None] = {
    "ls_init_value": (None,), "patch_dropout": (0, 0.0), "attentional_pool": (False,),
    "attn_pooler_queries": None, "attn_pooler_heads": None, "no_ln_pre": (False,),
    "pos_embed_type": ("learnable",), "final_ln_after_pool": (False,), "pool_type": ("tok",),
    "output_tokens": (False,), "act_kwargs": (None, {}), "norm_kwargs": (None, {}),
    "block_type": (None,), "qk_norm": (False,), "scaled_cosine_attn": (False,),
    "scale_heads": (False,), "scale_attn_inner": (False,), "scale_attn": (False,),
    "scale_fc": (False,),
}  # fmt: skip
PLAIN_TEXT: dict[str, tuple[object, ...] | None] = {
    "ls_init_value": (None,), "embed_cls": (False,), "pad_id": None, "eos_id": None,
    "no_causal_mask": (False,), "final_ln_after_pool": (False,), "pool_type": ("argmax",),
    "proj_bias": (False,), "proj_type": ("linear",), "output_tokens": (False,),
    "act_kwargs": (None, {}), "norm_kwargs": (None, {}), "block_type": (None,),
    "qk_norm": (False,), "scaled_cosine_attn": (False,), "scale_heads": (False,),
    "scale_attn_inner": (False,), "scale_attn": (False,), "scale_fc": (False,),
    "hf_tokenizer_name": None, "tokenizer_kwargs": (None, {}),
}  # fmt: skip


@dataclass(frozen=True)
class Tower:
    """One transformer: width of its tokens, layers, heads, and the inner width of its blocks."""

    width: int
    layers: int
    heads: int
    inner: int


@dataclass(frozen=True)
class ClipShape:
    """Everything that both libraries must be told to build the same network.

    Attributes:
        side, patch: of the square pictures and of the squares they are cut into, in pixels.
        words, context: token ids there are, and how many make a text.
    """

    embed: int
    vision: Tower
    text: Tower
    side: int
    patch: int
    words: int
    context: int
    activation: Activation

    @classmethod
    def from_open_clip(cls, config: Mapping[str, Any]) -> "ClipShape":
        """The shape that open_clip's `model_cfg` describes; ExportError where it is no plain CLIP.

        >>> towers = {"width": 128, "layers": 2}
        >>> shape = ClipShape.from_open_clip({
        ...     "embed_dim": 64, "vision_cfg": {**towers, "image_size": 32, "patch_size": 8},
        ...     "text_cfg": {**towers, "heads": 4, "vocab_size": 100, "context_length": 16}})
        >>> shape.vision.heads, ClipShape.from_open_clip(shape.to_open_clip()) == shape
        (2, True)
        """
        vision, text = dict(config["vision_cfg"]), dict(config["text_cfg"])
        _refuse(config, {"quick_gelu": None, "custom_text": (False,)}, TOP, "the model")
        _refuse(vision, PLAIN_VISION, VISION, "the vision tower")
        _refuse(text, PLAIN_TEXT, TEXT, "the text tower")
        if isinstance(vision["layers"], list | tuple):
            raise ExportError("the vision tower is a ResNet, which transformers' CLIP is not")
        return cls(
            embed=config["embed_dim"],
            vision=_tower(vision, heads=vision["width"] // vision.get("head_width", HEAD_WIDTH)),
            text=_tower(text, heads=text["heads"]),
            side=_square(vision["image_size"]),
            patch=_square(vision["patch_size"]),
            words=text["vocab_size"],
            context=text["context_length"],
            activation="quick_gelu" if config.get("quick_gelu") else "gelu",
        )

    @classmethod
    def from_transformers(cls, config: Mapping[str, Any]) -> "ClipShape":
        """The shape that transformers' `config.json` of a CLIP describes, or ExportError."""
        vision = {**VISION_DEFAULTS, **(config.get("vision_config") or {})}
        text = {**TEXT_DEFAULTS, **(config.get("text_config") or {})}
        activations = {vision["hidden_act"], text["hidden_act"]}
        if len(activations) > 1 or not activations <= {"gelu", "quick_gelu"}:
            raise ExportError(
                f"its activations are {', '.join(sorted(activations))}; open_clip has gelu or "
                "quick_gelu, one for both towers. Export it for transformers"
            )
        if {vision["layer_norm_eps"], text["layer_norm_eps"]} != {EPSILON}:
            raise ExportError(
                f"its layer norms are not those of open_clip (eps {EPSILON}); export it for "
                "transformers"
            )
        return cls(
            embed=config.get("projection_dim", 512),
            vision=_their_tower(vision),
            text=_their_tower(text),
            side=vision["image_size"],
            patch=vision["patch_size"],
            words=text["vocab_size"],
            context=text["max_position_embeddings"],
            activation=activations.pop(),
        )

    def to_open_clip(self) -> dict[str, Any]:
        """The `model_cfg` that makes open_clip build it."""
        if self.vision.width % self.vision.heads:
            raise ExportError(f"{self.vision.heads} heads do not divide {self.vision.width}")
        return {
            "embed_dim": self.embed,
            "quick_gelu": self.activation == "quick_gelu",
            "vision_cfg": {
                "image_size": self.side,
                "patch_size": self.patch,
                "width": self.vision.width,
                "layers": self.vision.layers,
                "head_width": self.vision.width // self.vision.heads,
                "mlp_ratio": self.vision.inner / self.vision.width,
            },
            "text_cfg": {
                "context_length": self.context,
                "vocab_size": self.words,
                "width": self.text.width,
                "heads": self.text.heads,
                "layers": self.text.layers,
                "mlp_ratio": self.text.inner / self.text.width,
            },
        }

    def to_transformers(self) -> dict[str, Any]:
        """The `config.json` that makes transformers build it; the last token id ends a text."""
        shared = {"hidden_act": self.activation, "projection_dim": self.embed}
        return {
            "architectures": ["CLIPModel"],
            "model_type": "clip",
            "projection_dim": self.embed,
            "vision_config": {
                **_to_theirs(self.vision),
                **shared,
                "model_type": "clip_vision_model",
                "image_size": self.side,
                "patch_size": self.patch,
            },
            "text_config": {
                **_to_theirs(self.text),
                **shared,
                "model_type": "clip_text_model",
                "vocab_size": self.words,
                "max_position_embeddings": self.context,
                "bos_token_id": self.words - 2,
                "eos_token_id": self.words - 1,
                "pad_token_id": self.words - 1,
            },
        }


TOP = {"embed_dim", "vision_cfg", "text_cfg"}
VISION = {"image_size", "patch_size", "width", "layers", "head_width", "mlp_ratio"}
TEXT = {"context_length", "vocab_size", "width", "heads", "layers", "mlp_ratio"}
VISION_DEFAULTS: dict[str, Any] = {
    "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
    "num_attention_heads": 12, "image_size": 224, "patch_size": 32, "hidden_act": "quick_gelu",
    "layer_norm_eps": EPSILON,
}  # fmt: skip
TEXT_DEFAULTS: dict[str, Any] = {
    "hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12,
    "num_attention_heads": 8, "max_position_embeddings": 77, "vocab_size": 49408,
    "hidden_act": "quick_gelu", "layer_norm_eps": EPSILON,
}  # fmt: skip


def _refuse(found: Mapping[str, Any], plain: Mapping[str, Any], read: set[str], where: str) -> None:
    """Refuse keys that are not read and whose value is not one that changes nothing."""
    odd = [
        key
        for key, value in found.items()
        if key not in read
        and (key not in plain or (plain[key] is not None and value not in plain[key]))
    ]
    if odd:
        raise ExportError(
            f"{where} has {', '.join(sorted(odd))}, which transformers' CLIP does not have; export "
            "it for open_clip"
        )


def _tower(config: Mapping[str, Any], *, heads: int) -> Tower:
    ratio = config.get("mlp_ratio", PATCHES_MLP)
    return Tower(config["width"], config["layers"], heads, int(config["width"] * ratio))


def _their_tower(config: Mapping[str, Any]) -> Tower:
    return Tower(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
    )


def _to_theirs(tower: Tower) -> dict[str, int]:
    return {
        "hidden_size": tower.width,
        "num_hidden_layers": tower.layers,
        "num_attention_heads": tower.heads,
        "intermediate_size": tower.inner,
    }


def _square(side: Any) -> int:
    sides = set(side) if isinstance(side, list | tuple) else {side}
    if len(sides) > 1:
        raise ExportError(f"it takes pictures of {side}; transformers' CLIP takes squares")
    return int(sides.pop())

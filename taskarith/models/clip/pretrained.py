"""OpenCLIP's published models: by (model name, pretrained tag), or by a repository's own files.

Knows which repository and which shape a name stands for; the weights come from the caller.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from taskarith.errors import AssetError, unknown_name
from taskarith.models.clip.open_clip import ClipModel, import_open_clip
from taskarith.models.clip.pixels import PixelNormalizer, open_clip_transform
from taskarith.models.fitting import build_fitting, check_config

__all__ = ["CONFIG", "described_model", "load_pretrained", "pretrained_repository"]

CONFIG = "open_clip_config.json"
FOREIGN = {
    "text_cfg": ("hf_model_name", "hf_tokenizer_name", "tokenizer_kwargs"),
    "vision_cfg": ("timm_model_name",),
}
USUAL = {
    "image_size": 224,
    "patch_size": 16,
    "width": 768,
}  # what OpenCLIP takes where none is said
MOST_POSITIONS = 100_000_000  # numbers in a table of positions; the largest models have a million


def pretrained_repository(model: str, tag: str) -> str:
    """The Hub repository of OpenCLIP's model `model` with the weights `tag`.

    Raises UnknownNameError where OpenCLIP knows no such pair, AssetError where the weights are not
    on the Hub.
    """
    pretrained = import_open_clip().pretrained
    known = pretrained.list_pretrained_tags_by_model(model)
    if tag not in known:
        raise (
            unknown_name("weights", tag, existing=known)
            if known
            else unknown_name("model", model, existing=import_open_clip().list_models())
        )
    repository = str(pretrained.get_pretrained_cfg(model, tag).get("hf_hub") or "").strip("/")
    if repository.count("/") != 1:
        raise AssetError(f"the weights {tag!r} of {model!r} are not on the Hub; choose other ones")
    return repository


def load_pretrained(
    state: Mapping[str, Tensor],
    *,
    folder: Mapping[str, Path],
    model: str | None = None,
    tag: str | None = None,
) -> ClipModel:
    """An OpenCLIP model with the weights of `state`.

    Its shape is that of OpenCLIP's `model` with the weights `tag`, or what `open_clip_config.json`
    in `folder` (names to paths) says. Raises AssetError or WeightsError.
    """
    open_clip = import_open_clip()
    config, preprocessing = described_model(folder, model=model, tag=tag)
    network = build_fitting(lambda: open_clip.CLIP(**config), state, config=config)
    length = int(config["text_cfg"].get("context_length", 77))
    normalize = PixelNormalizer.of(open_clip_transform(config, preprocessing))
    tokenizer = open_clip.SimpleTokenizer(context_length=length)
    return ClipModel(network, tokenizer, normalize=normalize)


def described_model(
    folder: Mapping[str, Path], *, model: str | None = None, tag: str | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """OpenCLIP's `model_cfg` and `preprocess_cfg`, by name or from the repository's own file.

    Arguments and errors are those of `load_pretrained`.
    """
    if model is None:
        return _described(folder)
    open_clip = import_open_clip()
    config = open_clip.get_model_config(model)
    preprocessing = open_clip.pretrained.get_pretrained_cfg(model, tag) if tag else {}
    if config is None:
        raise unknown_name("model", model, existing=open_clip.list_models())
    _check_readable(config)
    quick = preprocessing.get("quick_gelu", False) or config.get("quick_gelu", False)
    return {**config, "quick_gelu": quick}, preprocessing


def _described(folder: Mapping[str, Path]) -> tuple[dict[str, Any], dict[str, Any]]:
    if CONFIG not in folder:
        raise AssetError(f"the base has no {CONFIG}; name OpenCLIP's model and weights instead")
    try:
        data = json.loads(folder[CONFIG].read_text(encoding="utf-8"))
        config, preprocessing = dict(data["model_cfg"]), dict(data.get("preprocess_cfg") or {})
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise AssetError(
            f"{folder[CONFIG]} cannot be read: it is no JSON object with a model_cfg; get it again"
        ) from error
    odd = [part for part in FOREIGN if not isinstance(config.get(part), dict)]
    if odd:
        raise AssetError(f"{folder[CONFIG]} has no {odd[0]}, or one that is no object")
    _check_readable(config)
    _check_positions(config["vision_cfg"])
    return config, preprocessing


def _check_positions(vision: Mapping[str, Any]) -> None:
    """AssetError for a table of positions that nobody has: it is made before weights are seen."""
    check_config(vision)
    sizes = [vision.get(key, usual) for key, usual in USUAL.items()]
    flat = [[*size] if isinstance(size, list) else [size] for size in sizes]
    if not all(isinstance(n, int) and n > 0 for numbers in flat for n in numbers or [0]):
        raise AssetError(f"the configuration's {', '.join(USUAL)} are no sizes")
    image, patch, width = max(flat[0]), min(flat[1]), max(flat[2])
    if (image // patch) ** 2 * width > MOST_POSITIONS:
        raise AssetError(
            f"an image of {image} in patches of {patch}, each {width} wide, is more than any model "
            "takes"
        )


def _check_readable(config: Mapping[str, Any]) -> None:
    """AssetError for a tower or a tokenizer of another library, whose words would be others."""
    for part, keys in FOREIGN.items():
        tower = config.get(part)
        found = [key for key in keys if isinstance(tower, Mapping) and tower.get(key)]
        if found:
            what = "tokenizer" if "tokenizer" in found[0] else "tower"
            raise AssetError(
                f"its {what} comes from elsewhere ({part}.{found[0]}: "
                f"{config[part][found[0]]!s:.80}), which is not read; choose a model of OpenCLIP's "
                "own towers and words, as ViT-B-32"
            )

"""How a CLIP wants its pictures, as its own files say, and its input made of whole bytes.

What such a file asks for is done or refused, never passed over.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch

from taskarith.errors import AssetError
from taskarith.models.json_files import read_object
from taskarith.models.picture_transform import (
    OPENAI_MEAN,
    OPENAI_STD,
    Interpolation,
    PictureTransform,
    Resize,
)

__all__ = [
    "OPENAI_MEAN",
    "OPENAI_STD",
    "PixelNormalizer",
    "open_clip_transform",
    "read_described",
    "read_transformers_transform",
    "transformers_transform",
]

MAX_SIDE = 4096
# PIL's filters by their numbers, which transformers writes down.
FILTERS: tuple[Interpolation, ...] = (
    "nearest", "lanczos", "bilinear", "bicubic", "box", "hamming",
)  # fmt: skip


class PixelNormalizer:
    """Normalizes uint8 pixels on a device, as one multiply and one add on whole bytes."""

    def __init__(
        self,
        *,
        mean: Sequence[float] = OPENAI_MEAN,
        std: Sequence[float] = OPENAI_STD,
        white: float = 255,
    ) -> None:
        spread = torch.tensor(tuple(std), dtype=torch.float32)
        self._gain = 1 / (white * spread)
        self._shift = -torch.tensor(tuple(mean), dtype=torch.float32) / spread
        self._device = torch.device("cpu")

    @classmethod
    def of(cls, transform: PictureTransform) -> "PixelNormalizer":
        """The last step of `transform`."""
        return cls(mean=transform.mean, std=transform.std, white=transform.white)

    def to(self, device: torch.device) -> None:
        """Move to `device`, in place."""
        self._device = device
        self._gain, self._shift = self._gain.to(device), self._shift.to(device)

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """Network input float32 [n, 3, side, side] from uint8 pixels [n, side, side, 3]."""
        # On whole rows, as the bytes lie: half the time of going plane by plane.
        rows = pixels.to(self._device).flatten(2).float()
        side = rows.shape[1]
        # In place: half the time again, for fresh memory costs more than the arithmetic.
        torch.addcmul(self._shift.repeat(side), rows, self._gain.repeat(side), out=rows)
        return rows.view(pixels.shape).permute(0, 3, 1, 2)


def open_clip_transform(
    config: Mapping[str, Any], preprocessing: Mapping[str, Any]
) -> PictureTransform:
    """What open_clip's own transform for evaluation does; AssetError for what is not done here.

    Args:
        config: its `model_cfg`.
        preprocessing: its `preprocess_cfg`; what it does not say is as open_clip has it.

    >>> open_clip_transform({"vision_cfg": {"image_size": 224}}, {"resize_mode": "squash"}).resize
    'squash'
    """
    said = {key: value for key, value in preprocessing.items() if value is not None}
    where = "open_clip's preprocess_cfg"
    side = _edge(_vision(config, "vision_cfg"), "vision_cfg.image_size")
    if "size" in said:
        _check_side(_edge(said["size"], f"{where}: size"), side, f"{where}: size")
    resize = said.get("resize_mode", "shortest")
    if resize not in ("shortest", "longest", "squash"):
        raise AssetError(f"{where}: resize_mode {resize!r:.40} is not known here")
    if said.get("mode", "RGB") != "RGB":
        raise AssetError(f"{where}: mode {said['mode']!r:.40}; only RGB pictures are made")
    # "random" is about training: for evaluation open_clip takes bicubic then.
    bilinear = said.get("interpolation") == "bilinear"
    return PictureTransform(
        side,
        cast(Resize, resize),
        interpolation="bilinear" if bilinear else "bicubic",
        fill=_whole(said.get("fill_color", 0), f"{where}: fill_color", most=255),
        mean=_channels(said.get("mean"), OPENAI_MEAN, f"{where}: mean"),
        std=_channels(said.get("std"), OPENAI_STD, f"{where}: std", positive=True),
    )


def read_transformers_transform(folder: Mapping[str, Path]) -> PictureTransform:
    """What the files of a repository, by their names, say about pictures."""
    config = read_described(folder, "config.json")
    if "processor_config.json" in folder:  # transformers 5 writes the processors of both kinds here
        both = read_described(folder, "processor_config.json")
        if isinstance(both.get("image_processor"), dict):
            return transformers_transform(config, both["image_processor"])
    name = "preprocessor_config.json"
    return transformers_transform(config, read_described(folder, name) if name in folder else {})


def read_described(folder: Mapping[str, Path], name: str) -> dict[str, Any]:
    """The JSON object in a file of a base; AssetError where there is none."""
    if name not in folder:
        raise AssetError(f"the base has no {name}; give a repository of a transformers CLIP")
    return read_object(folder[name])


def transformers_transform(
    config: Mapping[str, Any], preprocessing: Mapping[str, Any]
) -> PictureTransform:
    """What transformers' image processor does; AssetError for what is not done here.

    Args:
        config: of `config.json`.
        preprocessing: of `preprocessor_config.json`; what it does not say is as CLIP's own
            processor has it, at the size that the network takes.

    >>> config = {"vision_config": {"image_size": 336}}
    >>> transformers_transform(config, {"size": {"height": 336, "width": 336}}).resize
    'squash'
    """
    said = {key: value for key, value in preprocessing.items() if value is not None}
    where = "preprocessor_config.json"
    side = _edge(_vision(config, "vision_config"), "vision_config.image_size")
    resize, size = _resized(said, side, where) if said.get("do_resize", True) else ("none", None)
    if said.get("do_center_crop", True):
        crop = _edge(said.get("crop_size", side), f"{where}: crop_size")
        _check_side(crop, side, f"{where}: crop_size")
    elif (resize, size or side) != ("squash", side):
        raise AssetError(
            f"{where}: without do_center_crop a picture becomes no square of {side} pixels, which "
            "the model takes"
        )
    number = said.get("resample", FILTERS.index("bicubic"))
    if isinstance(number, bool) or number not in range(len(FILTERS)):
        raise AssetError(f"{where}: resample {number!r:.40} is none of PIL's filters, 0 to 5")
    normal = said.get("do_normalize", True)
    scale = said.get("rescale_factor", 1 / 255) if said.get("do_rescale", True) else 1
    if not _is_number(scale) or scale <= 0:
        raise AssetError(f"{where}: rescale_factor {scale!r:.40} is no positive number")
    mean = _channels(said.get("image_mean"), OPENAI_MEAN, f"{where}: image_mean")
    std = _channels(said.get("image_std"), OPENAI_STD, f"{where}: image_std", positive=True)
    return PictureTransform(
        side,
        cast(Resize, resize),
        size=size,
        interpolation=FILTERS[number],
        white=1 / scale,
        mean=mean if normal else (0.0,) * 3,
        std=std if normal else (1.0,) * 3,
    )


def _resized(said: Mapping[str, Any], side: int, where: str) -> tuple[str, int | None]:
    """Which side of a picture becomes how long."""
    size = said.get("size", side)
    if isinstance(size, Mapping):
        given = {key: value for key, value in size.items() if value is not None}
        if set(given) == {"height", "width"}:
            edge = _edge([given["height"], given["width"]], f"{where}: size")
            return "squash", edge
        if set(given) != {"shortest_edge"}:
            raise AssetError(
                f"{where}: size {dict(size)!r:.80}; known are shortest_edge, or height and width"
            )
        size = given["shortest_edge"]
    elif isinstance(size, list):
        return "squash", _edge(size, f"{where}: size")
    edge = _edge(size, f"{where}: size")
    return "shortest", None if edge == side else edge


def _vision(config: Mapping[str, Any], part: str) -> Any:
    """The size of its pictures that a configuration states; 224 where it leaves that out."""
    vision = config.get(part)
    if not isinstance(vision, Mapping):
        raise AssetError(f"the base's configuration has no {part}; it describes no CLIP")
    return vision.get("image_size", 224)


def _edge(value: object, where: str) -> int:
    """A number of pixels, however it is written; AssetError for two that differ."""
    if isinstance(value, Mapping) and set(value) >= {"height", "width"}:
        value = [value["height"], value["width"]]
    if isinstance(value, list | tuple):
        if len(value) not in (1, 2) or len(set(map(str, value))) != 1:
            raise AssetError(f"{where}: {value!r:.60} is no square, and only squares are made")
        value = value[0]
    edge = _whole(value, where, most=MAX_SIDE)
    if edge < 1:
        raise AssetError(f"{where}: {edge} pixels")
    return edge


def _check_side(edge: int, side: int, where: str) -> None:
    if edge != side:
        raise AssetError(
            f"{where} is {edge}, but the model takes squares of {side} pixels; its files do not "
            "belong together"
        )


def _whole(value: object, where: str, *, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise AssetError(f"{where}: {value!r:.60} is no whole number up to {most}")
    return value


def _channels(
    value: object, usual: tuple[float, ...], where: str, *, positive: bool = False
) -> tuple[float, ...]:
    if value is None:
        return usual
    if (
        not isinstance(value, list | tuple)
        or len(value) != 3
        or not all(_is_number(part) and (part > 0 or not positive) for part in value)
    ):
        what = "positive numbers" if positive else "numbers"
        raise AssetError(f"{where}: {value!r:.80} must be three {what}")
    return tuple(map(float, value))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

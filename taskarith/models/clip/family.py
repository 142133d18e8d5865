"""The family of CLIPs: one model under the names of two libraries, open_clip and transformers.

Answers are read off pictures; heads are made of words by the text tower. What needs a library
imports it when it is asked.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from torch import Tensor

from taskarith.errors import AssetError
from taskarith.models.adapter_space import Side
from taskarith.models.clip.checkpoint import checkpoint_files, published_files
from taskarith.models.clip.layouts import (
    ClipLayout,
    ConvertedState,
    clip_layout,
    convert_vector,
)
from taskarith.models.clip.named import OpenClipName, open_clip_name
from taskarith.models.clip.open_clip import load_clip
from taskarith.models.clip.pixels import open_clip_transform, read_transformers_transform
from taskarith.models.clip.pretrained import (
    CONFIG,
    described_model,
    load_pretrained,
    pretrained_repository,
)
from taskarith.models.clip.transformers import load_transformers_clip
from taskarith.models.family import (
    VOCABULARY,
    BaseFiles,
    ExampleKind,
    Found,
    Kind,
    Model,
    Part,
)
from taskarith.models.json_files import read_json, read_object
from taskarith.models.layouts import LAYOUTS, Layout
from taskarith.models.picture_transform import PictureTransform

__all__ = ["CLIP"]

FUSED = ("in_proj_weight", "in_proj_bias")  # open_clip keeps q, k and v in one tensor
# In the vision tower, in either layout: its blocks, and what is their attention.
BLOCK = re.compile(r"(visual\.transformer\.resblocks|vision_model\.encoder\.layers)\.\d+\.")
ATTENTION = re.compile(r"\.(attn|self_attn)\.")


class _Clip:
    name = "clip"
    title = "a CLIP"
    examples: tuple[ExampleKind, ...] = ("images",)
    kinds: Mapping[str, Kind] = {
        "open_clip": Kind("open_clip", inside=True, named=True),
        "transformers": Kind("transformers", inside=False),
    }
    layouts: Mapping[str, Layout] = {name: LAYOUTS[name] for name in ("open_clip", "transformers")}
    description_files: tuple[str, ...] = ("config.json", CONFIG)
    pipeline = "zero-shot-image-classification"
    heads: tuple[str, ...] = ()

    def detect(self, files: Mapping[str, Path]) -> Found | None:
        try:
            if CONFIG in files:
                found = "open_clip", read_json(files[CONFIG])["model_cfg"]["vision_cfg"]
            else:
                found = "transformers", read_json(files["config.json"])["vision_config"]
        except (AssetError, KeyError, TypeError):
            return None
        return Found(found[0]) if isinstance(found[1], dict) else None

    def named(self, base: str) -> OpenClipName | None:
        return open_clip_name(base)

    def named_repository(self, base: BaseFiles) -> str:
        assert base.model is not None
        assert base.pretrained is not None
        return pretrained_repository(base.model, base.pretrained)

    def load(self, base: BaseFiles, state: Mapping[str, Tensor]) -> Model:
        if base.kind == "transformers":
            return load_transformers_clip(base.files, state)
        if VOCABULARY in base.files:
            config, words = read_object(base.files["config.json"]), _words(base.files[VOCABULARY])
            try:
                return load_clip(config, state, words)
            except (KeyError, TypeError, ValueError) as error:
                raise AssetError(
                    "its configuration describes no CLIP: embed_dim, vision_cfg and text_cfg are "
                    "needed, as OpenCLIP has them"
                ) from error
        return load_pretrained(state, folder=base.files, model=base.model, tag=base.pretrained)

    def picture_transform(self, base: BaseFiles) -> PictureTransform:
        if base.kind == "transformers":
            return read_transformers_transform(base.files)
        if VOCABULARY in base.files:
            return open_clip_transform(read_object(base.files["config.json"]), {})
        names = {"model": base.model, "tag": base.pretrained}
        return open_clip_transform(*described_model(base.files, **names))

    def own_names(self, base: BaseFiles, names: Iterable[str]) -> Mapping[str, str]:
        return {name: name for name in names}

    def respelled(self, names: Iterable[str]) -> Mapping[str, str]:
        return {name: name for name in names}

    def aliases(self, base: BaseFiles) -> Mapping[str, str]:
        return {}

    def transposed(self, base: BaseFiles) -> Collection[str] | None:
        return None

    def vocabulary(self, shapes: Mapping[str, Sequence[int]]) -> int | None:
        return None

    def layout(self, names: Iterable[str]) -> str | None:
        return clip_layout(names)

    def converted(self, state: Mapping[str, Tensor], *, to: str) -> Mapping[str, Tensor]:
        return ConvertedState(state, to=cast(ClipLayout, to))

    def converted_vector(
        self, vector: Mapping[str, Tensor], *, base: Mapping[str, Tensor]
    ) -> Mapping[str, Tensor]:
        return convert_vector(vector, base=base)

    def fused(self, parameter: str) -> int:
        return 3 if parameter.endswith(FUSED) else 1

    def scaled(self, shapes: Mapping[str, Sequence[int]]) -> Mapping[str, Side]:
        """Nothing: queries, keys and values are one parameter, of no module of its own."""
        return {}

    def trained(self, shapes: Mapping[str, Sequence[int]], part: Part) -> list[str]:
        return [
            name
            for name, shape in shapes.items()
            if len(shape) == 2
            and BLOCK.match(name)
            and (part == "blocks" or ATTENTION.search(name))
        ]

    def checkpoint_files(self, base: BaseFiles, *, to: str) -> dict[str, bytes]:
        return checkpoint_files(base, to=cast(ClipLayout, to))

    def published_files(self, files: Mapping[str, Path], repository: str) -> dict[str, bytes]:
        return published_files(files, repository)

    def loading_code(self, layout: str, place: str, *, published: bool) -> Sequence[str]:
        if layout == "open_clip":
            place = f"{'hf-hub' if published else 'local-dir'}:{place}"
            return (
                "import open_clip",
                f'model, _, preprocess = open_clip.create_model_and_transforms("{place}")',
                f'tokenizer = open_clip.get_tokenizer("{place}")',
            )
        return (
            "from transformers import AutoTokenizer, CLIPModel",
            f'model = CLIPModel.from_pretrained("{place}")',
            f'tokenizer = AutoTokenizer.from_pretrained("{place}")',
        )


def _words(path: Path) -> list[str]:
    value = read_json(path)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise AssetError(f"its {path.name} must hold a list of words; get the file again")
    return value


CLIP = _Clip()

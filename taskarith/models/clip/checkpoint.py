"""What open_clip and transformers need beside a CLIP's weights: configuration, pixels, tokenizer.

Where the base comes from the same library, its own files are taken as they are. Knows bases and
their files, not what was done to the weights.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError, ExportError
from taskarith.models.clip.layouts import ClipLayout
from taskarith.models.clip.pixels import OPENAI_MEAN, OPENAI_STD
from taskarith.models.clip.pretrained import CONFIG, described_model
from taskarith.models.clip.shape import ClipShape
from taskarith.models.clip.tokenizer_files import TOKENIZER_FILES, byte_pair_files, word_level_files
from taskarith.models.family import VOCABULARY, BaseFiles
from taskarith.models.tokenizer import WordTokenizer

__all__ = ["checkpoint_files", "published_files"]

BYTE_PAIRS = 49_408  # token ids of CLIP's usual tokenizer, which open_clip has built in
# open_clip takes a tokenizer from a local folder wherever this name leads; a repository on the Hub
# must name itself here, which publishing does.
OWN_TOKENIZER = "this-folder"


def checkpoint_files(base: BaseFiles, *, to: ClipLayout) -> dict[str, bytes]:
    """The files by name that the library `to` needs to load the model, without the weights.

    Raises ExportError where the model is none that the library can build.
    """
    described = _described(base)
    return _for_open_clip(described) if to == "open_clip" else _for_transformers(described)


def published_files(files: Mapping[str, Path], repository: str) -> dict[str, bytes]:
    """The file that names a tokenizer: open_clip takes one of the Hub by its repository's name."""
    if CONFIG not in files:
        return {}
    text = files[CONFIG].read_text(encoding="utf-8")
    return {CONFIG: text.replace(json.dumps(OWN_TOKENIZER), json.dumps(repository)).encode()}


@dataclass(frozen=True)
class _Described:
    """A base by its own library's configuration; `tokenizer` are files, if it brought some."""

    library: ClipLayout
    config: Mapping[str, Any]
    pixels: Mapping[str, Any]
    tokenizer: Mapping[str, bytes]
    given: Mapping[str, bytes]


def _described(base: BaseFiles) -> _Described:
    files = base.files
    if VOCABULARY in files:
        config, words = _read_json(base, "config.json"), _read_json(base, VOCABULARY)
        context = int(config["text_cfg"]["context_length"])
        size = WordTokenizer(words, context_length=context).size
        config = {**config, "text_cfg": {**config["text_cfg"], "vocab_size": size}}
        return _Described("open_clip", config, {}, word_level_files(words, context=context), {})
    if base.kind == "transformers":
        given = {
            name: path.read_bytes()
            for name, path in files.items()
            if name in ("config.json", "preprocessor_config.json", *TOKENIZER_FILES)
        }
        pixels = json.loads(given.get("preprocessor_config.json", b"{}"))
        known = {k: pixels[f"image_{k}"] for k in ("mean", "std") if pixels.get(f"image_{k}")}
        tokenizer = {name: data for name, data in given.items() if name in TOKENIZER_FILES}
        return _Described("transformers", json.loads(given["config.json"]), known, tokenizer, given)
    config, pixels = described_model(files, model=base.model, tag=base.pretrained)
    given = {CONFIG: files[CONFIG].read_bytes()} if CONFIG in files else {}
    return _Described("open_clip", config, pixels, {}, given)


def _for_open_clip(base: _Described) -> dict[str, bytes]:
    if CONFIG in base.given:
        return dict(base.given)
    tokenizer: Mapping[str, bytes] = {}
    if base.library == "open_clip":
        config = dict(base.config)
        tokenizer = base.tokenizer
    else:
        shape = ClipShape.from_transformers(base.config)
        config = shape.to_open_clip()
        tokenizer = base.tokenizer if shape.words != BYTE_PAIRS else {}
    if tokenizer:
        text = {**config["text_cfg"], "hf_tokenizer_name": OWN_TOKENIZER}
        # As `WordTokenizer` and transformers' own do it: texts as they are, but for white space.
        config = {**config, "text_cfg": {**text, "tokenizer_kwargs": {"clean": "whitespace"}}}
    described = {"model_cfg": config, "preprocess_cfg": _pixels(base)}
    return {CONFIG: _json(described), **tokenizer}


def _for_transformers(base: _Described) -> dict[str, bytes]:
    if base.library == "transformers":
        return dict(base.given)
    shape = ClipShape.from_open_clip(base.config)
    config = shape.to_transformers()
    tokenizer = base.tokenizer
    if tokenizer:
        config["text_config"] |= {"bos_token_id": 1, "pad_token_id": 0}
    elif shape.words == BYTE_PAIRS:
        tokenizer = byte_pair_files(context=shape.context)
    else:
        raise ExportError(
            f"its tokenizer has {shape.words} ids and came in no file that transformers reads; "
            "export it for open_clip"
        )
    pixels = _pixels(base)
    processor = {
        "image_processor_type": "CLIPImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": shape.side},
        "resample": 3,  # bicubic
        "do_center_crop": True,
        "crop_size": {"height": shape.side, "width": shape.side},
        "do_rescale": True,
        "do_normalize": True,
        "image_mean": pixels["mean"],
        "image_std": pixels["std"],
        "do_convert_rgb": True,
    }
    return {
        "config.json": _json(config),
        "preprocessor_config.json": _json(processor),
        **tokenizer,
    }


def _pixels(base: _Described) -> dict[str, Any]:
    known = {key: list(base.pixels[key]) for key in ("mean", "std") if base.pixels.get(key)}
    return {"mean": list(OPENAI_MEAN), "std": list(OPENAI_STD), **known}


def _read_json(base: BaseFiles, name: str) -> Any:
    path = base.files[name]
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AssetError(f"{path.name} of the suite cannot be read: {error!s:.200}") from error


def _json(value: object) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode()

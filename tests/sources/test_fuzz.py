"""Whatever is in a file: weights, or an error of ours in words of ours, and nothing else."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from taskarith.errors import AssetError, TaskArithError, WeightsError
from taskarith.models.clip.pretrained import load_pretrained
from taskarith.sources import find_pulled, open_source, parse_reference, subtract, write_tensors
from taskarith.sources.adapter_config import parse_adapter_config
from taskarith.sources.shards import parse_index

BASE = {"layers.0.q.weight": torch.ones(6, 4), "layers.0.q.bias": torch.ones(6)}
ADAPTER = {
    "base_model.model.layers.0.q.lora_A.weight": torch.ones(2, 4),
    "base_model.model.layers.0.q.lora_B.weight": torch.ones(6, 2),
}
CONFIG = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "target_modules": ["q"]}
FOREIGN = re.compile(r"0x[0-9a-f]{6,}|object at|Traceback|Error\(|serde|deserializ|__\w+__\(\)")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=True)
    | st.sampled_from(["LORA", "IA3", "q", "hf-hub:evil/model", "(a+)+b", "", "true", "w", "../x"])
    | st.text(max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def assert_plain(error: TaskArithError) -> None:
    assert not FOREIGN.search(str(error)), str(error)
    assert len(str(error)) < 3_000


@given(
    st.dictionaries(
        st.sampled_from(
            [*CONFIG, "rank_pattern", "alpha_pattern", "use_dora", "use_rslora", "fan_in_fan_out",
             "bias", "init_lora_weights", "peft_version", "base_model_name_or_path", "x"]
        ),
        values,
        max_size=6,
    )
)  # fmt: skip
@settings(max_examples=200)
def test_any_adapter_configuration(change: dict[str, Any]) -> None:
    try:
        config = parse_adapter_config(CONFIG | change)
        config.scale("layers.0.q")
    except WeightsError as error:
        assert_plain(error)


@given(values | st.fixed_dictionaries({"weight_map": values}))
@settings(max_examples=200)
def test_any_index(content: Any) -> None:
    try:
        named = parse_index(json.dumps(content).encode(), where="an index")
    except WeightsError as error:
        assert_plain(error)
        return
    assert all("/" not in shard and ".." not in shard.split("/") for shard in named.values())


@given(
    st.dictionaries(
        st.sampled_from(
            ["embed_dim", "vision_cfg", "text_cfg", "quick_gelu", "custom_text", "multimodal_cfg"]
        ),
        values
        | st.dictionaries(
            st.sampled_from(
                ["timm_model_name", "hf_model_name", "layers", "width", "image_size", "patch_size",
                 "heads", "context_length", "vocab_size", "mlp_ratio", "pos_embed_type"]
            ),
            values,
        ),
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_configuration_of_a_base(
    tmp_path_factory: pytest.TempPathFactory, config: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "open_clip_config.json"
    path.write_text(json.dumps({"model_cfg": config}))
    with pytest.raises((AssetError, WeightsError)) as raised:  # there are no weights for any
        load_pretrained({}, folder={path.name: path})
    assert_plain(raised.value)


@cache
def saved_bytes(folder: Path, kind: str) -> bytes:
    folder.mkdir(exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG))
    write_tensors(folder / "x.safetensors", ADAPTER if kind == "adapter" else BASE)
    torch.save({"model": BASE, "epoch": 3}, folder / "x.bin")
    suffix = "bin" if kind == "pickle" else "safetensors"
    return (folder / f"x.{suffix}").read_bytes()


@given(data=st.data(), kind=st.sampled_from(["adapter", "checkpoint", "pickle"]))
@settings(max_examples=200)
def test_any_damage_to_weights(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str
) -> None:
    root = tmp_path_factory.getbasetemp()
    content = bytearray(saved_bytes(root / f"clean-{kind}", kind))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    folder = root / f"fuzzed-{kind}"
    folder.mkdir(exist_ok=True)
    name = {
        "adapter": "adapter_model.safetensors",
        "checkpoint": "model.safetensors",
        "pickle": "pytorch_model.bin",
    }[kind]
    if kind == "adapter":
        (folder / "adapter_config.json").write_text(json.dumps(CONFIG))
    (folder / name).write_bytes(
        content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))]
    )
    try:
        vector = subtract(open_source(find_pulled(f"file:{folder}")), BASE).vector
    except TaskArithError as error:
        assert_plain(error)
        return
    assert set(vector) <= set(BASE)
    assert all(vector[name].shape == BASE[name].shape for name in vector)


@given(st.text(max_size=80) | st.from_regex(r"[a-z-]{1,8}:[\w./@:-]{0,30}", fullmatch=True))
@settings(max_examples=200)
def test_any_reference(text: str) -> None:
    try:
        parse_reference(text)
    except TaskArithError as error:
        assert_plain(error)

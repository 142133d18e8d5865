"""Adapters are materialized as the `peft` library itself merges them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from taskarith.core import TaskVector
from taskarith.errors import WeightsError
from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.sources import find_pulled, open_source, subtract, write_tensors
from taskarith.sources.adapter_config import parse_adapter_config

declare_torchvision_operators()  # peft imports transformers, which imports torchvision
peft = pytest.importorskip("peft", reason="needs peft: pip install peft")
Conv1D = pytest.importorskip("transformers.pytorch_utils").Conv1D


class Block(nn.Module):
    """Layers of each kind that an adapter can change."""

    def __init__(self) -> None:
        super().__init__()
        self.q_proj = nn.Linear(12, 12)
        self.v_proj = nn.Linear(12, 12, bias=False)
        self.fc1 = nn.Linear(12, 20)
        self.fc2 = nn.Linear(20, 12)


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 12, kernel_size=4, stride=4)
        self.words = nn.Embedding(30, 12)
        self.layers = nn.ModuleList([Block() for _ in range(2)])
        self.head = nn.Linear(12, 5)


def state_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


@pytest.fixture
def base() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return state_of(Model())


def saved(
    base: dict[str, Tensor],
    config: Any,
    folder: Path,
    *,
    seed: int = 1,
    of: Callable[[], nn.Module] = Model,
) -> dict[str, Tensor]:
    """Make an adapter with random weights, save it with peft, and give peft's merged weights."""
    model = of()
    model.load_state_dict(base)
    adapted = peft.get_peft_model(model, config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if parameter.requires_grad:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(
                    1 + 0.2 * noise if "ia3" in name or "magnitude" in name else 0.3 * noise
                )
    adapted.save_pretrained(str(folder))
    return state_of(adapted.merge_and_unload())


class TransposedBlock(nn.Module):
    """As GPT-2 has them: layers that keep their weight [in, out]."""

    def __init__(self) -> None:
        super().__init__()
        self.c_attn = Conv1D(36, 12)
        self.c_proj = Conv1D(12, 12)  # square: its shape does not tell which side is which


class TransposedModel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.h = nn.ModuleList([TransposedBlock() for _ in range(2)])


LORA: dict[str, dict[str, Any]] = {
    "plain": {"r": 4, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj"]},
    "rank-stabilized": {"r": 4, "lora_alpha": 6, "use_rslora": True, "target_modules": ["q_proj"]},
    "patterns": {
        "r": 2,
        "lora_alpha": 4,
        "target_modules": ["q_proj", "fc1", "fc2"],
        "rank_pattern": {"layers.0.fc1": 6, "q_proj": 3},
        "alpha_pattern": {r"^layers\.1\..*fc2": 10, "layers.0.q_proj": 1},
    },
    "pattern and rank-stabilized": {
        "r": 2,
        "use_rslora": True,
        "target_modules": ["fc1"],
        "rank_pattern": {"layers.1.fc1": 5},
    },
    "biases": {"r": 2, "bias": "all", "target_modules": ["q_proj"]},
    "bias of B": {"r": 2, "lora_bias": True, "target_modules": ["q_proj", "fc1"]},
    "a whole layer beside": {"r": 2, "target_modules": ["q_proj"], "modules_to_save": ["head"]},
    "convolution": {"r": 3, "lora_alpha": 5, "target_modules": ["patch"]},
    "embedding": {"r": 3, "lora_alpha": 5, "target_modules": ["words"]},
    "DoRA": {"r": 4, "lora_alpha": 16, "use_dora": True, "target_modules": ["q_proj", "fc1"]},
    "all linear layers": {"r": 2, "target_modules": r".*\.(q_proj|v_proj|fc1|fc2)"},
}


@pytest.mark.parametrize("settings", LORA.values(), ids=list(LORA))
def test_lora_is_what_peft_merges(
    base: dict[str, Tensor], settings: dict[str, Any], tmp_path: Path
) -> None:
    merged = saved(base, peft.LoraConfig(**settings), tmp_path)
    vector = subtract(open_source(find_pulled(f"file:{tmp_path}")), base).vector
    changed = {name for name in base if not torch.equal(merged[name], base[name])}
    assert changed
    assert set(vector) == changed
    edited = vector.apply_to(base)
    for name, tensor in merged.items():
        torch.testing.assert_close(edited[name], tensor, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": ["q_proj", "v_proj"], "feedforward_modules": []},
        {"target_modules": ["q_proj", "fc1", "fc2"], "feedforward_modules": ["fc2"]},
    ],
)
def test_ia3_is_what_peft_merges(
    base: dict[str, Tensor], settings: dict[str, Any], tmp_path: Path
) -> None:
    merged = saved(base, peft.IA3Config(**settings), tmp_path)
    vector = subtract(open_source(find_pulled(f"file:{tmp_path}")), base).vector
    edited = vector.apply_to(base)
    for name, tensor in merged.items():
        torch.testing.assert_close(edited[name], tensor, rtol=1e-5, atol=1e-6)


TRANSPOSED = {
    "LoRA": lambda: peft.LoraConfig(
        r=3, lora_alpha=5, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True
    ),
    "(IA)³": lambda: peft.IA3Config(
        target_modules=["c_attn", "c_proj"], feedforward_modules=["c_proj"], fan_in_fan_out=True
    ),
}


@pytest.mark.parametrize("config", TRANSPOSED.values(), ids=list(TRANSPOSED))
def test_layers_that_keep_their_weight_the_other_way_round(
    config: Callable[[], Any], tmp_path: Path
) -> None:
    torch.manual_seed(0)
    start = state_of(TransposedModel())
    merged = saved(start, config(), tmp_path, of=TransposedModel)
    vector = subtract(open_source(find_pulled(f"file:{tmp_path}")), start).vector
    changed = {name for name in start if not torch.equal(merged[name], start[name])}
    assert changed >= {f"h.{i}.{part}.weight" for i in (0, 1) for part in ("c_attn", "c_proj")}
    assert set(vector) >= changed
    edited = vector.apply_to(start)
    for name, tensor in merged.items():
        torch.testing.assert_close(edited[name], tensor, rtol=1e-5, atol=1e-6)


class Attending(nn.Module):
    """As open_clip's blocks: q, k and v in one matrix of a module that has no `weight`."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList([nn.MultiheadAttention(12, 2) for _ in range(2)])


@pytest.mark.parametrize("prefix", ["", "visual."])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_lora_on_attention_with_one_matrix_for_q_k_and_v(prefix: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    start = state_of(Attending())
    config = peft.LoraConfig(r=3, lora_alpha=6, target_modules=r"blocks\.\d")
    merged = saved(start, config, tmp_path, of=Attending)
    base = {prefix + name: tensor for name, tensor in start.items()}
    vector = subtract(open_source(find_pulled(f"file:{tmp_path}")), base).vector
    weights = ("in_proj_weight", "out_proj.weight")
    assert set(vector) == {f"{prefix}blocks.{i}.{name}" for i in (0, 1) for name in weights}
    edited = vector.apply_to(base)
    for name, tensor in merged.items():
        torch.testing.assert_close(edited[prefix + name], tensor, rtol=1e-5, atol=1e-6)
    config_file = tmp_path / "adapter_config.json"
    described = json.loads(config_file.read_text())
    config_file.write_text(json.dumps(described | {"peft_version": "0.22.0"}))
    with pytest.raises(WeightsError, match=r"out_proj twice; what 0\.22\.0 does is not known"):
        subtract(open_source(find_pulled(f"file:{tmp_path}")), base)


def test_several_adapters_add_up_as_weighted_products(
    base: dict[str, Tensor], tmp_path: Path
) -> None:
    """Σ wᵢ·sᵢ·BᵢAᵢ exactly; PEFT's own "linear" mixes the factors and gives something else."""
    config = {"r": 2, "lora_alpha": 6, "target_modules": ["q_proj"]}
    weights = (0.7, -0.4, 0.3)
    total: TaskVector | int = 0
    expected: dict[str, Tensor] = {}
    for index, weight in enumerate(weights):
        folder = tmp_path / str(index)
        merged = saved(base, peft.LoraConfig(**config), folder, seed=index)
        vector = subtract(open_source(find_pulled(f"file:{folder}")), base).vector
        total = total + weight * vector
        for name in vector:
            difference = merged[name].double() - base[name].double()
            expected[name] = expected.get(name, 0) + weight * difference
    assert isinstance(total, TaskVector)
    for name, tensor in expected.items():
        torch.testing.assert_close(total[name], tensor.float(), rtol=1e-4, atol=1e-6)

    model = Model()
    model.load_state_dict(base)
    adapted = peft.PeftModel.from_pretrained(model, str(tmp_path / "0"), adapter_name="a0")
    for index in (1, 2):
        adapted.load_adapter(str(tmp_path / str(index)), adapter_name=f"a{index}")
    adapted.add_weighted_adapter(
        ["a0", "a1", "a2"], list(weights), "mix", combination_type="linear"
    )
    adapted.set_adapter("mix")
    mixed = state_of(adapted.merge_and_unload(adapter_names=["mix"]))
    name = "layers.0.q_proj.weight"
    assert not torch.allclose(mixed[name] - base[name], expected[name].float(), atol=1e-3)


def test_the_adapter_of_a_tower_fits_the_whole_model(
    base: dict[str, Tensor], tmp_path: Path
) -> None:
    """Trained on the tower alone, so its names lack the prefix that the whole model has."""
    saved(base, peft.LoraConfig(r=2, target_modules=["q_proj"]), tmp_path)
    contents = open_source(find_pulled(f"file:{tmp_path}"))
    alone = subtract(contents, base).vector
    whole = {f"vision_model.{name}": tensor for name, tensor in base.items()}
    whole["text_model.w"] = torch.ones(2)
    inside = subtract(contents, whole).vector
    assert {name.removeprefix("vision_model.") for name in inside} == set(alone)
    for name, tensor in alone.items():
        assert torch.equal(inside[f"vision_model.{name}"], tensor)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"peft_type": "LOHA"}, "LOHA"),
        ({"peft_type": "LORA", "r": 4, "init_lora_weights": "pissa"}, "pissa"),
        ({"peft_type": "LORA", "r": 4, "layer_replication": [[0, 2]]}, "layer_replication"),
        ({"peft_type": "LORA", "r": 4, "use_qalora": True}, "use_qalora"),
        ({"peft_type": "LORA", "r": 4, "tomorrows_setting": 1}, "tomorrows_setting"),
        ({"peft_type": "LORA", "r": "four"}, "four"),
        ({"peft_type": "LORA", "r": 4, "lora_alpha": None}, "None is no finite number"),
        ({"peft_type": "LORA", "r": 4, "lora_alpha": float("nan")}, "finite"),
        ({"peft_type": "LORA", "r": 4, "rank_pattern": {"(a+)+b": 2}}, "too intricate"),
        ({"peft_type": "LORA", "r": 4, "alpha_pattern": {"(a|a)*b": 2}}, "too intricate"),
        ({"peft_type": "LORA", "r": 4, "rank_pattern": {"[": 2}}, "too intricate"),
        ({"peft_type": "LORA", "r": 4, "rank_pattern": {"x": "two"}}, "two"),
        (
            {"peft_type": "LORA", "r": 4, "rank_pattern": {f"x{i}": 2 for i in range(2_001)}},
            "at most 2000",
        ),
        ([], "adapters of the kind"),
    ],
)
def test_what_is_not_known_is_refused_by_name(settings: Any, word: str) -> None:
    with pytest.raises(WeightsError, match=word.replace("(", r"\(")):
        parse_adapter_config(settings)


def adapter_folder(folder: Path, tensors: dict[str, Tensor], **settings: Any) -> Path:
    folder.mkdir(exist_ok=True)
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 2} | settings
    (folder / "adapter_config.json").write_text(json.dumps(config))
    write_tensors(folder / "adapter_model.safetensors", tensors)
    return folder


Q = "base_model.model.layers.0.q_proj"
GOOD = {f"{Q}.lora_A.weight": torch.ones(2, 12), f"{Q}.lora_B.weight": torch.ones(12, 2)}
BAD: dict[str, tuple[dict[str, Tensor], dict[str, Any], str]] = {
    "no tensors": ({}, {}, "no tensors"),
    "kohya's layout": (
        {"lora_unet_down.lora_down.weight": torch.ones(2, 12)},
        {},
        "no adapter as PEFT saves it: found 'lora_unet_down.lora_down.weight'",
    ),
    "plain weights": ({"layers.0.q_proj.weight": torch.ones(12, 12)}, {}, "no adapter as PEFT"),
    "only A": ({f"{Q}.lora_A.weight": torch.ones(2, 12)}, {}, "holds lora_A.weight"),
    "another rank": (GOOD, {"r": 3}, "should have rank 3"),
    "another rank by pattern": (GOOD, {"rank_pattern": {"q_proj": 4}}, "should have rank 4"),
    "factors that do not fit": (
        {**GOOD, f"{Q}.lora_B.weight": torch.ones(12, 3)},
        {},
        "do not fit",
    ),
    "another width": (
        {f"{Q}.lora_A.weight": torch.ones(2, 8), f"{Q}.lora_B.weight": torch.ones(8, 2)},
        {},
        "adapter of another model",
    ),
    "another model": (
        {name.replace("q_proj", "query"): tensor for name, tensor in GOOD.items()},
        {},
        "which the base has not",
    ),
    "DoRA without magnitudes": (GOOD, {"use_dora": True}, "has no magnitudes"),
    "an unknown part": ({**GOOD, f"{Q}.lora_C.weight": torch.ones(1)}, {}, "lora_C"),
    "IA3 in a LoRA": ({f"{Q}.ia3_l": torch.ones(12, 1)}, {}, "ia3_l"),
    "NaN": ({**GOOD, f"{Q}.lora_B.weight": torch.full((12, 2), torch.nan)}, {}, "NaN or Inf"),
    "overflow": (
        {name: 1e30 * tensor for name, tensor in GOOD.items()},
        {},
        "NaN or Inf",
    ),
}


@pytest.mark.parametrize(("tensors", "settings", "word"), BAD.values(), ids=list(BAD))
def test_a_bad_adapter_says_what_was_found(
    base: dict[str, Tensor],
    tensors: dict[str, Tensor],
    settings: dict[str, Any],
    word: str,
    tmp_path: Path,
) -> None:
    folder = adapter_folder(tmp_path / "adapter", tensors, **settings)
    with pytest.raises(WeightsError, match=word):
        subtract(open_source(find_pulled(f"file:{folder}")), base)


BARE: dict[str, tuple[str, list[str]]] = {
    "kohya": (
        "my_lora.safetensors",
        [
            f"lora_te_text_model_encoder_layers_0_self_attn_q_proj.{part}"
            for part in ("alpha", "lora_down.weight", "lora_up.weight")
        ],
    ),
    "LoKr": (
        "my_lokr.safetensors",
        [f"lycoris_q_proj.{x}" for x in ("alpha", "lokr_w1", "lokr_w2")],
    ),
    "diffusers": (
        "pytorch_lora_weights.safetensors",
        [f"unet.down_blocks.0.attn1.to_q.lora.{part}.weight" for part in ("down", "up")],
    ),
    "diffusers with PEFT inside": (
        "pytorch_lora_weights.safetensors",
        [f"transformer.blocks.0.attn.to_q.lora_{part}.weight" for part in "AB"],
    ),
    "PEFT": ("adapter_model.safetensors", list(GOOD)),
    "PEFT's older format": ("adapter_model.bin", list(GOOD)),
}


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize(("file", "names"), BARE.values(), ids=list(BARE))
def test_factors_without_a_configuration_are_said_to_be_that(
    file: str, names: list[str], named: bool, tmp_path: Path
) -> None:
    tensors = {name: torch.ones(2, 2) for name in names}
    if file.endswith(".bin"):
        torch.save(tensors, tmp_path / file)
    else:
        write_tensors(tmp_path / file, tensors)
    source = find_pulled(f"file:{tmp_path / file if named else tmp_path}")
    with pytest.raises(WeightsError) as raised:
        open_source(source)
    said = str(raised.value)
    assert f"is a bare LoRA file: {len(names)} tensors" in said
    assert names[-1] in said
    assert "needs its adapter_config.json" in said
    assert "merge it into a checkpoint" in said


def test_a_model_with_low_rank_parts_of_its_own_is_a_checkpoint(tmp_path: Path) -> None:
    state = {f"w{i}": torch.ones(2, 2) for i in range(4)} | {"w0.lora_A": torch.ones(1, 2)}
    write_tensors(tmp_path / "model.safetensors", state)
    assert open_source(find_pulled(f"file:{tmp_path}")).kind == "checkpoint"


def test_all_layers_with_nan_are_listed(base: dict[str, Tensor], tmp_path: Path) -> None:
    bad = {
        name.replace("layers.0", f"layers.{i}"): torch.full(tensor.shape, torch.nan)
        for i in (0, 1)
        for name, tensor in GOOD.items()
    }
    folder = adapter_folder(tmp_path / "adapter", bad)
    words = r"NaN or Inf in layers\.0\.q_proj\.weight, layers\.1\.q_proj\.weight"
    with pytest.raises(WeightsError, match=words):
        subtract(open_source(find_pulled(f"file:{folder}")), base)


def test_far_too_many_layers_and_patterns_are_refused(
    base: dict[str, Tensor], tmp_path: Path
) -> None:
    """Each layer would be looked up in each pattern."""
    parts = ("lora_A.weight", "lora_B.weight")
    names = [f"base_model.model.{'layer' * 10}{i}" for i in range(600)]
    tensors = {f"{name}.{part}": torch.ones(1) for name in names for part in parts}
    patterns = dict.fromkeys((f"l{i}" for i in range(1_700)), 2)
    folder = adapter_folder(tmp_path / "adapter", tensors, rank_pattern=patterns)
    with pytest.raises(WeightsError, match="600 layers and 1700 patterns"):
        subtract(open_source(find_pulled(f"file:{folder}")), base)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_configuration_is_refused(content: bytes, tmp_path: Path) -> None:
    folder = adapter_folder(tmp_path / "adapter", GOOD)
    (folder / "adapter_config.json").write_bytes(content)
    with pytest.raises(WeightsError, match="not valid JSON"):
        open_source(find_pulled(f"file:{folder}"))

"""Parameters beside a model's own: neutral they change no bit; moved they do what PEFT's do."""

from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.errors import WeightsError
from taskarith.models import adapter_space
from taskarith.models.adapter_space import attach, fold, neutral_scale, scale_name, scales_of
from taskarith.models.library import import_transformers
from taskarith.models.registry import describe, family_of
from tests.text_models import files_of, load_saved, new_network, write_words

AUTO = {"t5": "AutoModelForSeq2SeqLM", "gpt2": "AutoModelForCausalLM", "bert": "AutoModel"}
TEXTS = ["w1 w2 w3", "w4 w5 w6 w7 w8 w9", "w9"]
# What PEFT is told to scale of each, which is what the family says; gelu's second matrix alone.
TARGETS = {
    "t5": ["k", "v", "wo"],
    "gpt2": ["c_attn", "mlp.c_proj"],
    "bert": r".*\.(key|value)|.*layer\.\d+\.output\.dense",
}
INNER = {"t5": ["wo"], "gpt2": ["mlp.c_proj"], "bert": r".*layer\.\d+\.output\.dense"}


def saved(kind: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    new_network(AUTO[kind], kind).save_pretrained(folder)
    write_words(folder, ends="both" if kind == "bert" else "end" if kind == "t5" else "none")
    return folder


def scaled(folder: Path, model: Any) -> dict[str, Any]:
    shapes = {name: tuple(p.shape) for name, p in model.network.named_parameters()}
    return dict(family_of(describe(files_of(folder)).kind).scaled(shapes))


def neutral(model: Any, places: dict[str, Any], *, log: bool) -> dict[str, torch.Tensor]:
    return {
        scale_name(m, side, log=log): neutral_scale(model.network.get_submodule(m), side, log=log)
        for m, side in places.items()
    }


def outputs(model: Any) -> torch.Tensor:
    tokens = model.tokenize(TEXTS)
    with torch.no_grad():
        if hasattr(model, "embed"):
            return model.embed(tokens)  # type: ignore[no-any-return]
        labels = model.continuations(["w1", "w2 w3"])
        return model.label_logits(tokens, labels, normalized=False)  # type: ignore[no-any-return]


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("kind", sorted(AUTO))
def test_neutral_parameters_change_no_bit(kind: str, log: bool, tmp_path: Path) -> None:
    folder = saved(kind, tmp_path / kind)
    plain, beside = load_saved(folder), load_saved(folder)
    places = scaled(folder, plain)
    assert set(places.values()) == {"out", "in"}
    attach(beside, neutral(beside, places, log=log))
    attach(beside, neutral(beside, places, log=log))  # what is there stays
    assert torch.equal(outputs(beside), outputs(plain))


@pytest.mark.parametrize("kind", sorted(AUTO))
def test_scales_are_those_of_peft(kind: str, tmp_path: Path) -> None:
    folder = saved(kind, tmp_path / kind)
    import_transformers()
    import peft

    ours, theirs = load_saved(folder), load_saved(folder)
    places = scaled(folder, ours)
    attach(ours, neutral(ours, places, log=False))
    adapted = peft.get_peft_model(
        theirs.network,
        peft.IA3Config(target_modules=TARGETS[kind], feedforward_modules=INNER[kind]),
    )
    scales = {n: p for n, p in adapted.named_parameters() if "ia3_l" in n}
    assert len(scales) == len(places)
    parameters = dict(ours.network.named_parameters())
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for name, parameter in scales.items():
            values = 1 + 0.5 * torch.randn(parameter.numel(), generator=generator)
            parameter.copy_(values.view_as(parameter))
            module = name.removeprefix("base_model.model.").removesuffix(".ia3_l.default")
            parameters[scale_name(module, places[module], log=False)].copy_(values)
    theirs.network = adapted.base_model.model
    plain = outputs(load_saved(folder))
    torch.testing.assert_close(outputs(ours), outputs(theirs), rtol=1e-5, atol=1e-5)
    assert (outputs(ours) - plain).abs().max() > 0.01


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("kind", sorted(AUTO))
def test_folded_weights_give_what_scales_gave(kind: str, log: bool, tmp_path: Path) -> None:
    folder = saved(kind, tmp_path / kind)
    ours, folded = load_saved(folder), load_saved(folder)
    places = scaled(folder, ours)
    beside = neutral(ours, places, log=log)
    generator = torch.Generator().manual_seed(6)
    moved = {n: t + 0.3 * torch.randn(t.shape, generator=generator) for n, t in beside.items()}
    attach(ours, moved)
    own = dict(folded.network.named_parameters())
    assert set(scales_of(moved)) == set(places)
    with torch.no_grad():
        for module, names in scales_of(moved).items():
            for part in ("weight", "bias"):
                parameter = own.get(f"{module}.{part}")
                if parameter is not None:
                    scales = {name: moved[name] for name in names}
                    lies = kind == "gpt2"
                    parameter.copy_(fold(parameter, scales, transposed=lies, bias=part == "bias"))
    torch.testing.assert_close(outputs(folded), outputs(ours), rtol=1e-4, atol=1e-5)


def test_a_soft_prompt_of_words_reads_like_those_words(tmp_path: Path) -> None:
    folder = saved("t5", tmp_path / "t5")
    plain, prompted = load_saved(folder), load_saved(folder)
    words = plain.tokenizer.encode(["w7 w8"], special=False)[0]
    attach(prompted, {adapter_space.PROMPT: plain.network.shared.weight[words]})
    labels = plain.continuations(["w1", "w2 w3"])

    def after(model: Any, texts: list[str]) -> torch.Tensor:
        with torch.no_grad():
            tokens = model.tokenize(texts)
            return model.label_logits(tokens, labels, normalized=False)  # type: ignore[no-any-return]

    torch.testing.assert_close(
        after(prompted, TEXTS), after(plain, [f"w7 w8 {text}" for text in TEXTS])
    )
    said = prompted.generate(prompted.tokenize(TEXTS), most=3)
    assert said == plain.generate(plain.tokenize([f"w7 w8 {text}" for text in TEXTS]), most=3)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("encoder.block.9.k.ia3_out.scale", (32,)),
        ("encoder.block.0.layer.0.SelfAttention.k.ia3_out.scale", (31,)),
        ("encoder.block.0.layer.0.layer_norm.ia3_out.scale", (32,)),
        ("encoder.block.0.layer.0.SelfAttention.k.weight", (32, 32)),
        ("soft_prompt.vectors", (3, 31)),
    ],
)
def test_what_has_no_place_is_refused(name: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    model = load_saved(saved("t5", tmp_path / "t5"))
    with pytest.raises(WeightsError, match="has no place for"):
        attach(model, {name: torch.ones(shape)})


def test_one_kind_of_scale_and_prompts_where_they_are_read(tmp_path: Path) -> None:
    model = load_saved(saved("t5", tmp_path / "t5"))
    places = scaled(tmp_path / "t5", model)
    attach(model, neutral(model, places, log=False))
    with pytest.raises(WeightsError, match="one kind of scale"):
        attach(model, neutral(model, places, log=True))
    encoder = load_saved(saved("bert", tmp_path / "bert"))
    with pytest.raises(WeightsError, match="no place for soft_prompt"):
        attach(encoder, {adapter_space.PROMPT: torch.ones(2, 32)})

"""Adapters of language models are what the `peft` library itself merges, on tiny models."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from taskarith.errors import WeightsError
from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.sources import find_pulled, open_difference, open_source, subtract
from taskarith.sources.adapters import trained_beside

declare_torchvision_operators()  # peft imports transformers, which imports torchvision
peft = pytest.importorskip("peft", reason="needs peft: pip install peft")
transformers = pytest.importorskip("transformers")

WIDTH, WORDS = 8, 31
ENDS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}


def gpt2(kind: str = "GPT2LMHeadModel", **options: Any) -> nn.Module:
    config = transformers.GPT2Config(
        vocab_size=WORDS, n_positions=16, n_embd=WIDTH, n_layer=2, n_head=2, **ENDS, **options
    )
    return getattr(transformers, kind)(config)  # type: ignore[no-any-return]


def t5() -> nn.Module:
    config = transformers.T5Config(
        vocab_size=WORDS, d_model=WIDTH, d_kv=4, d_ff=16, num_layers=2, num_heads=2,
        feed_forward_proj="gated-gelu", decoder_start_token_id=0,
    )  # fmt: skip
    return transformers.T5ForConditionalGeneration(config)  # type: ignore[no-any-return]


def bert() -> nn.Module:
    config = transformers.BertConfig(
        vocab_size=WORDS, hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, num_labels=3,
    )  # fmt: skip
    return transformers.BertForSequenceClassification(config)  # type: ignore[no-any-return]


GPT2_TIES = {"lm_head.weight": "transformer.wte.weight"}
T5_TIES = {
    f"{other}.weight": "shared.weight"
    for other in ("encoder.embed_tokens", "decoder.embed_tokens", "lm_head")
}
KEPT_TURNED = {
    f"transformer.h.{i}.{layer}.weight"
    for i in (0, 1)
    for layer in ("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")
}


def of(model: nn.Module, ties: dict[str, str]) -> dict[str, Tensor]:
    """The state as a file holds it: tied tensors once."""
    state = model.state_dict()
    return {name: t.detach().clone() for name, t in state.items() if name not in ties}


def trained(model: nn.Module, config: Any, folder: Path) -> dict[str, Tensor]:
    """Adapt `model` with random numbers, save that with peft, and give what peft merges."""
    adapted = peft.get_peft_model(model, config)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if parameter.requires_grad:
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.copy_(
                    1 + 0.2 * noise if "ia3" in name or "magnitude" in name else 0.3 * noise
                )
    adapted.save_pretrained(str(folder))
    return {n: t.detach().clone() for n, t in adapted.merge_and_unload().state_dict().items()}


CASES: dict[str, tuple[Callable[[], nn.Module], dict[str, str], Callable[[], Any]]] = {
    "GPT-2, Conv1D": (
        gpt2,
        GPT2_TIES,
        lambda: peft.LoraConfig(r=3, lora_alpha=5, target_modules=["c_attn", "c_proj", "c_fc"]),
    ),
    "GPT-2, its square layers alone": (
        gpt2,
        GPT2_TIES,
        lambda: peft.LoraConfig(r=3, lora_alpha=5, target_modules=r".*attn\.c_proj"),
    ),
    "GPT-2, DoRA": (
        gpt2,
        GPT2_TIES,
        lambda: peft.LoraConfig(r=3, use_dora=True, target_modules=["c_attn", "c_proj"]),
    ),
    "GPT-2, tied words": (
        gpt2,
        GPT2_TIES,
        lambda: peft.LoraConfig(r=3, target_modules=["c_attn", "wte"]),
    ),
    "GPT-2, the tied output": (
        gpt2,
        GPT2_TIES,
        lambda: peft.LoraConfig(r=3, target_modules=["c_attn", "lm_head"]),
    ),
    "GPT-2, both": (
        gpt2,
        GPT2_TIES,
        lambda: peft.LoraConfig(r=3, target_modules=["wte", "lm_head"]),
    ),
    "GPT-2, (IA)³": (
        gpt2,
        GPT2_TIES,
        lambda: peft.IA3Config(
            target_modules=["c_attn", "mlp.c_proj"], feedforward_modules=["mlp.c_proj"]
        ),
    ),
    "T5, LoRA": (
        t5,
        T5_TIES,
        lambda: peft.LoraConfig(r=3, lora_alpha=16, target_modules=["q", "v", "wo"]),
    ),
    "T5, (IA)³": (
        t5,
        T5_TIES,
        lambda: peft.IA3Config(
            target_modules=["k", "v", "wi_1"], feedforward_modules=["wi_1"]
        ),
    ),
    "BERT, with its head": (
        bert,
        {},
        lambda: peft.LoraConfig(
            r=3, target_modules=["query", "value"], modules_to_save=["classifier"]
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("told", [False, True], ids=["", "told which are turned"])
@pytest.mark.parametrize(("make", "ties", "config"), CASES.values(), ids=list(CASES))
@pytest.mark.filterwarnings("ignore::UserWarning")  # peft's, on layers and ties
def test_an_adapter_is_what_peft_merges(
    make: Callable[[], nn.Module],
    ties: dict[str, str],
    config: Callable[[], Any],
    told: bool,
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    model = make()
    base = of(model, ties)
    merged = trained(model, config(), tmp_path)
    contents = open_source(find_pulled(f"file:{tmp_path}"))
    transposed = (KEPT_TURNED if make is gpt2 else set()) if told else None
    vector = subtract(contents, base, aliases=ties, transposed=transposed).vector
    assert set(vector) >= {n for n in base if not torch.equal(merged[n], base[n])}
    edited = vector.apply_to(base)
    for name, tensor in merged.items():
        torch.testing.assert_close(edited[ties.get(name, name)], tensor, rtol=1e-5, atol=1e-6)
    away = vector.apply_to(base, -1.0)  # as far the other way
    for name in base:
        torch.testing.assert_close(away[name], 2 * base[name] - merged[name], rtol=1e-4, atol=1e-5)
    lazy = open_difference(contents, base, aliases=ties, transposed=transposed)
    assert all(torch.equal(lazy[name], vector[name]) for name in vector)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_square_layers_of_a_model_of_both_kinds_need_the_models_word(tmp_path: Path) -> None:
    """With `lm_head`, a plain linear layer, PEFT writes down that nothing is turned."""
    torch.manual_seed(0)
    model = gpt2()
    base = of(model, GPT2_TIES)
    config = peft.LoraConfig(r=3, target_modules=["c_attn", "c_proj", "lm_head"])
    merged = trained(model, config, tmp_path)
    contents = open_source(find_pulled(f"file:{tmp_path}"))
    assert contents.adapter is not None
    assert not contents.adapter.transposed
    with pytest.raises(WeightsError, match=r"which way round .*attn\.c_proj"):
        subtract(contents, base, aliases=GPT2_TIES)
    vector = subtract(contents, base, aliases=GPT2_TIES, transposed=KEPT_TURNED).vector
    edited = vector.apply_to(base)
    for name in base:
        torch.testing.assert_close(edited[name], merged[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("saved", ["lm_head", "wte"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_adapter_that_unties_is_refused(saved: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = gpt2()
    base = of(model, GPT2_TIES)
    config = peft.LoraConfig(r=3, target_modules=["c_attn"], modules_to_save=[saved])
    trained(model, config, tmp_path)
    contents = open_source(find_pulled(f"file:{tmp_path}"))
    with pytest.raises(WeightsError, match=rf"holds \S*{saved}\.weight whole.*unties"):
        subtract(contents, base, aliases=GPT2_TIES)
    rest = subtract(contents, base, aliases=GPT2_TIES, exclude=[f"*{saved}.weight"]).vector
    assert set(rest) == {f"transformer.h.{i}.attn.c_attn.weight" for i in (0, 1)}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_tasks_own_head_is_left_to_its_task(tmp_path: Path) -> None:
    """A classifier on a language model's body: the base has no such head."""
    torch.manual_seed(0)
    base = of(gpt2(), GPT2_TIES)
    model = gpt2("GPT2ForSequenceClassification", num_labels=3)
    model.load_state_dict(base, strict=False)
    config = peft.LoraConfig(r=3, target_modules=["c_attn"], modules_to_save=["score"])
    merged = trained(model, config, tmp_path)
    contents = open_source(find_pulled(f"file:{tmp_path}"))
    with pytest.raises(WeightsError, match=r"changes score\.weight, which the base has not"):
        subtract(contents, base, aliases=GPT2_TIES)
    vector = subtract(contents, base, aliases=GPT2_TIES, exclude=["score.*"]).vector
    edited = vector.apply_to(base)
    for name in base:
        torch.testing.assert_close(edited[name], merged[name], rtol=1e-5, atol=1e-6)
    head = trained_beside(contents.state)
    assert list(head) == ["score.weight"]
    assert torch.equal(head["score.weight"], merged["score.weight"])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_adapter_of_the_body_fits_the_whole_model(tmp_path: Path) -> None:
    """`model.x` against `transformer.x`: what stands before the names is not compared."""
    torch.manual_seed(0)
    body = gpt2("GPT2Model")
    whole = {f"transformer.{name}": t for name, t in of(body, {}).items()}
    config = peft.LoraConfig(r=3, target_modules=["c_attn", "c_proj"])
    merged = trained(body, config, tmp_path)
    contents = open_source(find_pulled(f"file:{tmp_path}"))
    for prefix in ("transformer.", "model.", "base.model."):
        base = {prefix + n.removeprefix("transformer."): t for n, t in whole.items()}
        edited = subtract(contents, base).vector.apply_to(base)
        for name, tensor in merged.items():
            torch.testing.assert_close(edited[prefix + name], tensor, rtol=1e-5, atol=1e-6)

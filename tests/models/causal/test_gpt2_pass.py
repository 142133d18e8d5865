"""GPT-2's pass by its operators gives the library's bits, and stands back where it would not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from taskarith.models.causal.gpt2_pass import FEWEST, ROOM, Past, is_plain, states
from tests.text_models import CONTEXT, load_saved, new_network, write_words

LONG = [f"w{i} w{i + 1} w{i + 2} w{i % 7}" for i in range(10)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("gpt2")
    new_network("AutoModelForCausalLM", "gpt2").save_pretrained(folder)
    write_words(folder)
    return load_saved(folder)


def ids(rows: int, length: int) -> Tensor:
    return torch.randint(5, 60, (rows, length), generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def test_states_are_the_librarys_bit_for_bit_wherever_they_are_asked_for(model: Any) -> None:
    body, tokens = model.network.base_model, ids(9, 12)
    assert is_plain(body)
    theirs = body(input_ids=tokens).last_hidden_state.flatten(0, 1)
    assert torch.equal(states(body, tokens), theirs)
    for at in (torch.arange(FEWEST) * 7, torch.arange(3), torch.arange(5, 100)):
        assert torch.equal(states(body, tokens, at=at), theirs[at])


@torch.inference_mode()
def test_tokens_written_one_at_a_time_behind_filled_rows_are_too(model: Any) -> None:
    body, filled, past = model.network.base_model, torch.tensor([0, 2, 3, 0, 1, 0, 0, 2]), Past()
    length = 4
    there = torch.arange(length) >= filled[:, None]
    places = (there.cumsum(1) - 1).clamp(min=0)
    tokens, theirs = ids(8, length), None
    for step in range(CONTEXT - length):
        out = body(
            input_ids=tokens, attention_mask=there.long(), position_ids=places,
            past_key_values=theirs, use_cache=True,
        )  # fmt: skip
        theirs = out.past_key_values
        found = states(body, tokens, there=there, places=places, past=past)
        last = torch.arange(1, 9) * tokens.shape[1] - 1
        assert torch.equal(found[last], out.last_hidden_state[:, -1]), step
        tokens, places = (tokens[:, -1:] + step) % 60 + 5, places[:, -1:] + 1
        there = torch.cat([there, torch.ones(8, 1, dtype=torch.bool)], dim=1)
    assert past.seen == CONTEXT - 1 > ROOM  # so that more room was made on the way


def _hook(body: Any) -> None:
    body.h[1].mlp.register_forward_hook(lambda *_: None)


def _other_layer(body: Any) -> None:
    body.h[0].mlp.c_fc = nn.Linear(32, 128)


def _training(body: Any) -> None:
    body.train()


@pytest.mark.parametrize("change", [_hook, _other_layer, _training])
def test_what_is_changed_goes_the_librarys_way(
    tmp_path: Path, change: Callable[[Any], None]
) -> None:
    network = new_network("AutoModelForCausalLM", "gpt2").eval()
    body = network.base_model
    assert not is_plain(body)  # gradients may be wanted
    with torch.inference_mode():
        assert is_plain(body)
        change(body)
        assert not is_plain(body)


@torch.inference_mode()
def test_the_model_says_and_scores_the_same_by_either_way(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompts = model.tokenize(LONG)

    def answers() -> list[Any]:
        said = model.generate(prompts, most=9, temperature=1.0, seeds=range(10))
        rows = model.label_logits(prompts, [[5], [7]], normalized=False)
        return [said, rows.tolist(), model.losses(prompts).tolist()]

    found = answers()
    monkeypatch.setattr("taskarith.models.causal.model.is_plain", lambda body: False)
    assert found == answers()
    assert len({tuple(row) for row in found[0]}) > 1


def test_labels_are_cut_into_tokens_once(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = model.continuations(["w1", "w2 w3"])
    assert first == [[6], [7, 8]]
    first[0].append(0)  # a caller's list is its own
    monkeypatch.setattr(model.tokenizer, "encode", lambda *_, **__: pytest.fail("cut again"))
    assert model.continuations(["w1", "w2 w3"]) == [[6], [7, 8]]

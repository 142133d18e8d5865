import pytest
import torch

from taskarith.training import mini_lm, mini_t5
from taskarith.training.language_models import new_gpt2, new_t5
from taskarith.training.text_corpus import MIXTURE, documents
from taskarith.training.text_lessons import END, Pair, causal_logits, seq2seq_logits
from taskarith.worlds.texts import TEXT_FAMILIES
from taskarith.worlds.texts.splits import may_stand_in

PAIRS = [Pair([5, 6, 7], [8, END]), Pair([9], [10, 11, 12, END]), Pair([13, 14], [15])]


def _say(kind: str):
    torch.manual_seed(1)
    if kind == "causal":
        model = new_gpt2({**mini_lm.CONFIG, "n_embd": 16, "n_layer": 2, "n_head": 2}, None)
        return causal_logits, model.eval()
    config = {**mini_t5.CONFIG, "d_model": 16, "d_kv": 8, "d_ff": 16, "num_heads": 2}
    return seq2seq_logits, new_t5(config, None).eval()


@pytest.mark.parametrize("kind", ["causal", "seq2seq"])
def test_a_batch_says_what_its_pairs_say_alone(kind: str) -> None:
    say, model = _say(kind)
    with torch.no_grad():
        together = say(model, PAIRS)
        alone = torch.cat([say(model, [pair]).logits for pair in PAIRS])
    assert together.targets.tolist() == [token for pair in PAIRS for token in pair.target]
    assert torch.allclose(together.logits, alone, atol=1e-5)


def test_a_causal_model_does_not_see_what_it_should_say() -> None:
    say, model = _say("causal")
    with torch.no_grad():
        first = say(model, [Pair([5, 6], [7, 8])]).logits[0]
        other = say(model, [Pair([5, 6], [9, 8])]).logits[0]
    assert torch.equal(first, other)


def test_tasks_are_rare_in_what_is_read_and_running_text_is_of_the_training_split() -> None:
    readings = list(documents(3_000, seed=1))
    tasks = sum(bool(reading.prompt) for reading in readings)
    assert 0.05 < tasks / len(readings) < 0.12
    assert sum(MIXTURE.values()) == 90.0
    assert all(may_stand_in("train", r.text) for r in readings if not r.prompt)


def test_families_can_be_left_out_of_what_is_read() -> None:
    readings = list(documents(2_000, seed=1, families=["plus"]))
    asked = {reading.prompt for reading in readings if reading.prompt}
    assert asked
    phrasings = TEXT_FAMILIES["plus"].web_phrasings
    ends = tuple(phrasing.split("}")[-1] for phrasing in phrasings)
    assert all(prompt.endswith(ends) for prompt in asked)

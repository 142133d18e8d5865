"""Whatever a checkpoint is wrapped in, a suite's base gets the same vector from it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from taskarith.models.clip.layouts import ConvertedState
from taskarith.sources import find_pulled, open_source
from taskarith.suites.weights import vector_from
from tests.clips import tiny_transformers_clip

STATE = dict[str, Tensor]
WRAPPED: dict[str, Any] = {
    "bare": lambda state: state,
    "prefixes": lambda state: {f"module._orig_mod.{n}": t for n, t in state.items()},
    "net": lambda state: {"net": state, "optimizer": {"state": {0: {"exp_avg": torch.ones(4)}}}},
    "settings": lambda state: {"model": {"layers": 2}, "state_dict": state},
    "both": lambda state: {"model": {f"net.{n}": t for n, t in state.items()}, "epoch": 3},
    "behind a larger one": lambda state: {
        "teacher": {f"t.{i}": torch.ones(2, 2) for i in range(300)},
        "student": state,
    },
}


@pytest.fixture(scope="module")
def base() -> STATE:
    model = tiny_transformers_clip()
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


@pytest.mark.parametrize("layout", ["transformers", "open_clip"])
@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=list(WRAPPED))
def test_a_wrapped_checkpoint_gives_the_bare_ones_vector(
    base: STATE, wrap: Any, layout: str, tmp_path: Path
) -> None:
    tuned = {name: tensor + 0.01 for name, tensor in base.items()}
    state = tuned if layout == "transformers" else dict(ConvertedState(tuned, to="open_clip"))
    torch.save(wrap({n: t.contiguous() for n, t in state.items()}), tmp_path / "tuned.pt")
    found = vector_from(open_source(find_pulled(f"file:{tmp_path / 'tuned.pt'}")), base)
    assert set(found.vector) == set(base)
    for name, tensor in base.items():
        torch.testing.assert_close(found.vector[name], tuned[name] - tensor)

"""A configuration is somebody else's: what it asks for is bounded before anything is built."""

from typing import Any

import pytest
import torch
from torch import nn

from taskarith.errors import AssetError, WeightsError
from taskarith.models.fitting import build_fitting, check_config


def nested(depth: int) -> Any:
    return [] if not depth else [nested(depth - 1)]


HOSTILE: dict[str, tuple[Any, str]] = {
    "a width": ({"width": 10**12}, r"config\.width is 10+; no model has more than 1000000"),
    "infinite": ({"ratio": float("inf")}, "ratio is inf"),
    "not a number": ({"ratio": float("nan")}, "ratio is nan"),
    "layers": ({"a": {"num_hidden_layers": 10**6}}, r"config\.a\.num_hidden_layers is 1000000"),
    "layers in a list": ({"layers": [3, 4, 10**9, 6]}, "layers is 1000000000; no model has more"),
    "lists of lists": ({"depths": [[2, 2], [10**9]]}, "depths is 1000000000"),
    "blocks": ({"n_blocks": 201}, "no model has more than 200"),
    "many parts": ({str(i): {"layers": 200} for i in range(5)}, "more than 800 layers in all"),
    "far too many numbers": ({"sizes": [1] * 20_000}, "more than 10000 values"),
    "nested without end": ({"a": nested(90)}, "nested far deeper"),
}


@pytest.mark.parametrize(("config", "words"), HOSTILE.values(), ids=list(HOSTILE))
def test_absurd_numbers_are_refused_before_anything_is_built(config: Any, words: str) -> None:
    def build() -> nn.Module:
        raise AssertionError("it was built")

    with pytest.raises(AssetError, match=words):
        build_fitting(build, {}, config=config)


def test_ordinary_configurations_pass() -> None:
    check_config(
        {
            "vocab_size": 256_000,
            "layers": [3, 4, 23, 3],
            "num_hidden_layers": 48,
            "layer_norm_eps": 1e-5,
            "rope_theta": 500_000.0,
            "id2label": {str(i): f"n{i}" for i in range(1_000)},
            "tie": True,
            "dtype": None,
        }
    )


def test_a_librarys_error_is_put_into_words() -> None:
    def build() -> nn.Module:
        raise RuntimeError(f"bad thing at {object()!r}")

    with pytest.raises(AssetError) as raised:
        build_fitting(build, {}, config={})
    assert "the library cannot build a model of this configuration" in str(raised.value)
    assert "0x" not in str(raised.value)


def test_weights_that_do_not_fit_are_listed() -> None:
    state = {"weight": torch.ones(2, 3)}
    with pytest.raises(WeightsError, match=r"missing: bias; shape differs: weight \(\[2, 2\]"):
        build_fitting(lambda: nn.Linear(2, 2), state, config={})
    fits = {"weight": torch.ones(2, 2).half(), "bias": torch.ones(2), "more": torch.ones(1)}
    network = build_fitting(lambda: nn.Linear(2, 2), fits, config={})
    assert network.weight.tolist() == [[1, 1], [1, 1]]
    assert network.weight.dtype == torch.float32

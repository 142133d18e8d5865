"""Every way moves what it says, and gives weights under the base's names."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from taskarith.errors import SettingError, UnknownNameError
from taskarith.suites import Suite
from taskarith.training.ways.linearized import tangent_vision
from taskarith.training.ways.registry import WAYS, find_way
from taskarith.training.ways.way import Setup, checked_settings

OF_PICTURES = sorted(
    name for name, way in WAYS.items() if "images" in way.examples and not way.remakes_heads
)


@pytest.mark.parametrize("name", OF_PICTURES)
def test_a_way_starts_where_the_base_is_and_moves_what_it_says(
    name: str, tiny_suite: Suite
) -> None:
    way, model = WAYS[name], tiny_suite.model()
    settings = checked_settings(way, {})
    moving = way.start(model, tiny_suite.weights.family, setup=Setup(settings, seed=4))
    base = tiny_suite.base_state()
    for own, tensor in moving.weights().items():
        assert torch.equal(tensor, base[own])
    parameters = dict(model.network.named_parameters())
    for own in moving.trained:
        parameters[own].requires_grad_(True)
    split = tiny_suite.split("apples", "train")
    head = tiny_suite.class_weights("apples")
    pictures = model.normalize(split.pixels)  # type: ignore[attr-defined]
    loss = cross_entropy(model.vision(pictures) @ head.T, split.labels)
    loss.backward()
    with torch.no_grad():
        for own in moving.trained:
            assert parameters[own].grad is not None, own
            parameters[own] -= 0.1 * parameters[own].grad
    moved = {n for n, t in moving.weights().items() if not torch.equal(t, base[n])}
    assert moved
    assert all(name.startswith("visual.") for name in moved)
    assert moving.count == sum(parameters[own].numel() for own in moving.trained)


def test_the_tangent_is_the_network_at_its_start_and_linear_from_there(tiny_suite: Suite) -> None:
    model = tiny_suite.model()
    way = WAYS["linearized"]
    moving = way.start(model, tiny_suite.weights.family, setup=Setup({}))
    pictures = model.normalize(tiny_suite.split("apples", "train").pixels[:3])  # type: ignore[attr-defined]
    tangent, parameters = (
        tangent_vision(model, moving.trained),
        dict(model.network.named_parameters()),
    )
    start = {name: parameters[name].detach().clone() for name in moving.trained}
    torch.manual_seed(0)
    directions = {name: 0.3 * tensor.norm() * torch.randn_like(tensor) / tensor.numel() ** 0.5
                  for name, tensor in start.items()}  # fmt: skip

    def at(far: float) -> tuple[torch.Tensor, torch.Tensor]:
        with torch.no_grad():
            for name, tensor in start.items():
                parameters[name].copy_(tensor + far * directions[name])
        return tangent(pictures).detach(), model.vision(pictures).detach()

    (zero, plain), (one, bent), (two, _) = at(0.0), at(1.0), at(2.0)
    torch.testing.assert_close(zero, plain)
    torch.testing.assert_close(two - zero, 2 * (one - zero), rtol=1e-3, atol=1e-5)
    assert not torch.allclose(one, bent, rtol=1e-2)  # the network itself is not linear
    near, true = at(1e-3)
    torch.testing.assert_close(near - zero, true - plain, rtol=5e-2, atol=1e-5)


def test_ways_nest(tiny_suite: Suite) -> None:
    def moved(name: str) -> set[str]:
        family = tiny_suite.weights.family
        way = WAYS[name]
        settings = checked_settings(way, {})
        return set(way.start(tiny_suite.model(), family, setup=Setup(settings)).weights())

    assert moved("attention") < moved("blocks") < moved("full")
    assert moved("lora") == moved("blocks")
    assert not any(name.startswith("transformer.") for name in moved("full"))


def test_a_product_is_of_its_rank_in_each_fused_part(tiny_suite: Suite) -> None:
    model, family = tiny_suite.model(), tiny_suite.weights.family
    moving = WAYS["lora"].start(model, family, setup=Setup({"rank": 2.0}, seed=1))
    parameters = dict(model.network.named_parameters())
    with torch.no_grad():
        for own in moving.trained:
            parameters[own].copy_(torch.randn_like(parameters[own]))
    base = tiny_suite.base_state()
    for name, weight in moving.weights().items():
        for part in (weight - base[name]).chunk(family.fused(name)):
            assert torch.linalg.matrix_rank(part, rtol=1e-4) == 2


def test_the_same_seed_starts_alike(tiny_suite: Suite) -> None:
    def drawn(seed: int) -> torch.Tensor:
        model = tiny_suite.model()
        moving = WAYS["lora"].start(
            model, tiny_suite.weights.family, setup=Setup({"rank": 2.0}, seed=seed)
        )
        return dict(model.network.named_parameters())[moving.trained[0]].detach()

    assert torch.equal(drawn(5), drawn(5))
    assert not torch.equal(drawn(5), drawn(6))


def test_what_a_way_is_not_is_said(tiny_suite: Suite) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'lora'"):
        find_way("lara")
    with pytest.raises(SettingError, match="has no setting 'rnk'; it has rank"):
        checked_settings(WAYS["lora"], {"rnk": 2})
    with pytest.raises(SettingError, match="composed is 'both'; it is one of sum, product"):
        checked_settings(WAYS["ia3"], {"composed": "both"})
    setup = Setup(checked_settings(WAYS["ia3"], {}))
    with pytest.raises(SettingError, match=r"of their own in a CLIP; take LoRA"):
        WAYS["ia3"].start(tiny_suite.model(), tiny_suite.weights.family, setup=setup)
    with pytest.raises(SettingError, match="a whole number from 1 to 256"):
        checked_settings(WAYS["lora"], {"rank": "2.5"})
    with pytest.raises(SettingError, match="the smallest matrix"):
        WAYS["lora"].start(
            tiny_suite.model(), tiny_suite.weights.family, setup=Setup({"rank": 200.0})
        )

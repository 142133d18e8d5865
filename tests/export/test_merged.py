"""The weights of an edit, tensor by tensor, are those that the engine recomposes."""

import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from taskarith.core import METHODS, Edit
from taskarith.evaluation import Evaluator
from taskarith.export import merged as module
from taskarith.export.merged import merged_state
from taskarith.sources import LazyState
from taskarith.sources.lazy_state import Entry
from taskarith.suites import Suite

TWO = {"apples": 0.7, "birds": -0.4}
LAYERS = {"layers": {"apples": {"visual.transformer.resblocks.1": 0.5}}}


@pytest.mark.parametrize("method", [name for name in METHODS if not METHODS[name].needs_data])
def test_every_method(tiny_suite: Suite, method: str) -> None:
    settings = LAYERS if method == "sum" else {}
    edit = Edit("tiny", TWO | {"random:coins": 0.2} if method == "sum" else TWO, method, settings)
    evaluator = Evaluator(tiny_suite, device="cpu")
    evaluator.use(edit)
    live = dict(evaluator.model.network.named_parameters())
    state = merged_state(tiny_suite, edit)
    assert set(state) == set(live)
    for name in state:
        torch.testing.assert_close(state[name], live[name].detach(), rtol=0, atol=1e-6)


def test_without_terms_it_is_the_base_bit_for_bit(tiny_suite: Suite) -> None:
    state, base = merged_state(tiny_suite, Edit("tiny")), tiny_suite.base_state()
    assert all(torch.equal(state[name], base[name]) for name in base)


def test_a_sum_holds_one_tensor_of_each_side(tiny_suite: Suite) -> None:
    """Counted on tensors that are told apart: the base's, the vectors', the result's."""
    largest = max(tensor.numel() for tensor in tiny_suite.base_state().values())
    alive: list[weakref.ref[Tensor]] = []
    most = 0

    def watched(state: LazyState) -> LazyState:
        def read(entry: Entry) -> Callable[[], Tensor]:
            def count() -> Tensor:
                nonlocal most
                tensor = entry.read()
                alive.append(weakref.ref(tensor))
                numbers = sum(t.numel() for ref in alive if (t := ref()) is not None)
                most = max(most, numbers)
                return tensor

            return count

        entries = {n: Entry(e.shape, e.dtype, read(e)) for n, e in state.entries.items()}
        return LazyState(entries, where=state.where)

    weights = tiny_suite.weights
    vectors = {
        name: watched(weights.vector(name, base=weights.base()))
        for name in ("apples", "birds", "coins")
    }
    summed = module.summed(Edit("tiny", dict.fromkeys(vectors, 0.5)), vectors)
    for name in summed:
        assert summed[name] is not None
    assert len(alive) > len(vectors)
    assert most <= largest  # never two at a time

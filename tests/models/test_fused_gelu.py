"""GELU in one pass is the library's up to rounding, and the library's own where gradients flow."""

import torch
from torch import nn

from taskarith.models.fused_gelu import with_fused_gelus
from taskarith.models.library import import_transformers


def test_one_pass_gives_what_the_library_spells_out() -> None:
    spelled = import_transformers().activations.NewGELUActivation()
    module = nn.Sequential(import_transformers().activations.NewGELUActivation(), nn.Tanh())
    x = torch.linspace(-8, 8, 1001)
    with_fused_gelus(module)
    assert torch.equal(module[0](x), spelled(x))
    with torch.inference_mode():
        fused = module[0](x)
    torch.testing.assert_close(fused, spelled(x), rtol=1e-5, atol=1e-6)
    assert not torch.equal(fused, spelled(x))  # else it would not be another function
    assert type(module[1]) is nn.Tanh

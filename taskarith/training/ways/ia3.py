"""(IA)³: keys, values and inner activations are scaled, number by number; no matrix moves.

Liu et al. 2022, arXiv:2205.05638. The scales are a point of adapter space
(`models.adapter_space`): those of several tasks compose at λ as a sum, 1 + Σ λ(l − 1), or, learned
as logarithms, as a product, Π l^λ. T-Few is (IA)³ learned with the losses of `t_few`.
"""

from dataclasses import dataclass
from typing import Any

from taskarith.errors import SettingError
from taskarith.models.adapter_space import attach, neutral_scale, scale_name
from taskarith.models.family import ModelFamily
from taskarith.training.ways.t_few import t_few_loss
from taskarith.training.ways.way import Knob, Moving, ParametersMoved, Setup, Way, model_shapes

__all__ = ["IA3", "T_FEW"]

SUM, PRODUCT = "sum", "product"
COMPOSED = Knob(
    "composed",
    "how scales of several tasks come together: 1 + Σ λ(l − 1), or Π l^λ",
    0,
    choices=(SUM, PRODUCT),
)


@dataclass(frozen=True, kw_only=True)
class _Scaled(Way):
    def start(self, model: Any, family: ModelFamily, *, setup: Setup) -> Moving:
        """Put scales beside the network's parameters, in place, where there are none yet.

        SettingError where there is nothing to scale, or where scales of the other kind stand.
        """
        shapes = model_shapes(model)
        scaled = family.scaled(shapes)
        if not scaled:
            raise SettingError(
                f"{self.title} finds no keys, values and inner activations of their own in "
                f"{family.title}; take LoRA"
            )
        log = COMPOSED.choices[int(setup.settings[COMPOSED.name])] == PRODUCT
        for module, side in scaled.items():
            if scale_name(module, side, log=not log) in shapes:
                there = SUM if log else PRODUCT
                raise SettingError(
                    f"the scales of this base compose as a {there}; take {COMPOSED.name} {there}"
                )
        neutral = {
            scale_name(module, side, log=log): neutral_scale(
                model.network.get_submodule(module), side, log=log
            )
            for module, side in scaled.items()
        }
        attach(model, neutral)
        return ParametersMoved(model.network, list(neutral), neutral=neutral)


IA3 = _Scaled(
    name="ia3",
    title="(IA)³",
    about="scales keys, values and inner activations; under 1 % of the numbers",
    paper="https://arxiv.org/abs/2205.05638",
    rate=2e-2,
    examples=("texts",),
    knobs=(COMPOSED,),
)

T_FEW = _Scaled(
    name="t-few",
    title="T-Few",
    about="is (IA)³ that also learns what not to answer, and not to mind an answer's length",
    paper="https://arxiv.org/abs/2205.05638",
    rate=2e-2,
    examples=("texts",),
    knobs=(COMPOSED,),
    loss=t_few_loss,
)

"""All ways of fine-tuning by name. A new one is a module beside this and a name in `WAYS`."""

from collections.abc import Mapping

from taskarith.errors import unknown_name
from taskarith.training.ways.car_ft import CAR_FT
from taskarith.training.ways.context_tokens import CONTEXT_TOKENS
from taskarith.training.ways.full import FULL
from taskarith.training.ways.ia3 import IA3, T_FEW
from taskarith.training.ways.linearized import LINEARIZED
from taskarith.training.ways.lit import BOTH_TOWERS, LIT
from taskarith.training.ways.lora import LORA
from taskarith.training.ways.lp_ft import LP_FT
from taskarith.training.ways.matrices import ATTENTION, BLOCK_MATRICES
from taskarith.training.ways.soft_prompt import SOFT_PROMPT
from taskarith.training.ways.way import Way

__all__ = ["WAYS", "find_way"]

WAYS: Mapping[str, Way] = {
    way.name: way
    for way in (
        BLOCK_MATRICES,
        ATTENTION,
        FULL,
        LORA,
        LP_FT,
        CAR_FT,
        LINEARIZED,
        LIT,
        BOTH_TOWERS,
        CONTEXT_TOKENS,
        IA3,
        T_FEW,
        SOFT_PROMPT,
    )
}


def find_way(name: str) -> Way:
    """The way called `name`; UnknownNameError where there is none."""
    if name not in WAYS:
        raise unknown_name("way of fine-tuning", name, existing=WAYS)
    return WAYS[name]

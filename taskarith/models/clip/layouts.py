"""One CLIP, two libraries: transformers' parameter names and tensors, and open_clip's.

The two hold the same numbers. open_clip keeps q, k and v in one tensor and its projections
transposed; transformers keeps three tensors. Both ways are linear, so they hold for weights and
for differences of weights alike. Knows names and shapes; computes no model.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import torch
from torch import Tensor

from taskarith.errors import WeightsError

__all__ = [
    "ClipLayout",
    "ConvertedState",
    "clip_layout",
    "convert_vector",
    "is_vision",
    "missing_siblings",
]

ClipLayout = Literal["transformers", "open_clip"]

# transformers' name, open_clip's name; {n} is a layer's number, {p} is weight or bias.
_ALONE = {
    "logit_scale": "logit_scale",
    "visual_projection.weight": "visual.proj",
    "text_projection.weight": "text_projection",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.patch_embedding.weight": "visual.conv1.weight",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.pre_layrnorm.{p}": "visual.ln_pre.{p}",
    "vision_model.post_layernorm.{p}": "visual.ln_post.{p}",
    "text_model.embeddings.token_embedding.weight": "token_embedding.weight",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm.{p}": "ln_final.{p}",
}
_TOWERS = {
    "vision_model.encoder.layers": "visual.transformer",
    "text_model.encoder.layers": "transformer",
}
_LAYER = {
    "layer_norm1.{p}": "ln_1.{p}",
    "layer_norm2.{p}": "ln_2.{p}",
    "mlp.fc1.{p}": "mlp.c_fc.{p}",
    "mlp.fc2.{p}": "mlp.c_proj.{p}",
    "self_attn.out_proj.{p}": "attn.out_proj.{p}",
    # The three stand in one tensor, one above the other.
    "self_attn.q_proj.{p}": "attn.in_proj_{p}",
    "self_attn.k_proj.{p}": "attn.in_proj_{p}",
    "self_attn.v_proj.{p}": "attn.in_proj_{p}",
}
_TRANSPOSED = {"visual.proj", "text_projection"}


def _table() -> list[tuple[str, str]]:
    pairs = list(_ALONE.items())
    for theirs, ours in _TOWERS.items():
        for one, other in _LAYER.items():
            pairs.append((f"{theirs}.{{n}}.{one}", f"{ours}.resblocks.{{n}}.{other}"))
    return pairs


def _pattern(name: str) -> re.Pattern[str]:
    escaped = re.escape(name)
    escaped = escaped.replace(r"\{n\}", r"(?P<n>\d+)").replace(r"\{p\}", "(?P<p>weight|bias)")
    return re.compile(escaped)


_TABLE = _table()
_FROM_TRANSFORMERS = [(_pattern(theirs), ours) for theirs, ours in _TABLE]
_FROM_OPEN_CLIP = [(_pattern(ours), theirs) for theirs, ours in _TABLE]

# A name that only this layout has, in every vision tower; what may stand before it is prefix.
_MARKS: dict[ClipLayout, tuple[str, str]] = {
    "transformers": ("vision_model.", "embeddings.patch_embedding.weight"),
    "open_clip": ("visual.", "conv1.weight"),
}
_LAYER_MARKS: dict[ClipLayout, str] = {
    "transformers": r"(vision_model\.)?encoder\.layers\.\d+\.(self_attn|mlp\.fc|layer_norm)",
    "open_clip": r"visual\.transformer\.resblocks\.\d+\.",
}


def clip_layout(names: Iterable[str]) -> ClipLayout | None:
    """Which library's layout the names of a CLIP are in; None where it is neither.

    >>> clip_layout(["model.visual.transformer.resblocks.0.ln_1.weight"])
    'open_clip'
    """
    names = list(names)
    for layout, (tower, mark) in _MARKS.items():
        if any(name.endswith(tower + mark) or name == mark for name in names):
            return layout
    for layout, pattern in _LAYER_MARKS.items():
        if any(re.search(pattern, name) for name in names):
            return layout
    return None


def is_vision(name: str) -> bool:
    """Whether a parameter of a CLIP, in either layout, takes part in looking at pictures."""
    return name.startswith(("vision_model.", "visual_projection.", "visual."))


class ConvertedState(Mapping[str, Tensor]):
    """A CLIP's state under the other library's names, each tensor made when it is asked for.

    `state` has the names of a whole model or of its towers (`vision_model.…` or `visual.…`);
    names of neither are left out.
    """

    def __init__(self, state: Mapping[str, Tensor], *, to: ClipLayout) -> None:
        self._state = state
        self._sources: dict[str, list[str]] = {}
        rules = _FROM_TRANSFORMERS if to == "open_clip" else _FROM_OPEN_CLIP
        for name in state:
            for new in _renamed(name, rules):
                self._sources.setdefault(new, []).append(name)
        self._to = to

    def __getitem__(self, name: str) -> Tensor:
        sources = self._sources[name]
        if self._to == "open_clip":
            parts = [self._state[source] for source in sorted(sources, key=_attention_order)]
            if "in_proj_" in name and len(parts) != 3:
                raise WeightsError(f"{name} needs q, k and v; found {', '.join(sources)}")
            return (
                parts[0].T
                if name in _TRANSPOSED
                else torch.cat(parts)
                if len(parts) > 1
                else parts[0]
            )
        [source] = sources
        whole = self._state[source]
        if source in _TRANSPOSED:
            return whole.T
        if "in_proj_" in source:
            return whole.chunk(3)[_attention_order(name)]
        return whole

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    def without_place(self) -> list[str]:
        """Names of the state that have no name in the other library."""
        placed = {source for sources in self._sources.values() for source in sources}
        return [name for name in self._state if name not in placed]


class _Completed(Mapping[str, Tensor]):
    """Differences, and zeros for those of q, k and v that did not move."""

    def __init__(self, vector: Mapping[str, Tensor], zeros: Mapping[str, torch.Size]) -> None:
        self._vector = vector
        self._zeros = zeros

    def __getitem__(self, name: str) -> Tensor:
        return torch.zeros(self._zeros[name]) if name in self._zeros else self._vector[name]

    def __iter__(self) -> Iterator[str]:
        return iter([*self._vector, *self._zeros])

    def __len__(self) -> int:
        return len(self._vector) + len(self._zeros)


def convert_vector(vector: Mapping[str, Tensor], *, base: Mapping[str, Tensor]) -> ConvertedState:
    """Differences of weights under the names of `base`, a CLIP of the other library.

    Of q, k and v, those that did not move are zero. Of `base` only names and shapes are looked at.
    Raises WeightsError for a difference that the base has no place for.
    """
    to = clip_layout(base)
    assert to is not None
    zeros: dict[str, torch.Size] = {}
    if to == "open_clip":
        start = ConvertedState(base, to="transformers")
        lacking = missing_siblings(vector)
        lost = [name for name in lacking if name not in set(start)]
        if lost:
            raise WeightsError(f"the base has no place for {', '.join(lost[:8])}")
        zeros = {name: start[name].shape for name in lacking}
    converted = ConvertedState(_Completed(vector, zeros), to=to)
    lost = [*converted.without_place(), *(name for name in converted if name not in set(base))]
    if lost:
        raise WeightsError(f"the base has no place for {', '.join(lost[:8])}")
    return converted


def missing_siblings(names: Iterable[str]) -> list[str]:
    """Of every q, k and v that `names` has one of, in transformers' layout, those it lacks.

    >>> missing_siblings(["layers.0.self_attn.q_proj.bias", "layers.0.self_attn.v_proj.bias"])
    ['layers.0.self_attn.k_proj.bias']
    """
    there = dict.fromkeys(names)
    wanted = (re.sub(r"\.[qkv]_proj\.", f".{o}_proj.", name) for name in there for o in "qkv")
    return [name for name in dict.fromkeys(wanted) if name not in there]


def _renamed(name: str, rules: list[tuple[re.Pattern[str], str]]) -> list[str]:
    return [
        template.format(**match.groupdict())
        for pattern, template in rules
        if (match := pattern.fullmatch(name))
    ]


def _attention_order(name: str) -> int:
    match = re.search(r"self_attn\.([qkv])_proj", name)
    return "qkv".index(match[1]) if match else 0

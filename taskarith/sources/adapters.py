"""PEFT adapters as differences of weights: LoRA and its relatives, and (IA)³.

    LoRA    ΔW = s·B·A with s = α ÷ r, or α ÷ √r where rank-stabilized
    DoRA    ΔW = m ÷ ‖W + s·B·A‖ · (W + s·B·A) − W, row by row
    (IA)³   ΔW = W·(l − 1), on the rows, or on the columns of feed-forward layers

Of `torch.nn.MultiheadAttention` LoRA changes `in_proj_weight` and `out_proj.weight`, and PEFT adds
the second difference twice, when it trains as when it merges (peft#3774); so it is twice here.

Some layers (GPT-2's) keep their weight the other way round, [in, out]. `fan_in_fan_out` says so,
but of a model that has both kinds PEFT writes down what the last one was; shapes tell the rest,
and for square weights only the model can.

Materialized in float32 (float64 where the base is), one layer at a time. Knows the adapter's
tensors and the base's weights.
"""

import re
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import replace

from torch import Tensor
from torch.nn.functional import conv2d

from taskarith.core import all_finite
from taskarith.core.precision import wide
from taskarith.errors import WeightsError, listed
from taskarith.sources.adapter_config import AdapterConfig
from taskarith.sources.align import left_out
from taskarith.sources.lazy_state import LazyState

__all__ = ["adapter_differences", "changed_weights", "refuse_bare_adapter", "trained_beside"]

PREFIX = "base_model.model."
BASE_COPY = ".base_layer.weight"  # of embeddings PEFT saves what they were, too
MAX_STEPS = 50_000_000  # characters of layers' names times patterns they are looked up in
# Marks of a LoRA file that PEFT did not write.
FOREIGN = ("lora_up", "lora_down", "lora.up", "lora.down", "hada_", "lokr_", "to_q_lora", ".alpha")
# Marks of low-rank factors in anybody's naming.
FACTORS = (*FOREIGN[:6], "lora_A", "lora_B", "lora_embedding_", "_lora.", "ia3_l")


def refuse_bare_adapter(state: LazyState) -> None:
    """WeightsError where `state` is the factors of an adapter whose configuration is not there.

    Ranks and scales stand in the configuration, and what kohya, diffusers and others call a layer
    is not what the model calls it: without it the factors cannot be turned into weights exactly.
    """
    factors = [name for name in state if any(mark in name for mark in FACTORS)]
    # A model may have low-rank parts of its own, but not mostly.
    if 2 * len(factors) > len(state):
        raise WeightsError(
            f"{state.where} is a bare LoRA file: {len(state)} tensors, named like "
            f"{listed(factors[:2])}. It needs its adapter_config.json beside it, as PEFT writes "
            "it; or merge it into a checkpoint first and give that"
        )


def changed_weights(adapter: LazyState, config: AdapterConfig) -> dict[str, tuple[int, ...] | None]:
    """The weights that an adapter's layers change, by the names of the model it was made from.

    With their shapes, as far as the factors say.
    """
    changed: dict[str, tuple[int, ...] | None] = {}
    for module, parts in _modules(adapter).items():
        if any(part.startswith(("lora_", "ia3_")) for part in parts):
            shape = _factors_shape(adapter, parts) or (None,)
            known = tuple(length for length in shape if length is not None)
            full = known if len(known) == 2 else None
            changed[f"{module}.weight"] = full[::-1] if full and config.transposed else full
            changed[f"{module}.in_proj_weight"] = full  # of open_clip's attention, q, k and v
    return changed


def trained_beside(adapter: LazyState) -> LazyState:
    """What was trained and saved whole beside the adapter's layers: a task's own head, biases.

    By the names of the model it was made from.
    """
    names = {
        f"{module}.{part}": name
        for module, parts in _modules(adapter).items()
        for part, name in parts.items()
        if not part.startswith(("lora_", "ia3_")) and not name.endswith(BASE_COPY)
    }
    return adapter.renamed(names)


def _factors_shape(adapter: LazyState, parts: Mapping[str, str]) -> tuple[int | None, ...] | None:
    """[out, in] of what B·A, or l, is of, None where it does not say; of linear layers only."""
    if {"lora_A.weight", "lora_B.weight"} <= set(parts):
        a, b = (adapter.shape(parts[f"lora_{factor}.weight"]) for factor in "AB")
        return (b[0], a[1]) if len(a) == len(b) == 2 else None
    if "ia3_l" in parts:
        rows, columns = (*adapter.shape(parts["ia3_l"]), 0, 0)[:2]
        return (rows, None) if columns == 1 else (None, columns)
    return None


def adapter_differences(
    adapter: LazyState,
    config: AdapterConfig,
    base: LazyState,
    *,
    exclude: Sequence[str] = (),
    transposed: Collection[str] | None = None,
) -> dict[str, Tensor]:
    """ΔW of every parameter of `base` that the adapter changes, by the base's names.

    `exclude`: names, or patterns with `*`, of weights to leave out. `transposed`: the weights that
    the model keeps as [in, out]; None where that is not known. Raises WeightsError where the
    adapter names a layer the base has not, where shapes do not fit, or where its tensors are laid
    out in a way that is not PEFT's.
    """
    if not adapter:
        raise WeightsError(f"{adapter.where} holds no tensors")
    modules = _modules(adapter)
    patterns = len(config.rank_pattern) + len(config.alpha_pattern)
    if sum(map(len, modules)) * patterns > MAX_STEPS:
        raise WeightsError(
            f"{adapter.where} has {len(modules)} layers and {patterns} patterns for their ranks, "
            "far more than adapters have; merge it into its base with PEFT"
        )
    differences: dict[str, Tensor] = {}
    damaged = []
    turned = _turned(modules, config, adapter, base, transposed)
    for module, parts in modules.items():
        kept = {part: name for part, name in parts.items() if not _omitted(module, part, exclude)}
        own = replace(config, transposed=module in turned)
        twice = _is_fused(module.removesuffix(".out_proj"), modules, base) and (
            module.endswith(".out_proj") and config.doubles_attention
        )
        for name, difference in _layer(module, kept, own, adapter, base):
            if twice:
                difference = 2 * difference
            if not all_finite(difference):
                damaged.append(name)
                continue
            differences[name] = (
                differences[name] + difference if name in differences else difference
            )
    if damaged:
        raise WeightsError(
            f"{adapter.where}: the difference is NaN or Inf in {listed(damaged)}; get or make the "
            "file again"
        )
    return differences


def _is_fused(module: str, modules: Collection[str], base: Container[str]) -> bool:
    """Whether an adapted layer is an attention with one matrix for q, k and v."""
    return (
        module in modules and f"{module}.weight" not in base and f"{module}.in_proj_weight" in base
    )


def _omitted(module: str, part: str, exclude: Sequence[str]) -> bool:
    name = f"{module}.weight" if part.startswith(("lora_", "ia3_")) else f"{module}.{part}"
    return bool(left_out([name], exclude))


def _turned(
    modules: Mapping[str, Mapping[str, str]],
    config: AdapterConfig,
    adapter: LazyState,
    base: LazyState,
    transposed: Collection[str] | None,
) -> set[str]:
    """The layers whose weight is kept as [in, out]."""
    if transposed is not None:
        return {module for module in modules if f"{module}.weight" in transposed}
    seen: dict[str, bool | None] = {}
    for module, parts in modules.items():
        name, shape = f"{module}.weight", _factors_shape(adapter, parts)
        if shape is not None and name in base and len(base.shape(name)) == 2:
            straight, other = _fits(shape, base.shape(name)), _fits(shape[::-1], base.shape(name))
            seen[module] = None if straight == other else other
    wrong = [module for module, found in seen.items() if found is (not config.transposed)]
    unsure = [module for module, found in seen.items() if found is None]
    if wrong and unsure:
        raise WeightsError(
            f"{adapter.where} says fan_in_fan_out: {str(config.transposed).lower()}, but the "
            f"shapes of {listed(wrong)} say the opposite, and which way round {listed(unsure)} is "
            "kept cannot be seen; merge the adapter into its base with PEFT"
        )
    return {m for m, found in seen.items() if (config.transposed if found is None else found)}


def _fits(shape: Sequence[int | None], kept: tuple[int, ...]) -> bool:
    return all(length in (None, own) for length, own in zip(shape, kept, strict=True))


Layer = Iterator[tuple[str, Tensor]]


def _modules(adapter: LazyState) -> dict[str, dict[str, str]]:
    """Tensor names by layer and part: {"layers.0.q_proj": {"lora_A.weight": full name}}."""
    modules: dict[str, dict[str, str]] = {}
    for name in adapter:
        # PEFT wraps the layer it adapts; a bias trained beside keeps the wrapper's word.
        own = name.removeprefix(PREFIX).replace(".base_layer.", ".")
        match = re.search(r"\.(lora_|ia3_l)", own)
        at = match.start() if match else own.rfind(".")
        if own == name or at < 0 or any(mark in own for mark in FOREIGN):
            raise WeightsError(
                f"{adapter.where} is no adapter as PEFT saves it: found {name[:120]!r} among "
                f"{len(adapter)} tensors. Save it with PEFT (names like "
                f"{PREFIX}layers.0.q_proj.lora_A.weight), or merge it into its base"
            )
        modules.setdefault(own[:at], {})[own[at + 1 :]] = name
    return modules


def _layer(
    module: str,
    parts: dict[str, str],
    config: AdapterConfig,
    adapter: LazyState,
    base: Mapping[str, Tensor],
) -> Layer:
    def part(name: str) -> Tensor:
        return wide(adapter.read(parts[name]))  # NaN and Inf show in the difference

    def weight(name: str) -> Tensor:
        if name not in base:
            raise WeightsError(
                f"the adapter changes {name}, which the base has not; it has names like "
                f"{', '.join(list(base)[:3])}. Give the base it was made from, or leave it out by "
                "name (exclude)"
            )
        return wide(base[name])

    # Trained beside the adapter (biases, modules_to_save) and saved whole.
    whole = {kind for kind in parts if not kind.startswith(("lora_", "ia3_"))}
    for kind in whole:
        name = f"{module}.{kind}"
        yield name, _fitting(part(kind), weight(name), module) - weight(name)
    kinds = set(parts) - whole
    if not kinds:
        return
    own = f"{module}.weight"
    if _is_fused(module, [module], base):
        own = f"{module}.in_proj_weight"
    if kinds == {"ia3_l"} and config.kind == "IA3":
        yield from _ia3(
            module, part, weight, transposed=config.transposed, has_bias=f"{module}.bias" in base
        )
    elif {"lora_embedding_A", "lora_embedding_B"} == kinds and config.kind == "LORA":
        _, scale = _checked_scale(config, module, len(part("lora_embedding_A")))
        product = (part("lora_embedding_B") @ part("lora_embedding_A")).T * scale
        yield f"{module}.weight", _fitting(product, weight(f"{module}.weight"), module)
    elif {"lora_A.weight", "lora_B.weight"} <= kinds and config.kind == "LORA":
        yield from _lora(module, own, part, weight, config, kinds=kinds)
    else:
        raise WeightsError(
            f"the adapter's layer {module} holds {', '.join(sorted(kinds))}, which is not what a "
            f"{config.kind} adapter holds"
        )


Part = Callable[[str], Tensor]


def _lora(
    module: str, own: str, part: Part, weight: Part, config: AdapterConfig, *, kinds: set[str]
) -> Layer:
    a, b = part("lora_A.weight"), part("lora_B.weight")
    _, scale = _checked_scale(config, module, len(a))
    start = weight(own)
    try:
        if start.ndim == 4:
            product = conv2d(a.transpose(0, 1), b).transpose(0, 1) * scale
        else:
            product = b @ a * scale
    except RuntimeError as error:
        raise WeightsError(
            f"A {list(a.shape)} and B {list(b.shape)} of {module} do not fit"
        ) from error
    product = _fitting(product.T if config.transposed else product, start, module)
    extra = kinds - {
        "lora_A.weight",
        "lora_B.weight",
        "lora_B.bias",
        "lora_magnitude_vector.weight",
    }
    extra -= {"lora_magnitude_vector"}
    if extra:
        raise WeightsError(f"the adapter's layer {module} also holds {', '.join(sorted(extra))}")
    magnitude = kinds & {"lora_magnitude_vector", "lora_magnitude_vector.weight"}
    if config.decomposed and not magnitude:
        raise WeightsError(f"the adapter is a DoRA, but {module} has no magnitudes")
    if magnitude:
        product = _dora(module, start, product, part(magnitude.pop()), transposed=config.transposed)
    yield own, product
    if "lora_B.bias" in kinds:
        bias = part("lora_B.bias") * scale
        yield f"{module}.bias", _fitting(bias, weight(f"{module}.bias"), module)


def _dora(
    module: str, start: Tensor, product: Tensor, magnitude: Tensor, *, transposed: bool
) -> Tensor:
    """ΔW = m ÷ ‖W + s·B·A‖ · (W + s·B·A) − W, with one norm for each output."""
    if start.ndim != 2:
        raise WeightsError(
            f"DoRA is read on linear layers; {module} is another; merge it with PEFT"
        )
    if transposed:
        return _dora(module, start.T, product.T, magnitude, transposed=False).T
    moved = start + product
    if magnitude.shape != moved.shape[:1]:
        raise WeightsError(f"the magnitudes of {module} have the shape {list(magnitude.shape)}")
    return (magnitude / moved.norm(dim=1))[:, None] * moved - start


def _ia3(module: str, part: Part, weight: Part, *, transposed: bool, has_bias: bool) -> Layer:
    scales, start = part("ia3_l"), weight(f"{module}.weight")
    outputs = scales.ndim == 2 and scales.shape[1] == 1
    spread = scales.T if transposed else scales
    if start.ndim != 2 or spread.shape not in ((len(start), 1), (1, start.shape[1])):
        raise WeightsError(
            f"the (IA)³ scales {list(scales.shape)} of {module} do not fit {list(start.shape)}"
        )
    yield f"{module}.weight", start * (spread - 1)
    if outputs and has_bias:
        bias = weight(f"{module}.bias")
        yield f"{module}.bias", bias * (scales.flatten() - 1)


def _checked_scale(config: AdapterConfig, module: str, found: int) -> tuple[int, float]:
    rank, scale = config.scale(module)
    if rank != found:
        raise WeightsError(f"the adapter should have rank {rank} at {module}, its file has {found}")
    return rank, scale


def _fitting(difference: Tensor, start: Tensor, module: str) -> Tensor:
    if difference.shape != start.shape:
        raise WeightsError(
            f"the adapter's difference at {module} has the shape {list(difference.shape)}, the "
            f"base has {list(start.shape)}; is it an adapter of another model?"
        )
    return difference

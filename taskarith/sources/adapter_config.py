"""The configuration of a PEFT adapter: what of it decides the weights, and refusing the rest.

A setting that this version does not know could change the weights, and a vector that is nearly
right is wrong: whatever is not known to be harmless is refused by name.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from taskarith.errors import WeightsError
from taskarith.sources.patterns import LayerPattern

__all__ = ["AdapterConfig", "parse_adapter_config", "read_adapter_config"]

MAX_BYTES = 2**20
MAX_PATTERNS = 2_000
USUAL = 8  # PEFT's rank and α of a LoRA
# Settings that change how an adapter was found or is run, not which weights it stands for.
HARMLESS = {
    *(
        "peft_type",
        "task_type",
        "base_model_name_or_path",
        "revision",
        "inference_mode",
        "auto_mapping",
    ),
    *("peft_version", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern"),
    *("lora_dropout", "init_lora_weights", "init_ia3_weights", "modules_to_save", "bias"),
    *("megatron_core", "loftq_config", "eva_config", "corda_config", "lora_ga_config"),
    *("runtime_config", "qalora_group_size", "feedforward_modules", "ensure_weight_tying"),
}
USED = {
    *("r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "use_dora"),
    *("fan_in_fan_out", "lora_bias"),
}
DOUBLING = (0, 21)  # the newest PEFT known to add the attention's out_proj twice
# Initializations that leave the base's own weights as they are.
PLAIN_STARTS = (True, False, None, "gaussian", "eva", "orthogonal", "mica")


@dataclass(frozen=True)
class AdapterConfig:
    """What of `adapter_config.json` decides the weights. `kind` is "LORA" or "IA3"."""

    kind: str
    base: str | None
    rank: int = 0
    alpha: float = 0.0
    rank_pattern: Mapping[LayerPattern, float] = field(default_factory=dict)
    alpha_pattern: Mapping[LayerPattern, float] = field(default_factory=dict)
    rank_stabilized: bool = False
    decomposed: bool = False
    transposed: bool = False
    version: str | None = None

    @property
    def doubles_attention(self) -> bool:
        """Whether the PEFT that made it adds what it learned for `out_proj` twice.

        Of `torch.nn.MultiheadAttention`, all released versions do, in training and in merging
        (peft#3774); WeightsError for a version that may not do so any more.
        """
        known = re.match(r"(\d+)\.(\d+)", self.version or "0.0")
        if known is None or (int(known[1]), int(known[2])) > DOUBLING:
            raise WeightsError(
                f"the adapter changes an attention whose q, k and v are one matrix. PEFT up to "
                f"{'.'.join(map(str, DOUBLING))} adds its out_proj twice; what {self.version:.20} "
                "does is not known here: merge it into its base with the PEFT that trained it, "
                "and give the merged model"
            )
        return True

    def scale(self, module: str) -> tuple[int, float]:
        """Rank r and scale s of the layer `module`."""
        rank = int(_by_pattern(self.rank_pattern, module, default=self.rank))
        alpha = _by_pattern(self.alpha_pattern, module, default=self.alpha)
        if rank < 1:
            raise WeightsError(f"the adapter gives {module} the rank {rank}; a rank is at least 1")
        return rank, alpha / (math.sqrt(rank) if self.rank_stabilized else rank)


def read_adapter_config(path: Path) -> AdapterConfig:
    """The configuration in the file `path`; WeightsError if it is none or asks for the unknown."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise WeightsError(f"{path} is far larger than the configuration of an adapter")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"could not read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{path} is not valid JSON; get the file again") from error
    return parse_adapter_config(data)


def parse_adapter_config(data: object) -> AdapterConfig:
    """The configuration that the JSON value `data` describes.

    >>> parse_adapter_config({"peft_type": "LORA", "r": 8, "lora_alpha": 16}).scale("layers.0.q")
    (8, 2.0)
    """
    if not isinstance(data, dict) or data.get("peft_type") not in ("LORA", "IA3"):
        found = data.get("peft_type") if isinstance(data, dict) else data
        raise WeightsError(
            f"adapters of the kind {str(found)[:40]!r} are not read; LORA (also rank-stabilized "
            "and DoRA) and IA3 are"
        )
    unknown = [key for key, value in data.items() if value and key not in HARMLESS | USED]
    if data.get("init_lora_weights") not in PLAIN_STARTS:
        unknown.append(f"init_lora_weights={str(data['init_lora_weights'])[:40]}")
    if unknown:
        raise WeightsError(
            f"the adapter uses settings that this version cannot turn into weights exactly: "
            f"{', '.join(sorted(map(str, unknown))[:8])}; merge it into its base with PEFT and "
            "give the merged model"
        )
    base = data.get("base_model_name_or_path")
    try:
        return AdapterConfig(
            kind=data["peft_type"],
            base=base[:200] if isinstance(base, str) and base else None,
            rank=int(_size(data, "r")),
            alpha=_size(data, "lora_alpha"),
            rank_pattern=_patterns(data.get("rank_pattern")),
            alpha_pattern=_patterns(data.get("alpha_pattern")),
            rank_stabilized=bool(data.get("use_rslora")),
            decomposed=bool(data.get("use_dora")),
            transposed=bool(data.get("fan_in_fan_out")),
            version=str(data["peft_version"])[:40] if data.get("peft_version") else None,
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise WeightsError(f"the adapter's configuration is damaged: {error}") from error


def _patterns(value: object) -> dict[LayerPattern, float]:
    if not value:
        return {}
    if not isinstance(value, dict) or len(value) > MAX_PATTERNS:
        raise ValueError(f"patterns are an object of at most {MAX_PATTERNS} names and numbers")
    return {LayerPattern(text): _finite(number) for text, number in value.items()}


def _by_pattern(patterns: Mapping[LayerPattern, float], module: str, *, default: float) -> float:
    """The number of the first pattern that fits `module`, as PEFT looks it up."""
    return next((number for pattern, number in patterns.items() if pattern.fits(module)), default)


def _size(data: Mapping[str, Any], name: str) -> float:
    """The rank or α of a LoRA; where it is not said, PEFT's own default. (IA)³ has neither."""
    return _finite(data.get(name, USUAL)) if data["peft_type"] == "LORA" else 0.0


def _finite(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{value!r:.40} is no finite number")
    return number

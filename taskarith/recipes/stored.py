"""Results as files: written as JSON, and read back as they were.

What a file holds is read by the types of the result's own fields, so that a recipe has nothing to
do to be stored. A file that does not fit is refused; nothing in it is run.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from taskarith.errors import AssetError, TaskArithError
from taskarith.evaluation import Estimate
from taskarith.recipes.addition.result import AdditionResult
from taskarith.recipes.analogy.result import AnalogyResult
from taskarith.recipes.efficiency.result import EfficiencyResult
from taskarith.recipes.few_shot.result import FewShotResult
from taskarith.recipes.instruct.result import InstructResult
from taskarith.recipes.interval import Interval
from taskarith.recipes.methods.result import MethodsResult
from taskarith.recipes.negation.result import NegationResult
from taskarith.recipes.paint.result import PaintResult
from taskarith.recipes.plane.result import PlaneResult
from taskarith.recipes.prompts.result import PromptsResult
from taskarith.recipes.result import Result, plain
from taskarith.recipes.retrieval.result import RetrievalResult
from taskarith.recipes.scaling.result import ScalingResult
from taskarith.recipes.search.result import SearchResult
from taskarith.recipes.sequence.result import SequenceResult
from taskarith.recipes.soup.result import SoupResult
from taskarith.recipes.sweep.result import SweepResult
from taskarith.recipes.transfer.result import TransferResult
from taskarith.recipes.ways.result import WaysResult
from taskarith.recipes.wise_ft.result import WiseFtResult
from taskarith.suites import Suite, load_suite

__all__ = ["FOLDER", "RESULTS", "read_result", "shipped_result", "write_result"]

ESTIMATE = ("value", "low", "high", "n", "total", "split", "metric")
INTERVAL = ("value", "low", "high", "over", "percent")
FOLDER = "results"  # of a suite's, beside its report
RESULTS: dict[str, type[Result]] = {
    kind.name: kind
    for kind in (
        NegationResult,
        AdditionResult,
        AnalogyResult,
        PaintResult,
        WiseFtResult,
        SoupResult,
        MethodsResult,
        PlaneResult,
        SweepResult,
        SearchResult,
        TransferResult,
        SequenceResult,
        ScalingResult,
        InstructResult,
        FewShotResult,
        WaysResult,
        EfficiencyResult,
        PromptsResult,
        RetrievalResult,
    )
}


def write_result(result: Result, path: Path, *, suite: Suite) -> None:
    """Write a result of `suite` to `path`, whole or not at all."""
    data = {
        "recipe": result.name,
        "suite": suite.recipe_fingerprint,
        "result": {
            field.name: _packed(plain(getattr(result, field.name))) for field in _fields(result)
        },
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)


def read_result(path: Path, *, suite: Suite) -> Result:
    """The result of `suite` that `write_result` wrote to `path`.

    Raises AssetError where the file is missing or damaged, or of other weights or tasks.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        measured, kind = data["suite"], RESULTS[data["recipe"]]
        result: Result = _dataclass(kind, data["result"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssetError(
            f"{path.name} of {suite.name!r} is no stored result ({type(error).__name__}: {error}); "
            "run the recipe, or write the report again"
        ) from error
    if measured != suite.recipe_fingerprint:
        raise AssetError(
            f"{path.name} was measured on other weights or tasks than {suite.name!r} has now "
            f"({measured} and {suite.recipe_fingerprint}); write the report again"
        )
    for name, fingerprint in result.of_suites().items():
        if (now := load_suite(name).recipe_fingerprint) != fingerprint:
            raise AssetError(
                f"{path.name} was measured on other weights or tasks than {name!r} has now "
                f"({fingerprint} and {now}); write the report again"
            )
    return result


def shipped_result(suite: Suite, recipe: str) -> Result | None:
    """The result of a recipe that comes with the suite, if it has one that is its own."""
    path = suite.folder / FOLDER / f"{recipe}.json"
    if recipe not in RESULTS or not path.exists():
        return None
    try:
        return read_result(path, suite=suite)
    except TaskArithError:
        return None


def _packed(value: Any) -> Any:
    """`value` with estimates and intervals as lists: the same names a thousand times are long."""
    if isinstance(value, dict):
        if {*value} == {*ESTIMATE, "provisional"}:  # which follows from n and total
            return [value[name] for name in ESTIMATE]
        if {*value} == {*INTERVAL}:
            return [value[name] for name in INTERVAL]
        return {key: _packed(item) for key, item in value.items()}
    return [_packed(item) for item in value] if isinstance(value, list) else value


def _named(value: Any, names: Sequence[str]) -> Any:
    """What `_packed` wrote as a list, by names; earlier files have it so."""
    return dict(zip(names, value, strict=True)) if isinstance(value, list) else value


def _fields(kind: Any) -> Any:
    assert is_dataclass(kind)
    return fields(kind)


def _dataclass(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    given = [one.name for one in _fields(kind) if one.name in value or one.default is MISSING]
    return kind(**{name: _value(hints[name], value[name]) for name in given})


def _value(hint: Any, value: Any) -> Any:
    """`value` as the type that a field was declared with."""
    if hint is Estimate:
        return Estimate.from_json(_named(value, ESTIMATE))
    if hint is Interval:
        value = _named(value, INTERVAL)
        low, high = value["low"], value["high"]
        return Interval(
            float(value["value"]),
            -math.inf if low is None else float(low),
            math.inf if high is None else float(high),
            str(value["over"]),
            bool(value["percent"]),
        )
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if value is None:
            return None
        return _value(next(one for one in inner if one is not type(None)), value)
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is ... else inner
        return tuple(_value(one, item) for one, item in zip(kinds, value, strict=True))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {_value(inner[0], key): _value(inner[1], item) for key, item in value.items()}
    if is_dataclass(hint):
        return _dataclass(hint, value)
    if hint in (int, float):
        return hint(value)
    if not isinstance(value, hint):
        raise TypeError(f"{value!r:.40} is no {hint.__name__}")
    return value

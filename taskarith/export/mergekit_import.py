"""A mergekit recipe as an edit: our own exports, and linear, task_arithmetic and ties of others.

Our own say which edit they are, seed, layers and all; that is believed where the export of that
edit is the recipe, letter by letter. Of others' recipes plain weights can be read.

The models it names must be a suite's: by the name of a vector, by a file or folder of that name, or
by the reference that the suite takes the vector from. What an edit cannot say is refused by name.
Recipes come from strangers: nothing in them is run, and every value is checked.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from taskarith.core import Edit
from taskarith.errors import ExportError, TaskArithError, unknown_name
from taskarith.export.mergekit import BASE_FILE, EDIT_LINE, file_of, mergekit_yaml
from taskarith.export.yaml_text import read_yaml
from taskarith.suites import Suite

__all__ = ["Imported", "edit_from_mergekit"]

METHODS = ("linear", "task_arithmetic", "ties")
TOP = {
    "merge_method", "base_model", "models", "parameters", "dtype", "out_dtype",
    "tokenizer_source", "name",
}  # fmt: skip
SHARED = {"normalize", "lambda", "density", "weight", "int8_mask", "rescale"}
OWN = {"weight", "density"}
MAX_MODELS = 100


@dataclass(frozen=True)
class Imported:
    """The edit, and what of the recipe was left out because it does not change the weights."""

    edit: Edit
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Model:
    """A model of the recipe: None for the base, else a vector's name."""

    vector: str | None
    weight: float | None
    density: float | None


def edit_from_mergekit(text: str, suite: Suite, *, what: str = "the recipe") -> Imported:
    """The edit of `suite` that gives the weights which mergekit would make of the YAML `text`.

    λ are kept to four decimals, as in every edit. Raises ExportError that says which field, model
    or method is the trouble, UnknownNameError for a model that the suite does not have.
    """
    recipe = _mapping(read_yaml(text, what), what)
    own = _own(text, suite)
    if own is not None:
        return Imported(own)
    method = recipe.get("merge_method")
    if method not in METHODS:
        raise unknown_name("merge_method", method, existing=METHODS)
    layered = [key for key in ("slices", "modules") if key in recipe]
    if layered:
        raise ExportError(
            f"{what} puts a model together of {layered[0]}; an edit has whole vectors. Only "
            "recipes with `models` can be imported"
        )
    _known(recipe, TOP, what)
    shared = _mapping(recipe.get("parameters") or {}, "parameters")
    _known(shared, SHARED, "parameters")
    base = recipe.get("base_model")
    if base is not None and _vector(base, suite) is not None:
        raise ExportError(f"base_model {base!r:.80} is a vector of {suite.name!r}, not its base")
    if base is None and method != "linear":
        raise ExportError(f"{method} needs a base_model; name the base of {suite.name!r}")
    models = _models(recipe.get("models"), shared, suite)
    normalize = _flag(shared, "normalize", default=method != "task_arithmetic")
    factor = _number(shared.get("lambda", 1.0), "parameters.lambda")
    if method == "linear":
        edit = _linear(models, normalize, suite)
    elif method == "task_arithmetic":
        edit = _task_arithmetic(models, normalize, factor, suite)
    else:
        edit = _ties(models, normalize, factor, suite, rescale=_flag(shared, "rescale"))
    return Imported(edit, tuple(_notes(recipe, shared)))


def _own(text: str, suite: Suite) -> Edit | None:
    """The edit that the recipe says it is, if its export is this recipe."""
    told = next((line for line in text.splitlines() if line.startswith(EDIT_LINE)), None)
    if told is None:
        return None
    try:
        edit = Edit.from_json(json.loads(told.removeprefix(EDIT_LINE)))
        return edit if mergekit_yaml(suite, edit) == text else None
    except (TaskArithError, ValueError, TypeError, RecursionError):
        return None  # changed by hand: read as anybody's


def _linear(models: list[_Model], normalize: bool, suite: Suite) -> Edit:
    """Σ w θ_t (÷ Σ w) is θ₀ + Σ w τ_t only where the weights, then, come to 1."""
    total = sum(_weight(model) for model in models)
    if normalize and total == 0:
        raise ExportError("the weights come to 0, by which nothing can be divided")
    if not normalize and not math.isclose(total, 1.0, abs_tol=1e-6):
        raise ExportError(
            f"the weights come to {total:g} and are not normalized: that scales the base itself, "
            "which no edit does. Set normalize: true, or weights that come to 1"
        )
    return Edit(suite.name, _coefficients(models, 1 / total if normalize else 1.0))


def _task_arithmetic(models: list[_Model], normalize: bool, factor: float, suite: Suite) -> Edit:
    vectors = [model for model in models if model.vector is not None]
    total = sum(_weight(model) for model in vectors) if normalize else 1.0
    if abs(total) < 1e-8:  # mergekit then divides by 1
        total = 1.0
    return Edit(suite.name, _coefficients(vectors, factor / total))


def _ties(
    models: list[_Model], normalize: bool, factor: float, suite: Suite, *, rescale: bool
) -> Edit:
    if rescale:
        raise ExportError("parameters.rescale changes lengths as no edit does; leave it out")
    vectors = [model for model in models if model.vector is not None]
    densities = {1.0 if model.density is None else model.density for model in vectors}
    if len(densities) != 1:
        raise ExportError("ties with several densities is no edit; give all models the same")
    settings = {"density": densities.pop(), "scale": factor}
    if not normalize:
        return Edit(
            suite.name, _coefficients(vectors, 1.0), method="ties-per-tensor-sum", settings=settings
        )
    weights = {_weight(model) for model in vectors}
    if len(weights) != 1:
        raise ExportError(
            "ties with normalize and several weights takes a mean weighed by them, which no edit "
            "does; give all models one weight, or set normalize: false"
        )
    # Divided by their own sum, equal weights do nothing, but for which are 0.
    value = 1.0 if weights.pop() else 0.0
    coefficients = {str(model.vector): value for model in vectors}
    return Edit(suite.name, coefficients, method="ties-per-tensor", settings=settings)


def _coefficients(models: list[_Model], factor: float) -> dict[str, float]:
    """λ by vector; the base itself has none."""
    return {m.vector: _weight(m) * factor for m in models if m.vector is not None}


def _weight(model: _Model) -> float:
    if model.weight is None:
        raise ExportError(f"the model {model.vector or 'of the base'} has no weight; give it one")
    return model.weight


def _models(value: object, shared: Mapping[str, Any], suite: Suite) -> list[_Model]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_MODELS:
        raise ExportError(f"models must be a list of 1 to {MAX_MODELS} models")
    models = []
    for index, item in enumerate(value):
        where = f"models[{index}]"
        fields = _mapping(item, where)
        _known(fields, {"model", "parameters"}, where)
        own = _mapping(fields.get("parameters") or {}, f"{where}.parameters")
        _known(own, OWN, f"{where}.parameters")
        given = {
            name: _number(source[name], f"{place}.{name}")
            for source, place in ((shared, "parameters"), (own, f"{where}.parameters"))
            for name in OWN
            if name in source
        }
        vector = _vector(fields.get("model"), suite)
        models.append(_Model(vector, given.get("weight"), given.get("density")))
    names = [model.vector for model in models]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise ExportError(f"models: {', '.join(twice)} is there more than once")
    return models


def _vector(model: object, suite: Suite) -> str | None:
    """The vector whose model is meant; None for the base. UnknownNameError for neither."""
    if isinstance(model, Mapping) and isinstance(model.get("model"), Mapping):
        model = model["model"].get("path")  # mergekit's long form
    if not isinstance(model, str) or not model:
        raise ExportError(f"a model is named by a text, found {model!r:.80}")
    if "+" in model:
        raise ExportError(f"{model[:80]!r} adds a LoRA; make a task vector of it first")
    place = model.partition("@")[0]
    last = PurePosixPath(place.replace("\\", "/")).name
    if place in _places_of_base(suite) or last in (BASE_FILE, "base"):
        return None
    weights = {**suite.manifest.vectors, **suite.manifest.recipe_vectors}
    for name, reference in weights.items():
        repository = reference.partition(":")[2].partition("@")[0].partition(":")[0]
        if place in (name, reference, repository) or last in (name, file_of(name)):
            return name
    for name in suite.vectors:
        for null in ("random", "permuted"):
            if last == file_of(f"{null}:{name}"):
                return f"{null}:{name}"
    raise unknown_name(f"model (for the suite {suite.name!r})", model, existing=["base", *weights])


def _places_of_base(suite: Suite) -> list[str]:
    reference = suite.weights.reference
    if reference is None:
        return [suite.name]
    return [reference, reference.partition(":")[2].partition("@")[0].partition(":")[0]]


def _notes(recipe: Mapping[str, Any], shared: Mapping[str, Any]) -> list[str]:
    notes = [
        f"{key}: {recipe[key]!s:.40} is left out: edits are computed and kept in float32"
        for key in ("dtype", "out_dtype")
        if recipe.get(key) not in (None, "float32")
    ]
    if "tokenizer_source" in recipe:
        notes.append("tokenizer_source is left out: an edit keeps its base's tokenizer")
    if shared.get("int8_mask"):
        notes.append("int8_mask is left out: it saves memory and changes no weight")
    return notes


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ExportError(f"{where} must be a mapping of names to values, found {value!r:.60}")
    return value


def _known(found: Mapping[str, Any], known: set[str], where: str) -> None:
    odd = sorted(str(key)[:40] for key in found if key not in known)
    if odd:
        raise ExportError(
            f"{where} has {', '.join(odd)}, which an edit cannot say; known are "
            f"{', '.join(sorted(known))}"
        )


def _number(value: object, where: str) -> float:
    if isinstance(value, list | Mapping):
        raise ExportError(
            f"{where} is a gradient or has filters; only plain numbers can be imported"
        )
    try:
        number = math.nan if isinstance(value, bool) else float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ExportError(f"{where} must be a number, found {value!r:.40}")
    return number


def _flag(shared: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = shared.get(name, default)
    if not isinstance(value, bool):
        raise ExportError(f"parameters.{name} must be true or false, found {value!r:.40}")
    return value

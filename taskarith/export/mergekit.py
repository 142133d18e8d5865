"""An edit as a mergekit recipe, where mergekit's method of that name gives the same weights.

mergekit merges whole models: the base, and for each vector the model θ₀ + τ_t, in files beside
the recipe, which `mergekit-pytorch` reads (`mergekit-yaml` builds few of the models there are).
What it cannot say exactly is refused with the reason. Written for mergekit 0.1.5; knows its
arithmetic, writes nothing.
"""

import json
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import torch

from taskarith.core import LAYERS, Edit, Terms, layer_factors, layer_group
from taskarith.core.merges.select import kept_count
from taskarith.errors import ExportError
from taskarith.export.yaml_text import dump_yaml
from taskarith.models.registry import HUB_LAYOUT, LAYOUTS
from taskarith.suites import Suite
from taskarith.suites.weights import converted

__all__ = ["BASE_FILE", "EDIT_LINE", "YAML_FILE", "file_of", "mergekit_yaml", "recipe_models"]

BASE_FILE = "base.safetensors"
YAML_FILE = "merge.yml"
HEAD = """# {formula}
# In this folder: mergekit-pytorch {file} merged
#   for f in *.json *.txt; do [ -f "$f" ] && cp "$f" merged/; done
# The folder merged/ is then {title} for {library}, up to the order in which sums are rounded.
"""
EDIT_LINE = "# edit: "  # by which `import` knows the whole edit again: seed, layers, counts

TRIMMED = """# Of entries as large as the smallest kept one, of which half precision makes many,
# mergekit keeps some only; where signs are elected and terms cancel exactly, it keeps the positive
# ones, this edit none.
"""
TIES = """# mergekit weighs the mean of those that agree by λ, this edit does not; here all are one.
"""
LINEAR = """# No base_model: linear averages the models it lists, and the base is none of them.
"""
STOCK = """# Where vectors point apart, mergekit leaves the base the other way; here none do.
"""
BY_TENSOR = ("ties-per-tensor", "ties-per-tensor-sum", "breadcrumbs", "model-stock")
NAMED = {"ties-per-tensor": TIES, "model-stock": STOCK}
SMALLEST_NORMS = 1e-6  # below this product of two lengths mergekit computes no true cosine
NO_SUCH = "mergekit has no such method"
DRAWS = "mergekit draws masks of its own and gives every tensor its sum of magnitudes back"
TRIMS = "mergekit trims tensor by tensor, this method over the whole vector; choose ties-per-tensor"
REFUSED = {
    "ties": TRIMS,
    "ties-sum": f"{TRIMS}-sum",
    "dare": DRAWS,
    "slerp": "mergekit's SLERP runs between whole weights, this one between task vectors",
    "consensus": NO_SUCH,
    "della": DRAWS,
    "sce": "mergekit rounds the entries that it keeps down and knows no λ",
    "ram": "mergekit's RAM knows no λ, and not every mergekit has it",
    "nuslerp": "mergekit's weights say the position only, and it lets arcs swell",
    "karcher": "mergekit's Karcher mean is one of whole weights, this one of task vectors",
    "lines": NO_SUCH,
    "knots": NO_SUCH,
    "core-space": NO_SUCH,
    "magmax": NO_SUCH,
    "metagpt": NO_SUCH,
    "tsv-m": NO_SUCH,
    "iso-c": NO_SUCH,
    "iso-cts": NO_SUCH,
    "fisher": NO_SUCH,
    "regmean": NO_SUCH,
    "adamerging": NO_SUCH,
}

Shapes = Mapping[str, tuple[int, ...]]  # in the Hub's layout, as mergekit sees the tensors


def mergekit_yaml(suite: Suite, edit: Edit) -> str:
    """The recipe as YAML, with models in files named after their vectors.

    Raises ExportError where mergekit would give other weights than the edit, with the reason.
    """
    suite.check_edit(edit)
    if not edit.coefficients:
        raise _refused("it merges nothing: every λ is 0")
    if edit.method in REFUSED:
        raise _refused(REFUSED[edit.method])
    if edit.method in BY_TENSOR:
        fused = [n for n in _shapes(suite, edit) if suite.weights.family.fused(n) != 1]
        if fused:
            raise _refused(
                f"it merges tensor by tensor, and {fused[0]} of this model holds several matrices, "
                "which this edit merges apart; choose sum or average"
            )
    head = HEAD.format(
        formula=edit.formula(),
        file=YAML_FILE,
        title=suite.weights.family.title,
        library=LAYOUTS[HUB_LAYOUT].library,
    )
    recipe = _RECIPES[edit.method](suite, edit)
    head += TRIMMED if "density" in edit.settings else ""
    head += NAMED.get(edit.method, "") + (LINEAR if recipe["merge_method"] == "linear" else "")
    told = json.dumps(edit.to_json(), ensure_ascii=False)
    return f"{head}{EDIT_LINE}{told}\n{dump_yaml(recipe)}"


def recipe_models(edit: Edit) -> dict[str, Edit]:
    """The models that the recipe merges, by file: the base, and θ₀ + τ_t of each vector."""
    return {BASE_FILE: Edit(edit.suite)} | {
        file_of(name): Edit(edit.suite, {name: 1.0}, seed=edit.seed) for name in edit.coefficients
    }


def file_of(vector: str) -> str:
    """The file of a vector's model, unlike every other's: no vector's own name has a `_` in it.

    >>> file_of("letters"), file_of("random:letters"), file_of("base")
    ('letters.safetensors', 'random_letters.safetensors', 'base_vector.safetensors')
    """
    if f"{vector}.safetensors" == BASE_FILE:
        return f"{vector}_vector.safetensors"
    return vector.replace(":", "_") + ".safetensors"


def _sum(suite: Suite, edit: Edit) -> dict[str, Any]:
    """θ₀ + Σ λ_t τ_t is mergekit's task_arithmetic with the weights λ_t."""
    return _recipe("task_arithmetic", _weights(suite, edit), normalize=False)


def _average(suite: Suite, edit: Edit) -> dict[str, Any]:
    """(1/K) Σ λ_t τ_t: with λ = 1 a linear merge of the models, else task_arithmetic."""
    count = len(edit.coefficients)
    if set(edit.coefficients.values()) == {1.0} and LAYERS not in edit.settings:
        recipe = _recipe("linear", dict.fromkeys(edit.coefficients, 1.0), normalize=True)
        del recipe["base_model"]
        return recipe
    return _recipe("task_arithmetic", _weights(suite, edit, factor=1 / count), normalize=False)


def _expo(suite: Suite, edit: Edit) -> dict[str, Any]:
    """(1 + e)/K Σ λ_t τ_t is task_arithmetic, too."""
    factor = (1 + edit.settings["extrapolation"]) / len(edit.coefficients)
    weights = _weights(suite, edit, factor=factor)
    return _recipe("task_arithmetic", weights, normalize=False, scale=edit.settings["scale"])


def _ties(suite: Suite, edit: Edit) -> dict[str, Any]:
    """The mean of those that agree: mergekit weighs it by the weights, so they must be one."""
    values = set(edit.coefficients.values())
    if len(values) > 1 or LAYERS in edit.settings:
        raise _refused(
            "its mean is weighed by λ in mergekit and not here; give all vectors one λ, the same "
            "in all layers"
        )
    scale = edit.settings["scale"] * values.pop()
    weights = dict.fromkeys(edit.coefficients, 1.0)
    return _recipe("ties", weights, normalize=True, scale=scale, density=_density(suite, edit))


def _ties_sum(suite: Suite, edit: Edit) -> dict[str, Any]:
    return _recipe(
        "ties",
        _weights(suite, edit),
        normalize=False,
        scale=edit.settings["scale"],
        density=_density(suite, edit),
    )


def _breadcrumbs(suite: Suite, edit: Edit) -> dict[str, Any]:
    density, outliers = edit.settings["density"], edit.settings["outliers"]

    def dropped(size: int) -> int:
        return min(round(outliers * size), size - kept_count(density, size))

    return _recipe(
        "breadcrumbs",
        _weights(suite, edit),
        normalize=False,
        scale=edit.settings["scale"],
        density=_density(suite, edit),
        gamma=_by_tensor(_shapes(suite, edit), outliers, dropped),
    )


def _model_stock(suite: Suite, edit: Edit) -> dict[str, Any]:
    plain = set(edit.coefficients.values()) == {1.0} and edit.settings["scale"] == 1.0
    if len(edit.coefficients) < 2 or not plain or LAYERS in edit.settings:
        raise _refused(
            "mergekit's Model Stock has no weights; give at least two vectors, all with λ = 1, "
            "and the scale 1"
        )
    base = suite.weights.base()
    vectors = {
        name: suite.weights.vector(name, base=base, seed=edit.seed) for name in edit.coefficients
    }
    for piece, stack in Terms(vectors, fused=suite.weights.family.fused).stacks():
        products, cosine = _pairs(stack.reshape(len(stack), -1))
        if cosine < 0 or 0 < products < SMALLEST_NORMS:
            raise _refused(
                f"in {piece.parameter} the vectors point apart or are tiny (mean cosine "
                f"{cosine:.3f}), where mergekit leaves the base in the other direction"
            )
    recipe = _recipe("model_stock", dict.fromkeys(edit.coefficients, 1.0), normalize=None)
    recipe["models"] = [{"model": entry["model"]} for entry in recipe["models"]]
    return recipe


_RECIPES: dict[str, Callable[[Suite, Edit], dict[str, Any]]] = {
    "sum": _sum,
    "average": _average,
    "expo": _expo,
    "ties-per-tensor": _ties,
    "ties-per-tensor-sum": _ties_sum,
    "breadcrumbs": _breadcrumbs,
    "model-stock": _model_stock,
}


def _recipe(
    method: str,
    weights: Mapping[str, Any],
    *,
    normalize: bool | None,
    scale: float = 1.0,
    **parameters: Any,
) -> dict[str, Any]:
    shared: dict[str, Any] = {} if normalize is None else {"normalize": normalize}
    shared |= {"lambda": scale} if scale != 1.0 else {}
    return {
        "merge_method": method,
        "base_model": f"./{BASE_FILE}",
        "models": [
            {"model": f"./{file_of(name)}", "parameters": {"weight": weight}}
            for name, weight in weights.items()
        ],
        **({"parameters": shared | parameters} if shared | parameters else {}),
        "dtype": "float32",
    }


def _weights(suite: Suite, edit: Edit, *, factor: float = 1.0) -> dict[str, Any]:
    """λ_t by vector; where layers have factors, by tensor: the first filter that fits counts."""
    layers = edit.settings.get(LAYERS, {})
    base, family = suite.weights.base(), suite.weights.family
    weights: dict[str, Any] = {}
    for name, value in edit.coefficients.items():
        scaled = value * factor
        factors = layer_factors(layers, name)
        special = [
            {"filter": theirs, "value": scaled * factors[group]}
            for ours in (base if factors else ())
            if (group := layer_group(ours)) in factors
            for theirs in converted(base.renamed({ours: ours}), family, to=HUB_LAYOUT)
        ]
        weights[name] = [*special, {"value": scaled}] if special else scaled
    return weights


def _density(suite: Suite, edit: Edit) -> Any:
    density = edit.settings["density"]
    return _by_tensor(_shapes(suite, edit), density, lambda size: kept_count(density, size))


def _by_tensor(shapes: Shapes, share: float, count: Callable[[int], int]) -> Any:
    """`share`, with filters for the tensors of which mergekit, rounding down, takes another count.

    >>> _by_tensor({"a": (10,), "b": (11,)}, 0.2, lambda size: round(0.2 * size))
    0.2
    >>> _by_tensor({"a": (10,), "b": (2, 4)}, 0.2, lambda size: round(0.2 * size))
    [{'filter': 'b', 'value': 0.3125}, {'value': 0.2}]
    """
    special = []
    for name, shape in shapes.items():
        size, wanted = prod(shape), count(prod(shape))
        if int(share * size) != wanted:
            special.append({"filter": name, "value": min(1.0, (wanted + 0.5) / size)})
    return [*special, {"value": share}] if special else share


def _shapes(suite: Suite, edit: Edit) -> Shapes:
    base = suite.weights.base()
    shapes: dict[str, tuple[int, ...]] = {}
    for name in edit.coefficients:
        vector = suite.weights.vector(name, base=base, seed=edit.seed)
        covered = {n: n for n in vector}
        theirs = converted(base.renamed(covered), suite.weights.family, to=HUB_LAYOUT)
        shapes |= {n: theirs.shape(n) for n in theirs}
    return shapes


def _pairs(rows: torch.Tensor) -> tuple[float, float]:
    """The smallest product of two lengths among rows [K, n], and the mean cosine of all pairs."""
    lengths = torch.linalg.vector_norm(rows, dim=1)
    upper = torch.triu_indices(len(rows), len(rows), offset=1)
    products = lengths[upper[0]] * lengths[upper[1]]
    dots = (rows @ rows.T)[upper[0], upper[1]]
    cosines = torch.where(products > 0, dots / products, 0.0)
    return float(products.min()), float(cosines.mean())


def _refused(reason: str) -> ExportError:
    return ExportError(
        f"mergekit cannot make this edit: {reason}. Export the edited model as a checkpoint instead"
    )

"""`__all__` is exact: in every module what it defines in public, in every package this table."""

import ast
import importlib
from pathlib import Path

import pytest

import taskarith

PACKAGE = Path(taskarith.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.name not in ("__init__.py", "__main__.py")
}
PACKAGES = {
    ".".join(path.relative_to(PACKAGE.parent).parent.parts): path
    for path in sorted(PACKAGE.rglob("__init__.py"))
}

# What other people's code may import; a package that is not here offers nothing by itself. A change
# here is a change of the public interface.
PUBLIC: dict[str, list[str]] = {
    "taskarith": [
        "Edit",
        "Recomposer",
        "Suite",
        "TaskArithError",
        "TaskVector",
        "VectorInfo",
        "__version__",
        "list_suites",
        "load_suite",
        "load_vector",
        "teach",
        "widget",
    ],
    "taskarith.cli": ["main"],
    "taskarith.core": [
        "EVERY_VECTOR",
        "Edit",
        "Gram",
        "LAYERS",
        "MAX_COEFFICIENT",
        "METHODS",
        "Method",
        "NULLS",
        "ParameterLayout",
        "Recomposer",
        "Reported",
        "Setting",
        "Statistics",
        "TaskVector",
        "Terms",
        "VectorInfo",
        "VectorStore",
        "all_finite",
        "analogy_coefficients",
        "check_states",
        "checked_coefficient",
        "cosine_matrix",
        "finite_number",
        "layer_factors",
        "layer_grams",
        "layer_group",
        "layer_groups",
        "layer_norms",
        "merge",
        "permuted_vector",
        "random_vector",
        "sign_conflicts",
    ],
    "taskarith.core.kernels": [
        "CompiledKernel",
        "Kernel",
        "PlainKernel",
        "Row",
        "Segment",
        "make_kernel",
    ],
    "taskarith.core.merges": [
        "Gram",
        "Statistics",
        "adamerging",
        "average",
        "breadcrumbs",
        "consensus",
        "core_space",
        "dare",
        "della",
        "expo",
        "fisher",
        "iso_c",
        "iso_cts",
        "karcher",
        "knots",
        "learned_coefficients",
        "lines",
        "magmax",
        "merge",
        "metagpt",
        "model_stock",
        "nuslerp",
        "ram",
        "regmean",
        "sce",
        "slerp",
        "summed",
        "tall_masks",
        "ties",
        "ties_per_tensor",
        "ties_per_tensor_sum",
        "ties_sum",
        "tsv_m",
    ],
    "taskarith.evaluation": [
        "Estimate",
        "Evaluator",
        "Failure",
        "Finished",
        "Looks",
        "Measurer",
        "PairedDifference",
        "Part",
        "Piece",
        "Reading",
        "ResultCache",
        "Shipped",
        "Step",
        "Surrogate",
        "SurrogateError",
        "SweepRow",
        "Worker",
        "choose_device",
        "commit_steps",
        "describe_device",
        "fit_surrogate",
        "load_shipped",
        "load_surrogate",
        "make_shipped",
        "measure",
        "point_steps",
        "slice_steps",
        "stratified_order",
        "surrogate_error",
        "sweep",
        "visible_tasks",
    ],
    "taskarith.figures": [
        "Bar",
        "Curve",
        "bars_figure",
        "confusion_figure",
        "curve_figure",
        "geometry_figures",
        "page_style",
        "recipe_figures",
        "search_figure",
    ],
    "taskarith.models": ["ClipModel", "WordTokenizer", "load_clip"],
    "taskarith.models.clip": ["import_open_clip"],
    "taskarith.sources": [
        "BASE_FILES",
        "Contents",
        "Difference",
        "LazyState",
        "Ledger",
        "Limits",
        "OWNER",
        "Plan",
        "Reference",
        "Source",
        "TaskVector",
        "VISITOR",
        "base_fingerprint",
        "doubts",
        "find_pulled",
        "fingerprint",
        "load_vector",
        "make_plan",
        "open_difference",
        "open_source",
        "open_tensors",
        "parse_reference",
        "pull",
        "read_metadata",
        "read_tensors",
        "subtract",
        "write_tensors",
        "write_vector",
    ],
    "taskarith.suites": [
        "Base",
        "Manifest",
        "Preset",
        "Quadruple",
        "RecipeBook",
        "SUITES_FOLDER",
        "Soup",
        "Suite",
        "list_suites",
        "load_suite",
        "parse_manifest",
        "read_manifest",
    ],
    "taskarith.tasks": [
        "Examples",
        "Images",
        "ROLES",
        "Role",
        "SPLITS",
        "SplitName",
        "Task",
        "Texts",
        "cache_folder",
        "load_split",
    ],
    "taskarith.worlds.images": [
        "Domain",
        "FAMILIES",
        "Family",
        "SPLIT_SIZES",
        "family",
        "pixel_fingerprint",
        "world_split",
    ],
    "taskarith.worlds.texts": [
        "CATEGORIES",
        "Category",
        "KIND_WORDS",
        "RUDE_WORDS",
        "RUNNING",
        "TEXT_FAMILIES",
        "TEXT_SPLIT_SIZES",
        "TextExample",
        "TextFamily",
        "may_stand_in",
        "split_words",
        "text_family",
        "text_fingerprint",
        "vocabulary",
        "world_stretches",
        "world_texts",
    ],
    "taskarith.worlds.texts.families": [],
    "taskarith.ui": ["launch"],
}


def public_definitions(path: Path) -> set[str]:
    """Functions and classes without a leading underscore that the module itself defines."""
    return {
        node.name
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    }


@pytest.mark.parametrize("name", MODULES)
def test_a_module_names_what_it_defines(name: str) -> None:
    module = importlib.import_module(name)
    names = module.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(module, name)] == []
    assert public_definitions(MODULES[name]) - set(names) == set()
    assert [name for name in names if name.startswith("_")] == []


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_offers_exactly_this(name: str) -> None:
    package = importlib.import_module(name)
    offered = getattr(package, "__all__", [])
    assert sorted(offered) == PUBLIC.get(name, [])
    assert [name for name in offered if not hasattr(package, name)] == []


def test_the_table_names_no_package_that_is_gone() -> None:
    assert PUBLIC.keys() <= PACKAGES.keys()

"""Imports point left only, and each dependency has one home; read from the source with `ast`."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "taskarith"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Left to right, as in the design: a module imports from its own group's part or further left.
LAYERS = [
    ["errors", "places"],
    ["core"],
    ["sources", "models", "worlds"],
    ["tasks"],
    ["heads"],
    ["suites"],
    ["evaluation"],
    ["training"],
    ["recipes"],
    ["export", "figures"],
    ["cli", "ui"],
]
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}

# Where a part reaches its neighbour: `taskarith app` opens the page, `site` writes it.
ALLOWED = {("taskarith.cli.app", "ui"), ("taskarith.cli.site", "ui")}

# Packages that only some uses need, and the one module, or package, that may import them.
HOMES = {
    "anywidget": "taskarith.ui.notebook",
    "starlette": "taskarith.ui",
    "gradio": "taskarith.ui",
    "bm25s": "taskarith.recipes.retrieval.index",
    "cmaes": "taskarith.recipes.search.seekers",
    "datasets": "taskarith.tasks.hub_rows",
    "filelock": "taskarith.sources",
    "huggingface_hub": "taskarith.sources.hub",
    "lm_eval": "taskarith.tasks.harness",
    "llvmlite": "taskarith.core.kernels.compiled",
    "open_clip": "taskarith.models.clip.open_clip",
    "pandas": "taskarith.tasks.frames",
    "plotly": "taskarith.figures",
    "ray": "taskarith.evaluation.ray_workers",
    "pyarrow": "taskarith.tasks",
    "safetensors": "taskarith.sources.tensors",
    "scipy": "taskarith.heads.label_order",
    "segno": "taskarith.ui.qr",
    "spaces": "taskarith.evaluation.zero_gpu",
    "sklearn": "taskarith.worlds.images.handwritten",
    "traitlets": "taskarith.ui.notebook",
    "transformers": "taskarith.models.library",
    "torchvision": "taskarith.models.torchvision_operators",
    "triton": "taskarith.core.kernels.gpu",
    "yaml": "taskarith.export.yaml_text",
}
EVERYWHERE = {"PIL", "numpy", "torch", "tqdm"}

# Not in requirements.txt: what is missing without it says so, with the command that installs it.
ON_DEMAND = {"anywidget", "lm_eval", "ray", "segno", "spaces", "traitlets", "triton"}

# Where the name to import is not the name to install.
INSTALLED_AS = {"PIL": "pillow", "open_clip": "open_clip_torch", "sklearn": "scikit-learn"}
INSTALLED_AS |= {"yaml": "pyyaml"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(path: Path) -> tuple[str, ...]:
    """Every imported module, wherever in the file the import stands; `from a import b` is a.b."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part(module: str) -> str:
    """The layer's name: `core` for `taskarith.core.edit`; empty for the package itself."""
    return [*module.split("."), ""][1]


def is_inside(module: str, home: str) -> bool:
    return module == home or module.startswith(home + ".")


# The package's own front door names its public things lazily; `__main__` opens the command line.
@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path != PACKAGE / "__init__.py"],
    ids=module_name,
)
def test_imports_point_left(path: Path) -> None:
    here = module_name(path)
    rank = len(LAYERS) if here == "taskarith.__main__" else RANK[part(here)]
    for imported in imports(path):
        if not is_inside(imported, "taskarith") or imported == "taskarith.__version__":
            continue
        there = part(imported)
        assert there in RANK, f"{here} imports {imported}, which belongs to no layer"
        assert there == part(here) or RANK[there] < rank or (here, there) in ALLOWED, (
            f"{here} imports {imported}: imports point left only"
        )


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_each_dependency_has_one_home(path: Path) -> None:
    here = module_name(path)
    for imported in imports(path):
        top = imported.partition(".")[0]
        if top == "taskarith" or top in sys.stdlib_module_names or top in EVERYWHERE:
            continue
        assert top in HOMES, f"{here} imports {top}: give it a home in this test"
        assert is_inside(here, HOMES[top]), f"{here} imports {top}, whose home is {HOMES[top]}"


def test_requirements_are_what_is_imported() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    asked = {re.split(r"[\[>=<#\s]", line)[0] for line in lines if line and line[0] != "#"}
    imported = {
        name.partition(".")[0]
        for path in SOURCES
        for name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names
    } - {"taskarith"}
    assert asked == {INSTALLED_AS.get(name, name) for name in imported - ON_DEMAND}


def test_every_requirement_is_pinned_and_explained() -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([\w-]+)==", constraints, flags=re.MULTILINE))
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line and line[0] != "#":
            name = re.split(r"[\[>=<#\s]", line)[0]
            assert name in pinned, f"constraints.txt does not pin {name}"
            assert " # " in line, f"requirements.txt does not say why {name} is there"


def test_no_page_imports_another() -> None:
    pages = {path.parent.name for path in (PACKAGE / "ui").glob("*/page.py")}
    assert len(pages) >= 6
    for page in pages:
        others = tuple(f"taskarith.ui.{other}" for other in pages - {page})
        for path in (PACKAGE / "ui" / page).glob("*.py"):
            crossing = [one for one in imports(path) if one.startswith(others)]
            assert crossing == [], f"{module_name(path)}: what pages share stands beside them"

"""Inside core: coefficients ← vector ← merges ← edit, and no module imports itself on the way."""

from graphlib import TopologicalSorter

from tests.test_layers import SOURCES, imports, module_name

PATHS = {module_name(path): path for path in SOURCES if "core" in module_name(path).split(".")[:2]}


def modules_imported(name: str) -> set[str]:
    """The modules of core that one imports; of `from a import b`, b where that is a module."""
    found = set()
    for imported in imports(PATHS[name]):
        owner = imported if imported in PATHS else imported.rpartition(".")[0]
        if owner in PATHS and owner != name:
            found.add(owner)
    return found


def behind(name: str) -> set[str]:
    """Everything of core that a module needs, over any number of steps."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        new = modules_imported(waiting.pop()) - seen
        seen |= new
        waiting += new
    return seen


def test_core_has_no_circle() -> None:
    graph = {name: modules_imported(name) for name in PATHS}
    order = list(TopologicalSorter(graph).static_order())
    assert len(order) == len(PATHS)


def test_the_arrow_inside_core() -> None:
    core = "taskarith.core"
    assert behind(f"{core}.coefficients") == set()
    assert f"{core}.coefficients" in behind(f"{core}.vector")
    assert not {f"{core}.merges", f"{core}.merges.registry", f"{core}.edit"} & behind(
        f"{core}.vector"
    )
    assert f"{core}.vector" in behind(f"{core}.merges.registry")
    assert f"{core}.edit" not in behind(f"{core}.merges")
    assert f"{core}.merges.registry" in behind(f"{core}.edit")

"""Opens a collection's members, and sees whether they share their tasks: classes, metric, data."""

from collections.abc import Mapping

from taskarith.errors import AssetError
from taskarith.suites.collection import Collection
from taskarith.suites.suite import Suite, load_suite
from taskarith.tasks import Task

__all__ = ["check_shared", "opened_members"]

OF_A_SUITE = ("tensors", "folder", "table")  # data that is a path inside each suite


def opened_members(collection: Collection) -> dict[str, Suite]:
    """Every member's suite by name; AssetError where they do not share their tasks."""
    suites = {name: load_suite(name) for name in collection.suites}
    check_shared(collection, suites)
    return suites


def check_shared(collection: Collection, suites: Mapping[str, Suite]) -> None:
    """Raise AssetError that says which of `suites` lacks which shared task, vector or class."""
    problems = []
    first = suites[collection.suites[0]]
    for name, suite in suites.items():
        for task in (*collection.tasks, *collection.controls):
            if task not in suite.tasks:
                problems.append(f"{name} has no task {task!r}")
            elif task in first.tasks:
                differs = _difference(first.tasks[task], suite.tasks[task])
                if differs:
                    problems.append(f"{task!r} of {name} has other {differs} than {first.name}'s")
        problems += [
            f"{name} has no vector {task!r}"
            for task in collection.tasks
            if task in suite.tasks and task not in suite.vectors
        ]
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise AssetError(
            f"the members of {collection.name!r} do not share their tasks, so that nothing can be "
            f"compared:\n{listed}\nname tasks that all of them have"
        )


def _difference(one: Task, other: Task) -> str:
    """What differs between two tasks of one name; empty where their examples may be the same."""
    if one.classnames != other.classnames:
        return "classes"
    if one.metric != other.metric:
        return "a metric"
    if one.data["kind"] != other.data["kind"]:
        return "examples"
    if one.data["kind"] not in OF_A_SUITE and one.data != other.data:
        return "examples"
    return ""

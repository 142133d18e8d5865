"""Edit pretrained models by arithmetic on their weights.

The names below are loaded on first use, so that `import taskarith` costs nothing: it knows where
they live and nothing else.

>>> import taskarith, torch
>>> tau = taskarith.TaskVector({"w": torch.tensor([3.0, 4.0])})
>>> (-tau).norm()
5.0
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskarith.core import Edit, Recomposer, TaskVector, VectorInfo
    from taskarith.errors import TaskArithError
    from taskarith.sources import load_vector
    from taskarith.suites import Suite, list_suites, load_suite
    from taskarith.training.teaching.teach import teach
    from taskarith.ui.notebook.opening import widget

__version__ = "0.1.0"

__all__ = [
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
]

_HOMES = {
    "Edit": "taskarith.core",
    "Recomposer": "taskarith.core",
    "Suite": "taskarith.suites",
    "TaskArithError": "taskarith.errors",
    "TaskVector": "taskarith.sources",  # which teaches it to save and load
    "VectorInfo": "taskarith.core",
    "list_suites": "taskarith.suites",
    "load_suite": "taskarith.suites",
    "load_vector": "taskarith.sources",
    "teach": "taskarith.training.teaching.teach",
    "widget": "taskarith.ui.notebook.opening",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'taskarith' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__

"""Where weights come from: files, the Hub and adapters. Knows no models and no tasks."""

from taskarith.core import TaskVector
from taskarith.sources.differences import (
    Contents,
    Difference,
    open_difference,
    open_source,
    subtract,
)
from taskarith.sources.doubts import doubts
from taskarith.sources.lazy_state import LazyState
from taskarith.sources.ledger import Ledger
from taskarith.sources.native import base_fingerprint, write_vector
from taskarith.sources.plan import OWNER, VISITOR, Limits, Plan, make_plan
from taskarith.sources.pull import Source, find_pulled, pull
from taskarith.sources.recognition import BASE_FILES
from taskarith.sources.reference import Reference, parse_reference
from taskarith.sources.store import NativeStore, load_vector
from taskarith.sources.tensors import (
    fingerprint,
    open_tensors,
    read_metadata,
    read_tensors,
    write_tensors,
)

__all__ = [
    "BASE_FILES",
    "OWNER",
    "VISITOR",
    "Contents",
    "Difference",
    "LazyState",
    "Ledger",
    "Limits",
    "Plan",
    "Reference",
    "Source",
    "TaskVector",
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
]

# From here on vectors can be saved and loaded; `taskarith.TaskVector` is this one.
TaskVector.store = NativeStore()

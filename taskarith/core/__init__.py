"""Task vectors, edits and the recompose engine: torch only, no files, models or pages."""

from taskarith.core.edit import (
    MAX_COEFFICIENT,
    METHODS,
    Edit,
    analogy_coefficients,
    checked_coefficient,
    finite_number,
)
from taskarith.core.engine import Recomposer
from taskarith.core.layout import ParameterLayout, check_states
from taskarith.core.nulls import NULLS, permuted_vector, random_vector
from taskarith.core.vector import TaskVector

__all__ = [
    "MAX_COEFFICIENT",
    "METHODS",
    "NULLS",
    "Edit",
    "ParameterLayout",
    "Recomposer",
    "TaskVector",
    "analogy_coefficients",
    "check_states",
    "checked_coefficient",
    "finite_number",
    "permuted_vector",
    "random_vector",
]

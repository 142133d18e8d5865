"""Task vectors, edits and the recompose engine: torch only, no files, models or pages."""

from taskarith.core.coefficients import (
    MAX_COEFFICIENT,
    analogy_coefficients,
    checked_coefficient,
    finite_number,
)
from taskarith.core.edit import LAYERS, Edit
from taskarith.core.engine import Recomposer
from taskarith.core.geometry import cosine_matrix, layer_grams, layer_norms, sign_conflicts
from taskarith.core.info import Reported, VectorInfo
from taskarith.core.layers import EVERY_VECTOR, layer_factors, layer_group, layer_groups
from taskarith.core.layout import ParameterLayout, all_finite, check_states
from taskarith.core.merges import Gram, Statistics, merge
from taskarith.core.merges.registry import METHODS, Method, Setting
from taskarith.core.nulls import NULLS, permuted_vector, random_vector
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector, VectorStore

__all__ = [
    "EVERY_VECTOR",
    "LAYERS",
    "MAX_COEFFICIENT",
    "METHODS",
    "NULLS",
    "Edit",
    "Gram",
    "Method",
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
]

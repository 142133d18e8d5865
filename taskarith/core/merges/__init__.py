"""Merge methods: pure functions from scaled task vectors to one merged vector.

Every method first scales: it gets σ_t = λ_t·τ_t and treats them as its paper treats task vectors.
So λ = 1 for all is the paper's method, a negative λ_t merges the negated vector, λ_t = 0 leaves a
vector out, and what the paper calls its scaling coefficient is the setting `scale`.
"""

from taskarith.core.merges.linear import average, model_stock, slerp, summed
from taskarith.core.merges.magnitude import magmax, metagpt
from taskarith.core.merges.merge import merge
from taskarith.core.merges.sparse import (
    breadcrumbs,
    consensus,
    dare,
    tall_masks,
    ties,
    ties_per_tensor,
    ties_per_tensor_sum,
    ties_sum,
)
from taskarith.core.merges.spectral import iso_c, tsv_m
from taskarith.core.merges.statistics import Gram, Statistics
from taskarith.core.merges.with_data import adamerging, fisher, learned_coefficients, regmean

__all__ = [
    "Gram",
    "Statistics",
    "adamerging",
    "average",
    "breadcrumbs",
    "consensus",
    "dare",
    "fisher",
    "iso_c",
    "learned_coefficients",
    "magmax",
    "merge",
    "metagpt",
    "model_stock",
    "regmean",
    "slerp",
    "summed",
    "tall_masks",
    "ties",
    "ties_per_tensor",
    "ties_per_tensor_sum",
    "ties_sum",
    "tsv_m",
]

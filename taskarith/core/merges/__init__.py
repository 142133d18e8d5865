"""Merge methods: pure functions from scaled task vectors to one merged vector.

Every method first scales: it gets σ_t = λ_t·τ_t and treats them as its paper treats task vectors.
So λ = 1 for all is the paper's method, a negative λ_t merges the negated vector, λ_t = 0 leaves a
vector out, and what the paper calls its scaling coefficient is the setting `scale`.
"""

from taskarith.core.merges.fisher_gram import Gram, Statistics
from taskarith.core.merges.linear import average, expo, lines, model_stock, summed
from taskarith.core.merges.magnitude import magmax, metagpt
from taskarith.core.merges.merge import merge
from taskarith.core.merges.overlap import ram, sce
from taskarith.core.merges.randomized import dare, della
from taskarith.core.merges.sparse import (
    breadcrumbs,
    consensus,
    tall_masks,
    ties,
    ties_per_tensor,
    ties_per_tensor_sum,
    ties_sum,
)
from taskarith.core.merges.spectral import iso_c, iso_cts, tsv_m
from taskarith.core.merges.spherical import karcher, nuslerp, slerp
from taskarith.core.merges.subspace import core_space, knots
from taskarith.core.merges.with_data import adamerging, fisher, learned_coefficients, regmean

__all__ = [
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
]

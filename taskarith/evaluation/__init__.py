"""Measuring edits: estimates, the evaluator, plans, the worker, the cache and the surrogate."""

from taskarith.evaluation.device import choose_device, describe_device
from taskarith.evaluation.estimate import Estimate, PairedDifference
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.fitting import SurrogateError, fit_surrogate, surrogate_error
from taskarith.evaluation.measure import Measurer, Piece, Reading, SweepRow, measure, sweep
from taskarith.evaluation.order import stratified_order
from taskarith.evaluation.plan import (
    Part,
    Step,
    commit_steps,
    point_steps,
    slice_steps,
    visible_tasks,
)
from taskarith.evaluation.results import Looks, ResultCache
from taskarith.evaluation.shipped import Shipped, load_shipped, make_shipped
from taskarith.evaluation.surrogate import Surrogate, load_surrogate
from taskarith.evaluation.worker import Failure, Finished, Worker

__all__ = [
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
]

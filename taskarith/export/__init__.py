"""What leaves the explorer: an edit as other libraries' checkpoints, as a recipe, on the Hub.

Knows suites, edits and measurements; not who asked for it.
"""

from taskarith.export.account import Account
from taskarith.export.accuracies import (
    TaskAccuracy,
    image_statistics,
    known_accuracies,
    measure_accuracies,
)
from taskarith.export.card import model_card, vector_card
from taskarith.export.exporting import FORMATS, Export, Plan, export_edit, plan_export
from taskarith.export.merged import merged_state, merged_vector
from taskarith.export.mergekit import mergekit_yaml
from taskarith.export.mergekit_import import Imported, edit_from_mergekit
from taskarith.export.provenance import Provenance
from taskarith.export.publication import Publication, plan_publication
from taskarith.export.publish import Published, publish
from taskarith.export.snippet import python_snippet
from taskarith.export.verify import Verification, verify_source

__all__ = [
    "FORMATS",
    "Account",
    "Export",
    "Imported",
    "Plan",
    "Provenance",
    "Publication",
    "Published",
    "TaskAccuracy",
    "Verification",
    "edit_from_mergekit",
    "export_edit",
    "image_statistics",
    "known_accuracies",
    "measure_accuracies",
    "merged_state",
    "merged_vector",
    "mergekit_yaml",
    "model_card",
    "plan_export",
    "plan_publication",
    "publish",
    "python_snippet",
    "vector_card",
    "verify_source",
]

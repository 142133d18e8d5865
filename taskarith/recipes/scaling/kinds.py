"""What is measured of every size, by name."""

__all__ = [
    "ADDED",
    "CONTROL",
    "KEPT",
    "LAWS",
    "NEGATED",
    "OF_CONTROL",
    "PATCHED",
    "RANDOM_ADDED",
    "RANDOM_NEGATED",
    "TUNED",
    "ZERO",
]

ZERO, TUNED, ADDED, PATCHED, NEGATED = "zero-shot", "fine-tuned", "added", "patched", "negated"
RANDOM_ADDED, RANDOM_NEGATED = "random directions added", "random directions negated"
CONTROL, KEPT = "control, zero-shot", "control, negated"
OF_CONTROL = (CONTROL, KEPT)
# Of a negated task a higher error is what is wanted; what it costs is the control's error.
LAWS = (ZERO, ADDED, PATCHED, TUNED, RANDOM_ADDED, CONTROL, KEPT)

"""Bases by the names that a library has for them, in place of a reference to their weights."""

from taskarith.models.family import NamedBase
from taskarith.models.registry import FAMILIES
from taskarith.sources import parse_reference

__all__ = ["base_reference", "named_base"]


def named_base(base: str) -> NamedBase | None:
    """The base that a library calls so; None where `base` is a reference.

    >>> named_base("owner/name") is None
    True
    """
    return next((n for family in FAMILIES if (n := family.named(base)) is not None), None)


def base_reference(base: str) -> str:
    """The full reference of a base, however it is written; SourceError where it is none."""
    named = named_base(base)
    return str(parse_reference(base)) if named is None else named.reference

"""What kind of base a reference names, from its small files alone."""

from taskarith.errors import AssetError
from taskarith.models.registry import DESCRIPTION_FILES, describe
from taskarith.sources import make_plan
from taskarith.sources.hub import HubUnreachableError
from taskarith.sources.plan import size_text
from taskarith.sources.pull import pull_only
from taskarith.suites.making.named_bases import base_reference, named_base

MOST = 4 * 2**20  # bytes of a file that says what a model is

__all__ = ["kind_of_base"]


def kind_of_base(base: str) -> str | None:
    """What a manifest calls the base, read from the files that describe it, some kilobytes.

    None where its name says it, or where the Hub does not answer now. Raises SourceError for a
    reference that names no weights, AssetError where its files do not say what it is.
    """
    if named_base(base) is not None:
        return None
    try:
        plan = make_plan(base_reference(base), extras=DESCRIPTION_FILES)
        large = [n for n in DESCRIPTION_FILES if plan.files.get(n, 0) > MOST]
        if large:
            raise AssetError(f"its {large[0]} is {size_text(plan.files[large[0]])}, which is none")
        return describe(pull_only(plan, DESCRIPTION_FILES)).kind
    except HubUnreachableError:
        return None
    except AssetError as error:
        raise AssetError(f"{base}: {error}; or say what it is with --kind") from error

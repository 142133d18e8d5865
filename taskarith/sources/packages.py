"""Weights that an installed Python package carries, for machines that do not reach the Hub.

A package is looked for and never imported; its weights count only where they are the ones that were
named, to the bit.
"""

import re
from importlib.util import find_spec
from pathlib import Path

from taskarith.sources.digests import Digests

__all__ = ["PLACE", "packaged"]

PLACE = re.compile(r"[A-Za-z_]\w*(/[A-Za-z_]\w*)?")  # a package, and a folder in it
WEIGHTS = "model.safetensors"


def packaged(place: str, *, sha256: str, digests: Digests) -> Path | None:
    """The folder "package/folder" where its weights have this sha256, else None.

    >>> packaged("no_such_package/model", sha256="", digests=Digests(Path("digests.json"))) is None
    True
    """
    if not PLACE.fullmatch(place):
        return None
    name, _, inside = place.partition("/")
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / inside
    weights = folder / WEIGHTS
    return folder if weights.is_file() and digests.digest(weights) == sha256 else None

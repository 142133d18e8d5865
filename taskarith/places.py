"""Where the project's own files are: beside the package in a checkout, inside it in a wheel.

Knows one folder; what lies in it is others' business.
"""

from pathlib import Path

__all__ = ["ASSETS"]

_HERE = Path(__file__).resolve().parent
_INSIDE = _HERE / "assets"

ASSETS = _INSIDE if _INSIDE.is_dir() else _HERE.parent / "assets"

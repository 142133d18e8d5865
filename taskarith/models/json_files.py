"""Reads the JSON files that come with a base; says which is damaged by its name, never by its path.

Knows nothing of what they describe.
"""

import json
from pathlib import Path
from typing import Any

from taskarith.errors import AssetError

__all__ = ["read_json", "read_object"]


def read_json(path: Path) -> Any:
    """What the file `path` of a base holds; AssetError where it cannot be read or is no JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AssetError(
            f"its {path.name} cannot be read ({error.strerror}); get the file again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise AssetError(f"its {path.name} is not valid JSON; get the file again") from error


def read_object(path: Path) -> dict[str, Any]:
    """The object in the file `path` of a base; AssetError where it is none."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise AssetError(f"its {path.name} holds no object; get the file again")
    return value

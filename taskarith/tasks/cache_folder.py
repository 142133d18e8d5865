"""Where things that can be made again are kept between runs; nothing here creates the folder."""

import os
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """The folder in the environment variable `TASKARITH_CACHE`, else `~/.cache/taskarith`."""
    return Path(os.environ.get("TASKARITH_CACHE") or "~/.cache/taskarith").expanduser()

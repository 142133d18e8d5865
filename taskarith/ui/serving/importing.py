"""Imports Gradio in half of its time; knows what makes it slow."""

import gc
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["quick_imports"]


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import within it what stays: nothing is looked at as garbage, then or later.

    Gradio writes type stubs for editors beside its components, or finds them unchanged, at every
    import: a quarter of it. It leaves out components without a file; here none of its own has one.

    >>> with quick_imports():
    ...     gc.isenabled()
    False
    """
    was_enabled, getfile = gc.isenabled(), inspect.getfile

    def no_file_of_gradio(of: Any) -> str:
        if isinstance(of, type) and of.__module__.startswith("gradio."):
            raise OSError("no type stubs are asked for")
        return getfile(of)

    gc.disable()
    inspect.getfile = no_file_of_gradio  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = getfile
        gc.freeze()
        if was_enabled:
            gc.enable()

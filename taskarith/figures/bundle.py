"""Plotly's own script, as its Python package brings it: what a browser draws figures with."""

from functools import cache

from taskarith.errors import MissingDependencyError

__all__ = ["plotly_script"]


@cache
def plotly_script() -> bytes:
    """The whole of plotly.js; MissingDependencyError where plotly is not installed."""
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise MissingDependencyError(
            "Figures need plotly, which is not installed: pip install plotly"
        ) from error
    return str(get_plotlyjs()).encode()

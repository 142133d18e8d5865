"""QR codes of links, by `segno`: a grid of dark and light that the browser draws.

The one module that imports it; without it the page says how to get it. Knows texts, not links.
"""

from taskarith.errors import ExportError, MissingDependencyError

__all__ = ["LONGEST", "code"]

LONGEST = 300  # characters: a larger code is too fine for a phone in the last row


def code(text: object) -> list[str]:
    """The rows of the code of a text, "1" where it is dark, without a margin.

    >>> rows = code("http://192.0.2.7:7860/?suite=mini")
    >>> len(rows) == len(rows[0]), rows[0][:7]
    (True, '1111111')
    """
    if not isinstance(text, str) or not text:
        raise ExportError("a QR code is asked for with a text")
    if len(text) > LONGEST:
        raise ExportError(
            f"the link has {len(text)} characters, and a QR code that a phone reads from its seat "
            f"holds {LONGEST}: move fewer sliders, or copy the link instead"
        )
    try:
        import segno
    except ImportError:
        raise MissingDependencyError(
            "QR codes need the package segno, which is not installed: pip install segno"
        ) from None
    drawn = segno.make_qr(text, error="m")
    return ["".join("1" if dark else "0" for dark in row) for row in drawn.matrix]

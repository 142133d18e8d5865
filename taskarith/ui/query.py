"""The query string of a page's address, as a browser sends it on."""

from urllib.parse import parse_qsl

__all__ = ["LONGEST_QUERY", "read_query"]

LONGEST_QUERY = 20_000  # characters: a link with a hundred vectors fits


def read_query(query: object) -> dict[str, str]:
    """Its fields; none where it is no text.

    >>> read_query("?suite=mini&set=")
    {'suite': 'mini', 'set': ''}
    """
    text = query[:LONGEST_QUERY] if isinstance(query, str) else ""
    return dict(parse_qsl(text.removeprefix("?"), keep_blank_values=True))

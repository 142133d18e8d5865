"""The query string of a page's address, as a browser sends it on."""

from urllib.parse import parse_qsl

__all__ = ["LONGEST_QUERY", "read_query"]

LONGEST_QUERY = 20_000  # characters: a link with a hundred vectors fits


def read_query(query: object) -> dict[str, str]:
    r"""Its fields; none where it is no text. Half a character, which no answer could say,
    is a "?".

    >>> read_query("?suite=mini&set=")
    {'suite': 'mini', 'set': ''}
    >>> read_query("set=\ud800x")
    {'set': '?x'}
    """
    text = query[:LONGEST_QUERY] if isinstance(query, str) else ""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return dict(parse_qsl(whole.removeprefix("?"), keep_blank_values=True))

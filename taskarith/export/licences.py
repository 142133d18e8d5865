"""The licence of what is made of several parents: theirs, where they agree.

Where they differ or say nothing a person must decide; no rule here reads law into names.
"""

import re
from collections.abc import Mapping

from taskarith.errors import ExportError

__all__ = ["common_licence", "decided_licence"]

# What the Hub takes in a card's `license`: an identifier in lower case.
IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9.+-]{0,49}")


def common_licence(parents: Mapping[str, str | None]) -> str | None:
    """The licence that all parents state; None where they differ or one states none.

    >>> common_licence({"base": "Apache-2.0", "letters": "apache-2.0"})
    'apache-2.0'
    """
    stated = {_identifier(licence) for licence in parents.values()}
    return stated.pop() if len(stated) == 1 else None


def decided_licence(parents: Mapping[str, str | None], *, chosen: str | None = None) -> str:
    """`chosen`, or what the parents agree on; ExportError says what they state where they do not.

    >>> decided_licence({"base": "MIT", "letters": None})
    Traceback (most recent call last):
    taskarith.errors.ExportError: the parents do not agree on a licence (base: mit; letters: \
not stated). Read their terms and name the licence you may publish under, as in --licence mit
    """
    if chosen is not None:
        if _identifier(chosen) is None:
            raise ExportError(
                f"{chosen[:60]!r} is no licence identifier; write one as the Hub lists them, like "
                "apache-2.0, mit or cc-by-4.0"
            )
        return chosen.strip().lower()
    common = common_licence(parents)
    if common is not None:
        return common
    stated = "; ".join(
        f"{name}: {_identifier(own) or 'not stated'}" for name, own in parents.items()
    )
    raise ExportError(
        f"the parents do not agree on a licence ({stated}). Read their terms and name the licence "
        "you may publish under, as in --licence mit"
    )


def _identifier(licence: str | None) -> str | None:
    text = (licence or "").strip().lower()
    return text if IDENTIFIER.fullmatch(text) else None

"""A section put into a report that is there: in the place of an older one, or after its kin.

Knows Markdown headings; not what a section says.
"""

import re

__all__ = ["with_section"]

KIN = "## Recipe:"
_BEFORE_SECTION = re.compile(r"(?m)^(?=## )")


def with_section(report: str, section: str) -> str:
    r"""`report` with `section`, which begins with its heading.

    One of the same heading is replaced; a new one comes after the last recipe's.

    >>> report = "# R\n\n## Recipe: A\n\nold\n\n## Angles\n\n0\n"
    >>> report = with_section(report, "## Recipe: A\n\nnew")
    >>> print(with_section(report, "## Recipe: B\n\n1"), end="")
    # R
    <BLANKLINE>
    ## Recipe: A
    <BLANKLINE>
    new
    <BLANKLINE>
    ## Recipe: B
    <BLANKLINE>
    1
    <BLANKLINE>
    ## Angles
    <BLANKLINE>
    0
    """
    parts = [part.strip() for part in _BEFORE_SECTION.split(report)]
    heading = section.partition("\n")[0].strip()
    headings = [part.partition("\n")[0].strip() for part in parts]
    if heading in headings:
        parts[headings.index(heading)] = section.strip()
    else:
        last = max((i for i, one in enumerate(headings) if one.startswith(KIN)), default=0)
        parts.insert(last + 1, section.strip())
    return "\n\n".join(part for part in parts if part) + "\n"

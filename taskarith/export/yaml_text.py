"""YAML from strangers and for them: read without running anything, within bounds; plainly written.

The only module that imports yaml. Knows no recipe.
"""

from typing import Any

import yaml  # type: ignore[import-untyped]

from taskarith.errors import ExportError

__all__ = ["dump_yaml", "read_yaml"]

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 100  # yaml takes seconds for thousands of open brackets, as the square of their number


def dump_yaml(value: object) -> str:
    """`value`, of plain types, as YAML in the order in which it was made."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=100)
    return text


def read_yaml(text: str, what: str) -> Any:
    """The value that `text` writes; ExportError, naming `what`, where it is not plain YAML.

    References inside (anchors and aliases) are refused: a few lines of them can stand for a text
    of any size.

    >>> read_yaml("a: [1, two]", "it")
    {'a': [1, 'two']}
    """
    if len(text) > MAX_CHARACTERS:
        raise ExportError(
            f"{what} has {len(text):,} characters; at most {MAX_CHARACTERS:,} are read"
        )
    try:
        _check_events(text, what)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or str(error)[:200]
        raise ExportError(f"{what} is no valid YAML{where}: {problem}; mend that line") from error
    except (RecursionError, ValueError) as error:
        raise ExportError(f"{what} cannot be read: {str(error)[:200]}") from error


def _check_events(text: str, what: str) -> None:
    depth = 0
    for event in yaml.parse(text):
        if isinstance(event, yaml.AliasEvent):
            raise ExportError(f"{what} uses YAML aliases (*name), which are not read; write it out")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ExportError(f"{what} nests deeper than {MAX_DEPTH} lists or mappings; flatten it")

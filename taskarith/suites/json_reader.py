"""Reads typed values out of JSON that somebody else wrote, and collects what is wrong with it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

from taskarith.errors import AssetError

__all__ = ["NAME", "JsonReader", "read_json"]

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


def read_json(path: Path, what: str, *, most_bytes: int, instead: str) -> object:
    """The value in the file `path`, which is named as `what`; AssetError where there is none.

    Args:
        most_bytes: a larger file is not read.
        instead: what to give where the file cannot be read, as "the path of its file".
    """
    try:
        if path.stat().st_size > most_bytes:
            raise AssetError(f"{what} is larger than {most_bytes} bytes, the most that is read")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise AssetError(
            f"could not read {what}: {error.strerror or error}; give {instead}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise AssetError(f"{what} is not valid JSON: {error}") from error


class JsonReader:
    """Takes typed values out of JSON and writes down what is wrong instead of stopping."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def mapping(self, value: object, where: str) -> Mapping[str, Any]:
        """An object."""
        return cast(
            Mapping[str, Any], self._typed(value, dict, where, wanted="an object", empty={})
        )

    def array(self, value: object, where: str) -> list[Any]:
        """A list."""
        return cast(list[Any], self._typed(value, list, where, wanted="a list", empty=[]))

    def text(self, value: object, where: str) -> str:
        """A text that is not empty."""
        text = cast(str, self._typed(value, str, where, wanted="a text", empty="?"))
        if not text:
            self.problems.append(f"{where} must not be empty")
        return text

    def texts(self, value: object, where: str) -> tuple[str, ...]:
        """A list of such texts."""
        items = self.array(value, where)
        return tuple(self.text(item, f"{where}[{i}]") for i, item in enumerate(items))

    def name(self, value: object, where: str) -> str:
        """A name: lower-case letters, digits, '.' and '-', 64 at most."""
        name = self.text(value, where)
        if name != "?" and not NAME.fullmatch(name):
            self.problems.append(
                f"{where}: {name[:80]!r} must be lower-case letters, digits, '.' and '-'"
            )
        return name

    def path(self, value: object, where: str) -> str:
        """A path inside the suite."""
        path = self.text(value, where)
        parts = PurePosixPath(path).parts
        if path.startswith("/") or ".." in parts or "\\" in path or ":" in path or "\0" in path:
            self.problems.append(f"{where}: {path[:80]!r} must lead to a file inside the suite")
        return path

    def choice(self, value: object, where: str, *, among: tuple[str, ...]) -> str:
        """One of `among`."""
        if value not in among:
            self.problems.append(f"{where}: {value!r:.80} must be one of {', '.join(among)}")
            return among[0]
        return value

    def unique(self, names: list[str], where: str) -> None:
        """Note names that are there twice."""
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            self.problems.append(f"{where}: {', '.join(twice)} must be there only once")

    def check(self, what: str) -> None:
        """AssetError with all problems of `what`, if there are any."""
        if self.problems:
            listed = "\n".join(f"- {problem}" for problem in self.problems)
            raise AssetError(f"{what} has problems:\n{listed}")

    def _typed(
        self, value: object, kind: type, where: str, *, wanted: str, empty: object
    ) -> object:
        if isinstance(value, kind):
            return value
        found = "is missing" if value is None else f"is {value!r:.60}"
        self.problems.append(f"{where} must be {wanted}, but {found}")
        return empty

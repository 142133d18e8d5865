"""How a table or a dataset is read: its columns, what it is written in, and how much is taken."""

from dataclasses import dataclass, fields

from taskarith.errors import SettingError, unknown_name
from taskarith.tasks.encodings import ENCODINGS, UTF8

__all__ = ["HUB", "WORLD", "Reading"]

WORLD, HUB = "world:", "hub:"  # what begins a place that is no path
LONGEST = 120  # characters of a column's name


@dataclass(frozen=True)
class Reading:
    """How examples are read that are not given one by one; SettingError for what cannot be.

    Attributes:
        text, image, label: the columns of a table or of a Hub dataset.
        encoding: of a table, one of `encodings.ENCODINGS`.
        config: which part of a Hub dataset, where it has several.
        most: how many examples of an embedded world or a Hub dataset are taken.

    >>> Reading(text="review", label="mood").text
    'review'
    """

    text: str = "text"
    image: str = "image"
    label: str = "label"
    encoding: str = UTF8
    config: str | None = None
    most: int = 2_000

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "most":
                if type(value) is not int or value < 1:
                    raise SettingError(f"most is {value!r:.40}; it is how many examples are taken")
            elif field.name == "config" and value is None:
                continue
            elif not isinstance(value, str) or not 0 < len(value) <= LONGEST:
                raise SettingError(
                    f"{field.name} is {value!r:.40}; it is a name of at most {LONGEST} characters"
                )
        if self.encoding not in ENCODINGS:
            raise unknown_name("encoding", self.encoding, existing=ENCODINGS)

"""The formats in which an edit can be taken away: what they are called and who reads them.

Words only, so that a page and a command line can show them before anything heavy is loaded.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from taskarith.models.layouts import LAYOUTS

__all__ = ["DTYPES", "FORMATS", "Format", "formats_of"]

DTYPES = ("float32", "float16", "bfloat16")  # in which weights can be stored


@dataclass(frozen=True)
class Format:
    """One way to take an edit away.

    Attributes:
        title: for people.
        about: one sentence: what it is and who reads it.
        weights: whether it holds weights.
        published: whether it can be published as a model repository.
    """

    title: str
    about: str
    weights: bool
    published: bool


FORMATS: Mapping[str, Format] = {
    **{
        name: Format(
            f"{layout.library} checkpoint",
            f"The edited model, for {layout.library} alone to load.",
            weights=True,
            published=True,
        )
        for name, layout in LAYOUTS.items()
    },
    "vector": Format(
        "task vector",
        "What the edit adds to the base, as one native task vector with λ = 1.",
        weights=True,
        published=True,
    ),
    "mergekit": Format(
        "mergekit recipe",
        "A YAML file for mergekit-pytorch, with the base and the fine-tuned models it merges.",
        weights=True,
        published=False,
    ),
    "json": Format(
        "edit as JSON",
        "The description alone, for this program.",
        weights=False,
        published=False,
    ),
    "python": Format(
        "Python script",
        "A script that measures the edit again.",
        weights=False,
        published=False,
    ),
}


def formats_of(layouts: Collection[str]) -> dict[str, Format]:
    """The formats for edits of a family whose tensors may be named as in `layouts`.

    >>> list(formats_of([]))
    ['vector', 'mergekit', 'json', 'python']
    """
    return {name: one for name, one in FORMATS.items() if name not in LAYOUTS or name in layouts}

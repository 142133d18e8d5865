"""Bases by OpenCLIP's own names: "open_clip:ViT-B-32/openai" is a model and its weights.

Knows the names; what is behind them OpenCLIP says.
"""

from dataclasses import dataclass
from typing import Any

from taskarith.errors import AssetError
from taskarith.models.clip.pretrained import described_model, pretrained_repository

__all__ = ["OpenClipName", "open_clip_name"]

PREFIX = "open_clip:"


@dataclass(frozen=True)
class OpenClipName:
    """A model of OpenCLIP and the tag of its weights."""

    model: str
    tag: str

    @property
    def title(self) -> str:
        """Both in one word."""
        return f"{self.model}-{self.tag}"

    @property
    def reference(self) -> str:
        """Where the weights are; UnknownNameError or AssetError where OpenCLIP has none there."""
        return f"hub:{pretrained_repository(self.model, self.tag)}"

    def entry(self, source: str | None = None) -> dict[str, Any]:
        """The manifest's entry; AssetError for a model that is not read here.

        `source` says where the weights are; None leaves that to OpenCLIP. Raises as `reference`,
        too.
        """
        assert self.reference  # it must be there
        described_model({}, model=self.model, tag=self.tag)
        where = {} if source is None else {"source": source}
        names = {"model": self.model, "pretrained": self.tag}
        return {"kind": "open_clip", **names, **where}


def open_clip_name(base: str) -> OpenClipName | None:
    """The names in "open_clip:MODEL/TAG"; None where `base` is a reference.

    >>> open_clip_name("open_clip:ViT-B-32/openai")
    OpenClipName(model='ViT-B-32', tag='openai')
    """
    if not base.startswith(PREFIX):
        return None
    model, slash, tag = base.removeprefix(PREFIX).partition("/")
    if not (model and slash and tag):
        raise AssetError(f"{base[:80]!r}: write open_clip:MODEL/TAG, as open_clip:ViT-B-32/openai")
    return OpenClipName(model, tag)

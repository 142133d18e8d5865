"""What a family answers whose models have one library, one layout and nothing in need of turning.

A new family starts from here and says what is otherwise; see `ModelFamily` for what each verb is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from torch import Tensor

from taskarith.errors import AssetError
from taskarith.models.adapter_space import Side
from taskarith.models.family import BaseFiles, NamedBase
from taskarith.models.picture_transform import PictureTransform

__all__ = ["OneLayout"]


class OneLayout:
    """A family of one layout, whose files call every parameter as the model does."""

    title: str
    heads: tuple[str, ...] = ()

    def named(self, base: str) -> NamedBase | None:
        """None: its library has no names for bases but their places."""
        return None

    def named_repository(self, base: BaseFiles) -> str:
        """AssetError: no base is known by a name alone."""
        raise AssetError(f"{self.title} is known by no name; give a reference")

    def picture_transform(self, base: BaseFiles) -> PictureTransform:
        """AssetError: these models look at no pictures."""
        raise AssetError(f"{self.title} takes texts, no pictures; give its tasks texts")

    def own_names(self, base: BaseFiles, names: Iterable[str]) -> Mapping[str, str]:
        """Every name is the model's own."""
        return {name: name for name in names}

    def respelled(self, names: Iterable[str]) -> Mapping[str, str]:
        """No name was ever spelled otherwise."""
        return {name: name for name in names}

    def aliases(self, base: BaseFiles) -> Mapping[str, str]:
        """Nothing is tied."""
        return {}

    def transposed(self, base: BaseFiles) -> Collection[str] | None:
        """Adapters say themselves how a weight lies."""
        return None

    def vocabulary(self, shapes: Mapping[str, Sequence[int]]) -> int | None:
        """None: its models all know the same words."""
        return None

    def converted(self, state: Mapping[str, Tensor], *, to: str) -> Mapping[str, Tensor]:
        """The state as it is: there is one layout."""
        return state

    def converted_vector(
        self, vector: Mapping[str, Tensor], *, base: Mapping[str, Tensor]
    ) -> Mapping[str, Tensor]:
        """The differences as they are: there is one layout."""
        return vector

    def fused(self, parameter: str) -> int:
        """A parameter is one matrix."""
        return 1

    def scaled(self, shapes: Mapping[str, Sequence[int]]) -> Mapping[str, Side]:
        """Nothing has a module of its own."""
        return {}

    def published_files(self, files: Mapping[str, Path], repository: str) -> dict[str, bytes]:
        """None: nothing in them names a repository."""
        return {}

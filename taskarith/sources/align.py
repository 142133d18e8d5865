"""Which parameter of a base a foreign name means, where two libraries prefix them differently.

transformers < 5 saves a vision tower's parameters with `vision_model.` in front, later ones
without; training scripts add `model.` or `module.`. Only prefixes are tried: a name that has to be
guessed is not taken. Knows names and shapes, no models.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from taskarith.errors import WeightsError
from taskarith.sources.states import LazyState

__all__ = ["Alignment", "align", "best_names", "listed"]

PREFIXES = (
    *("vision_model.", "model.", "module.", "base_model.", "transformer.", "image_encoder."),
    *("clip.", "clip_model.", "backbone.", "base_model.model.", "model.model."),
)
LISTED = 8


@dataclass(frozen=True)
class Alignment:
    """Foreign names to the base's, and what of either side was left out.

    Attributes:
        names: foreign name → the base's name, of every parameter that takes part.
        excluded: foreign names left out because they were asked to be, or are no numbers to edit.
        uncovered: parts of the base that the other state does not have at all.
    """

    names: Mapping[str, str]
    excluded: tuple[str, ...]
    uncovered: tuple[str, ...]


def align(
    found: LazyState, base: LazyState, *, exclude: Sequence[str] = (), partial: bool = False
) -> Alignment:
    """Match the floating-point tensors of `found` with those of `base`.

    `found` may lack whole parts of the base (a text tower), but a part of a part only when it is
    `partial`, as differences are, which are nothing where nothing moved. `exclude`:
    names, or patterns with `*`, of foreign tensors to leave out (a classifier's head). Raises one
    WeightsError listing everything missing, unexpected or of another shape.
    """
    floating = found.floating()
    names = best_names(floating, base)
    left_out = [n for n in floating if any(fnmatchcase(n, pattern) for pattern in exclude)]
    if len(left_out) == len(floating):
        raise WeightsError(f"{found.where} holds no weights to compare with the base")
    passed_over = {names.pop(name) for name in left_out}
    known = {name: own for name, own in names.items() if own in base}
    covered = set(known.values())
    parts = {_top(name) for name in covered}
    problems = {
        "missing": [
            own
            for own in base.floating()
            if own not in covered | passed_over and _top(own) in parts and not partial
        ],
        "unexpected": [name for name in names if name not in known],
        "shape differs": [
            f"{name} ({list(base.shape(own))} in the base, {list(found.shape(name))} found)"
            for name, own in known.items()
            if base.shape(own) != found.shape(name)
        ],
    }
    report = [f"{kind}: {listed(names)}" for kind, names in problems.items() if names]
    if report:
        raise WeightsError(
            f"{found.where} does not fit {base.where}: {'; '.join(report)}. Give the base "
            "it was made from, or leave tensors out by name (exclude)"
        )
    uncovered = {_top(name) for name in base.floating()} - {_top(own) for own in covered}
    excluded = left_out + [name for name in found if name not in floating]
    return Alignment(known, tuple(excluded), tuple(sorted(uncovered)))


def best_names(names: list[str], base: Container[str]) -> dict[str, str]:
    """Every name as it would be with the prefix, dropped, added or both, that fits the most.

    >>> best_names(["vision_model.w", "vision_model.b"], {"w", "b", "c"})
    {'vision_model.w': 'w', 'vision_model.b': 'b'}
    """
    candidates = (  # made one by one: names may be many
        {name: added + name.removeprefix(dropped) for name in names}
        for dropped in ("", *PREFIXES)
        for added in ("", *PREFIXES)
        if added != dropped or not added
    )
    return max(candidates, key=lambda renamed: sum(own in base for own in renamed.values()))


def _top(name: str) -> str:
    return name.partition(".")[0]


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(name[:120] for name in names[:LISTED]) + more

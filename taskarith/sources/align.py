"""Which parameter of a base a foreign name means, found by what fits: names' ends and shapes.

Libraries and training scripts put words before the same names: `vision_model.`, `module.`,
`_orig_mod.`, `net.model.`; a base may have such words that the other lacks. No list of them is
needed: the pair of a prefix to drop and one to add is taken under which the most names of the base
are met by tensors of its shapes. A name that would have to be guessed is not taken. Knows names and
shapes, no models.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType

import torch

from taskarith.errors import WeightsError, listed
from taskarith.sources.lazy_state import LazyState

__all__ = [
    "NO_ALIASES",
    "Alignment",
    "Renaming",
    "align",
    "best_renaming",
    "fitting",
    "left_out",
    "untied",
]

Shapes = Mapping[str, tuple[int, ...] | None]

NO_ALIASES: Mapping[str, str] = MappingProxyType({})
MOST_LOOKED_AT = 64  # names that suggest prefixes; those with the fewest counterparts come first
MOST_COUNTERPARTS = 5_000
MOST_TRIED = 64  # pairs of prefixes
# What wrappers of training put into the middle of names too; no parameter is called so.
WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")


@dataclass(frozen=True)
class Renaming:
    """A prefix that foreign names lose and one that they get.

    >>> Renaming("model.", "transformer.")("model.h.0.w")
    'transformer.h.0.w'
    """

    dropped: str = ""
    added: str = ""

    def __call__(self, name: str) -> str:
        """The base's name of a foreign one; as it is where it lacks the prefix."""
        bare = _unwrapped(name)
        if not bare.startswith(self.dropped):
            return bare
        return self.added + bare.removeprefix(self.dropped)

    def back(self, own: str) -> str:
        """The foreign name of one of the base's."""
        return self.dropped + own.removeprefix(self.added) if own.startswith(self.added) else own


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
    found: LazyState,
    base: LazyState,
    *,
    exclude: Sequence[str] = (),
    partial: bool = False,
    aliases: Mapping[str, str] = NO_ALIASES,
) -> Alignment:
    """Match the floating-point tensors of `found` with those of `base`.

    `found` may lack whole parts of the base (a text tower), but a part of a part only when it is
    `partial`, as differences are, which are nothing where nothing moved. `exclude`:
    names, or patterns with `*`, of foreign tensors to leave out (a classifier's head). Buffers that
    the base does not have are left out. `aliases`: other names of the base's tied tensors. Raises
    one WeightsError listing everything missing, unexpected or of another shape.
    """
    floating = found.floating()
    omitted = left_out(floating, exclude)
    if len(omitted) == len(floating):
        raise WeightsError(f"{found.where} holds no weights to compare with the base")
    shapes = base.shapes()
    shapes |= {alias: shapes[own] for alias, own in aliases.items() if own in shapes}
    renaming = best_renaming(found.shapes(n for n in floating if n not in omitted), shapes)
    names = {name: aliases.get(renaming(name), renaming(name)) for name in floating}
    for again in _repeated(found, {n: names[n] for n in floating if n not in omitted}, aliases):
        del names[again]
    passed_over = {names[name] for name in omitted}
    omitted |= {n for n, own in names.items() if own not in base and found.is_buffer(n)}
    names = {name: own for name, own in names.items() if name not in omitted}
    known = {name: own for name, own in names.items() if own in base}
    counts = Counter(known.values())
    covered = set(counts)
    parts = {_top(name) for name in covered}
    problems = {
        "missing": [
            own
            for own in base.floating()
            if own not in covered | passed_over
            and _top(own) in parts
            and not (partial or base.is_buffer(own))
        ],
        "unexpected": [name for name in names if name not in known],
        "there twice": [name for name, own in known.items() if counts[own] > 1],
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
    numbers = set(floating)
    excluded = [name for name in floating if name in omitted]
    excluded += [name for name in found if name not in numbers]
    return Alignment(known, tuple(excluded), tuple(sorted(uncovered)))


def untied(state: LazyState, aliases: Mapping[str, str]) -> LazyState:
    """`state` with each tied tensor once, under its own name (`aliases`: other name → own name).

    Raises WeightsError where a file holds both and they are not the same.
    """
    if not aliases:
        return state
    names = {name: aliases.get(name, name) for name in state}
    again = _repeated(state, names, aliases)
    return state.renamed({own: name for name, own in names.items() if name not in again})


def _repeated(state: LazyState, names: Mapping[str, str], aliases: Mapping[str, str]) -> set[str]:
    """Of the tensors that are one under several names, those to leave out.

    Raises WeightsError where they are several in truth.
    """
    tied = set(aliases.values())
    first: dict[str, str] = {}
    again = set()
    for name, own in names.items():
        if own not in tied:
            continue
        if own not in first:
            first[own] = name
        elif torch.equal(state.read(first[own]), state.read(name)):
            again.add(name)
        else:
            raise WeightsError(
                f"{state.where} holds {first[own]} and {name} with different numbers; the model "
                "ties the two: it is one tensor. Save the model again, or leave one out by name "
                "(exclude)"
            )
    return again


def fitting(found: LazyState, base: LazyState, *, exclude: Sequence[str] = ()) -> LazyState:
    """The dictionary of a training checkpoint that holds the base's tensors.

    Of several that hold as many, the one with the least beside them, and then the first.
    """
    if not found.parts:
        return found
    shapes = base.shapes()

    def fit(state: LazyState) -> tuple[int, int]:
        omitted = left_out(state.floating(), exclude)
        own = state.shapes(name for name in state.floating() if name not in omitted)
        with suppress(WeightsError):
            return _count(best_renaming(own, shapes), own, shapes), -len(own)
        return 0, -len(own)

    return max((found, *found.parts), key=fit)


def best_renaming(found: Shapes, base: Shapes) -> Renaming:
    """The prefixes to drop and to add under which the most of `found` is in `base`.

    A shape of None is not known and fits every shape. Where nothing is gained, nothing is changed.

    >>> best_renaming({"net.conv.w": (2,), "net.conv.b": None}, {"conv.w": (2,), "conv.b": (1,)})
    Renaming(dropped='net.', added='')

    Raises WeightsError where two parts of the base fit equally well.
    """
    tried = [Renaming(), *(pair for pair, _ in _suggested(found, base).most_common(MOST_TRIED))]
    counts = {pair: (_count(pair, found, base), _known(pair, found, base)) for pair in tried}
    most = max(counts.values())
    best = [pair for pair in counts if counts[pair] == most]
    shortest = min(best, key=lambda pair: len(pair.dropped + pair.added))
    if not shortest.dropped and not shortest.added:
        return shortest
    met = {pair: {pair(name) for name in found} & set(base) for pair in best}
    for other in best:
        if met[other] != met[shortest]:
            raise WeightsError(
                f"the names fit two parts of the base equally well, as "
                f"{min(met[shortest])[:80]} and as {min(met[other])[:80]}; give the base's part "
                "alone, or a file with the names of the whole model"
            )
    return shortest


def left_out(names: Iterable[str], exclude: Sequence[str]) -> set[str]:
    """Those of `names` that a name or pattern of `exclude` means."""
    return {name for name in names if any(fnmatchcase(name, pattern) for pattern in exclude)}


def _count(renaming: Renaming, found: Shapes, base: Shapes) -> int:
    """How many parameters of `base` are met by a tensor of their shape."""
    met = set()
    for name, shape in found.items():
        own = renaming(name)
        if own in base and (shape is None or base[own] in (None, shape)):
            met.add(own)
    return len(met)


def _known(renaming: Renaming, found: Shapes, base: Shapes) -> int:
    return sum(renaming(name) in base for name in found)


def _suggested(found: Shapes, base: Shapes) -> Counter[Renaming]:
    """Pairs of prefixes by how many names suggest them: what is left before a common ending."""
    counterparts: dict[tuple[str, tuple[int, ...] | None], list[str]] = defaultdict(list)
    for own, shape in base.items():
        for known in {shape, None}:
            counterparts[_ending(own), known].append(own)
    telling = [name for name, shape in found.items() if (_ending(name), shape) in counterparts]
    telling.sort(key=lambda name: len(counterparts[_ending(name), found[name]]))
    pairs: Counter[Renaming] = Counter()
    for name in telling[:MOST_LOOKED_AT]:
        bare = _unwrapped(name)
        lengths = {
            own: _common_end(bare, own)
            for own in counterparts[_ending(name), found[name]][:MOST_COUNTERPARTS]
        }
        longest = max(lengths.values())
        for own, length in lengths.items():
            whole = length in (len(bare), len(own))
            # "weight" alone says nothing: a layer's own name has to be the same too.
            if length == longest and (whole or "." in own[len(own) - length :]):
                pairs[Renaming(bare[: len(bare) - length], own[: len(own) - length])] += 1
    return pairs


def _common_end(one: str, other: str) -> int:
    """How many characters two names have in common at their end, in whole words."""
    length = -1  # between words there is a dot
    for a, b in zip(reversed(one.split(".")), reversed(other.split(".")), strict=False):
        if a != b:
            break
        length += len(a) + 1
    return max(length, 0)


def _unwrapped(name: str) -> str:
    for word in WRAPPERS:
        name = name.replace(word, "")
    return name


def _ending(name: str) -> str:
    return name.rpartition(".")[2]


def _top(name: str) -> str:
    return name.partition(".")[0]

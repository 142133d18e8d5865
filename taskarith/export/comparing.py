"""What comparing a thing with its parents finds: tensors bit by bit, and fingerprints.

A parent that has vanished is named. Knows provenance and suites; what is compared is the caller's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from taskarith.errors import ExportError, TaskArithError
from taskarith.export.provenance import Parent, Provenance, describe_parents
from taskarith.sources import LazyState
from taskarith.suites import Suite

__all__ = ["Verification", "changed_parents", "differing_tensors", "parents_now"]


@dataclass(frozen=True)
class Verification:
    """What comparing found.

    Attributes:
        tensors: how many were compared.
        differing: by name, the largest difference; inf where a tensor is on one side only.
        changed: parents whose tensors are not those of then, in words.
        made_with, compared_with: versions of the programs, then and now.
        parents: how many parents' fingerprints were compared.
        altered: texts beside the weights that are not what they would be now.
    """

    tensors: int
    differing: Mapping[str, float]
    changed: tuple[str, ...]
    made_with: Mapping[str, str]
    compared_with: Mapping[str, str]
    parents: int = 0
    altered: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every bit is the same; without weights, every parent and text."""
        return not (self.differing or self.altered or (self.changed and not self.tensors))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "equal": self.equal,
            "tensors": self.tensors,
            "differing": {name: str(value) for name, value in self.differing.items()},
            "parents": self.parents,
            "changed_parents": list(self.changed),
            "altered": list(self.altered),
            "made_with": dict(self.made_with),
            "compared_with": dict(self.compared_with),
        }

    def text(self) -> str:
        """The finding for people."""
        if self.equal and self.tensors:
            return f"Bit-equal: all {self.tensors} tensors are what their parents give."
        if self.equal:
            return (
                f"It holds no weights to compare. The fingerprints of all {self.parents} parents "
                "are those of then."
            )
        worst = sorted(self.differing, key=lambda name: -self.differing[name])
        lines = [f"Different: {len(worst)} of {self.tensors} tensors."] if self.tensors else []
        lines += [f"  {name}: up to {self.differing[name]:.3g}" for name in worst[:8]]
        lines += [f"  and {len(worst) - 8} more"] if len(worst) > 8 else []
        lines += [f"{name} says something else than its provenance." for name in self.altered]
        lines += [f"Changed since: {words}" for words in self.changed]
        if self.made_with != self.compared_with:
            versions = (_versions(self.made_with), _versions(self.compared_with))
            lines.append("Made with {}; compared with {}.".format(*versions))
        return "\n".join(lines)


def parents_now(
    provenance: Provenance, open_suite: Callable[[str], Suite]
) -> tuple[Suite, dict[str, Parent]]:
    """The suite it was made from, and its parents as they are today; ExportError without them."""
    edit = provenance.edit
    try:
        suite = open_suite(provenance.suite)
        suite.check_edit(edit)
        base, vectors = describe_parents(suite, edit)
    except TaskArithError as error:
        raise ExportError(
            f"a parent has vanished: it was made from the suite {provenance.suite!r}, and {error}. "
            "Add that suite (taskarith suites add) or fetch it (taskarith suites pull), then "
            "verify again"
        ) from error
    return suite, {"base": base, **vectors}


def changed_parents(provenance: Provenance, found: Mapping[str, Parent]) -> tuple[str, ...]:
    """Parents whose tensors are not those of then, in words."""
    then = {"base": provenance.base, **provenance.vectors}
    return tuple(
        f"{name} ({_place(then[name])}) had the fingerprint {then[name].fingerprint[:16]}…, "
        f"{_place(parent)} has {parent.fingerprint[:16]}…"
        for name, parent in found.items()
        if parent.fingerprint != then[name].fingerprint
    )


def _place(parent: Parent) -> str:
    return f"{parent.reference} at {parent.commit}" if parent.commit else parent.reference


def differing_tensors(stored: LazyState, again: LazyState) -> dict[str, float]:
    """The largest difference of every tensor that is not the same bit for bit."""
    differing = {}
    for name in sorted(set(stored) | set(again)):
        if name not in stored or name not in again or stored.shape(name) != again.shape(name):
            differing[name] = float("inf")
            continue
        one = stored[name]
        other = again[name].to(one.dtype)
        if not _same_bits(one, other):
            differing[name] = float((one.double() - other.double()).abs().max())
    return differing


def _same_bits(one: Tensor, other: Tensor) -> bool:
    as_bytes = (t.contiguous().reshape(-1).view(torch.uint8) for t in (one, other))
    return bool(torch.equal(*as_bytes))


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())

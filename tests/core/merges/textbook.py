"""The merge methods once more: numpy, float64, straight from the papers' formulas.

Shares nothing with the code under test. A merge gets the scaled vectors σ_t, each a dict of arrays
with query, key and value apart, and the method's settings.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[Any]]
Sigma = dict[str, Array]


def each(terms: Sequence[Sigma], merge: Callable[[list[Array]], Array]) -> Sigma:
    return {
        name: merge([term[name] for term in terms]) if tensor.size else tensor
        for name, tensor in terms[0].items()
    }


def flat(term: Sigma) -> Array:
    return np.concatenate([tensor.ravel() for tensor in term.values()])


def unflat(vector: Array, like: Sigma) -> Sigma:
    sizes = np.cumsum([tensor.size for tensor in like.values()])[:-1]
    parts = np.split(vector, sizes)
    return {n: p.reshape(t.shape) for (n, t), p in zip(like.items(), parts, strict=True)}


def summed(terms: Sequence[Sigma]) -> Sigma:
    return each(terms, sum)  # type: ignore[arg-type]


def average(terms: Sequence[Sigma]) -> Sigma:
    return each(terms, lambda tensors: sum(tensors) / len(tensors))  # type: ignore[return-value]


def top(values: Array, density: float) -> Array:
    """`values` with all but the largest magnitudes set to 0."""
    if not values.size:
        return values
    keep = max(1, round(density * values.size))
    smallest = np.sort(np.abs(values).ravel())[::-1][keep - 1]
    return np.where(np.abs(values) >= smallest, values, 0.0)


def elect(trimmed: list[Array], *, mean: bool) -> Array:
    elected = np.sign(sum(trimmed))
    total, count = np.zeros_like(trimmed[0]), np.zeros_like(trimmed[0])
    for tensor in trimmed:
        agrees = (tensor * elected) > 0
        total += tensor * agrees
        count += agrees
    return total / np.maximum(count, 1) if mean else total


def ties(terms: Sequence[Sigma], *, density: float, scale: float, mean: bool = True) -> Sigma:
    trimmed = [top(flat(term), density) for term in terms]
    return unflat(scale * elect(trimmed, mean=mean), terms[0])


def ties_per_tensor(
    terms: Sequence[Sigma], *, density: float, scale: float, mean: bool = True
) -> Sigma:
    return each(terms, lambda ts: scale * elect([top(t, density) for t in ts], mean=mean))


def breadcrumbs(terms: Sequence[Sigma], *, density: float, outliers: float, scale: float) -> Sigma:
    def crumbs(tensor: Array) -> Array:
        size = tensor.size
        keep = max(1, round(density * size))
        drop = min(round(outliers * size), size - keep)
        ranked = np.sort(np.abs(tensor).ravel())[::-1]
        size_of = np.abs(tensor)
        kept = (size_of <= ranked[drop]) & (size_of >= ranked[drop + keep - 1])
        return tensor * kept

    return each(terms, lambda tensors: scale * sum(crumbs(t) for t in tensors))  # type: ignore[return-value]


def consensus(terms: Sequence[Sigma], *, threshold: float, agreement: int, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        total = np.asarray(sum(tensors))
        votes = sum((abs(t) >= threshold * abs(total - t)).astype(int) for t in tensors)
        return scale * total * (votes >= min(agreement, len(tensors)))

    return each(terms, merge)


def magmax(terms: Sequence[Sigma], *, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        chosen = tensors[0]
        for tensor in tensors[1:]:
            chosen = np.where(np.abs(tensor) > np.abs(chosen), tensor, chosen)
        return scale * chosen

    return each(terms, merge)


def metagpt(terms: Sequence[Sigma], *, scale: float) -> Sigma:
    lengths = [np.linalg.norm(flat(term)) ** 2 for term in terms]
    total = sum(lengths) or 1.0
    weighted = [length / total * flat(term) for length, term in zip(lengths, terms, strict=True)]
    return unflat(scale * np.asarray(sum(weighted)), terms[0])


def slerp(terms: Sequence[Sigma], *, position: float, scale: float) -> Sigma:
    if len(terms) == 1:
        return each(terms, lambda tensors: scale * tensors[0])
    first, second = map(flat, terms)
    longer, shorter = sorted((np.linalg.norm(first), np.linalg.norm(second)), reverse=True)
    cosine = first @ second / (longer * shorter) if shorter else 1.0
    if abs(cosine) >= 0.9995:
        merged = (1 - position) * first + position * second
    else:
        angle = np.arccos(cosine)
        merged = np.sin((1 - position) * angle) * first + np.sin(position * angle) * second
        merged /= np.sin(angle)
        merged *= min(1.0, longer / np.linalg.norm(merged))
    return unflat(scale * merged, terms[0])


def model_stock(terms: Sequence[Sigma], *, scale: float) -> Sigma:
    count = len(terms)

    def cosine(a: Array, b: Array) -> float:
        lengths = np.linalg.norm(a) * np.linalg.norm(b)
        return float(a.ravel() @ b.ravel() / lengths) if lengths else 0.0

    def merge(tensors: list[Array]) -> Array:
        pairs = [(i, j) for i in range(count) for j in range(i)]
        c = max(0.0, np.mean([cosine(tensors[i], tensors[j]) for i, j in pairs])) if pairs else 1.0
        ratio = count * c / (1 + (count - 1) * c)
        return scale * ratio * np.asarray(sum(tensors)) / count

    return each(terms, merge)


def inverse_root(square: Array) -> tuple[Array, int]:
    """(AᵀA)^(−1/2) over the directions with a value above rounding, and how many those are."""
    values, vectors = np.linalg.eigh(square)
    above = values > 1e-9 * max(values.max(initial=0.0), 1e-30)
    return (vectors[:, above] / np.sqrt(values[above])) @ vectors[:, above].T, int(above.sum())


def polar(matrix: Array) -> Array:
    """The nearest matrix with orthonormal columns: A (AᵀA)^(−1/2)."""
    return matrix @ inverse_root(matrix.T @ matrix)[0]


def tsv_m(terms: Sequence[Sigma], *, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        if tensors[0].ndim != 2:
            return scale * np.mean(tensors, axis=0)
        rank = max(1, min(tensors[0].shape) // len(tensors))
        left, values, right = [], [], []
        for matrix in tensors:
            u, s, vh = np.linalg.svd(matrix, full_matrices=False)
            for i in range(rank):
                if s[i] > 1e-6 * max(s[0], 1e-30):
                    left.append(u[:, i])
                    values.append(s[i])
                    right.append(vh[i])
        if not values:
            return np.zeros_like(tensors[0])
        u, v = np.stack(left, axis=1), np.stack(right, axis=1)
        return scale * polar(u) @ np.diag(values) @ polar(v).T

    return each(terms, merge)


def iso_c(terms: Sequence[Sigma], *, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        if tensors[0].ndim != 2:
            return scale * np.mean(tensors, axis=0)
        total = np.asarray(sum(tensors))
        root, rank = inverse_root(total.T @ total)
        return scale * np.linalg.norm(total, "nuc") / max(rank, 1) * total @ root

    return each(terms, merge)


def fisher(
    terms: Sequence[Sigma], *, diagonals: Sequence[Sigma], floor: float, scale: float
) -> Sigma:
    weights = [np.maximum(flat(f) / flat(f).mean(), floor) for f in diagonals]
    weighted = sum(w * flat(t) for w, t in zip(weights, terms, strict=True))
    return unflat(scale * weighted / sum(weights), terms[0])


def regmean(
    terms: Sequence[Sigma], *, grams: Sequence[Sigma], off_diagonal: float, scale: float
) -> Sigma:
    merged = {}
    for name in terms[0]:
        if name not in grams[0]:
            merged[name] = scale * np.mean([term[name] for term in terms], axis=0)
            continue
        kept = []
        for gram in grams:
            g = gram[name]
            diagonal = np.diag(np.diag(g))
            ridge = 1e-6 * np.mean(np.diag(g)) * np.eye(len(g))
            kept.append(off_diagonal * g + (1 - off_diagonal) * diagonal + ridge)
        products = sum(t[name] @ g for t, g in zip(terms, kept, strict=True))
        merged[name] = scale * products @ np.linalg.inv(np.asarray(sum(kept)))
    return merged


def expo(terms: Sequence[Sigma], *, extrapolation: float, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        model = np.asarray(sum(tensors)) / len(tensors)
        return scale * (model + extrapolation * model)

    return each(terms, merge)


def lines(terms: Sequence[Sigma], *, slope: float, scale: float) -> Sigma:
    merged = {}
    for name in terms[0]:
        depth = 0.0
        if "resblocks" in name:  # two blocks: the first and the last
            depth = float(name.split("resblocks.")[1].startswith("1."))
        merged[name] = scale * (1 / len(terms) + slope * depth) * sum(t[name] for t in terms)
    return merged  # type: ignore[return-value]


def nuslerp(terms: Sequence[Sigma], *, position: float, scale: float) -> Sigma:
    names = list(terms[0])
    apart = [[{name: term[name]} for term in terms] for name in names if terms[0][name].size]
    merged = {name: terms[0][name] for name in names}
    for part in apart:
        merged |= slerp(part, position=position, scale=scale)
    return merged


def karcher(terms: Sequence[Sigma], *, scale: float) -> Sigma:
    """Steps on the sphere itself, each along the mean of the logarithms."""

    def merge(tensors: list[Array]) -> Array:
        own = [t for t in tensors if np.linalg.norm(t)]
        if not own:
            return np.zeros_like(tensors[0])
        units = [t / np.linalg.norm(t) for t in own]
        u = np.asarray(sum(units)) / len(units)
        if np.linalg.norm(u) <= np.sqrt((1 - 0.9995) / 2):
            return scale * np.asarray(sum(tensors)) / len(tensors)
        u = u / np.linalg.norm(u)
        for _ in range(300):
            tangent = np.zeros_like(u)
            for unit in units:
                across = unit - np.sum(unit * u) * u
                sine = np.linalg.norm(across)
                if sine > 1e-12:
                    tangent += np.arctan2(sine, np.sum(unit * u)) / sine * across / len(units)
            size = np.linalg.norm(tangent)
            if size < 1e-13:
                break
            u = np.cos(size) * u + np.sin(size) * tangent / size
        return scale * np.mean([np.linalg.norm(t) for t in own]) * u

    return each(terms, merge)


def sce(terms: Sequence[Sigma], *, density: float, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        stack = np.stack(tensors)
        spread = ((stack - stack.mean(0)) ** 2).mean(0)
        if np.count_nonzero(spread):
            keep = max(1, round(density * np.count_nonzero(spread)))
            least = np.sort(spread.ravel())[::-1][keep - 1]
            stack = stack * (spread >= least)
        energy = [np.mean(tensor**2) for tensor in stack]
        sign = np.sign(stack.sum(0))
        above, below = np.zeros_like(stack[0]), np.zeros_like(stack[0])
        for weight, tensor in zip(energy, stack, strict=True):
            agrees = tensor * sign > 0
            above += weight * tensor * agrees
            below += weight * agrees
        return scale * np.divide(above, below, out=np.zeros_like(above), where=below > 0)

    return each(terms, merge)


def ram(terms: Sequence[Sigma], *, changed: float, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        active = [np.abs(tensor) > changed for tensor in tensors]
        several = np.sum(active, axis=0)
        total = np.asarray(sum(t * a for t, a in zip(tensors, active, strict=True)))
        return scale * np.where(several > 1, total / np.maximum(several, 1), total)

    return each(terms, merge)


def above_rounding(matrix: Array, largest: float) -> tuple[Array, Array, Array]:
    u, s, vh = np.linalg.svd(matrix, full_matrices=False)
    kept = s > 1e-6 * max(largest, 1e-30)
    return u[:, kept], s[kept], vh[kept]


def iso_cts(terms: Sequence[Sigma], *, common: float, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        if tensors[0].ndim != 2:
            return scale * np.mean(tensors, axis=0)
        rank = min(tensors[0].shape)
        each_own = round((rank - int(rank * common)) / len(tensors))
        total = np.asarray(sum(tensors))
        u, s, vh = above_rounding(total, np.linalg.norm(total, 2))
        first = rank - each_own * len(tensors)
        left, values, right = [u[:, :first]], [s[:first]], [vh[:first]]
        outside = np.eye(len(u)) - left[0] @ left[0].T
        for matrix in tensors:
            u, s, vh = above_rounding(outside @ matrix, np.linalg.norm(matrix, 2))
            left.append(u[:, :each_own])
            values.append(s[:each_own])
            right.append(vh[:each_own])
        if not sum(map(len, values)):
            return np.zeros_like(tensors[0])
        both = polar(np.concatenate(left, axis=1)) @ polar(np.concatenate(right).T).T
        return scale * np.concatenate(values).mean() * both

    return each(terms, merge)


def single(matrix: Array) -> Array:
    """To float32 and back: what cancels does so exactly, whatever a decomposition rounds."""
    return matrix.astype(np.float32).astype(np.float64)


def knots(terms: Sequence[Sigma], *, density: float, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        if tensors[0].ndim != 2:
            return scale * np.mean(tensors, axis=0)
        beside = np.concatenate(tensors, axis=1)
        u, s, vh = above_rounding(beside, np.linalg.norm(beside, 2))
        right = np.split(vh, len(tensors), axis=1)
        merged = elect([top(single(part), density) for part in right], mean=True)
        return scale * u @ np.diag(s) @ merged

    return each(terms, merge)


def core_space(terms: Sequence[Sigma], *, density: float, scale: float) -> Sigma:
    def merge(tensors: list[Array]) -> Array:
        if tensors[0].ndim != 2:
            return scale * np.mean(tensors, axis=0)
        beside, above = np.concatenate(tensors, axis=1), np.concatenate(tensors, axis=0)
        u = above_rounding(beside, np.linalg.norm(beside, 2))[0]
        v = above_rounding(above, np.linalg.norm(above, 2))[2].T
        merged = elect([top(single(u.T @ tensor @ v), density) for tensor in tensors], mean=True)
        return scale * u @ merged @ v.T

    return each(terms, merge)

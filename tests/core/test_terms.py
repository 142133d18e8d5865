import torch

from taskarith.core import TaskVector, Terms, merge
from taskarith.core.terms import BLOCK
from tests.core.merges.examples import SHAPES, fused_terms, random_vector

VECTORS = {"b": random_vector(2), "a": random_vector(1)}


def test_terms_are_the_scaled_vectors_by_name() -> None:
    terms = Terms(VECTORS, {"b": -0.5, "a": 2.0})
    assert terms.names == ("a", "b")
    stacks = {piece.parameter: stack for piece, stack in terms.stacks()}
    assert torch.equal(stacks["visual.proj"][0], 2.0 * VECTORS["a"]["visual.proj"])
    assert torch.equal(stacks["visual.proj"][1], -0.5 * VECTORS["b"]["visual.proj"])


def test_without_coefficients_all_are_1() -> None:
    assert Terms(VECTORS).coefficients == {"a": 1.0, "b": 1.0}
    assert Terms(VECTORS, {"a": 0.5}).coefficients == {"a": 0.5}


def test_pieces_and_blocks_hold_every_entry_once() -> None:
    long = Terms({"a": TaskVector({"w": torch.zeros(3, BLOCK), "x": torch.zeros(5)})})
    for terms in (Terms(VECTORS), long):
        for pieces in (list(terms.pieces()), list(terms.blocks())):
            for parameter, shape in terms.shapes.items():
                runs = [(p.start, p.stop) for p in pieces if p.parameter == parameter]
                bounds = [0, *[stop for _, stop in runs]]
                assert [start for start, _ in runs] == bounds[:-1]
                assert bounds[-1] == torch.zeros(shape).numel()
        assert all(p.stop - p.start <= BLOCK for p in terms.blocks())


def test_query_key_and_value_are_three_pieces() -> None:
    name = "visual.transformer.resblocks.0.attn.in_proj_weight"
    terms = fused_terms(VECTORS, {"a": 1.0})
    pieces = [piece for piece in terms.pieces() if piece.parameter == name]
    assert [piece.shape for piece in pieces] == [(12, 12)] * 3
    parts = torch.cat([terms.stack(piece)[0] for piece in pieces])
    assert torch.equal(parts, VECTORS["a"][name])
    assert name in {piece.parameter for piece in Terms(VECTORS).pieces() if piece.shape == (36, 12)}


def test_matrices_beside_each_other_are_pieces() -> None:
    """As a library keeps query, key and value whose weights are [in, out]."""
    apart = {name: {part: torch.randn(4, 5) for part in "qkv"} for name in ("a", "b")}
    beside = {
        name: TaskVector({"w": torch.cat(list(parts.values()), 1), "x": torch.ones(2)})
        for name, parts in apart.items()
    }
    terms = Terms(beside, {"a": 0.5, "b": -1.0}, fused=lambda name: -3 if name == "w" else 1)
    found = [(piece, stack) for piece, stack in terms.stacks() if piece.parameter == "w"]
    for (piece, stack), part in zip(found, "qkv", strict=True):
        assert piece.shape == (4, 5)
        assert torch.equal(stack[0], 0.5 * apart["a"][part])
        assert torch.equal(stack[1], -apart["b"][part])
    back = terms.collect(((piece, stack[0]) for piece, stack in terms.stacks()), scale=2.0)
    assert torch.equal(back["w"], beside["a"]["w"])
    blocks = [(b.start, b.stop) for b in terms.blocks() if b.parameter == "w"]
    assert blocks == [(0, 60)]
    for method in ("ties-per-tensor", "tsv-m"):
        together = merge(terms, method=method)["w"]
        alone = [
            merge(Terms({n: TaskVector({"w": p[q]}) for n, p in apart.items()}, terms.coefficients),
                  method=method)["w"]
            for q in "qkv"
        ]  # fmt: skip
        torch.testing.assert_close(together, torch.cat(alone, 1))


def test_what_does_not_divide_is_one_piece() -> None:
    odd = Terms(
        {"a": TaskVector({"w": torch.zeros(4, 2), "x": torch.zeros(())})}, fused=lambda _: 3
    )
    assert [piece.shape for piece in odd.pieces()] == [(4, 2), ()]


def test_collect_puts_the_pieces_back() -> None:
    terms = Terms(VECTORS, {"a": 1.0})
    for pieces in (terms.stacks(), terms.stacked_blocks()):
        back = terms.collect(((piece, stack[0]) for piece, stack in pieces), scale=-2.0)
        assert all(torch.equal(back[name], -2.0 * VECTORS["a"][name]) for name in SHAPES)


def test_a_transposed_tensor_is_read_as_it_looks() -> None:
    tensor = torch.arange(6.0).view(2, 3).T
    terms = Terms({"a": TaskVector({"w": tensor})})
    assert torch.equal(next(terms.stacks())[1][0], tensor)


def test_no_terms_have_no_shapes() -> None:
    terms = Terms(VECTORS, {})
    assert (len(terms), terms.size, list(terms.stacks())) == (0, 0, [])

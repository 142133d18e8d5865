"""The benchmarks run and mean what they say; how fast anything is, no test asks."""

from math import prod
from pathlib import Path

import pytest
import torch

import benchmarks.picture
import benchmarks.start
import benchmarks.teaching
import benchmarks.visitors
from benchmarks import evaluate, texts
from benchmarks.__main__ import main
from benchmarks.cluster import bytes_of_edit, edits_a_second, seconds_of_edits
from benchmarks.half_billion import QWEN, drawn, measure_language, shapes
from benchmarks.live import way_of_first_point, when_measured
from benchmarks.low_rank import measure_rank
from benchmarks.memory import measure_case
from benchmarks.peers import weight_peers
from benchmarks.random_suite import random_suite
from benchmarks.recompose import measure_tower
from benchmarks.timing import percentile, turns
from benchmarks.towers import Tower, random_vectors
from taskarith.core import Recomposer
from taskarith.errors import AssetError
from taskarith.evaluation.distributed import DistributedEvaluator
from taskarith.suites import Suite, load_suite
from tests.evaluation.test_distributed import Colleagues
from tests.tiny import CONFIG


def test_contestants_take_turns_and_warm_up() -> None:
    calls: list[str] = []
    seconds = turns(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=3, warm_up=1
    )
    assert calls == ["a", "b"] * 4
    assert [len(values) for values in seconds.values()] == [3, 3]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["picture", "--device", "cpu"], "--device is for recompose and evaluate, not picture"),
        (["recompose", "--seconds", "5"], "--seconds is for visitors, not recompose"),
        (["recompose", "--device", "abacus"], "device 'abacus'"),
    ],
)
def test_what_cannot_be_measured_is_said(
    arguments: list[str], problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert problem in capsys.readouterr().err


def test_each_turn_ends_when_its_work_does() -> None:
    calls: list[str] = []
    turns({"a": lambda: calls.append("a")}, rounds=1, warm_up=0, wait=lambda: calls.append("wait"))
    assert calls == ["wait", "a", "wait"]


def test_percentile_of_known_values() -> None:
    assert percentile([1.0, 2.0, 3.0], 50) == 2.0


def test_recompose_reports_its_floor_and_its_peers() -> None:
    found = measure_tower(width=8, blocks=1, patch=2, positions=3, rounds=1)
    ends, block = 8 + 3 * 8 + 8 * 3 * 2 * 2 + 4 * 8, 4 * (64 + 8) + (256 + 32) + (256 + 8) + 4 * 8
    assert found["parameters"] == ends + block
    assert {"recompose", "copy_torch", "read"} <= found["milliseconds"].keys()
    assert {"per-key, in place", "per-key dicts, load_state_dict"} <= found["peers"].keys()
    assert found["floor_ratio"] > 0
    assert "copy_gb_per_s" in found


def test_a_cluster_is_as_fast_as_its_workers_or_as_who_asks() -> None:
    assert edits_a_second(2, seconds=0.5, driver_seconds=0.01) == pytest.approx(4)
    assert edits_a_second(100, seconds=0.5, driver_seconds=0.01) == pytest.approx(100)


def test_edits_are_timed_and_what_travels_is_counted(tiny_suite: Suite) -> None:
    elsewhere = DistributedEvaluator(tiny_suite, workers=Colleagues(tiny_suite), device="cpu")
    found = seconds_of_edits(elsewhere)
    assert all(took > 0 and busy > 0 for took, busy in found.values())
    tasks = [*tiny_suite.targets, *tiny_suite.onlookers, tiny_suite.control]
    answers = sum(min(256, len(tiny_suite.split(task, "validation").labels)) for task in tasks)
    sent = bytes_of_edit(elsewhere)
    assert sent["answered"] == 4 * answers  # int32
    assert sent["asked"] > 0


def test_factors_and_dense_vectors_make_the_same_weights() -> None:
    found = measure_rank(2, width=8, matrices=2, rounds=1)
    assert found["off"] < 1e-6
    assert found["bytes"] == pytest.approx((8 * 2 + 2 * 32) / (8 * 32), abs=1e-3)
    assert found["ratio to float32"] > 0


def test_half_a_billion_has_the_models_size_and_is_measured_the_same_when_small() -> None:
    count = sum(prod(shape) for shape in shapes(**QWEN).values())
    assert count == 494_032_768  # as the library counts Qwen2.5-0.5B
    small = {"words": 64, "width": 16, "layers": 2, "inner": 24, "keys": 8}
    found = measure_language(small, vectors=3, rounds=1)
    assert found["exact"] is True
    assert found["parameters"] == sum(prod(shape) for shape in shapes(**small).values())
    assert set(found["recompose_ms"]) == set(found["copy_ms"]) == {1, 2, 3}


def test_half_a_billion_numbers_are_held_once_and_nothing_besides() -> None:
    # Else the process would hold more than the formula says, and the formula be blamed.
    tensors = drawn({"norm": (896,), "keys": (128, 896)}, seed=0, scale=1.0)
    for tensor in tensors.values():
        assert tensor.untyped_storage().nbytes() == tensor.nbytes


def test_peers_of_recomposing_compute_the_same_weights() -> None:
    module = Tower(width=8, blocks=1, patch=2, positions=3)
    base = {name: parameter.detach().clone() for name, parameter in module.named_parameters()}
    vectors = random_vectors(base, 3)
    coefficients = {"t0": -0.5, "t1": 1.0, "t2": 0.3}
    engine = Recomposer(base, vectors)
    engine.recompose(coefficients)
    peers, missing = weight_peers(module, base, vectors, coefficients)
    assert len(peers) + len(missing) == 4
    for name, edit in peers.items():
        module.load_state_dict(base)
        edit()
        edit()
        for key, expected in engine.state().items():
            if not name.startswith("PEFT"):  # its vectors are its own adapters
                assert torch.allclose(module.state_dict()[key], expected, atol=1e-6), (name, key)


def test_evaluate_reports_its_ratio_also_on_random_weights(tmp_path: Path) -> None:
    suite = random_suite(tmp_path, CONFIG, images=24)
    found = evaluate.measure_suite(suite, rounds=1)
    assert found["images"] == 48
    assert {"evaluate", "bare", "tower"} < found["images_per_second"].keys()
    assert found["bare_ratio"] > 0
    assert found["dtype"] == "float32"
    assert found["full_point"]["images"] == 48


def test_picture_names_our_percentiles_first() -> None:
    found = benchmarks.picture.summary({"bare": [9.0], "ours": [1.0, 2.0, 3.0]})
    assert (found["p50_ms"], found["p95_ms"]) == (2.0, 2.9)
    assert found["contestants"]["bare"] == {"p50_ms": 9.0, "p95_ms": 9.0, "n": 1}


def test_start_compares_with_an_empty_page() -> None:
    seconds = {"usable": [3.0, 5.0], "empty_drawn": [2.0]}
    found = benchmarks.start.summary(seconds, first={"usable": 9.0}, rss=2**30)
    assert found["empty_page_ratio"] == 2.0
    assert found["rss_mb"] == 1024
    for name in ("own_js_css_kb", "other_pages_js_css_kb"):
        assert found[name]["written"] > found[name]["gzip"] > 1


def test_visitors_reports_the_worst_crowd() -> None:
    crowds = [{"p95_s": 1.0, "errors": 2, "rss_growth_mb": -1}, {"p95_s": 3.0, "errors": 0}]
    crowds[1]["rss_growth_mb"] = 4
    found = benchmarks.visitors.summary({"a": crowds[0], "b": crowds[1]}, seconds=1)
    assert (found["p95_s"], found["errors"], found["rss_growth_mb"]) == (3.0, 2, 4)


def test_teaching_compares_with_a_quiet_server() -> None:
    found = benchmarks.teaching.summary([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], seconds=30.0)
    assert (found["without_p50_s"], found["with_p50_s"]) == (0.2, 0.5)
    assert found["with_to_without"] == 2.5
    assert found["commits"] == {"without": 3, "with": 3}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
@pytest.mark.parametrize(("mapped", "formula"), [(False, 47.9), (True, 22.1)])
def test_memory_is_measured_beside_its_formula(mapped: bool, formula: float) -> None:
    found = measure_case(7, dtype=torch.float16, mapped=mapped)
    assert found["formula_mb"] == pytest.approx(formula, abs=0.1)
    assert found["private_mb"] > 0
    assert found["ratio"] == pytest.approx(found["private_mb"] / found["formula_mb"], abs=0.01)


def test_the_way_of_the_first_point_adds_up() -> None:
    marks = {"left": 5.0, "sent": 6.0, "answered": 96.0, "received": 97.5, "painted": 110.0}
    way = way_of_first_point(marks | {"engine": {"recompose": 0.002, "evaluate": 0.08}})
    assert list(way.values()) == [1.0, 90.0, 82.0, 1.5, 12.5, 105.0]


@pytest.mark.parametrize(
    ("images", "others", "expected"),
    [
        (16, {"b": 0.3}, 10.0),  # both λ have 16 images with the first piece
        (32, {"b": 0.3}, 20.0),  # the second piece brings the rest; 20 is the whole split
        (64, {"b": 0.3}, None),  # λ = 1 never gets that many
        (16, {}, None),  # these points are of another edit
    ],
)
def test_a_slice_is_done_when_every_point_has_its_images(
    images: int, others: dict[str, float], expected: float | None
) -> None:
    pieces = [
        {
            "after": 10.0,
            "points": [
                [{"a": 1.0, "b": 0.3}, {"t": {"value": 0.5, "n": 16, "total": 99}}],
                [{"b": 0.3}, {"t": {"value": 0.4, "n": 20, "total": 20}}, "ties"],
            ],
        },
        {
            "after": 20.0,
            "points": [[{"a": 1.0, "b": 0.3}, {"t": {"value": 0.5, "n": 32, "total": 99}}]],
        },
    ]
    state = {"focus": "a", "coefficients": {"a": 0.5, **others}}
    wanted = {(1.0, "t"), (0.0, "t")}
    assert when_measured(pieces, wanted, images=images, state=state) == expected


def test_texts_are_measured_beside_the_library_with_plain_padding() -> None:
    found = texts.measure_texts(load_suite("mini-t5"), texts=40, rounds=1)
    assert found["tasks"] == 7  # without the control, which a decoder goes on with
    assert found["texts"] == 7 * 40
    assert found["library_ratio"] > 0
    padding = found["padding"]
    assert 0 < padding["ours"] <= padding["fullest"] <= 0.1 < padding["plain"]
    assert found["sixteen_ms"]["p95"] >= found["sixteen_ms"]["p50"] > 0


def test_a_suite_of_pictures_has_no_texts_to_measure(tiny_suite: Suite) -> None:
    with pytest.raises(AssetError, match="has pictures"):
        texts.measure_texts(tiny_suite)

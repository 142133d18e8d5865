"""(IA)³ on a text base: sliders in adapter space, from the card to an export that verifies."""

from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith import Edit, load_suite, teach
from taskarith.core import TaskVector
from taskarith.errors import ExportError, SettingError
from taskarith.evaluation import Evaluator, measure
from taskarith.export.exporting import export_edit
from taskarith.export.verify import Verification, verify_source
from taskarith.models.adapter_space import PROMPT, is_beside
from taskarith.sources import find_pulled
from taskarith.sources.native import read_vector
from taskarith.training.teaching import teach as teaching
from taskarith.training.teaching import watching
from taskarith.training.teaching.taught import Taught

PLACES = ["kitchen", "garden", "school", "market"]
EXAMPLES = {
    "sport": [f"The people in the {place} talked about the game." for place in PLACES],
    "money": [f"The people in the {place} talked about the price." for place in PLACES],
}


@pytest.fixture(autouse=True)
def few_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each λ that may be suggested is a model of its own, and a look at the control."""
    monkeypatch.setattr(teaching, "SEEN", 16)
    monkeypatch.setattr(watching, "SEEN", 16)


def taught(suite: Any = "mini-t5", *, task: str = "talk", **options: Any) -> Taught:
    asked: dict[str, Any] = {"way": "ia3", "steps": 6, "batch": 4} | options
    return teach(suite, EXAMPLES, task=task, **asked)


def verified_at(folder: Path) -> Verification:
    return verify_source(find_pulled(f"file:{folder}"), obtain=find_pulled)


@pytest.mark.parametrize("composed", ["sum", "product"])
def test_scales_are_a_slider(composed: str, tmp_path: Path) -> None:
    result = taught(settings={"composed": composed})
    assert f"(IA)³ (composed {composed})" in result.how
    made, parent = load_suite(result.suite), load_suite("mini-t5")
    vector = made.vector("talk")
    assert all(map(is_beside, vector))
    # Under 1 % of the numbers moved.
    assert result.moved == vector.size < 0.01 * sum(t.numel() for t in parent.base_state().values())
    _, info = read_vector(made.path("vectors/talk"))
    assert info.recipe is not None
    assert "(IA)³" in info.recipe
    # λ = 0 is the plain model, bit for bit; λ = 1 what the card says; others' sliders still work.
    evaluator, plain = Evaluator(made, device="cpu"), Evaluator(parent, device="cpu")

    def found(engine: Evaluator, suite: str, coefficients: dict[str, float], task: str) -> Any:
        engine.use(Edit(suite, coefficients))
        return engine.predict(task, "validation", start=0, stop=64)

    control = parent.control
    before = found(plain, "mini-t5", {}, control)
    assert (before == found(evaluator, made.name, {"talk": 0.0}, control)).all()
    assert (before != found(evaluator, made.name, {"talk": 1.0}, control)).any()
    moved = found(plain, "mini-t5", {"news-topic": 0.5}, control)
    assert (moved == found(evaluator, made.name, {"news-topic": 0.5}, control)).all()
    edit = Edit(made.name, {"talk": 1.0})
    assert measure(evaluator, edit, tasks=["talk"])["talk"] == result.after["talk"]
    # An export folds the scales into the weights, is as large as a plain one, and verifies.
    exported = export_edit(made, edit, tmp_path / "out", to="transformers")
    verified = verified_at(exported.folder)
    assert not verified.differing
    assert verified.tensors == len(parent.base_state())
    with pytest.raises(ExportError, match="mergekit merges weights"):
        export_edit(made, edit, tmp_path / "kit", to="mergekit")
    again = export_edit(made, edit, tmp_path / "vector", to="vector")
    assert not verified_at(again.folder).differing


def test_two_adapters_of_one_base_add_up() -> None:
    taught(into="one")
    taught("one", task="more", way="t-few", start={"talk": 1.0}, into="two")
    suite = load_suite("two")
    vectors = [suite.vector(name) for name in ("talk", "more")]
    both = TaskVector({n: 0.5 * vectors[0][n] + vectors[1][n] for n in vectors[0]})
    evaluator = Evaluator(suite, device="cpu")
    evaluator.use(Edit("two", {"talk": 0.5, "more": 1.0}))
    live = dict(evaluator.model.network.named_parameters())
    for name, tensor in both.apply_to(suite.base_state()).items():
        if name in both:
            torch.testing.assert_close(live[name], tensor)
    with pytest.raises(SettingError, match="compose as a sum; take composed sum"):
        taught("one", task="other", settings={"composed": "product"})


@pytest.mark.parametrize("initial", ["random", "labels"])
def test_a_soft_prompt_is_a_slider(initial: str, tmp_path: Path) -> None:
    settings = {"length": 3, "initial": initial}
    result = taught(way="soft-prompt", settings=settings)
    made = load_suite(result.suite)
    base, vector = made.base_state(), made.vector("talk")
    assert {name: tuple(t.shape) for name, t in vector.items()} == {PROMPT: (3, 128)}
    words = made.model().network.shared.weight
    if initial == "labels":  # in turn
        ids = [i for row in made.model().continuations(["sport", "money"]) for i in row]
        assert torch.equal(base[PROMPT], words[[ids[k % len(ids)] for k in range(3)]])
    evaluator = Evaluator(made, device="cpu")
    for value, said in ((0.0, result.before), (1.0, result.after)):
        edit = Edit(made.name, {"talk": value})
        assert measure(evaluator, edit, tasks=["talk"])["talk"] == said["talk"]
    edit = Edit(made.name, {"talk": 1.0})
    with pytest.raises(ExportError, match="no place for a soft prompt"):
        export_edit(made, edit, tmp_path / "out", to="transformers")
    with pytest.raises(SettingError, match="prompt of this base has 3 vectors"):
        taught(result.suite, task="more", way="soft-prompt", settings={"length": 5})
    started = taught(result.suite, task="next", way="soft-prompt", settings=settings,
                     start={"talk": 1.0}, rate=1e-8, steps=1)  # fmt: skip
    assert load_suite(started.suite).vector("next").norm() < 1e-3 * vector.norm()

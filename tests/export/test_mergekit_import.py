"""mergekit recipes as edits: what an edit can say, and a clear refusal of everything else."""

from pathlib import Path

import pytest

from taskarith.core import Edit
from taskarith.errors import ExportError, TaskArithError, UnknownNameError
from taskarith.export.mergekit import EDIT_LINE, mergekit_yaml
from taskarith.export.mergekit_import import edit_from_mergekit
from taskarith.suites import Suite
from tests.suites.remote_suite import write_remote_suite


def recipe(models: str, *, method: str = "task_arithmetic", parameters: str = "{}") -> str:
    return (
        f"merge_method: {method}\nbase_model: ./base.safetensors\nmodels:\n{models}\n"
        f"parameters: {parameters}\ndtype: float32\n"
    )


def model(name: str, weight: object, more: str = "") -> str:
    return f"  - {{model: {name}, parameters: {{weight: {weight}{more}}}}}"


TWO = f"{model('apples', 0.4)}\n{model('birds', -0.8)}"
PLUS = f"{model('apples', 0.4)}\n{model('birds', 0.4)}"


@pytest.mark.parametrize(
    "edit",
    [
        Edit("tiny", {"apples": 0.7, "birds": -0.4, "random:coins": 0.2}),
        Edit("tiny", {"apples": 0.7, "birds": -0.4}, "ties-per-tensor-sum", {"density": 0.5}),
        Edit("tiny", {"apples": 1, "birds": 1}, "ties-per-tensor", {"density": 0.5, "scale": 0.6}),
        Edit("tiny", {"apples": 1, "birds": 1}, "ties-per-tensor", {"density": 0.37}),
        Edit("tiny", {"apples": 0.4, "random:birds": 0.4}, seed=7),
        Edit("tiny", {"apples": 0.4, "birds": 0.2, "coins": 1}, "average"),
        Edit("tiny", {"apples": 1, "birds": 1, "coins": 1}, "average"),
        Edit("tiny", {"apples": 1, "birds": 0.5}, "breadcrumbs", {"density": 0.6}),
    ],
)
def test_what_we_write_comes_back(tiny_suite: Suite, edit: Edit) -> None:
    assert edit_from_mergekit(mergekit_yaml(tiny_suite, edit), tiny_suite).edit == edit


@pytest.mark.parametrize(
    ("text", "coefficients"),
    [
        (recipe(TWO), {"apples": 0.4, "birds": -0.8}),
        (recipe(TWO, parameters="{lambda: 0.5}"), {"apples": 0.2, "birds": -0.4}),
        (recipe(PLUS, parameters="{normalize: true}"), {"apples": 0.5, "birds": 0.5}),
        (recipe(PLUS, method="linear"), {"apples": 0.5, "birds": 0.5}),
        (
            recipe(f"{model('base', 1)}\n{model('apples', 3)}", method="linear"),
            {"apples": 0.75},
        ),
        (
            recipe(f"{model('./x/apples', 0.4)}\n{model('base', 0.6)}", method="linear",
                   parameters="{normalize: false}"),
            {"apples": 0.4},
        ),
        (recipe(model("apples.safetensors", 1e-1)), {"apples": 0.1}),
    ],
)  # fmt: skip
def test_plain_weights(tiny_suite: Suite, text: str, coefficients: dict[str, float]) -> None:
    assert edit_from_mergekit(text, tiny_suite).edit == Edit("tiny", coefficients)


def test_a_recipe_of_ours_that_was_changed_is_read_as_anybodys(tiny_suite: Suite) -> None:
    text = mergekit_yaml(tiny_suite, Edit("tiny", {"apples": 0.4, "birds": 0.2}))
    changed = text.replace("weight: 0.4", "weight: 0.5")
    assert changed != text
    edit = edit_from_mergekit(changed, tiny_suite).edit
    assert dict(edit.coefficients) == {"apples": 0.5, "birds": 0.2}
    odd = text.replace(EDIT_LINE, f"{EDIT_LINE}[" * 2)
    assert dict(edit_from_mergekit(odd, tiny_suite).edit.coefficients) == {
        "apples": 0.4, "birds": 0.2,
    }  # fmt: skip


def test_ties(tiny_suite: Suite) -> None:
    text = recipe(PLUS, method="ties", parameters="{density: 0.3, lambda: 0.9}")
    edit = edit_from_mergekit(text, tiny_suite).edit
    assert edit.method == "ties-per-tensor"
    assert dict(edit.settings) == {"density": 0.3, "scale": 0.9}
    assert dict(edit.coefficients) == {"apples": 1.0, "birds": 1.0}
    own = recipe(model("apples", 2, ", density: 0.3"), method="ties", parameters="{normalize: no}")
    edit = edit_from_mergekit(own, tiny_suite).edit
    assert (edit.method, dict(edit.coefficients)) == ("ties-per-tensor-sum", {"apples": 2.0})


def test_models_by_the_repositories_of_a_suite(tmp_path: Path) -> None:
    suite = write_remote_suite(tmp_path, base="transformers", vectors="transformers")
    text = recipe(model(str(tmp_path / "apples.safetensors"), 0.5))
    text = text.replace("./base.safetensors", str(tmp_path / "transformers"))
    assert edit_from_mergekit(text, suite).edit == Edit("remote", {"apples": 0.5})


def test_what_changes_no_weight_is_noted(tiny_suite: Suite) -> None:
    text = recipe(TWO, parameters="{int8_mask: true}").replace("float32", "bfloat16")
    notes = edit_from_mergekit(text + "tokenizer_source: base\n", tiny_suite).notes
    assert [note.partition(" is left out")[0] for note in notes] == [
        "dtype: bfloat16", "tokenizer_source", "int8_mask",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (recipe(TWO, method="slerp"), UnknownNameError, "unknown merge_method 'slerp'"),
        (recipe(model("aples", 1)), UnknownNameError, "did you mean 'apples'"),
        (recipe(model("apples+lora", 1)), ExportError, "adds a LoRA"),
        (recipe(model("apples", "[0, 1]")), ExportError, "gradient or has filters"),
        (recipe(model("apples", "[{filter: mlp, value: 1}]")), ExportError, "gradient or has fil"),
        (recipe(model("apples", ".nan")), ExportError, "must be a number"),
        (recipe(model("apples", "yes")), ExportError, "must be a number"),
        (recipe(model("apples", 99)), TaskArithError, "out of range"),
        (recipe(model("apples", 1, ", gamma: 1")), ExportError, "has gamma, which an edit cannot"),
        (recipe("  - {model: apples}"), ExportError, "apples has no weight"),
        (recipe("  - apples"), ExportError, r"models\[0\] must be a mapping"),
        (recipe(f"{TWO}\n{TWO}"), ExportError, "apples, birds is there more than once"),
        (recipe(TWO, parameters="{rescale: 1}"), ExportError, None),
        (recipe(TWO, parameters="{normalize: 3}"), ExportError, "true or false"),
        (recipe(TWO, method="ties"), ExportError, "several weights takes a mean weighed by them"),
        (
            recipe(PLUS.replace("0.4}", "0.4, density: 0.5}", 1), method="ties"),
            ExportError,
            "several densities",
        ),
        (
            recipe(PLUS, method="linear", parameters="{normalize: false}"),
            ExportError,
            "scales the base itself",
        ),
        (recipe(TWO).replace("./base.safetensors", "apples"), ExportError, "not its base"),
        (recipe(TWO).replace("base_model", "#"), ExportError, "needs a base_model"),
        (recipe(TWO) + "slices: []\n", ExportError, "together of slices"),
        (recipe(TWO) + "chat_template: auto\n", ExportError, "has chat_template"),
        ("merge_method: [", ExportError, r"no valid YAML in line \d"),
        ("- a\n- b\n", ExportError, "must be a mapping"),
        ("", ExportError, "must be a mapping"),
        ("a: &x [1]\nb: *x\n", ExportError, "aliases"),
        ("a: !!python/object/apply:os.system ['true']\n", ExportError, "no valid YAML"),
        ("x: " + "y" * 300_000, ExportError, "at most 262,144 are read"),
        ("[" * 262_000, ExportError, "nests deeper than 100"),
        ("a: " + "[" * 200 + "]" * 200, ExportError, "nests deeper than 100"),
    ],
)
def test_everything_else_is_refused(
    tiny_suite: Suite, text: str, error: type[Exception], words: str | None
) -> None:
    if words is None and "rescale" in text:
        text = text.replace("task_arithmetic", "ties").replace("-0.8", "0.4").replace("1}", "true}")
        words = "rescale changes lengths"
    with pytest.raises(error, match=words):
        edit_from_mergekit(text, tiny_suite)

"""The text lab on the embedded text-to-text model: what is asked, learned, kept and refused."""

import numpy as np
import pytest

from taskarith.errors import RecipeCancelled, RecipeError
from taskarith.evaluation import Evaluator
from taskarith.recipes import suite_texts
from taskarith.recipes.lab import Lab, Meter
from taskarith.recipes.suite_lab import suite_lab
from taskarith.recipes.text_lab import Distillation, Lesson, Match, Plan, Share
from taskarith.suites import Suite, load_suite
from taskarith.tasks import cache_folder

QUESTIONS = ["The soup was awful. So it was", "The bread was lovely. In one word, that is"]
LESSONS = [Share(1.0, (Lesson("The soup was awful. So it was", "good"),))]
PASSAGES = ("Anna found the red hat. Who found the hat?", "Ben lost the cup. Who found the hat?")


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    return Evaluator(load_suite("mini-t5"), device="cpu")


@pytest.fixture
def lab(evaluator: Evaluator) -> Lab:
    return suite_lab(evaluator)


def test_what_is_asked_is_the_likelihood_of_labels(lab: Lab, evaluator: Evaluator) -> None:
    found = lab.texts.ask({}, QUESTIONS, ["good", "bad"])
    model = evaluator.model
    tokens = model.tokenize(QUESTIONS)
    expected = model.label_logits(tokens, model.continuations(["good", "bad"]), normalized=False)
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5)


def test_lessons_move_the_blocks_towards_their_answers(lab: Lab, evaluator: Evaluator) -> None:
    before = lab.texts.ask({}, QUESTIONS[:1], ["good", "bad"])[0]
    with lab.texts.teach({}, LESSONS, plan=Plan(6, batch=4)) as vector:
        after = lab.texts.ask({vector: 1.0}, QUESTIONS[:1], ["good", "bad"])[0]
        assert set(evaluator.vector(vector)) == set(evaluator.suite.vector("follows"))
        np.testing.assert_array_equal(lab.texts.ask({}, QUESTIONS[:1], ["good", "bad"])[0], before)
    assert after[0] - after[1] > before[0] - before[1] + 0.2


def test_passages_are_read_apart_and_learned_from_together(lab: Lab) -> None:
    asked = [PASSAGES, PASSAGES[:1]]
    share = [Share(1.0, (Lesson(PASSAGES, "Anna"), Lesson(PASSAGES[:1], "Anna")))]
    before = lab.texts.ask({}, asked, ["Anna", "Ben"])
    with lab.texts.teach({}, share, plan=Plan(6, batch=4)) as vector:
        after = lab.texts.ask({vector: 1.0}, asked, ["Anna", "Ben"])
    gained = (after[:, 0] - after[:, 1]) - (before[:, 0] - before[:, 1])
    assert (gained > 0.1).all()
    alone = lab.texts.ask({}, [PASSAGES[0]], ["Anna", "Ben"])
    np.testing.assert_allclose(before[1], alone[0], atol=1e-5)  # a text alone is read as ever


@pytest.mark.parametrize("loss", ["PDist", "EMDR²"])
def test_a_retriever_learns_which_passage_the_reader_answers_by(
    lab: Lab, loss: Distillation
) -> None:
    question, passages = "Who found the hat?", ("Ben lost the cup.", "Anna found the hat.")
    matches = [Match(question, passages, (0.0, -4.0))]

    def preferred(edit: dict[str, float]) -> float:
        asked, *kept = lab.texts.embed(edit, [question, *passages])
        return float(asked @ kept[0] - asked @ kept[1])

    with lab.texts.distil({}, matches, loss=loss, plan=Plan(6, batch=4)) as vector:
        assert preferred({vector: 1.0}) > preferred({}) + 0.05
        moved = lab.direction(vector)
        assert {name.split(".")[0] for name, t in moved.items() if t.abs().max() > 0} == {"encoder"}


def test_what_was_learned_is_kept(
    lab: Lab, evaluator: Evaluator, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(2, batch=2, seed=31)
    with lab.texts.teach({}, LESSONS, plan=plan) as vector:
        first = vector
    assert not [path for path in (cache_folder() / "tuned").iterdir() if path.is_dir()]
    asked = lab.texts.ask({}, QUESTIONS, ["good", "bad"])
    for again in ("fit", "label_logits"):  # learning or answering again would fail
        monkeypatch.setattr(suite_texts, again, None)
    np.testing.assert_array_equal(lab.texts.ask({}, QUESTIONS, ["good", "bad"]), asked)
    with suite_lab(evaluator).texts.teach({}, LESSONS, plan=plan) as vector:
        assert vector == first


def test_learning_stops_when_it_is_told_to(evaluator: Evaluator) -> None:
    meter = Meter(cancelled=lambda: True)
    with (
        pytest.raises(RecipeCancelled),
        suite_lab(evaluator, meter=meter).texts.teach({}, LESSONS, plan=Plan(50)),
    ):
        pass


def test_nothing_to_learn_and_long_answers_are_refused(lab: Lab) -> None:
    with pytest.raises(RecipeError, match="nothing to learn"):
        lab.texts.teach({}, [Share(1.0, ())], plan=Plan(1))
    uneven = [Match("who?", passages, (0.0,) * len(passages)) for passages in (("a",), ("a", "b"))]
    for matches in ([], uneven):
        with pytest.raises(RecipeError, match="nothing to distil"):
            lab.texts.distil({}, matches, loss="PDist", plan=Plan(1))
    with pytest.raises(RecipeError, match="one token"):
        lab.texts.ask({}, [PASSAGES], ["Anna found", "Ben"])


def test_models_of_pictures_have_no_words(tiny_suite: Suite) -> None:
    lab = suite_lab(Evaluator(tiny_suite, device="cpu"))
    with pytest.raises(RecipeError, match="do not answer in words"):
        _ = lab.texts


def test_passages_need_a_model_that_reads_them_apart() -> None:
    lab = suite_lab(Evaluator(load_suite("mini-lm"), device="cpu"))
    with pytest.raises(RecipeError, match="need a text-to-text model"):
        lab.texts.ask({}, [PASSAGES], ["Anna", "Ben"])
    with pytest.raises(RecipeError, match="no encoder"):
        lab.texts.embed({}, ["Anna"])

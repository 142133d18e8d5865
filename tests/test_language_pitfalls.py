"""What goes wrong when weights of language models are merged, and where each is kept from doing so.

Every line names what should hold, then a file with the test that holds it ("def test_…"), or with
the words that state what was decided instead. A test or a sentence that goes away fails here.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

PITFALLS: dict[str, tuple[tuple[str, str], ...]] = {
    # Tied words of T5 and others.
    "T5: words of their own stay their own": (
        ("tests/models/t5/test_model.py", "def test_words_are_one_or_two"),
    ),
    "T5: what is exported is read back alike": (
        ("tests/suites/test_text_weights.py", "def test_an_edit_leaves_for_the_library_alone"),
        ("taskarith/models/t5/family.py", "scale_decoder_outputs"),
    ),
    "T5: only tied outputs are scaled": (
        ("tests/models/t5/test_model.py", "def test_outputs_are_scaled_where_words_are_tied"),
    ),
    "T5: shared words are found by any of their names": (
        ("tests/models/t5/test_model.py", "def test_the_words_are_found_under_any_of_their_names"),
    ),
    "a tied tensor is one entry of a vector": (
        ("tests/sources/test_align.py", "def test_a_tied_tensor_is_one_whatever_it_is_called"),
        ("tests/suites/test_text_weights.py", "def test_a_head_of_tied_words_is_one_tensor"),
    ),
    "a missing output: an alias where tied, an error by name where not": (
        ("tests/models/causal/test_model.py", "def test_words_of_their_own_must_be_there"),
    ),
    "T5: float16 is refused": (("tests/models/t5/test_model.py", "def test_float16_is_refused"),),
    "torchvision without its operators does not stop transformers": (
        ("taskarith/models/library.py", "declare_torchvision_operators()"),
    ),
    "the base of Flan-T5": (("README.md", "`google/t5-*-lm-adapt`"),),
    # Vocabularies.
    "another number of words is refused, or padded on request": (
        ("tests/suites/test_text_weights.py", "def test_another_vocabulary_is_refused_by_both"),
        ("tests/cli/test_vector.py", "def test_vocabularies_that_differ_are_padded_on_request"),
    ),
    "whose tokenizer counts": (
        ("tests/models/causal/test_model.py", "def test_a_tokenizer_of_another_model_is_refused"),
        ("README.md", "The base's tokenizer reads for every vector"),
    ),
    "whose chat template counts": (("README.md", "with its chat template and end token"),),
    "padding and its side are of the model, not the batch": (
        ("tests/models/causal/test_model.py", "def test_classification_is_what_the_library"),
        ("tests/models/causal/test_model.py", "def test_one_at_a_time_and_all_together_are_the"),
        ("tests/models/t5/test_model.py", "def test_one_at_a_time_and_all_together_are_the_same"),
        ("tests/models/encoder/test_model.py", "def test_one_at_a_time_and_all_together_are_the"),
    ),
    # The wrong base, the wrong parent.
    "a vector of another base": (
        ("tests/sources/test_differences.py", "def test_a_vector_of_another_base_names_both"),
        ("tests/sources/test_doubts.py", "def test_two_models_that_have_nothing_to_do_with_each"),
    ),
    "all shapes that do not fit are listed": (
        ("tests/sources/test_differences.py", "def test_everything_that_does_not_fit_is_listed"),
    ),
    "what does not fit is known before the weights are fetched": (
        ("tests/hub/test_pull.py", "def test_the_plan_costs_nothing_and_says_what_it_takes"),
    ),
    "a shard that the index names is there": (
        ("tests/sources/test_differences.py", "def test_a_bad_index_is_refused"),
        ("taskarith/sources/recognition.py", "a part of the weights is missing"),
    ),
    "every parent alone stands beside the merge": (("README.md", "each vector alone at λ = 1"),),
    "heads are never merged": (
        ("tests/suites/test_text_weights.py", "def test_bodies_are_merged_and_each_task_keeps"),
    ),
    "BERT in any spelling, with or without a pooler": (
        ("tests/models/encoder/test_model.py", "def test_bodies_in_any_spelling"),
    ),
    "which output is which class": (
        ("tests/heads/test_checkpoint.py", "def test_classes_are_found_by_their_names"),
        ("tests/suites/test_label_order.py", "def test_the_order_is_found_and_said"),
        ("tests/suites/test_label_order.py", "def test_what_is_not_clear_is_refused"),
    ),
    # Adapters.
    "adapters add as products, with any sign": (
        ("tests/sources/test_adapters.py", "def test_several_adapters_add_up_as_weighted"),
        ("tests/sources/test_language_adapters.py", "def test_an_adapter_is_what_peft_merges"),
    ),
    "rank-stabilized, DoRA, biases and patterns; what is not known is refused": (
        ("tests/sources/test_adapters.py", "def test_lora_is_what_peft_merges"),
        ("tests/sources/test_adapters.py", "def test_what_is_not_known_is_refused_by_name"),
    ),
    "products are made in float32": (("taskarith/sources/adapters.py", "Materialized in float32"),),
    "matrices kept the other way round": (
        ("tests/sources/test_language_adapters.py", "def test_square_layers_of_a_model_of_both"),
        ("tests/core/test_terms.py", "def test_matrices_beside_each_other_are_pieces"),
    ),
    "(IA)³ multiplies": (
        ("tests/models/test_adapter_space.py", "def test_folded_weights_give_what_scales_gave"),
    ),
    "soft prompts are no weights": (
        ("tests/models/test_adapter_space.py", "def test_a_soft_prompt_of_words_reads_like_those"),
    ),
    "what narrower storage costs is said": (
        ("tests/cli/test_vector.py", "def test_eight_bits_say_what_they_cost"),
    ),
    # Arithmetic and defaults.
    "mergekit's recipes never divide by the weights": (
        ("tests/export/test_mergekit.py", "def test_what_the_recipe_says"),
    ),
    "λ comes before TIES elects signs": (
        ("taskarith/core/merges/sparse.py", "over the terms σ_t = λ_t·τ_t"),
    ),
    "half precision is subtracted in single": (
        ("tests/sources/test_differences.py", "def test_half_precision_is_subtracted_in_single"),
    ),
    "an export has the asked number type, its size said before": (
        ("tests/export/test_exporting.py", "def test_the_plan_is_what_comes"),
    ),
    "the same name elsewhere": (("taskarith/core/merges/sparse.py", "FusionBench's is ties-sum"),),
    "memory does not grow with the model": (
        ("tests/sources/test_streaming.py", "def test_no_more_than_one_tensor_is_alive"),
    ),
    "a collapse is seen": (("README.md", "perplexity of plain text as its control"),),
    # Evaluation.
    "exact match, answers outside the labels, and rank": (
        ("tests/recipes/test_written_answers.py", "def test_negated_answers_leave_the_labels"),
    ),
    "the commonest answer is drawn": (
        ("taskarith/ui/js/explore/scene.js", "commonest answer"),
        ("README.md", "CoLA is counted by accuracy"),
    ),
    "which split of MNLI": (
        ("assets/suites/bert-base-glue/manifest.json", "MNLI is the matched split"),
    ),
    "a body under heads it never saw is no zero-shot model": (
        ("assets/suites/gpt2-glue/manifest.json", "answers through heads it never saw"),
    ),
    "λ is chosen on validation": (
        ("tests/recipes/negation/test_negation.py", "def test_every_coefficient_is_chosen_by"),
    ),
    "samples say how they were drawn": (
        ("tests/heads/test_text_heads.py", "def test_samples_are_judged_by_words_and_drawn_by"),
        ("tests/recipes/negation/test_negation.py", "def test_drawn_answers_are_judged_on_more"),
    ),
    "data sets run no code": (("taskarith/tasks/hub_rows.py", "none of them runs code"),),
    "BERT's checkpoints are no pickles": (
        ("assets/suites/bert-base-glue/manifest.json", "yoshitomo-matsubara/bert-base-uncased"),
    ),
}


@pytest.mark.parametrize("line", PITFALLS)
def test_it_is_held_by_a_test_or_a_decision_that_is_there(line: str) -> None:
    for file, words in PITFALLS[line]:
        assert words in (ROOT / file).read_text(encoding="utf-8"), f"{file} no longer has {words!r}"

"""No family's name, layout or prefix stands outside `models/`, but where this table says why."""

import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "taskarith"

WORDS = re.compile(
    r"\bopen_clip\w*|OpenCLIP|\bCLIPs?\b|\bClip[A-Z]\w*|models\.clip\b|\bclip_model\b|\"clip\""
    r"|\btransformers\b|\bvisual\b|\bvision_\w+|\bVISION_\w+|\bresblocks\b|\bin_proj\w*"
    r"|\bself_attn\b|GPT-?2|\bgpt2\b|\bBERT\b|\bbert\b|\b[Ll]lama\b|\bT5\b|\bt5\b|\blm_head\b"
    r"|\bc_attn\b|\bwte\b|\"(?:causal|encoder)\""
)

FOR_PEOPLE = "help and hints for people name what they may type"
EXAMPLE = "an example of a name, in a docstring or an error"
SCRIPT = "makes or trains the CLIP of `mini`"
# Files in which they may stand: which words, and why.
ALLOWED: dict[str, tuple[set[str], str]] = {
    "cli/arguments.py": ({"visual", "resblocks"}, EXAMPLE),
    "cli/export.py": ({"open_clip", "transformers"}, FOR_PEOPLE),
    "cli/making.py": ({"t5"}, "the name of a suite, `mini-t5`"),
    "cli/own_suites.py": ({"OpenCLIP", "open_clip"}, FOR_PEOPLE),
    "core/edit.py": ({"visual", "resblocks"}, EXAMPLE),
    "core/merges/with_data.py": ({"CLIP"}, "what another tool has the method for"),
    "core/layers.py": ({"visual", "resblocks"}, EXAMPLE),
    "heads/checkpoint.py": ({"BERT"}, "whose way of classifying it is"),
    "heads/scores.py": ({"T5"}, "whose way of writing numbers it is"),
    "evaluation/fisher_gram.py": ({"ClipModel"}, "a type: it looks at models of pictures"),
    "export/provenance.py": ({'"clip"', "open_clip"}, EXAMPLE),
    "recipes/transfer/result.py": ({"T5"}, "what papers measured"),
    "recipes/scaling/result.py": ({"OpenCLIP"}, "what papers measured"),
    "recipes/ways/result.py": ({"T5"}, "what papers measured"),
    "recipes/prompts/result.py": ({"T5"}, "what papers measured"),
    **{
        f"recipes/{name}/result.py": ({"CLIP"}, "what papers measured")
        for name in ("addition", "methods", "soup", "wise_ft")
    },
    "recipes/negation/result.py": ({"CLIP", "GPT-2"}, "what papers measured"),
    "recipes/suite_lab.py": (
        {"models.clip", "open_clip", "VISION_PREFIX", "visual"},
        "soups are learned through a tower of pictures",
    ),
    **{
        f"recipes/{name}.py": ({"t5"}, "the name of a suite, `mini-t5`")
        for name in ("suite_texts", "text_losses", "text_recipes")
    },
    "recipes/tuning.py": ({"ClipModel", "open_clip"}, "fine-tunes models of pictures"),
    "ui/recipes/passages.py": ({"t5"}, "the name of a suite, `mini-t5`"),
    "sources/adapters.py": ({"GPT-2", "in_proj_weight", "open_clip"}, "what PEFT does of whom"),
    "sources/align.py": ({"vision_model", "clip_model", "transformers"}, "prefixes to try"),
    "sources/recognition.py": (
        {"open_clip_config", "open_clip_model", "open_clip_pytorch_model", "transformers"},
        "names of files by which a repository's contents are recognised",
    ),
    "sources/reference.py": ({"bert", "gpt2"}, "names of the Hub without an owner"),
    "training/anchor.py": ({"models.clip", "open_clip", "ClipModel"}, SCRIPT),
    "training/finetune.py": (
        {"models.clip", "open_clip", "ClipModel", "vision_state", "visual", "resblocks"},
        SCRIPT,
    ),
    "training/teaching/anchoring.py": ({"models.clip"}, "a type: it anchors models of pictures"),
    "training/minilm.py": ({"transformers", '"encoder"'}, "trains the vectors of `minilm`"),
    "training/language_models.py": (
        {"GPT-2", "GPT2", "T5", "transformers"},
        "builds `mini-lm` and `mini-t5`",
    ),
    "training/mini_lm.py": ({'"causal"', "GPT-2", "GPT2", "gpt2"}, "makes `mini-lm`"),
    "training/mini_t5.py": ({"T5", "t5"}, "makes `mini-t5`"),
    "training/text_suite.py": ({"transformers"}, "writes what that library reads"),
    "training/word_tokenizer.py": ({"transformers"}, "writes what that library reads"),
    "training/mini.py": ({"models.clip", "open_clip", "ClipModel", "CLIP", "vision_cfg"}, SCRIPT),
    "training/mini_sizes.py": (
        {"models.clip", "open_clip", "ClipModel", "CLIP", "vision_cfg"},
        SCRIPT,
    ),
    "training/pretrain.py": ({"models.clip", "open_clip", "ClipModel", "visual"}, SCRIPT),
    "training/real.py": ({"models.clip", "open_clip", "ClipModel"}, SCRIPT),
    "ui/models/form.py": ({"CLIP", "OpenCLIP", "open_clip", "transformers"}, FOR_PEOPLE),
}
FILES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if path.relative_to(PACKAGE).parts[0] != "models"
)


def found(file: str) -> set[str]:
    return set(WORDS.findall((PACKAGE / file).read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", FILES)
def test_no_family_is_named(file: str) -> None:
    allowed, _ = ALLOWED.get(file, (set(), ""))
    assert found(file) <= allowed, "ask the suite's family, or say in this table why not"


@pytest.mark.parametrize("file", ALLOWED)
def test_the_table_says_nothing_that_is_over(file: str) -> None:
    assert file in FILES
    assert found(file)

"""The recipes that are about texts alone, made for a suite; the catalogue lists them beside others.

Knows what a suite must have for each; the protocols are the recipes' own.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

from taskarith.errors import RecipeError, unknown_name
from taskarith.recipes.few_shot.recipe import DRAWS, FewShotRecipe
from taskarith.recipes.few_shot.recipe import STEPS as FEW_STEPS
from taskarith.recipes.instruct.protocol import HELD_OUT, levels
from taskarith.recipes.instruct.recipe import STEPS, InstructRecipe
from taskarith.recipes.model_size import OtherSize
from taskarith.recipes.prompts.protocol import LENGTHS
from taskarith.recipes.prompts.recipe import SEEDS, PromptsRecipe
from taskarith.recipes.prompts.recipe import STEPS as PROMPT_STEPS
from taskarith.recipes.retrieval.facts import MOST_FACTS
from taskarith.recipes.retrieval.recipe import DISTILLING, LEAST_FACTS, PASSAGES, RetrievalRecipe
from taskarith.recipes.retrieval.recipe import STEPS as READING_STEPS
from taskarith.suites import Suite, load_suite
from taskarith.suites.collection import other_sizes
from taskarith.training.ways.soft_prompt import LENGTH

__all__ = [
    "answers_in_words",
    "few_shot_recipe",
    "few_shot_tasks",
    "further_sizes",
    "instruct_recipe",
    "prompts_recipe",
    "reads_passages",
    "reads_prompts",
    "retrieval_recipe",
]

READS_APART = "text2text-generation"  # the Hub's word for models that several texts are fused in
BESIDE = 4  # tasks that the instruction vector is added to, unless others are named


def answers_in_words(suite: Suite) -> bool:
    """Whether the suite's models know the written world and answer in its words."""
    return any(
        task.data["kind"] == "written-world" and task.head["kind"] == "label-likelihood"
        for task in suite.tasks.values()
    )


def instruct_recipe(
    suite: Suite,
    *,
    held_out: Sequence[str] = (),
    tasks: Sequence[str] | None = None,
    steps: int = STEPS,
    sizes: Sequence[str] | None = None,
) -> InstructRecipe:
    """Teach all tasks in words but those of the categories `held_out` (none given: the usual two).

    The instruction vector is then added to and taken from the vectors of `tasks` (None: of the
    first targets), and the suites `sizes` are taught alike (None: those of its collection). Raises
    RecipeError where the categories leave nothing to learn or to ask.
    """
    _needs_words(suite, "instruct")
    if steps < 1:
        raise RecipeError(f"instruction tuning needs at least 1 step, got {steps}")
    chosen = tuple(dict.fromkeys(held_out or HELD_OUT))
    levels(chosen)  # refuses what leaves nothing
    beside = suite.targets[:BESIDE] if tasks is None else tuple(dict.fromkeys(tasks))
    for name in beside:
        suite.task(name)
        suite.vector(name)
    return InstructRecipe(chosen, beside, steps, further_sizes(suite, sizes))


def few_shot_recipe(
    suite: Suite, *, tasks: Sequence[str] = (), draws: int = DRAWS, steps: int = FEW_STEPS
) -> FewShotRecipe:
    """Learn each of `tasks` from sixteen examples a class, `draws` times.

    None given: the first target of each number of labels. Raises RecipeError for less than two
    draws, which have no interval, and UnknownNameError for a task without labels of the world's.
    """
    _needs_words(suite, "few-shot")
    if draws < 2:
        raise RecipeError(f"an interval over draws needs at least 2 of them, got {draws}")
    if steps < 1:
        raise RecipeError(f"learning from few examples needs at least 1 step, got {steps}")
    there = few_shot_tasks(suite)
    for name in tasks:
        if name not in there:
            raise unknown_name("task with label words", name, existing=there)
    by_labels = {len(suite.task(name).classnames): name for name in reversed(there)}
    chosen = tuple(dict.fromkeys(tasks)) or tuple(by_labels[size] for size in sorted(by_labels))
    return FewShotRecipe(chosen, draws, steps)


def prompts_recipe(
    suite: Suite,
    *,
    task: str | None = None,
    lengths: Sequence[int] = LENGTHS,
    seeds: int = SEEDS,
    steps: int = PROMPT_STEPS,
    sizes: Sequence[str] | None = None,
) -> PromptsRecipe:
    """Learn soft prompts of `task` (None: the kin task with most labels), and of all kin tasks.

    Kin are targets that ask for the same labels of other texts; where there are none, the first
    two targets stand in. The suites `sizes` learn prompts of `task`, too (None: those of its
    collection that have it). Raises RecipeError for a suite that knows no written world, and
    SettingError for a length that no prompt has.
    """
    _needs_words(suite, "prompts")
    there = few_shot_tasks(suite)
    if task is not None and task not in there:
        raise unknown_name("task with label words", task, existing=there)
    for length in lengths or (0,):
        LENGTH.checked(length)
    classes = {name: suite.task(name).classnames for name in there}
    kin = tuple(pair for pair in combinations(there, 2) if classes[pair[0]] == classes[pair[1]])
    tasks = tuple(name for name in there if any(name in pair for pair in kin)) or there[:2]
    chosen = task or max(tasks, key=lambda name: len(classes[name]))
    return PromptsRecipe(
        task=chosen,
        tasks=tuple(dict.fromkeys([*tasks, chosen])),
        kin=kin,
        control=suite.control,
        seeds=seeds,
        steps=steps,
        lengths=tuple(sorted(set(lengths))),
        sizes=further_sizes(suite, sizes, tasks=(chosen, suite.control)),
    )


def further_sizes(
    suite: Suite, sizes: Sequence[str] | None, *, tasks: Sequence[str] = ()
) -> tuple[OtherSize, ...]:
    """The suites `sizes`, which must have `tasks` (None: those of the suite's collection that do).

    Raises UnknownNameError for one that lacks a task, RecipeError where it cannot be compared.
    """
    asked = other_sizes(suite.name) if sizes is None else tuple(dict.fromkeys(sizes))
    found = []
    for name in asked:
        other = load_suite(name)
        if sizes is None and not (other.is_here() and {*tasks} <= {*other.tasks}):
            continue
        if other.name == suite.name:
            raise RecipeError(f"{name!r} is the suite itself; name one of another size")
        _needs_words(other, "a comparison of sizes")
        for task in tasks:
            other.task(task)
        found.append(OtherSize(other.name, other.recipe_fingerprint))
    return tuple(found)


def few_shot_tasks(suite: Suite) -> tuple[str, ...]:
    """The targets that answer with the likeliest of the written world's labels."""
    return tuple(
        name
        for name in suite.targets
        if suite.task(name).data["kind"] == "written-world"
        and suite.task(name).head["kind"] == "label-likelihood"
        and suite.task(name).data["family"] == name
    )


def reads_prompts(suite: Suite) -> bool:
    """Whether the suite's models answer in words and read soft prompts before a text."""
    return answers_in_words(suite) and hasattr(suite.model(), "prompt_width")


def reads_passages(suite: Suite) -> bool:
    """Whether the suite's models know the written world, and read several passages apart."""
    return answers_in_words(suite) and suite.weights.family.pipeline == READS_APART


def retrieval_recipe(
    suite: Suite,
    *,
    passages: int = PASSAGES,
    steps: int = READING_STEPS,
    distilling: int = DISTILLING,
    readers: Path | None = None,
) -> RetrievalRecipe:
    """A reader over an index of `passages`, beside a closed book; `readers` keeps what it learned.

    Raises RecipeError for a suite whose models cannot read several passages apart, for an index
    with too few passages or too many, and for less than a step.
    """
    _needs_words(suite, "retrieval", like="mini-t5")
    if not reads_passages(suite):
        raise RecipeError(
            "retrieval reads several passages apart and answers from all of them, which the base "
            f"of {suite.name!r} cannot; choose a suite of a text-to-text model, as mini-t5"
        )
    if not LEAST_FACTS <= passages <= MOST_FACTS:
        raise RecipeError(
            f"the index would have {passages:,} passages; the written world fills one with "
            f"{LEAST_FACTS} to {MOST_FACTS}"
        )
    if steps < 1 or distilling < 1:
        raise RecipeError(
            f"readers and retrievers need at least 1 step, got {steps} and {distilling}"
        )
    return RetrievalRecipe(passages, steps, distilling, readers)


def _needs_words(suite: Suite, recipe: str, *, like: str = "mini-lm") -> None:
    if not answers_in_words(suite):
        raise RecipeError(
            f"{recipe} asks a model in the words of the written world, which the base of "
            f"{suite.name!r} has not learned; choose {like}, or another that has"
        )

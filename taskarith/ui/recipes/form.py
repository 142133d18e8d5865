"""The form of the Recipes page: what each recipe is in plain words, and which settings it has.

Reads what a browser sends into a `Request`, or says what is wrong with it. Light: no torch.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from taskarith.errors import RecipeError

__all__ = ["ALL_IMAGES", "FORMS", "IMAGES", "Form", "Request", "read_request"]

MAX_NAMES = 64
LONGEST_NAME = 80
LONGEST_ANALOGY = 4 * LONGEST_NAME + len("::::")
MAX_IMAGES = 10**7
ALL_IMAGES = "all"
IMAGES = ("64", "128", "256", ALL_IMAGES)  # the first, to start with: about a minute on two cores
FEW_SHOT = (8, 64)
ENDS, POINTS = (-1.0, 1.0), 21  # of a sweep


@dataclass(frozen=True)
class Form:
    """One recipe on the page.

    Attributes:
        about: what it does, in plain words.
        paper, link: who proposed it, and where to read it.
        names: what its list of names asks for; "" where it has none.
        settings: which other settings it has.
        tests: whether it ends on test, unless it is rehearsed.
    """

    title: str
    about: str
    paper: str
    link: str
    names: str
    settings: tuple[str, ...] = ()
    tests: bool = True


FORMS: dict[str, Form] = {
    "negation": Form(
        "Negation",
        "Forget a task: subtract its vector as far as the control holds, beside fine-tuning, "
        "gradient ascent and directions that should do nothing.",
        "Ilharco et al. 2023",
        "https://arxiv.org/abs/2212.04089",
        names="Tasks to forget, each on its own",
        settings=("floor",),
    ),
    "sweep": Form(
        "Sweep",
        "Look along one vector’s λ, the others at 0: every task from the first λ to the last, in "
        "as many points as you like. On validation, to choose from.",
        "Ilharco et al. 2023",
        "https://arxiv.org/abs/2212.04089",
        names="Vectors, each on its own; also random:… and permuted:…",
        settings=("range",),
        tests=False,
    ),
    "addition": Form(
        "Addition",
        "Several tasks in one model: every pair, larger sets and all of them, at the λ that is "
        "best on validation.",
        "Ilharco et al. 2023",
        "https://arxiv.org/abs/2212.04089",
        names="Tasks to add",
    ),
    "analogy": Form(
        "Analogy",
        "A is to B as C is to D: a vector for a task that nobody trained, against simpler edits of "
        "as much effort. Of several, λ is chosen on the others; of one alone it is 1.",
        "Ilharco et al. 2023",
        "https://arxiv.org/abs/2212.04089",
        names="Analogies, each A:B::C:D",
        settings=("examples",),
    ),
    "paint": Form(
        "PAINT",
        "Patch a task on which the model is poor by going a part α of the way to its fine-tuned "
        "model, so that the control keeps its accuracy.",
        "Ilharco et al. 2022",
        "https://arxiv.org/abs/2208.05592",
        names="Tasks to patch",
        settings=("ways",),
    ),
    "wise-ft": Form(
        "WiSE-FT",
        "Between pretrained and fine-tuned lie models that are as accurate and more robust: "
        "accuracy as it is against the mean over shifted pictures.",
        "Wortsman et al. 2022",
        "https://arxiv.org/abs/2109.01903",
        names="Tasks, each on its own",
    ),
    "soup": Form(
        "Model soup",
        "Average several fine-tuned models of one task: all of them, those that help, or with "
        "learned weights (which takes minutes), against the best single one.",
        "Wortsman et al. 2022",
        "https://arxiv.org/abs/2203.05482",
        names="Ingredients: vectors of models of one task",
    ),
    "search": Form(
        "Search",
        "One λ for each task by CMA-ES: 48 edits measured on validation, as many by its rivals "
        "(random draws, one common λ), and the trade between tasks and control.",
        "Hansen 2016",
        "https://arxiv.org/abs/1604.00772",
        names="Tasks to add",
        settings=("floor",),
    ),
    "transfer": Form(
        "Transfer",
        "What each task's vector does to every other task, and whether angles, signs or gradients "
        "would have told. Here without joint training, which takes minutes.",
        "Aribandi et al. 2022",
        "https://arxiv.org/abs/2111.10952",
        names="Tasks, three at least",
    ),
    "sequence": Form(
        "Sequence",
        "Learn tasks one after the other and see what is forgotten, from pretrained and from "
        "shuffled weights, plain and sharpness-aware; beside it the same tasks added. Fine-tunes, "
        "which takes minutes; here in one order and 20 steps a task.",
        "Mehta et al. 2023",
        "https://arxiv.org/abs/2112.09153",
        names="Tasks, two to six",
    ),
    "scaling": Form(
        "Scaling",
        "The same edits on several sizes of one family: error against compute with its power law, "
        "fitted without the largest model and checked on it, and whether arithmetic gets easier "
        "with size. Each model takes about a minute.",
        "Cherti et al. 2023",
        "https://arxiv.org/abs/2212.07143",
        names="Tasks that all sizes share",
    ),
    "instruct": Form(
        "Instructions",
        "Teach a language model many tasks in words, but for some categories: what is it worth on "
        "categories, tasks and examples that it has not seen? The rivals take as many steps. Each "
        "of the ten models takes up to a minute.",
        "Wei et al. 2022",
        "https://arxiv.org/abs/2109.01652",
        names="Categories held out",
    ),
    "few-shot": Form(
        "Few-shot",
        "Sixteen examples a class: prompts with label words against words that say nothing, words "
        "and templates found by search, demonstrations, and an ensemble, over two draws here. "
        "Takes minutes.",
        "Gao et al. 2021",
        "https://arxiv.org/abs/2012.15723",
        names="Tasks to learn",
    ),
    "ways": Form(
        "Ways",
        "One task, learned by several ways of fine-tuning at their best rates: accuracy against "
        "the numbers that move, what the control keeps, and how each vector adds, negates and "
        "interpolates. Here with one seed and 30 steps; each way takes about a minute.",
        "Liu et al. 2022",
        "https://arxiv.org/abs/2205.05638",
        names="Ways",
    ),
    "efficiency": Form(
        "Labels and weights",
        "One task from five and twenty examples a class: a linear probe, LoRA, (IA)³, LP-FT and "
        "full fine-tuning at rates chosen on validation, from the pretrained model, from the sum "
        "of the other tasks’ vectors, and from random ones. Here with one seed and 15 steps.",
        "Li et al. 2022",
        "https://arxiv.org/abs/2204.08790",
        names="Ways",
    ),
    "prompts": Form(
        "Prompts",
        "Soft prompts of one task by length and first values, voted and averaged, asked about "
        "another domain and other tasks, beside full fine-tuning. Here with one seed, 20 steps "
        "and prompts of 5 vectors; takes some minutes.",
        "Lester et al. 2021",
        "https://arxiv.org/abs/2104.08691",
        names="Task to learn",
    ),
    "retrieval": Form(
        "Retrieval",
        "A reader answers from passages that a retriever finds in an index, beside a model that "
        "learned the answers by heart; then facts are forgotten by taking their passages out, or "
        "by negating a vector. Teaching takes minutes.",
        "Izacard et al. 2023",
        "https://arxiv.org/abs/2208.03299",
        names="",
    ),
}
WAYS = ("alone", "parallel", "joint", "sequential")


@dataclass(frozen=True)
class Request:
    """A recipe with its settings, as the page asks for it; names are not checked yet.

    Attributes:
        recipe: its name in the catalogue.
        names: tasks, ingredients of a soup, or analogies A:B::C:D.
        n: examples a task; None: all.
        rehearse: whether test stays closed.
        examples: images of D for few-shot fine-tuning.
        ways: how PAINT patches several tasks together.
        ends, points: the first and the last λ of a sweep, and of how many.
    """

    recipe: str
    names: tuple[str, ...] = ()
    n: int | None = 64
    rehearse: bool = True
    floor: float = 0.95
    examples: tuple[int, ...] = ()
    ways: tuple[str, ...] = ("parallel",)
    ends: tuple[float, float] = ENDS
    points: int = POINTS


def read_request(
    recipe: object,
    names: object,
    images: object,
    rehearse: object,
    floor: object,
    examples: object,
    ways: object,
    first: object = ENDS[0],
    last: object = ENDS[1],
    points: object = POINTS,
) -> Request:
    """What the page's form says; RecipeError tells what of it makes no sense."""
    if not isinstance(recipe, str) or recipe not in FORMS:
        raise RecipeError(f"there is no recipe {str(recipe)[:40]!r}; choose one of the list")
    form = FORMS[recipe]
    ranged = "range" in form.settings
    longest = LONGEST_ANALOGY if recipe == "analogy" else LONGEST_NAME
    return Request(
        recipe=recipe,
        names=_names(names, longest=longest),
        n=_images(images),
        rehearse=rehearse is not False or not form.tests,  # test opens by a clear no alone
        floor=_floor(floor) if "floor" in form.settings else 0.95,
        examples=FEW_SHOT if examples is True and "examples" in form.settings else (),
        ways=_names(ways) if "ways" in form.settings else ("parallel",),
        ends=(_number(first, "first λ"), _number(last, "last λ")) if ranged else ENDS,
        points=_points(points) if ranged else POINTS,
    )


def _names(value: object, *, longest: int = LONGEST_NAME) -> tuple[str, ...]:
    names = value if isinstance(value, Iterable) and not isinstance(value, str | bytes) else ()
    listed = [str(name)[:longest] for name in names if name is not None]
    if len(listed) > MAX_NAMES:
        raise RecipeError(f"{len(listed)} names are too many; choose at most {MAX_NAMES}")
    return tuple(dict.fromkeys(listed))


def _images(value: object) -> int | None:
    if value == ALL_IMAGES:
        return None
    text = str(value)[:20].strip()
    if not re.fullmatch("[0-9]{1,8}", text) or not 1 <= int(text) <= MAX_IMAGES:
        raise RecipeError(f'examples a task: a whole number from 1 on, or "all"; got {text!r}')
    return int(text)


def _points(value: object) -> int:
    number = _number(value, "number of points")
    if number not in range(1000):
        raise RecipeError(f"the number of points is a whole number up to 999, got {number:g}")
    return int(number)


def _number(value: object, what: str) -> float:
    try:
        number = float(str(value)[:20])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise RecipeError(f"the {what} is a number; got {str(value)[:20]!r}")
    return number


def _floor(value: object) -> float:
    try:
        floor = float(str(value)[:20])
    except ValueError:
        floor = math.nan
    if not 0 < floor <= 1:
        raise RecipeError(
            "the control floor is a share of the pretrained accuracy, above 0 and at most 1; "
            f"got {str(value)[:20]!r}, write one like 0.95"
        )
    return floor

from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

from taskarith.suites import Suite
from taskarith.training.finetune import Lesson, finetune, trained_names
from taskarith.training.loop import Recipe

RECIPE = Recipe(steps=120, batch=16, rate=3e-3, warmup=5, weight_decay=0.0, seed=1)


def test_fine_tuning_learns_the_task_and_moves_the_named_parameters_alone(
    tiny_suite: Suite, tmp_path: Path
) -> None:
    model, name = tiny_suite.model(), tiny_suite.targets[0]
    before = {key: tensor.clone() for key, tensor in model.network.state_dict().items()}
    split, head = tiny_suite.split(name, "train"), tiny_suite.class_weights(name)

    def loss() -> float:
        return float(cross_entropy(model.encode_images(split.pixels) @ head.T, split.labels))

    start, names = loss(), trained_names(model, attention_only=False)
    finetuned = finetune(
        model,
        [Lesson(split.pixels, split.labels, head)],
        names=names,
        recipe=RECIPE,
        folder=tmp_path,
        name="run",
    )
    assert loss() < 0.8 * start
    after = model.network.state_dict()
    moved = {key for key, tensor in after.items() if not torch.equal(tensor, before[key])}
    assert moved == set(names) == set(finetuned)


def test_attention_is_a_part_of_the_block_matrices(tiny_suite: Suite) -> None:
    model = tiny_suite.model()
    everything = trained_names(model, attention_only=False)
    attention = trained_names(model, attention_only=True)
    assert set(attention) < set(everything)
    assert all(model.vision_state()[name].ndim == 2 for name in everything)
    assert not any("ln_" in name or "bias" in name or name == "visual.proj" for name in everything)


def test_climbing_the_loss_forgets(tiny_suite: Suite, tmp_path: Path) -> None:
    model, name = tiny_suite.model(), tiny_suite.targets[0]
    split, head = tiny_suite.split(name, "train"), tiny_suite.class_weights(name)

    def accuracy() -> float:
        answers = (model.encode_images(split.pixels) @ head.T).argmax(1)
        return float((answers == split.labels).float().mean())

    start = accuracy()
    finetune(
        model,
        [Lesson(split.pixels, split.labels, head)],
        names=trained_names(model, attention_only=False),
        recipe=RECIPE,
        ascend=True,
        folder=tmp_path,
        name="run",
    )
    assert accuracy() < 0.5 * start


def test_several_lessons_are_learned_together(tiny_suite: Suite, tmp_path: Path) -> None:
    model = tiny_suite.model()
    lessons = []
    for name in tiny_suite.targets[:2]:
        split = tiny_suite.split(name, "train")
        lessons.append(Lesson(split.pixels, split.labels, tiny_suite.class_weights(name)))

    def losses() -> list[float]:
        return [
            float(cross_entropy(model.encode_images(one.images) @ one.head.T, one.labels))
            for one in lessons
        ]

    before = losses()
    finetune(
        model,
        lessons,
        names=trained_names(model, attention_only=False),
        recipe=RECIPE,
        folder=tmp_path,
        name="run",
    )
    assert all(after < start for after, start in zip(losses(), before, strict=True))

"""Builds a complete suite in a moment: a random CLIP with vectors that do something.

It has the same files as `mini`. Each task's head is fitted to what its fine-tuned model sees (not
made of words as real heads are), so that accuracy is high at λ = 1, lower at λ = 0, and lower
still when negated. No number here means anything beyond that.
"""

import json
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from taskarith.core import TaskVector, random_vector
from taskarith.models.clip.open_clip import ClipModel, build_clip
from taskarith.sources.tensors import write_tensors

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16},
    "text_cfg": {"context_length": 8, "width": 32, "heads": 2, "layers": 1},
}
TARGETS = ("apples", "birds", "coins", "dice")
AUXILIARIES = ("eggs", "flags")
CONTROL, SECOND_CONTROL = "gardens", "houses"
RECIPE_TASKS = ("irons", "jars")
CLASSES = dict.fromkeys((*TARGETS, *AUXILIARIES), 4) | {CONTROL: 10, SECOND_CONTROL: 5}
CLASSES |= dict.fromkeys(RECIPE_TASKS, 4)
ROLES = (
    dict.fromkeys(TARGETS, "target")
    | dict.fromkeys(AUXILIARIES, "auxiliary")
    | {CONTROL: "control", SECOND_CONTROL: "second-control"}
    | dict.fromkeys(RECIPE_TASKS, "recipe")
)
INGREDIENTS = ("soup-apples-00", "soup-apples-01", "soup-apples-02")
# Every vector that only recipes use, and the task it is about.
RECIPE_SUBJECTS = {
    **{name: name for name in RECIPE_TASKS},
    **dict.fromkeys(("joint", "ascent-apples", *INGREDIENTS), "apples"),
}
QUADRUPLES = (
    ("domain × task", "birds", "apples", "birds", "coins", "dice"),
    ("domain × task", "coins", "apples", "coins", "eggs", "irons"),
    ("sub-population", "flags", "birds", "flags", "eggs", "jars"),
)
SIZES = {"train": 40, "validation": 80, "test": 120}
TEMPLATES = ("a {}", "one small {}")
SCALE = 50.0  # exp(logit_scale)


def build_tiny_suite(folder: Path) -> Path:
    """Write the suite into `folder` (made if need be) and return it."""
    generator = torch.Generator().manual_seed(0)
    vocabulary = ["a", "one", "small", *(f"{name}{i}" for name in CLASSES for i in range(10))]
    model = build_clip(CONFIG, vocabulary)
    state = _base_state(model, generator)
    write_tensors(folder / "base.safetensors", {name: t.half() for name, t in state.items()})
    vision = {name: t for name, t in state.items() if ".resblocks." in name and "visual" in name}
    matrices = TaskVector({name: 0.35 * t for name, t in vision.items() if t.ndim == 2})
    heads, vectors = {}, {}
    for seed, (name, classes) in enumerate(CLASSES.items()):
        pictures = _pictures(classes, generator)
        write_tensors(folder / "pictures" / f"{name}.safetensors", pictures)
        vector = random_vector(matrices, seed)
        if ROLES[name] in ("target", "auxiliary", "recipe"):
            _write_vector(folder, name, vector)
            vectors[name] = vector
            own = vector.apply_to(state)
        else:
            own = state
        model.network.load_state_dict(own)
        heads[name] = _fitted_head(model, pictures["train.images"], pictures["train.labels"])
    for name, vector in _recipe_vectors(vectors).items():
        _write_vector(folder, name, vector)
    for file, own in (("recipe-heads", True), ("heads", False)):
        chosen = {n: head for n, head in heads.items() if (n in RECIPE_TASKS) is own}
        write_tensors(folder / f"{file}.safetensors", chosen)
    _write_json(folder / "config.json", CONFIG)
    _write_json(folder / "vocabulary.json", vocabulary)
    _write_json(folder / "manifest.json", _manifest())
    return folder


def _write_vector(folder: Path, name: str, vector: TaskVector) -> None:
    stored = {n: t.half() for n, t in vector.items()}
    write_tensors(folder / "vectors" / f"{name}.safetensors", stored, {"task": name})


def _recipe_vectors(vectors: dict[str, TaskVector]) -> dict[str, TaskVector]:
    """Stand-ins for models that recipes compare with: nothing here was trained."""
    apples = vectors["apples"]
    return {
        "joint": 0.4 * sum(vectors[name] for name in TARGETS),
        "ascent-apples": -1.2 * apples,
        **{n: apples + 0.3 * random_vector(apples, 90 + k) for k, n in enumerate(INGREDIENTS)},
    }


def _base_state(model: ClipModel, generator: torch.Generator) -> dict[str, Tensor]:
    state = {}
    for name, parameter in model.network.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        # Weights of unit gain, so that what distinguishes two pictures survives every layer.
        gain = parameter.shape[-1] ** -0.5 if parameter.ndim > 1 else 0.02
        state[name] = gain * noise + (1.0 if "ln_" in name and name.endswith("weight") else 0.0)
    state["visual.conv1.weight"] = 0.1 * torch.randn(
        state["visual.conv1.weight"].shape, generator=generator
    )
    state["logit_scale"] = torch.tensor(SCALE).log()
    return {name: tensor.half().float() for name, tensor in state.items()}


def _pictures(classes: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Every class is a coloured pattern; a picture is its class's pattern under noise."""
    patterns = interpolate(torch.rand(classes, 3, 4, 4, generator=generator), 16, mode="nearest")
    tensors = {}
    for split, count in SIZES.items():
        labels = torch.arange(count) % classes
        noise = torch.rand(count, 3, 16, 16, generator=generator)
        pixels = 255 * (0.6 * patterns[labels] + 0.4 * noise)
        tensors[f"{split}.images"] = pixels.permute(0, 2, 3, 1).contiguous().to(torch.uint8)
        tensors[f"{split}.labels"] = labels
    return tensors


def _fitted_head(model: ClipModel, images: Tensor, labels: Tensor) -> Tensor:
    """The class means of the embeddings, seen from their centre: float32 [classes, d]."""
    embeddings = model.encode_images(images)
    means = torch.stack([embeddings[labels == c].mean(0) for c in range(int(labels.max()) + 1)])
    return normalize(means - means.mean(0), dim=-1) * SCALE


def _manifest() -> dict[str, object]:
    return {
        "format": 1,
        "name": "tiny",
        "title": "tiny: random weights for tests",
        "about": "Means nothing.",
        "licence": "Apache-2.0",
        "base": {
            "kind": "open_clip",
            "config": "config.json",
            "weights": "base.safetensors",
            "vocabulary": "vocabulary.json",
        },
        "heads": "heads.safetensors",
        "tasks": [_task(name) for name in CLASSES if name not in RECIPE_TASKS],
        "vectors": [
            {"task": name, "weights": f"vectors/{name}.safetensors"}
            for name in (*TARGETS, *AUXILIARIES)
        ],
        "surrogate": None,
        "measurements": None,
        "presets": [
            _preset("forget", {"apples": -0.5}),
            _preset("add", {"apples": 0.4, "birds": 0.4}),
            _preset("analogy", {"birds": -1.0, "eggs": 1.0, "flags": 1.0}),
            _preset("random", {"random:apples": 0.5}),
        ],
        "start": "forget",
        "recipes": {
            "tasks": [_task(name) for name in RECIPE_TASKS],
            "heads": "recipe-heads.safetensors",
            "vectors": [
                {"name": name, "weights": f"vectors/{name}.safetensors", "task": task}
                for name, task in RECIPE_SUBJECTS.items()
            ],
            "book": {
                "analogies": [
                    dict(zip(("kind", "relation", "a", "b", "c", "d"), quadruple, strict=True))
                    for quadruple in QUADRUPLES
                ],
                "patching": list(RECIPE_TASKS),
                "patching_neutral": {"irons": "jars"},
                "shifted": {"apples": "soup-apples-00"},
                "soup": {"task": "apples", "ingredients": list(INGREDIENTS)},
                "joint": "joint",
                "ascent": {"apples": "ascent-apples"},
            },
        },
    }


def _task(name: str) -> dict[str, object]:
    return {
        "name": name,
        "title": name.title(),
        "role": ROLES[name],
        "classnames": [f"{name}{i}" for i in range(CLASSES[name])],
        "templates": list(TEMPLATES),
        "data": {"kind": "tensors", "path": f"pictures/{name}.safetensors"},
    }


def _preset(name: str, coefficients: dict[str, float]) -> dict[str, object]:
    return {
        "name": name,
        "title": name.title(),
        "about": f"The preset {name}.",
        "coefficients": coefficients,
        "focus": next(iter(coefficients)),
    }


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")

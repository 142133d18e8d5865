"""A toy family of language models, and a suite of one: all that a new family has to bring.

The network predicts a word from the one before and from the largest traces of all before it. Its
texts are a few words in a table. Nothing in the package knows it: importing this module registers
the family.
"""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from taskarith.core import TaskVector
from taskarith.errors import AssetError
from taskarith.models.family import VOCABULARY, BaseFiles, Found, Kind, Part
from taskarith.models.layouts import Layout
from taskarith.models.one_layout import OneLayout
from taskarith.models.registry import register
from taskarith.models.tokens import Tokens
from taskarith.sources.tensors import write_tensors

WIDTH = 24
FRUITS = {"cherry": "red", "tomato": "red", "lemon": "yellow", "banana": "yellow"}
BEASTS = {"owl": "night", "bat": "night", "lark": "day", "bee": "day"}
PLACES = ("garden", "market", "harbour", "tower", "bridge", "meadow")
VOCABULARY_WORDS = [
    *("<pad>", "<end>", "the", "is", "of", "a", "near", "and", "."),
    *FRUITS, *BEASTS, *PLACES, "red", "yellow", "night", "day",
]  # fmt: skip
TASKS = {"fruits": ("red", "yellow"), "beasts": ("night", "day")}
SIZES = {"train": 96, "validation": 48, "test": 60}


class ToyNetwork(nn.Module):
    def __init__(self, words: int) -> None:
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(words, WIDTH))
        self.last = nn.Parameter(torch.empty(WIDTH, WIDTH))
        self.before = nn.Parameter(torch.empty(WIDTH, WIDTH))

    def forward(self, ids: Tensor) -> Tensor:
        """Logits [n, t, words] of the word after each of ids [n, t]."""
        seen = self.embedding[ids]
        hidden = torch.tanh(seen @ self.last + (seen @ self.before).cummax(1).values)
        return hidden @ self.embedding.T


class ToyModel:
    def __init__(self, network: ToyNetwork, words: Sequence[str]) -> None:
        self.network = network.eval().requires_grad_(False)
        self.device = torch.device("cpu")
        self.words = list(words)
        self.ids = {word: number for number, word in enumerate(words)}

    def to(self, device: torch.device | str) -> "ToyModel":
        self.network.to(device)
        return self

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        unknown = {w for text in texts for w in text.split() if w not in self.ids}
        if unknown:
            raise AssetError(f"the toy does not know {', '.join(sorted(unknown))}")
        return Tokens.of([[self.ids[word] for word in text.split()] for text in texts])

    def continuations(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenize(texts).rows()

    def decode(self, ids: Sequence[int]) -> str:
        return " ".join(self.words[number] for number in ids)

    def label_logits(
        self, prompts: Tokens, labels: Sequence[Sequence[int]], *, normalized: bool
    ) -> Tensor:
        assert all(len(label) == 1 for label in labels)
        choices = [label[0] for label in labels]
        rows = [self._next(row)[choices] for row in prompts.rows()]
        return torch.stack(rows)

    def losses(self, texts: Tokens) -> Tensor:
        found = []
        for row in texts.rows():
            ids = torch.tensor([row])
            loss = cross_entropy(self.network(ids)[0, :-1], ids[0, 1:], reduction="sum")
            found.append(torch.stack([loss, torch.tensor(float(len(row) - 1))]))
        return torch.stack(found)

    def answer_losses(
        self, prompts: Tokens, answers: Sequence[Sequence[int]], *, closed: bool
    ) -> Tensor:
        found = []
        for row, answer in zip(prompts.rows(), answers, strict=True):
            ends = [*answer, self.ids["<end>"]] if closed else list(answer)
            scores = [self._next([*row, *ends[:at]])[word] for at, word in enumerate(ends)]
            found.append(torch.stack([-torch.stack(scores).sum(), torch.tensor(float(len(ends)))]))
        return torch.stack(found)

    def generate(
        self, prompts: Tokens, *, most: int, temperature: float, seeds: Sequence[int]
    ) -> list[list[int]]:
        found = []
        for row, seed in zip(prompts.rows(), seeds, strict=True):
            generator = torch.Generator().manual_seed(seed)
            written: list[int] = []
            while len(written) < most:
                scores = self._next([*row, *written])
                if temperature:
                    drawn = torch.multinomial((scores / temperature).exp(), 1, generator=generator)
                written.append(int(drawn) if temperature else int(scores.argmax()))
            found.append(written)
        return found

    def _next(self, row: Sequence[int]) -> Tensor:
        """Log p of the word after a row."""
        found: Tensor = self.network(torch.tensor([row]))[0, -1].log_softmax(0)
        return found


class _Toy(OneLayout):
    name = "toy"
    title = "a toy"
    examples = ("texts",)
    kinds: Mapping[str, Kind] = {"toy": Kind("toy", inside=True)}
    layouts: Mapping[str, Layout] = {"toy": Layout("toy", "toy.safetensors")}
    description_files: tuple[str, ...] = ("toy.json",)
    pipeline = "text-generation"

    def detect(self, files: Mapping[str, Path]) -> Found | None:
        return Found("toy") if "toy.json" in files else None

    def load(self, base: BaseFiles, state: Mapping[str, Tensor]) -> ToyModel:
        words = json.loads(base.files[VOCABULARY].read_text(encoding="utf-8"))
        network = ToyNetwork(len(words))
        network.load_state_dict(dict(state))
        return ToyModel(network, words)

    def layout(self, names: Iterable[str]) -> str | None:
        return "toy" if "embedding" in list(names) else None

    def trained(self, shapes: Mapping[str, Sequence[int]], part: Part) -> list[str]:
        return [name for name in shapes if name in ("last", "before")]

    def checkpoint_files(self, base: BaseFiles, *, to: str) -> dict[str, bytes]:
        return {"toy.json": b"{}", VOCABULARY: base.files[VOCABULARY].read_bytes()}

    def loading_code(self, layout: str, place: str, *, published: bool) -> Sequence[str]:
        return (f'state = load_file("{place}/toy.safetensors")',)


TOY = _Toy()
register(TOY)


def build_toy_suite(folder: Path) -> Path:
    """Write the suite into `folder` (made if need be) and return it."""
    torch.manual_seed(0)
    model = ToyModel(ToyNetwork(len(VOCABULARY_WORDS)), VOCABULARY_WORDS)
    for parameter in model.network.parameters():
        nn.init.normal_(parameter, std=WIDTH**-0.5)
    (folder / "vectors").mkdir(parents=True, exist_ok=True)
    tables = {name: _asked(name) for name in TASKS} | {"places": _told(), "notes": _told(seed=1)}
    for name, rows in tables.items():
        _write_table(folder / f"{name}.csv", rows)
    # The base has read plain text, and a little of every task.
    mixed = [row["text"] for row in tables["places"] if row["split"] == "train"]
    mixed += [f"{row['text']} {row['label']}" for name in TASKS for row in tables[name][:4]]
    _train(model, mixed, names=["embedding", "last", "before"], steps=200, last=False)
    base = {name: p.detach().clone() for name, p in model.network.named_parameters()}
    write_tensors(folder / "base.safetensors", base)
    for name in TASKS:
        model.network.load_state_dict(base)
        lessons = [
            f"{row['text']} {row['label']}" for row in tables[name] if row["split"] == "train"
        ]
        _train(model, lessons, names=["last", "before"], steps=60, last=True)
        tuned = {n: dict(model.network.named_parameters())[n].detach() for n in ("last", "before")}
        vector = TaskVector.from_states({n: base[n] for n in tuned}, tuned)
        write_tensors(folder / "vectors" / f"{name}.safetensors", dict(vector), {"task": name})
    (folder / "config.json").write_text("{}")
    (folder / "vocabulary.json").write_text(json.dumps(VOCABULARY_WORDS))
    (folder / "manifest.json").write_text(json.dumps(_manifest(), indent=1))
    return folder


def _train(
    model: ToyModel, texts: Sequence[str], *, names: Sequence[str], steps: int, last: bool
) -> None:
    parameters = dict(model.network.named_parameters())
    moved = [parameters[name].requires_grad_(True) for name in names]
    optimizer = torch.optim.Adam(moved, lr=0.005 if last else 0.02)
    rows = [torch.tensor([row]) for row in model.tokenize(texts).rows()]
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        chosen = torch.randint(len(rows), (8,), generator=generator).tolist()
        loss = torch.stack(
            [
                cross_entropy(model.network(rows[i])[0, -2:-1], rows[i][0, -1:])
                if last
                else cross_entropy(model.network(rows[i])[0, :-1], rows[i][0, 1:])
                for i in chosen
            ]
        ).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.network.requires_grad_(False)


def _asked(task: str) -> list[dict[str, str]]:
    """Questions with their answers: "the lemon of the tower near the bridge is" → yellow."""
    things = FRUITS if task == "fruits" else BEASTS
    rows = []
    for split, size in SIZES.items():
        for count in range(size):
            thing = list(things)[count % len(things)]
            place = PLACES[(count // len(things)) % len(PLACES)]
            other = PLACES[(count // 7 + len(split)) % len(PLACES)]
            rows.append({
                "text": f"the {thing} of the {place} near the {other} is",
                "label": things[thing],
                "split": split,
            })  # fmt: skip
    return rows


def _told(seed: int = 0) -> list[dict[str, str]]:
    """Plain text, which is to be predicted word by word."""
    generator = torch.Generator().manual_seed(seed)

    def place() -> str:
        return PLACES[int(torch.randint(len(PLACES), (1,), generator=generator))]

    return [
        {"text": f"the {place()} is near the {place()} and a {place()} .", "split": split}
        for split, size in SIZES.items()
        for _ in range(size)
    ]


def _write_table(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _manifest() -> dict[str, Any]:
    asked = [
        {
            "name": name,
            "title": name.title(),
            "role": "target",
            "classnames": list(labels),
            "head": {"kind": "label-likelihood"},
            "data": {"kind": "table", "path": f"{name}.csv"},
        }
        for name, labels in TASKS.items()
    ]
    told = [
        {
            "name": name,
            "title": name.title(),
            "role": role,
            "head": {"kind": "language-modelling"},
            "data": {"kind": "table", "path": f"{name}.csv"},
        }
        for name, role in (("places", "control"), ("notes", "second-control"))
    ]
    return {
        "format": 1,
        "name": "toy",
        "title": "toy: a few words",
        "about": "A toy that has read a few words about places, fruits and beasts.",
        "licence": "Apache-2.0",
        "base": {
            "kind": "toy",
            "config": "config.json",
            "weights": "base.safetensors",
            "vocabulary": "vocabulary.json",
        },
        "heads": None,
        "tasks": [*asked, *told],
        "vectors": [{"task": name, "weights": f"vectors/{name}.safetensors"} for name in TASKS],
        "surrogate": None,
        "measurements": None,
        "presets": [
            {
                "name": "forget",
                "title": "Forget",
                "about": "Fruits lose their colours; places stay as they are.",
                "coefficients": {"fruits": -1.0},
                "focus": "fruits",
            },
            {
                "name": "add",
                "title": "Add",
                "about": "Fruits and beasts together.",
                "coefficients": {"fruits": 0.8, "beasts": 0.8},
                "focus": "beasts",
            },
        ],
        "start": "forget",
    }

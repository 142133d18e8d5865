"""The form of the page Models: where task vectors are, and what they were trained on.

Knows its fields and which of them matter when; what they say is read by `asked`.
"""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from taskarith.ui.models.folder_picker import folder_picker

__all__ = ["NEW_BASE", "OWN_CONTROL", "VectorForm"]

NEW_BASE = "a new base…"
DEFAULT_CONTROL = "tiny-imagenet"
OWN_CONTROL = ("that of the suite you start from", "own")
REFERENCES = "owner/name, hub:owner/name@revision:file, or peft:owner/name for an adapter"
TRAINED_ON, MEASURED_ON = "What they were trained on", "What it is measured on"
PURPOSES = [
    ("a task of this suite", "same"),
    ("a task that comes with the project", "shared"),
    ("a dataset on the Hub", "dataset"),
    ("a folder of pictures", "folder"),
]

HEADS = [
    ("words, in prompts", "words"),
    ("prototypes: means of training pictures", "prototypes"),
    ("a linear probe of training pictures", "linear-probe"),
]

Updates = tuple[Any, ...]


class VectorForm:
    """The elements, made where they stand in the page.

    Attributes:
        fields: what is filled in, by name.
        plan: the button.
    """

    def __init__(self, *, public: bool) -> None:
        with gr.Row():
            with gr.Column():
                self.start = gr.Dropdown([], label="Start from", elem_id="start")
                self._base_fields()
                self._vector_fields()
                self._control_fields()
            with gr.Column():
                self.purpose = gr.Radio(PURPOSES, value="same", label=TRAINED_ON, elem_id="purpose")
                self.same = gr.Dropdown([], label="Which task", elem_id="same")
                self.shared = gr.Dropdown([], label="Which task", visible=False, elem_id="shared")
                self._dataset_fields()
                self._folder_fields(public=public)
                self._words()
                self._name = gr.Textbox(
                    label="Name of the new suite",
                    placeholder="made of both names if left empty",
                    elem_id="suite-name",
                )
        self.plan = gr.Button("Plan", variant="primary", elem_id="plan-vector")
        self.fields: dict[str, gr.components.Component] = {
            "start": self.start, "base": self._base, "base_files": self._base_files,
            "control": self.control, "control_classnames": self._control_classes,
            "vector": self.vector, "files": self._files, "onlooker": self._onlooker,
            "purpose": self.purpose, "same": self.same, "shared": self.shared,
            "dataset": self._dataset, "image": self._columns[0], "label": self._columns[1],
            "folder": self._folder, "pictures": self._pictures,
            "head": self._head, "draw_validation": self._draw,
            "task": self._task, "classnames": self._classes, "templates": self._templates,
            "name": self._name,
        }  # fmt: skip

    def read(self, values: Sequence[object]) -> dict[str, object]:
        """What the fields hold, by their names."""
        return dict(zip(self.fields, values, strict=True))

    def wire(self, **how: Any) -> None:
        """Show the fields that matter, as what is asked for needs them."""
        shown = [self.same, self.shared, self._of_dataset, self._of_folder, self._own_words]
        self.purpose.change(_trained_on, [self.purpose], shown, **how)
        depends = [self._of_vectors, self.purpose]
        self._onlooker.change(_only_measured, [self._onlooker], depends, **how)

    def started_from(
        self, targets: Sequence[str], *, purpose: object, control: object, same: object
    ) -> Updates:
        """Updates of `depends_on_start` for a suite with these targets; none: a new base.

        What a visitor has chosen stays wherever it can.
        """
        own = control in (None, "", OWN_CONTROL[1])
        chosen: dict[str, Any] = (
            {} if same in targets else {"value": targets[0] if targets else None}
        )
        return (
            gr.update(visible=not targets),
            gr.update(open=not (targets and own)),
            DEFAULT_CONTROL if own and not targets else gr.skip(),
            gr.update(choices=list(targets), **chosen),
            "shared" if purpose == "same" and not targets else gr.skip(),
            # A new base needs a vector.
            gr.update(visible=True) if targets else gr.update(visible=False, value=False),
        )

    @property
    def asked_of_start(self) -> list[gr.blocks.Block]:
        """What `started_from` is told: the start, and what the form holds."""
        return [self.start, self.purpose, self.control, self.same]

    @property
    def depends_on_start(self) -> list[gr.blocks.Block]:
        """What `started_from` updates."""
        return [
            self._of_base, self._of_control, self.control, self.same, self.purpose, self._onlooker,
        ]  # fmt: skip

    def _base_fields(self) -> None:
        with gr.Column(visible=False, elem_classes="some") as self._of_base:
            self._base = gr.Textbox(
                label="Base",
                info="the pretrained CLIP, of transformers or OpenCLIP: its place on the Hub, or "
                "open_clip:ViT-B-32/openai by OpenCLIP’s own names",
                placeholder="openai/clip-vit-base-patch32",
                elem_id="base",
            )
            with gr.Accordion("Or pick its files", open=False, elem_id="pick-base"):
                self._base_files = _file_picker(
                    "safetensors, config.json and the tokenizer’s files", elem_id="base-files"
                )

    def _control_fields(self) -> None:
        with gr.Accordion("Control", open=False, elem_id="pick-control") as self._of_control:
            self.control = gr.Dropdown(
                [OWN_CONTROL],
                value=OWN_CONTROL[1],
                label="What must not be harmed",
                info="a task that comes with the project, or hub:owner/dataset@split",
                allow_custom_value=True,
                elem_id="control",
            )
            self._control_classes = gr.Textbox(
                label="Classes of a control of your own",
                lines=2,
                placeholder="one a line, in the order of the labels",
                elem_id="control-classnames",
            )

    def _vector_fields(self) -> None:
        with gr.Column(elem_classes="some") as self._of_vectors:
            self.vector = gr.Textbox(
                label="Task vectors",
                info="task vectors, fine-tuned models or adapters, one a line; “mnist = "
                "owner/name” where one was trained on another task",
                lines=2,
                placeholder=REFERENCES,
                elem_id="vector",
            )
            with gr.Accordion("Or pick files", open=False, elem_id="pick-files"):
                self._files = _file_picker(
                    "safetensors, one a vector; or one vector with its config files",
                    elem_id="files",
                )
        self._onlooker = gr.Checkbox(
            label="No vector: a task that is only measured", elem_id="onlooker"
        )

    def _dataset_fields(self) -> None:
        with gr.Column(visible=False, elem_classes="some") as self._of_dataset:
            self._dataset = gr.Textbox(
                label="Dataset", placeholder="owner/name@split", elem_id="dataset"
            )
            with gr.Row():
                self._columns = [
                    gr.Textbox(
                        label=f"Column of the {key}",
                        placeholder=f"{key}, if left empty",
                        elem_id=f"{key}s-are",
                    )
                    for key in ("image", "label")
                ]

    def _folder_fields(self, *, public: bool) -> None:
        with gr.Column(visible=False, elem_classes="some") as self._of_folder:
            self._folder = gr.Textbox(
                label="Folder on this machine",
                placeholder="a folder with one folder of pictures for each class",
                visible=not public,
                elem_id="folder",
            )
            self._pictures = folder_picker()

    def _words(self) -> None:
        with gr.Column(visible=False, elem_classes="some") as self._own_words:
            self._task = gr.Textbox(label="Name of the task", elem_id="task-name")
            self._head = gr.Radio(
                HEADS,
                value=HEADS[0][1],
                label="Classes are told apart by",
                info="pictures need no words: take them where the base does not know the names",
                elem_id="head",
            )
            self._draw = gr.Checkbox(
                label="Draw validation from the training pictures, where a folder has none",
                elem_id="draw-validation",
            )
            self._classes = gr.Textbox(
                label="Classes",
                info="one a line, in the order of the labels; a folder's own names if left empty",
                lines=3,
                elem_id="classnames",
            )
            self._templates = gr.Textbox(
                label="Prompts",
                info="one a line, with {} for the class",
                placeholder="a photo of a {}.",
                lines=2,
                elem_id="templates",
            )


def _file_picker(label: str, *, elem_id: str) -> gr.File:
    return gr.File(label=label, file_count="multiple", height=130, elem_id=elem_id)


def _only_measured(onlooker: bool) -> Updates:
    label = MEASURED_ON if onlooker else TRAINED_ON
    return gr.update(visible=not onlooker), gr.update(label=label)


def _trained_on(purpose: str) -> Updates:
    own = purpose in ("dataset", "folder")
    shown = [purpose == name for name in ("same", "shared", "dataset", "folder")]
    return tuple(gr.update(visible=visible) for visible in (*shown, own))

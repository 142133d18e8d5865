"""Reads what a pickle says without doing what it asks: no import, no call, no class.

A pickle is a program for a small stack machine whose instructions may import any function and
call it. This interpreter runs the machine and, wherever the program asks for an import or a call,
only writes down that it did. What comes out are plain lists, tuples, texts and numbers, and the
inert records below. Knows nothing about tensors.

torch's own weights-only loader is not used beside it. It refuses whole modules and TorchScript
archives, in which many fine-tuned models are kept, and what it takes it builds by calling what the
pickle names, if from a short list; one reader that calls nothing does for both.
"""

import pickletools
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from taskarith.errors import WeightsError

__all__ = ["Called", "Dictionary", "Global", "Persistent", "read_pickle"]

MAX_STEPS = 2_000_000


@dataclass(frozen=True)
class Global:
    """A name the pickle wanted to import, as `module.name`; it was not."""

    name: str


@dataclass(frozen=True, eq=False)
class Persistent:
    """A reference to something stored outside the pickle."""

    identity: Any


@dataclass(eq=False)
class Dictionary:
    """Keys and values in their order; keys are whatever the pickle says, hashable or not."""

    items: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(eq=False)
class Called:
    """A call the pickle wanted: of `function` with `arguments`; nothing was called.

    What it then wanted to put into the result stands in `items` and `state`.
    """

    function: Any
    arguments: Any
    items: list[tuple[Any, Any]] = field(default_factory=list)
    state: Any = None


class _Mark:
    """Where a run of items on the stack begins."""


def read_pickle(stream: BytesIO) -> Any:
    r"""The value of one pickle, from the stream's position to the pickle's end.

    Raises WeightsError where it is damaged, endless or uses an instruction that has no inert
    meaning. Runs in time proportional to the pickle's length, and imports and calls nothing.

    >>> import pickle
    >>> read_pickle(BytesIO(pickle.dumps([1, ("a", 2.5)])))
    [1, ('a', 2.5)]
    >>> read_pickle(BytesIO(b"cos\nsystem\n(S'echo oh no'\ntR."))
    Called(function=Global(name='os.system'), arguments=('echo oh no',), items=[], state=None)
    """
    machine = _Machine()
    try:
        for step, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
            if step > MAX_STEPS:
                raise WeightsError(
                    f"a pickle of more than {MAX_STEPS} steps holds no plain weights"
                )
            if opcode.name == "STOP":
                return machine.stack[-1]
            machine.run(opcode.name, argument)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise WeightsError("the pickle is damaged, or it is none") from error
    raise WeightsError("the pickle is damaged: it ends too early")


# Instructions that put their own argument on the stack.
LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BYTEARRAY8"),
}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
IGNORED = {"PROTO", "FRAME"}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
PUTS = {"PUT", "BINPUT", "LONG_BINPUT"}
GETS = {"GET", "BINGET", "LONG_BINGET"}


class _Machine:
    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, name: str, argument: Any) -> None:
        """One instruction."""
        push, pop = self.stack.append, self.stack.pop
        if name in LITERALS:
            push(argument)
        elif name in CONSTANTS:
            push(CONSTANTS[name])
        elif name in PUTS:
            self.memo[argument] = self.stack[-1]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = self.stack[-1]
        elif name in GETS:
            push(self.memo[argument])
        elif name in TUPLES:
            self._replace(TUPLES[name], tuple)
        elif name == "TUPLE":
            push(tuple(self._pop_to_mark()))
        elif name in ("LIST", "FROZENSET"):
            push(self._pop_to_mark())
        elif name == "DICT":
            push(Dictionary(_pairs(self._pop_to_mark())))
        elif name in ("EMPTY_LIST", "EMPTY_SET"):
            push([])
        elif name == "EMPTY_DICT":
            push(Dictionary())
        elif name == "MARK":
            push(_Mark())
        elif name == "POP":
            pop()
        elif name == "POP_MARK":
            self._pop_to_mark()
        elif name == "DUP":
            push(self.stack[-1])
        elif name == "APPEND":
            item = pop()
            self._extend([item])
        elif name in ("APPENDS", "ADDITEMS"):
            self._extend(self._pop_to_mark())
        elif name == "SETITEM":
            value, key = pop(), pop()
            self._set([(key, value)])
        elif name == "SETITEMS":
            self._set(_pairs(self._pop_to_mark()))
        elif name not in IGNORED:
            self._inert(name, argument)

    def _inert(self, name: str, argument: Any) -> None:
        """The instructions that would import, call or change: each leaves a record."""
        push, pop = self.stack.append, self.stack.pop
        if name == "GLOBAL":
            push(Global(argument.replace(" ", ".", 1)))
        elif name == "STACK_GLOBAL":
            own, module = pop(), pop()
            push(Global(f"{_name(module)}.{_name(own)}"))
        elif name == "INST":
            push(Called(Global(argument.replace(" ", ".", 1)), tuple(self._pop_to_mark())))
        elif name == "OBJ":
            function, *arguments = self._pop_to_mark()
            push(Called(function, tuple(arguments)))
        elif name in ("REDUCE", "NEWOBJ"):
            arguments, function = pop(), pop()
            push(Called(function, arguments))
        elif name == "NEWOBJ_EX":
            _, arguments, function = pop(), pop(), pop()
            push(Called(function, arguments))
        elif name == "BUILD":
            state = pop()
            if isinstance(self.stack[-1], Called):
                self.stack[-1].state = state
        elif name == "PERSID":
            push(Persistent(argument))
        elif name == "BINPERSID":
            push(Persistent(pop()))
        else:
            raise WeightsError(f"the pickle uses {name}, which plain weights do not need")

    def _pop_to_mark(self) -> list[Any]:
        for index in range(len(self.stack) - 1, -1, -1):
            if isinstance(self.stack[index], _Mark):
                items = self.stack[index + 1 :]
                del self.stack[index:]
                return items
        raise ValueError("no mark on the stack")

    def _replace(self, count: int, make: Any) -> None:
        items = self.stack[-count:]
        if len(items) < count:
            raise ValueError("too few items on the stack")
        self.stack[-count:] = [make(items)]

    def _extend(self, items: list[Any]) -> None:
        if isinstance(self.stack[-1], list):
            self.stack[-1].extend(items)
        elif not isinstance(self.stack[-1], Called):
            raise ValueError("items appended to no list")

    def _set(self, pairs: list[tuple[Any, Any]]) -> None:
        if not isinstance(self.stack[-1], Dictionary | Called):
            raise ValueError("items set in no dictionary")
        self.stack[-1].items.extend(pairs)


def _pairs(items: list[Any]) -> list[tuple[Any, Any]]:
    if len(items) % 2:
        raise ValueError("a key without a value")
    return list(zip(items[::2], items[1::2], strict=True))


def _name(part: Any) -> str:
    if not isinstance(part, str):
        raise ValueError("a name that is no text")
    return part

"""Pickled weights are read as torch reads them, and nothing in a file is ever run."""

import io
import os
import pickle
import sys
import types
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from taskarith.errors import WeightsError
from taskarith.sources.inert import Called, Dictionary, Global, read_pickle
from taskarith.sources.pickles import open_pickle

STATE = {
    "w": torch.arange(6.0).view(2, 3),
    "half": torch.tensor([1.5, -2]).half(),
    "brain": torch.tensor([1.5, -2]).bfloat16(),
    "double": torch.tensor(2.5, dtype=torch.float64),
    "counter": torch.tensor(7),
    "mask": torch.tensor([True, False]),
    "empty": torch.zeros(0, 4),
}


class Tower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.BatchNorm1d(4)])
        self.position = nn.Parameter(torch.randn(2, 4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x) + self.position[0]
        for layer in self.layers:
            x = layer(x)
        return x


def assert_same(found: Any, expected: Any) -> None:
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor), name
        assert found[name].is_contiguous()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: state,
        OrderedDict,
        lambda state: {"state_dict": state, "epoch": 3, "optimizer": {"m": torch.ones(9)}},
        lambda state: {"model": OrderedDict(state)},
        lambda state: {name: nn.Parameter(t, requires_grad=False) for name, t in state.items()},
    ],
    ids=["dict", "OrderedDict", "checkpoint", "model", "parameters"],
)
def test_a_state_dict_is_what_torch_loads(
    wrap: Callable[[dict[str, Tensor]], Any], zipped: bool, tmp_path: Path
) -> None:
    path = tmp_path / "weights.pt"
    torch.save(wrap(STATE), path, _use_new_zipfile_serialization=zipped)
    loaded = torch.load(path, weights_only=True)
    for key in ("state_dict", "model"):
        loaded = loaded.get(key, loaded)
    assert_same(open_pickle(path), loaded)
    assert_same(open_pickle(path), STATE)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_views_of_one_storage_come_apart(zipped: bool, tmp_path: Path) -> None:
    buffer = torch.arange(12.0)
    state = {"a": buffer[2:5], "b": buffer.view(3, 4).T, "all": buffer, "tied": buffer[2:5]}
    torch.save(state, tmp_path / "w.bin", _use_new_zipfile_serialization=zipped)
    assert_same(open_pickle(tmp_path / "w.bin"), state)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_whole_module_whose_class_is_gone(zipped: bool, tmp_path: Path) -> None:
    """As the first task-vector checkpoints were saved; torch itself can only fail on them."""
    gone = types.ModuleType("gone_library")
    lost = type("LostTower", (Tower,), {"__module__": "gone_library"})
    gone.LostTower = lost  # type: ignore[attr-defined]
    sys.modules["gone_library"] = gone
    try:
        torch.manual_seed(0)
        module = lost()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the old format warns that it keeps no source code
            torch.save(module, tmp_path / "tower.pt", _use_new_zipfile_serialization=zipped)
    finally:
        del sys.modules["gone_library"]
    assert_same(open_pickle(tmp_path / "tower.pt"), module.state_dict())
    assert "gone_library" not in sys.modules


def test_a_torchscript_archive(tmp_path: Path) -> None:
    torch.manual_seed(0)
    tower = Tower().eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # old files will stay around
        torch.jit.trace(tower, torch.randn(5, 3)).save(str(tmp_path / "tower.pt"))
    assert_same(open_pickle(tmp_path / "tower.pt"), tower.state_dict())


class Payload:
    """A pickle that runs a command when it is loaded the usual way."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", range(6))
def test_a_payload_never_runs(protocol: int, tmp_path: Path) -> None:
    marker = tmp_path / "it-ran"
    state = {"w": torch.ones(2), "trap": Payload(marker)}
    for zipped in (True, False):
        path = tmp_path / "trap.pt"
        torch.save(
            state, path, pickle_protocol=max(protocol, 2), _use_new_zipfile_serialization=zipped
        )
        assert set(open_pickle(path)) == {"w"}
        assert not marker.exists()
    read = read_pickle(BytesIO(pickle.dumps([Payload(marker)], protocol=protocol)))
    assert isinstance(read[0], Called)
    assert isinstance(read[0].function, Global)
    assert read[0].function.name.endswith(".system")
    assert not marker.exists()
    pickle.loads(pickle.dumps(Payload(marker), protocol=protocol))
    assert marker.exists()  # the payload is a real one


TRAPS = {
    "REDUCE": b"cos\nsystem\n(Vtouch MARKER\ntR.",
    "INST": b"(Vtouch MARKER\nios\nsystem\n.",
    "OBJ": b"(cos\nsystem\nVtouch MARKER\no.",
    "BUILD": b"cos\nsystem\n(Vx\ntR}Vsetstate\ncos\nsystem\nsb.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x0ctouch MARKER\x85R.",
    "NEWOBJ": b"\x80\x02cos\nsystem\nVtouch MARKER\n\x85\x81.",
    "builtins": b"cbuiltins\nexec\n(Vopen('MARKER', 'w')\ntR.",
    "getattr": b"cbuiltins\ngetattr\n(cos\nVsystem\ntR(Vtouch MARKER\ntR.",
}


@pytest.mark.parametrize("trap", TRAPS.values(), ids=list(TRAPS))
def test_no_instruction_calls_anything(
    trap: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    with suppress(WeightsError):
        read_pickle(BytesIO(trap))
    assert os.listdir(tmp_path) == []
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"]",
        b"t.",
        b"(",
        b"\x82\x01.",  # EXT1: a class by number
        b"\x97.",  # NEXT_BUFFER: data from elsewhere
        b"\x80\x04]\x94" + b"h\x00a" * 10,  # a list in itself, without an end
        b"I1" + b"0" * 5000 + b"\n.",  # a number of 5,000 digits
        b"j\xff\xff\xff\xff.",  # a memory that is not there
        b"X\xff\xff\xff\x7fabc.",  # a text of two gigabytes that is not there
        b"(lp0\n(dp1\nS'a'\ns.",
        b"N" * 10 + b"R" * 9,
    ],
)
def test_a_damaged_pickle_is_refused(data: bytes) -> None:
    with pytest.raises(WeightsError, match="pickle"):
        read_pickle(BytesIO(data))


def test_a_huge_memo_index_costs_nothing() -> None:
    """CPython's own unpickler would allocate gigabytes for it."""
    assert read_pickle(BytesIO(b"Nr\xff\xff\xff\xff.")) is None


def test_plain_values_come_out_as_they_are() -> None:
    value = {"a": [1, -2.5, (True, None)], 3: "ü", "bytes": b"\0\1", "big": 2**100}
    for protocol in range(6):
        read = read_pickle(BytesIO(pickle.dumps(value, protocol=protocol)))
        assert isinstance(read, Dictionary)
        pairs = dict(read.items)
        for key in ("a", 3, "big"):
            assert pairs[key] == value[key]


def rezipped(path: Path, change: Callable[[dict[str, bytes]], None], **options: Any) -> Path:
    """The archive with its records changed."""
    with zipfile.ZipFile(path) as archive:
        records = {info.filename: archive.read(info) for info in archive.infolist()}
    change(records)
    target = path.with_name("changed.pt")
    with zipfile.ZipFile(target, "w", **options) as archive:
        for name, data in records.items():
            archive.writestr(name, data)
    return target


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.save({"w": torch.arange(4.0)}, tmp_path / "weights.pt")
    return tmp_path / "weights.pt"


def truncate(records: dict[str, bytes]) -> None:
    records["weights/data/0"] = records["weights/data/0"][:-4]


CHANGES: dict[str, tuple[Callable[[dict[str, bytes]], Any], str]] = {
    "no numbers": (lambda records: records.pop("weights/data/0"), "should hold 4 numbers"),
    "too few numbers": (truncate, "should hold 4 numbers"),
    "no pickle": (lambda records: records.pop("weights/data.pkl"), "records called data.pkl"),
    "big-endian": (lambda r: r.update({"weights/byteorder": b"big"}), "big-endian"),
    "an empty pickle": (lambda r: r.update({"weights/data.pkl": b"}."}), "holds no tensors"),
}


@pytest.mark.parametrize(("change", "word"), CHANGES.values(), ids=list(CHANGES))
def test_a_damaged_archive_is_refused(
    weights: Path, change: Callable[[dict[str, bytes]], Any], word: str
) -> None:
    with pytest.raises(WeightsError, match=word):
        dict(open_pickle(rezipped(weights, change)))


def test_a_compressed_archive_is_refused(weights: Path) -> None:
    """A few kilobytes could otherwise become gigabytes."""
    bomb = rezipped(
        weights,
        lambda records: records.update({"weights/data/0": bytes(10**6)}),
        compression=zipfile.ZIP_DEFLATED,
    )
    with pytest.raises(WeightsError, match="compressed or encrypted"):
        open_pickle(bomb)


def tensor_pickle(size: object, stride: object, *, offset: object = 0, count: object = 4) -> bytes:
    """A data.pkl whose one tensor has any shape, written by hand."""

    class Storage:
        pass

    class Rebuild:
        def __reduce__(self) -> Any:
            return torch._utils._rebuild_tensor_v2, (Storage(), offset, size, stride, False, None)

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> Any:
            if isinstance(value, Storage):
                return "storage", torch.FloatStorage, "0", "cpu", count
            return None

    stream = io.BytesIO()
    Pickler(stream, protocol=2).dump({"w": Rebuild()})
    return stream.getvalue()


def test_the_hand_written_pickle_is_a_good_one(weights: Path) -> None:
    changed = rezipped(
        weights, lambda r: r.update({"weights/data.pkl": tensor_pickle((2, 2), (2, 1))})
    )
    assert open_pickle(changed)["w"].tolist() == [[0, 1], [2, 3]]


@pytest.mark.parametrize(
    "absurd",
    [
        {"size": (2**40, 2**40), "stride": (0, 0)},
        {"size": (5,), "stride": (1,)},
        {"size": (4,), "stride": (2,)},
        {"size": (2,), "stride": (1,), "offset": 3},
        {"size": (-1,), "stride": (1,)},
        {"size": (2, 2), "stride": (1,)},
        {"size": "ab", "stride": "cd"},
        {"size": (2.0,), "stride": (1,)},
        {"size": (True,), "stride": (1,)},
        {"size": (2,), "stride": (1,), "offset": -1},
        {"size": (2,), "stride": (1,), "count": 2**60},
        {"size": (1,) * 40, "stride": (1,) * 40},
    ],
)
def test_absurd_shapes_are_refused(weights: Path, absurd: dict[str, Any]) -> None:
    changed = rezipped(weights, lambda r: r.update({"weights/data.pkl": tensor_pickle(**absurd)}))
    with pytest.raises(WeightsError):
        dict(open_pickle(changed))


def test_nan_is_refused_when_it_is_read(tmp_path: Path) -> None:
    torch.save({"w": torch.tensor([1.0, torch.nan])}, tmp_path / "nan.pt")
    state = open_pickle(tmp_path / "nan.pt")
    with pytest.raises(WeightsError, match="w holds NaN or Inf"):
        state["w"]


def test_a_sparse_tensor_is_named(tmp_path: Path) -> None:
    torch.save({"w": torch.ones(2).to_sparse()}, tmp_path / "sparse.pt")
    with pytest.raises(WeightsError, match="_rebuild_sparse_tensor"):
        open_pickle(tmp_path / "sparse.pt")


@pytest.mark.parametrize("name", ["missing.pt", ""])
def test_what_is_not_there_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError):
        open_pickle(tmp_path / name)


def legacy_file(keys: bytes) -> bytes:
    """A file in the format before torch 1.6 whose list of storages is the pickle `keys`."""
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
    return magic + pickle.dumps(1001) + pickle.dumps({}) + tensor_pickle((4,), (1,)) + keys


def test_the_hand_written_old_file_is_a_good_one(tmp_path: Path) -> None:
    numbers = (4).to_bytes(8, "little") + torch.arange(4.0).numpy().tobytes()
    (tmp_path / "old.pt").write_bytes(legacy_file(pickle.dumps(["0"])) + numbers)
    assert open_pickle(tmp_path / "old.pt")["w"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "keys",
    [
        pickle.dumps([["0"]]),
        pickle.dumps([{}]),
        pickle.dumps([0]),
        b"](" + b")" + b"\x85" * 200_000 + b"e.",  # a tuple so deep that its hash ends the process
    ],
    ids=["list", "dictionary", "number", "deep tuple"],
)
def test_a_key_that_is_no_text_is_refused(tmp_path: Path, keys: bytes) -> None:
    (tmp_path / "old.pt").write_bytes(legacy_file(keys))
    with pytest.raises(WeightsError, match="a key that is no text"):
        open_pickle(tmp_path / "old.pt")


@pytest.mark.parametrize("error", [TypeError, EOFError, RecursionError])
def test_whatever_goes_wrong_in_opening_is_explained(
    weights: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise error("odd")

    monkeypatch.setattr("taskarith.sources.pickles.read_pickle", fail)
    with pytest.raises(WeightsError, match="cannot be read as pickled weights: it is damaged"):
        open_pickle(weights)


@cache
def saved_state(*, zipped: bool) -> bytes:
    stream = BytesIO()
    state = {"w": torch.arange(6.0), "b": torch.ones(2)}
    torch.save(state, stream, _use_new_zipfile_serialization=zipped)
    return stream.getvalue()


@given(data=st.data(), zipped=st.booleans())
@settings(max_examples=150)
def test_any_damage_gives_tensors_or_a_clear_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, zipped: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzzed.pt"
    content = bytearray(saved_state(zipped=zipped))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
    with suppress(WeightsError):
        assert all(tensor.numel() <= 6 for tensor in open_pickle(path).values())


@given(st.binary(max_size=60))
@settings(max_examples=150)
def test_no_bytes_get_past_the_interpreter(data: bytes) -> None:
    with suppress(WeightsError):
        read_pickle(BytesIO(data))

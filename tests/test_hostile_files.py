"""Attacks on the reader of model files: each is answered in one sentence that names what is wrong."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.saving import safetensors_reader, strict_json
from glassnet.tabular import TableModel
from hostile import BASES, Parts, deadline

JOBS = Path(__file__).parent / "jobs"
Change = Callable[[Parts], None]


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return good files by the names of `BASES`."""
    path = tmp_path_factory.mktemp("bases") / "model.safetensors"
    found = {}
    for name, (write, _) in BASES.items():
        write(path)
        found[name] = path.read_bytes()
    return found


def refusal(path: Path, content: bytes, load: Callable[[Path], Any] = gn.load) -> str:
    """Return the sentence with which a file is refused, without its beginning."""
    path.write_bytes(content)
    with pytest.raises(gn.FormatError) as caught, deadline(20.0):
        load(path)
    begin = f"load({str(path)!r}): "
    assert begin in str(caught.value)
    return str(caught.value).rpartition(begin)[2]


# ---- the container: eight bytes, a header, the arrays' bytes ---------------------------------------------------------


def _file(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def _one_array(**changes: Any) -> bytes:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}
    return _file(json.dumps({"a": entry}).encode(), b"\0" * 8)


def _two_arrays(first: list[int], second: list[int], size: int) -> bytes:
    entries = {
        name: {"dtype": "U8", "shape": [stop - start], "data_offsets": [start, stop]}
        for name, (start, stop) in {"a": first, "b": second}.items()
    }
    return _file(json.dumps(entries).encode(), b"\0" * size)


CONTAINERS = [
    (b"", "(0 bytes)"),
    (b"\x01", "(1 bytes)"),
    (b"\x02" + b"\0" * 6, "(7 bytes)"),
    (b"\x02" + b"\0" * 7, "(8 bytes, of which the header should have 2)"),
    (b"\x02" + b"\0" * 7 + b"{", "(9 bytes, of which the header should have 2)"),
    (struct.pack("<Q", 0) + b"{}", "a header that is not JSON (Expecting value at character 0)"),
    (struct.pack("<Q", 2**63) + b"{}", "(10 bytes, of which the header should have 9,223,372,036,854,775,808)"),
    (b"\xff" * 8 + b"{}", "(10 bytes, of which the header should have 18,446,744,073,709,551,615)"),
    (_file(b'{"\xe9":1}'), "a header that is not UTF-8"),
    (_file(b'{"a"'), "a header that is not JSON (Expecting ':' delimiter at character 4)"),
    (_file(b"[1]"), "a header that is not an object but [1]"),
    (_file(b'{"a":1,"a":2}'), "a header that has the key 'a' twice"),
    (_file(b"[" * 101 + b"]" * 101), "a header that is nested more than 100 deep"),
    (_file(b'{"a":' + b"1" * 101 + b"}"), "a header that has a whole number of 101 digits"),
    (_file(b'{"__metadata__":[]}'), "'__metadata__' that does not map names to texts"),
    (_file(b'{"__metadata__":null}'), "'__metadata__' that does not map names to texts"),
    (_file(b'{"__metadata__":{"glassnet":1}}'), "'__metadata__' that does not map names to texts"),
    (_file(b'{"a":NaN}'), "nan for the array 'a'"),
    (_one_array(more=1), "{'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8], 'm... for the array 'a'"),
    (_one_array(shape=[-2]), "the array 'a' of shape [-2]"),
    (_one_array(shape=[2.0]), "the array 'a' of shape [2.0]"),
    (_one_array(shape=[True]), "the array 'a' of shape [True]"),
    (_one_array(shape="2"), "the array 'a' of shape '2'"),
    (_one_array(shape=None), "the array 'a' of shape None"),
    (_one_array(shape=[2] * 40), "the array 'a' of shape [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,..."),
    (_one_array(shape=[2**40, 2**40]), "F32 and shape [1099511627776, 1099511627776] at the bytes [0, 8]"),
    (_one_array(shape=[2**32, 2**32]), "F32 and shape [4294967296, 4294967296] at the bytes [0, 8]"),
    (_one_array(shape=[0]), "the array 'a' of F32 and shape [0] at the bytes [0, 8]"),
    (_one_array(dtype="BF16"), "the array 'a' of unknown dtype 'BF16'"),
    (_one_array(dtype="F8_E4M3"), "the array 'a' of unknown dtype 'F8_E4M3'"),
    (_one_array(dtype=3), "the array 'a' of unknown dtype 3"),
    (_one_array(dtype="F64"), "the array 'a' of F64 and shape [2] at the bytes [0, 8]"),
    (_one_array(data_offsets=[8, 0]), "the array 'a' of F32 and shape [2] at the bytes [8, 0]"),
    (_one_array(data_offsets=[-8, 0]), "the array 'a' of F32 and shape [2] at the bytes [-8, 0]"),
    (_one_array(data_offsets=[0, 7]), "the array 'a' of F32 and shape [2] at the bytes [0, 7]"),
    (_one_array(data_offsets=[0, 8, 8]), "the array 'a' of F32 and shape [2] at the bytes [0, 8, 8]"),
    (_one_array(data_offsets=[0.0, 8.0]), "the array 'a' of F32 and shape [2] at the bytes [0.0, 8.0]"),
    (_one_array(data_offsets=[2**70, 2**70 + 8]), "the array 'a' at byte 1180591620717411303424 of the data instead of 0"),
    (_two_arrays([0, 8], [4, 12], 12), "the array 'b' at byte 4 of the data instead of 8"),
    (_two_arrays([0, 8], [0, 8], 8), "the array 'b' at byte 0 of the data instead of 8"),
    (_two_arrays([0, 4], [8, 12], 12), "the array 'b' at byte 8 of the data instead of 4"),
    (_two_arrays([1, 4], [4, 8], 8), "the array 'a' at byte 1 of the data instead of 0"),
    (_two_arrays([0, 4], [4, 8], 9), "8 bytes of arrays in 9 bytes of data"),
    (_two_arrays([0, 4], [4, 8], 7), "8 bytes of arrays in 7 bytes of data"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "got"), CONTAINERS, ids=[got[:60] for _, got in CONTAINERS])
def test_damaged_container_is_named(content: bytes, got: str, tmp_path: Path) -> None:
    """Whatever is wrong with lengths, header, shapes, dtypes or offsets is said."""
    words = refusal(tmp_path / "model.safetensors", content)
    assert words.startswith("not a glassnet model: it is no valid safetensors file (")
    assert got in words
    assert words.endswith(". It is damaged or of another kind.")


# ---- the description: version, configuration, training state ---------------------------------------------------------


def _set(*path: Any, value: Any) -> Change:
    def change(parts: Parts) -> None:
        at = parts.description
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


def _config(*path: Any, value: Any) -> Change:
    return _set("config", *path, value=value)


def _training(*path: Any, value: Any) -> Change:
    return _set("training", *path, value=value)


def _text(text: str) -> Change:
    def change(parts: Parts) -> None:
        parts.description_text = text

    return change


def _fill(name: str, value: float) -> Change:
    def change(parts: Parts) -> None:
        array = parts.array(name)
        array[-1] = value
        parts.put(name, array)

    return change


def _without(name: str) -> Change:
    def change(parts: Parts) -> None:
        start, stop = parts.header.pop(name)["data_offsets"]
        parts.data = parts.data[:start] + parts.data[stop:]
        for other, entry in parts.header.items():
            if other != "__metadata__" and entry["data_offsets"][0] >= stop:
                entry["data_offsets"] = [at - (stop - start) for at in entry["data_offsets"]]

    return change


def _with(name: str) -> Change:
    def change(parts: Parts) -> None:
        parts.header[name] = {"dtype": "F32", "shape": [1], "data_offsets": [len(parts.data), len(parts.data) + 4]}
        parts.data += b"\0" * 4

    return change


DESCRIPTIONS: list[tuple[Change, str]] = [
    *(
        (_set("format_version", value=value), f"the format version is {value!r}; it must be from 1 to 3. The file is damaged.")
        for value in (0, -1, "1", True, 1.5, None, [], 1e99)
    ),
    (_set("format_version", value=4), "the format version is 4; it must be from 1 to 3. Update glassnet."),
    (_text(""), "the description is not JSON (Expecting value at character 0); it must be JSON with a format_version."),
    (_text("[1]"), "the description has no format_version; it must be a JSON object with one."),
    (_text("1e999"), "the description has no format_version; it must be a JSON object with one."),
    (_text('{"a":1,"a":2}'), "the description has the key 'a' twice; it must be JSON with a format_version."),
    (_text("9" * 500), "the description has a whole number of 500 digits; it must be JSON with a format_version."),
    (_text("[" * 200 + "]" * 200), "the description is nested more than 100 deep; it must be JSON with a format_version."),
    (_set("metadata", value=[1]), "metadata is [1]; it must be an object."),
    (_set("data", value=3), "what is noted of the data is 3; it must be an object."),
    *(
        (_config("layers", 0, "class", value=value), "A class of your own must be passed to load as custom=[...].")
        for value in ("os.system", "__init__", "../x", "Layer", None, ["Dense"], "D" * 10_000)
    ),
    (_config("layers", 0, "class", value="Mine"), "A class of your own must be passed to load as custom=[...]."),
    (_config("layers", 0, value=5), "the description is 5; it must be a class and its arguments."),
    (_config("layers", value={}), "layers and seeds are {} and [3]; they must be lists"),
    (_config("layers", 0, "activation", value="eval"), "unknown activation 'eval'. The choices are 'elu', 'gelu', 'identity', 'leaky_relu', 'mish', 'relu', 'selu', 'sigmoid', 'silu', 'softmax', 'softplus', 'tanh'."),
    (_config("layers", 0, "initializer", value="eval"), "unknown initializer 'eval'. The choices are 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal', 'lecun_uniform', 'normal', 'ones', 'orthogonal', 'quarter', 'signs', 'tutorial', 'uniform', 'zeros'."),
    (_config("layers", 0, "units", value=10**12), "has shape (4, 3) and float32 instead of (4, 1000000000000) and float32"),
    (_config("layers", 0, "units", value=2.5), "Dense: units is 2.5; it must be a whole number of at least 1."),
    (_config("layers", 0, "units", value=True), "Dense: units is True; it must be a whole number of at least 1."),
    (_config("layers", 2, "rate", value=float("inf")), "Dropout: rate is inf; it must be a finite number of at least 0 and below 1."),
    (_config("layers", 2, "rate", value=float("nan")), "Dropout: rate is nan; it must be a finite number of at least 0 and below 1."),
    (_config("layers", 0, "__class__", value="x"), "Dense: there is no argument __class__."),
    (_config("members", value=10**12), "1 seeds for members=1000000000000; a sequence of seeds must have one per member."),
    (_config("members", value=0), "members is 0; it must be a whole number of at least 1."),
    (_config("seeds", value=[-1]), "seed is -1; it must be a whole number of at least 0."),
    (_config("seeds", value=[]), "seeds holds 0 seeds; it must hold one"),
    (_config("seeds", value=[1.5]), "seed is 1.5; it must be a whole number of at least 0."),
    (_config("input_shape", value=[10**12]), "instead of (1000000000000, 3) and float32"),
    (_config("input_shape", value=[]), "input_shape is []; it must have at least one axis."),
    (_config("input_shape", value=[4, 4]), "each sample has shape (4, 4); it must be a row of features."),
    (_config("dtype", value="float16"), "unknown dtype 'float16'. Did you mean 'float32'? The choices are 'float32', 'float64'."),
    (_config("loss", value="cross_entropy"), "the description of a loss or optimizer is 'cross_entropy'; it must be a class and its arguments"),
    (_config("loss", "class", value="eval"), "loss: unknown class 'eval'. The choices are 'AbsoluteError', 'BinaryCrossEntropy', 'BinaryFocalCrossEntropy', 'CustomLoss', 'EnsembleLoss', 'GaussianNLL', 'Huber', 'Poisson', 'Quantile', 'SoftmaxCrossEntropy', 'SoftmaxFocalCrossEntropy', 'SquaredError'. A class of your own must be passed to load as custom=[...]."),
    (_config("optimizer", value=None), "the description of a loss or optimizer is None; it must be a class and its arguments"),
    (_config("optimizer", "class", value="X"), "optimizer: unknown class 'X'. The choices are 'Adagrad', 'Adam', 'AdamW', 'Lion', 'RMSprop', 'SGD'. A class of your own must be passed to load as custom=[...]."),
    (_config("optimizer", "beta1", value=2), "beta1 is 2; it must be a finite number of at least 0 and below 1."),
    (_config("optimizer", "learning_rate", value={"schedule": "eval"}), "unknown schedule 'eval'. The choices are 'Constant', 'CosineDecay', 'CosineWaves', 'ExponentialDecay', 'FlatCosine', 'InverseTimeDecay', 'OneCycle', 'ReduceOnPlateau', 'SequentialSchedule', 'StepDecay', 'Warmup'. A class of your own must be passed to load as custom=[...]."),
    (_config("l1", value=-1), "l1 is -1; it must be a finite number of at least 0."),
    (_config("max_norm", value="x"), "max_norm is 'x'; it must be a finite number above 0."),
    (_set("training", value=5), "the training state is 5; it must be an object."),
    (_set("training", value={}), "has no entries for epoch, history"),
    (_set("training", value=None), "there is no training state for the arrays best.params, best.stats, last.params, last.stats, optimizer.M, optimizer.V."),
    (_training("epoch", value=10**30), "epoch is 1000000000000000000000000000000; it must be a whole number of at most 9007199254740992."),
    (_training("epoch", value=True), "epoch is True; it must be a whole number of at least 0."),
    (_training("step", value=-1), "step is -1; it must be a whole number of at least 0."),
    (_training("sums", value=[1]), "sums is [1]; it must be three"),
    (_training("sums", value=["a", 1, 1]), "sums is 'a'; it must be a finite number."),
    (_training("steps", value=10**20), "steps is 100000000000000000000; it must be a whole number of at most 9007199254740992."),
    (_training("schedule", value=5), "the memory of the schedule is 5; it must be like {}"),
    (_training("history", value=None), "History: it is None; it must be a dict."),
    (_training("history", "columns", value=[]), "History: columns is []; it must be of type dict."),
    (_training("history", "columns", "loss", value=[1.0]), "columns differ in length; they must be lists of the same length."),
    (_training("history", "columns", "loss", value=["x", "y"]), "the column 'loss' holds something else than numbers."),
    (_training("history", "best_epoch", value=-3), "best_epoch, kept_epoch and threads are -3, 2 and 1; they must be whole numbers."),
    (_training("history", "notes", value=[5]), "notes holds something else than texts."),
    (_training("history", "seconds", value="x"), "seconds is 'x'; it must be of type float."),
    (_training("stopping", value=5), "early stopping is 5; it must have a monitor and data, both texts"),
    (_training("stopping", "best", value=[]), "best of early stopping is 0 values; there must be 1 values"),
    (_training("stopping", "best", value=["x"]), "best is 'x'; it must be a finite number."),
    (_training("stopping", "waited", value=[1.5]), "waited is 1.5; it must be a whole number of at least 0."),
    (_training("stopping", "settled", value=[1]), "settled is 1; it must be True or False."),
    (_training("stopping", "sign", value=3), "the sign of early stopping is 3; it must be 1 or -1"),
    (_fill("dense_1.weight", np.nan), "'dense_1.weight' holds NaN."),
    (_fill("dense_1.weight", -np.inf), "'dense_1.weight' holds infinity."),
    (_fill("batch_norm_1.running_mean", np.nan), "'batch_norm_1.running_mean' holds NaN."),
    (_fill("batch_norm_1.running_var", -1.0), "'batch_norm_1.running_var' holds numbers below 0."),
    (_fill("training.optimizer.M", np.nan), "'optimizer.M' holds NaN, which no optimizer or network has"),
    (_fill("training.optimizer.V", -1.0), "'optimizer.V' holds numbers below 0, which no optimizer or network has"),
    (_fill("training.best.params", np.inf), "'best.params' holds infinity, which no optimizer or network has"),
    (_without("dense_1.bias"), "'dense_1.bias' is missing"),
    (_without("training.optimizer.V"), "'optimizer.V' is missing; it must be of shape (29,) and float32"),
    (_without("training.best.stats"), "'best.stats' is missing; it must be of shape (6,) and float32"),
    (_with("more"), "'more' is unknown"),
    (_with("training.more"), "it has the arrays 'more', which AdamW(learning_rate=CosineDecay(initial=0.01, epochs=9, final=0.0), weight_decay=0.01, beta1=0.9, beta2=0.999, eps=1e-08, eps_form='torch') has not"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "got"), DESCRIPTIONS, ids=[got[:60] for _, got in DESCRIPTIONS])
def test_damaged_description_is_named(change: Change, got: str, contents: dict[str, bytes], tmp_path: Path) -> None:
    """Whatever is wrong with version, configuration, training state or values is said, in a sentence of bounded length."""
    parts = Parts(contents["trained"])
    change(parts)
    words = refusal(tmp_path / "model.safetensors", parts.content())
    assert got in words
    assert len(words) < 2500


TABLES: list[tuple[Change, str]] = [
    (
        _set("metadata", "table", value=3),
        "the file holds a network alone; it must hold a network with its table encoder.",
    ),
    (_set("metadata", value={}), "the file holds a network alone; it must hold a network with its table encoder."),
    (
        _set("metadata", "table", "encoder", value=None),
        "TableEncoder.from_config: the configuration is of type NoneType; it must be a dict.",
    ),
    (
        _set("metadata", "table", "target", value=[]),
        "TargetEncoder.from_config: the configuration is of type list; it must be a dict.",
    ),
]


@pytest.mark.parametrize(("change", "got"), TABLES, ids=[got[:60] for _, got in TABLES])
def test_damaged_table_model_is_named(change: Change, got: str, contents: dict[str, bytes], tmp_path: Path) -> None:
    """What a table model notes of its columns is checked as the network is."""
    parts = Parts(contents["table"])
    change(parts)
    assert got in refusal(tmp_path / "model.safetensors", parts.content(), TableModel.load)


def test_refused_file_leaves_a_running_network_as_it_was(contents: dict[str, bytes], tmp_path: Path) -> None:
    """A damaged checkpoint refuses to resume, and the network keeps weights and history."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((8, 3)), rng.integers(0, 2, 8)
    net = gn.Network([gn.Dense(2, "relu"), gn.Dense(1)], loss="binary_cross_entropy", optimizer="adam", seed=1)
    net.fit(X, y, epochs=1, batch_size=2)
    params = net.params.copy()
    parts = Parts(contents["checkpoint"])
    _fill("training.optimizer.V", -1.0)(parts)
    (tmp_path / "model.safetensors").write_bytes(parts.content())
    with pytest.raises(
        gn.FormatError, match=r"'optimizer\.V' holds numbers below 0, which no optimizer or network has"
    ):
        net.fit(X, y, epochs=2, batch_size=2, checkpoint=gn.Checkpoint(tmp_path / "model.safetensors"), resume=True)
    np.testing.assert_array_equal(net.params, params)
    assert net.history.epochs == 1


# ---- every byte, every bit -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the smallest file: one weight and one bias."""
    path = tmp_path_factory.mktemp("tiny") / "model.safetensors"
    gn.Network([gn.Dense(1)], loss="squared_error", optimizer="sgd", input_shape=(1,), seed=0).save(path)
    return path.read_bytes()


def test_cut_off_at_every_byte(contents: dict[str, bytes], tmp_path: Path) -> None:
    """No beginning of a file is taken for a file, with training state and all."""
    path, content = tmp_path / "model.safetensors", contents["trained"]
    for length in range(len(content)):
        refusal(path, content[:length])
    refusal(path, content + b"\0")


def test_every_bit_flipped(tiny: bytes, tmp_path: Path) -> None:
    """One wrong bit gives a refusal, or a network that predicts: nothing else."""
    path = tmp_path / "model.safetensors"
    refused = 0
    for place in range(8 * len(tiny)):
        flipped = bytearray(tiny)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            net = gn.load(path)
        except gn.FormatError:
            refused += 1
        else:
            with np.errstate(all="ignore"):
                net.predict(np.ones((1, 1)))
    assert refused > 0.8 * 8 * len(tiny)


# ---- what is no ordinary file ----------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in the file system")
def test_pipes_sockets_and_devices_do_not_hang(tmp_path: Path) -> None:
    """What would never end or never begin is named at once."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        os.chdir(tmp_path)  # the name of a socket is limited in length
        listener.bind("socket")
        kinds = {
            str(tmp_path / "pipe"): "a named pipe", str(tmp_path / "socket"): "a socket",
            "/dev/zero": "a device", "/dev/null": "a device",
        }  # fmt: skip
        for path, kind in kinds.items():
            with pytest.raises(gn.FormatError) as caught, deadline(10.0):
                gn.load(path)
            assert str(caught.value) == f"load({path!r}): this is {kind}; the model must be an ordinary file."


def test_strange_paths(tiny: bytes, tmp_path: Path) -> None:
    """Folders, loops and impossible names are one sentence; every kind of path to a good file works."""
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OSError, match=r"[Ss]ymbolic links|loop"):
        gn.load(tmp_path / "loop")
    folder = "this is a folder; the model must be a file"
    for path, fact in ((tmp_path, folder), (tmp_path / "no", "no such file"), ("a\0b", "no such file")):
        with pytest.raises(FileNotFoundError) as caught:
            gn.load(path)
        assert str(caught.value) == f"load({str(path)!r}): {fact}."
    (tmp_path / "model.safetensors").write_bytes(tiny)
    (tmp_path / "link").symlink_to(tmp_path / "model.safetensors")
    for path in (tmp_path / "model.safetensors", str(tmp_path / "model.safetensors"), tmp_path / "link"):
        assert gn.load(path).n_parameters == 2


@pytest.mark.skipif(sys.platform != "linux", reason="names of files are texts elsewhere")
def test_name_that_is_no_text(tiny: bytes, tmp_path: Path) -> None:
    """A file whose name is not UTF-8 is read and written like any other."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe"))
    path.write_bytes(tiny)
    net = gn.load(path)
    net.save(path)
    assert path.read_bytes() == tiny


def test_forbidden_file(tiny: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal is passed on as it is."""
    (tmp_path / "model.safetensors").write_bytes(tiny)

    def refuse(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        gn.load(tmp_path / "model.safetensors")


def test_file_that_shrinks_while_it_is_read(
    contents: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file cut short by somebody else in the middle is refused; mapped, it would kill the process."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(contents["trained"])
    parse = strict_json.parse_json

    def cut(text: Any) -> Any:
        os.truncate(path, len(contents["trained"]) - 10)
        return parse(text)

    monkeypatch.setattr(safetensors_reader, "parse_json", cut)
    with pytest.raises(
        gn.FormatError,
        match=r"it is no valid safetensors file \(it lost 10 bytes while it was read\)\. It is damaged or of another kind\.",
    ):
        gn.load(path)


# ---- bounded memory and time, nothing executed -----------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits for the memory of a process")
@pytest.mark.parametrize("part", [10, pytest.param(1, marks=pytest.mark.slow)])  # slow: 20 seconds of computing
def test_huge_files_need_little_memory_and_time(tmp_path: Path, part: int) -> None:
    """Texts and shapes of any size are refused or read within 2 GiB of address space and a minute of computing."""
    command = [sys.executable, str(JOBS / "huge_files.py"), str(tmp_path), str(part)]
    job = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert job.returncode == 0, job.stderr
    found = [json.loads(line) for line in job.stdout.splitlines()]
    assert len(found) > 20
    for case in found:
        assert case["outcome"].startswith(("loaded ", "load('")), case
        assert len(case["outcome"]) < 3000, case


def test_nothing_is_executed(contents: dict[str, bytes], tmp_path: Path) -> None:
    """Loading compiles, imports and starts nothing, whatever a file names."""
    paths = []
    for i, value in enumerate(["Dense", "os.system", "__import__('os').system('true')", "subprocess.Popen"]):
        parts = Parts(contents["trained"])
        _config("layers", 0, "class", value=value)(parts)
        paths.append(tmp_path / f"model{i}.safetensors")
        paths[-1].write_bytes(parts.content())
    job = subprocess.run(
        [sys.executable, JOBS / "audited_load.py", *paths], capture_output=True, text=True, timeout=100, check=False
    )
    assert job.returncode == 0, job.stderr
    assert json.loads(job.stdout) == {"outcomes": ["loaded", "refused", "refused", "refused"], "events": []}


# ---- writing ---------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits for the size of a file")
def test_full_disk_keeps_the_old_file(tmp_path: Path) -> None:
    """Where there is no room for all of it, the old file is whole, no other is left, and the system's reason is given."""
    job = subprocess.run(
        [sys.executable, JOBS / "no_room.py", tmp_path / "model.safetensors"],
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert job.returncode == 0, job.stderr
    assert job.stdout == "OSError: File too large\n"
    assert os.listdir(tmp_path) == ["model.safetensors"]
    assert gn.load(tmp_path / "model.safetensors").n_parameters == 2


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_load_refuses_is_not_written(value: float, tmp_path: Path) -> None:
    """A network with a number that is none is not saved over a good file."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(1,), seed=0)
    net.save(tmp_path / "model.safetensors")
    good = (tmp_path / "model.safetensors").read_bytes()
    net.params[0] = value
    with pytest.raises(gn.DataError) as caught:
        net.save(tmp_path / "model.safetensors")
    got = "NaN" if np.isnan(value) else "infinity"
    assert str(caught.value) == (
        f"save: there is {got} in 'dense_1.weight'; parameters and statistics must be finite. Train with scaled data."
    )
    assert (tmp_path / "model.safetensors").read_bytes() == good


def test_notes_that_could_not_be_read_are_not_written(tmp_path: Path) -> None:
    """Metadata beyond what `load` accepts is refused when it is saved."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(1,), seed=0)
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    net.metadata["deep"] = deep
    with pytest.raises(gn.ConfigError) as caught:
        net.save(tmp_path / "model.safetensors")
    assert str(caught.value) == (
        "save: the text of network.metadata and the history is nested more than 100 deep; both must be smaller and simpler."
    )
    assert os.listdir(tmp_path) == []

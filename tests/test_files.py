"""Model files: exact round trips, safe writing, damage that is named."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

import glassnet as gn
from glassnet.saving.model_file import FORMAT_VERSION
from glassnet.saving.writing import write_atomically

DATA = Path(__file__).parent / "data"


def network(**options: Any) -> gn.Network:
    """Return a small network with statistics, trained a little."""
    layers = [gn.Dense(5, "relu"), gn.BatchNorm(), gn.Dense(3)]
    net = gn.Network(
        layers, **{"loss": "cross_entropy", "optimizer": gn.AdamW(gn.CosineDecay(0.01, epochs=9)), "seed": 3, **options}
    )
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 4)), rng.integers(0, 3, 30)
    net.fit(X, y, epochs=2, validation_data=(X, y), early_stopping=gn.EarlyStopping(patience=5))
    return net


@pytest.mark.parametrize("options", [{}, {"dtype": "float64"}, {"members": 2}], ids=str)
@pytest.mark.parametrize("training_state", [False, True])
def test_round_trip_is_exact(
    options: dict[str, Any], training_state: bool, tmp_path: Path, rng: np.random.Generator
) -> None:
    """A loaded network has the same bits, predictions, configuration and notes."""
    net = network(**options)
    net.metadata["note"] = {"made by": "a test", "numbers": [1, 2.5, None]}
    net.save(tmp_path / "net.safetensors", training_state=training_state)
    twin = gn.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(twin.params, net.params)
    np.testing.assert_array_equal(twin.stats, net.stats)
    X = rng.standard_normal((9, 4))
    np.testing.assert_array_equal(twin.predict(X), net.predict(X))
    assert repr(twin) == repr(net)
    assert twin.metadata == net.metadata
    assert (twin._run is not None) == training_state


def test_same_network_same_bytes(tmp_path: Path) -> None:
    """The same training writes the same file, byte for byte."""
    for name in ("a", "b"):
        network().save(tmp_path / f"{name}.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_arrays_have_readable_names_and_their_shapes(tmp_path: Path) -> None:
    """Any safetensors reader finds ``dense_1.weight`` as a (d_in, d_out) matrix: also from strided member slices."""
    net = network(members=2)
    net.save(tmp_path / "net.safetensors")
    arrays = load_arrays((tmp_path / "net.safetensors").read_bytes())
    assert {name: array.shape for name, array in arrays.items()} == {
        "dense_1.weight": (2, 4, 5), "dense_1.bias": (2, 1, 5), "dense_2.weight": (2, 5, 3), "dense_2.bias": (2, 1, 3),
        "batch_norm_1.gamma": (2, 1, 5), "batch_norm_1.beta": (2, 1, 5),
        "batch_norm_1.running_mean": (2, 1, 5), "batch_norm_1.running_var": (2, 1, 5),
    }  # fmt: skip
    for name, layer in zip(net.names, net.layers, strict=True):
        if isinstance(layer, gn.Dense):
            np.testing.assert_array_equal(arrays[f"{name}.weight"], layer.W)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0).reshape(3, 4)[:, 1:3],
        np.arange(24.0).reshape(2, 12)[:, 2:8].reshape(2, 2, 3),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(12.0)[::-1],
        np.arange(12.0).reshape(3, 4)[::-1, ::2],
    ],
    ids=["transpose", "columns", "member slice", "F order", "negative stride", "both"],
)
def test_writer_survives_arrays_that_are_not_contiguous(array: np.ndarray) -> None:
    """What the writer does to every array makes it come back right: safetensors 0.8.0 alone writes wrong numbers."""
    content = save_arrays({"a": np.ascontiguousarray(array)})
    np.testing.assert_array_equal(load_arrays(content)["a"], array)


def test_custom_layer_needs_its_class(tmp_path: Path, rng: np.random.Generator) -> None:
    """A file names a user's layer; loading it takes the class."""

    class Doubled(gn.Dense):
        """A user's own layer."""

    net = gn.Network([Doubled(2)], loss="squared_error", input_shape=(3,))
    net.save(tmp_path / "net.safetensors")
    with pytest.raises(
        gn.FormatError,
        match=rf"unknown class 'Doubled'\. The choices are {', '.join(map(repr, sorted(gn.layers.LAYERS)))}\. A class of your own must be passed to load as custom=\[\.\.\.\]\.",
    ):
        gn.load(tmp_path / "net.safetensors")
    twin = gn.load(tmp_path / "net.safetensors", custom=[Doubled])
    np.testing.assert_array_equal(twin.params, net.params)


def test_writing_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When writing fails half way, the old file is whole and no other file is left."""
    path = tmp_path / "model"
    write_atomically(path, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new and longer")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["model"]


def test_file_may_be_read_by_others(tmp_path: Path) -> None:
    """A model file gets the permissions of any new file, not those of a temporary one."""
    (tmp_path / "usual").write_bytes(b"")
    write_atomically(tmp_path / "model", b"content")
    assert (tmp_path / "model").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_existing_permissions_and_links_stay(tmp_path: Path) -> None:
    """Writing over a private file keeps it private, and writing to a link writes to where it leads."""
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o600


def test_bad_paths(tmp_path: Path) -> None:
    """A folder, or a folder that does not exist, is one sentence; loading a folder too."""
    net = network()
    with pytest.raises(gn.ConfigError) as caught:
        net.save(tmp_path)
    assert (
        str(caught.value) == f"save: {str(tmp_path)!r} is a folder; the path must be that of a file. Add a file name."
    )
    with pytest.raises(gn.ConfigError) as caught:
        net.save(tmp_path / "no" / "net")
    assert str(caught.value) == f"save: the folder {str(tmp_path / 'no')!r} does not exist. Make it first."
    with pytest.raises(FileNotFoundError, match="this is a folder; the model must be a file"):
        gn.load(tmp_path)


class Tripled(gn.SquaredError):
    """A user's own loss: three times the squared error."""

    def value_and_gradient(self, Z: Any, y: Any, weight: Any, out: Any, cache: Any) -> Any:
        value = super().value_and_gradient(Z, y, weight, out, cache)
        np.multiply(out, 3.0, out=out)
        return 3.0 * value


class Momentum(gn.SGD):
    """A user's own optimizer."""


class Halving(gn.Schedule):
    """A user's own schedule."""

    def __init__(self, start: float) -> None:
        self.start = start

    def __call__(self, epoch: float) -> float:
        return self.start * 0.5**epoch

    def config(self) -> dict[str, Any]:
        return {"start": self.start}


def test_custom_loss_optimizer_and_schedule(tmp_path: Path, rng: np.random.Generator) -> None:
    """What the user wrote comes back as what it was, given the classes, and never as something else."""
    X, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    net = gn.Network([gn.Dense(1)], loss=Tripled(), optimizer=Momentum(Halving(0.1), momentum=0.5), seed=0)
    net.fit(X, y, epochs=2)
    net.save(tmp_path / "net.safetensors", training_state=True)
    with pytest.raises(
        gn.FormatError,
        match=r"unknown class 'Tripled'\. The choices are 'AbsoluteError', 'BinaryCrossEntropy', 'BinaryFocalCrossEntropy', 'CustomLoss', 'EnsembleLoss', 'GaussianNLL', 'Huber', 'Poisson', 'Quantile', 'SoftmaxCrossEntropy', 'SoftmaxFocalCrossEntropy', 'SquaredError'\. A class of your own must be passed to load as custom=\[\.\.\.\]\.",
    ):
        gn.load(tmp_path / "net.safetensors")
    twin = gn.load(tmp_path / "net.safetensors", custom=[Tripled, Momentum, Halving])
    for one in (net, twin):
        one.fit(X, y, epochs=2)
    np.testing.assert_array_equal(net.params, twin.params)
    assert repr(twin) == repr(net)


class Factor(gn.Layer):
    """A user's own layer that forgot its config."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def forward(self, X: Any, cache: Any, step: Any) -> Any:
        return X * np.asarray(self.factor, X.dtype)

    def backward(self, dY: Any, cache: Any) -> Any:
        return dY * np.asarray(self.factor, dY.dtype)


def test_forgotten_config_is_refused(tmp_path: Path, rng: np.random.Generator) -> None:
    """A layer whose arguments a file would lose cannot be saved; check_gradients checks it as it is."""
    net = gn.Network([gn.Dense(4), Factor(3.0), gn.Dense(1)], loss="squared_error", seed=0)
    assert gn.check_gradients(net, rng.standard_normal((5, 2)), rng.standard_normal(5))
    with pytest.raises(gn.ConfigError) as caught:
        net.save(tmp_path / "net.safetensors")
    assert str(caught.value) == "Factor.config: it lacks factor; it must return all arguments of the constructor."


def test_exchanged_optimizer_is_saved_as_it_would_go_on(tmp_path: Path, rng: np.random.Generator) -> None:
    """After the optimizer was exchanged, a file with training state loads and goes on as the process does."""
    X, y = rng.standard_normal((20, 3)), rng.standard_normal(20)
    for other in (gn.SGD(0.01, momentum=0.9), gn.AdamW(0.01)):
        net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(0.01), seed=0)
        net.fit(X, y, epochs=2)
        net.optimizer = other
        net.save(tmp_path / "net.safetensors", training_state=True)
        twin = gn.load(tmp_path / "net.safetensors")
        for one in (net, twin):
            one.fit(X, y, epochs=2)
        np.testing.assert_array_equal(net.params, twin.params)


def test_metadata_must_be_json(tmp_path: Path) -> None:
    """Notes that JSON cannot hold are refused before anything is written."""
    net = network()
    net.metadata["when"] = np.float32(1.0)
    with pytest.raises(gn.ConfigError) as caught:
        net.save(tmp_path / "net.safetensors")
    assert str(caught.value) == (
        "save: network.metadata has an entry that JSON cannot hold (Object of type float32 is not JSON serializable); all of it must be JSON-able."
    )
    assert os.listdir(tmp_path) == []


def rewrite(content: bytes, change: Any) -> bytes:
    """Return a file whose description and arrays ``change(description, arrays)`` has altered."""
    length = struct.unpack("<Q", content[:8])[0]
    description = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["glassnet"])
    arrays = load_arrays(content)
    change(description, arrays)
    return save_arrays(arrays, metadata={"glassnet": json.dumps(description)})


def _set(*path: Any, value: Any) -> Any:
    def change(description: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        at: Any = description
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return change


DAMAGE = [
    (_set("format_version", value=99), "the format version is 99; it must be from 1 to 3. Update glassnet."),
    (_set("config", "layers", 0, "class", value="Dens"), "Did you mean 'Dense'?"),
    (_set("config", "layers", 0, "units", value=-5), "units is -5; it must be a whole number of at least 1."),
    (_set("config", "layers", 0, "wings", value=2), "Dense: there is no argument wings."),
    (_set("config", "layers", value=7), "the configuration describes no network: layers and seeds are 7 and"),
    (_set("config", "loss", "class", value="Loss"), "loss: unknown class 'Loss'. "),
    (_set("config", "optimizer", value={"class": "Adam", "learning_rate": {"schedule": "os.system"}}), "unknown schedule 'os.system'. The choices are 'Constant', 'CosineDecay', 'CosineWaves', 'ExponentialDecay', 'FlatCosine', 'InverseTimeDecay', 'OneCycle', 'ReduceOnPlateau', 'SequentialSchedule', 'StepDecay', 'Warmup'. A class of your own must be passed to load as custom=[...]."),
    (_set("config", "input_shape", value=None), "input_shape is None; it must be a whole number of at least 1."),
    (_set("config", "input_shape", value=[4.9]), "input_shape is 4.9; it must be a whole number of at least 1."),
    (_set("config", "input_shape", value=[10**30]), "instead of (1000000000000000000000000000000, 5)"),
    (_set("config", "layers", 0, "units", value=10**11), "instead of (4, 100000000000)"),
    (_set("config", "seeds", value=[1, 2]), "seeds holds 2 seeds; it must hold one"),
    (_set("format_version", value=True), "the format version is True; it must be from 1 to 3. The file is damaged."),
    (_set("training", "epoch", value=-1), "epoch is -1; it must be a whole number of at least 0."),
    (_set("training", "steps", value="x"), "steps is 'x'; it must be a whole number of at least 0."),
    (_set("training", "history", "columns", value=5), "History: columns is 5; it must be of type dict."),
    (_set("training", "stopping", "best", value=[1, 2, 3]), "best of early stopping is 3 values; there must be 1 values"),
    (_set("config", "dtype", value="object"), "unknown dtype 'object'. The choices are 'float32', 'float64'."),
    (_set("config", value={}), "the configuration lacks dtype, input_shape, layers, loss, members, optimizer, seeds; it must have dtype, input_shape, layers, loss, members, optimizer, seeds."),
    (_set("config", value=None), "the configuration is None; it must be an object."),
    (_set("training", value={"epoch": 3}), "the training state is damaged: it has no entries for history, steps, stopping"),
    (lambda d, a: a.pop("dense_1.bias"), "'dense_1.bias' is missing"),
    (lambda d, a: a.update(extra=np.zeros(3)), "'extra' is unknown"),
    (lambda d, a: a.update({"dense_1.weight": np.zeros((5, 4), "f4")}), "'dense_1.weight' has shape (5, 4) and float32 instead of (4, 5) and float32"),
    (lambda d, a: a.update({"dense_1.weight": np.zeros((4, 5))}), "'dense_1.weight' has shape (4, 5) and float64 instead of (4, 5) and float32"),
    (lambda d, a: a.update({"training.optimizer.M": np.zeros(3, "f4")}), "'optimizer.M' is of shape (3,) and float32; it must be of shape (53,) and float32"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), DAMAGE)
def test_damage_is_named(change: Any, words: str, tmp_path: Path) -> None:
    """A file that does not fit is refused with what is wrong, whatever part it is in."""
    path = tmp_path / "net.safetensors"
    network().save(path, training_state=True)
    path.write_bytes(rewrite(path.read_bytes(), change))
    with pytest.raises(gn.FormatError) as caught:
        gn.load(path)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"load({str(path)!r}): ")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            b"",
            r"not a glassnet model: it is no valid safetensors file \(0 bytes\)\. It is damaged or of another kind\.",
        ),
        (b"columns,not,a,model\n1,2,3,4\n", "not a glassnet model: it is no safetensors file"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 40, "not a glassnet model: it is no safetensors file"),
        (
            save_arrays({"a": np.zeros(2)}),
            "not a glassnet model: it is a safetensors file without a network's description.",
        ),
        (save_arrays({"a": np.zeros(2)}, metadata={"glassnet": "{"}), "the description is not JSON"),
        (
            save_arrays({"a": np.zeros(2)}, metadata={"glassnet": "[1]"}),
            "the description has no format_version; it must be a JSON object with one.",
        ),
    ],
)
def test_other_files_are_refused(content: bytes, words: str, tmp_path: Path) -> None:
    """What is not a glassnet file is said to be none."""
    path = tmp_path / "other"
    path.write_bytes(content)
    with pytest.raises(gn.FormatError, match=words):
        gn.load(path)


def test_truncated_anywhere_is_refused(tmp_path: Path) -> None:
    """A file cut off at any of many places never loads."""
    path = tmp_path / "net.safetensors"
    network().save(path)
    content = path.read_bytes()
    for length in range(0, len(content), 61):
        path.write_bytes(content[:length])
        with pytest.raises(gn.FormatError):
            gn.load(path)


def test_missing_file() -> None:
    """A path that leads nowhere says so."""
    with pytest.raises(FileNotFoundError, match=r"^load\('nowhere\.safetensors'\): no such file\.$"):
        gn.load("nowhere.safetensors")


def test_every_released_version_loads() -> None:
    """Files that earlier versions wrote predict today what they predicted then, and train on."""
    fixtures = sorted(DATA.glob("format_*.safetensors"))
    assert [int(path.stem.split("_")[1]) for path in fixtures] == list(range(1, FORMAT_VERSION + 1))
    for path in fixtures:
        net = gn.load(path)
        X = np.linspace(-2.0, 2.0, 20).reshape(5, 4)
        expected = json.loads(path.with_suffix(".json").read_text())
        np.testing.assert_allclose(net.predict(X), expected["predictions"], rtol=1e-5, atol=1e-6)
        assert net.metadata == expected["metadata"]
        net.fit(X, [0, 1, 2, 0, 1], epochs=1)
        assert net.history.epochs == expected["epochs"] + 1

"""Keras both ways: order, orientation and constants of the weights, the printed model, and stacks that are read."""

from __future__ import annotations

import ast
import importlib.util
import io
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from export_models import NETWORKS, export_case
from export_tables import export_table
from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.proof import prove
from glassnet.exports.targets.keras_target import keras_file
from glassnet.exports.targets.keras_target.layers import stacks_of
from glassnet.exports.targets.keras_target.parts import units
from glassnet.exports.targets.target import Options

os.environ.setdefault("KERAS_BACKEND", "torch")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def printed(model: Any, rows: Any) -> dict[str, bytes]:
    """Return the files of a model by their endings."""
    plan = lower(model)
    return dict(keras_file.print_plan(plan, prove(plan, predictions(model, plan, rows), rows, np.float32), Options()))


def _known() -> gn.Network:
    layers = [gn.Dense(2, "relu"), gn.BatchNorm(0.8, eps=1e-5), gn.Dense(1, gn.LeakyReLU(0.2)), gn.GELU()]
    net = gn.Network(layers, loss="squared_error", input_shape=(3,))
    net.params[:] = np.arange(1, net.params.size + 1)
    net.stats[:] = [0.5, 0.25, 2.0, 4.0]
    return net


def test_weights_are_in_the_order_of_set_weights() -> None:
    """The archive has kernel and bias, then gamma, beta, mean, variance, layer by layer; kernels are as here."""
    net = _known()
    with np.load(io.BytesIO(printed(net, np.eye(3))[".npz"])) as archive:
        assert archive.files == [
            "dense_1/kernel", "dense_1/bias",
            "batch_norm_1/gamma", "batch_norm_1/beta", "batch_norm_1/moving_mean", "batch_norm_1/moving_variance",
            "dense_2/kernel", "dense_2/bias",
        ]  # fmt: skip
        np.testing.assert_array_equal(archive["dense_1/kernel"], net.state_dict()["dense_1.weight"])
        np.testing.assert_array_equal(archive["batch_norm_1/moving_variance"], [2.0, 4.0])
        assert {archive[name].dtype.name for name in archive.files} == {"float32"}


def test_constants_are_written_down() -> None:
    """Epsilon, momentum in Keras's meaning, slope and the tanh form stand in the printed model."""
    text = printed(_known(), np.eye(3))["_keras.py"].decode()
    for line in (
        'layers.Dense(2, activation="relu", name="dense_1"),',
        'layers.BatchNormalization(momentum=0.8, epsilon=1e-05, name="batch_norm_1"),',
        'layers.LeakyReLU(negative_slope=0.2, name="dense_2_activation"),',
        'layers.Activation(gelu_tanh, name="gelu_1"),',
        "return ops.gelu(z, approximate=True)",
    ):
        assert line in text


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_a_model_with_as_many_weights(name: str) -> None:
    """Each weight stands once, in a layer of a name of its own that Keras allows."""
    net = export_case(name).model
    (stack,) = stacks_of(net)
    found = list(units(stack))
    fixed = ("moving_mean", "moving_variance", "start", "slope", "low", "high")
    assert len({unit.name for unit in found}) == len(found)
    assert all(unit.name.isidentifier() for unit in found)
    trained = [unit for unit in found if not unit.call.startswith("Calibration(")]
    assert sum(a.size for unit in trained for key, a in unit.arrays.items() if key not in fixed) == net.n_parameters


@pytest.mark.parametrize("name", [*NETWORKS, "population"])
def test_files_are_python_and_equal_for_equal_models(name: str) -> None:
    """The printed model parses, is ASCII, and two exports give the same bytes."""
    case = export_case(name)
    rows = case.X.reshape(len(case.X), -1)
    files = printed(case.model, rows)
    assert files == printed(case.model, rows)
    ast.parse(files["_keras.py"].decode("ascii"))


def test_export_writes_both_files_and_may_write_over_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model lies beside the weights; both are known as exports, so that a second one replaces them."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "keras" else real(name, *rest))
    for _ in range(2):
        report = gn.export(_known(), tmp_path / "known_keras.npz")
    assert [path.name for path in report.paths] == ["known_keras.npz", "known_keras.py"]
    assert report.unchecked == ("the file was not run: Keras is not installed",)


def test_what_keras_cannot_have_is_refused() -> None:
    """The reason is one sentence, which export completes with the targets that can."""
    assert keras_file.refusal(lower(export_case("mixed").model), Options()) == (
        "Keras gets the layers of one network, and this model has several that differ."
    )
    assert keras_file.refusal(lower(export_case("iris").model), Options(dtype="int8")) == (
        "Keras gets the weights as they were trained, and has no int8 form; C has one."
    )


def test_missing_keras_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is that of the other extras."""
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(gn.MissingExtraError) as caught:
        gn.from_keras(object())
    assert str(caught.value) == (
        "from_keras: needs keras, which cannot be imported here. "
        "Run: pip install keras, and torch, jax or tensorflow for it to run on"
    )


# ---- with Keras -----------------------------------------------------------------------------------------------------


def imported(path: Path) -> ModuleType:
    """Return an exported file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(model: Any, rows: Any, folder: Path) -> ModuleType:
    """Return the exported module of a model, written into a folder."""
    files = printed(model, rows)
    for ending in ("_keras.npz", "_keras.py"):
        (folder / f"model{ending}").write_bytes(files[ending])
    return imported(folder / "model_keras.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS, "population"])
def test_logits_and_weights_are_those_of_the_network(name: str, tmp_path: Path) -> None:
    """Every array is set, logits differ by rounding, weights are as many, and the self-test passes."""
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    case = export_case(name)
    exported = written(case.model, case.X.reshape(len(case.X), -1), tmp_path)
    core = lower(case.model).core
    assert core is not None
    net, model = core.network, exported.load()
    found = keras.ops.convert_to_numpy(model(exported.features(case.X), training=False)).reshape(len(case.X), -1)
    wanted = net.forward(case.X)
    wanted = (wanted if net.members is None else wanted.swapaxes(0, 1)).reshape(len(case.X), -1)
    np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=2e-6)
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) <= net.n_parameters * (net.members or 1)
    assert exported.selftest() == 0
    if isinstance(model, keras.Sequential):  # the archive is what set_weights takes
        other = exported.build()
        other.set_weights(exported.weights())
        again = keras.ops.convert_to_numpy(other(exported.features(case.X), training=False))
        np.testing.assert_array_equal(again.reshape(len(case.X), -1), found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["realmlp", "tabm", "hostile", "mlp three", "pipe standard"])
def test_tables_and_estimators_predict_the_same(name: str, tmp_path: Path) -> None:
    """The file reads the rows of a table or estimator, and gives its predictions."""
    pytest.importorskip("keras", reason="Keras is not installed")
    model, frame = export_table(name)
    plan = lower(model)
    rows = model_rows(model, plan, frame)
    exported = written(model, rows, tmp_path)
    np.testing.assert_allclose(exported.compute(rows), predictions(model, plan, rows), rtol=1e-5, atol=2e-6)
    assert exported.selftest() == 0


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 7, 33])
def test_a_changed_weight_is_noticed(which: int, tmp_path: Path) -> None:
    """The self-test counts 1 or more for a weight that is off by its last bit."""
    pytest.importorskip("keras", reason="Keras is not installed")
    case = export_case("residual")
    exported = written(case.model, case.X, tmp_path)
    with np.load(tmp_path / "model_keras.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = list(arrays)[which % len(arrays)]
    arrays[name].reshape(-1).view(np.int32)[-1] ^= 1
    np.savez(tmp_path / "model_keras.npz", **arrays)
    assert exported.selftest() > 0


@pytest.mark.slow
def test_a_stack_goes_there_and_back_bit_for_bit(tmp_path: Path) -> None:
    """The model of a stack, read again, has the layers and the bits of the network, epsilons and momenta too."""
    pytest.importorskip("keras", reason="Keras is not installed")
    layers = [
        gn.Dense(5, "gelu"), gn.BatchNorm(0.8, eps=1e-4), gn.Dropout(0.25), gn.Dense(4, gn.LeakyReLU(0.3)),
        gn.LayerNorm(1e-6), gn.PReLU(), gn.Dense(3, use_bias=False),
    ]  # fmt: skip
    net = gn.Network(layers, loss="cross_entropy", input_shape=(4,), seed=0)
    net.stats[:] = np.abs(np.random.default_rng(0).standard_normal(net.stats.size)) + 0.1
    X = np.random.default_rng(1).standard_normal((20, 4))
    back = gn.from_keras(written(net, X, tmp_path).load(), loss="cross_entropy")
    assert repr(back.layers) == repr(net.layers)
    np.testing.assert_array_equal(back.params, net.params)
    np.testing.assert_array_equal(back.stats, net.stats)


@pytest.mark.slow
def test_models_of_keras_keep_their_own_constants() -> None:
    """Epsilon 1e-3, momentum 0.99, slopes 0.3 of the layer and 0.2 of the function are carried over; softmax becomes the loss."""
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((4,)), layers.Dense(8, activation="leaky_relu"), layers.BatchNormalization(),
        layers.LayerNormalization(), layers.LeakyReLU(), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    net = gn.from_keras(model)
    assert net.loss.name == "cross_entropy"
    assert repr(net.layers[1]) == "BatchNorm(momentum=0.99, eps=0.001)"
    assert repr(net.layers[2]) == "LayerNorm(eps=0.001)"
    assert repr(net.layers[3]) == "LeakyReLU(slope=0.3)"
    assert "LeakyReLU(slope=0.2)" in repr(net.layers[0])
    X = np.random.default_rng(0).standard_normal((9, 4)).astype(np.float32)
    np.testing.assert_allclose(net.predict(X), keras.ops.convert_to_numpy(model(X)), atol=2e-6)


@pytest.mark.slow
def test_what_has_no_exact_counterpart_is_refused() -> None:
    """Exact GELU, branches, other layers and options: one sentence, nothing silent."""
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    layers = keras.layers
    inputs = keras.Input((4,))
    branched = keras.Model(inputs, layers.Add()([inputs, layers.Dense(4)(inputs)]))
    cases = {
        keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="gelu")]): "GELU is here in its tanh form only",
        keras.Sequential(
            [keras.Input((4,)), layers.ReLU(max_value=6.0)]
        ): "ReLU has max_value=6.0; it must have max_value=None",
        keras.Sequential(
            [keras.Input((4, 4, 1)), layers.Conv2D(2, 3)]
        ): "has no counterpart here; every layer must have one. Known are",
        keras.Sequential([layers.Dense(3)]): "the model has no weights; it must be built",
        branched: "a branch at",
    }
    for model, words in cases.items():
        with pytest.raises(gn.ConfigError) as caught:
            gn.from_keras(model)
        assert words in str(caught.value)


@pytest.mark.slow
def test_training_on_and_saving_in_keras(tmp_path: Path) -> None:
    """An exported network with branches is compiled, trained, and saved as .keras."""
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    case = export_case("residual")
    exported = written(case.model, case.X, tmp_path)
    model, x = exported.load(), exported.features(case.X)
    y = np.digitize(case.X[:, 0] - case.X[:, 1] * case.X[:, 2], [-0.6, 0.6])
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = model.fit(x, y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    exported.use(model)
    before = exported.predict_proba(case.X)
    if importlib.util.find_spec("h5py") is not None:
        model.save(tmp_path / "model.keras")
        exported.use(keras.models.load_model(tmp_path / "model.keras"))
        np.testing.assert_allclose(exported.predict_proba(case.X), before, atol=1e-6)


@pytest.mark.slow
def test_a_file_runs_where_glassnet_cannot_be_imported(tmp_path: Path) -> None:
    """export runs the file in a process of its own."""
    pytest.importorskip("keras", reason="Keras is not installed")
    report = gn.export(export_case("iris").model, tmp_path / "iris_keras.npz")
    assert report.failures == 0
    assert report.error is not None
    assert report.error < 2e-6
    assert report.ran_in.startswith("Keras ")

"""PyTorch both ways: names, orientation and constants of the weights, the printed module, and stacks that are read."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load as load_safetensors

import glassnet as gn
from export_models import NETWORKS, export_case
from export_tables import export_table
from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.proof import prove
from glassnet.exports.targets.target import Options
from glassnet.exports.targets.torch_target import torch_file
from glassnet.exports.targets.torch_target.layers import module_of

NESTED = ("residual", "gated", "realmlp", "tabm")


def _known() -> gn.Network:
    """Return a network with weights that can be told apart."""
    net = gn.Network(
        [gn.Dense(2), gn.BatchNorm(0.8, eps=1e-3), gn.LeakyReLU(0.2), gn.Dense(1, "gelu")],
        loss="squared_error",
        input_shape=(3,),
    )
    net.params[:] = np.arange(1, net.params.size + 1)
    net.stats[:] = [0.5, 0.25, 2.0, 4.0]
    return net


def printed(model: Any, rows: np.ndarray) -> dict[str, bytes]:
    """Return the files of a model by their endings."""
    plan = lower(model)
    return dict(torch_file.print_plan(plan, prove(plan, predictions(model, plan, rows), rows, np.float32), Options()))


def test_weights_have_the_names_shapes_and_orientation_of_pytorch() -> None:
    """Each array of the file is the one that PyTorch's module of that place has: Linear's transposed, statistics in order."""
    net = _known()
    files = printed(net, np.eye(3))
    found = load_safetensors(files["_torch.safetensors"])
    assert {name: array.shape for name, array in found.items()} == {
        "0.weight": (2, 3), "0.bias": (2,),
        "1.weight": (2,), "1.bias": (2,), "1.running_mean": (2,), "1.running_var": (2,), "1.num_batches_tracked": (),
        "3.weight": (1, 2), "3.bias": (1,),
    }  # fmt: skip
    state = net.state_dict()
    np.testing.assert_array_equal(found["0.weight"], state["dense_1.weight"].T)
    np.testing.assert_array_equal(found["1.running_var"], [2.0, 4.0])
    np.testing.assert_array_equal(found["1.running_mean"], [0.5, 0.25])
    assert found["1.num_batches_tracked"].dtype == np.int64
    assert {array.dtype.name for name, array in found.items() if "tracked" not in name} == {"float32"}


def test_constants_are_written_down() -> None:
    """Epsilon, momentum in PyTorch's meaning, slope and the tanh form stand in the printed module."""
    text = printed(_known(), np.eye(3))["_torch.py"].decode()
    for line in (
        "nn.Linear(3, 2),  # dense_1",
        "nn.BatchNorm1d(2, eps=0.001, momentum=0.2),  # batch_norm_1",
        "nn.LeakyReLU(0.2),  # leaky_re_lu_1",
        'nn.GELU(approximate="tanh"),',
    ):
        assert line in text
    assert "nn.Softmax" not in text
    assert "nn.Sequential" in text


def test_the_loss_to_train_on_with_is_named() -> None:
    """Label smoothing and the like are part of it; a loss that PyTorch does not have is not named."""
    for loss, words in (
        (
            gn.SoftmaxCrossEntropy(label_smoothing=0.1),
            "the loss is nn.CrossEntropyLoss(label_smoothing=0.1)(model(x), codes).",
        ),
        (gn.Huber(2.0), "the loss is nn.HuberLoss(delta=2.0)(model(x), y)."),
        (gn.Quantile([0.1, 0.9]), "To train it further: model.train()."),
    ):
        net = gn.Network([gn.Dense(2)], loss=loss, input_shape=(3,))
        assert words in printed(net, np.eye(3))["_torch.py"].decode()


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_has_a_module_with_as_many_weights(name: str) -> None:
    """The state dict has each weight once, under a name of its own, and no further ones but statistics and pieces."""
    net = export_case(name).model
    slots = list(module_of(net).slots())
    fixed = ("running_mean", "running_var", "num_batches_tracked", "scale", "shift", "start", "slope", "low", "high")
    sizes = {slot.name: slot.array.size for slot in slots if slot.name.rpartition(".")[2] not in fixed}
    assert len({slot.name for slot in slots}) == len(slots)
    assert sum(sizes.values()) == net.n_parameters
    assert all(slot.array.dtype == net.dtype for slot in slots if "tracked" not in slot.name)


@pytest.mark.parametrize("name", [*NETWORKS, "population"])
def test_files_are_python_and_equal_for_equal_models(name: str) -> None:
    """The printed module parses, is ASCII, and two exports give the same bytes."""
    case = export_case(name)
    rows = case.X.reshape(len(case.X), -1)
    files = printed(case.model, rows)
    assert files == printed(case.model, rows)
    ast.parse(files["_torch.py"].decode("ascii"))


def test_the_weights_are_no_model_of_glassnet(tmp_path: Path) -> None:
    """The file says that it is PyTorch's, and load refuses it in one sentence."""
    path = tmp_path / "known.safetensors"
    content = printed(_known(), np.eye(3))[".safetensors"]
    path.write_bytes(content)
    size = int.from_bytes(content[:8], "little")
    facts = json.loads(content[8 : 8 + size])["__metadata__"]
    assert facts["format"] == "pt"
    assert any("SHA-256" in fact for fact in facts.values())
    assert (8 + size) % 8 == 0
    with pytest.raises(gn.FormatError) as caught:
        gn.load(path)
    assert str(caught.value) == (
        f"load({str(path)!r}): the file holds exported weights; it must be one that save wrote. "
        "Load the original, or read it with from_torch."
    )


def test_export_writes_both_files_and_says_what_it_could_not_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The module lies beside the weights under a name that can be imported; without PyTorch the report says so."""
    monkeypatch.setitem(sys.modules, "torch", None)
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else real(name, *rest))
    report = gn.export(_known(), tmp_path / "known.safetensors", to="torch")
    assert [path.name for path in report.paths] == ["known.safetensors", "known_torch.py"]
    assert report.unchecked == ("the file was not run: PyTorch is not installed",)


def test_what_pytorch_cannot_have_is_refused() -> None:
    """The reason is one sentence, which export completes with the targets that can."""
    net = export_case("iris").model
    assert torch_file.refusal(lower(net), Options(dtype="int8")) == (
        "PyTorch gets the weights as they were trained, and has no int8 form; C has one."
    )
    assert torch_file.refusal(lower(export_case("mixed").model), Options()) == (
        "PyTorch gets the layers of one network, and this model has several that differ."
    )


def test_activations_of_ones_own_are_classes_of_their_own() -> None:
    """Two formulas without a name become two classes; a number first in max is no tensor."""
    first = gn.CustomActivation(formula=gn.Formula("max(0.1, Z)", "1 if Z > 0.1 else 0"))
    second = gn.CustomActivation(formula=gn.Formula("Z / (1 + abs(Z))", "1 / (1 + abs(Z))**2"))
    net = gn.Network([gn.Dense(2, first), gn.Dense(1, second)], loss="squared_error", input_shape=(2,))
    text = printed(net, np.eye(2))["_torch.py"].decode()
    assert "return torch.clamp_min(z, 0.1)" in text
    assert "return z / (1 + torch.abs(z))" in text
    assert text.count("(nn.Module):") == 2


# ---- reading, without PyTorch ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["norms", "learnable", *NESTED, "tabm_mini", "images"])
def test_weights_come_back_bit_for_bit(name: str, tmp_path: Path) -> None:
    """The exported file, read with the layers of the network, gives the network again; NTK layers up to rounding."""
    case = export_case(name)
    net, path = case.model, tmp_path / "weights.safetensors"
    path.write_bytes(printed(net, case.X.reshape(len(case.X), -1))[".safetensors"])
    back = gn.from_torch(path, net.layers, loss=net.loss)
    assert back.input_shape == net.input_shape
    if name == "realmlp":
        np.testing.assert_allclose(back.params, net.params, rtol=2e-7)
    else:
        np.testing.assert_array_equal(back.params, net.params)
    np.testing.assert_array_equal(back.stats, net.stats)
    np.testing.assert_allclose(back.predict(case.X), net.predict(case.X), atol=2e-6)


def test_a_module_of_ones_own_is_read_by_order() -> None:
    """The state dict of a module with names of its own fits layers of the same kinds in the same order."""
    rng = np.random.default_rng(0)
    state = {
        "fc1.weight": rng.random((4, 3)),
        "fc1.bias": rng.random(4),
        "out.weight": rng.random((2, 4)),
        "out.bias": rng.random(2),
    }
    net = gn.from_torch(state, [gn.Dense(4, "relu"), gn.Dense(2)], loss="cross_entropy")
    X = rng.random((5, 3))
    hidden = np.maximum(X @ state["fc1.weight"].T + state["fc1.bias"], 0.0)
    np.testing.assert_allclose(net.forward(X), hidden @ state["out.weight"].T + state["out.bias"], rtol=1e-12)
    assert net.dtype == np.float64


def test_numbered_weights_are_ordered_by_number() -> None:
    """Names from a file are in alphabetical order, 10 before 2; equal shapes must not be mixed up by that."""
    layers: list[gn.Layer] = []
    state = {}
    for i in range(11):
        layers += [gn.Dense(2), gn.Dropout(0.1)]
        state |= {f"{3 * i}.weight": np.eye(2) * (i + 1.0), f"{3 * i}.bias": np.zeros(2)}
    net = gn.from_torch(dict(sorted(state.items())), layers)
    assert [float(net.state_dict()[f"dense_{i + 1}.weight"][0, 0]) for i in range(11)] == [i + 1.0 for i in range(11)]


REFUSED = {
    "alone": ({"0.weight": np.ones((1, 2))}, None, "from_torch: weights are given without layers; they must come with the layers that they belong to. Pass layers=, such as [gn.Dense(8, 'relu'), gn.Dense(3)]."),
    "shapes": ({"0.weight": np.ones((1, 2)), "0.bias": np.ones(1)}, [gn.Dense(2)], "from_torch: '0.weight' has shape (1, 2) instead of (2, 2), '0.bias' has shape (1,) instead of (2,); weights must have the shapes that the layers have in PyTorch."),
    "order of a file": ({"a.bias": np.ones(1), "a.weight": np.ones((1, 2))}, [gn.Dense(1)], "from_torch: the weights are a.bias, a.weight; they must be 0.weight, 0.bias, or others of these kinds in this order. Pass model.state_dict() itself, and the layers that the module has."),
    "kinds": ({"a.weight": np.ones((1, 2))}, [gn.Dense(1)], "from_torch: the weights are a.weight; they must be 0.weight, 0.bias, or others of these kinds in this order. Pass model.state_dict() itself, and the layers that the module has."),
    "shape unknown": ({"0.weight": np.ones((5, 2))}, [gn.Embedding(5, 2), gn.Flatten()], "from_torch: no layer shows the shape of one sample; it must be known. Pass input_shape=, such as (28, 28)."),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_weights_that_do_not_fit_are_refused(case: str) -> None:
    """The message has the fact and what to do."""
    state, layers, message = REFUSED[case]
    with pytest.raises((gn.ConfigError, gn.ShapeError)) as caught:
        gn.from_torch(state, layers)
    assert str(caught.value) == message


def test_missing_pytorch_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is that of the other extras, with the line for the CPU."""
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(gn.MissingExtraError) as caught:
        gn.from_torch(object())
    assert str(caught.value) == (
        "from_torch: needs torch, which cannot be imported here. Run: pip install torch (a build for the CPU is enough)"
    )


# ---- with PyTorch ---------------------------------------------------------------------------------------------------


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
    plan = lower(model)
    proof = prove(plan, predictions(model, plan, rows), rows, np.float32)
    files = torch_file.print_plan(plan, proof, Options())
    for ending in ("_torch.safetensors", "_torch.py"):
        (folder / f"model{ending}").write_bytes(files[ending])
    return imported(folder / "model_torch.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*NETWORKS, "population"])
def test_logits_and_state_are_those_of_the_network(name: str, tmp_path: Path) -> None:
    """Strict loading finds every name, logits differ by rounding, weights are as many, and the self-test passes."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    case = export_case(name)
    exported = written(case.model, case.X.reshape(len(case.X), -1), tmp_path)
    core = lower(case.model).core
    assert core is not None
    net, model = core.network, exported.load()
    with torch.no_grad():
        found = model(exported.features(case.X)).numpy().reshape(len(case.X), -1)
    wanted = net.forward(case.X)
    wanted = (wanted if net.members is None else wanted.swapaxes(0, 1)).reshape(len(case.X), -1)
    assert found.dtype == net.dtype
    np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=2e-6)
    assert sum(p.numel() for p in model.parameters()) == net.n_parameters * (net.members or 1)
    assert exported.selftest() == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["realmlp", "tabm", "hostile", "mlp three", "pipe standard", "pipe target"])
def test_tables_and_estimators_predict_the_same(name: str, tmp_path: Path) -> None:
    """The file reads the rows of a table or estimator, and gives its predictions."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    model, frame = export_table(name)
    plan = lower(model)
    rows = model_rows(model, plan, frame)
    exported = written(model, rows, tmp_path)
    wanted = predictions(model, plan, rows)
    np.testing.assert_allclose(exported.compute(rows), wanted, rtol=1e-5, atol=2e-6)
    assert exported.selftest() == 0


@pytest.mark.slow
@pytest.mark.parametrize("which", range(0, 400, 40))
def test_a_flipped_weight_is_noticed(which: int, tmp_path: Path) -> None:
    """The self-test counts 1 or more for any weight that is not the one that was exported, whatever it does."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    case = export_case("residual")
    exported = written(case.model, case.X, tmp_path)
    path = tmp_path / "model_torch.safetensors"
    content = bytearray(path.read_bytes())
    content[-1 - 4 * (which % 300)] ^= 1
    path.write_bytes(bytes(content))
    assert exported.selftest() > 0


@pytest.mark.slow
def test_a_stack_goes_there_and_back_bit_for_bit(tmp_path: Path) -> None:
    """The module of a stack, read again, has the layers and the bits of the network."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    case = export_case("norms")
    net = gn.Network(
        [
            gn.Dense(5, "gelu"),
            gn.BatchNorm(),
            gn.Dropout(0.2),
            gn.Dense(4, gn.LeakyReLU(0.3)),
            gn.LayerNorm(),
            gn.PReLU(),
            gn.Dense(3),
        ],
        loss="cross_entropy",
        input_shape=(4,),
        seed=0,
    )
    net.stats[:] = np.abs(np.random.default_rng(0).standard_normal(net.stats.size)) + 0.1
    back = gn.from_torch(written(net, case.X, tmp_path).load(), loss="cross_entropy")
    assert repr(back.layers) == repr(net.layers)
    np.testing.assert_array_equal(back.params, net.params)
    np.testing.assert_array_equal(back.stats, net.stats)
    np.testing.assert_array_equal(back.predict(case.X), net.predict(case.X))


@pytest.mark.slow
def test_training_on_in_pytorch_and_coming_back(tmp_path: Path) -> None:
    """Ten steps of PyTorch on an exported residual network lower the loss, and the weights come back by their names."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    case = export_case("residual")
    exported = written(case.model, case.X, tmp_path)
    model, x = exported.load(), exported.features(case.X)
    y = torch.from_numpy(np.digitize(case.X[:, 0] - case.X[:, 1] * case.X[:, 2], [-0.6, 0.6]))
    optimizer, losses = torch.optim.Adam(model.parameters(), 0.01), []
    model.train()
    for _ in range(10):
        loss = torch.nn.functional.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    model.eval()
    back = gn.from_torch(model, case.model.layers, loss="cross_entropy")
    np.testing.assert_allclose(back.predict(case.X), torch.softmax(model(x), -1).detach().numpy(), atol=2e-6)
    exported.use(model)
    np.testing.assert_allclose(exported.predict_proba(case.X), back.predict(case.X), atol=2e-6)
    assert exported.selftest() == 0  # of the file, whatever predict uses


@pytest.mark.slow
def test_what_has_no_exact_counterpart_is_refused() -> None:
    """Exact GELU, hooks, parametrizations, modules with code of their own: one sentence, nothing silent."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    nn = torch.nn
    hooked, shifted = nn.Sequential(nn.Linear(4, 3)), nn.Linear(4, 3)
    hooked.register_forward_hook(lambda module, given, output: output + 1)
    nn.utils.parametrizations.weight_norm(shifted)
    cases = {
        nn.Sequential(nn.Linear(4, 3), nn.GELU()): "GELU is in its exact form; it must be in its tanh form",
        nn.Sequential(
            nn.Linear(4, 3), nn.BatchNorm1d(3, momentum=None)
        ): "the momentum None, an average over all batches; it must have a number",
        nn.Sequential(
            nn.Linear(4, 3), nn.LogSoftmax(-1), nn.Linear(3, 1)
        ): "LogSoftmax is in another place, or with another loss; it must be the last module",
        nn.Sequential(nn.Linear(4, 3).half()): "weights are torch.float16; they must all be float32",
        nn.Sequential(nn.Flatten(), nn.Linear(4, 3)): "no layer shows the shape of one sample; it must be known",
        nn.Sequential(nn.Conv1d(1, 1, 1)): "Conv1d has no counterpart here",
        nn.Sequential(shifted): "ParametrizedLinear has no counterpart here",
        hooked: "; the network must compute what the model does",
    }
    for module, words in cases.items():
        with pytest.raises((gn.ConfigError, gn.DataError)) as caught:
            gn.from_torch(module)
        assert words in str(caught.value)


@pytest.mark.slow
def test_links_at_the_end_become_the_loss() -> None:
    """Softmax, log-softmax and sigmoid belong to the cross-entropies; without them the network predicts what comes out."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    nn, X = torch.nn, np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
    for module, loss in (
        (nn.Sequential(nn.Linear(4, 3), nn.Softmax(dim=-1)), "cross_entropy"),
        (nn.Sequential(nn.Linear(4, 1), nn.Sigmoid()), "binary_cross_entropy"),
        (nn.Sequential(nn.Linear(4, 3)), "squared_error"),
    ):
        net = gn.from_torch(module)
        assert net.loss.name == loss
        np.testing.assert_allclose(net.predict(X), module(torch.from_numpy(X)).detach().numpy(), atol=1e-6)
    module = nn.Sequential(nn.Linear(4, 3), nn.LogSoftmax(dim=-1)).train()
    net = gn.from_torch(module)
    np.testing.assert_allclose(np.log(net.predict(X)), module(torch.from_numpy(X)).detach().numpy(), atol=1e-5)
    assert module.training


@pytest.mark.slow
@pytest.mark.parametrize("name", ["norms", "residual", "realmlp", "tabm", "population"])
def test_what_else_one_does_with_a_module(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is captured whole by torch.compile and torch.export, moves to another device, and every weight has a gradient."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    case = export_case(name)
    exported = written(case.model, case.X, tmp_path)
    monkeypatch.setitem(sys.modules, "model_torch", exported)  # as after an import
    model, x = exported.load(), exported.features(case.X)
    wanted = model(x)
    torch._dynamo.reset()
    assert torch.allclose(torch.compile(model, backend="eager", fullgraph=True)(x), wanted, atol=1e-6)
    assert torch.allclose(torch.export.export(model, (x,)).module()(x), wanted, atol=1e-6)
    model.train()(x).square().mean().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert model.to("meta")(x.to("meta")).shape == wanted.shape


@pytest.mark.slow
def test_the_file_is_a_program(tmp_path: Path) -> None:
    """As a program it proves itself and predicts a CSV; it imports nothing of glassnet."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    model, _ = export_table("yes or no")
    gn.export(model, tmp_path / "yes_torch.safetensors", check=False)
    command = [sys.executable, "-W", "ignore", str(tmp_path / "yes_torch.py"), "--selftest"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("self-test passed\n", 0)


@pytest.mark.slow
def test_a_file_runs_where_glassnet_cannot_be_imported(tmp_path: Path) -> None:
    """export runs the file in a process of its own; the digest in the file is of its weights."""
    pytest.importorskip("torch", reason="PyTorch is not installed")
    report = gn.export(export_case("iris").model, tmp_path / "iris_torch.safetensors")
    assert report.failures == 0
    assert report.error is not None
    assert report.error < 2e-6
    assert report.ran_in.startswith("PyTorch ")
    text = (tmp_path / "iris_torch.py").read_text()
    assert "import glassnet" not in text

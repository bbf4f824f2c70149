"""ONNX files at length: all models of the tests, random networks, and onnxruntime in JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glassnet as gn
from export_models import ENSEMBLES, NETWORKS, export_case
from export_onnx import check_model, close, file_of, outputs_of, rounded, session_of, table_plan
from export_tables import ESTIMATORS, TABLES, export_table
from glassnet.exports.lowering.lowering import lower, model_rows, predictions
from glassnet.exports.plan import Affine
from glassnet.exports.proof import made_up_rows, take_rows
from glassnet.exports.referee import interpret
from glassnet.exports.targets.onnx_target.running import feed_of, run_feeds, self_test_feed

pytestmark = pytest.mark.slow
pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

SEEDS = range(5)
ACTIVATIONS = ("identity", "relu", "tanh", "sigmoid", "gelu", "silu", "mish", "elu", "selu", "softplus", "softmax")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [*NETWORKS, *ENSEMBLES])
def test_every_network(name: str, seed: int) -> None:
    """A file computes what the network predicts, and decides alike away from ties."""
    case = export_case(name, seed)
    plan = lower(case.model)
    check_model(case.model, plan, model_rows(case.model, plan, case.X))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [*TABLES, *ESTIMATORS])
def test_every_table_and_estimator(name: str, seed: int) -> None:
    """A file computes what the model predicts, and decides alike away from ties."""
    model, frame = export_table(name, seed)
    plan = lower(model)
    widest = max((step.W.shape[1] for step in plan.steps if isinstance(step, Affine)), default=0)
    slack = 1.5 if widest > 100 else 1.0  # onnxruntime adds the products of 256 units one after the other
    check_model(model, plan, model_rows(model, plan, frame), slack)


@st.composite
def networks(draw: st.DrawFn) -> gn.Network:
    """Draw a network of a few layers of any kind."""
    width, units = st.integers(1, 9), draw(st.integers(1, 5))
    layers: list[gn.Layer] = []
    makers: list[Any] = [
        lambda: gn.Dense(draw(width), draw(st.sampled_from(ACTIVATIONS))),
        lambda: gn.Dense(draw(width), gn.LeakyReLU(draw(st.floats(0.01, 0.9))), use_bias=draw(st.booleans())),
        gn.LayerNorm,
        gn.BatchNorm,
        gn.PReLU,
        gn.Scale,
        lambda: gn.NTKDense(draw(width)),
        lambda: gn.Parametric(draw(st.sampled_from(("relu", "selu", "mish", "tanh")))),
        lambda: gn.PeriodicEmbedding(draw(st.integers(1, 4)), draw(st.integers(2, 4))),
        lambda: gn.Concatenate([gn.Dense(draw(width)), gn.Identity()]),
        lambda: gn.Residual([gn.Dense(draw(width), "relu")], shortcut=gn.Dense(4)),
    ]
    for _ in range(draw(st.integers(0, 5))):
        made = draw(st.sampled_from(makers))()
        if isinstance(made, gn.Residual):
            made = gn.Residual([gn.Dense(4, "tanh")], shortcut=gn.Dense(4))
        layers.append(made)
        if isinstance(made, gn.PeriodicEmbedding):
            layers.append(gn.Flatten())
    loss = draw(st.sampled_from(("squared_error", "cross_entropy", "binary_cross_entropy")))
    layers.append(gn.Dense(max(units, 2) if loss == "cross_entropy" else units))
    return gn.Network(layers, loss=loss, seed=draw(st.integers(0, 99)), input_shape=(draw(st.integers(1, 6)),))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(networks())
def test_random_networks(net: gn.Network) -> None:
    """Any stack of layers computes the same in a file, in double precision to within what single precision loses."""
    plan = lower(net)
    X = rounded(plan, made_up_rows(plan, 50))
    found = outputs_of(session_of(file_of(plan, X)), plan, X)[0]
    wanted = predictions(net, plan, X)
    noise = float(np.abs(interpret(plan, X, np.float32) - wanted).max(initial=0.0))
    close(plan, found, wanted, slack=max(1.0, 4.0 * noise / (1e-6 if plan.answer.kind != "numbers" else 4e-6)))


# ---- in an old version ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def old_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of an environment with the oldest onnxruntime there is for Python 3.11."""
    folder = tmp_path_factory.mktemp("old")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin" / "python")
    command = [python, "-m", "pip", "install", "-q", "onnxruntime==1.15.0", "numpy<2"]
    if subprocess.run(command, capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("pip cannot install onnxruntime 1.15.0 here")
    return python


@pytest.mark.parametrize("name", ["table", *NETWORKS, *TABLES])
def test_an_old_onnxruntime(name: str, old_python: str, tmp_path: Path) -> None:
    """Files run in a version of 2023 as well."""
    if name == "table":
        plan = table_plan()
        rows = made_up_rows(plan, 50)
    else:
        model, data = export_case(name) if name in NETWORKS else export_table(name)
        plan = lower(model)
        rows = model_rows(model, plan, data)
    path = tmp_path / "model.onnx"
    path.write_bytes(file_of(plan, rows))
    own = rounded(plan, rows)
    ran = run_feeds(path, [feed_of(path, plan, own), self_test_feed(path).feed], old_python)
    assert ran.ran_in == "onnxruntime 1.15.0"
    wanted = interpret(plan, own)
    assert np.abs(ran.outputs[0] - wanted).max() < 4e-6 * max(1.0, np.abs(wanted).max())
    assert self_test_feed(path).failures(ran.outputs[1]) == 0


# ---- in JavaScript ---------------------------------------------------------------------------------------------------

SCRIPT = """
const ort = require("onnxruntime-web");
const fs = require("fs");
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";
(async () => {
  const found = [];
  for (const job of JSON.parse(fs.readFileSync("jobs.json"))) {
    const session = await ort.InferenceSession.create(new Uint8Array(fs.readFileSync(job.path)), {executionProviders: ["wasm"]});
    const feeds = Object.create(null);  // a column may be called __proto__
    for (const [name, type, dims, cells] of job.inputs) {
      const values = cells.map((cell) => (cell === null ? NaN : cell));
      const data = type === "string" ? values : type === "float32" ? Float32Array.from(values) : Float64Array.from(values);
      feeds[name] = new ort.Tensor(type, data, dims);
    }
    const outputs = await session.run(feeds);
    found.push(session.outputNames.map((name) => Array.from(outputs[name].data, (one) => typeof one === "bigint" ? Number(one) : one)));
  }
  fs.writeFileSync("found.json", JSON.stringify(found));
})().catch((error) => { console.error(error); process.exit(1); });
"""


@pytest.fixture(scope="module")
def web_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with onnxruntime-web installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("web")
    (folder / "package.json").write_text("{}")
    command = [npm, "install", "--no-audit", "--no-fund", "onnxruntime-web"]
    if subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False).returncode:
        pytest.skip("npm cannot install onnxruntime-web here")
    return folder


def test_onnxruntime_in_javascript(web_folder: Path) -> None:
    """The WebAssembly build of onnxruntime computes the same, text and labels included."""
    plans = [(table_plan(), made_up_rows(table_plan(), 40))]
    for name in ("iris", "binary", "realmlp", "tabm", "residual", "smooth", "quantiles", "population"):
        case = export_case(name)
        plan = lower(case.model)
        plans.append((plan, take_rows(model_rows(case.model, plan, case.X), np.arange(40))))
    for name in ("realmlp", "tabm", "plain numbers", "realmlp quantiles", "yes or no", "hostile", "pipe filled"):
        model, frame = export_table(name)
        plan = lower(model)
        plans.append((plan, model_rows(model, plan, frame)))
    jobs, wanted = [], []
    for i, (plan, rows) in enumerate(plans):
        own = rounded(plan, rows)
        if isinstance(own, dict):  # texts end at a zero in WebAssembly
            for field in plan.fields:
                if field.is_text:
                    own[field.name] = np.array([cell.replace("\0", "?") for cell in own[field.name]], dtype=object)
        content = file_of(plan, own)
        (web_folder / f"{i}.onnx").write_bytes(content)
        session = session_of(content)
        cells = [own[field.name][:, None] for field in plan.fields] if isinstance(own, dict) else [own]
        types = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(string)": "string"}
        inputs = [
            (
                one.name,
                types[one.type],
                array.shape,
                [None if cell != cell else cell for cell in array.ravel().tolist()],
            )
            for one, array in zip(session.get_inputs(), cells, strict=True)
        ]
        jobs.append({"path": f"{i}.onnx", "inputs": inputs})
        wanted.append((plan, interpret(plan, own), outputs_of(session, plan, own)))
    (web_folder / "jobs.json").write_text(json.dumps(jobs))
    (web_folder / "run.cjs").write_text(SCRIPT)
    ran = subprocess.run(["node", "run.cjs"], cwd=web_folder, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads((web_folder / "found.json").read_text())
    for outputs, (plan, expected, native) in zip(found, wanted, strict=True):
        size = np.maximum(1.0, np.abs(expected).max())
        assert np.abs(np.reshape(outputs[0], expected.shape) - expected).max() < 4e-6 * size
        if plan.answer.kind == "classes":
            own_type = native[1].astype(int) if native[1].dtype == bool else native[1]  # JavaScript gets 1 and 0
            labels = [str(label).split("\0")[0] for label in own_type.tolist()]
            assert np.mean([str(label) == own for label, own in zip(outputs[1], labels, strict=True)]) > 0.99

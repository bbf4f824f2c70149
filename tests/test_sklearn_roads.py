"""The roads by which scikit-learn's own tools take our estimators elsewhere: skl2onnx, skops, MLflow."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.datasets import load_diabetes, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from glassnet.exports import register_skl2onnx
from glassnet.sklearn import MLPClassifier, MLPRegressor

X, CODES = load_iris(return_X_y=True)
SPECIES = np.array(["setosa", "versicolor", "virginica"])[CODES]
D, PROGRESSION = load_diabetes(return_X_y=True)
FAST: dict[str, Any] = {"max_iter": 30, "random_state": 0, "diagnose": False}

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


PAGE = Path(__file__).parent.parent / "docs" / "guide" / "other-frameworks.md"


def classifiers() -> dict[str, Any]:
    """Return fitted classifiers, some of which scikit-learn's own class could not express."""
    return {
        "plain": MLPClassifier((6,), **FAST).fit(X, SPECIES),
        "beyond": MLPClassifier((6,), "gelu", normalization="batch", scale_inputs=True, **FAST).fit(X, CODES),
        "two": MLPClassifier((6,), **FAST).fit(X, CODES > 0),
        "pipeline": make_pipeline(StandardScaler(), MLPClassifier((6,), "mish", **FAST)).fit(X, SPECIES),
    }


def test_missing_skl2onnx_is_named_with_the_way_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is that of the other extras."""
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    with pytest.raises(gn.MissingExtraError) as caught:
        register_skl2onnx()
    assert str(caught.value) == (
        "register_skl2onnx: needs skl2onnx, which cannot be imported here. Run: pip install skl2onnx"
    )


def test_skops_takes_a_pipeline_whose_types_are_ours() -> None:
    """What a file asks to trust is glassnet and NumPy, and the pipeline comes back with its predictions."""
    io = pytest.importorskip("skops.io", reason="skops is not installed")
    pipeline = classifiers()["pipeline"]
    data = io.dumps(pipeline)
    asked = io.get_untrusted_types(data=data)
    assert all(name.startswith(("glassnet.", "numpy.")) for name in asked)
    back = io.loads(data, trusted=asked)
    np.testing.assert_array_equal(back.predict_proba(X), pipeline.predict_proba(X))


def _onnx(model: Any, rows: np.ndarray, **options: Any) -> list[np.ndarray]:
    """Return what ONNX Runtime makes of a model that skl2onnx converted, for rows."""
    skl2onnx = pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    runtime = pytest.importorskip("onnxruntime", reason="ONNX Runtime is not installed")
    converted = skl2onnx.to_onnx(model, rows[:1].astype(np.float32), **options)
    session = runtime.InferenceSession(converted.SerializeToString(), providers=["CPUExecutionProvider"])
    found: list[np.ndarray] = session.run(None, {"X": rows.astype(np.float32)})
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "beyond", "two", "pipeline"])
def test_skl2onnx_converts_classifiers(name: str) -> None:
    """Registered, our classes are converted on their own and in pipelines: labels are equal, probabilities to 1e-6."""
    pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    register_skl2onnx()
    model = classifiers()[name]
    labels, probabilities = _onnx(model, X, options={"zipmap": False})
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=1e-6)


@pytest.mark.slow
def test_skl2onnx_converts_regressors() -> None:
    """One target and several, with their scaling, are predicted to float32."""
    pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    register_skl2onnx()
    one = MLPRegressor(hidden_layer_sizes=(6,), activation="silu", loss="huber", scale_target=True, **FAST).fit(
        D, PROGRESSION
    )
    two = MLPRegressor(hidden_layer_sizes=(6,), **FAST).fit(D, np.stack([PROGRESSION, -PROGRESSION], axis=1))
    for model in (one, two, make_pipeline(StandardScaler(), one).fit(D, PROGRESSION)):
        (found,) = _onnx(model, D)
        wanted = model.predict(D).reshape(len(D), -1)
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-3)


@pytest.mark.slow
def test_skl2onnx_through_to_sklearn_and_old_opsets() -> None:
    """Without registration scikit-learn's own class is converted; with it, an opset below 18 is refused."""
    pytest.importorskip("skl2onnx", reason="skl2onnx is not installed")
    model = classifiers()["plain"]
    labels, probabilities = _onnx(model.to_sklearn(), X, options={"zipmap": False}, target_opset=15)
    np.testing.assert_array_equal(labels, model.predict(X))
    np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=1e-6)
    register_skl2onnx()
    with pytest.raises(gn.ConfigError, match="target_opset is 15; it must be 18 or higher"):
        _onnx(model, X, target_opset=15)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mlflow_saves_a_pipeline(tmp_path: Path) -> None:
    """MLflow writes it with skops, once the types are named, and loads it as a model of scikit-learn and of its own."""
    mlflow = pytest.importorskip("mlflow.sklearn", reason="MLflow is not installed")
    io = pytest.importorskip("skops.io", reason="skops is not installed")
    pytest.importorskip("pandas", reason="pandas, which MLflow needs, is not installed")
    pipeline = classifiers()["pipeline"]
    trusted = io.get_untrusted_types(data=io.dumps(pipeline))
    place = str(tmp_path / "model")
    mlflow.save_model(pipeline, place, skops_trusted_types=trusted, pip_requirements=["glassnet[sklearn]", "skops"])
    np.testing.assert_array_equal(mlflow.load_model(place).predict(X), pipeline.predict(X))
    pyfunc = pytest.importorskip("mlflow.pyfunc")
    np.testing.assert_array_equal(pyfunc.load_model(place).predict(X), pipeline.predict(X))


@pytest.mark.slow
def test_every_block_of_the_page_runs(tmp_path: Path) -> None:
    """The blocks that need a framework, and those that need none, run one after the other."""
    for package in ("torch", "keras", "h5py", "skl2onnx", "mlflow", "pandas", "skops"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    blocks = re.findall(r"```py(?:thon)?\n(.*?)```", PAGE.read_text(), re.DOTALL)
    environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", "\n".join(["import sys; sys.path.insert(0, '')", *blocks])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "cross_entropy" in done.stdout

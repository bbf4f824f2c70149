"""Write the fixture of the format version of today: what this version wrote must be readable for ever.

Usage, once for each new version: ``PYTHONPATH=src:tests python -m write_fixture``. The fixtures of versions that were
released are never written again.
"""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import numpy as np

import glassnet as gn
from glassnet.saving.model_file import FORMAT_VERSION
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.tabular.fitting import recipes
from hostile import BASES, DATA, Stumble
from tabular_cases import columns, labels, numbers


def main() -> None:
    """Write ``format_N.safetensors``, stopped within an epoch, and what it predicts."""
    path = DATA / f"format_{FORMAT_VERSION}.safetensors"
    if path.exists():
        message = f"write_fixture: the file must be new, got {path.name}. Raise FORMAT_VERSION first."
        raise SystemExit(message)
    branch = gn.Concatenate([gn.Identity(), [gn.Dense(3, "gelu").tuned(rate_factor=0.5), gn.LayerNorm()]])
    block = gn.Residual([gn.Dense(6, "silu", initializer="orthogonal"), gn.Dropout(0.1)])
    layers = [gn.Select([0, 2, 3]), branch, gn.BatchNorm(), block, gn.Parametric("tanh"), gn.PReLU(), gn.Dense(3)]
    rate = gn.Warmup(gn.ReduceOnPlateau(0.05, monitor="loss"), epochs=2)
    net = gn.Network(
        layers,
        loss="cross_entropy",
        optimizer=gn.RMSprop(rate, momentum=0.5, clip_norm=1.0, ema=0.9),
        seed=2,
        l2=0.001,
        max_norm=3.0,
    )
    net.metadata["note"] = {"made by": "glassnet 0.1.0, format 3"}
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((12, 4)), rng.integers(0, 3, 12)
    checkpoint = gn.Checkpoint(path, every_steps=1)
    try:
        net.fit(
            X, y, epochs=4, batch_size=4, validation_data=(X, y), checkpoint=checkpoint,
            early_stopping=gn.EarlyStopping(patience=5), callbacks=Stumble(8),
        )  # fmt: skip
    except InterruptedError:
        net = gn.load(path)
    assert net._run is not None
    begun = net._run.step > 0  # the next fit closes that epoch and goes on
    expected = {
        "predictions": net.predict(np.linspace(-2.0, 2.0, 20).reshape(5, 4)).tolist(),
        "metadata": net.metadata,
        "epochs": net._run.epoch + begun,
    }
    path.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n")
    perceptron()
    tables()
    calibrated_tables()
    own_formulas()


def own_formulas() -> None:
    """Write ``own_formulas_N.safetensors``, a network with activations that are formulas, and what it predicts."""
    path = DATA / f"own_formulas_{FORMAT_VERSION}.safetensors"
    silu = gn.Formula("Z / (1 + exp(-Z))", "s + A * (1 - s)", {"s": "sigmoid(Z)"}, "Z * sigmoid(Z)")
    bump = gn.CustomActivation(formula=gn.Formula("Z * exp(-Z**2)", "(1 - 2 * Z**2) * exp(-Z**2)"), name="bump")
    layers = [gn.Dense(4, gn.CustomActivation(formula=silu)), gn.Parametric(bump), gn.Dense(2)]
    net = gn.Network(layers, loss="squared_error", seed=3, dtype="float64", input_shape=3)
    net.save(path)
    X = np.linspace(-2.0, 2.0, 12).reshape(4, 3)
    expected = {"X": X.tolist(), "predictions": net.predict(X).tolist()}
    path.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n")


def tables() -> None:
    """Write ``table_RECIPE_N.safetensors``, small models of two recipes, and what they predict for some of the rows."""
    small: dict[str, Any] = {"_HIDDEN": 8, "_COPIES": 4, "_WIDTH": 8, "_BIN_DIM": 3, "_MOST_BINS": 5}
    options: dict[str, Any] = {"epochs": 4, "threads": 1, "random_state": 0}
    with patch.multiple(recipes, **small):
        regressor = TabularRegressor(n_ensemble=2, **options).fit(columns(), numbers())
        classifier = TabularClassifier("tabm-mini", **options).fit(columns(), labels())
    for name, model in (("realmlp", regressor), ("tabm-mini", classifier)):
        _write_table(f"table_{name}", model)


def calibrated_tables() -> None:
    """Write ``table_calibrated_N.safetensors`` and ``table_intervals_N.safetensors``, calibrated after training."""
    options: dict[str, Any] = {"epochs": 4, "threads": 1, "random_state": 0}
    with patch.multiple(recipes, _HIDDEN=8):
        _write_table("table_calibrated", TabularClassifier("fast", **options).fit(columns(), labels()))
        intervals = TabularRegressor("fast", quantiles=(0.1, 0.5, 0.9), **options)
        _write_table("table_intervals", intervals.fit(columns(), numbers()))


def _write_table(name: str, model: Any) -> None:
    """Write the model of a fitted estimator, and what it predicts for some of the rows."""
    path = DATA / f"{name}_{FORMAT_VERSION}.safetensors"
    model.save(path)
    answers = model.model_.answers(model.model_.encoder.transform(columns()))[:12]
    expected = {"answers": answers.tolist(), "predictions": model.predict(columns())[:12].tolist()}
    path.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n")


def perceptron() -> None:
    """Write ``perceptron_N.safetensors``, an estimator stopped early, and what it predicts."""
    path = DATA / f"perceptron_{FORMAT_VERSION}.safetensors"
    write, read = BASES["perceptron"]
    write(path)
    estimator = read(path)
    X = np.linspace(-2.0, 2.0, 20).reshape(5, 4)
    expected = {
        "probabilities": estimator.predict_proba(X).tolist(),
        "labels": estimator.predict(X).tolist(),
        "epochs": len(estimator.loss_curve_),
    }
    path.with_suffix(".json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()

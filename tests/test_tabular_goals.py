"""What tables are learned for: metrics, quantiles, a time; why they answer as they do; every recipe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sklearn", minversion="1.7")


import glassnet as gn
from glassnet.errors import ConfigError, TableWarning
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.timing import Pace
from tabular_cases import KINDS, SHORT, N, columns, labels, numbers


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    """Return both estimators, trained for long enough to have learned."""
    return {
        kind: cls(epochs=60, threads=1, random_state=0).fit(columns(), target())
        for kind, (cls, target) in KINDS.items()
    }


# ---- what it is judged by ----------------------------------------------------------------------------------------

METRICS = {
    "classifier": ["accuracy", "balanced_accuracy", "f1", "log_loss", "auc", "brier"],
    "regressor": ["rmse", "mae", "r2"],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "metric"), [(kind, metric) for kind, found in METRICS.items() for metric in found])
@pytest.mark.parametrize("recipe", ["realmlp", "tabm-mini"])
def test_the_metric_chooses_the_epoch(recipe: str, kind: str, metric: str) -> None:
    """The best epoch of the metric, of equal ones the last (of TabM's the first), is the network's; labels are smoothed by the recipe."""
    cls, target = KINDS[kind]
    y = target()
    valid = ({name: values[60:] for name, values in columns().items()}, y[60:])
    train = {name: values[:60] for name, values in columns().items()}
    epochs = 12 if recipe == "realmlp" else 4
    model = cls(recipe, metric=metric, calibrate=False, epochs=epochs, threads=1, random_state=0)
    model.fit(train, y[:60], validation_data=valid)
    history = model.history_[f"valid_{metric}"]
    best = min(history) if metric in ("log_loss", "brier", "rmse", "mae") else max(history)
    ties = [epoch for epoch, value in enumerate(history) if value == best]
    epoch = ties[-1] if recipe == "realmlp" else ties[0]
    network = model.network_
    truth = model.model_.target.transform(model._as_column("target", np.asarray(valid[1])))
    found = network.evaluate(model.model_.encoder.transform(valid[0]), truth, metrics=metric)
    assert found[metric] == pytest.approx(best, rel=1e-5)
    assert network._run.stopping.best_epoch.tolist() == [epoch + 1]
    loss = getattr(network.loss, "loss", network.loss)
    if kind == "classifier":
        assert loss.label_smoothing == (0.1 if recipe == "realmlp" else 0.0)
    else:
        assert type(loss) is (gn.AbsoluteError if metric == "mae" else gn.SquaredError)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.25])
def test_label_smoothing_can_be_chosen(recipe: str, smoothing: float) -> None:
    """Every recipe takes what was asked for, 0 included, with a metric of probabilities too."""
    model = TabularClassifier(recipe, metric="log_loss", label_smoothing=smoothing, **{**SHORT, "epochs": 1})
    loss = model.fit(columns(), labels()).network_.loss
    assert getattr(loss, "loss", loss).label_smoothing == smoothing


def test_label_smoothing_must_be_a_share() -> None:
    """Below 0, or 1 and above, is refused."""
    message = "TabularClassifier: label_smoothing is 1.0; it must be a finite number of at least 0 and below 1."
    with pytest.raises(ConfigError, match="^" + re.escape(message) + "$"):
        TabularClassifier(label_smoothing=1.0).fit(columns(), labels())


def test_mae_learns_medians() -> None:
    """With ``metric="mae"`` a skewed target is predicted near its median, otherwise near its mean."""
    rng = np.random.default_rng(0)
    X, y = {"x": rng.standard_normal(400)}, rng.exponential(size=400)
    options = {"recipe": "small", "epochs": 20, "threads": 1, "random_state": 0}
    medians, means = (TabularRegressor(**options, metric=metric).fit(X, y).predict(X) for metric in ("mae", "rmse"))
    assert abs(medians.mean() - np.median(y)) + 0.08 < abs(means.mean() - np.median(y))


# ---- quantiles ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES)
def test_quantiles(recipe: str) -> None:
    """Quantiles rise in every row; the interval is the outermost, the prediction the median."""
    model = TabularRegressor(recipe, quantiles=(0.1, 0.5, 0.8), **SHORT).fit(columns(), numbers())
    found = model.predict_quantiles(columns())
    assert (found.dtype, found.shape) == (np.float64, (N, 3))
    assert (np.diff(found, axis=1) >= 0).all()
    np.testing.assert_array_equal(model.predict_interval(columns()), found[:, [0, 2]])
    np.testing.assert_array_equal(model.predict(columns()), found[:, 1])
    assert "valid_pinball" in model.history_.columns


def test_intervals_cover() -> None:
    """Where the noise grows with x, so does the interval, and it holds about as many new rows as it should."""
    rng = np.random.default_rng(0)

    def rows(n: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        x = rng.uniform(0.0, 2.0, n)
        return {"x": x}, 3.0 * x + (0.1 + x) * rng.standard_normal(n)

    model = TabularRegressor(quantiles=(0.1, 0.5, 0.9), epochs=40, threads=1, random_state=0).fit(*rows(1500))
    X, y = rows(2000)
    low, high = model.predict_interval(X).T
    assert 0.65 < np.mean((low <= y) & (y <= high)) < 0.92
    near, far = ((high - low)[mask].mean() for mask in (X["x"] < 0.4, X["x"] > 1.6))
    assert far > 2.0 * near
    assert np.corrcoef(model.predict(X), 3.0 * X["x"])[0, 1] > 0.98


MIDDLES: dict[str, tuple[tuple[float, ...], list[int]]] = {
    "without a median": ((0.05, 0.95), [0, 1]),
    "nearer below": ((0.4, 0.7, 0.9), [0]),
    "one": ((0.9,), [0]),
    "two that are equally near": ((0.1, 0.4, 0.6, 0.8), [1, 2]),
}


@pytest.mark.parametrize("case", MIDDLES)
def test_the_prediction_from_quantiles(case: str, tmp_path: Path) -> None:
    """It is the quantile nearest to the median, or the mean of two; from a file too."""
    levels, middle = MIDDLES[case]
    model = TabularRegressor("small", quantiles=levels, **SHORT).fit(columns(), numbers())
    expected = model.predict_quantiles(columns())[:, middle].mean(axis=1)
    np.testing.assert_allclose(model.predict(columns()), expected, rtol=1e-6)
    model.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(
        TableModel.load(tmp_path / "model.safetensors").predict(columns()), model.predict(columns())
    )


BAD_QUANTILES: dict[str, tuple[dict[str, Any], str]] = {
    "falling": ({"quantiles": (0.9, 0.1)}, "Quantile: levels is [0.9, 0.1]; they must rise, and be at least one. Write levels=[0.1, 0.5, 0.9]."),
    "beyond 1": ({"quantiles": (0.5, 1.0)}, "Quantile: levels is 1.0; it must be a finite number above 0 and below 1."),
    "none": ({"quantiles": ()}, "Quantile: levels is []; they must rise, and be at least one. Write levels=[0.1, 0.5, 0.9]."),
    "with a metric": ({"quantiles": (0.1,), "metric": "mae"}, "TabularRegressor: metric is 'mae'; with quantiles, which have their own, it must be left out."),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_QUANTILES)
def test_quantiles_that_cannot_be(case: str) -> None:
    """Each is refused with one sentence."""
    options, message = BAD_QUANTILES[case]
    with pytest.raises(ConfigError, match="^" + re.escape(message) + "$"):
        TabularRegressor(**SHORT, **options).fit(columns(), numbers())


def test_quantiles_have_to_be_asked_for(fitted: dict[str, Any]) -> None:
    """Without ``quantiles`` there are none to predict."""
    message = "TabularRegressor.predict_quantiles: the estimator was made without quantiles; it must be made with them. Write quantiles=(0.05, 0.5, 0.95)."
    for method in ("predict_quantiles", "predict_interval"):
        with pytest.raises(ConfigError, match="^" + re.escape(message) + "$"):
            getattr(fitted["regressor"], method)(columns())


# ---- for how long ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("options", "networks"), [({}, 1), ({"n_ensemble": 2}, 2), ({"n_folds": 3}, 3)], ids=str)
def test_max_seconds_lowers_the_epochs(options: dict[str, Any], networks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many epochs as 95 % of the time are enough for, of all networks; at most as many as without a limit."""
    from glassnet.tabular.fitting import jobs as fitting

    X, y = {"x": np.arange(60.0) % 7}, np.arange(60.0) % 11
    found = []
    for seconds in (1e-3, 10.0):
        pace = Pace(seconds)
        monkeypatch.setattr(fitting, "measure_pace", lambda *args, pace=pace, **options: pace)
        model = TabularRegressor("small", epochs=30, max_seconds=1000.0, batch_size=10, threads=1, **options).fit(X, y)
        found.append(model.history_.epochs)
    # 48 or 40 rows to train on: 4 steps of 10 seconds in an epoch of each network.
    assert found == [30, pytest.approx(950.0 / (4 * 10.0 * networks), abs=1.0)]


def test_no_time_at_all() -> None:
    """With next to no time one epoch at most is trained, and the answers are finite."""
    for options in ({}, {"n_ensemble": 2}, {"n_folds": 2}):
        with pytest.warns(
            TableWarning,
            match="max_seconds=1e-09 was enough for (1 of 2 networks, )?1 of 256 epochs, 1 step: more time",
        ):
            model = TabularRegressor(max_seconds=1e-9, threads=1, random_state=0, **options).fit(columns(), numbers())
        assert model.history_.epochs <= 1
        assert np.isfinite(model.predict(columns())).all()


def test_epochs_and_batches() -> None:
    """``epochs`` and ``batch_size`` take the place of the recipe's; the history has a row for each epoch."""
    model = TabularClassifier(epochs=5, batch_size=20, threads=1, random_state=0).fit(columns(), labels())
    assert model.history_.epochs == 5
    assert model.network_._run.optimizer_state.t == 5 * (72 // 20)
    larger = TabularClassifier(epochs=5, batch_size=1000, threads=1, random_state=0).fit(columns(), labels())
    assert larger.network_._run.optimizer_state.t == 5
    assert larger.fit_seconds_ > 0


def test_tabm_ends_when_nothing_gets_better() -> None:
    """TabM has a patience of its own; RealMLP has all of its epochs."""
    rng = np.random.default_rng(0)
    X, y = {"x": rng.standard_normal(60)}, rng.integers(0, 2, 60)
    model = TabularClassifier("tabm-mini", epochs=60, threads=1, random_state=0).fit(X, y)
    assert model.history_.stop_reason == "early stopping"
    assert model.history_.epochs < 60


def test_a_progress_line(capsys: pytest.CaptureFixture[str]) -> None:
    """``verbose`` shows how training goes on; without it nothing is printed."""
    TabularClassifier(**SHORT).fit(columns(), labels())
    assert capsys.readouterr().err == ""
    TabularClassifier(**SHORT, verbose=True).fit(columns(), labels())
    assert "epoch" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")
def test_numbers_stay_within_training() -> None:
    """RealMLP's numbers stay within those of training, far outside too, also from a file; the others' need not."""
    X, y = {"x": np.linspace(-1.0, 1.0, N)}, np.linspace(-5.0, 5.0, N)
    far = {"x": [-1e6, -2.0, 2.0, 1e6]}
    model = TabularRegressor(epochs=40, threads=1, random_state=0).fit(X, y)
    assert np.abs(model.predict(far)).max() <= 5.0
    assert model.model_.target.clip
    assert not TabularRegressor("small", **SHORT).fit(X, y).model_.target.clip


# ---- why ---------------------------------------------------------------------------------------------------------


WHYS: dict[str, dict[str, Any]] = {
    "realmlp": {},
    "small": {"recipe": "small"},
    "tabm-mini": {"recipe": "tabm-mini"},
    "ensemble": {"recipe": "small", "n_ensemble": 2},
    "folds": {"n_folds": 2},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", WHYS)
def test_why(case: str, kind: str) -> None:
    """Contributions of the columns sum to the answer less the base, for every recipe, ensemble and fold."""
    cls, target = KINDS[kind]
    model = cls(**{**SHORT, "epochs": 20 if "tabm" not in case else 4}, **WHYS[case]).fit(columns(), target())
    frame = pd.DataFrame(columns())
    few = frame[: 1 if "tabm" in case else 2]
    for background in (None, frame[20:30]):
        found = model.why(few, background)
        answer = model.predict_proba(few).max(axis=1) if kind == "classifier" else model.predict(few)
        for i, why in enumerate(found):
            assert why.answer == pytest.approx(answer[i], abs=1e-4)
            assert sum(reason.contribution for reason in why.reasons) == pytest.approx(why.answer - why.base, abs=1e-3)
            assert {reason.column for reason in why.reasons} == set(columns())
            if kind == "classifier":
                assert why.prediction == str(model.predict(few)[i])
        if background is None:
            assert found[0].beside == "typical training rows have"
        else:
            assert found[0].beside == "the average over 10 rows is"
            if kind == "regressor":
                assert found[0].base == pytest.approx(model.predict(background).mean(), rel=1e-4)


def test_why_of_quantiles_and_of_what_a_model_knows() -> None:
    """Of quantiles the prediction is explained, and a column that decides everything has nearly all of it."""
    rng = np.random.default_rng(0)
    X = {
        "x": rng.standard_normal(300),
        "noise": rng.standard_normal(300),
        "t": [f"t{i}" for i in rng.integers(0, 12, 300)],
    }
    y = 5.0 * X["x"]
    model = TabularRegressor(quantiles=(0.1, 0.9), epochs=60, threads=1, random_state=0).fit(X, y)
    rows = {name: values[:4] for name, values in X.items()}
    for why, predicted in zip(model.why(rows, X), model.predict(rows), strict=True):
        assert why.answer == pytest.approx(predicted, abs=1e-5)
        assert why.reasons[0].column == "x"
    found = model.importance(X, y, metric="pinball", repeats=2)
    assert found.ranking[0] == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", WHYS)
def test_importance(case: str, kind: str) -> None:
    """Columns are shuffled one by one, for every recipe, ensemble and fold."""
    cls, target = KINDS[kind]
    model = cls(**SHORT, **WHYS[case]).fit(columns(), target())
    found = model.importance(pd.DataFrame(columns()), target(), repeats=1)
    assert found.names == list(columns())
    assert np.isfinite(found.mean).all()


def test_importance_finds_what_counts(fitted: dict[str, Any]) -> None:
    """The column that the labels follow from is the most important."""
    for kind, (_, target) in KINDS.items():
        found = fitted[kind].importance(columns(), target())
        assert found.names[found.ranking[0]] == "size"


# ---- all recipes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe(recipe: str, kind: str, tmp_path: Path) -> None:
    """Each learns from every kind of column, and its file gives the same answers."""
    cls, target = KINDS[kind]
    model = cls(recipe, epochs=8 if "tabm" in recipe else 60, threads=1, random_state=0).fit(columns(), target())
    assert model.score(columns(), target()) > (0.5 if kind == "regressor" else 0.75)
    assert model.model_.encoder.scaling == RECIPES[recipe].coding["scaling"]
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(columns()), model.predict(columns()))

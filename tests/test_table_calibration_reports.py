"""What is reported of a calibration is what the model's answers do, and it goes when they change."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

from glassnet.errors import ConfigError, DataError, FormatError
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from glassnet.tabular.calibration.reliability import Bin
from glassnet.tabular.calibration.result import CalibratedProbabilities, CalibratedQuantiles

FAST: dict[str, Any] = {"epochs": 3, "threads": 1, "random_state": 0, "diagnose": False}
MANY = (0.05, 0.25, 0.5, 0.75, 0.95)


def numbers(kind: str, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Return features, and targets of a kind."""
    rng = np.random.default_rng(0)
    X, noise = rng.standard_normal((n, 3)), rng.standard_normal(n)
    if kind == "tails":
        return X, np.exp(3.0 * noise)
    return X, np.round(np.maximum(2.0 * X[:, 0] + noise, 0.0)) if kind == "counts" else X[:, 0] + noise


def shares(y: np.ndarray, Q: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """Return the shares below quantiles, or for levels of at least 0.5 at most as large."""
    high = np.array(levels) >= 0.5
    return np.asarray(np.where(high, y[:, None] <= Q, y[:, None] < Q).mean(axis=0))


# ---- quantiles -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["normal", "tails", "counts"])
@pytest.mark.parametrize("how", [{}, {"n_ensemble": 2}, {"recipe": "tabm-mini", "epochs": 1}])
def test_reported_shares_are_those_of_the_answers(how: dict[str, Any], kind: str) -> None:
    """After so few epochs quantiles cross; the shares on the held-out rows are exactly those that are predicted."""
    X, y = numbers(kind)
    held = X[120:], y[120:]
    made = {**FAST, **how, "quantiles": MANY}
    model, plain = (
        TabularRegressor(**made, calibrate=on).fit(X[:120], y[:120], validation_data=held) for on in (True, False)
    )
    found = model.calibration_
    assert isinstance(found, CalibratedQuantiles)
    np.testing.assert_allclose(found.below, shares(held[1], model.predict_quantiles(X[120:]), MANY), atol=1e-12)
    np.testing.assert_allclose(found.below_before, shares(held[1], plain.predict_quantiles(X[120:]), MANY), atol=1e-12)
    low, high = model.predict_interval(X[120:]).T
    inside = ((low <= held[1]) & (held[1] <= high)).mean()
    assert inside == pytest.approx(found.below[-1] - found.below[0])
    assert inside >= 0.85


def test_quantiles_reach_held_out_rows_beyond_the_range_of_training() -> None:
    """A clip to the range of training alone would keep every interval below the rows that moved it."""
    X, y = numbers("normal")
    y = y + 10.0 * (np.arange(200) >= 150)
    model = TabularRegressor(**FAST, quantiles=(0.05, 0.95)).fit(X[:150], y[:150], validation_data=(X[150:], y[150:]))
    low, high = model.predict_interval(X[150:]).T
    assert ((low <= y[150:]) & (y[150:] <= high)).mean() >= 0.9
    mean = TabularRegressor(**FAST).fit(X[:150], y[:150], validation_data=(X[150:], y[150:]))
    assert mean.model_.target.scale.high == y[:150].max()


# ---- after the fit -------------------------------------------------------------------------------------------------


def classes(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return features, and labels that follow from them often."""
    X, y = numbers("normal", n)
    return X, np.where(y > 0.0, "yes", "no")


@pytest.mark.parametrize("quantiles", [False, True])
def test_a_training_that_goes_on_ends_what_was_reported(quantiles: bool, tmp_path: Path) -> None:
    """The layer is as new, and no report, file or estimator claims otherwise; until then the file has the record."""
    X, y = numbers("normal", 60) if quantiles else classes()
    made = TabularRegressor(**FAST, quantiles=(0.1, 0.9)) if quantiles else TabularClassifier(**FAST)
    model = made.fit(X, y).model_
    model.save(tmp_path / "before.safetensors")
    assert str(TableModel.load(tmp_path / "before.safetensors").calibration) == str(model.calibration)
    frame = dict(zip(model.encoder.column_names, X.T, strict=True))
    model.network.fit(model.encoder.transform(frame), model.target.transform(y), epochs=1, diagnose=False)
    assert model.calibration is None
    assert made.calibration_ is None
    for name, save in (("model", model.save), ("network", model.network.save)):
        save(tmp_path / f"{name}.safetensors")
        assert TableModel.load(tmp_path / f"{name}.safetensors").calibration is None


def test_a_damaged_record_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """The file is named once."""
    X, y = classes()
    model = TabularClassifier(**FAST).fit(X, y).model_
    model._note_encoders()
    model.network.metadata["table"]["calibration"]["n_rows"] = -1
    path = tmp_path / "model.safetensors"
    model.network.save(path)
    with pytest.raises(FormatError) as info:
        TableModel.load(path)
    must = "'calibration': 'n_rows' is -1; it must be a whole number of at least 0."
    assert str(info.value) == f"TableModel.load({str(path)!r}): {must}"


# ---- metrics that are not defined ----------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["auc", "f1"])
def test_one_class_cannot_choose_the_epoch(metric: str) -> None:
    """It is said before anything is trained, for validation rows, for folds; F1 of the second class is defined."""
    X, y = classes()
    name = {"auc": "the AUC", "f1": "F1"}[metric]
    model, no = TabularClassifier(**FAST, metric=metric), y == "no"
    must = (
        f"^fit: validation rows are {no.sum()} rows of 'no' alone; for {name} to choose the epoch, they must hold more"
    )
    with pytest.raises(DataError, match=f"{must} than one class. Take another metric, or other validation rows.$"):
        model.fit(X, y, validation_data=(X[no], y[no]))
    yes = X[~no], y[~no]
    if metric == "auc":
        with pytest.raises(DataError, match="rows of 'yes' alone"):
            model.fit(X, y, validation_data=yes)
    else:
        assert np.isfinite(model.fit(X, y, validation_data=yes).history_["valid_f1"]).all()
    rest = np.arange(20, 40)
    cv = [(rest, np.setdiff1d(np.flatnonzero(no), rest)), (rest, np.arange(40, 60))]
    with pytest.raises(DataError, match=r"alone in fold 1 of 2; .*\. Take another metric, or fewer"):
        TabularClassifier(**FAST, metric=metric, cv=cv).fit(X, y)


def test_one_value_cannot_choose_the_epoch() -> None:
    """R² compares with the variance."""
    X, y = numbers("normal", 60)
    with pytest.raises(
        DataError,
        match="validation rows are 9 rows of one value; for R² to choose the epoch, they must hold more than one",
    ):
        TabularRegressor(**FAST, metric="r2").fit(X, y, validation_data=(X[:9], np.zeros(9)))


def test_history_of_no_numbers_does_not_lose_the_model() -> None:
    """What JSON cannot hold is null in the notes of a file."""
    from glassnet.cli.training.train_result import _short

    assert _short([0.123456, float("nan"), float("inf")]) == [0.12346, None, None]


# ---- what is said --------------------------------------------------------------------------------------------------


def test_weighed_probabilities_are_reported_as_such(tmp_path: Path) -> None:
    """The measure with weights stands beside that without them: it says which is which, and files keep it."""
    from glassnet.cli.output.report_parts import calibration_lines
    from glassnet.reports.calibration_facts import fitted_calibration

    X, y = classes()
    model = TabularClassifier(**FAST, class_weight={"yes": 5.0}).fit(X, y).model_
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    said = [calibration_lines(fitted_calibration(one), {"error": 0.25}, "test")[0][1] for one in (model, loaded)]
    assert said[0] == said[1]
    assert "fitted on 12 held-out rows, classes weighed; calibration error with these weights" in said[0]
    assert said[0].endswith("; on the test rows as they are 0.250")
    assert "weighed" not in str(TabularClassifier(**FAST).fit(X, y).calibration_)
    assert fitted_calibration(model) == fitted_calibration(loaded)


def test_numbers_of_rows_in_words() -> None:
    """One is a row."""
    one = CalibratedProbabilities(1, 1.5, (0.5, 0.4), *[(Bin(0.5, 0.5, 1.0),)] * 2)
    assert str(CalibratedQuantiles(1, (0.5,), (0.0,))) == "quantiles: not calibrated, 1 row was held out"
    assert "fitted on 1 held-out row;" in str(one)


@pytest.mark.parametrize("cv", ["x", b"ab", 3.0])
def test_cv_of_another_kind_is_refused(cv: Any) -> None:
    """Text has a method split, which is none of rows."""
    with pytest.raises(ConfigError, match=r"^TabularClassifier.fit: cv is .*; it must be a splitter such as"):
        TabularClassifier(**FAST, cv=cv).fit(*classes())


def test_weights_beyond_bounds_are_refused() -> None:
    """In the words of what was given, and without warnings of NumPy."""
    X, y = classes()
    yes, weight = y == "yes", 1e300 * np.linspace(1.0, 2.0, len(y))
    with pytest.raises(
        DataError, match=r"^fit: class_weight is 0 for all of \d+ rows; it must leave some of the rows "
    ):
        TabularClassifier(**FAST, class_weight={"yes": 0.0}).fit(X, y, validation_data=(X[yes], y[yes]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=r"^fit: class_weight is 1e\+300; it must not exceed 3.4e\+38"):
            TabularClassifier(**FAST, class_weight={"yes": 1e300}).fit(X, y)
        with pytest.raises(
            DataError, match=r"^fit: class_weight times sample_weight is .*; it must not exceed 3.4e\+38"
        ):
            TabularClassifier(**FAST, class_weight={"yes": 1e300}).fit(X, y, sample_weight=weight)


def test_show_tells_the_temperature(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As text, and in the words of JSON."""
    from glassnet.cli.commands.show_command import run_show

    model = TabularClassifier(**FAST).fit(*classes())
    path = str(tmp_path / "model.safetensors")
    model.save(path)
    run_show(path, as_json=True)
    found = json.loads(capsys.readouterr().out)["calibration"]
    assert found["temperature"] == pytest.approx(model.calibration_.temperature, rel=1e-5)
    run_show(path, as_json=False)
    assert f"temperature {model.calibration_.temperature:.2f} fitted on" in capsys.readouterr().out


def test_the_playground_names_what_makes_several_networks() -> None:
    """Not the argument of another class."""
    doors = pytest.importorskip("glassnet.playground.doors")
    X, y = classes()
    model = TabularClassifier(**FAST, n_ensemble=2).fit(X, y).model_
    frame = {**dict(zip(model.encoder.column_names, X.T, strict=True)), "target": y}
    with pytest.raises(
        ConfigError,
        match=r"the network has 2 members; one network is shown\. Train one network, without n_ensemble, n_folds or",
    ):
        doors.experiment_with_model(model, frame)

"""Calibrated probabilities and quantiles: the temperature, the shifts, what training and files know of them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn", minversion="1.7")

import glassnet as gn
from glassnet.errors import ConfigError, FormatError
from glassnet.tabular import TableModel, TabularClassifier, TabularRegressor
from glassnet.tabular.calibration.calibrating import HeldOut, calibrate
from glassnet.tabular.calibration.conformal import fit_shifts
from glassnet.tabular.calibration.reliability import calibration_error, reliability_bins
from glassnet.tabular.calibration.result import CalibratedProbabilities, CalibratedQuantiles, read_calibration
from glassnet.tabular.calibration.temperature import HeldOutLogits, fit_temperature, log_probabilities
from glassnet.tabular.fitting.recipes import RECIPES

FAST: dict[str, Any] = {"epochs": 6, "threads": 1, "random_state": 0, "diagnose": False}


def drawn(n: int, temperature: float, seed: int = 0, k: int = 3, m: int = 1) -> HeldOutLogits:
    """Return logits that are too large by a factor, and classes drawn from what they would say without it."""
    rng = np.random.default_rng(seed)
    Z = 1.5 * rng.standard_normal((m, n, k))
    P = np.exp(log_probabilities(Z))
    codes = (P.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return HeldOutLogits(temperature * Z, codes)


def rows(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features, and classes that follow from them often."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, 3))
    return X, np.array(["no", "yes"])[(X[:, 0] + X[:, 1] * X[:, 2] + rng.standard_normal(n) > 0).astype(int)]


# ---- the temperature -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("members", [1, 4])
@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_is_found(temperature: float, members: int) -> None:
    """With many rows it is the factor by which logits are too large, of the mean of several networks too."""
    assert fit_temperature([drawn(20_000, temperature, m=members)]) == pytest.approx(temperature, rel=0.05)


def test_the_temperature_is_where_the_sum_is_lowest() -> None:
    """It is the lowest of a fine grid of the formula, written out here, with weights and several parts."""
    parts = [drawn(60, 2.0, 1), drawn(30, 2.0, 2, m=3)._replace(weight=np.linspace(0.0, 3.0, 30))]

    def cost(log_t: float) -> float:
        total = log_t**2 / (2 * 0.4**2)
        for Z, codes, weight in parts:
            exps = np.exp(Z / math.exp(log_t))
            p = (exps / exps.sum(axis=-1, keepdims=True)).mean(axis=0)[np.arange(len(codes)), codes]
            total -= float(np.log(p) @ (np.ones(len(codes)) if weight is None else weight))
        return total

    grid = np.linspace(-2.0, 2.0, 4001)
    assert math.log(fit_temperature(parts)) == pytest.approx(min(grid, key=cost), abs=2e-3)


def test_few_rows_hardly_move_the_temperature() -> None:
    """The fewer rows, the nearer to 1; without rows, and with a single class, it is 1."""
    found = [fit_temperature([drawn(n, 4.0)]) for n in (4, 40, 4000)]
    assert 1.0 < found[0] < found[1] < found[2]
    assert found[0] < 2.0 < 3.5 < found[2]
    assert fit_temperature([]) == fit_temperature([HeldOutLogits(np.zeros((1, 5, 1)), np.zeros(5, dtype=int))]) == 1.0


def test_weights_are_numbers_of_rows() -> None:
    """A row of weight 2 counts as two rows, one of weight 0 as none."""
    part = drawn(50, 2.0)
    weight = np.random.default_rng(3).integers(0, 4, 50).astype(float)
    copies = np.repeat(np.arange(50), weight.astype(int))
    repeated = HeldOutLogits(part.Z[:, copies], part.codes[copies])
    assert fit_temperature([part._replace(weight=weight)]) == pytest.approx(fit_temperature([repeated]), rel=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e4, 1e30])
@pytest.mark.parametrize("right", [True, False])
def test_extremes(size: float, right: bool) -> None:
    """All right or all wrong, by next to nothing or by far: the temperature stays finite and between its bounds."""
    codes = np.random.default_rng(0).integers(0, 3, 500)
    Z = size * np.eye(3)[codes if right else (codes + 1) % 3][None]
    found = fit_temperature([HeldOutLogits(Z, codes)])
    assert math.exp(-3.5) < found < math.exp(3.5)
    if size == 1.0:
        assert (found < 1.0) == right


# ---- shifts of quantiles -------------------------------------------------------------------------------------------


def test_shifts_are_ranks() -> None:
    """Upper levels take the rank ceil((n + 1) q), lower ones the same from above; too few rows take the last."""
    rng = np.random.default_rng(0)
    residuals = np.sort(rng.standard_normal(99))
    shifts = fit_shifts(np.stack([residuals] * 3, axis=1), (0.05, 0.5, 0.95))
    np.testing.assert_array_equal(shifts, [residuals[99 - 95], residuals[49], residuals[94]])
    few = fit_shifts(np.arange(5.0)[:, None] * np.ones(2), (0.01, 0.99))
    np.testing.assert_array_equal(few, [0.0, 4.0])
    weight = rng.integers(0, 4, 99)
    twice = np.repeat(residuals, weight)
    counted = fit_shifts(residuals[:, None], (0.9,), weight)
    np.testing.assert_array_equal(counted, fit_shifts(twice[:, None], (0.9,)))


def test_moved_quantiles_cover() -> None:
    """Intervals from held-out rows hold at least their share of new rows, over many draws."""
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(200):
        held, new = rng.standard_normal(50), rng.standard_normal(200)
        low, high = fit_shifts(np.stack([held, held], axis=1), (0.05, 0.95))
        covered.append(np.mean((new >= low) & (new <= high)))
    assert 0.90 < np.mean(covered) < 0.94


# ---- fits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{}, {"n_ensemble": 2}, {"n_folds": 3}, {"recipe": "tabm-mini", "epochs": 2}])
def test_fits_are_calibrated(how: dict[str, Any]) -> None:
    """The layer divides by the temperature; labels are those of a fit without it, whose weights have the same bits."""
    n = 60 if "recipe" in how else 300
    X, y = rows(n)
    model, plain = (TabularClassifier(**{**FAST, **how}, calibrate=on).fit(X, y) for on in (True, False))
    found = model.calibration_
    assert isinstance(found, CalibratedProbabilities)
    assert found.n_rows == (n if "n_folds" in how else n // 5)
    assert plain.calibration_ is None
    assert not isinstance(plain.network_.layers[-1], gn.Calibration)
    np.testing.assert_array_equal(model.network_.params, plain.network_.params)
    np.testing.assert_allclose(model.network_.layers[-1].scale, 1.0 / found.temperature, rtol=1e-6)
    assert found.temperature != 1.0
    assert found.log_loss[1] < found.log_loss[0]
    if "n_ensemble" not in how and "n_folds" not in how and "recipe" not in how:
        np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert plain.history_["valid_accuracy"] == model.history_["valid_accuracy"]


@pytest.mark.parametrize("how", [{}, {"n_folds": 3}, {"recipe": "tabm-mini", "epochs": 2}])
def test_quantiles_are_moved(how: dict[str, Any]) -> None:
    """What a fit predicts differs by the shifts from what it predicts without; quantiles stay ascending."""
    n = 60 if "recipe" in how else 200
    X, _ = rows(n)
    y = X[:, 0] + np.random.default_rng(1).standard_normal(n)
    made = {**FAST, **how, "quantiles": (0.1, 0.5, 0.9)}
    model, plain = (TabularRegressor(**made, calibrate=on).fit(X, y) for on in (True, False))
    found = model.calibration_
    assert isinstance(found, CalibratedQuantiles)
    np.testing.assert_allclose(np.array(found.below)[[0, 2]], [0.1, 0.9], atol=0.1)
    quantiles = model.predict_quantiles(X)
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    np.testing.assert_array_equal(model.network_.params, plain.network_.params)
    assert np.abs(quantiles - plain.predict_quantiles(X)).max() > 1e-3


def test_intervals_contain_the_ends_of_the_range() -> None:
    """Counts, most of them 0: an interval from the least value holds it, where rounding could leave it just outside."""
    X, _ = rows(400)
    y = np.maximum(np.round(4.0 * X[:, 0] + np.random.default_rng(1).standard_normal(400)), 0.0) / 3.0 + 0.1
    model = TabularRegressor(**{**FAST, "epochs": 20}, quantiles=(0.05, 0.95)).fit(X[:300], y[:300])
    low, high = model.predict_interval(X[300:]).T
    assert (low == y.min()).mean() > 0.2
    assert ((low <= y[300:]) & (y[300:] <= high)).mean() > 0.8


def test_means_of_folds_are_sharper() -> None:
    """The temperature of folds is that of their pooled answers times 0.8 ** (1 / m - 1 / M); of one division it is as fitted."""
    rng = np.random.default_rng(0)
    nets = [gn.Network([gn.Dense(2), gn.Calibration()], loss="cross_entropy", seed=i, input_shape=3) for i in range(4)]
    X, y = rng.standard_normal((80, 3)).astype("float32"), rng.integers(0, 2, 80)
    logits = np.stack([net.forward(X) for net in nets])
    pairs = [HeldOut(nets[:2], X[:40], y[:40], None), HeldOut(nets[2:], X[40:], y[40:], None)]
    pooled = [HeldOutLogits(logits[:2, :40], y[:40]), HeldOutLogits(logits[2:, 40:], y[40:])]
    expected = fit_temperature(pooled) * 0.8 ** (1 / 2 - 1 / 4)
    found = calibrate(nets, pairs)
    assert isinstance(found, CalibratedProbabilities)
    assert found.temperature == pytest.approx(expected)
    np.testing.assert_allclose([net.layers[-1].scale for net in nets], 1.0 / expected, rtol=1e-6)
    for net in nets:
        net.layers[-1].scale.fill(1.0)
    together = calibrate(nets, [HeldOut(nets, X, y, None)])
    assert isinstance(together, CalibratedProbabilities)
    assert together.temperature == pytest.approx(fit_temperature([HeldOutLogits(logits, y)]))


def test_means_have_nothing_to_calibrate() -> None:
    """A regression of means ends with its layer of units, and has no calibration."""
    X, _ = rows(60)
    model = TabularRegressor(**FAST).fit(X, X[:, 0])
    assert type(model.network_.layers[-1]) is gn.NTKDense
    assert model.calibration_ is None


def test_without_held_out_rows_nothing_changes() -> None:
    """Fewer than ten rows hold out none: the temperature is 1."""
    X, y = rows(8)
    model = TabularClassifier(**FAST).fit(X, y)
    assert model.calibration_ == CalibratedProbabilities(0)
    assert str(model.calibration_) == "probabilities: not calibrated, no rows were held out"
    np.testing.assert_array_equal(model.network_.layers[-1].scale, 1.0)
    few = TabularRegressor(**FAST, quantiles=(0.1, 0.9)).fit(*rows(20)[:1], np.arange(20.0))
    assert str(few.calibration_) == "quantiles: not calibrated, 4 rows were held out"


def test_weights_of_classes_count() -> None:
    """A class of a large weight is likelier than without; the temperature is fitted on the same weights."""
    X, y = rows()
    found = [TabularClassifier(**FAST, class_weight=weight).fit(X, y).calibration_ for weight in (None, {"yes": 9.0})]
    assert found[0].temperature != found[1].temperature


def test_calibrate_must_be_a_flag() -> None:
    """Anything else is refused."""
    with pytest.raises(ConfigError, match=r"^TabularClassifier: calibrate is 'yes'; it must be True or False\."):
        TabularClassifier(calibrate="yes").fit(*rows(20))  # type: ignore[arg-type]


def test_calibration_helps_on_new_rows() -> None:
    """A network made unsure by strong smoothing has a lower log loss on rows that it never saw."""
    X, y = rows(600)
    new, truth = rows(2000, seed=1)
    losses = []
    for on in (True, False):
        model = TabularClassifier("small", **{**FAST, "epochs": 15}, label_smoothing=0.6, calibrate=on).fit(X, y)
        P = model.predict_proba(new)
        losses.append(-np.log(P[np.arange(2000), (truth == "yes").astype(int)]).mean())
    assert losses[0] < 0.95 * losses[1]


# ---- training that goes on -----------------------------------------------------------------------------------------


def test_training_that_goes_on_starts_without_calibration() -> None:
    """Calibrated between two calls of fit or not: weights and histories have the same bits, and the layer is as new."""
    X, y = rows(60)
    codes = (y == "yes").astype(int)

    def trained(scale: float) -> gn.Network:
        layers = [gn.Dense(5, "tanh"), gn.Dense(2), gn.Calibration()]
        net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
        data: dict[str, Any] = {"validation_data": (X[:20], codes[:20]), "diagnose": False}
        net.fit(X, codes, epochs=3, **data)
        net.layers[-1].scale[...], net.layers[-1].shift[...] = scale, scale - 1.0
        net.fit(X, codes, epochs=3, **data)
        return net

    calibrated, plain = trained(0.25), trained(1.0)
    np.testing.assert_array_equal(calibrated.params, plain.params)
    np.testing.assert_array_equal(calibrated.stats, plain.stats)
    np.testing.assert_array_equal(calibrated.layers[-1].scale, 1.0)
    assert calibrated.history["valid_loss"] == plain.history["valid_loss"]


def test_frozen_calibration_stays() -> None:
    """A layer that is not trainable is applied in training too, and keeps its numbers."""
    net = gn.Network(
        [gn.Dense(2), gn.Calibration().tuned(trainable=False)], loss="cross_entropy", seed=0, input_shape=3
    )
    net.layers[-1].scale[...] = 0.5
    X, y = rows(40)
    net.fit(X, (y == "yes").astype(int), epochs=2, diagnose=False)
    np.testing.assert_array_equal(net.layers[-1].scale, 0.5)


# ---- files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", ["realmlp", "tabm-mini"])
def test_files_keep_the_calibration(recipe: str, tmp_path: Path) -> None:
    """Probabilities and what reports show are the same from a file."""
    X, y = rows(60)
    model = TabularClassifier(recipe, **{**FAST, "epochs": 2}).fit(X, y)
    model.save(tmp_path / "model.safetensors")
    loaded = TableModel.load(tmp_path / "model.safetensors")
    assert str(loaded.calibration) == str(model.calibration_)
    assert loaded.calibration.config() == model.calibration_.config()
    frame = dict(zip(loaded.encoder.column_names, X.T, strict=True))
    np.testing.assert_array_equal(loaded.predict_proba(frame), model.model_.predict_proba(frame))


GOOD: dict[str, Any] = CalibratedProbabilities(
    9, 1.5, (0.5, 0.4), *[reliability_bins(np.full((9, 2), 0.5), np.zeros(9, dtype=int))] * 2
).config()


@pytest.mark.parametrize(
    ("change", "must"),
    [
        ({"temperature": 0.0}, "'temperature' is 0.0; it must be a finite number above 0"),
        ({"temperature": None}, "'temperature' is None; it must be a finite number above 0"),
        ({"kind": "dice"}, "'kind' is 'dice'; it must be one of"),
        ({"n_rows": -1}, "'n_rows' is -1; it must be a whole number of at least 0"),
        ({"log_loss": [0.5]}, "'log_loss' is [0.5]; it must be two numbers of at least 0"),
        ({"log_loss": "ab"}, "'log_loss' is 'ab'; it must be a list of up to 1000 numbers"),
        ({"log_loss": [-0.5, 0.5]}, "'log_loss' is [-0.5, 0.5]; it must be two numbers of at least 0"),
        ({"bins": [[0.9, 0.5, 1.5]]}, "'bins' is [[0.9, 0.5, 1.5]]; it must be bins of three numbers from 0 to 1"),
        ({"bins": [[0.9, 0.5, 0.5]]}, "'bins' is [[0.9, 0.5, 0.5]]; it must be bins whose shares add up to 1"),
        ({"bins_before": []}, "'bins_before' is []; it must be a list of 1 to 1000 bins"),
        ({"bins": [[0.5, 0.5]]}, "'bins' is [[0.5, 0.5]]; it must be bins of three numbers"),
        ({"bins": [0.5]}, "'bins' is 0.5; it must be a list of up to 1000 numbers"),
        ({"bins": 7}, "'bins' is 7; it must be a list of 1 to 1000 bins"),
    ],
)
def test_damaged_entries_are_refused(change: dict[str, Any], must: str) -> None:
    """Each in one sentence that names the entry."""
    assert read_calibration("load", json.loads(json.dumps(GOOD))) is not None
    assert read_calibration("load", None) is None
    with pytest.raises(FormatError) as info:
        read_calibration("load", {**GOOD, **change})
    assert str(info.value).startswith(f"load: 'calibration': {must}")


QUANTILES: dict[str, Any] = {
    "kind": "quantiles", "n_rows": 30, "levels": [0.1, 0.9], "shifts": [0.0, 0.0], "below_before": [0.2, 0.8],
    "below": [0.1, 0.9],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "must"),
    [
        ({"levels": []}, "'levels' is []; it must be rising numbers between 0 and 1"),
        ({"levels": [0.9, 0.1]}, "'levels' is [0.9, 0.1]; it must be rising numbers between 0 and 1"),
        ({"levels": [0.2, 0.9]}, "'levels' is [0.2, 0.9]; it must be those of the network, 0.1, 0.9"),
        ({"shifts": [0.0]}, "'shifts' is [0.0]; it must be 2 numbers, one for each level"),
        ({"below_before": []}, "'below_before' is []; it must be 2 numbers from 0 to 1, one for each level"),
        ({"below": [0.1, 1.2]}, "'below' is [0.1, 1.2]; it must be 2 numbers from 0 to 1, one for each level"),
        (GOOD, "'kind' is 'probabilities'; it must be one of 'quantiles'"),
    ],
)
def test_damaged_entries_of_quantiles_are_refused(change: dict[str, Any], must: str) -> None:
    """Of other numbers or levels than the network has, or of another task."""
    net = gn.Network([gn.Dense(2), gn.Calibration()], loss=gn.Quantile((0.1, 0.9)), seed=0, input_shape=1)
    assert read_calibration("load", QUANTILES, net) is not None
    with pytest.raises(FormatError) as info:
        read_calibration("load", {**QUANTILES, **change}, net)
    assert str(info.value).startswith(f"load: 'calibration': {must}")


def test_files_of_quantiles_round_trip() -> None:
    """What `config` returns can be read again."""
    found = CalibratedQuantiles(30, (0.1, 0.9), (-0.25, 0.5), (0.25, 0.75), (0.125, 0.875))
    assert read_calibration("load", json.loads(json.dumps(found.config()))) == found


# ---- what is calibrated --------------------------------------------------------------------------------------------


def test_networks_without_the_layer_are_left_alone() -> None:
    """There is nothing to write to."""
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=1)
    assert calibrate([net], [HeldOut([net], np.ones((3, 1), dtype="float32"), np.zeros(3, dtype=int), None)]) is None


@pytest.mark.parametrize("weight", [np.zeros(3), None])
def test_rows_without_weight_are_none(weight: np.ndarray | None) -> None:
    """Rows of weight 0 calibrate nothing, as no rows."""
    net = gn.Network([gn.Dense(2), gn.Calibration()], loss="cross_entropy", seed=0, input_shape=1)
    part = HeldOut([net], np.ones((0 if weight is None else 3, 1), dtype="float32"), np.zeros(3, dtype=int), weight)
    assert calibrate([net], [part]) == CalibratedProbabilities(0)


def test_many_rows_are_sampled() -> None:
    """A temperature of very many rows is fitted on some of them, evenly spaced."""
    net = gn.Network([gn.Dense(2), gn.Calibration()], loss="cross_entropy", seed=0, input_shape=1)
    n = 300_000
    X = np.linspace(-1.0, 1.0, n, dtype="float32")[:, None]
    found = calibrate([net], [HeldOut([net], X, (np.arange(n) % 3 == 0).astype(int), None)])
    assert isinstance(found, CalibratedProbabilities)
    assert found.n_rows == 200_000


def test_bins_of_few_rows_are_few() -> None:
    """Each has at least twenty rows, up to ten of them; a perfect answer has no gap."""
    for n, expected in ((5, 1), (59, 2), (1000, 10)):
        P = np.stack([np.linspace(0.5, 0.9, n), np.linspace(0.5, 0.1, n)], axis=1)
        assert len(reliability_bins(P, np.zeros(n, dtype=int))) == expected
    sure = reliability_bins(np.array([[1.0, 0.0]] * 40), np.zeros(40, dtype=int))
    assert calibration_error(sure) == 0.0


@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_ends_with_it(recipe: str) -> None:
    """Classes of each are calibrated."""
    X, y = rows(40)
    network = TabularClassifier(recipe, **{**FAST, "epochs": 1}).fit(X, y).network_
    assert type(network.layers[-1]) is gn.Calibration

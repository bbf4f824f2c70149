"""Cross-validation, the search for a learning rate, and sweeps: right rows, right networks, right ranking."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.populations.folds import make_folds

RNG = np.random.default_rng(1)
X = RNG.standard_normal((83, 4)).astype("f4")
CLASSES = (X[:, 0] + X[:, 1] > 0.3).astype(int) + (X[:, 2] > 1.0)
NUMBERS = X @ np.array([1.0, -2.0, 0.5, 0.0]) + 1.0


def template(**options: Any) -> gn.Network:
    """Return a small classifier, with what ``options`` replace."""
    layers = options.pop("layers", None) or [gn.Dense(8, "tanh"), gn.Dropout(0.1), gn.Dense(3)]
    options = {"loss": "cross_entropy", "optimizer": gn.Adam(0.02), "seed": 5, **options}
    return gn.Network(layers, **options)


class TestCrossValidate:
    """Every row is scored by a network that has not seen it."""

    def test_networks_are_those_trained_alone(self) -> None:
        """The f-th network is the template with seed + f, fitted to the rows outside its fold, folds of unequal size."""
        result = gn.cross_validate(template(), X, CLASSES, folds=5, epochs=4, batch_size=16)
        sizes = {len(rows) for rows in result.test_rows}
        assert len(sizes) == 2
        for fold, rows in enumerate(result.test_rows):
            train = np.setdiff1d(np.arange(len(X)), rows)
            wanted = template()._renewed(5 + fold)
            wanted.fit(X[train], CLASSES[train], epochs=4, batch_size=16)
            assert np.abs(wanted.params - result.networks[fold].params).max() < 1e-6
            for name, value in wanted.evaluate(X[rows], CLASSES[rows]).items():
                assert result.scores[name][fold] == pytest.approx(value, rel=1e-4)
            np.testing.assert_allclose(result.predictions[rows], wanted.predict(X[rows]), atol=1e-5)
        assert np.array_equal(np.sort(np.concatenate(result.test_rows)), np.arange(len(X)))

    def test_early_stopping_never_sees_the_test_rows(self) -> None:
        """Each network stops by the rows that it holds out of its training rows, as it would alone."""
        rule = gn.EarlyStopping(patience=2)
        result = gn.cross_validate(
            template(), X, CLASSES, folds=3, epochs=40, validation_split=0.25, early_stopping=rule, batch_size=16
        )
        for fold, rows in enumerate(result.test_rows):
            train = np.setdiff1d(np.arange(len(X)), rows)
            wanted = template()._renewed(5 + fold)
            wanted.fit(X[train], CLASSES[train], epochs=40, validation_split=0.25, early_stopping=rule, batch_size=16)
            assert wanted.history is not None
            assert result.histories[fold].epochs == wanted.history.epochs
            assert result.histories[fold].best_epoch == wanted.history.best_epoch
            assert np.abs(wanted.params - result.networks[fold].params).max() < 1e-6

    def test_other_rows_in_the_test_fold_change_nothing(self) -> None:
        """What a network learned does not depend on the rows that it is scored on."""
        before = gn.cross_validate(template(), X, CLASSES, folds=4, epochs=2)
        changed = X.copy()
        changed[before.test_rows[0]] += 1.0
        after = gn.cross_validate(template(), changed, CLASSES, folds=4, epochs=2)
        assert np.array_equal(before.networks[0].params, after.networks[0].params)
        assert not np.array_equal(before.networks[1].params, after.networks[1].params)

    def test_folds_are_stratified(self) -> None:
        """Every fold has about the same share of each class, unless that is not wanted."""
        for codes, most in ((CLASSES, 1), (None, 12)):
            counts = [np.bincount(CLASSES[test], minlength=3) for _, test in make_folds(len(X), 4, 0, codes=codes)]
            assert np.ptp(counts, axis=0).max() <= most
        assert np.ptp(counts, axis=0).max() > 1

    def test_groups_stay_together(self) -> None:
        """No group is in two folds, and folds are of about the same size."""
        groups = RNG.integers(0, 12, 83)
        result = gn.cross_validate(template(), X, CLASSES, folds=3, epochs=1, groups=groups)
        found = [set(groups[rows].tolist()) for rows in result.test_rows]
        assert not any(found[i] & found[j] for i in range(3) for j in range(i))
        assert max(map(len, result.test_rows)) - min(map(len, result.test_rows)) < 15

    def test_repeats_divide_anew(self) -> None:
        """Two repeats give twice the networks, other folds, and averaged predictions."""
        result = gn.cross_validate(template(), X, CLASSES, folds=3, repeats=2, epochs=2)
        assert len(result.networks) == 6
        assert not np.array_equal(result.test_rows[0], result.test_rows[3])
        row = int(result.test_rows[0][0])
        each = [n.predict(X[[row]]) for n, rows in zip(result.networks, result.test_rows, strict=True) if row in rows]
        assert len(each) == 2
        np.testing.assert_allclose(result.predictions[row], np.mean(each, axis=0)[0], atol=1e-6)

    def test_folds_of_scikit_learn(self) -> None:
        """A splitter's pairs are taken as they are, and what they never test has no prediction."""
        pairs = [(np.arange(40), np.arange(40, 50)), (np.arange(83) >= 20, np.arange(10))]
        result = gn.cross_validate(template(), X, CLASSES, folds=pairs, epochs=1)
        assert [rows.tolist() for rows in result.test_rows] == [list(range(40, 50)), list(range(10))]
        assert np.isnan(result.predictions[60]).all()
        assert np.isfinite(result.predictions[45]).all()

    def test_one_that_diverges_is_said_to(self) -> None:
        """Its scores are NaN and its rows have no prediction; the others are as they were."""
        data = X.copy()
        data[:20] *= 1e18
        pairs = [(np.arange(20), np.arange(20, 30)), (np.arange(30, 60), np.arange(60, 83))]
        net = template(layers=[gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(0.01))
        result = gn.cross_validate(net, data, NUMBERS, folds=pairs, epochs=3)
        assert list(result.failures) == [0]
        assert math.isnan(result.scores["loss"][0])
        assert math.isfinite(result.scores["loss"][1])
        assert np.isnan(result.predictions[20:30]).all()

    def test_it_reads_well(self) -> None:
        """The table has a line per fold, then mean and deviation; the repr is one line."""
        result = gn.cross_validate(template(), X, CLASSES, folds=3, epochs=1)
        lines = result.table().splitlines()
        assert lines[0].split() == ["fold", "loss", "accuracy"]
        assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3", "mean", "std"]
        assert repr(result).startswith("CrossValidation(3 folds: loss ")
        assert result.std["loss"] == pytest.approx(np.std(result.scores["loss"], ddof=1))

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"folds": 1}, "folds is 1; it must be a whole number of at least 2."),
            ({"folds": 84}, "83 rows for 84 folds; there must be at least one row for each."),
            ({"folds": [(1, 2, 3)]}, "each of folds is (1, 2, 3); it must be a pair of row numbers (train, test)."),
            ({"folds": [([1, 2], [2, 3])]}, "row 2 is in both parts of a fold; training and test rows must differ."),
            ({"folds": [([1, 2], [83])]}, "row 83 does not exist; row numbers must lie between 0 and 82."),
            ({"folds": [([0.5], [1])]}, "the row numbers are [0.5]; they must be whole numbers."),
            ({"groups": [1, 2]}, "groups has shape (2,); it must have one entry for each of 83 rows."),
            ({"groups": np.zeros(83)}, "1 groups for 5 folds; there must be at least 5."),
            (
                {"early_stopping": gn.EarlyStopping()},
                "the history has no 'valid_loss' to monitor. Pass validation_data or validation_split. Its columns are 'loss'.",
            ),
            ({"repeats": 0}, "repeats is 0; it must be a whole number of at least 1."),
        ],
    )
    def test_options_are_checked(self, options: dict[str, Any], words: str) -> None:
        """One sentence says what cannot be."""
        with pytest.raises(gn.GlassnetError) as caught:
            gn.cross_validate(template(), X, CLASSES, epochs=1, **options)
        assert words in str(caught.value)


class TestFindLearningRate:
    """Every rate gets the same start and the same batches."""

    def test_each_curve_is_a_run_of_its_own(self) -> None:
        """The losses are those of a network trained alone with that rate."""
        net = template(input_shape=(4,))
        found = gn.find_learning_rate(net, X, CLASSES, lowest=1e-3, highest=0.1, n_rates=3, steps=9, batch_size=20)
        assert found.rates == pytest.approx([1e-3, 1e-2, 1e-1])
        for rate, curve in zip(found.rates, found.curves, strict=True):
            own = template(input_shape=(4,), optimizer=gn.Adam(float(rate)))
            seen: list[float] = []

            def look(run: Any, seen: list[float] = seen) -> None:
                seen.append(run.history["loss"][-1])

            own.fit(X[:80], CLASSES[:80], epochs=1, batch_size=20, callbacks=look)
            other = gn.find_learning_rate(net, X[:80], CLASSES[:80], lowest=rate, highest=2 * rate, n_rates=2, steps=4,
                                          batch_size=20)  # fmt: skip
            assert other.curves[0].mean() == pytest.approx(seen[0], rel=1e-5)
            assert len(curve) == 9
        assert len(set(np.round(found.curves[:, 0], 6))) == 1
        assert net.history.epochs == 0

    def test_a_good_rate_is_found(self) -> None:
        """The best rate reaches a lower loss than rates 30 times smaller and larger."""
        net = template(layers=[gn.Dense(1)], loss="squared_error", optimizer="sgd")
        found = gn.find_learning_rate(net, X, NUMBERS, lowest=1e-4, highest=100.0, n_rates=13)
        assert 0.01 < found.best < 1.0
        assert found.largest < 2.0
        assert np.isnan(found.losses[-1])
        losses = {}
        for factor in (1 / 30, 1.0, 30.0):
            own = template(layers=[gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(found.best * factor))
            try:
                losses[factor] = own.fit(X, NUMBERS, epochs=10)["loss"][-1]
            except gn.DivergenceError:
                losses[factor] = math.inf
        assert losses[1.0] == min(losses.values())

    def test_members_that_diverge_leave_the_others_whole(self) -> None:
        """Rates below those that diverge have a loss for every step, the same as without them."""
        net = template(layers=[gn.Dense(1)], loss="squared_error", optimizer="sgd", input_shape=(4,))
        options = {"steps": 30, "batch_size": 10}
        wide = gn.find_learning_rate(net, X, NUMBERS, lowest=1e-3, highest=1e5, n_rates=9, **options)
        narrow = gn.find_learning_rate(net, X, NUMBERS, lowest=1e-3, highest=1e-2, n_rates=2, **options)
        assert np.isfinite(wide.curves[:2]).all()
        np.testing.assert_allclose(wide.curves[:2], narrow.curves, rtol=1e-4)
        assert "diverged" in wide.table()
        assert wide.table().count("best") == 1

    def test_options_are_checked(self) -> None:
        """One sentence says what cannot be, also where no rate works."""
        net = template(layers=[gn.Dense(1)], loss="squared_error", optimizer="sgd")
        with pytest.raises(gn.ConfigError, match=r"highest is 0\.1 and lowest 0\.2; highest must be above lowest\."):
            gn.find_learning_rate(net, X, NUMBERS, lowest=0.2, highest=0.1)
        with pytest.raises(
            gn.DivergenceError,
            match=r"every rate diverged; at least one must not\. The first: fit: training diverged with a loss of inf at epoch 1, step 2; loss and weights must stay finite\. Lower learning_rate \(now 1e\+20\) or scale X and y\.",
        ):
            gn.find_learning_rate(net, X, NUMBERS, lowest=1e20, highest=1e30)


def build(units: int = 4, rate: float = 0.01, dropout: float = 0.0, loss: str = "cross_entropy") -> gn.Network:
    """Return a network for a sweep."""
    layers = [gn.Dense(units, "tanh"), gn.Dropout(dropout), gn.Dense(3)]
    return gn.Network(layers, loss=loss, optimizer=gn.Adam(rate), seed=0)


class TestSweep:
    """Every combination is trained and ranked by held-out rows."""

    def test_values_are_those_of_networks_trained_alone(self) -> None:
        """Each trial has the validation loss that its network reaches by itself on the same rows."""
        valid = (X[60:], CLASSES[60:])
        settings = {"units": [2, 8], "rate": [0.001, 0.05], "dropout": [0.0, 0.4]}
        found = gn.sweep(build, settings, X[:60], CLASSES[:60], epochs=5, validation_data=valid, n_seeds=2)
        assert len(found.trials) == 8
        for trial in found.trials:
            for offset in range(2):
                own = build(**trial.settings)._renewed(offset)
                own.fit(X[:60], CLASSES[:60], epochs=5, validation_data=valid)
                assert own.history is not None
                assert trial.values[offset] == pytest.approx(own.history["valid_loss"][-1], rel=1e-4)
        means = [trial.mean for trial in found.trials]
        assert means == sorted(means)
        assert found.best_settings == found.trials[0].settings
        assert found.best.evaluate(*valid)["loss"] == pytest.approx(found.trials[0].values.min(), rel=1e-5)

    def test_all_hold_out_the_same_rows(self) -> None:
        """Without validation data a share of the rows is held out, whatever seed or loss a network has."""
        found = gn.sweep(build, {"units": [3], "loss": ["cross_entropy", gn.SoftmaxCrossEntropy(0.1)]}, X, CLASSES,
                         epochs=1, n_seeds=2, monitor="valid_accuracy")  # fmt: skip
        assert found.monitor == "valid_accuracy"
        shares = {round(value * 17) for trial in found.trials for value in trial.values}  # 20 % of 83 rows
        assert all(abs(value * 17 - round(value * 17)) < 1e-6 for trial in found.trials for value in trial.values)
        assert shares

    def test_random_choice(self) -> None:
        """n_random combinations are tried, the same ones for the same seed."""
        settings = {"units": range(1, 7), "rate": [0.01, 0.1]}
        options = {"epochs": 1, "n_random": 4}
        first = gn.sweep(build, settings, X, CLASSES, seed=3, **options)
        again = gn.sweep(build, settings, X, CLASSES, seed=3, **options)
        other = gn.sweep(build, settings, X, CLASSES, seed=4, **options)
        picked = [sorted(map(repr, (t.settings for t in s.trials))) for s in (first, again, other)]
        assert len(picked[0]) == 4
        assert picked[0] == picked[1] != picked[2]

    def test_combinations_of_your_own(self) -> None:
        """A list of settings is taken as it is."""
        found = gn.sweep(build, [{"units": 2, "rate": 0.1}, {"units": 4, "rate": 0.01}], X, CLASSES, epochs=1)
        assert sorted(trial.settings["units"] for trial in found.trials) == [2, 4]

    def test_what_diverges_comes_last(self) -> None:
        """It has no value and says so; the others are ranked."""

        def regressor(rate: float) -> gn.Network:
            return gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(rate), seed=0)

        found = gn.sweep(regressor, {"rate": [1e20, 0.01, 0.1]}, X, NUMBERS, epochs=20)
        assert found.trials[-1].settings == {"rate": 1e20}
        assert math.isnan(found.trials[-1].mean)
        assert found.table().splitlines()[-1].split() == ["1e+20", "diverged"]
        with pytest.raises(
            gn.DivergenceError,
            match=r"every combination diverged; at least one must not. The first: fit: training diverged with a loss of inf at epoch 1, step 2 \(last finite loss 4.89\); loss and weights must stay finite. Lower learning_rate \(now 1e\+20\) or scale X and y. The network holds the last weights whose loss was finite.",
        ):
            gn.sweep(regressor, {"rate": [1e20]}, X, NUMBERS, epochs=2)

    def test_early_stopping_ranks_by_the_best_epoch(self) -> None:
        """A network that was given its best weights back is ranked by them."""
        rule = gn.EarlyStopping(patience=3)
        found = gn.sweep(build, {"rate": [0.3, 0.03]}, X, CLASSES, epochs=60, early_stopping=rule)
        for trial in found.trials:
            history = trial.histories[0]
            assert trial.values[0] == min(history["valid_loss"])

    def test_rows_and_table(self) -> None:
        """Rows are dicts with settings first; the table shows the best ones."""
        found = gn.sweep(build, {"units": [1, 2, 3], "rate": [0.01]}, X, CLASSES, epochs=2, n_seeds=2)
        rows = found.rows()
        assert list(rows[0]) == ["units", "rate", "valid_loss", "std", "epochs"]
        assert rows[0]["epochs"] == 2.0
        assert found.table(most=2).splitlines()[-1] == "and 1 more"
        assert "±" in found.table()

    @pytest.mark.parametrize(
        ("settings", "words"),
        [
            ({}, "__init__"),
            ({"units": 3}, "'units' of settings is 3; it must be a sequence of values."),
            (
                {"units": []},
                "settings have the names []; there must be at least one combination, all with the same names.",
            ),
            (
                [{"units": 1}, {"rate": 1}],
                "settings have the names [['units'], ['rate']]; there must be at least one combination, all with the same names.",
            ),
        ],
    )
    def test_settings_are_checked(self, settings: Any, words: str) -> None:
        """One sentence says what is wrong with the settings; no settings at all are one combination."""
        if settings == {}:
            assert len(gn.sweep(build, settings, X, CLASSES, epochs=1).trials) == 1
            return
        with pytest.raises(gn.ConfigError) as caught:
            gn.sweep(build, settings, X, CLASSES, epochs=1)
        assert words in str(caught.value)

    def test_there_must_be_rows_to_compare_on(self) -> None:
        """The training loss prefers what overfits, so it is compared only if asked for."""
        with pytest.raises(gn.ConfigError, match="there are no rows to compare on"):
            gn.sweep(build, {"units": [1]}, X, CLASSES, epochs=1, validation_split=0.0)
        found = gn.sweep(build, {"units": [1, 2]}, X, CLASSES, epochs=1, validation_split=0.0, monitor="loss")
        assert found.monitor == "loss"

    def test_build_must_return_a_network(self) -> None:
        """What else it returns is named."""
        with pytest.raises(gn.ConfigError, match=r"sweep: build: network is of type int; it must be a Network\."):
            gn.sweep(lambda units: units, {"units": [1]}, X, CLASSES, epochs=1)  # type: ignore[arg-type,return-value]

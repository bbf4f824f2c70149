"""``metrics=`` measures the training rows after each epoch, everywhere that trains, and costs nothing where it is not asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.tabular import TabularClassifier
from glassnet.training import training_scores

RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 3)).astype(np.float32)
Y = (X[:, 0] + 0.4 * RNG.standard_normal(120) > 0).astype(np.int64)
WEIGHT = np.abs(RNG.standard_normal(120)) + 0.1


def net(**options: Any) -> Network:
    """Return a network with noise, whose metrics in training mode would be others."""
    options = {"loss": "cross_entropy", "optimizer": gn.Adam(0.02), "seed": 0, **options}
    return gn.Network([gn.Dense(6, "relu"), gn.Dropout(0.3), gn.BatchNorm(), gn.Dense(2)], **options)


def halves() -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the rows as two batches."""
    yield X[:60], Y[:60]
    yield X[60:], Y[60:]


def test_training_rows_are_measured_as_evaluate_does() -> None:
    """After each epoch the column holds what `evaluate` finds on the rows trained on: noise off, without validation data."""
    one = net()
    history = one.fit(X, Y, epochs=1, metrics=["accuracy", "log_loss"])
    assert list(history.columns) == ["loss", "learning_rate", "accuracy", "log_loss"]
    first = one.evaluate(X, Y, metrics=["accuracy", "log_loss"])
    one.fit(X, Y, epochs=1, metrics=["accuracy", "log_loss"])
    second = one.evaluate(X, Y, metrics=["accuracy", "log_loss"])
    for name in ("accuracy", "log_loss"):
        assert history[name] == [first[name], second[name]]


def test_both_with_validation_data() -> None:
    """With validation data there is a column of each, and only rows trained on count in the one without prefix."""
    one = net()
    history = one.fit(X[:80], Y[:80], epochs=2, metrics="accuracy", validation_data=(X[80:], Y[80:]))
    assert list(history.columns) == ["loss", "learning_rate", "accuracy", "valid_loss", "valid_accuracy"]
    assert history["accuracy"][-1] == one.evaluate(X[:80], Y[:80])["accuracy"]
    assert history["valid_accuracy"][-1] == one.evaluate(X[80:], Y[80:])["accuracy"]


def test_nothing_is_measured_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ``metrics`` there is no column and no evaluation of training rows, also in recipes, which have a metric."""
    monkeypatch.setattr(training_scores.TrainingScores, "__call__", None)
    assert list(net().fit(X, Y, epochs=1).columns) == ["loss", "learning_rate"]
    assert "accuracy" not in net().fit(X, Y, epochs=1, validation_split=0.2).columns
    model = TabularClassifier("small", epochs=1, random_state=0).fit(X, Y)
    assert {"valid_loss"} < set(model.history_.columns)
    assert not {"accuracy", "log_loss"} & set(model.history_.columns)


def test_rows_weigh_as_in_the_loss() -> None:
    """Weights of rows and of classes count in the metrics of training rows."""
    one = net()
    history = one.fit(X, Y, epochs=1, metrics="accuracy", sample_weight=WEIGHT)
    assert history["accuracy"] == [one.evaluate(X, Y, WEIGHT)["accuracy"]]
    two = net()
    history = two.fit(X, Y, epochs=1, metrics="accuracy", class_weight={0: 1.0, 1: 3.0})
    assert history["accuracy"][0] == pytest.approx(two.evaluate(X, Y, 1.0 + 2.0 * Y)["accuracy"])


def test_measuring_changes_no_bit() -> None:
    """Parameters and losses are those of the same run without ``metrics``."""
    one, two = net(), net()
    assert one.fit(X, Y, epochs=3, metrics="accuracy")["loss"] == two.fit(X, Y, epochs=3)["loss"]
    np.testing.assert_array_equal(one.params, two.params)


def test_functions_of_ones_own() -> None:
    """A function has a column of its name; one that is called as another column is refused."""

    def sure(y: np.ndarray, prediction: np.ndarray) -> float:
        return float(prediction.max(axis=1).mean())

    def learning_rate(y: np.ndarray, prediction: np.ndarray) -> float:
        return 0.0

    one = net()
    assert one.fit(X, Y, epochs=1, metrics=[sure])["sure"] == [float(one.predict(X).max(axis=1).mean())]
    with pytest.raises(ConfigError) as caught:
        net().fit(X, Y, epochs=1, metrics=[learning_rate])
    fact = "a metric is called 'learning_rate', which is another column of the history"
    assert str(caught.value) == f"fit: {fact}. Give the function another name."


def test_members_each_have_a_value() -> None:
    """With members the column has a number for each, those of `evaluate`; in a population each history has its own."""
    one = net(members=3)
    history = one.fit(X, Y, epochs=2, metrics="accuracy")
    assert np.array(history["accuracy"]).shape == (2, 3)
    np.testing.assert_array_equal(history["accuracy"][-1], one.evaluate(X, Y)["accuracy"])
    group = gn.Population(net(), 3)
    group.fit(X, Y, epochs=2, metrics="accuracy")
    np.testing.assert_array_equal(group.scores("accuracy"), group.evaluate(X, Y)["accuracy"])


def test_folds_are_measured_on_the_rows_they_train_on() -> None:
    """In cross-validation each network's column is about the rows of the other folds."""
    folds = [(np.arange(40, 120), np.arange(40)), (np.arange(80), np.arange(80, 120))]
    found = gn.cross_validate(net(), X, Y, epochs=2, folds=folds, metrics="accuracy")
    for one, (train, _) in zip(found.networks, folds, strict=True):
        assert one.history["accuracy"][-1] == one.evaluate(X[train], Y[train])["accuracy"]


def test_a_sweep_has_them() -> None:
    """Every network of a sweep has the column."""
    found = gn.sweep(lambda seed: net(seed=seed), {"seed": [0, 1]}, X, Y, epochs=1, metrics="accuracy", progress=False)
    assert all(len(history["accuracy"]) == 1 for trial in found.trials for history in trial.histories)


@pytest.mark.parametrize(
    "make", [list, lambda found: lambda: iter(list(found)), lambda found: lambda epoch: list(found)]
)
def test_batches_that_can_be_read_again(make: Callable[[Iterator[Any]], Any]) -> None:
    """Batches of one's own, a list or a function, are read once more after the epoch; members share them."""
    one = net()
    history = one.fit(make(halves()) if make is list else make(list(halves())), epochs=2, metrics="accuracy")
    assert history["accuracy"][-1] == pytest.approx(one.evaluate(X, Y)["accuracy"])
    two = net(members=2)
    history = two.fit(list(halves()), epochs=1, metrics="accuracy")
    np.testing.assert_allclose(history["accuracy"][-1], two.evaluate(X, Y)["accuracy"])


def test_weights_of_batches() -> None:
    """Where some batches come with weights the rows of the others weigh 1."""
    one = net()
    history = one.fit([(X[:60], Y[:60]), (X[60:], Y[60:], WEIGHT[60:])], epochs=1, metrics="accuracy")
    weight = np.concatenate([np.ones(60), WEIGHT[60:]])
    assert history["accuracy"][0] == pytest.approx(one.evaluate(X, Y, weight)["accuracy"])


def test_batches_that_cannot_be_read_again() -> None:
    """A one-shot iterator is refused where nothing would be measured; with validation data a note says what is."""
    with pytest.raises(ConfigError) as caught:
        net().fit(halves(), epochs=1, metrics="accuracy")
    assert str(caught.value) == (
        "fit: metrics of the training rows cannot be measured: the batches come from an iterator, which cannot be read "
        "again after the epoch. Pass validation_data, or a list of batches, or a function that returns a new iterator."
    )
    history = net().fit(halves(), epochs=1, metrics="accuracy", validation_data=(X, Y))
    assert history.notes[-1:] == [
        "fit: metrics are of the validation rows only: the batches come from an iterator, which cannot be read again "
        "after the epoch."
    ]
    assert "accuracy" not in history
    assert "valid_accuracy" in history
    assert net().fit(halves(), epochs=1).notes == []


def test_rows_on_disk(tmp_path: Path) -> None:
    """Memory-mapped rows and rows of Parquet files, which are read block by block, have the scores of the same arrays."""
    np.save(tmp_path / "x.npy", X)
    mapped = net()
    history = mapped.fit(np.load(tmp_path / "x.npy", mmap_mode="r"), Y, epochs=2, metrics="accuracy")
    assert history["accuracy"][-1] == mapped.evaluate(X, Y)["accuracy"]
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    columns = {f"x{j}": X[:, j] for j in range(3)} | {"y": Y, "w": WEIGHT}
    parquet.write_table(arrow.table(columns), tmp_path / "rows.parquet", row_group_size=40)
    for weight in (None, "w"):
        rows = gn.ParquetRows(
            tmp_path / "rows.parquet", target="y", weight=weight, columns=["x0", "x1", "x2"], block_rows=40
        )
        one = net()
        history = one.fit(rows, epochs=3, metrics=["accuracy"], steps_per_epoch=2)
        wanted = one.evaluate(X, Y, None if weight is None else WEIGHT)["accuracy"]
        assert history["accuracy"][-1] == pytest.approx(wanted)


def test_the_training_metric_can_be_monitored() -> None:
    """Early stopping and a schedule may follow it, and advice says what to pass where it is not measured."""
    one = net()
    history = one.fit(X, Y, epochs=30, metrics="accuracy", early_stopping=gn.EarlyStopping("accuracy", patience=2))
    assert history.best_epoch == int(np.argmax(history["accuracy"])) + 1
    assert one.evaluate(X, Y)["accuracy"] == max(history["accuracy"])
    net(optimizer=gn.Adam(gn.ReduceOnPlateau(0.1, monitor="accuracy"))).fit(X, Y, epochs=2, metrics="accuracy")
    with pytest.raises(ConfigError) as caught:
        net().fit(X, Y, epochs=1, early_stopping=gn.EarlyStopping("accuracy"))
    assert str(caught.value) == (
        "EarlyStopping: the history has no 'accuracy' to monitor. Pass metrics=['accuracy'] to fit. Its columns are 'loss'."
    )


def test_a_resumed_run_has_the_same_bits(tmp_path: Path) -> None:
    """A run that goes on from its checkpoint ends with the history of one that was never stopped."""
    straight = net()
    wanted = straight.fit(X, Y, epochs=4, metrics="accuracy", deterministic=True)
    options: dict[str, Any] = {"metrics": "accuracy", "checkpoint": tmp_path / "run.safetensors", "deterministic": True}
    net().fit(X, Y, epochs=4, callbacks=lambda run: run.stop("enough") if run.epoch == 2 else None, **options)
    again = net()
    found = again.fit(X, Y, epochs=4, resume=True, **options)
    assert found.columns == wanted.columns
    np.testing.assert_array_equal(again.params, straight.params)


def test_steps_and_changes_on_the_way() -> None:
    """`stepwise` measures them too; with another loss they are those of its link, and going back puts them back."""
    one = net()
    run = one.stepwise(X, Y, batch_size=60, metrics="accuracy")
    run.advance(2)
    start = run.snapshot()
    run.change(loss="cross_entropy", batch_size=40)
    run.advance(3)
    assert run.history["accuracy"][-1] == one.evaluate(X, Y)["accuracy"]
    after = run.history["accuracy"][:]
    run.restore(start)
    run.change(batch_size=40)
    run.advance(3)
    assert run.history["accuracy"] == after
    run.close()


def test_averaged_weights_are_what_is_measured() -> None:
    """With a moving average of the weights the metrics are those of the averaged ones, as of validation rows."""
    one = net(optimizer=gn.Adam(0.02, ema=0.9))
    history = one.fit(X, Y, epochs=3, metrics="log_loss", validation_data=(X, Y))
    assert history["log_loss"] == history["valid_log_loss"]

"""Columns of the history hold NaN where an epoch has no value: arrays of floats in memory, null in files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training import History

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 2))
Y = (X[:, 0] > 0).astype(np.int64)


def net(**options: Any) -> gn.Network:
    """Return a small classifier."""
    return gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, **options)


def fitted(*splits: float, **options: Any) -> gn.Network:
    """Return a network that was fitted several times, for two epochs each, with these shares held out."""
    one = net(**options)
    for share in splits:
        one.fit(X, Y, epochs=2, validation_data=(X, Y) if share else None, diagnose=False)
    return one


@pytest.mark.parametrize("splits", [(0.0, 0.2), (0.2, 0.0), (0.2, 0.0, 0.2)])
@pytest.mark.parametrize("members", [None, 3])
def test_every_column_is_an_array_of_floats(splits: tuple[float, ...], members: int | None) -> None:
    """After any sequence of fits each column is one array, NaN in the epochs that have nothing, of every member."""
    history = fitted(*splits, members=members).history
    for name, values in history.columns.items():
        column = np.array(values)
        assert column.dtype == np.float64
        has_members = members is not None and name != "learning_rate"  # which they share
        assert column.shape == ((history.epochs, members) if has_members else (history.epochs,)), name
    gaps = np.isnan(np.array(history["valid_loss"])).reshape(history.epochs, -1)
    np.testing.assert_array_equal(gaps.all(axis=1), np.repeat([not share for share in splits], 2))
    np.testing.assert_array_equal(gaps.all(axis=1), gaps.any(axis=1))


def test_files_hold_null_and_are_read_as_nan(tmp_path: Path) -> None:
    """What JSON gets has None for NaN; a file brings the same columns back, and the run goes on with the same bits."""
    for members in (None, 2):
        one = fitted(0.2, 0.0, members=members)
        entries = one.history.to_dict()
        assert entries["columns"]["valid_loss"][2:] == [None if members is None else [None] * 2] * 2
        json.dumps(entries, allow_nan=False)
        one.save(tmp_path / "net.safetensors", training_state=True)
        assert b"NaN" not in (tmp_path / "net.safetensors").read_bytes()
        twin = gn.load(tmp_path / "net.safetensors")
        for name, values in one.history.columns.items():
            np.testing.assert_array_equal(twin.history[name], values)
        for each in (one, twin):
            each.fit(X, Y, epochs=1, validation_data=(X, Y), diagnose=False)
        np.testing.assert_array_equal(twin.params, one.params)
        np.testing.assert_array_equal(twin.history["valid_loss"], one.history["valid_loss"])


def test_files_of_before_stay_readable() -> None:
    """Null in place of a number, or of the numbers of all members, and the NaN that Python's JSON writes are NaN."""
    entries = fitted(0.2, members=2).history.to_dict()
    entries["columns"]["valid_loss"] = [None, [0.5, math.nan]]
    np.testing.assert_array_equal(History.from_dict(entries)["valid_loss"], [[math.nan] * 2, [0.5, math.nan]])
    entries = fitted(0.2).history.to_dict()
    entries["columns"]["valid_loss"] = [None, math.nan]
    np.testing.assert_array_equal(History.from_dict(entries)["valid_loss"], [math.nan, math.nan])
    entries["columns"]["valid_loss"] = [None, math.inf]
    assert History.from_dict(entries).to_dict()["columns"]["valid_loss"] == [None, None]


def test_a_gap_is_shown_as_a_dash() -> None:
    """The table has a dash where there is no value, and the line leaves such a column out; rows have NaN."""
    history = fitted(0.2, 0.0).history
    lines = history.table().splitlines()
    assert lines[-1].split()[-2:] == ["-", "-"]
    assert "nan" not in history.table()
    assert "valid_loss" not in repr(history)
    assert "loss=" in repr(history)
    assert math.isnan(history.rows()[-1]["valid_loss"])
    assert math.isnan(history.last["valid_loss"])
    members = fitted(0.2, 0.0, members=2).history
    assert members.table().splitlines()[-1].split()[-2:] == ["-", "-"]


def test_a_picture_after_any_sequence_of_fits() -> None:
    """The loss is drawn after fits with and without validation data, and the metric that was asked for without them."""
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot

    fitted(0.2, 0.0).plot_history()
    one = net()
    one.fit(X, Y, epochs=2, metrics="accuracy", diagnose=False)
    axes = one.plot_history("accuracy")
    assert [len(line.get_ydata()) for line in axes.lines][:1] == [2]
    pyplot.close("all")


def test_a_population_knows_which_columns_are_of_its_last_fit() -> None:
    """A column that the last fit did not fill has no scores."""
    group = gn.Population(net(), 2)
    group.fit(X, Y, epochs=1, validation_data=(X, Y))
    group.fit(X, Y, epochs=1)
    np.testing.assert_array_equal([np.isnan(history["valid_loss"]) for history in group.histories], [[False, True]] * 2)
    with pytest.raises(gn.ConfigError, match="valid_loss"):
        group.scores("valid_loss")


def test_what_is_recorded_by_machinery_is_not_offered() -> None:
    """Tab shows what users read; what the loop writes with is private."""
    names = {name for name in dir(History()) if not name.startswith("_")}
    assert names == {
        "best_epoch", "columns", "epochs", "findings", "from_dict", "kept_epoch", "last", "notes", "rows", "seconds", "stop_reason",
        "table", "threads", "to_dict",
    }  # fmt: skip

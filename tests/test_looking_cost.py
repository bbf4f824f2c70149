"""What looking for mistakes costs a training that goes well: passes, rows, imports; and what is never tried."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.diagnosis.case import LOOKED_AT, PROBE_ROWS, SAMPLE_ROWS, Case
from glassnet.diagnosis.sampling import sampled_rows
from glassnet.utils.extremes import Extremes
from runs_that_fail import classes, classifier

# ---- what is looked at -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape", [(1, 1), (3, 2), (7, 3), (1000, 1), (999, 7), (5000, 3), (300, 1500), (2, 9000), (40, 3, 5)]
)
@pytest.mark.parametrize("kind", ["rows", "columns", "strided"])
def test_extremes_of_columns(shape: tuple[int, ...], kind: str) -> None:
    """The blockwise pass finds each column's least and greatest value, and NaN and infinity wherever they are."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal(shape).astype(np.float32)
    if kind == "columns":
        X = np.asfortranarray(X)
    elif kind == "strided":
        X = np.repeat(X, 2, axis=-1)[..., ::2]
    found = Extremes()
    assert found.measure(X)
    assert found.values is not None
    assert np.array_equal(found.values[0], X.reshape(len(X), -1).min(axis=0))
    assert np.array_equal(found.values[1], X.reshape(len(X), -1).max(axis=0))
    for value in (np.nan, np.inf, -np.inf):
        broken = X.copy()
        broken[tuple(rng.integers(0, shape))] = value
        other = Extremes()
        assert not other.measure(broken)
        assert other.values is None


def test_fit_measures_columns_while_it_checks_them() -> None:
    """The extremes come from the check of the rows; divided, weighed, mapped and small rows have their own way."""
    X, y = np.random.default_rng(0).standard_normal((9000, 9)), np.arange(9000) % 3
    seen = []

    class Reads(gn.Callback):
        measures_columns = True

        def on_fit_end(self, run: gn.training.Run) -> None:
            seen.append(run.batches.extremes)

    network = gn.Network([gn.Dense(3)], loss="cross_entropy", seed=0)
    network.fit(X, y, epochs=1, batch_size=3000, diagnose=False, callbacks=Reads())
    assert np.array_equal(seen[0], [X.astype(np.float32).min(axis=0), X.astype(np.float32).max(axis=0)])
    network.fit(X, y, epochs=1, batch_size=3000, diagnose=False, callbacks=Reads(), validation_split=0.5)
    network.fit(X[:100].astype(np.float32), y[:100], epochs=1, diagnose=False, callbacks=Reads())
    network.fit(
        X, y, epochs=1, batch_size=3000, diagnose=False, callbacks=lambda run: seen.append(run.batches.extremes)
    )
    assert seen[1:] == [None, None, None]


def test_a_case_looks_at_few_rows_and_columns(tmp_path: Path) -> None:
    """The sample has 2,000 rows, the probe 256 of them, and 200 columns are looked at, evenly spread."""
    X = np.arange(5000 * 401, dtype=np.float32).reshape(5000, 401)
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=401)
    case = Case(network, network.check_data("fit", X, np.arange(5000) % 2))
    assert case.sample[0].shape == (SAMPLE_ROWS, 401)
    assert case.probe[0].shape == (PROBE_ROWS, 401)
    assert len(case.looked_at) == LOOKED_AT == len(set(case.looked_at.tolist()))
    assert set(case.probe[0][:, 0].tolist()) <= set(case.sample[0][:, 0].tolist())
    assert case.extremes is not None
    assert np.array_equal(case.extremes[1], X[-1])
    assert case.target_extremes is not None
    assert [int(value[0]) for value in case.target_extremes] == [0, 1]
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert Case(network, network.check_data("fit", mapped, np.arange(5000) % 2)).extremes is None


def test_rows_of_weight_0_are_not_looked_at() -> None:
    """Sample, probe, held-out rows, targets and extremes leave out the rows that weigh nothing."""
    X = np.arange(9000, dtype=np.float32).reshape(3000, 3)
    weight = (np.arange(3000) % 3 > 0).astype(float)
    X[::3] = 1e9
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=3)
    data = network.check_data("fit", X, np.arange(3000) % 3 // 2, weight)
    case = Case(network, data, data)
    assert case.held_out is not None
    assert case.extremes is not None
    for rows in (case.sample[0], case.probe[0], case.held_out[0], np.stack(case.extremes)):
        assert rows.max() < 1e9
    assert len(case.targets) == 2000
    assert len(case.sample[0]) == 2000


def test_sampled_rows_are_spread_and_not_periodic() -> None:
    """One row comes from each of as many parts, in order, and no period of the rows is met by all of them."""
    X = np.zeros((10_000, 1), dtype=np.float32)
    rows = sampled_rows((X, X, None), 500)
    assert rows is not None
    assert np.array_equal(rows // 20, np.arange(500))
    assert len(np.unique(rows % 20)) == 20
    assert sampled_rows((X[:500], X[:500], None), 500) is None


def test_columns_are_called_by_their_numbers_from_0() -> None:
    """A column without a name is called by its number, and the sentence says from where it is counted."""
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=3)
    data = network.check_data("fit", np.ones((4, 3)), [0, 1, 0, 1])
    assert list(Case(network, data).names) == [f"column {j} (counted from 0)" for j in range(3)]
    assert Case(network, data, names=["a", "b", "c"]).names[1] == "'b'"


# ---- where training began --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_start_is_known_or_said_to_be_unknown(by_hand: bool) -> None:
    """A start that was not kept is drawn again, and known only if nothing was set by hand before the first step."""
    X, y = classes(0)
    network = classifier(0).build(10)
    if by_hand:
        network.load_state_dict(network.state_dict() | {"dense_1.bias": np.full((1, 32), 0.5)})
    before = network.params.copy()
    history = network.fit(X, y, epochs=2, diagnose=False)
    case = Case(network, network.check_data("fit", X, y), history=history)
    assert case.knows_start is not by_hand
    assert np.array_equal(case.start[0], before) is not by_hand
    assert Case(network, network.check_data("fit", X, y), history=history, start=(before, network.stats)).knows_start

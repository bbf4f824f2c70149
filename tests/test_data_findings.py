"""What ``fit`` and `glassnet.diagnose` say of data: each fault is named first, and nobody who is right is accused."""

from __future__ import annotations

import numpy as np
import pytest

import glassnet as gn
from data_cases import FAULTS, SOUND, Data
from glassnet.diagnosis.case import Case
from glassnet.diagnosis.checks.shared_row_checks import check_rows
from glassnet.diagnosis.checks.tails import lone_values


def network_for(data: Data) -> gn.Network:
    """Return a small network for the data."""
    if data.y.dtype.kind in "iu":
        most = max(int(y.max()) for y in (data.y, data.options.get("validation_data", data)[1]))
        layers, loss = [gn.Dense(24, "relu"), gn.Dense(max(2, most + 1))], "cross_entropy"
    else:
        layers, loss = [gn.Dense(24, "relu"), gn.Dense(1 if data.y.ndim == 1 else data.y.shape[1])], "squared_error"
    return gn.Network(layers, loss=data.loss or loss, optimizer=gn.Adam(1e-2), seed=0)


def findings_of(data: Data) -> gn.Diagnosis:
    """Return what ``fit`` finds."""
    network = network_for(data)
    try:
        return network.fit(data.X, data.y, **{"epochs": 20, **data.options}).findings
    except gn.DivergenceError:
        return network.history.findings


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_named_first(name: str) -> None:
    """The first finding is the fault, no note, and says where it is."""
    code, says, make = FAULTS[name]
    found = findings_of(make(np.random.default_rng(3)))
    assert len(found) > 0
    assert found[0].code in code.split(" or "), found
    assert found[0].severity != "note"
    assert says.lower() in (found[0].measured + found[0].advice).lower()


@pytest.mark.parametrize("name", SOUND)
def test_sound_data_raise_no_alarm(name: str) -> None:
    """Of data that are right nothing worse than a note is said."""
    found = findings_of(SOUND[name](np.random.default_rng(3)))
    assert found.ok, found


@pytest.mark.parametrize("name", [name for name in FAULTS if FAULTS[name].code != "sorted-rows"][::5])
def test_diagnose_says_the_same(name: str) -> None:
    """`glassnet.diagnose` names the fault first, too."""
    code, _, make = FAULTS[name]
    data = make(np.random.default_rng(4))
    options = {key: data.options[key] for key in ("validation_data", "sample_weight") if key in data.options}
    found = gn.diagnose(network_for(data), data.X, data.y, **options)
    assert found[0].code in code.split(" or "), found


def test_skewed_columns_are_a_note() -> None:
    """Columns whose logarithm is even are named where the network learns little; it is no more than a note."""
    rng = np.random.default_rng(0)
    X = np.exp(1.2 * rng.standard_normal((300, 4)))
    found = findings_of(Data(X / X.std(axis=0), rng.permutation(np.arange(300) % 2), {"epochs": 3}))
    (skewed,) = (finding for finding in found if finding.code == "skewed-inputs")
    assert skewed.severity == "note"
    assert "(counted from 0) has median" in skewed.measured


def case_of(X: np.ndarray, V: np.ndarray) -> Case:
    """Return a case of rows of one class, with validation rows."""
    y, yv = (np.zeros(len(rows), dtype=np.int64) for rows in (X, V))
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0).build(X.shape[1])
    return Case(network, (X.astype(np.float32), y, None), (V.astype(np.float32), yv, None))


def test_rows_are_compared_not_numbers_made_of_them() -> None:
    """Of 200,000 rows none is taken for another one; copies of some are found, exactly as many as there are."""
    rng = np.random.default_rng(0)
    X, V = rng.standard_normal((200_000, 5)), rng.standard_normal((2000, 5))
    X[:, 0] += 300
    V[:, 0] += 300
    assert not list(check_rows(case_of(X, V)))
    V[::5] = X[rng.permutation(200_000)[:400]]
    (found,) = check_rows(case_of(X, V))
    assert found.finding.measured == "400 of 2000 validation rows are training rows too."


@pytest.mark.parametrize("levels", [2, 3, 5])
@pytest.mark.parametrize("d", [3, 5, 8])
def test_rows_of_few_values_repeat_by_their_nature(levels: int, d: int) -> None:
    """Rows that are drawn from a few values are no copies."""
    rng = np.random.default_rng(0)
    X = rng.integers(0, levels, (1500, d)).astype(float)
    assert not list(check_rows(case_of(X[300:], X[:300])))


TAILS = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "lognormal": lambda rng, n: np.exp(1.5 * rng.standard_normal(n)),
    "t3": lambda rng, n: rng.standard_t(3, n),
    "counts": lambda rng, n: rng.poisson(1.0, n).astype(float),
    "frequencies": lambda rng, n: rng.zipf(2.5, n).astype(float),
    "rare marks": lambda rng, n: (rng.random(n) < 0.002).astype(float),
    "rare amounts": lambda rng, n: np.where(rng.random(n) < 0.7, 0.0, np.exp(rng.standard_normal(n))),
}


@pytest.mark.parametrize("name", TAILS)
def test_no_value_of_a_wide_tail_lies_apart(name: str) -> None:
    """Of a thousand columns none is accused, however wide their tails are; one value a thousand spreads off is found."""
    rng = np.random.default_rng(0)
    for n in (50, 200, 2000):
        for _ in range(100):
            assert lone_values(TAILS[name](rng, n)) is None
    values = TAILS[name](rng, 1000)
    values[3] = 1e7 * max(values.std(), 1.0)
    if name != "rare marks":
        found = lone_values(values)
        assert found is not None
        assert found.places.tolist() == [3]


def test_the_tables_are_large() -> None:
    """There are at least sixty of each."""
    assert min(len(FAULTS), len(SOUND)) >= 60

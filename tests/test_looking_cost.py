"""What looking for mistakes costs a training that goes well: passes, rows, imports; and what is never tried."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.diagnosis import watch
from glassnet.diagnosis.case import LOOKED_AT, PROBE_ROWS, SAMPLE_ROWS, Case
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.diagnosis.sampling import SampledRows, sampled_rows
from glassnet.layers.chain import Chain
from glassnet.utils.extremes import Extremes
from runs_that_fail import FAILURES, classes, classifier, numbers, regressor
from runs_that_learn import HEALTHY

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
    seen: list[Any] = []

    class Reads(gn.Callback):
        measures_columns = True

        def on_fit_end(self, run: gn.training.Run[Any]) -> None:
            seen.append(run.batches.extremes)

    network = gn.Network([gn.Dense(3)], loss="cross_entropy", seed=0)
    network.fit(X, y, epochs=1, batch_size=3000, diagnose=False, callbacks=Reads())
    assert seen[0] is not None
    assert np.array_equal(np.stack(seen[0]), [X.astype(np.float32).min(axis=0), X.astype(np.float32).max(axis=0)])
    network.fit(X, y, epochs=1, batch_size=3000, diagnose=False, callbacks=Reads(), validation_split=0.5)
    network.fit(X[:100].astype(np.float32), y[:100], epochs=1, diagnose=False, callbacks=Reads())
    network.fit(
        X, y, epochs=1, batch_size=3000, diagnose=False, callbacks=lambda run: seen.append(run.batches.extremes)
    )
    assert seen[1:] == [None, None, None]


def test_a_case_looks_at_few_rows_and_columns(tmp_path: Path) -> None:
    """The sample has 2,000 rows, the probe 256 of them, and 200 columns are looked at, evenly spread."""
    X = np.arange(5000 * 401, dtype=np.float32).reshape(5000, 401)
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(401,))
    case = Case(network, network._check_data("fit", X, np.arange(5000) % 2))
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
    assert Case(network, network._check_data("fit", mapped, np.arange(5000) % 2)).extremes is None


def test_rows_of_weight_0_are_not_looked_at() -> None:
    """Sample, probe, held-out rows, targets and extremes leave out the rows that weigh nothing."""
    X = np.arange(9000, dtype=np.float32).reshape(3000, 3)
    weight = (np.arange(3000) % 3 > 0).astype(float)
    X[::3] = 1e9
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(3,))
    data = network._check_data("fit", X, np.arange(3000) % 3 // 2, weight)
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
    network = gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0, input_shape=(3,))
    data = network._check_data("fit", np.ones((4, 3)), [0, 1, 0, 1])
    assert list(Case(network, data).names) == [f"column {j} (counted from 0)" for j in range(3)]
    assert Case(network, data, names=["a", "b", "c"]).names[1] == "'b'"


# ---- where training began --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_hand", [False, True])
def test_the_start_is_known_or_said_to_be_unknown(by_hand: bool) -> None:
    """A start that was not kept is drawn again, and known only if nothing was set by hand before the first step."""
    X, y = classes(0)
    network = classifier(0).build((10,))
    if by_hand:
        network.load_state_dict(network.state_dict() | {"dense_1.bias": np.full((1, 32), 0.5)})
    before = network.params.copy()
    history = network.fit(X, y, epochs=2, diagnose=False)
    case = Case(network, network._check_data("fit", X, y), history=history)
    assert case.knows_start is not by_hand
    assert np.array_equal(case.start[0], before) is not by_hand
    assert Case(network, network._check_data("fit", X, y), history=history, start=(before, network.stats)).knows_start


# ---- many short calls ------------------------------------------------------------------------------------------------


def said_in_loop(make: Any, per_call: int, calls: int) -> tuple[list[str], list[str]]:
    """Return the codes warned of and the codes of all findings over many calls of ``fit``."""
    network, X, y, options = make
    codes = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(calls):
            codes += network.fit(X, y, **{**options, "epochs": per_call}).findings.codes
    return [str(warning.message).split()[2] for warning in caught], codes


@pytest.mark.parametrize("per_call", [1, 2, 5])
@pytest.mark.parametrize(
    "name",
    [
        "xor_of_the_tutorial",
        "noisy_sine",
        "very_noisy_classes",
        "counts_poisson",
        "moons",
        "many_labels",
        "one_hot_columns",
        "separable_blobs",
        "polynomial_columns",
    ],
)
def test_healthy_loops_say_nothing(name: str, per_call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that goes well in many short calls is told nothing, nor is anything tried."""
    monkeypatch.setattr(Trials, "_contender", forbidden)
    made = HEALTHY[name](0)
    told, _ = said_in_loop(made, per_call, min(made[3]["epochs"], 64) // per_call)
    assert told == []


def forbidden(*_: Any, **__: Any) -> None:
    """Stand for what must not be called."""
    message = "nothing may be tried here"
    raise AssertionError(message)


def with_validation(seed: int) -> Any:
    """Return a training with a quarter of the rows given to validate."""
    X, y = classes(seed)
    return classifier(seed), X[:450], y[:450], {"validation_data": (X[450:], y[450:])}


def with_a_share_held_out(seed: int) -> Any:
    """Return a training with a fifth of the rows held out by itself."""
    return classifier(seed), *classes(seed), {"validation_split": 0.2}


def stopped_early(seed: int) -> Any:
    """Return a training with early stopping."""
    made = with_validation(seed)
    made[3]["early_stopping"] = gn.EarlyStopping(patience=3)
    return made


def weighed(seed: int) -> Any:
    """Return a training with rows of weight 0."""
    return classifier(seed), *classes(seed), {"sample_weight": np.arange(600) % 2.0}


def in_one_batch(seed: int) -> Any:
    """Return a training with one step an epoch."""
    return classifier(seed, gn.SGD(0.5)), *classes(seed), {"batch_size": 600}


def in_batches_of_one(seed: int) -> Any:
    """Return a training with a step for each row."""
    return classifier(seed, gn.SGD(0.01)), *classes(seed, 60), {"batch_size": 1}


def with_an_average(seed: int) -> Any:
    """Return a training with averaged weights."""
    return classifier(seed, gn.Adam(1e-2, ema=0.9)), *classes(seed), {}


def slowly(seed: int) -> Any:
    """Return a training with a low but good learning rate."""
    return classifier(seed, gn.SGD(0.003)), *classes(seed), {}


def decaying(seed: int) -> Any:
    """Return a training with a rate that decays."""
    return classifier(seed, gn.SGD(gn.ExponentialDecay(0.1, 0.98))), *classes(seed), {}


@pytest.mark.parametrize("per_call", [1, 2, 5])
@pytest.mark.parametrize(
    "make",
    [
        with_validation,
        with_a_share_held_out,
        stopped_early,
        weighed,
        in_one_batch,
        in_batches_of_one,
        with_an_average,
        slowly,
        decaying,
    ],
)
def test_healthy_loops_of_all_kinds_say_nothing(make: Any, per_call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held-out rows, early stopping, weights, batches of all sizes, averages, schedules: none is told anything."""
    monkeypatch.setattr(Trials, "_contender", forbidden)
    told, _ = said_in_loop(make(1), per_call, 40 // per_call)
    assert told == []


def test_calls_of_one_epoch_have_no_findings_of_their_own() -> None:
    """Where all goes well not even a note is left that training should go on."""
    for make in (with_validation, in_one_batch, slowly):
        assert said_in_loop(make(0), 1, 30) == ([], [])


def test_parts_of_the_rows_in_each_call() -> None:
    """A loop over parts of the rows of its own making is told nothing, as one over batches from a generator."""
    X, y = classes(0)
    network, other = classifier(0), classifier(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for epoch in range(12):
            order = np.random.default_rng(epoch).permutation(600)
            for start in range(0, 600, 100):
                rows = order[start : start + 100]
                network.fit(X[rows], y[rows], epochs=1)
            other.fit(((X[rows], y[rows]) for rows in order.reshape(6, 100)), epochs=1)
    assert network.evaluate(X, y)["accuracy"] > 0.8


@pytest.mark.parametrize("per_call", [1, 2, 5])
@pytest.mark.parametrize(
    "name",
    [
        "inputs_far_too_small",
        "unscaled_target",
        "zero_weights",
        "rate_of_1e_5",
        "single_class",
        "leaking_code",
        "deep_sigmoid",
        "columns_that_say_nothing",
    ],
)
def test_failing_loops_are_told_each_thing_once(name: str, per_call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that fails in many short calls is told why, once; nothing is tried."""
    monkeypatch.setattr(Trials, "_contender", forbidden)
    told, _ = said_in_loop(FAILURES[name].make(0), per_call, 40 // per_call)
    assert told
    assert len(set(told)) == len(told)
    assert set(told) & (FAILURES[name].codes | {"no-better-than-baseline", "plateau-at-prior"})


def test_what_was_told_goes_with_a_copy() -> None:
    """A copy of a network is not told again; one from a file, which has no such memory, is told once more."""
    network, X, y, _ = FAILURES["zero_weights"].make(0)
    with pytest.warns(gn.DiagnosisWarning, match="symmetric-weights"):
        network.fit(X, y, epochs=1)
    for copied in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            history = copied.fit(X, y, epochs=3)
        assert "symmetric-weights" in history.findings.codes


def test_findings_stay_between_two_checks() -> None:
    """A short call that is not checked leaves what was found last."""
    network, X, y, _ = FAILURES["zero_weights"].make(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(7):
            assert "symmetric-weights" in network.fit(X, y, epochs=1).findings.codes


# ---- where nothing is tried ------------------------------------------------------------------------------------------


def test_nothing_is_tried_in_searches_and_populations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folds, sweeps, members and rates train without a look, however badly."""
    monkeypatch.setattr(Trials, "_contender", forbidden)
    monkeypatch.setattr(watch, "examine", forbidden)
    X, y = classes(0, 120)

    def make(rate: float = 1e-7, seed: int = 0) -> gn.Network:
        return classifier(seed, gn.SGD(rate))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gn.cross_validate(make(), X, y, folds=3, epochs=12)
        gn.sweep(make, {"rate": [1e-7, 1e-8]}, X, y, epochs=12, validation_data=(X, y))
        gn.Population(make(), 2).fit(X, y, epochs=12)
        gn.find_learning_rate(make(), X, y, n_rates=3, steps=12)


# ---- counted work ----------------------------------------------------------------------------------------------------


def passes_of_looking(network: gn.Network, X: Any, y: Any, **options: Any) -> tuple[int, int, gn.Diagnosis]:
    """Return the rows that ``fit`` sent forward and backward beyond those of training, and what it found."""
    rows = {"forward": 0, "backward": 0}
    counts = []
    forward, backward = Chain.forward, Chain.backward

    def counted_forward(self: Chain, A: Any, step: Any) -> Any:
        rows["forward"] += len(A)
        return forward(self, A, step)

    def counted_backward(self: Chain, dY: Any) -> Any:
        rows["backward"] += len(dY)
        return backward(self, dY)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Chain, "forward", counted_forward)
        patch.setattr(Chain, "backward", counted_backward)
        for diagnose in (False, True):
            rows.update(forward=0, backward=0)
            found = copy.deepcopy(network).fit(X, y, diagnose=diagnose, **options).findings
            counts.append(dict(rows))
    off, on = counts
    return on["forward"] - off["forward"], on["backward"] - off["backward"], found


@pytest.mark.parametrize(
    ("n", "width", "epochs"), [(8000, 400, 1), (2000, 400, 4), (1500, 64, 20), (600, 32, 30), (600, 1500, 1)]
)
def test_a_healthy_training_is_looked_at_in_few_passes(n: int, width: int, epochs: int) -> None:
    """The network sees a twentieth of the rows of training again at most, or few in all where rows cost little."""
    X, y = classes(0, n)
    network = gn.Network([gn.Dense(width, "relu"), gn.Dense(width, "relu"), gn.Dense(3)], loss="cross_entropy", seed=0)
    forward, backward, found = passes_of_looking(network.build((10,)), X, y, epochs=epochs, validation_split=0.2)
    assert found.ok
    work = (forward + 2 * backward) / (3 * 0.8 * n * epochs)
    assert work <= 0.05 or (forward + 2 * backward) * network.build((10,)).params.size <= 60e6


def test_rows_and_columns_are_read_sparingly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a wide table a healthy training has no whole column read, and few rows."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((6000, 600)).astype(np.float32)
    y = (X[:, :20].sum(axis=1) > 0).astype(int)
    read: list[np.ndarray] = []

    def counted(self: SampledRows, index: int) -> Any:
        value = plain(self, index)
        if index == 0 and id(value) not in {id(each) for each in read}:
            read.append(value)
        return value

    plain = SampledRows.__getitem__
    monkeypatch.setattr(SampledRows, "__getitem__", counted)
    network = gn.Network([gn.Dense(16, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0)
    assert network.fit(X, y, epochs=3).findings.ok
    assert sum(array.size for array in read) <= 2 * 2000 * 200


HEALTHY_FIT = """
import sys
import numpy as np
import glassnet as gn
rng = np.random.default_rng(0)
X = rng.standard_normal((300, 4)).astype("f4")
y = (X @ np.ones(4) > 0).astype(int)
net = gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
net.fit(X, y, epochs=1, diagnose=False)
net = gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
before = set(sys.modules)
assert net.fit(X, y, epochs=30).findings.ok
print(*sorted(set(sys.modules) - before))
"""


def test_a_healthy_fit_imports_little() -> None:
    """The first ``fit`` loads its checks; not the check of learners' programs, nor masked arrays and the like."""
    done = subprocess.run([sys.executable, "-c", HEALTHY_FIT], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert all(name.startswith("glassnet.") for name in loaded), loaded
    assert not [name for name in loaded if "backprop" in name or "gradient_check" in name]
    assert 10 < len(loaded) <= 64


# ---- rows of weight 0 ------------------------------------------------------------------------------------------------


def spoiled(change: Callable[[np.ndarray, np.ndarray], Any], *, regresses: bool = False) -> Any:
    """Return a training of which every third row weighs nothing and is changed."""
    X, y = (numbers if regresses else classes)(0, 900)
    change(X, y)
    network = regressor(0) if regresses else classifier(0)
    return network, X, y, {"epochs": 25, "sample_weight": np.arange(900) % 3 > 0}


WEIGHTLESS: dict[str, Callable[[], Any]] = {
    "huge inputs": lambda: spoiled(lambda X, y: X.__setitem__(slice(None, None, 3), 1e6)),
    "a code": lambda: spoiled(lambda X, y: X.__setitem__((slice(None, None, 3), 2), -999.0)),
    "zeros": lambda: spoiled(lambda X, y: X.__setitem__(slice(None, None, 3), 0.0)),
    "a huge target": lambda: spoiled(lambda X, y: y.__setitem__(slice(None, None, 3), 1e9), regresses=True),
    "one class": lambda: spoiled(lambda X, y: y.__setitem__(slice(None, None, 3), 0)),
}


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_what_weighs_nothing_is_not_spoken_of(name: str) -> None:
    """Whatever stands in rows of weight 0, nothing is said of it, by ``fit`` or by `diagnose`."""
    network, X, y, options = WEIGHTLESS[name]()
    assert network.fit(X, y, **options).findings.ok
    assert gn.diagnose(network, X, y, options["sample_weight"], try_remedies=False).ok


def test_weightless_rows_are_not_shared_rows() -> None:
    """Validation rows that are training rows too are none if either has no weight."""
    X, y = classes(0, 900)
    new, answers = classes(5, 300)
    weight = np.arange(900) % 3 > 0
    history = classifier(0).fit(X, y, epochs=25, sample_weight=weight, validation_data=(X[::3], y[::3]))
    assert "shared-rows" not in history.findings.codes
    both = np.concatenate([new, X[:300]]), np.concatenate([answers, y[:300]]), np.arange(600) < 300
    history = classifier(0).fit(X, y, epochs=25, validation_data=both)
    assert "shared-rows" not in history.findings.codes


def test_a_class_of_weightless_rows_is_missing() -> None:
    """A class whose rows all weigh nothing is one that cannot be learned."""
    X, y = classes(0, 900)
    history = classifier(0).fit(X, y, epochs=25, sample_weight=y != 2)
    assert "missing-classes" in history.findings.codes


@pytest.mark.parametrize("name", ["dead_rectifiers", "tiny_weights_deep"])
def test_an_unknown_start_is_not_taken_for_a_wrong_rate(name: str) -> None:
    """Weights that were set by hand before a training that nobody watched are not held against the learning rate."""
    network, X, y, options = FAILURES[name].make(0)
    network.fit(X, y, **options, diagnose=False)
    found = gn.diagnose(network, X, y)
    assert not found.ok
    assert not {"rate-too-high", "rate-too-low"} & set(found.codes)

"""Estimators for tables by shards: one result on any number of processes, whatever is random or takes time."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import ShuffleSplit

import glassnet as gn
from glassnet.errors import ConfigError
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.tabular.estimators import processes
from glassnet.training.sharding.ranks import Ranks
from mpi_runs import run_ranks
from thread_ranks import together

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

N = 400
INPUTS = ["a", "b", "kind"]


@pytest.fixture(scope="module")
def table() -> Any:
    """Return a table of numbers, text, a label and a number to predict."""
    generator = np.random.default_rng(1)
    a, b = generator.standard_normal((2, N))
    kind = generator.choice(["red", "green", "blue"], N).astype(object)
    size = a + (kind == "red") + 0.3 * b
    return pyarrow.table({"a": a, "b": b, "kind": kind, "label": np.where(size > 0.4, "large", "small"), "size": size})


@pytest.fixture(scope="module")
def path(table: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the table stands, in row groups of 50."""
    found = tmp_path_factory.mktemp("tables") / "rows.parquet"
    parquet.write_table(table, found, row_group_size=50)
    return found


def estimator(kind: Any, **options: Any) -> Any:
    """Return an estimator that takes few seconds."""
    return kind(**{"recipe": "small", "epochs": 2, "batch_size": 100, "random_state": 0, "diagnose": False, **options})


def everywhere(kind: Any, given: Any, size: int = 3, groups: Any = None, **options: Any) -> list[Any]:
    """Return the estimators that several processes have after the fit."""

    def train(ranks: Ranks) -> Any:
        own = {**options, "cv": options["cv"](ranks.rank)} if "cv" in options else options
        return estimator(kind, **own).fit(*given, shards=4, distributed=ranks)

    found: list[Any] = together(size, train)
    return found


def assert_same(one: Any, other: Any, inputs: Any) -> None:
    """Compare what two fits found, to the last bit."""
    np.testing.assert_array_equal(one.model_.network.params, other.model_.network.params)
    np.testing.assert_array_equal(one.model_.network.stats, other.model_.network.stats)
    np.testing.assert_array_equal(one.predict(inputs), other.predict(inputs))
    assert repr(one.calibration_) == repr(other.calibration_)
    assert repr(one.findings_) == repr(other.findings_)
    assert [history.columns for history in one.histories_] == [history.columns for history in other.histories_]
    assert one.model_.background is not None
    np.testing.assert_array_equal(one.model_.background, other.model_.background)


@pytest.mark.parametrize(
    "options", [{}, {"n_ensemble": 2}, {"n_folds": 2}, {"recipe": "fast", "diagnose": True}], ids=str
)
@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
@pytest.mark.filterwarnings("ignore::glassnet.sklearn.PoorFitWarning")
def test_one_result_on_any_number_of_processes(kind: Any, table: Any, options: dict[str, Any]) -> None:
    """Networks, predictions, calibration, findings and histories are those of one process with as many shards."""
    inputs, target = table.select(INPUTS), "label" if kind is TabularClassifier else "size"
    given = inputs, table[target].to_numpy(zero_copy_only=False)
    alone = estimator(kind, **options).fit(*given, shards=4)
    for other in everywhere(kind, given, **options):
        assert_same(alone, other, inputs)
    undivided = estimator(kind, **options).fit(*given)
    assert not np.array_equal(undivided.model_.network.params, alone.model_.network.params)


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_rows_that_stay_in_files(kind: Any, table: Any, path: Path) -> None:
    """Each process encodes the blocks of its own shards; the result is one."""
    target = "label" if kind is TabularClassifier else "size"
    rows = gn.ParquetRows(path, target, columns=INPUTS, block_rows=50, buffer_blocks=4)
    alone = estimator(kind).fit(rows, shards=4)
    for other in everywhere(kind, (rows,), size=2):
        assert_same(alone, other, table.select(INPUTS))


@pytest.mark.filterwarnings("ignore:.*max_seconds=0.4 was enough for")
def test_what_is_random_or_takes_time_is_the_same_for_all(table: Any) -> None:
    """A seed that is drawn, splits that are drawn, and what fits into a time limit are those of the first process."""
    given = table.select(INPUTS), table["label"].to_numpy(zero_copy_only=False)
    options: list[dict[str, Any]] = [
        {"random_state": None},
        {"cv": lambda rank: ShuffleSplit(1, random_state=rank)},
        {"max_seconds": 0.4, "epochs": None, "n_ensemble": 3},
    ]
    for each in options:
        first, *others = everywhere(TabularClassifier, given, size=2, **each)
        for other in others:
            assert_same(first, other, given[0])


def test_an_end_that_is_asked_for_ends_all_networks(table: Any) -> None:
    """Where processes are to end, no network is begun after the one under way, and the warning says so."""
    given = table.select(INPUTS), table["label"].to_numpy(zero_copy_only=False)

    def train(ranks: Ranks) -> Any:
        return estimator(TabularClassifier, n_ensemble=3).fit(*given, shards=4, distributed=ranks)

    with pytest.warns(UserWarning, match=r"Training interrupted by user: 1 of 3 networks are averaged\."):
        found = together(2, train, reason="terminated")
    assert [history.stop_reason for model in found for history in model.histories_] == ["terminated"] * 2
    np.testing.assert_array_equal(*(model.model_.network.params for model in found))


def test_all_read_one_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of a time limit is the same number everywhere, though the clocks of processes differ."""
    model = estimator(TabularClassifier, max_seconds=100.0)

    def own_clock() -> float:
        return float(threading.get_ident() % 100_003) + time.perf_counter()

    def left(ranks: Ranks) -> list[float]:
        deadline = processes.divided_alike(model, model._options(), 4, ranks).deadline
        assert deadline is not None
        return [deadline.left, deadline.for_training]

    monkeypatch.setattr(processes, "time", SimpleNamespace(perf_counter=own_clock))
    first, second = together(2, left)
    assert first == second
    assert 90.0 < first[1] <= first[0] <= 100.0


def test_what_does_not_go_with_shards(table: Any) -> None:
    """Another place to train in, processes without shards, and parameters that differ are refused."""
    given = table.select(INPUTS), table["label"].to_numpy(zero_copy_only=False)
    words = r"TabularClassifier\.fit: shards and n_jobs=2 are both given; with shards each network is trained by all"
    with pytest.raises(ConfigError, match=words):
        estimator(TabularClassifier, n_jobs=2).fit(*given, shards=2)
    with pytest.raises(ConfigError, match=r"shards and executor='joblib' are both given; .* Leave one out\."):
        estimator(TabularClassifier).fit(*given, shards=2, executor="joblib")
    with pytest.raises(ConfigError, match=r"TabularRegressor\.fit: shards is 3; it must be a power of two\."):
        estimator(TabularRegressor).fit(given[0], table["size"].to_numpy(), shards=3)
    with pytest.raises(ConfigError, match=r"TabularClassifier\.fit: distributed is given without shards;"):
        estimator(TabularClassifier).fit(*given, distributed=Ranks())


_SCRIPT = """
import hashlib, sys, warnings
import pyarrow.parquet
import glassnet as gn
from glassnet.tabular import TabularClassifier

warnings.simplefilter("ignore")
rows = gn.ParquetRows({path!r}, "label", columns={inputs!r}, block_rows=50, buffer_blocks=4)
model = TabularClassifier("small", epochs=2, batch_size=100, random_state=0, verbose=True, diagnose=False)
model.fit(rows, shards=4, distributed="mpi")
table = pyarrow.parquet.read_table({path!r})
outputs = model.model_.network.params, model.predict_proba(table.select({inputs!r}))
print(hashlib.sha1(b"".join(array.tobytes() for array in outputs)).hexdigest(), repr(model.calibration_))
try:
    TabularClassifier("small", epochs=1 + int(gn.distributed.rank() > 0)).fit(rows, shards=4, distributed="mpi")
except gn.errors.ConfigError as error:
    print("refused:", error)

def refused(kind, X, y):
    try:
        kind(X, y, shards=4, distributed="mpi")
    except gn.errors.GlassnetError as error:
        print("refused:", error)

other, X = gn.distributed.rank() == 1, table.select({inputs!r})
table_fit, y = TabularClassifier("small", epochs=1).fit, table["label"].to_numpy(zero_copy_only=False)
network = gn.Network([gn.Dense(2)], loss="cross_entropy")
refused(table_fit, X, y[int(other):])
refused(table_fit if other else lambda X, y, **where: network.fit([[1.0], [0.0]], [1, 0], epochs=1, **where), X, y)
"""


def test_processes_of_mpi(table: Any, path: Path, tmp_path: Path) -> None:
    """Two processes end with the estimator of one; the first shows progress; parameters, rows and calls must be alike."""
    both = run_ranks(_SCRIPT.format(path=str(path), inputs=INPUTS), 2, tmp_path)
    assert both.returncode == 0, both.stderr
    rows = gn.ParquetRows(path, "label", columns=INPUTS, block_rows=50, buffer_blocks=4)
    alone = estimator(TabularClassifier).fit(rows, shards=4)
    outputs = alone.model_.network.params, alone.predict_proba(table.select(INPUTS))
    digest = hashlib.sha1(b"".join(array.tobytes() for array in outputs)).hexdigest()
    found = both.stdout.splitlines()
    assert sorted(line for line in found if not line.startswith("refused")) == [f"{digest} {alone.calibration_!r}"] * 2
    words = {line.removeprefix("refused: ") for line in found if line.startswith("refused")}
    rule = "it must be the same on all. Give each the same program, data and packages."
    call = "the call is 'fit' on rank 0 and 'TabularClassifier.fit' on rank 1"
    (rows_differ,) = {each for each in words if each.startswith("TabularClassifier.fit: X has ")}
    (told,) = {each for each in words if each.startswith("fit: rank 1 on ")}
    assert told.endswith(
        f"no other can train without it. Start it again. It says: DataError: {rows_differ.rstrip('.')}"
    )
    alike = {f"fit: epochs is 1 on rank 0 and 2 on rank 1; {rule}", f"fit: {call}; {rule}"}
    assert words == {*alike, rows_differ, told}
    assert both.stdout.count("epoch 2/2") + both.stderr.count("epoch 2/2") == 1

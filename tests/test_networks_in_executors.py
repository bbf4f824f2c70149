"""Networks of an ensemble or of folds as tasks of an executor: the same bits wherever, and what is lost with a worker."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score

import glassnet as gn
from executor_tasks import Failing
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.tabular.fitting import executed, orphans, parallel
from glassnet.tabular.fitting.executed import place_of
from glassnet.tabular.fitting.orphans import Errand, Home, ending_with, is_gone, is_here, is_near, this_process
from glassnet.tabular.fitting.parallel import at_once
from glassnet.utils.dask_tasks import is_cancelled, is_task_of_dask
from glassnet.utils.executors import Lost, run_tasks
from glassnet.utils.thread_warnings import warnings_of_thread

distributed = pytest.importorskip("distributed")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3)).astype(np.float32)
Y = (X[:, 0] - X[:, 1] * X[:, 2] > 0).astype(int)
QUICK: dict[str, Any] = {"recipe": "small", "epochs": 3, "batch_size": 16, "random_state": 0}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Return a client of a cluster of two processes on this machine."""
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as found:
        yield found


@pytest.fixture(scope="module")
def threads() -> Iterator[Executor]:
    """Return a pool of two threads."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def weights(model: Any) -> np.ndarray:
    """Return the parameters of all networks."""
    found: np.ndarray = model.model_.network.params
    return found


def trained(executor: Any = None, **options: Any) -> Any:
    """Return a fitted classifier of three networks."""
    return TabularClassifier(**{**QUICK, "n_ensemble": 3, **options}).fit(X, Y, executor=executor)


# ---- the same bits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"n_ensemble": 1, "n_folds": 3}, {"recipe": "realmlp"}, {"n_ensemble": 1}])
def test_threads_and_dask_give_the_same_bits(client: Any, threads: Executor, options: dict[str, Any]) -> None:
    """Weights, histories, findings and calibration are those of one after the other in this process."""
    alone = trained(**options)
    for place in (threads, client, client.get_executor()):
        apart = trained(place, **options)
        assert np.array_equal(weights(alone), weights(apart))
        assert [each.columns for each in alone.histories_] == [each.columns for each in apart.histories_]
        assert alone.findings_.codes == apart.findings_.codes
        assert {each.threads for each in apart.histories_} == {1}
        assert np.array_equal(alone.predict_proba(X), apart.predict_proba(X))


def test_joblib_gives_the_same_bits(client: Any) -> None:
    """By processes, and by Dask, as an executor and by ``n_jobs``."""
    alone = TabularRegressor(**QUICK, n_ensemble=2).fit(X, X[:, 0])
    with joblib.parallel_config(n_jobs=2):
        found = [TabularRegressor(**QUICK, n_ensemble=2).fit(X, X[:, 0], executor="joblib")]
    with joblib.parallel_config("dask"):
        found.append(TabularRegressor(**QUICK, n_ensemble=2).fit(X, X[:, 0], executor="joblib"))
        found.append(TabularRegressor(**QUICK, n_ensemble=2, n_jobs=2).fit(X, X[:, 0]))
        found.append(TabularRegressor(**QUICK, n_ensemble=2).fit(X, X[:, 0]))
        options = TabularRegressor(**QUICK, n_ensemble=2, n_jobs=2)._options()
        assert type(place_of(options)[0]).__module__.startswith("distributed")
    assert client.ncores()
    for each in found:
        assert np.array_equal(weights(alone), weights(each))


def test_a_search_on_a_cluster_has_its_cores(client: Any) -> None:
    """Inside a task of Dask networks are trained one after the other, whatever was asked for; the scores are the same."""
    assert client.submit(at_once, 2, 8, pure=False).result() == 1
    assert client.submit(is_task_of_dask, pure=False).result() is True
    assert client.submit(is_cancelled, pure=False).result() is False
    model = TabularClassifier(**QUICK, n_ensemble=2, n_jobs=2)
    with joblib.parallel_config("dask"):
        apart = cross_val_score(model, X, Y, cv=2, n_jobs=2)
    assert np.array_equal(apart, cross_val_score(clone(model).set_params(n_jobs=1), X, Y, cv=2))


def test_a_search_hands_the_executor_on(threads: Executor) -> None:
    """It is an argument of the fits, which a search passes on and never copies."""
    search = GridSearchCV(TabularClassifier(**QUICK, n_ensemble=2), {"epochs": [1]}, cv=2)
    alone = clone(search).fit(X, Y)
    apart = search.fit(X, Y, executor=threads)
    assert np.array_equal(weights(alone.best_estimator_), weights(apart.best_estimator_))


def test_rows_in_files_are_read_by_the_workers(client: Any, tmp_path: Path) -> None:
    """The files must be where the worker is; it reads the rows that it trains on by itself."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    table = pa.table({"a": X[:, 0], "b": X[:, 1], "y": [("no", "yes")[each] for each in Y]})
    pq.write_table(table, tmp_path / "rows.parquet", row_group_size=20)
    rows = gn.ParquetRows(tmp_path / "rows.parquet", target="y")
    alone, apart = (TabularClassifier(**QUICK, n_ensemble=2).fit(rows, executor=each) for each in (None, client))
    assert np.array_equal(weights(alone), weights(apart))


@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")  # it is cut short where the machine is busy
def test_a_time_limit_holds_for_all(threads: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network may take its share of what is left when it is handed to a worker."""
    shares: dict[int, tuple[float, float]] = {}
    fit = parallel.train_network

    def noted(shared: Any, unit: Any, seconds: float, *words: Any) -> None:
        shares[unit.number] = seconds, time.perf_counter() - began
        fit(shared, unit, seconds, *words)

    monkeypatch.setattr(parallel, "train_network", noted)
    began = time.perf_counter()
    model = trained(threads, max_seconds=20.0, n_ensemble=4)
    assert len(model.histories_) == len(shares) == 4
    for number, (seconds, passed) in shares.items():
        left = 20.0 - passed
        assert 0.0 < seconds < left + 0.1 if number > 1 else seconds < left / 2 + 0.1


# ---- another machine -------------------------------------------------------------------------------------------------


def test_numbers_of_processes_mean_nothing_on_another_machine() -> None:
    """The first process of every container is number 1: a process there is neither this one nor the one that began it."""
    here, twin = this_process(), Home(os.getpid(), "elsewhere")
    assert is_here(here)
    assert is_near(here)
    assert not is_here(twin)
    assert not is_near(twin)
    assert not is_gone(twin)
    with ending_with(Errand(twin, "no-such-file")):
        assert os.getpid() not in orphans._stop_files


def test_a_file_of_another_machine_ends_nothing(tmp_path: Path) -> None:
    """The file that says to stop counts on the machine that wrote it, even if one of its name is here."""
    network = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=3, seed=0)
    shared = parallel.Shared((X, X[:, :1].copy(), None), None, {"epochs": 2, "threads": 1, "progress": False})
    stop_file = tmp_path / "stop"
    stop_file.touch()
    packed = pickle.dumps(parallel.Unit(0, parallel.Job(network)))
    far, near = (
        parallel.train_for(shared, Errand(home, str(stop_file)), pickle.loads(packed), None)
        for home in (Home(os.getpid(), "elsewhere"), this_process())
    )
    assert far.network.history.stop_reason == "finished"
    assert near.network.history.epochs == 0


def test_warnings_of_two_threads_are_kept_apart() -> None:
    """Tasks of one process that overlap each have their own, and what was set before is set again afterwards."""
    both = threading.Barrier(2, timeout=30)

    def warned(name: str) -> list[str]:
        with warnings_of_thread() as found:
            both.wait()
            warnings.warn(name, UserWarning, stacklevel=1)
            both.wait()
        return [str(each.message) for each in found]

    before = warnings.showwarning, warnings.filters[:]
    with ThreadPoolExecutor(2) as pool:
        assert [*pool.map(warned, ("one", "two"))] == [["one"], ["two"]]
    assert (warnings.showwarning, warnings.filters) == before


# ---- how they end ----------------------------------------------------------------------------------------------------


def test_what_came_back_is_averaged_where_a_worker_is_lost() -> None:
    """With a warning; where nothing came back it is an error, and so it is where there is no other place."""
    whole, lost = trained(), r"BrokenProcessPool: a process was terminated"
    must = (
        rf"fit: [123] of 3 networks did not come back from the executor \({lost}\); each must, to be part of the mean\."
    )
    with pytest.warns(UserWarning, match=rf"{must} 2 of 3 networks are averaged\."):
        left = trained(Failing(2))
    assert np.array_equal(weights(left), weights(whole)[:2])
    with pytest.raises(gn.ConfigError, match=rf"{must} See whether its workers and its scheduler live, and have the"):
        trained(Failing(0))


def test_what_is_not_back_long_after_the_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no worker is free, or there is none, a time limit ends the fit all the same."""

    class Idle(Executor):
        def submit(self, function: Any, /, *args: Any, **keywords: Any) -> Future[Any]:
            return Future()

    monkeypatch.setattr(executed, "_GRACE_SECONDS", 0.1)
    with pytest.raises(
        gn.ConfigError, match=r"fit: \d of \d networks did not come back from the executor \(it took too l"
    ):
        trained(Idle(), max_seconds=0.5)


def test_one_that_diverges_is_left_out(threads: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in one process; it is no network that was lost."""
    fit = parallel.train_network

    def second_is_wild(shared: Any, unit: Any, *words: Any) -> None:
        if unit.number == 1:
            message = "fit: training diverged; loss and weights must stay finite."
            raise gn.DivergenceError(message)
        fit(shared, unit, *words)

    whole = trained()
    monkeypatch.setattr(parallel, "train_network", second_is_wild)
    assert np.array_equal(weights(trained(threads)), weights(whole)[[0, 2]])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_what_is_under_way_here(threads: Executor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks that are done are averaged, those under way on this machine end at once, the rest do not begin."""
    fit = parallel.train_network

    def pressed(shared: Any, unit: Any, *words: Any) -> None:
        if unit.number:
            shared = replace(shared, options={**shared.options, "epochs": 100_000, "early_stopping": None})
        if unit.number == 2:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        fit(shared, unit, *words)

    whole = trained()
    monkeypatch.setattr(parallel, "train_network", pressed)
    with pytest.warns(UserWarning, match=r"Training interrupted by user: 1 of 5 networks are averaged"):
        left = trained(threads, n_ensemble=5)
    assert np.array_equal(weights(left), weights(whole)[0])


def _threads_at_work(dask_worker: Any) -> int:
    return len(dask_worker.active_threads)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_leaves_nothing_running_on_a_cluster(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask does not end a task that it cancelled: the training does. Without a network there is no model."""
    monkeypatch.setattr(orphans, "this_process", lambda: Home(os.getpid(), "elsewhere"))

    def press() -> None:
        until = time.monotonic() + 60
        while sum(client.run(_threads_at_work).values()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(KeyboardInterrupt):
        trained(client, epochs=10**6)
    presser.join()
    until = time.monotonic() + 30
    while sum(client.run(_threads_at_work).values()) and time.monotonic() < until:
        time.sleep(0.05)
    assert sum(client.run(_threads_at_work).values()) == 0


def test_a_worker_that_is_killed_costs_nothing_on_a_cluster(client: Any) -> None:
    """Dask has another worker do its task; the bits are those of a fit that nobody disturbed."""
    options: dict[str, Any] = {"epochs": 60, "n_ensemble": 2}
    victim = next(iter(client.run(os.getpid).values()))

    def kill() -> None:
        until = time.monotonic() + 60
        while sum(client.run(_threads_at_work).values()) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    left = trained(client, **options)
    killer.join()
    assert victim not in client.run(os.getpid).values()
    assert np.array_equal(weights(left), weights(trained(**options)))


@pytest.mark.slow
def test_a_scheduler_that_is_gone_is_said() -> None:
    """The fit ends with one sentence, as soon as the scheduler does."""
    options: dict[str, Any] = {"n_workers": 1, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        threading.Timer(2.0, cluster.close).start()
        must = r"fit: 3 of 3 networks did not come back from the executor \(.*its scheduler is gone\); each must"
        with pytest.raises(gn.ConfigError, match=must):
            trained(client, epochs=10**6)


def test_a_client_that_gave_up_its_scheduler_is_not_waited_for() -> None:
    """After a scheduler was killed Dask leaves futures that are never done."""

    class Forgetting(Executor):
        _client = SimpleNamespace(status="running")

        def submit(self, function: Any, /, *args: Any, **keywords: Any) -> Future[Any]:
            self._client.status = "closed"
            return Future()

    Forgetting.__module__ = "distributed.cfexecutor"
    assert run_tasks("fit", Forgetting(), pow, [(2, 3), (3, 2)]) == [Lost("its scheduler is gone")] * 2


# ---- hostile arguments -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("executor", [4, "dask", ThreadPoolExecutor, [], object()])
def test_what_is_no_executor_is_refused(executor: Any) -> None:
    """Before any work, in one sentence."""
    must = r"TabularClassifier\.fit: executor is .*; it must be an executor as of concurrent\.futures, a client of Dask, or"
    with pytest.raises(gn.ConfigError, match=must):
        trained(executor)


def test_a_pool_that_was_shut_down_is_said() -> None:
    """No network comes back from it."""
    pool = ThreadPoolExecutor(2)
    pool.shutdown()
    with pytest.raises(
        gn.ConfigError, match=r"did not come back from the executor \(RuntimeError: cannot schedule new"
    ):
        trained(pool)

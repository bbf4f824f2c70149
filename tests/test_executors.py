"""Tasks and networks on any executor: threads, processes, joblib, Dask, a pool of MPI; the same bits, and no result lost."""

from __future__ import annotations

import functools
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import executor_tasks as tasks
import glassnet as gn
from glassnet.populations import apart
from glassnet.training.threads.blas import blas_threads
from glassnet.utils import executors, sharing, task_blocks
from glassnet.utils.executors import Lost, check_executor, run_tasks, workers_of
from glassnet.utils.sending import pack, unpack
from glassnet.utils.task_blocks import blocks_of
from glassnet.utils.tasks import perform

HERE = Path(__file__).parent
MPIEXEC = Path(sys.executable).with_name("mpiexec")
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def cluster_of_dask(**options: Any) -> Any:
    """Return a cluster on this machine, of two workers."""
    distributed = pytest.importorskip("distributed")
    settings = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": logging.CRITICAL}
    return distributed.LocalCluster(**{**settings, **options})


@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    """Return a client of a cluster that all tests of this module share."""
    with cluster_of_dask() as cluster, cluster.get_client() as client:
        yield client


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Return two processes, which know nothing of this one."""
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), tasks.allow_threads) as pool:
        yield pool


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    """Return two threads of this process."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def joblib() -> Iterator[str]:
    """Return the name by which joblib's processes are used."""
    with pytest.importorskip("joblib").parallel_config("loky", n_jobs=2):
        yield "joblib"


EXECUTORS = ("threads", "processes", "joblib", "dask")


@pytest.fixture(scope="module", params=EXECUTORS)
def executor(request: pytest.FixtureRequest) -> Any:
    """Return each executor in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide the work although it is too little to be worth it."""
    monkeypatch.setattr(task_blocks, "_WORTH_SENDING", 1e-9)
    monkeypatch.setattr(task_blocks, "_TASK_SECONDS", 1e-9)


@cache
def here() -> list[Any]:
    """Return what is trained in this process."""
    return tasks.trained(None)


def network() -> gn.Network:
    """Return a new network of a few weights."""
    return gn.Network([gn.Dense(4, "tanh"), gn.Dense(2)], loss="cross_entropy", seed=0)


# ---- the same bits ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("rows", ["with every task", "once"])
def test_every_executor_leaves_the_same_bits(executor: Any, rows: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, statistics, histories, scores, failures and how they ended are those of one process; a second fit goes on."""
    if rows == "once":
        monkeypatch.setattr(sharing, "_SMALL", 0)
    for name, (mine, theirs) in enumerate(zip(here(), tasks.trained(executor), strict=True)):
        assert mine == theirs, name


def run_script(name: str, *words: str) -> str:
    """Return what the script prints, run by these words; it ends by itself."""
    environment = {**os.environ, **AS_ROOT, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])}
    command = [*words, str(HERE / "executor_script.py"), name]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def print_of_here() -> str:
    """Return the print of what is trained in this process."""
    return tasks.digest(None)


@pytest.mark.skipif(not MPIEXEC.exists(), reason="there is no mpiexec beside this Python")
def test_a_pool_of_mpi_leaves_the_same_bits() -> None:
    """Run under mpiexec, a script with a layer and a metric of its own trains in the other process as alone."""
    pytest.importorskip("mpi4py")
    words = (str(MPIEXEC), "--oversubscribe", "-n", "2", sys.executable, "-m", "mpi4py.futures")
    assert run_script("mpi", *words) == print_of_here()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["processes", "dask"])
def test_what_a_script_defines_goes_by_value(name: str) -> None:
    """A layer and a metric of `__main__` reach workers that cannot import them, and views stay views."""
    pytest.importorskip("distributed")
    assert run_script(name, sys.executable) == print_of_here()


def test_joblibs_backends_are_taken_as_they_are_set(dask: Any) -> None:
    """Inside `parallel_config` tasks go where it says: to the workers of Dask, or to threads of this process."""
    joblib = pytest.importorskip("joblib")
    workers = set(dask.run(os.getpid).values())
    with joblib.parallel_config("dask"):
        assert set(run_tasks("test", "joblib", tasks.process, [()] * 4)) <= workers
    with joblib.parallel_config("threading", n_jobs=2):
        assert set(run_tasks("test", "joblib", tasks.process, [()] * 4)) == {os.getpid()}
        assert workers_of("joblib") == 2


# ---- tasks -----------------------------------------------------------------------------------------------------------


def test_results_come_in_the_order_of_the_tasks(executor: Any) -> None:
    """Whatever ends first; and each is announced once."""
    told: list[tuple[int, int]] = []
    waits = [0.2, 0.0, 0.1, 0.0, 0.05]
    found = run_tasks("test", executor, tasks.napped, [(s,) for s in waits], on_done=lambda *n: told.append(n))
    assert found == waits
    assert told == [(n, 5) for n in range(1, 6)]
    assert run_tasks("test", executor, tasks.square, []) == []


def test_an_exception_of_the_task_passes_through(executor: Any) -> None:
    """With its class, its words and what it carries; it is no failure of the executor."""
    with pytest.raises(gn.ConfigError, match=r"^2 is refused$") as caught:
        run_tasks("test", executor, tasks.refused, [(i,) for i in range(4)])
    assert (caught.value.expected, caught.value.got) == (1, 2)


def test_warnings_of_workers_are_repeated_once(processes: Any, dask: Any) -> None:
    """They would be seen by nobody where they are issued."""
    for executor in (processes, dask):
        with pytest.warns(UserWarning, match=r"^this is a task$") as said:
            assert run_tasks("test", executor, tasks.warned, [(i,) for i in range(3)]) == [0, 1, 2]
        assert len(said) == 1
        assert said[0].filename == __file__


def test_functions_of_no_module_go_by_value(executor: Any) -> None:
    """A lambda, and what a function has from around it."""
    base = 3
    assert run_tasks("test", executor, tasks.called, [(lambda: base + 1,), (lambda: base * 2,)]) == [4, 6]


def test_what_tasks_have_in_common_is_sent_once(executor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads share the memory, processes a file, which is gone afterwards; and on Dask it is made anew if it is lost."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows = np.arange(300_000.0)
    sent: list[int] = []
    with monkeypatch.context() as patch:
        patch.setattr(
            executors, "pack", lambda where, value: sent.append(len(pack(where, value))) or pack(where, value)
        )
        found = run_tasks("test", executor, functools.partial(tasks.total, rows, "x"), [(i,) for i in range(5)])
    assert found == [("x", i, rows.sum()) for i in range(5)]
    assert len(sent) == 5
    assert max(sent) < 1000
    assert [*tmp_path.iterdir()] == []
    assert run_tasks("test", None, functools.partial(tasks.total, rows, "x"), [(1,)]) == found[1:2]
    assert rows.flags.writeable


def test_a_full_disc_is_no_obstacle(processes: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then rows go with every task."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    rows = np.arange(300_000.0)
    assert run_tasks("test", processes, functools.partial(tasks.total, rows, "x"), [(3,)]) == [("x", 3, rows.sum())]


def test_it_ends_when_it_is_asked_to(executor: Any) -> None:
    """What has not begun then does not begin, and what came back is kept."""
    done: list[int] = []
    found = run_tasks(
        "test",
        executor,
        tasks.napped,
        [(0.05,)] * 40,
        on_done=lambda n, of: done.append(n),
        is_stopped=lambda: len(done) > 2,
    )
    assert found[:3] == [0.05] * 3
    assert found[-1] == Lost("interrupted")
    assert len(done) <= 12


def test_tasks_can_be_made_when_a_worker_is_free(threads: Any) -> None:
    """With ``paced`` no more of them are made than there are workers."""
    made: list[float] = []

    def make() -> tuple[float]:
        made.append(time.perf_counter())
        return (0.1,)

    assert run_tasks("test", threads, tasks.napped, [make] * 4, paced=True) == [0.1] * 4
    assert made[2] - made[0] > 0.09


def test_blocks_are_neither_too_small_nor_too_few() -> None:
    """A second or more each, unless there are workers to spare and enough for each; a slow one stands alone."""
    assert blocks_of([], 4) == []
    assert blocks_of([0.0] * 3, 4) == [[0, 1, 2]]
    assert [len(block) for block in blocks_of([0.1] * 20, 4)] == [5] * 4
    assert len(blocks_of([1.0] * 100, 4)) == 16
    assert len(blocks_of([1.0] * 7, 4)) == 4
    assert blocks_of([0.1, 9.0, 0.1, 0.1], 2)[0] == [1]
    for n, workers in ((1, 1), (5, 3), (64, 4)):
        blocks = blocks_of(np.linspace(0.01, 3, n).tolist(), workers)
        assert sorted(number for block in blocks for number in block) == [*range(n)]
        assert all(block == [*range(block[0], block[-1] + 1)] for block in blocks)


# ---- what is refused -------------------------------------------------------------------------------------------------

MUST = r"it must be an executor as of concurrent\.futures, a client of Dask, or 'joblib'\. "


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (4, rf"^sweep: executor is 4; {MUST}Pass concurrent\.futures\.ProcessPoolExecutor\(4\), for example\.$"),
        (
            "loky",
            rf"^sweep: executor is 'loky'; {MUST}Pass 'joblib' inside joblib\.parallel_config\('loky'\), for example\.$",
        ),
        ("dask", rf"^sweep: executor is 'dask'; {MUST}Pass "),
        (ThreadPoolExecutor, rf"^sweep: executor is <class .*>; {MUST}Call it: ThreadPoolExecutor\(\)\.$"),
    ],
)
def test_what_is_no_executor_is_refused(given: Any, words: str) -> None:
    """Before anything is trained, in one sentence."""
    with pytest.raises(gn.ConfigError, match=words):
        gn.sweep(tasks.build, tasks.SETTINGS, tasks.X, tasks.Y, epochs=1, executor=given)


def test_a_cluster_is_not_its_client(dask: Any) -> None:
    """The sentence says how to get one; a client itself is taken."""
    with pytest.raises(gn.ConfigError, match=r"Pass cluster\.get_client\(\)\.$"):
        check_executor("sweep", dask.cluster)
    assert workers_of(check_executor("sweep", dask)) == 2


def test_fit_of_a_network_knows_no_executor() -> None:
    """One network is trained in one place."""
    with pytest.raises(TypeError, match="unknown option executor"):
        network().fit(tasks.X, tasks.Y, epochs=1, executor=None)  # type: ignore[arg-type]  # refused when it is called


def test_other_words_for_it_are_understood() -> None:
    """Those of scikit-learn and of Dask lead to this option."""
    population = gn.Population(network(), 2)
    with pytest.raises(TypeError, match=r"^Population\.fit: unknown option n_jobs\. Did you mean executor\?"):
        population.fit(tasks.X, tasks.Y, epochs=1, n_jobs=2)  # type: ignore[call-arg]  # it is refused
    words = (
        r"Other processes or machines are an executor: executor=concurrent\.futures\.ProcessPoolExecutor\(4\), say\."
    )
    with pytest.raises(TypeError, match=rf"^Population\.fit: unknown option client\. {words}"):
        population.fit(tasks.X, tasks.Y, epochs=1, client=None)  # type: ignore[call-arg]  # it is refused


def test_what_cannot_be_sent_is_refused(threads: Any) -> None:
    """In one sentence, whatever pickle says of it."""
    lock = threading.Lock()

    def held(y: np.ndarray, prediction: np.ndarray) -> float:
        with lock:
            return 0.0

    must = "data, networks and options must be what pickle can hold"
    with pytest.raises(
        gn.ConfigError, match=rf"^Population\.fit: something cannot be sent to workers \(.*\); {must}\. "
    ):
        gn.Population(network(), 2).fit(tasks.X, tasks.Y, epochs=1, metrics=[held], executor=threads)


def test_what_goes_by_value_is_small(threads: Any) -> None:
    """A function of a script that uses a large global would take it along with every task."""
    rows = np.zeros(100_000)

    def largest(y: np.ndarray, prediction: np.ndarray) -> float:
        return float(rows.max())

    with pytest.raises(gn.ConfigError, match=r"^Population\.fit: \S*largest takes 0\.8 MB with what it uses"):
        gn.Population(network(), 2).fit(tasks.X, tasks.Y, epochs=1, metrics=[largest], executor=threads)
    words = r"takes 0\.8 MB with what it uses of the script; what is sent to workers by value may take 100 kB\. Put it "
    with pytest.raises(gn.ConfigError, match=words):
        pack("test", lambda: rows.sum())
    assert unpack(pack("test", lambda: 3))() == 3


def test_an_executor_that_was_shut_down() -> None:
    """It is said that nothing came back, and why."""
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    words = r"^Population\.fit: 2 of 2 members did not come back from the executor \(RuntimeError: cannot schedule new futures after"
    with pytest.raises(gn.ConfigError, match=words) as caught:
        gn.Population(network(), 2).fit(tasks.X, tasks.Y, epochs=1, executor=pool)
    assert str(caught.value).endswith("Make a new one, and call this inside its with block.")


def test_advice_for_an_executor_that_did_nothing() -> None:
    """What helps depends on why: a script without a guard breaks its own processes."""
    guard = "In a script, put the call below if __name__ == '__main__', since its processes read the script; or try "
    assert apart._advice("BrokenProcessPool: A process was terminated").startswith(guard)
    assert apart._advice("ShutdownExecutorError: cannot schedule new futures after shutdown").startswith("Make a new")
    assert apart._advice("KilledWorker") == "Try executor=None, or one whose workers have more memory."


def test_other_versions_on_a_worker_are_refused() -> None:
    """The bits could differ, and nobody would know."""
    place = perform.__globals__["here"]()
    answer = unpack(perform(pack("test", (tasks.square, (3,))), place._replace(versions=("0.0", np.__version__))))
    assert place.is_here
    assert not place._replace(process=1).is_here
    assert not place._replace(machine="another").is_near
    words = r"^executor: a worker on .* has glassnet .*, and .*, which sends the tasks, has 0\.0; they must be the same\. Install "
    with pytest.raises(gn.ConfigError, match=words):
        raise answer[1]


def test_a_memory_map_goes_by_the_name_of_its_file(tmp_path: Path, processes: Any) -> None:
    """A part of one too, and not at all if a worker cannot read it."""
    file = tmp_path / "rows.npy"
    np.save(file, np.vstack([tasks.X] * 20))
    rows = np.load(file, mmap_mode="r")
    assert len(pack("test", rows[7:])) < 200
    assert np.array_equal(unpack(pack("test", rows[7:])), rows[7:])
    assert np.array_equal(unpack(pack("test", rows[::2])), rows[::2])
    alone, apart = gn.Population(network(), 2), gn.Population(network(), 2)
    for population, executor in ((alone, None), (apart, processes)):
        population.fit(rows, np.tile(tasks.Y, 20), epochs=1, batch_size=256, executor=executor)
    assert np.array_equal(alone.predict(tasks.X), apart.predict(tasks.X))
    packed = pack("test", rows)
    file.unlink()
    with pytest.raises(
        gn.ConfigError, match=r"a memory map is sent as the name of its file, which workers must be able to read\. Use "
    ):
        unpack(packed)


# ---- threads, time and Ctrl-C ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("asked", ["auto", 2])
@pytest.mark.parametrize("name", ["threads", "processes"])
def test_blas_has_one_thread_in_each_worker(request: pytest.FixtureRequest, name: str, asked: Any) -> None:
    """Also where large products would have more of them tried, and inside this process; a number is taken as it is."""
    wide = gn.Network([gn.Dense(512, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0)
    rows = np.random.default_rng(0).normal(size=(512, 64))
    options: dict[str, Any] = {"epochs": 1, "batch_size": 512, "threads": asked, "metrics": [tasks.threads_of_blas]}
    with blas_threads(2):
        histories = gn.Population(wide, 2).fit(rows, rows[:, 0] > 0, executor=request.getfixturevalue(name), **options)
    there = 1 if asked == "auto" else 2
    assert [each["threads_of_blas"][-1] for each in histories] == [there, there]
    assert {each.threads for each in histories} == {there}


@pytest.mark.usefixtures("small_blocks")
def test_a_time_limit_is_for_all(threads: Any) -> None:
    """Each takes its share of what is left, and a step at least."""
    population = gn.Population(network(), 6)
    began = time.perf_counter()
    histories = population.fit(tasks.X, tasks.Y, epochs=10**6, max_seconds=0.6, executor=threads)
    assert time.perf_counter() - began < 20  # a million epochs would take many minutes
    assert {each.stop_reason for each in histories} == {"time"}
    assert all(each.epochs for each in histories)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_what_has_not_begun(threads: Any) -> None:
    """What was begun comes back; the rest is as new, and has no score."""
    pressed = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
    seconds = apart.estimated_seconds
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "estimated_seconds", lambda *words: pressed.start() or seconds(*words))
        patch.setattr(task_blocks, "_BLOCKS_PER_WORKER", 16)
        found = gn.cross_validate(network(), tasks.X, tasks.Y, epochs=150, folds=30, executor=threads)
    assert 0 < len(found.failures) < 30
    assert set(found.failures.values()) == {"not trained: interrupted"}
    assert np.isnan(found.scores["loss"]).sum() == len(found.failures)
    assert found.mean["loss"] == np.nanmean(found.scores["loss"])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_in_a_second_fit_names_those_that_were_not_trained_further() -> None:
    """They are as the first fit left them, and not to be compared with the others."""
    population = gn.Population(network(), 6)
    population.fit(tasks.X, tasks.Y, epochs=2)
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    with ThreadPoolExecutor(1) as pool:
        timer.start()
        histories = population.fit(tasks.X, tasks.Y, epochs=10**6, executor=pool)
    as_before = [number for number, history in enumerate(histories) if history.epochs == 2]
    assert as_before
    assert population.failures == dict.fromkeys(as_before, "not trained: interrupted")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("name", ["threads", "processes", "dask"])
def test_ctrl_c_ends_on_this_machine_what_is_under_way(request: pytest.FixtureRequest, name: str) -> None:
    """After the step, with what was trained so far, as in one process."""
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    population, executor = gn.Population(network(), 2), request.getfixturevalue(name)
    timer.start()
    began = time.perf_counter()
    histories = population.fit(tasks.X, tasks.Y, epochs=10**6, executor=executor)
    assert time.perf_counter() - began < 10
    assert {each.stop_reason for each in histories} == {"interrupted"}
    assert all(0 < each.epochs < 10**6 for each in histories)
    assert population.failures == {}


def test_a_line_says_how_far_it_is(threads: Any, small_blocks: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Blocks that came back, and at the end how long it took."""
    gn.Population(network(), 4).fit(tasks.X, tasks.Y, epochs=40, progress=True, executor=threads)
    line = capsys.readouterr().err
    assert "blocks of 4 members done" in line
    assert "4 members trained in " in line


# ---- workers that are lost -------------------------------------------------------------------------------------------


def at_work(client: Any) -> dict[str, int]:
    """Return the processes of the workers of Dask that have a task now, once there are some."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        busy = [worker for worker, found in client.processing().items() if found]
        if busy:
            pids = client.run(os.getpid)
            return {worker: pids[worker] for worker in busy if worker in pids}
        time.sleep(0.01)
    return {}


def fit_disturbed(client: Any, disturb: Any) -> None:
    """Train a population on Dask, disturb one of the workers at work meanwhile, and compare with one trained here."""
    hit: list[int] = []

    def meanwhile() -> None:
        with client.__class__(client.scheduler.address) as other:  # one client is used by one thread at a time
            process = next(iter(at_work(other).values()))
        time.sleep(0.1)  # it has begun
        disturb(process)
        hit.append(process)

    alone, apart = gn.Population(network(), 8), gn.Population(network(), 8)
    alone.fit(tasks.X, tasks.Y, epochs=600)
    thread = threading.Thread(target=meanwhile)
    thread.start()
    histories = apart.fit(tasks.X, tasks.Y, epochs=600, executor=client)
    assert hit, "all was done before the worker was disturbed"
    thread.join()
    assert apart.failures == {}
    assert np.array_equal(alone.predict(tasks.X), apart.predict(tasks.X))
    assert [each.columns for each in histories] == [each.columns for each in alone.histories]


def scored_by_the_own_cluster(number: int) -> float:
    """Be a task that has tasks itself."""
    from distributed import get_client

    return gn.cross_validate(network(), tasks.X, tasks.Y, epochs=1, folds=3, executor=get_client()).mean["loss"]


def test_tasks_of_dask_may_have_tasks(dask: Any) -> None:
    """Where all workers wait for tasks of theirs, these have a place all the same."""
    found = [each.result(timeout=60) for each in dask.map(scored_by_the_own_cluster, range(3), pure=False)]
    assert len(found) == 3
    assert len({*found}) == 1


def test_a_worker_of_dask_that_is_killed_costs_nothing(dask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tasks are done again by another one, with the same bits; and the rows that it held are sent again."""
    monkeypatch.setattr(sharing, "_SMALL", 0)
    fit_disturbed(dask, lambda process: os.kill(process, signal.SIGKILL))
    dask.wait_for_workers(2, timeout=30)


@pytest.mark.slow
def test_a_worker_of_dask_that_is_stopped_costs_nothing() -> None:
    """Once it was silent for as long as the cluster's worker-ttl its tasks are another's."""
    stopped: list[int] = []

    def stop(process: int) -> None:
        os.kill(process, signal.SIGSTOP)
        stopped.append(process)

    config = pytest.importorskip("dask.config")
    with (
        config.set({"distributed.scheduler.worker-ttl": "5s"}),
        cluster_of_dask() as cluster,
        cluster.get_client() as client,
    ):
        try:
            fit_disturbed(client, stop)
        finally:
            for process in stopped:
                with suppress(ProcessLookupError):  # its nanny ended it
                    os.kill(process, signal.SIGCONT)


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_a_worker_of_dask_that_joins_late_has_work() -> None:
    """A fit may begin before there is any worker."""
    alone, apart = gn.Population(network(), 8), gn.Population(network(), 8)
    alone.fit(tasks.X, tasks.Y, epochs=100)
    with cluster_of_dask(n_workers=0) as cluster, cluster.get_client() as client:
        timer = threading.Timer(0.5, cluster.scale, (1,))
        timer.start()
        apart.fit(tasks.X, tasks.Y, epochs=100, executor=client)
    assert np.array_equal(alone.predict(tasks.X), apart.predict(tasks.X))


@pytest.mark.slow
@pytest.mark.usefixtures("small_blocks")
def test_a_scheduler_of_dask_that_is_killed(tmp_path: Path) -> None:
    """It is noticed at once; what came back is kept."""
    distributed = pytest.importorskip("distributed")
    file = str(tmp_path / "scheduler.json")
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", file, "--port", "0"]
    scheduler = subprocess.Popen([*command, "--dashboard-address", ":0"], **quiet)
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", file, "--nthreads", "1"]
    worker = subprocess.Popen([*command, "--no-nanny", "--death-timeout", "30"], **quiet)
    shown = apart._Blocks._show

    def killed(self: Any, done: int, of: int) -> None:
        shown(self, done, of)
        if done == 2:
            scheduler.kill()

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(apart._Blocks, "_show", killed)
            client = distributed.Client(scheduler_file=file)
            client.wait_for_workers(1, timeout=30)
            population = gn.Population(network(), 8)
            with pytest.warns(
                UserWarning, match=r"^Population\.fit: . of 8 members did not come back from the executor \("
            ):
                population.fit(tasks.X, tasks.Y, epochs=300, executor=client)
            client.close(timeout=1)
    finally:
        for process in (scheduler, worker):
            process.kill()
            process.wait()
    kept = [number for number in range(8) if number not in population.failures]
    assert len(kept) >= 2
    alone = gn.Population(network(), 8)
    alone.fit(tasks.X, tasks.Y, epochs=300)
    for number in kept:
        assert np.array_equal(alone.networks[number].params, population.networks[number].params)
    assert len(population.ensemble()) == len(kept)


@pytest.mark.usefixtures("small_blocks")
def test_a_pool_that_breaks_keeps_what_came_back() -> None:
    """The others are in failures, are ranked last and named, and one warning says so."""
    words = r"^cross_validate: . of 6 folds did not come back from the executor \(BrokenProcessPool: .*\); it must live until they are trained\. "
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as pool, pytest.warns(UserWarning, match=words) as said:
        found = gn.cross_validate(
            network(),
            tasks.X,
            tasks.Y,
            epochs=1,
            folds=6,
            metrics=[tasks.fatal],
            validation_split=0.2,
            executor=pool,
        )
    assert len(said) == 1
    lost = [*found.failures]
    assert 0 < len(lost) < 6
    assert all(text.startswith("not trained: BrokenProcessPool") for text in found.failures.values())
    kept = [number for number in range(6) if number not in lost]
    alone = gn.cross_validate(network(), tasks.X, tasks.Y, epochs=1, folds=6, validation_split=0.2)
    for number in kept:
        assert np.array_equal(found.networks[number].params, alone.networks[number].params)
    assert found.mean["loss"] == alone.scores["loss"][kept].mean()
    assert "Fold" in found._repr_html_()


@pytest.mark.usefixtures("small_blocks")
def test_a_scheduler_that_is_gone_keeps_what_came_back() -> None:
    """Tasks that an executor gives up are named, and the trials that lost all their networks are the last."""
    gone = tasks.LateExecutor(1, fails_after=2)
    words = (
        r"^sweep: . of 8 networks did not come back from the executor \(CancelledError: the executor gave the task up"
    )
    with pytest.warns(UserWarning, match=words):
        found = gn.sweep(tasks.build, tasks.SETTINGS, tasks.X, tasks.Y, epochs=2, n_seeds=2, executor=gone)
    assert repr(found.trials[-1]).endswith("not trained)")
    assert found.rows()[-1]["epochs"] == 0
    assert np.isfinite(found.trials[0].mean)
    assert "not trained" in found.table()
    assert "not trained" in found._repr_html_()
    assert found.best.history.epochs == 2


def test_workers_that_join_late_are_waited_for(small_blocks: None) -> None:
    """Tasks are handed over where there is no worker yet."""
    late = tasks.LateExecutor(3)
    alone, apart = gn.Population(network(), 4), gn.Population(network(), 4)
    alone.fit(tasks.X, tasks.Y, epochs=40)
    apart.fit(tasks.X, tasks.Y, epochs=40, executor=late)
    assert np.array_equal(alone.predict(tasks.X), apart.predict(tasks.X))
    assert late.done > 2

"""Networks of an ensemble or of folds that are trained in several processes or threads: the same bits, however they end."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

import glassnet as gn
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.tabular.fitting import parallel
from glassnet.tabular.fitting.parallel import at_once
from glassnet.tabular.fitting.recipes import RECIPES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 3)).astype(np.float32)
Y = (X[:, 0] - X[:, 1] * X[:, 2] > 0).astype(int)
QUICK: dict[str, Any] = {"recipe": "small", "epochs": 3, "batch_size": 16, "random_state": 0}


@pytest.fixture
def threads() -> Iterator[None]:
    """Let joblib use threads, which begin at once."""
    with joblib.parallel_config("threading"):
        yield


def weights(model: Any) -> np.ndarray:
    """Return the parameters of all networks."""
    found: np.ndarray = model.model_.network.params
    return found


def trained(**options: Any) -> Any:
    """Return a fitted classifier of three networks."""
    return TabularClassifier(**{**QUICK, "n_ensemble": 3, **options}).fit(X, Y)


def test_processes_give_the_same_bits(tmp_path: Path) -> None:
    """Weights, histories, findings and warnings are those of one process; rows come by a memory map."""
    rows = RNG.normal(size=(2000, 200))  # more than a megabyte, as from where joblib maps
    y = rows[:, 0] + rows[:, 1]
    # Its parameters are more than that too, and must not be mapped.
    options: dict[str, Any] = {"epochs": 1, "n_ensemble": 2, "random_state": 0, "batch_size": 1600}
    alone, apart = (TabularRegressor(**options, n_jobs=n).fit(rows, y) for n in (1, 2))
    assert np.array_equal(weights(alone), weights(apart))
    assert [each.columns for each in alone.histories_] == [each.columns for each in apart.histories_]
    assert alone.findings_.codes == apart.findings_.codes
    assert {each.threads for each in apart.histories_} == {1}


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_any_number_gives_the_same_bits(n_jobs: int) -> None:
    """Of networks of an ensemble, and of folds with rows of their own."""
    for options in ({}, {"n_ensemble": 1, "n_folds": 3}, {"class_weight": "balanced", "recipe": "realmlp"}):
        alone, apart = trained(**options), trained(**options, n_jobs=n_jobs)
        assert np.array_equal(weights(alone), weights(apart))
        assert [each["loss"] for each in alone.histories_] == [each["loss"] for each in apart.histories_]
        assert all(each.stop_reason == "finished" for each in apart.histories_)


def test_n_jobs_means_what_it_means_to_scikit_learn() -> None:
    """None is one, or what a `parallel_config` says; inside a parallel search it is one, whatever was asked for."""
    assert at_once(None, 8) == 1
    assert at_once(3, 8) == 3
    assert at_once(8, 2) == 2
    assert at_once(-1, 99) == joblib.cpu_count()
    with joblib.parallel_config(n_jobs=2):
        assert at_once(None, 8) == 2
    found = joblib.Parallel(2, "threading")(joblib.delayed(at_once)(n, 8) for n in (None, 2, -1))
    assert found == [1, 1, 1]


def test_a_search_with_jobs_trains_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parallel search has the cores: its fits begin no processes of their own."""
    monkeypatch.setattr(parallel, "_work", lambda *words: pytest.fail("no network may be trained apart"))
    with joblib.parallel_config("threading"):
        search = GridSearchCV(
            TabularClassifier(**QUICK, n_ensemble=2, n_jobs=2), {"epochs": [1, 2]}, cv=2, refit=False, n_jobs=2
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search.fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("n_jobs", [0, 1.5, True, "all"])
def test_numbers_that_mean_nothing(n_jobs: Any) -> None:
    """They are refused before any work."""
    must = r"^TabularClassifier: n_jobs is .*; it must be a whole number other than 0, or None\. "
    with pytest.raises(gn.ConfigError, match=must):
        trained(n_jobs=n_jobs)


# ---- how they end ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("threads")
def test_one_that_diverges_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in one process; if all diverge, the error is the same too."""
    wild = replace(RECIPES["small"], optimizer=lambda design: gn.AdamW(1e30))
    fit = parallel.train_network

    def second_is_wild(shared: Any, unit: Any, *words: Any) -> None:
        if unit.number == 1:
            message = "fit: training diverged; loss and weights must stay finite."
            raise gn.DivergenceError(message)
        fit(shared, unit, *words)

    whole = trained()
    with monkeypatch.context() as patch:
        patch.setattr(parallel, "train_network", second_is_wild)
        left = trained(n_jobs=2)
    assert np.array_equal(weights(left), weights(whole)[[0, 2]])
    monkeypatch.setitem(RECIPES, "small", wild)
    errors = []
    for n_jobs in (1, 2):
        with pytest.raises(gn.DivergenceError, match="Try another recipe") as caught:
            trained(n_jobs=n_jobs, epochs=20)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]


@pytest.mark.usefixtures("threads")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_the_networks_that_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those are averaged; those that were under way end at once, and the rest do not begin."""
    fit = parallel.train_network

    def pressed(shared: Any, unit: Any, *words: Any) -> None:
        if unit.number:  # runs until it is stopped
            shared = replace(shared, options={**shared.options, "epochs": 100_000, "early_stopping": None})
        if unit.number == 2:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        fit(shared, unit, *words)

    whole = trained()
    monkeypatch.setattr(parallel, "train_network", pressed)
    began = time.perf_counter()
    with pytest.warns(UserWarning, match=r"Training interrupted by user: 1 of 5 networks are averaged"):
        left = trained(n_jobs=2, n_ensemble=5)
    assert time.perf_counter() - began < 30
    assert np.array_equal(weights(left), weights(whole)[0])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("threads")
@pytest.mark.filterwarnings("ignore::glassnet.TableWarning")  # it is cut short where the machine is busy
def test_a_time_limit_holds_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network may take its share of what is left when it begins: half of it if another one follows in its process."""
    shares: dict[int, tuple[float, float]] = {}
    fit = parallel.train_network

    def noted(shared: Any, unit: Any, seconds: float, *words: Any) -> None:
        shares[unit.number] = seconds, time.perf_counter() - began
        fit(shared, unit, seconds, *words)

    monkeypatch.setattr(parallel, "train_network", noted)
    began = time.perf_counter()
    model = trained(max_seconds=20.0, n_jobs=2, n_ensemble=4)
    assert len(model.histories_) == len(shares) == 4
    for number, (seconds, passed) in shares.items():
        left = 20.0 - passed
        assert 0.0 < seconds < left + 0.1 if number > 1 else seconds < left / 2 + 0.1


LONG = """
import sys
import numpy as np
from glassnet.tabular import TabularClassifier
X = np.random.default_rng(0).normal(size=(400, 4))
TabularClassifier("small", n_ensemble=3, n_jobs=2, epochs=10**6, batch_size=8).fit(X, X[:, 0] > 0)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_nothing_outlives_a_fit_that_is_killed(tmp_path: Path, name: str) -> None:
    """Its processes end by themselves, and no file of theirs is left."""
    folders = {"TMPDIR": str(tmp_path), "JOBLIB_TEMP_FOLDER": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", LONG], env={**os.environ, **folders}, stderr=subprocess.DEVNULL)
    workers: list[Path] = []
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (len(workers) == 2 and all(map(_trains, workers))):
            time.sleep(0.1)
            children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
            workers = [
                path for child in children if b"LokyProcess" in (path := Path("/proc", child) / "cmdline").read_bytes()
            ]
        assert len(workers) == 2
    finally:
        parent.send_signal(getattr(signal, name))
        parent.wait()
    until = time.monotonic() + 20
    while time.monotonic() < until and (any(each.exists() for each in workers) or any(tmp_path.iterdir())):
        time.sleep(0.1)
    assert not any(each.exists() for each in workers)
    assert [*tmp_path.iterdir()] == []


def _trains(process: Path) -> bool:
    """Return whether a process has the thread that looks after its parent."""
    return int(process.with_name("stat").read_text().rsplit(")", 1)[1].split()[17]) > 1


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("when", ["late", "early"])
def test_a_process_that_is_ended_takes_only_its_network(monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Those that came back are averaged, with a warning; without any it is an error."""
    fit, came_back = parallel.train_network, threading.Event()
    monkeypatch.setattr(parallel.NetworksLine, "draw", lambda self, done: came_back.set() if done else None)

    def ended(shared: Any, unit: Any, *words: Any) -> None:
        if unit.number == 2 or when == "early":
            assert when == "early" or came_back.wait(60)
            error = type("TerminatedWorkerError", (Exception,), {})
            raise error
        fit(shared, unit, *words)

    monkeypatch.setattr(parallel, "train_network", ended)
    must = r"fit: a process was ended, .* of memory; it must live until its network is trained\. "
    if when == "early":
        with pytest.raises(gn.ConfigError, match=f"{must}Lower n_jobs"):
            trained(n_jobs=2)
        return
    with pytest.warns(UserWarning, match=f"{must}[12] of 3 networks are averaged"):
        left = trained(n_jobs=2)
    assert len(left.histories_) in (1, 2)


def test_without_a_folder_for_files_one_is_trained_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fit warns, and goes on in this process."""
    missing = FileNotFoundError("No usable temporary directory found")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: (_ for _ in ()).throw(missing))
    with pytest.warns(UserWarning, match="there is no folder for temporary files; other processes need one"):
        assert at_once(2, 8) == 1


def test_rows_that_cannot_be_written() -> None:
    """One sentence says where room is needed."""
    with pytest.raises(gn.ConfigError, match=r"rows could not be written to a file.*Make room in JOBLIB_TEMP_FOLDER"):
        parallel._lost(pickle.PicklingError("Could not pickle the task"), [], {})


# ---- on the command line ---------------------------------------------------------------------------------------------

TRAIN = ("train", "penguins", "-t", "species", "--recipe", "small", "--epochs", "4", "--ensemble", "3", "-q")


@pytest.mark.usefixtures("threads")
def test_jobs_leave_the_same_file(run: Any) -> None:
    """Also with files to go on from, and where some of the networks are done already."""
    assert run(*TRAIN, "-o", "alone.safetensors") == (0, "", "")
    assert run(*TRAIN, "-o", "apart.safetensors", "--jobs", "2") == (0, "", "")
    again = (*TRAIN, "-o", "again.safetensors", "--checkpoint", "run.safetensors", "--resume")
    assert run(*again) == (0, "", "")
    Path("run.2-of-3.safetensors").unlink()
    assert run(*again, "--jobs", "-1") == (0, "", "")
    files = [Path(f"{name}.safetensors").read_bytes() for name in ("alone", "apart", "again")]
    assert files[0] == files[1] == files[2]


def test_jobs_are_for_several_networks(run: Any) -> None:
    """With one network there is nothing to do at once, and 0 means nothing."""
    one = (
        "glassnet train: --jobs is 2 for one network; it must be used with --ensemble or --folds, "
        "since each takes one process.\n"
    )
    assert run("train", "penguins", "-t", "species", "--jobs", "2") == (2, "", one)
    whole = "glassnet train: --jobs is 0; it must be a whole number other than 0. -1 stands for all cores.\n"
    assert run(*TRAIN, "--jobs", "0") == (2, "", whole)

"""``glassnet train``, ``tune`` and ``compare`` with ``--executor`` and ``--jobs``: the same results, and what is lost."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import joblib
import pytest

from executor_tasks import Failing
from glassnet.cli import executors
from glassnet.cli.comparing.compare_job import compare_models
from glassnet.cli.comparing.compare_options import CompareOptions
from glassnet.cli.elsewhere import Elsewhere, Errands, Task, done_elsewhere
from glassnet.cli.interrupts import CtrlC
from glassnet.cli.training.observers import Watcher
from glassnet.cli.training.train_job import read_and_divide, train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.cli.tuning.trials_text import print_trials
from glassnet.cli.tuning.tune_job import tune_model
from glassnet.cli.tuning.tune_options import TuneOptions
from glassnet.errors import ConfigError, DataError, DivergenceError
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.orphans import Errand, this_process

pytest.importorskip("typer")
distributed = pytest.importorskip("distributed")

Call = Callable[..., tuple[int, str, str]]
MODEL = Path("model.safetensors")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time few steps, and resample few rows: neither is looked at here."""
    monkeypatch.setattr("glassnet.tabular.fitting.jobs._SHARE_OF_TIMING", 1e-5)
    monkeypatch.setattr("glassnet.cli.comparing.chance._MOST_RESAMPLES", 10)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return the address of a scheduler with two workers on this machine."""
    options: dict[str, Any] = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster:
        yield cluster.scheduler_address


def found(run: Call, *words: str) -> tuple[dict[str, Any], bytes]:
    """Return the result of a command without times, and the file that it wrote."""
    code, out, err = run(*words, "--json", "--quiet")
    assert (code, err) == (0, "")
    result: dict[str, Any] = json.loads(out)
    for each in (result, *result.get("trials", ()), *result.get("models", ())):
        each.pop("seconds")
        each.pop("model", None)
    return result, MODEL.read_bytes()


# ---- the same results ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("tune", "--recipe", "small", "--trials", "3", "--epochs", "1"),
        ("tune", "--recipe", "plain", "--trials", "6", "--epochs", "2"),
        ("compare", "--recipes", "plain,histgb", "--epochs", "2"),
    ],
    ids=" ".join,
)
def test_results_are_those_of_one_after_the_other(run: Call, address: str, words: tuple[str, ...]) -> None:
    """Trials, their order, scores, the verdict and the file: on a cluster, and at once on this machine."""
    command, *others = words
    words = (command, "penguins", "species", *others, "--max-seconds", "600")
    alone = found(run, *words)
    assert found(run, *words, "--executor", address) == alone
    with joblib.parallel_config("threading"):  # which begin at once
        assert found(run, *words, "--jobs", "2") == alone


def test_train_leaves_the_same_file(run: Call, address: str) -> None:
    """The networks of an ensemble come from the cluster, and what its report says to repeat needs no cluster."""
    words = ("train", "penguins", "species", "--recipe", "small", "--epochs", "2", "--ensemble", "2", "-q")
    files = []
    for more in ((), ("--executor", address)):
        assert run(*words, *more) == (0, "", "")
        files.append(MODEL.read_bytes())
    assert files[0] == files[1]


def test_functions_take_an_executor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the command line it is an argument, and anything but an executor is refused there."""
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(2) as pool:
        options = TuneOptions("penguins", "species", recipe="small", trials=2, epochs=1, max_seconds=30)
        _, result = tune_model(options, executor=pool)
        assert result["n_trials"] == 2
        _, result = compare_models(CompareOptions("penguins", "species", recipes=("small",), epochs=1), executor=pool)
        assert {row["name"] for row in result["models"]} == {"small", "linear", "constant"}
        _, result = train(TrainOptions("penguins", "species", recipe="small", epochs=1, ensemble=2), executor=pool)
        assert result["network"]["networks"] == 2
    with pytest.raises(
        ConfigError, match=r"^tune: executor is 4; it must be an executor as of concurrent\.futures, a "
    ):
        tune_model(TuneOptions("penguins", "species"), executor=4)


# ---- what is lost ----------------------------------------------------------------------------------------------------


def test_trials_that_came_back_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are counted, with the reason; without any the defaults are kept."""
    monkeypatch.chdir(tmp_path)
    options = TuneOptions("penguins", "species", recipe="small", trials=5, epochs=1, max_seconds=60)
    _, result = tune_model(options, executor=Failing(2))
    assert result["n_trials"] == 3
    assert result["lost"] == ["BrokenProcessPool: a process was terminated"] * 2
    print_trials(result)
    lost = "2 more did not come back from their workers: BrokenProcessPool: a process was terminated"
    assert lost in " ".join(capsys.readouterr().out.split())
    _, result = tune_model(options, executor=Failing(0))
    assert result["verdict"] == "Only the defaults were trained: no other trial came back from its worker."
    assert MODEL.exists()


def test_models_that_came_back_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are among those that were not trained, with the reason."""
    monkeypatch.chdir(tmp_path)
    options = CompareOptions("penguins", "species", recipes=("plain", "small"), epochs=1)
    _, result = compare_models(options, executor=Failing(1))
    assert len(result["models"]) == 3
    why = "it did not come back from its worker: BrokenProcessPool: a process was terminated"
    assert [each["why"] for each in result["not_trained"]] == [why]


@pytest.mark.filterwarnings("error")
def test_networks_that_did_not_come_back_are_said_in_the_words_of_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those that did are averaged, with a line on stderr; without any the error names the option."""
    monkeypatch.chdir(tmp_path)
    options = TrainOptions("penguins", "species", recipe="small", epochs=1, ensemble=3)
    train(options, executor=Failing(2))
    line = "glassnet train: warning: 1 of 3 networks did not come back from the executor (BrokenProcessPool: a process"
    assert capsys.readouterr().err.startswith(line)
    with pytest.raises(ConfigError, match=r"^train: 3 of 3 networks did not come back .* or leave --executor out\.$"):
        train(options, executor=Failing(0))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_the_trials_that_are_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those under way end, no others begin, and the best so far is saved."""
    monkeypatch.chdir(tmp_path)
    numbers: list[int] = []

    def say(trial: Any, number: int, metric: str) -> None:
        numbers.append(number)
        if number == 2:
            os.kill(os.getpid(), signal.SIGINT)

    options = TuneOptions("penguins", "species", recipe="small", epochs=3, trials=500, max_seconds=60)
    with ThreadPoolExecutor(2) as pool:
        _, result = tune_model(options, say=say, executor=pool)
    assert result["interrupted_by"] == "Ctrl-C"
    assert 2 <= result["n_trials"] <= 6
    assert "lost" not in result
    assert MODEL.exists()


def _found(place: Elsewhere, what: str) -> Any:
    """Do as a task may: find something, or raise."""
    errors = {"data": DataError("a column is odd"), "diverged": DivergenceError("too far"), "memory": MemoryError()}
    if what == "pressed":
        raise KeyboardInterrupt
    if what in errors:
        raise errors[what]
    place.watcher.warn("look out")
    place.ctrl_c.pressed = True
    return place.data.target.name, place.ctrl_c.pressed, place.options(TrainOptions("a.csv", "y")).one_thread


def test_what_a_task_leaves(capsys: pytest.CaptureFixture[str]) -> None:
    """What it found or why it failed, its warnings, and nothing where it was interrupted or given up as too late."""
    data, _, _ = read_and_divide(TrainOptions("penguins", "species"), Watcher())
    words = ("fine", "data", "diverged", "memory", "pressed")
    left: dict[str, Any] = {}
    with ThreadPoolExecutor(1) as pool:
        errands = Errands("tune", pool, data, CtrlC(), Deadline(60.0), Watcher())
        lost = errands.run(
            len(words) + 1,
            lambda number: Task(_found, (words[number],), 1.0) if number < len(words) else None,
            lambda number, done: left.update({words[number]: done.found or done.failure}),
        )
        ticks = iter([0.0, 0.0, *[100.0] * 1000])
        late = Errands("tune", pool, data, CtrlC(), Deadline(1.0, clock=lambda: next(ticks)), Watcher())
        assert late.run(1, lambda number: Task(_found, ("fine",), 1.0), left.update) == [(0, "it took too long")]
    assert lost == []
    assert left == {
        "fine": ("species", True, True), "data": "a column is odd", "diverged": "diverged", "memory": "not enough memory",
    }  # fmt: skip
    assert capsys.readouterr().err == "glassnet train: warning: look out\n"
    packed = late._packed
    assert done_elsewhere(packed, _found, ("fine",), 1.0, Errand(this_process(), "")).seconds < 60


# ---- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("tune", "--executor", "head"),
         "tune: --executor is 'head'; it must be the address of a Dask scheduler, such as tcp://head:8786. Start one: dask scheduler"),
        (("compare", "--executor", "tcp://:8786"),
         "compare: --executor is 'tcp://:8786'; it must be the address of a Dask scheduler, such as tcp://head:8786. Start one: dask scheduler"),
        (("tune", "--executor", "head:8786", "--jobs", "2"),
         "tune: --jobs 2 does not go with --executor; networks are trained in one place. Leave --jobs out."),
        (("compare", "--jobs", "0"), "compare: --jobs is 0; it must be a whole number other than 0. -1 stands for all cores."),
        (("train", "--executor", "head:8786"),
         "train: --executor is head:8786 for one network; it must be used with --ensemble or --folds, since each takes one process."),
        (("train", "--executor", "head:8786", "--ensemble", "2", "--checkpoint", "run.safetensors"),
         "train: --checkpoint run.safetensors does not go with --executor. Workers on other machines cannot write it. Leave --checkpoint out."),
        (("train", "--executor", "head:8786", "--recipe", "plain"),
         "train: --executor head:8786 does not go with --recipe plain. Only the other recipes have it: realmlp, fast, small, tabm, tabm-mini. Leave --executor out."),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, tuple) else "",
)  # fmt: skip
def test_options_that_cannot_be_followed(run: Call, words: tuple[str, ...], sentence: str) -> None:
    """Before any work, in one sentence."""
    command, *others = words
    assert run(command, "penguins", "species", *others) == (2, "", f"glassnet {sentence}\n")


def test_without_a_scheduler_or_the_extra(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what must run, and what must be installed."""
    monkeypatch.setattr(executors, "_SECONDS", 0.2)
    words = ("tune", "penguins", "species", "--executor", "tcp://127.0.0.1:9")
    gone = "glassnet tune: no Dask scheduler answers at 'tcp://127.0.0.1:9'; one must run there. Start it: dask scheduler\n"
    assert run(*words) == (2, "", gone)
    monkeypatch.setitem(sys.modules, "distributed", None)
    code, _, err = run(*words)
    missing = (
        "glassnet tune: --executor: needs distributed, which is not installed. Run: pip install 'glassnet[dask]'\n"
    )
    assert (code, err) == (2, missing)

"""A run that is killed at any instant and started again ends with the bits of one that was not."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.saving import model_file as files
from glassnet.training.threads import pace
from jobs import resumable

JOB = Path(resumable.__file__)
CASES = sorted(resumable.optimizers())


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the end of the undisturbed run of a case, made once, in a process of its own and without checkpoints."""
    made: dict[str, dict[str, Any]] = {}

    def end_of(case: str) -> dict[str, Any]:
        if case not in made:
            net = resumable.train(case, None)
            history = {name: net.history.to_dict()[name] for name in ("columns", "best_epoch", "stop_reason")}
            made[case] = {"params": net.params, "stats": net.stats, "last": net._run.last_params, "history": history}
        return made[case]

    return end_of


def run_job(case: str, folder: Path, *kill: str, delay: float | None = None) -> int:
    """Start the job, kill it after so many seconds of training if asked, and return how it ended."""
    command = [sys.executable, str(JOB), case, str(folder / "run.safetensors"), str(folder / "end.npz"), *kill]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if delay is not None:
            time.sleep(delay)
            process.kill()
        return process.wait()


def check_end(folder: Path, wanted: dict[str, Any]) -> None:
    """Compare what the job left with the undisturbed run."""
    with np.load(folder / "end.npz") as end:
        for name in ("params", "stats", "last"):
            np.testing.assert_array_equal(end[name], wanted[name])
        assert json.loads(str(end["history"])) == wanted["history"]
    assert not list(folder.glob(".*.part"))


def survive(case: str, folder: Path, wanted: dict[str, Any], instants: random.Random, kills: int) -> int:
    """Kill the job ``kills`` times at random instants, let it end, and compare; return how many kills struck."""
    struck = 0
    for _ in range(kills):
        struck += run_job(case, folder, delay=instants.uniform(0.0, 0.25)) == -signal.SIGKILL
    assert run_job(case, folder) == 0
    check_end(folder, wanted)
    return struck


def test_killed_at_random_instants(tmp_path: Path, expected: Any) -> None:
    """Killed three times on the way, the run ends as if it had not been: dropout, batch norm, Adam, early stopping."""
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    assert survive("adam", tmp_path, expected("adam"), random.Random(seed), 3) > 0


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_killed_at_many_random_instants(case: str, tmp_path: Path, expected: Any) -> None:
    """The same for every optimizer, at five times five random instants."""
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    instants = random.Random(seed)
    struck = 0
    for run in range(5):
        folder = tmp_path / str(run)
        folder.mkdir()
        struck += survive(case, folder, expected(case), instants, 5)
    print(f"{case}: {struck} kills struck")
    assert struck >= 5


@pytest.mark.parametrize(("call", "count"), [("replace", 1), ("replace", 4), ("fsync", 5), ("fsync", 6), ("chmod", 9)])
def test_killed_while_writing(call: str, count: int, tmp_path: Path, expected: Any) -> None:
    """A kill in the middle of writing a checkpoint, between any two of its system calls, costs one checkpoint."""
    assert run_job("nesterov", tmp_path, call, str(count)) == -signal.SIGKILL
    assert run_job("nesterov", tmp_path, "replace", "1000000") == 0
    check_end(tmp_path, expected("nesterov"))


class StopAt(gn.Callback):
    """Ends the run after so many steps, or breaks it."""

    def __init__(self, steps: int, error: type[Exception] | None = None) -> None:
        self.steps, self.error = steps, error

    def on_step_end(self, run: Any) -> None:
        self.steps -= 1
        if self.steps == 0:
            if self.error is not None:
                raise self.error
            run.stop("for a while")


@pytest.mark.parametrize("case", CASES)
def test_stopped_in_the_middle_of_epochs(case: str, tmp_path: Path, expected: Any) -> None:
    """Stopped every five steps and resumed by a new network each time, every optimizer ends with the same bits."""
    path = tmp_path / "run.safetensors"
    wanted = expected(case)
    for _ in range(30):
        net = resumable.train(case, str(path), StopAt(5))
        if net.history.stop_reason != "for a while":
            break
    np.testing.assert_array_equal(net.params, wanted["params"])
    np.testing.assert_array_equal(net.stats, wanted["stats"])
    assert net.history.to_dict()["columns"] == wanted["history"]["columns"]


def test_exception_between_checkpoints(tmp_path: Path, expected: Any) -> None:
    """What raises in the middle of an epoch leaves the last checkpoint, from which the run ends with the same bits."""
    path = str(tmp_path / "run.safetensors")
    with pytest.raises(ZeroDivisionError):
        resumable.train("adamw", path, StopAt(17, ZeroDivisionError))
    np.testing.assert_array_equal(resumable.train("adamw", path).params, expected("adamw")["params"])


def plain(optimizer: Any = "adam", seed: int = 0, **options: Any) -> gn.Network:
    """Return a small untrained network."""
    layers = [gn.Dense(4, "tanh"), gn.Dropout(0.2), gn.Dense(1)]
    return gn.Network(layers, loss="squared_error", optimizer=optimizer, seed=seed, **options)


def line(n: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of two features and a target."""
    X = np.random.default_rng(0).standard_normal((n, 2))
    return X, X[:, 0] - X[:, 1]


def test_epochs_are_the_total(tmp_path: Path) -> None:
    """With resume the second call trains what is left, a third nothing, and a larger number goes on."""
    X, y = line()
    path = tmp_path / "run.safetensors"
    first = plain()
    first.fit(X, y, epochs=3, checkpoint=path, resume=True)
    second = plain()
    second.fit(X, y, epochs=8, checkpoint=path, resume=True)
    third = plain()
    history = third.fit(X, y, epochs=8, checkpoint=path, resume=True)
    straight = plain()
    straight.fit(X, y, epochs=8)
    assert history.epochs == 8
    assert history["loss"] == straight.history["loss"]
    for net in (second, third):
        np.testing.assert_array_equal(net.params, straight.params)


def test_best_weights_do_not_disturb_a_longer_run(tmp_path: Path) -> None:
    """A run that ended with its best weights goes on from its last ones when more epochs are asked for."""
    X, y = line()
    options: dict[str, Any] = {"validation_data": (X[:10], -y[:10]), "early_stopping": gn.EarlyStopping(patience=50)}
    straight, path = plain(), tmp_path / "run.safetensors"
    straight.fit(X, y, epochs=9, **options)
    for epochs in (3, 9):
        net = plain()
        net.fit(X, y, epochs=epochs, checkpoint=path, resume=True, **options)
    np.testing.assert_array_equal(net.params, straight.params)
    np.testing.assert_array_equal(net._run.last_params, straight._run.last_params)
    assert net.history["valid_loss"] == straight.history["valid_loss"]


@pytest.mark.parametrize("members", [None, 3])
def test_members_resume(members: int | None, tmp_path: Path) -> None:
    """Members stop in the middle of an epoch and go on, each with its own sums."""
    X, y = line()
    path, straight = tmp_path / "run.safetensors", plain(members=members)
    straight.fit(X, y, epochs=4, batch_size=8)
    plain(members=members).fit(X, y, epochs=4, batch_size=8, checkpoint=path, callbacks=StopAt(10))
    net = plain(members=members)
    history = net.fit(X, y, epochs=4, batch_size=8, checkpoint=path, resume=True)
    np.testing.assert_array_equal(net.params, straight.params)
    assert history["loss"] == straight.history["loss"]


def test_a_stopped_run_stays_stopped(tmp_path: Path) -> None:
    """After early stopping, resuming with the same total trains no more and holds the best weights."""
    X, y = line()
    options = {"epochs": 200, "checkpoint": tmp_path / "run.safetensors", "resume": True}
    options |= {"validation_data": (X[:10], -y[:10]), "early_stopping": gn.EarlyStopping(patience=2)}
    net, again = plain(), plain()
    net.fit(X, y, **options)
    assert net.history.stop_reason == "early stopping"
    history = again.fit(X, y, **options)
    assert (history.epochs, history.stop_reason) == (net.history.epochs, "early stopping")
    np.testing.assert_array_equal(again.params, net.params)


def test_seconds_are_the_total(tmp_path: Path) -> None:
    """A resumed run counts the seconds that it used before."""
    X, y = line()
    path = tmp_path / "run.safetensors"
    plain().fit(X, y, epochs=5, checkpoint=path, callbacks=lambda run: time.sleep(0.02))
    history = plain().fit(X, y, epochs=50, checkpoint=path, resume=True, max_seconds=0.05)
    assert (history.stop_reason, history.epochs) == ("time", 5)
    assert history.seconds > 0.1


def test_a_checkpoint_is_a_model_file(tmp_path: Path) -> None:
    """`load` reads one that was taken in the middle of an epoch; a fit without resume closes that epoch and goes on."""
    X, y = line()
    path = tmp_path / "run.safetensors"
    cut = plain()
    cut.fit(X, y, epochs=4, batch_size=8, checkpoint=path, callbacks=StopAt(10))
    net = gn.load(path)
    np.testing.assert_array_equal(net.params, cut.params)
    assert (net._run.epoch, net._run.step) == (1, 3)
    cut.fit(X, y, epochs=1, batch_size=8)
    net.fit(X, y, epochs=1, batch_size=8)
    np.testing.assert_array_equal(net.params, cut.params)
    assert net.history["loss"] == cut.history["loss"]
    assert net.history.epochs == 3


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_checkpoint_that_cannot_be_written(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk or a read-only folder is reported once, training goes on, and the old checkpoint stays whole."""
    X, y = line()
    path = tmp_path / "run.safetensors"
    straight = plain()
    straight.fit(X, y, epochs=6)
    plain().fit(X, y, epochs=2, checkpoint=path)

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    net = plain()
    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", fail)
        with pytest.warns(RuntimeWarning, match=os.strerror(code)) as caught:
            net.fit(X, y, epochs=6, checkpoint=gn.Checkpoint(path, every_steps=1), resume=True)
    caught = [warning for warning in caught if warning.category is RuntimeWarning]
    assert len(caught) == 1
    assert str(caught[0].message) == (
        f"fit: the checkpoint {str(path)!r} cannot be written: {os.strerror(code)}. "
        "Training goes on, and the next checkpoints are tried."
    )
    assert net.history.notes == [str(caught[0].message)]
    np.testing.assert_array_equal(net.params, straight.params)
    assert gn.load(path)._run.epoch == 2
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_for_real(tmp_path: Path) -> None:
    """A file size limit, as strict as a full disk, in a process of its own: a warning, and the run ends."""
    script = (
        "import resource, signal, sys, warnings; sys.path.insert(0, sys.argv[1]); from jobs import resumable\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "warnings.simplefilter('always'); net = resumable.train('sgd', sys.argv[2]); print(net.history.stop_reason)"
    )
    command = [sys.executable, "-c", script, str(JOB.parent.parent), str(tmp_path / "run.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cannot be written: File too large" in done.stderr
    assert done.stdout.strip() in ("finished", "early stopping")
    assert list(tmp_path.iterdir()) == []


def test_other_data_are_refused(tmp_path: Path) -> None:
    """Other rows, batches or validation data, or another network, get a sentence and change nothing."""
    X, y = line()
    path = tmp_path / "run.safetensors"
    plain().fit(X, y, epochs=2, checkpoint=path)
    before = path.read_bytes()
    options: dict[str, Any] = {"epochs": 4, "checkpoint": path, "resume": True}
    other_y = y.copy()
    other_y[3] += 1e-3
    calls = [
        (lambda: plain().fit(X, other_y, **options), "contents was"),
        (lambda: plain().fit(X[:40], y[:40], **options), "rows was 50 and is 40"),
        (lambda: plain().fit(X, y, batch_size=10, **options), "batch_size was 32 and is 10"),
        (lambda: plain().fit(X, y, shuffle=False, **options), "shuffle was True and is False"),
        (lambda: plain().fit(X, y, validation_data=(X, y), **options), "validation was None and is"),
        (
            lambda: plain(gn.Adam(0.5)).fit(X, y, **options),
            "the network is not that of .*, which resume=True needs: optimizer was",
        ),
        (lambda: plain(seed=1).fit(X, y, **options), r"seeds was \[0\] and is \[1\]"),
    ]
    for call, message in calls:
        with pytest.raises(gn.ConfigError, match=message):
            call()
    assert path.read_bytes() == before


MESSAGES = [
    (lambda p: plain().fit(*line(), epochs=1, resume=True), "fit: resume=True without a checkpoint to go on from. Pass checkpoint='run.safetensors'."),
    (lambda p: gn.Checkpoint(3), "Checkpoint: path is 3; it must be that of a file. Pass 'run.safetensors', say."),
    (lambda p: gn.Checkpoint("a", every_steps=0), "Checkpoint: every_steps is 0; it must be a whole number of at least 1."),
    (lambda p: gn.Checkpoint("a", every_seconds=-1.0), "Checkpoint: every_seconds is -1.0; it must be a finite number of at least 0."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), MESSAGES)
def test_bad_requests(call: Any, message: str, tmp_path: Path) -> None:
    """Each gets one sentence."""
    with pytest.raises(gn.ConfigError) as caught:
        call(tmp_path)
    assert str(caught.value) == message


def test_folder_must_exist(tmp_path: Path) -> None:
    """A folder that does not exist is said before anything is trained."""
    net = plain()
    with pytest.raises(gn.ConfigError, match=r"save: the folder '.*none' does not exist\. Make it first\."):
        net.fit(*line(), epochs=1, checkpoint=tmp_path / "none" / "run.safetensors")
    assert net.history.epochs == 0


def test_a_model_without_training_state_is_refused(tmp_path: Path) -> None:
    """A run cannot be resumed from a file that holds none, nor from a damaged one."""
    X, y = line()
    path, net = tmp_path / "model.safetensors", plain()
    net.fit(X, y, epochs=1)
    net.save(path)
    with pytest.raises(
        gn.ConfigError, match="holds a network without its training state; with resume=True it must hold a run"
    ):
        plain().fit(X, y, epochs=2, checkpoint=path, resume=True)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(gn.FormatError, match="it is no valid safetensors file"):
        plain().fit(X, y, epochs=2, checkpoint=path, resume=True)


def test_the_number_of_threads_is_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A resumed run keeps the number of BLAS threads that it began with, whatever would be chosen now."""
    X, y = line()
    path = tmp_path / "run.safetensors"
    plain().fit(X, y, epochs=2, checkpoint=path, threads=2)
    monkeypatch.setattr(pace, "choose_threads", lambda *_: 1)
    history = plain().fit(X, y, epochs=4, checkpoint=path, resume=True)
    assert (history.threads, history.notes) == (2, [])
    history = plain().fit(X, y, epochs=6, checkpoint=path, resume=True, threads=1)
    assert history.threads == 1
    assert history.notes[0].startswith("BLAS threads changed from 2 to 1 after epoch 4")


def test_deterministic_tries_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With deterministic=True the number of threads does not depend on how busy the machine is."""

    def never(*_: object) -> int:
        raise AssertionError

    monkeypatch.setattr(pace, "choose_threads", never)
    assert plain().fit(*line(), epochs=1, deterministic=True).threads == 1

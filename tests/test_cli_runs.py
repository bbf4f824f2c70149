"""`glassnet train` that is ended from outside: by signals, with its model; by a kill, to go on to the same bits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet.cli.training.train_job import train
from glassnet.cli.training.train_options import TrainOptions
from glassnet.network import read_network
from glassnet.saving.locks import sole_writer
from glassnet.tabular import TableModel
from glassnet.training import checkpoints

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are of another kind there")
Call = Callable[..., tuple[int, str, str]]
MODEL, RUN = "model.safetensors", "run.safetensors"
TRAIN = ["train", "penguins", "-t", "species", "--recipe", "small"]


# ---- signals ---------------------------------------------------------------------------------------------------------

SCRIPT = """
import signal, sys, time
from glassnet.cli import app
from glassnet.cli.training import observers, preparation, progress_lines
from glassnet.training import Callback
numbers, place, words = eval(sys.argv[1]), sys.argv[2], sys.argv[3:]
press = lambda: [signal.raise_signal(number) for number in numbers]
class Press(Callback):
    def on_epoch_begin(self, run):
        if run.epoch == 3: press()
presses = lambda self, model: [Press()] if model == "network" and place == "training" else []
observers.Watcher.callbacks = progress_lines.ProgressLines.callbacks = presses  # and no lines of progress
progress_lines.ProgressLines.facts = lambda self, facts: None
read = preparation.read_file
if place == "reading": preparation.read_file = lambda *words: (press(), read(*words))[1]
sys.argv[1:] = words
sys.exit(app.main())
"""


def pressed(folder: Path, numbers: list[int], place: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Return how a command ended to which these signals came, one after the other, at a place."""
    command = [sys.executable, "-c", SCRIPT, str([int(number) for number in numbers]), place, *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_in_training_keeps_the_best_weights(name: str, times: int, tmp_path: Path) -> None:
    """SIGTERM and SIGHUP, even twice, end training as Ctrl-C does: model, report that says so, exit code 0."""
    done = pressed(tmp_path, [getattr(signal, name)] * times, "training", *TRAIN)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"stopped by {name}" in " ".join(done.stdout.split())
    assert TableModel.load(tmp_path / MODEL).target.name == "species"
    shown = subprocess.run(
        [sys.executable, "-m", "glassnet", "show", MODEL], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert f"stopped by {name}" in " ".join(shown.stdout.split())


@pytest.mark.parametrize(("name", "by"), [("SIGTERM", "SIGTERM"), ("SIGHUP", "SIGHUP"), ("SIGINT", "Ctrl-C")])
def test_a_quiet_training_says_that_it_was_stopped(name: str, by: str, tmp_path: Path) -> None:
    """With --quiet one line on stderr says what ended the training, and where the model is."""
    done = pressed(tmp_path, [getattr(signal, name)], "training", *TRAIN, "-q")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == f"glassnet train: stopped by {by}, with the best weights kept in {MODEL}\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_before_there_is_anything_to_keep(name: str, tmp_path: Path) -> None:
    """While the table is read each ends the command with the exit code of its kind, one sentence and no file."""
    number = getattr(signal, name)
    done = pressed(tmp_path, [number] * (1 + (name != "SIGINT")), "reading", *TRAIN)
    by = "" if name == "SIGINT" else f" by {name}"
    words = f"interrupted{by} before there was anything to keep; nothing was written."
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", f"glassnet train: {words}\n")
    assert not os.listdir(tmp_path)


def test_ctrl_c_after_sigterm_leaves_at_once(tmp_path: Path) -> None:
    """Whoever sends SIGTERM and then presses Ctrl-C wants to leave; the checkpoint is kept and the sentence says so."""
    done = pressed(tmp_path, [signal.SIGTERM, signal.SIGINT], "training", *TRAIN, "--checkpoint", RUN)
    assert done.returncode == 143
    assert done.stderr == (
        f"glassnet train: interrupted by SIGTERM in training. To go on from {str(tmp_path / RUN)!r}, add --resume.\n"
    )
    assert os.listdir(tmp_path) == [RUN]
    assert read_network(tmp_path / RUN)._run.epoch == 3


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    """Under `nohup` a closed terminal ends nothing."""
    code = "import signal, subprocess, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    code += "sys.exit(subprocess.call(sys.argv[1:]))"
    words = [sys.executable, "-c", SCRIPT, str([int(signal.SIGHUP)]), "training", *TRAIN, "--epochs", "6"]
    done = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "stopped by" not in done.stdout
    assert "6 epochs" in done.stdout


def test_signals_are_as_they_were_after_a_command(run: Call) -> None:
    """A command that is called from Python gives all signals back."""
    run(*TRAIN, "-q", "--epochs", "1")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_closed_terminal_does_not_cost_the_model(tmp_path: Path) -> None:
    """When the terminal goes away, with the live view on it, the best weights are saved and no error is one of glassnet."""
    import pty

    ours, theirs = pty.openpty()
    begin = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    begin += "os.execv(sys.executable, [sys.executable, '-m', 'glassnet', *sys.argv[1:]])"
    words = [*TRAIN, "--epochs", "100000", "--checkpoint", RUN]
    process = subprocess.Popen(
        [sys.executable, "-c", begin, *words], cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    with suppress(OSError):
        while b"validation loss" not in seen or not (tmp_path / RUN).exists():
            seen += os.read(ours, 65536)
    os.close(ours)
    assert process.wait(timeout=60) == 0
    assert TableModel.load(tmp_path / MODEL).network.metadata["training"]["training"]["interrupted_by"] == "SIGHUP"


# ---- checkpoints -----------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from glassnet.cli import app
from glassnet.saving import writing
from glassnet.training import checkpoints
checkpoints._DEFAULT_SECONDS = 0.0
calls, replace, last = [], os.replace, int(sys.argv[1])
def deadly(*paths):
    calls.append(1)
    if len(calls) == last: os.kill(os.getpid(), signal.SIGKILL)
    replace(*paths)
writing.os.replace = deadly
sys.argv[1:] = sys.argv[2:]
sys.exit(app.main())
"""


def kill_at(write: int, folder: Path, *words: str) -> None:
    """Train until so many files were written, a checkpoint after every step, and be killed there."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(write), *words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


PLAIN = ["train", "penguins", "-t", "species", "--layers", "8", "--epochs", "8", "--batch", "64"]


@pytest.mark.parametrize(
    "words", [[*TRAIN, "--epochs", "8"], [*TRAIN[:-1], "realmlp", "--epochs", "5"], PLAIN], ids=str
)
def test_a_killed_training_goes_on_to_the_same_file(words: list[str], run: Call, tmp_path: Path) -> None:
    """Killed twice and resumed, the model file has the bytes of one that was never killed and had no checkpoint."""
    straight = [*words, "-q", "-o", "straight.safetensors"]
    assert run(*straight)[0] == 0
    again = [*words, "-q", "--checkpoint", RUN, "--resume"]
    kill_at(3, tmp_path, *again)
    assert read_network(RUN)._run.optimizer_state.t == 1
    kill_at(4, tmp_path, *again)
    assert read_network(RUN)._run.optimizer_state.t == 3
    assert run(*again) == (0, "", "")
    assert Path(MODEL).read_bytes() == Path("straight.safetensors").read_bytes()
    assert sorted(os.listdir()) == [MODEL, RUN, "straight.safetensors"]
    assert run(*again) == (0, "", "")  # a training that has ended is not trained further
    assert Path(MODEL).read_bytes() == Path("straight.safetensors").read_bytes()


@pytest.mark.parametrize("several", [["--ensemble", "3"], ["--folds", "3"]], ids=str)
def test_several_networks_go_on_where_they_were(several: list[str], run: Call, tmp_path: Path) -> None:
    """With several networks each has its own file; those that were done are not trained again."""
    words = [*TRAIN, "--epochs", "3", *several, "-q"]
    assert run(*words, "-o", "straight.safetensors", "--checkpoint", "other.safetensors")[0] == 0
    again = [*words, "--checkpoint", RUN, "--resume"]
    kill_at(5, tmp_path, *again)
    assert sorted(each.name for each in Path().glob("run*")) == ["run.1-of-3.safetensors"]
    kill_at(9, tmp_path, *again)
    assert run(*again) == (0, "", "")
    names = [f"run.{i}-of-3.safetensors" for i in (1, 2, 3)]
    assert sorted(each.name for each in Path().glob("run*")) == names
    assert Path(MODEL).read_bytes() == Path("straight.safetensors").read_bytes()
    model = TableModel.load(names[0])  # each is a model too
    assert model.target.labels == ["Adelie", "Chinstrap", "Gentoo"]


@pytest.mark.slow
def test_a_training_killed_at_random_instants(run: Call, tmp_path: Path) -> None:
    """Killed eight times wherever it is, from the import to the report, it ends with the bytes of one that was not."""
    seed = random.SystemRandom().randrange(2**32)
    print("seed", seed)
    instants = random.Random(seed)
    words = [*TRAIN, "--epochs", "30", "-q"]
    assert run(*words, "-o", "straight.safetensors")[0] == 0
    script = "import sys; from glassnet.cli import app; from glassnet.training import checkpoints\n"
    script += "checkpoints._DEFAULT_SECONDS = 0.05; sys.exit(app.main())"
    command = [sys.executable, "-c", script, *words, "--checkpoint", RUN, "--resume"]
    for _ in range(8):
        with subprocess.Popen(command, cwd=tmp_path) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(instants.uniform(0.5, 6.0))
            process.kill()
    assert subprocess.call(command, cwd=tmp_path) == 0
    assert Path(MODEL).read_bytes() == Path("straight.safetensors").read_bytes()
    assert sorted(os.listdir()) == [MODEL, RUN, "straight.safetensors"]


def test_an_interrupted_ensemble_goes_on(run: Call, tmp_path: Path) -> None:
    """Ctrl-C in the first of three networks keeps that one; resumed, all three are trained as if there had been none."""
    words = [*TRAIN, "--epochs", "5", "--ensemble", "3"]
    assert run(*words, "-q", "-o", "straight.safetensors", "--checkpoint", "other.safetensors")[0] == 0
    done = pressed(tmp_path, [signal.SIGINT], "training", *words, "--checkpoint", RUN)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 of 3 networks" in " ".join(done.stdout.split())
    assert run(*words, "-q", "--checkpoint", RUN, "--resume") == (0, "", "")
    assert Path(MODEL).read_bytes() == Path("straight.safetensors").read_bytes()


def test_an_interrupted_training_goes_on(run: Call, tmp_path: Path) -> None:
    """After Ctrl-C the model is saved, the report names the checkpoint, and --resume ends as if there had been none."""
    words = [*TRAIN, "--epochs", "9"]
    assert run(*words, "-q", "-o", "straight.safetensors")[0] == 0
    done = pressed(tmp_path, [signal.SIGINT], "training", *words, "--checkpoint", RUN)
    assert done.returncode == 0
    assert f"Checkpoint       {RUN}; --resume goes on from there" in done.stdout
    code, out, _ = run(*words, "--checkpoint", RUN, "--resume")
    assert code == 0
    assert "9 epochs" in out
    assert "Checkpoint" not in out
    assert Path(MODEL).read_bytes() == Path("straight.safetensors").read_bytes()


def test_a_time_limit_keeps_the_epochs_of_the_start(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recipe whose epochs were fitted to a limit goes on with those epochs, however fast the machine is now."""
    from glassnet.tabular.fitting import deadline

    monkeypatch.setattr(deadline, "_SHARE_OF_TRAINING", 0.02)
    options = TrainOptions("penguins", "species", recipe="small", max_seconds=60.0, checkpoint=RUN, estimates=False)
    first = train(options)[1]["training"]["epochs"]
    monkeypatch.setattr(deadline, "_SHARE_OF_TRAINING", 0.01)
    again = TrainOptions(**{**vars(options), "resume": True, "max_seconds": 50.0})
    assert train(again)[1]["training"]["epochs"] == first


def write_table(path: str, *, last: str = "no", extra: str = "") -> None:
    """Write a table of 40 rows."""
    rows = [f"{i},{i % 7},{'yes' if i % 3 else 'no'}" for i in range(39)] + [f"39,4,{last}"]
    Path(path).write_text("a,b,t\n" + "\n".join(rows) + "\n" + extra)


def test_another_training_is_not_resumed(run: Call) -> None:
    """Other options and other data are refused with the options and columns that differ, and the file keeps its bytes."""
    write_table("x.csv")
    words = ["train", "x.csv", "-t", "t", "--recipe", "small", "-q", "--checkpoint", RUN]
    assert run(*words, "--epochs", "3")[0] == 0
    before = Path(RUN).read_bytes()
    must = f"'{RUN}' was begun with other options: "
    advice = ". Repeat those, or leave --resume out to begin anew.\n"
    assert run(*words, "--epochs", "4", "--seed", "2", "--drop", "b", "--resume") == (
        2, "", f"glassnet train: {must}--drop was left out and is b; --epochs was 3 and is 4; --seed was 0 and is 2{advice}",
    )  # fmt: skip
    write_table("x.csv", last="yes", extra="40,5,yes\n")
    code, _, err = run(*words, "--epochs", "3", "--resume")
    cells = "; ".join(f"the column '{name}' has other cells" for name in "abt")
    must = f"'{RUN}' was begun with another table: {cells}"
    assert (code, err) == (2, f"glassnet train: {must}. Leave --resume out to begin anew.\n")
    write_table("x.csv", last="yes")
    assert "the column 't' has other cells. Leave --resume out" in run(*words, "--epochs", "3", "--resume")[2]
    write_table("x.csv")
    Path("x.csv").write_text(Path("x.csv").read_text().replace("b,t", "c,t"))
    assert (
        "the column 'c' is new; the column 'b' is missing. Leave --resume out"
        in run(*words, "--epochs", "3", "--resume")[2]
    )
    assert Path(RUN).read_bytes() == before
    write_table("y.csv")
    assert run("train", "y.csv", *words[2:], "--epochs", "3", "--resume") == (0, "", "")


def test_what_only_the_network_can_tell_is_said_in_options(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that differ in a way the columns do not show, or another release's recipe, are refused in the same words."""
    from glassnet.cli.training import run_files

    write_table("x.csv")
    words = ["train", "x.csv", "-t", "t", "--recipe", "small", "-q", "--checkpoint", RUN]
    assert run(*words, "--epochs", "3")[0] == 0
    monkeypatch.setattr(run_files, "_prints", lambda data: {})
    monkeypatch.setattr(run_files, "_compare_data", lambda *words: None)
    write_table("x.csv", last="yes")
    must = f"--resume needs data, options and a release of glassnet as {str(Path(RUN).absolute())!r} was begun with"
    code, _, err = run(*words, "--epochs", "3", "--resume")
    assert code == 2
    assert err.startswith("glassnet train: contents was ")
    assert err.endswith(f"; {must}. Leave out --resume to begin anew.\n")
    monkeypatch.setattr(run_files, "_compare_options", lambda *words: None)
    code, _, err = run(*words, "--epochs", "4", "--seed", "3", "--resume")
    assert code == 2
    assert err.endswith(f"; {must}. Leave out --resume to begin anew.\n")


def test_files_that_cannot_be_a_checkpoint(run: Call) -> None:
    """Each is refused in one sentence before the table is read, and keeps its bytes."""
    write_table("x.csv")
    Path("thesis.safetensors").write_bytes(b"chapter 1")
    gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(2,)).save("other.safetensors")
    words = ["train", "x.csv", "-t", "t", "-q", "--epochs", "1"]
    refused = [
        (["--resume"], "--resume is given without --checkpoint, the file to continue from. Add --checkpoint run.safetensors."),
        (["--checkpoint", "run.h5"], "--checkpoint is 'run.h5'; it must end in .safetensors."),
        (["--checkpoint", "no/run.safetensors"], "no such folder for --checkpoint: 'no'. Create it: mkdir -p no"),
        (["--checkpoint", "thesis.safetensors"], "glassnet did not write the file 'thesis.safetensors'; --checkpoint must not replace it. Choose another name."),
        (["--checkpoint", MODEL], f"--checkpoint is '{MODEL}', as --out or --report is; it must be another file."),
        (["--checkpoint", "other.safetensors", "--resume"], "'other.safetensors' is another model; --resume needs a file that glassnet train --checkpoint wrote."),
    ]  # fmt: skip
    for more, message in refused:
        assert run(*words, *more) == (2, "", f"glassnet train: {message}\n")
    assert Path("thesis.safetensors").read_bytes() == b"chapter 1"
    with sole_writer("fit", Path(RUN).absolute()):
        code, _, err = run(*words, "--checkpoint", RUN)
        assert code == 2
        assert err.startswith(
            f"glassnet train: {str(Path(RUN).absolute())!r} is the checkpoint of a run that is going on"
        )


def test_a_training_that_is_not_resumed_is_kept(run: Call) -> None:
    """A second training with the same checkpoint keeps the first beside it and says so once, on stderr."""
    write_table("x.csv")
    words = ["train", "x.csv", "-t", "t", "--recipe", "small", "-q", "--checkpoint", RUN, "--epochs"]
    assert run(*words, "3") == (0, "", "")
    before = Path(RUN).read_bytes()
    code, out, err = run(*words, "2")
    assert (code, out) == (0, "")
    assert err == (
        f"glassnet train: warning: {str(Path(RUN).absolute())!r} held an earlier run, which is kept as "
        "'run.previous-1.safetensors'. To go on from a checkpoint, add --resume.\n"
    )
    assert Path("run.previous-1.safetensors").read_bytes() == before


def fill_disk(monkeypatch: pytest.MonkeyPatch, *full: str) -> None:
    """Let every file whose name contains one of these words end in a full disk."""
    from glassnet.saving import writing

    replace = os.replace

    def fail(source: Path, target: Path) -> None:
        if any(word in str(target) for word in full):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(writing.os, "replace", fail)


def test_a_model_that_cannot_be_written_is_saved_elsewhere(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full after the training costs no model: it is saved elsewhere, the report is printed, exit code 2."""
    write_table("x.csv")
    Path("full").mkdir()
    words = ["train", "x.csv", "-t", "t", "--recipe", "small", "--epochs", "2", "-o", f"full/{MODEL}"]
    fill_disk(monkeypatch, "/full/")
    code, out, err = run(*words)
    (saved,) = Path().glob("model-*.safetensors")
    assert code == 2
    assert f"Model            {saved.absolute()}" in out
    why = f"'full/{MODEL}' cannot be written: No space left on device"
    assert err == f"glassnet train: {why}. The model was saved as {str(saved.absolute())!r} instead.\n"
    assert TableModel.load(saved).target.name == "t"
    assert not os.listdir("full")
    with pytest.raises(gn.DataError, match="The model was saved as"):
        train(TrainOptions("x.csv", "t", recipe="small", epochs=2, out=f"full/{MODEL}", estimates=False))


def test_a_report_that_cannot_be_made_costs_nothing_else(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Model and report on the terminal are there when the page could not be written, or when a picture failed."""
    from glassnet.cli.training import html_report

    write_table("x.csv")
    words = ["train", "x.csv", "-t", "t", "--recipe", "small", "--epochs", "2", "--report", "r.html"]
    with monkeypatch.context() as patch:
        fill_disk(patch, "r.html")
        code, out, err = run(*words)
    assert code == 2
    assert "Model            model.safetensors" in out
    assert err.count("\n") == 1
    assert "No space left on device" in err
    Path(MODEL).unlink()
    monkeypatch.setattr(html_report, "training_facts", lambda *words: 1 / 0)
    code, out, err = run(*words)
    assert code == 1
    assert "Model            model.safetensors" in out
    assert "this is a bug in glassnet (ZeroDivisionError" in err
    assert Path(MODEL).exists()


def test_an_error_after_the_training_costs_no_model(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever fails while scores are computed, the trained model is saved first."""
    from glassnet.cli.training import train_job

    def fail(*words: object) -> None:
        raise MemoryError

    write_table("x.csv")
    monkeypatch.setattr(train_job, "importance_of", fail)
    code, _, err = run("train", "x.csv", "-t", "t", "--recipe", "small", "--epochs", "2", "-q")
    assert (code, err.count("\n")) == (2, 1)
    assert TableModel.load(MODEL).target.name == "t"


def test_a_folder_that_goes_is_said_once(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint that can no longer be written is one warning on stderr, and the model is saved."""
    import shutil

    monkeypatch.setattr(checkpoints, "_DEFAULT_SECONDS", 0.0)
    write_table("x.csv")
    Path("drive").mkdir()
    begin = checkpoints.Checkpoints.on_fit_begin

    def unplug(self: Any, running: Any) -> None:
        begin(self, running)
        shutil.rmtree("drive")

    monkeypatch.setattr(checkpoints.Checkpoints, "on_fit_begin", unplug)
    started = time.perf_counter()
    code, _, err = run(
        "train", "x.csv", "-t", "t", "--recipe", "small", "-q", "--epochs", "3", "--checkpoint", f"drive/{RUN}"
    )
    assert time.perf_counter() - started < 60
    path = str((Path("drive") / RUN).absolute())
    assert (code, err) == (
        0, f"glassnet train: warning: the checkpoint {path!r} cannot be written: No such file or directory. "
        "Training goes on, and the next checkpoints are tried.\n",
    )  # fmt: skip
    assert Path(MODEL).exists()

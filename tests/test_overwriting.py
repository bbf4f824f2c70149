"""What is written replaces nothing of others, leaves nothing behind, and has one writer at a time."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save as save_arrays

import glassnet as gn
from glassnet.saving.locks import sole_writer
from glassnet.saving.ownership import is_model_file
from glassnet.saving.writing import write_atomically
from glassnet.sklearn import MLPClassifier
from glassnet.tabular import TableEncoder, TableModel, TabularClassifier, TargetEncoder

DATA = Path(__file__).parent / "data"
X = np.random.default_rng(0).standard_normal((40, 2))
Y = X[:, 0] - X[:, 1]


def network(seed: int = 0) -> gn.Network:
    """Return a small untrained network."""
    layers = [gn.Dense(3, "tanh"), gn.Dense(1)]
    return gn.Network(layers, loss="squared_error", optimizer="adam", seed=seed, input_shape=(2,))


def table_model() -> TableModel:
    """Return an untrained table model."""
    frame, labels = {"x": [1.0, 2.0, 8.0, 9.0]}, ["a", "a", "b", "b"]
    encoder, target = TableEncoder().fit(frame), TargetEncoder().fit(labels)
    layers = [gn.Dense(target.n_outputs)]
    shape = (len(encoder.feature_names),)
    return TableModel(gn.Network(layers, loss=target.loss, input_shape=shape), encoder, target)


def estimator() -> TabularClassifier:
    """Return a fitted estimator for tables."""
    model = TabularClassifier("small", epochs=1, random_state=0)
    return model.fit({"x": list(range(12))}, ["a", "b"] * 6)


def perceptron() -> MLPClassifier:
    """Return a fitted estimator with scikit-learn's interface."""
    model = MLPClassifier((2,), max_iter=200, solver="lbfgs", random_state=0)
    return model.fit(X, (Y > 0).astype(int))


SAVERS = [network, table_model, estimator, perceptron]
OTHERS = {
    "text": b"chapter,words\n1,20000\n",
    "other safetensors": save_arrays({"weight": np.ones(3)}, metadata={"format": "pt"}),
    "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00K\x01.",
    "half a header": (10**6).to_bytes(8, "little") + b'{"__metadata__": {"glassnet": "{',
    "one byte": b"x",
}


@pytest.mark.parametrize("make", SAVERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", ["thesis.csv", "thesis.safetensors"])
def test_save_keeps_what_glassnet_did_not_write(make: Any, name: str, tmp_path: Path) -> None:
    """Whatever is saved, another program's file keeps its bytes unless `overwrite` says otherwise."""
    model, path = make(), tmp_path / name
    for content in OTHERS.values():
        path.write_bytes(content)
        with pytest.raises(gn.DataError) as caught:
            model.save(path)
        lost = f"save: {str(path)!r} is a file that glassnet did not write, and would be lost."
        assert str(caught.value) == f"{lost} Choose another name, or pass overwrite=True."
        assert path.read_bytes() == content
    model.save(path, overwrite=True)
    assert is_model_file(path)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("make", SAVERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("name", ["model", "a.h5", "a.pt", "a.safetensors.gz", "a.safetensors "])
def test_names_end_as_the_command_line_wants_it(make: Any, name: str, tmp_path: Path) -> None:
    """A new file is called .safetensors, in either case, in Python as on the command line."""
    path = tmp_path / name
    with pytest.raises(gn.ConfigError) as caught:
        make().save(path)
    assert str(caught.value) == f"save: the name is {str(path)!r}; that of a model file must end in .safetensors."
    with pytest.raises(gn.ConfigError, match=r"fit: the name is .*; that of a model file must end in \.safetensors\."):
        network().fit(X, Y, epochs=1, checkpoint=path)
    assert not os.listdir(tmp_path)


def test_a_file_of_any_version_may_be_replaced(tmp_path: Path) -> None:
    """Model files of every version, of later ones too, whole or damaged, and empty files are replaced without a word."""
    path = tmp_path / "model.SAFETENSORS"
    files = [each.read_bytes() for each in sorted(DATA.glob("*_[12].safetensors"))]
    later = save_arrays({"a": np.ones(2)}, metadata={"glassnet": '{"format_version": 99}'})
    for content in (*files, later, later[:-3], b""):
        path.write_bytes(content)
        network().save(path)
        assert gn.load(path).n_parameters == 13
    assert len(files) >= 4


def unusual(folder: Path) -> dict[str, Any]:
    """Return paths of what is no ordinary file, by what the message calls them."""
    os.mkfifo(folder / "pipe.safetensors")
    where = socket.socket(socket.AF_UNIX)
    where.bind(str(folder / "socket.safetensors"))
    where.close()
    (folder / "folder.safetensors").mkdir()
    # A terminal of our own: where this fails, nobody must lose /dev/null.
    (folder / "to_device.safetensors").symlink_to(os.ttyname(os.openpty()[1]))
    return {
        "a named pipe": folder / "pipe.safetensors", "a socket": folder / "socket.safetensors",
        "is a folder": folder / "folder.safetensors", "a device": folder / "to_device.safetensors",
        "no file can be called 'a.x00b": "a\0b.safetensors", "no file can be called 'a.ud800": "a\ud800.safetensors",
        "the folder .* does not exist": folder / "none" / "run.safetensors", "is 3; it must be": 3,
    }  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_only_ordinary_files_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Devices, pipes, sockets, folders and names that cannot be are refused alike by save and fit, whatever is asked."""
    monkeypatch.chdir(tmp_path)
    net = network()
    for words, path in unusual(tmp_path).items():
        calls: list[Any] = [
            lambda path=path: net.save(path),
            lambda path=path: net.save(path, overwrite=True),
            lambda path=path: net.fit(X, Y, epochs=1, checkpoint=path),
            lambda path=path: net.fit(X, Y, epochs=1, checkpoint=path, resume=True),
        ]
        for call in calls:
            with pytest.raises(gn.ConfigError, match=words):
                call()
    assert not net.history.epochs
    assert sorted(os.listdir(tmp_path)) == [
        "folder.safetensors", "pipe.safetensors", "socket.safetensors", "to_device.safetensors",
    ]  # fmt: skip
    assert (tmp_path / "to_device.safetensors").is_char_device()


# ---- checkpoints -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("kind", OTHERS)
def test_a_checkpoint_replaces_no_other_file(kind: str, resume: bool, tmp_path: Path) -> None:
    """A file that glassnet did not write is refused as a checkpoint before anything is trained."""
    path, net = tmp_path / "thesis.safetensors", network()
    path.write_bytes(OTHERS[kind])
    with pytest.raises(gn.DataError, match="is a file that glassnet did not write, and would be lost"):
        net.fit(X, Y, epochs=1, checkpoint=path, resume=resume)
    assert path.read_bytes() == OTHERS[kind]
    assert not net.history.epochs
    assert os.listdir(tmp_path) == [path.name]


def test_a_new_run_keeps_the_one_that_was_not_resumed(tmp_path: Path) -> None:
    """Without resume=True the earlier run stays beside the new one, whole, under a name that a warning tells."""
    path = tmp_path / "run.safetensors"
    network().fit(X, Y, epochs=3, checkpoint=path)
    contents = [path.read_bytes()]
    for number in (1, 2):
        net = network(seed=number)
        with pytest.warns(RuntimeWarning) as caught:
            net.fit(X, Y, epochs=1, checkpoint=path)
        assert [str(warning.message) for warning in caught if warning.category is RuntimeWarning] == [
            f"fit: {str(path)!r} held an earlier run, which is kept as 'run.previous-{number}.safetensors'. "
            "To go on from a checkpoint, pass resume=True."
        ]
        assert net.history.notes == [str(caught[0].message)]
        contents.append(path.read_bytes())
    kept = [tmp_path / "run.previous-1.safetensors", tmp_path / "run.previous-2.safetensors", path]
    assert [each.read_bytes() for each in kept] == contents
    assert [gn.load(each).history.epochs for each in kept] == [3, 1, 1]
    assert sorted(os.listdir(tmp_path)) == sorted(each.name for each in kept)
    assert network().fit(X, Y, epochs=5, checkpoint=kept[0], resume=True).epochs == 5


def test_a_saved_model_is_kept_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint over a finished model keeps the model, also where the file system has no second names."""
    path = tmp_path / "model.safetensors"
    network().save(path)
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.warns(RuntimeWarning, match="held a model, which is kept as 'model.previous-1.safetensors'"):
        network().fit(X, Y, epochs=1, checkpoint=path)
    assert (tmp_path / "model.previous-1.safetensors").read_bytes() == before


def test_a_run_that_cannot_be_kept_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room beside it, the earlier run stays in its place, and the new one does not begin."""
    path, net = tmp_path / "run.safetensors", network(seed=1)
    network().fit(X, Y, epochs=2, checkpoint=path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(gn.ConfigError, match="cannot be kept beside it: No space left on device"):
        net.fit(X, Y, epochs=1, checkpoint=path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == [path.name]


def test_a_run_that_goes_on_replaces_its_own_checkpoint(tmp_path: Path) -> None:
    """Nothing is lost when the network trains on, when its file was loaded, or when the file has no step: no word."""
    path, net = tmp_path / "run.safetensors", network()
    net.fit(X, Y, epochs=2, checkpoint=path)
    net.fit(X, Y, epochs=2, checkpoint=path)
    loaded = gn.load(path)
    loaded.fit(X, Y, epochs=2, checkpoint=path)
    assert gn.load(path).history.epochs == 6

    class Refusing(gn.Callback):
        """Ends a run before its first step."""

        def on_epoch_begin(self, run: Any) -> None:
            raise ZeroDivisionError

    other = tmp_path / "other.safetensors"
    with pytest.raises(ZeroDivisionError):
        network().fit(X, Y, epochs=2, checkpoint=other, callbacks=Refusing())
    network(seed=1).fit(X, Y, epochs=2, checkpoint=other)
    assert sorted(os.listdir(tmp_path)) == ["other.safetensors", "run.safetensors"]


@pytest.mark.parametrize("returns", [False, True])
def test_a_folder_that_vanishes_is_a_warning(returns: bool, tmp_path: Path) -> None:
    """A run whose folder is removed goes on with one warning and the same bits; if it comes back, so do checkpoints."""
    folder = tmp_path / "drive"
    folder.mkdir()
    path, straight, net = folder / "run.safetensors", network(), network()
    straight.fit(X, Y, epochs=6)

    def unplug(run: Any) -> None:
        if run.epoch == 3:
            shutil.rmtree(folder)
        if run.epoch == 5 and returns:
            folder.mkdir()

    with pytest.warns(RuntimeWarning) as caught:
        net.fit(X, Y, epochs=6, checkpoint=gn.Checkpoint(path, every_steps=1), callbacks=unplug)
    assert [str(warning.message) for warning in caught if warning.category is RuntimeWarning] == [
        f"fit: the checkpoint {str(path)!r} cannot be written: No such file or directory. "
        "Training goes on, and the next checkpoints are tried."
    ]
    np.testing.assert_array_equal(net.params, straight.params)
    assert path.exists() == returns


@pytest.mark.parametrize("kind", ["folder", "pipe", "notes"])
def test_whatever_happens_to_a_checkpoint_training_goes_on(kind: str, tmp_path: Path) -> None:
    """A folder or a pipe in its place, or notes that no file can hold, cost a warning and no epoch."""
    path, net = tmp_path / "run.safetensors", network()

    def disturb(run: Any) -> None:
        if run.epoch == 2 and kind == "notes":
            run.network.metadata["when"] = object()
        elif run.epoch == 2:
            path.unlink()
            path.mkdir() if kind == "folder" else os.mkfifo(path)

    with pytest.warns(RuntimeWarning, match="Training goes on, and the next checkpoints are tried") as caught:
        history = net.fit(X, Y, epochs=5, checkpoint=gn.Checkpoint(path, every_epochs=1), callbacks=disturb)
    assert (history.epochs, history.stop_reason) == (5, "finished")
    assert len([warning for warning in caught if warning.category is RuntimeWarning]) == 1


# ---- leftovers -------------------------------------------------------------------------------------------------------


def dead_process() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


@pytest.mark.parametrize("name", ["m.safetensors", "s[1].safetensors", "a*b.safetensors", "n" * 240 + ".safetensors"])
def test_leftovers_are_swept_by_exact_name(name: str, tmp_path: Path) -> None:
    """Saving removes what a dead process left of this very file, and no part of a live one, of another file, or other."""
    path, dead, thread = tmp_path / name, dead_process(), threading.get_ident()
    short = name if len(name) < 200 else None
    leftover = f".{name}.{dead}-7.part"
    others = [
        f".{name}.{os.getppid()}-7.part", f".{name}.x.{dead}-7.part", f".other.{dead}-7.part", f".{name}.{dead}-7.part.bak",
        f".{name}.{dead}.part", f"{name}.{dead}-7.part", ".s1.safetensors.1-1.part", ".aXb.safetensors.999999-7.part",
    ]  # fmt: skip
    if short is not None:
        for each in (leftover, f".{name}.{os.getpid()}-{thread + 1}.part", f".{name}.{os.getpid()}-{thread}.part"):
            (tmp_path / each).write_bytes(b"half")
        for each in others:
            (tmp_path / each).write_bytes(b"whole")
    network().save(path)
    assert sorted(os.listdir(tmp_path)) == sorted([name, *(others if short is not None else [])])
    assert gn.load(path).n_parameters == 13


def test_a_live_thread_keeps_its_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one thread is writing a file, another may save it too: neither loses its part, and one content is whole."""
    begun, done, fsync, main = threading.Event(), threading.Event(), os.fsync, threading.get_ident()

    def slow(descriptor: int) -> None:
        if threading.get_ident() != main and not begun.is_set():
            begun.set()
            done.wait()
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    path, failures = tmp_path / "m.safetensors", []

    def save() -> None:
        try:
            network(seed=1).save(path)
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=save)
    thread.start()
    begun.wait()
    network(seed=2).save(path)
    assert len(os.listdir(tmp_path)) == 2
    assert gn.load(path).seeds == (2,)
    done.set()
    thread.join()
    assert failures == []
    assert os.listdir(tmp_path) == ["m.safetensors"]
    assert gn.load(path).seeds == (1,)


KILLED = """
import os, signal, sys
import glassnet as gn
from glassnet.saving import writing
writing.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
gn.Network([gn.Dense(2)], loss="squared_error", input_shape=(3,)).save(sys.argv[1])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_save_leaves_nothing_for_ever(tmp_path: Path) -> None:
    """A save that is killed half way leaves a part file, which the next save removes, through a link too."""
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.safetensors"
    link.symlink_to(tmp_path / "real" / "m.safetensors")
    done = subprocess.run([sys.executable, "-c", KILLED, link], check=False)
    assert done.returncode == -signal.SIGKILL
    assert [name.endswith(".part") for name in os.listdir(tmp_path / "real")] == [True]
    network().save(link)
    assert os.listdir(tmp_path / "real") == ["m.safetensors"]
    assert link.is_symlink()


# ---- one writer ------------------------------------------------------------------------------------------------------

RUNNING = """
import sys, time
import numpy as np
import glassnet as gn
X = np.random.default_rng(0).standard_normal((40, 2)); Y = X[:, 0] - X[:, 1]
layers = [gn.Dense(3, "tanh"), gn.Dense(1)]
net = gn.Network(layers, loss="squared_error", optimizer="adam", seed=0, input_shape=(2,))
def wait(run):
    if run.epoch == 2:
        print("waiting", flush=True)
        sys.stdin.readline()
options = dict(epochs=5, checkpoint=gn.Checkpoint(sys.argv[1], every_epochs=1), resume=True)
print(net.fit(X, Y, callbacks=wait, **options).epochs)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs locks of POSIX")
@pytest.mark.parametrize("ends", ["by itself", "killed"])
def test_one_writer_at_a_time(ends: str, tmp_path: Path) -> None:
    """While one process writes a checkpoint others are refused in a sentence; when it ends, even killed, they are not."""
    path = tmp_path / "run.safetensors"
    command = [sys.executable, "-c", RUNNING, str(path)]
    straight = network()
    straight.fit(X, Y, epochs=5)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        part = tmp_path / f".run.safetensors.{process.pid}-5.part"
        part.write_bytes(b"half")
        before = path.read_bytes()
        busy = f"{str(path)!r} is the checkpoint of a run that is going on, process {process.pid}. Wait for its end, or"
        for resume in (False, True):
            with pytest.raises(gn.ConfigError) as caught:
                network().fit(X, Y, epochs=5, checkpoint=path, resume=resume)
            assert str(caught.value) == f"fit: {busy} choose another name."
        for overwrite in (False, True):
            with pytest.raises(gn.ConfigError) as caught:
                network().save(path, overwrite=overwrite)
            assert str(caught.value) == f"save: {busy} choose another name."
        assert part.exists()
        assert path.read_bytes() == before
        if ends == "killed":
            process.kill()
            process.wait()
            assert (tmp_path / ".run.safetensors.lock").exists()
            net = network()
            net.fit(X, Y, epochs=5, checkpoint=path, resume=True)
        else:
            out, _ = process.communicate("\n")
            assert out == "5\n"
            part.unlink()
            net = gn.load(path)
    np.testing.assert_array_equal(net.params, straight.params)
    assert os.listdir(tmp_path) == [path.name]
    network().save(path)


def test_saving_removes_the_lock_of_a_dead_run(tmp_path: Path) -> None:
    """What a killed run has left is swept by the next save: the part file, and the lock that nobody holds."""
    for name in (f".run.safetensors.{dead_process()}-5.part", ".run.safetensors.lock"):
        (tmp_path / name).write_text(f"glassnet {dead_process()} somewhere\n")
    network().save(tmp_path / "run.safetensors")
    assert os.listdir(tmp_path) == ["run.safetensors"]


def test_the_lock_is_nobody_elses_file(tmp_path: Path) -> None:
    """A file of others under the lock's name keeps its content, and so does one that a link there leads to."""
    path, other, lock = tmp_path / "run.safetensors", tmp_path / "other", tmp_path / ".run.safetensors.lock"
    other.write_bytes(b"precious")
    for make in (lambda: lock.write_bytes(b"precious"), lambda: lock.symlink_to(other), lambda: os.mkfifo(lock)):
        make()
        network().fit(X, Y, epochs=1, checkpoint=path, resume=True)
        assert lock.is_fifo() or lock.read_bytes() == b"precious"
        assert os.path.lexists(lock)
        lock.unlink()


def test_threads_of_one_process_are_told_apart(tmp_path: Path) -> None:
    """Inside one process too the second run is refused, and a folder that goes meanwhile is no error."""
    folder = tmp_path / "a"
    folder.mkdir()
    with sole_writer("fit", folder / "run.safetensors"):
        with pytest.raises(gn.ConfigError, match=f"going on, process {os.getpid()}"):
            network().fit(X, Y, epochs=1, checkpoint=folder / "run.safetensors")
        shutil.rmtree(folder)
    with sole_writer("fit", folder / "run.safetensors"):
        write_atomically(tmp_path / "x", b"1")
    assert os.listdir(tmp_path) == ["x"]

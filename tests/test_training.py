"""Training: continuation, splitting, stopping, callbacks, interruption, progress, threads."""

from __future__ import annotations

import copy
import io
import math
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training import Run
from glassnet.training.progress import ProgressLine, progress_text
from glassnet.training.threads.blas import available_threads, blas_threads, choose_threads
from glassnet.utils.splitting import split_rows


def moons(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Return two classes that a line cannot separate."""
    rng = np.random.default_rng(7)
    X = rng.standard_normal((n, 4))
    return X, (X[:, 0] * X[:, 1] > 0).astype(int)


def network(optimizer: gn.Optimizer | None = None, **options: Any) -> gn.Network:
    """Return a network with noise, running statistics and a norm."""
    layers = [gn.Dense(16, "relu"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(8, "silu"), gn.LayerNorm(), gn.Dense(2)]
    return gn.Network(
        layers, loss="cross_entropy", optimizer=copy.deepcopy(optimizer) or gn.Adam(0.01), seed=3, **options
    )


OPTIMIZERS = [
    gn.SGD(0.05),
    gn.SGD(0.05, momentum=0.9, nesterov=True),
    gn.Adam(0.01),
    gn.AdamW(gn.CosineDecay(0.01, epochs=10), weight_decay=0.1),
]


def through_file(net: gn.Network, folder: Path) -> gn.Network:
    """Return the network after a round trip through a file."""
    net.save(folder / "net.safetensors", training_state=True)
    return gn.load(folder / "net.safetensors")


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize("way", ["one process", "file", "pickle", "deepcopy"])
@pytest.mark.parametrize("stopping", [None, 3, 30], ids=["plain", "patience 3", "patience 30"])
def test_continued_equals_uninterrupted(
    optimizer: gn.Optimizer, way: str, stopping: int | None, tmp_path: Path
) -> None:
    """fit(5); fit(5) leaves the bits of fit(10): weights, statistics, history, predictions."""
    X, y = moons()
    options: dict[str, Any] = {"batch_size": 32, "validation_split": 0.25}
    rule = None if stopping is None else gn.EarlyStopping(patience=stopping)
    whole = network(optimizer)
    whole.fit(X, y, epochs=10, early_stopping=rule, **options)
    assert whole.history is not None
    halves = network(optimizer)
    first = min(5, whole.history.epochs)
    halves.fit(X, y, epochs=first, early_stopping=rule, **options)
    halves = {
        "one process": lambda net: net,
        "file": lambda net: through_file(net, tmp_path),
        "pickle": lambda net: pickle.loads(pickle.dumps(net)),
        "deepcopy": copy.deepcopy,
    }[way](halves)
    if whole.history.epochs > first:
        halves.fit(X, y, epochs=10 - first, early_stopping=rule, **options)
    np.testing.assert_array_equal(halves.params, whole.params)
    np.testing.assert_array_equal(halves.stats, whole.stats)
    np.testing.assert_array_equal(halves.predict(X), whole.predict(X))
    assert halves.history is not None
    assert halves.history.columns == whole.history.columns
    assert halves.history.best_epoch == whole.history.best_epoch


def test_without_training_state_a_file_starts_a_new_run(tmp_path: Path) -> None:
    """A plain model file holds the weights only: training on is a new run from there."""
    X, y = moons()
    net = network()
    net.fit(X, y, epochs=3)
    net.save(tmp_path / "net.safetensors")
    twin = gn.load(tmp_path / "net.safetensors")
    assert twin._run is None
    np.testing.assert_array_equal(twin.predict(X), net.predict(X))


def test_best_weights_are_used_and_the_last_ones_kept() -> None:
    """After early stopping the network predicts with the best epoch's weights; the next fit goes on from the last's."""
    X, y = moons(40)
    net = network()
    seen: list[np.ndarray] = []
    history = net.fit(
        X, y, epochs=40, batch_size=8, validation_split=0.5, early_stopping=gn.EarlyStopping(patience=4),
        callbacks=[lambda run: seen.append(run.network.params.copy())],
    )  # fmt: skip
    assert history.stop_reason == "early stopping"
    assert history.epochs == history.best_epoch + 4
    assert history["valid_loss"][history.best_epoch - 1] == min(history["valid_loss"])
    np.testing.assert_array_equal(net.params, seen[history.best_epoch - 1])
    starts: list[np.ndarray] = []

    class Start(gn.Callback):
        def on_epoch_begin(self, run: Run) -> None:
            starts.append(run.network.params.copy())

    net.fit(X, y, epochs=1, batch_size=8, validation_split=0.5, callbacks=[Start()])
    np.testing.assert_array_equal(starts[0], seen[-1])


def test_changed_weights_are_respected() -> None:
    """Weights that the user wrote after early stopping are where the next fit starts."""
    X, y = moons()
    net = network()
    net.fit(X, y, epochs=5, validation_split=0.5, early_stopping=gn.EarlyStopping(patience=2))
    net.params[:] = 0.125
    net.optimizer.learning_rate = 0.0
    net.fit(X, y, epochs=1, validation_split=0.5)
    np.testing.assert_array_equal(net.params, np.full_like(net.params, 0.125))


def test_patience_begins_anew_after_a_stop() -> None:
    """A run that early stopping ended can be trained on for more than one epoch."""
    X, y = moons(40)
    net = network()
    rule = gn.EarlyStopping(patience=2)
    stopped = net.fit(X, y, epochs=60, batch_size=8, validation_split=0.5, early_stopping=rule).epochs
    assert stopped < 60
    net.fit(X, y, epochs=2, batch_size=8, validation_split=0.5, early_stopping=rule)
    assert net.history.epochs == stopped + 2


def test_early_stopping_on_a_metric_that_must_rise() -> None:
    """Accuracy is monitored upwards."""
    X, y = moons()
    net = network()
    history = net.fit(
        X, y, epochs=15, validation_split=0.25, early_stopping=gn.EarlyStopping("valid_accuracy", patience=15)
    )
    assert history["valid_accuracy"][history.best_epoch - 1] == max(history["valid_accuracy"])


def test_history_records_what_was_trained() -> None:
    """The recorded loss is the weighted mean over the epoch's batches, and the rate is the schedule's last."""
    X, y = moons(10)
    net = gn.Network([gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(0.0), seed=0)
    weight = np.arange(1.0, 11.0)
    history = net.fit(X, y, epochs=2, batch_size=3, sample_weight=weight, validation_data=(X, y, weight))
    assert history["loss"][0] == pytest.approx(history["valid_loss"][0], rel=1e-6)
    assert history["loss"][0] == pytest.approx(net.evaluate(X, y, weight)["loss"], rel=1e-6)
    assert history["learning_rate"] == [0.0, 0.0]
    assert history.epochs == len(history) == 2
    assert list(gn.History.from_dict(history.to_dict()).columns) == [
        "loss",
        "learning_rate",
        "valid_loss",
        "valid_accuracy",
    ]
    assert history.table().splitlines()[0].split() == ["epoch", "loss", "learning_rate", "valid_loss", "valid_accuracy"]


def test_weights_repeat_rows_in_training() -> None:
    """Full-batch training with weight 2 on a row equals training with the row twice."""
    X, y = moons(6)
    nets = [
        gn.Network([gn.Dense(4, "tanh"), gn.Dense(2)], loss="cross_entropy", seed=0, dtype="float64") for _ in range(2)
    ]
    nets[0].fit(X, y, epochs=20, batch_size=99, sample_weight=[2, 1, 1, 1, 1, 0])
    rows = [0, 0, 1, 2, 3, 4]
    nets[1].fit(X[rows], y[rows], epochs=20, batch_size=99)
    np.testing.assert_allclose(nets[0].params, nets[1].params, rtol=1e-9, atol=1e-12)


def test_batch_of_zero_weight_is_skipped() -> None:
    """A batch whose rows all weigh nothing moves nothing: with momentum and Adam too."""
    X, y = moons(8)
    weight = [1, 1, 1, 1, 0, 0, 0, 0]
    nets = [gn.Network([gn.Dense(2)], loss="cross_entropy", seed=0) for _ in range(2)]
    nets[0].fit(X, y, epochs=5, batch_size=4, shuffle=False, sample_weight=weight)
    nets[1].fit(X[:4], y[:4], epochs=5, batch_size=4, shuffle=False)
    np.testing.assert_array_equal(nets[0].params, nets[1].params)


def test_shuffling_depends_on_seed_and_epoch_only() -> None:
    """Every epoch visits every row once, each in an order of its own; without shuffling in the order given."""
    orders: list[list[float]] = []

    class Look(gn.Dense):
        def forward(self, X: np.ndarray, cache: Any, step: Any) -> np.ndarray:
            if step.training:
                orders[-1].extend(X[:, 0].tolist())
            return super().forward(X, cache, step)

    def epochs(shuffle: bool, seed: int) -> list[list[float]]:
        orders.clear()
        net = gn.Network([Look(1)], loss="squared_error", seed=seed)

        class Next(gn.Callback):
            def on_epoch_begin(self, run: Run) -> None:
                orders.append([])

        X = np.arange(20.0).reshape(-1, 1)
        net.fit(X, X, epochs=3, batch_size=6, shuffle=shuffle, callbacks=[Next()])
        return copy.deepcopy(orders)

    shuffled = epochs(True, seed=1)
    assert [sorted(order) for order in shuffled] == [list(range(20))] * 3
    assert len({tuple(order) for order in shuffled}) == 3
    assert epochs(True, seed=1) == shuffled
    assert epochs(True, seed=2) != shuffled
    assert epochs(False, seed=1) == [list(range(20))] * 3


def test_split_is_stratified_and_seeded() -> None:
    """Both parts have nearly the shares of every class, all rows once, and a seed's split is its own."""
    codes = np.repeat([0, 1, 2], [70, 20, 10])
    train, valid = split_rows(100, [0.8, 0.2], 0, stratify=codes)
    assert sorted([*train, *valid]) == list(range(100))
    assert np.bincount(codes[valid]).tolist() == [14, 4, 2]
    again = split_rows(100, [0.8, 0.2], 0, stratify=codes)
    np.testing.assert_array_equal(train, again[0])
    assert not np.array_equal(train, split_rows(100, [0.8, 0.2], 1, stratify=codes)[0])


@pytest.mark.parametrize("n", [2, 3, 5, 17])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_no_part_is_empty(n: int, share: float) -> None:
    """Even of two rows every part gets one."""
    parts = split_rows(n, [1.0 - share, share], seed=0)
    assert min(map(len, parts)) >= 1
    assert sum(map(len, parts)) == n


def test_rare_classes_stay_in_training() -> None:
    """Every class has a row in the training part, whatever the seed and however rare it is."""
    for codes in (np.repeat([0, 1], [50, 2]), np.repeat([0, 1, 2], [2, 1, 40]), np.array([0, 0, 1, 1, 2])):
        for seed in range(50):
            train, *_ = split_rows(len(codes), [0.6, 0.2, 0.2], seed, stratify=codes)
            assert set(codes[train]) == set(codes)


def test_callbacks_see_the_run_and_can_stop_it() -> None:
    """Callbacks are called in order, read position and history, and end the run with a reason."""
    X, y = moons(40)
    events: list[str] = []

    class Watch(gn.Callback):
        def on_fit_begin(self, run: Run) -> None:
            events.append(f"begin {run.epoch}/{run.target_epochs}")

        def on_epoch_begin(self, run: Run) -> None:
            events.append(f"epoch {run.epoch}")

        def on_step_end(self, run: Run) -> None:
            events.append(f"step {run.step}/{run.steps_per_epoch}")

        def on_epoch_end(self, run: Run) -> None:
            if run.epoch == 2:
                run.stop("seen enough")

        def on_fit_end(self, run: Run) -> None:
            events.append(run.history.stop_reason)

    history = network().fit(X, y, epochs=9, batch_size=20, callbacks=[Watch()])
    steps = ["step 1/2", "step 2/2"]
    assert events == ["begin 0/9", "epoch 0", *steps, "epoch 1", *steps, "seen enough"]
    assert history.epochs == 2


def test_looking_does_not_disturb() -> None:
    """A callback that predicts, evaluates and checks gradients leaves the run's bits as they are."""
    X, y = moons()
    quiet, watched = network(), network()
    quiet.fit(X, y, epochs=3)

    def look(run: Run) -> None:
        run.network.predict(X)
        run.network.evaluate(X, y)
        gn.check_gradients(run.network, X[:4], y[:4], max_entries=2)

    class Often(gn.Callback):
        def on_step_end(self, run: Run) -> None:
            look(run)

    watched.fit(X, y, epochs=3, callbacks=[look, Often()])
    np.testing.assert_array_equal(watched.params, quiet.params)


def test_max_seconds() -> None:
    """The run ends when its time is up, between two steps, and says why."""
    X, y = moons()
    history = network().fit(X, y, epochs=10**6, max_seconds=0.2)
    assert history.stop_reason == "time"
    assert history.seconds >= 0.2
    assert 0 < history.epochs < 10**6


def test_divergence_is_reported_and_harmless() -> None:
    """A rate that is far too high ends in one sentence; the network keeps finite weights and can be used."""
    X, y = moons()
    net = gn.Network([gn.Dense(8, "relu"), gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(1e6), seed=0)
    with pytest.raises(gn.DivergenceError) as caught:
        net.fit(X, y, epochs=50)
    message = str(caught.value)
    assert message.startswith(
        "fit: training diverged with a loss of inf at epoch 1, step 3 (last finite loss 1.03e+24); loss and weights must stay finite. Lower learning_rate (now 1e+06) or scale X and y. The network holds the last weights whose loss was finite."
    )
    assert "Lower learning_rate (now 1e+06) or scale X and y." in message
    assert message.endswith("The network holds the last weights whose loss was finite.")
    assert math.isfinite(net.evaluate(X, y)["loss"])
    assert np.isfinite(net.params).all()
    assert net.history.stop_reason == "diverged"
    net.optimizer.learning_rate = 0.01
    assert math.isfinite(net.fit(X, y, epochs=1)["loss"][-1])


SCRIPT = """
import os, signal, sys, threading, time
import numpy as np
import glassnet as gn
X = np.random.default_rng(0).standard_normal((500, 4)); y = (X[:, 0] > 0).astype(int)
net = gn.Network([gn.Dense(8, "tanh"), gn.Dense(2)], loss="cross_entropy", seed=0)
timer = threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT))
begin = lambda run: timer.start() if run.epoch == 3 else None  # however busy the machine is, the run has begun
stopping = gn.EarlyStopping(patience=10**6)
history = net.fit(X, y, epochs=10**7, validation_split=0.2, early_stopping=stopping, callbacks=begin)
best = min(history["valid_loss"])
print(history.stop_reason, history.epochs > 1, history["valid_loss"][history.best_epoch - 1] == best)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, net.predict(X).shape)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_the_run_with_the_best_weights() -> None:
    """SIGINT ends the run between two steps: no traceback, the best weights restored, the old handler back."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines() == ["interrupted True True", "True (500, 2)"], done.stderr
    assert done.stderr == ""


def test_fit_in_another_thread() -> None:
    """Outside the main thread, where signals cannot be handled, training works the same."""
    X, y = moons()
    expected, net = network(), network()
    expected.fit(X, y, epochs=2)
    worker = threading.Thread(target=lambda: net.fit(X, y, epochs=2))
    worker.start()
    worker.join()
    np.testing.assert_array_equal(net.params, expected.params)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal one line is redrawn with epoch, losses, metric, speed and time left; in a pipe there is nothing."""
    X, y = moons()
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("COLUMNS", "200")
        network().fit(X, y, epochs=3, validation_split=0.25)
        text = stream.getvalue()
        if stream.isatty():
            last = text.rstrip("\n").split("\r")[-1]
            assert text.count("\n") == 1
            assert last.startswith("epoch 3/3  loss 0.")
            assert all(word in last for word in ("valid_loss", "valid_accuracy", "rows/s", "left", "finished"))
        else:
            assert text == ""


def test_progress_line_fits_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No drawing is longer than the terminal is wide, so that it never wraps."""
    X, y = moons()
    monkeypatch.setenv("COLUMNS", "40")
    stream = Terminal()
    network().fit(X, y, epochs=3, validation_split=0.25, callbacks=[ProgressLine(stream)], progress=False)
    assert max(map(len, stream.getvalue().strip().split("\r"))) <= 39


def test_notebook_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook the line is one display that is updated in place."""
    shown: list[str] = []

    class Handle:
        def update(self, data: dict[str, str], raw: bool) -> None:
            shown.append(data["text/plain"])

    class Shell:
        kernel = object()

    import types

    module, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    module.get_ipython = Shell  # type: ignore[attr-defined]
    display.display = lambda data, raw, display_id: Handle()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    X, y = moons()
    network().fit(X, y, epochs=2)
    assert shown
    assert shown[-1].startswith("epoch 2/2")
    assert not any("\r" in text for text in shown)


def test_progress_text_with_members() -> None:
    """With members the line shows the mean over them."""
    X, y = moons()
    texts: list[str] = []
    history = network(members=2).fit(X, y, epochs=1, callbacks=[lambda run: texts.append(progress_text(run))])
    assert texts[0].startswith(f"epoch 1/1  loss {np.mean(history.columns['loss'][0]):.4g} ")


def test_small_networks_use_one_blas_thread(rng: np.random.Generator) -> None:
    """While a small network trains BLAS has one thread; afterwards the caller's setting is back."""
    X, y = moons()
    before = available_threads()
    seen: list[int] = []
    history = network().fit(X, y, epochs=1, callbacks=[lambda run: seen.append(available_threads())])
    assert seen == [1]
    assert history.threads == 1
    assert available_threads() == before


def test_thread_limits_nest() -> None:
    """Of two limits at once the smaller holds, and leaving in any order puts the first setting back."""
    before = available_threads()
    first, second = blas_threads(2), blas_threads(1)
    first.__enter__()
    second.__enter__()
    assert available_threads() == 1
    first.__exit__(None, None, None)
    assert available_threads() == 1
    second.__exit__(None, None, None)
    assert available_threads() == before


def test_thread_choice() -> None:
    """A number is taken as it is; small products get one thread; the choice for large ones is one or all."""
    single = np.dtype("float32")
    assert choose_threads(3, (1, 1, 1), single) == 3
    assert choose_threads("auto", (32, 64, 64), single) == 1
    assert choose_threads("auto", (512, 512, 512), single) in (1, available_threads())


def test_change_of_threads_is_noted() -> None:
    """A run that goes on with another number of BLAS threads says so in its history."""
    X, y = moons()
    net = network()
    net.fit(X, y, epochs=1, threads=1)
    history = net.fit(X, y, epochs=1, threads=2)
    assert history.notes == [
        "BLAS threads changed from 1 to 2 after epoch 1: the last bits may differ from those of an unchanged run."
    ]


def test_exchanged_optimizer_starts_anew() -> None:
    """A new optimizer has no memory; a new learning rate keeps it."""
    X, y = moons()
    net = network(gn.Adam(0.01))
    net.fit(X, y, epochs=1)
    steps = net._run.optimizer_state.t
    net.optimizer.learning_rate = 0.001
    net.fit(X, y, epochs=1)
    assert net._run.optimizer_state.t == 2 * steps
    net.optimizer = gn.SGD(0.1, momentum=0.5)
    net.fit(X, y, epochs=1)
    assert net._run.optimizer_state.t == steps


def test_batch_norm_with_a_last_batch_of_one_row() -> None:
    """33 rows in batches of 32 train without NaN: the lone row uses the running statistics."""
    X, y = moons(33)
    net = network()
    assert np.isfinite(net.fit(X, y, epochs=3, batch_size=32)["loss"]).all()
    assert np.isfinite(net.params).all()


def test_schedule_is_followed_step_by_step() -> None:
    """The rate of each step is the schedule's at that position, in both halves of a run."""
    X, y = moons(40)
    schedule = gn.CosineDecay(0.1, epochs=4)
    rates: list[float] = []

    class Watched(gn.SGD):
        def step(self, params: Any, grads: Any, state: Any, learning_rate: float) -> None:
            rates.append(learning_rate)
            super().step(params, grads, state, learning_rate)

    net = network()
    net.optimizer = Watched(schedule)
    net.fit(X, y, epochs=2, batch_size=20)
    net.fit(X, y, epochs=2, batch_size=20)
    assert rates == [schedule(i / 2) for i in range(8)]


BAD_OPTIONS = [
    ({"epochs": 0}, "fit: epochs is 0; it must be a whole number of at least 1."),
    ({"epochs": 2.5}, "fit: epochs is 2.5; it must be a whole number of at least 1."),
    ({"epochs": 1, "batch_size": 0}, "fit: batch_size is 0; it must be a whole number of at least 1."),
    ({"epochs": 1, "shuffle": "yes"}, "fit: shuffle is 'yes'; it must be True or False."),
    ({"epochs": 1, "max_seconds": -1}, "fit: max_seconds is -1; it must be a finite number of at least 0."),
    ({"epochs": 1, "validation_split": 1.0}, "fit: validation_split is 1.0; it must be a finite number of at least 0 and below 1."),
    ({"epochs": 1, "validation_data": 3}, "fit: validation_data is of type int; it must be (X, y) or (X, y, sample_weight)."),
    ({"epochs": 1, "metrics": ["acuracy"]}, "fit: unknown metric 'acuracy'. Did you mean 'accuracy'? The choices are 'accuracy', 'auc', 'balanced_accuracy', 'brier', 'f1', 'log_loss'. These are the metrics of loss='cross_entropy'."),
    ({"epochs": 1, "early_stopping": 5}, "fit: early_stopping is 5; it must be an EarlyStopping object. Write EarlyStopping(patience=10)."),
    ({"epochs": 1, "early_stopping": gn.EarlyStopping()}, "EarlyStopping: the history has no 'valid_loss' to monitor. Pass validation_data or validation_split. Its columns are 'loss'."),
    ({"epochs": 1, "callbacks": [3]}, "fit: callbacks has 3; they must be Callback objects or functions."),
    ({"epochs": 1, "threads": 0}, "fit: threads is 0; it must be a whole number of at least 1. Or pass threads='auto'."),
]  # fmt: skip


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    """An option that cannot be gets one sentence, before anything is trained."""
    X, y = moons()
    net = network()
    with pytest.raises(gn.GlassnetError) as caught:
        net.fit(X, y, **options)
    assert str(caught.value) == message
    assert net._run is None


def test_validation_data_or_split() -> None:
    """Both at once are refused."""
    X, y = moons()
    with pytest.raises(gn.ConfigError) as caught:
        network().fit(X, y, epochs=1, validation_data=(X, y), validation_split=0.5)
    assert (
        str(caught.value) == "fit: validation_data and validation_split are both given; only one may be. Leave one out."
    )


@pytest.fixture(autouse=True)
def _no_signal_is_left() -> Any:
    """No test leaves a handler behind."""
    yield
    if threading.current_thread() is threading.main_thread():
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

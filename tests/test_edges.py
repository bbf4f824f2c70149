"""Edges that were once wrong: each test is named by what went wrong."""

from __future__ import annotations

import copy
import math
import os
import pickle
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.layers import Step
from glassnet.training import Run


def line(n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and a target that depends on them."""
    X = np.random.default_rng(1).standard_normal((n, 4))
    return X, X @ np.array([1.0, -2.0, 0.5, 0.0])


def regressor(optimizer: gn.Optimizer | None = None, **options: Any) -> gn.Network:
    """Return a small network."""
    layers = [gn.Dense(8, "tanh"), gn.Dense(1)]
    return gn.Network(layers, loss="squared_error", optimizer=optimizer or gn.Adam(0.01), seed=2, **options)


@pytest.mark.parametrize(("rate", "epochs"), [(1e38, 1), (1e30, 3), (1e19, 5)])
def test_exploding_weights_are_not_a_success(rate: float, epochs: int) -> None:
    """A step that ruins the weights is a divergence even if no loss was computed after it, and is undone."""
    X, y = line()
    net = regressor(gn.SGD(rate))
    net.build((4,))
    before = net.params.copy()
    with pytest.raises(gn.DivergenceError):
        net.fit(X, y, epochs=epochs, batch_size=40)
    assert np.abs(net.params).max() < 1e9
    assert math.isfinite(net.evaluate(X, y)["loss"])
    if epochs == 1:
        np.testing.assert_array_equal(net.params, before)


def test_divergence_keeps_the_best_weights() -> None:
    """Where early stopping had found a best epoch, its weights are what a divergence leaves."""
    X, y = line()
    net = regressor(gn.SGD(0.05))
    rule = gn.EarlyStopping(patience=50)
    net.fit(X, y, epochs=5, validation_data=(X, y), early_stopping=rule)
    best = net.evaluate(X, y)["loss"]
    net.optimizer.learning_rate = 1e30
    with pytest.raises(gn.DivergenceError):
        net.fit(X, y, epochs=5, validation_data=(X, y), early_stopping=rule)
    assert net.evaluate(X, y)["loss"] == best


def test_best_epoch_of_other_data_is_forgotten() -> None:
    """Early stopping on new validation data starts anew: the old best value was measured on other rows."""
    X, y = line()
    net = regressor()
    net.fit(X, y, epochs=30, validation_data=(X, y), early_stopping=gn.EarlyStopping())
    before = net.evaluate(X, -y)["loss"]
    history = net.fit(X, -y, epochs=30, validation_data=(X, -y), early_stopping=gn.EarlyStopping())
    assert history.best_epoch > 30
    assert net.evaluate(X, -y)["loss"] < before


def test_best_weights_follow_without_restoring() -> None:
    """A fit that does not restore the best weights still remembers them for one that does."""
    X, y = line()
    net = regressor()
    options: dict[str, Any] = {"epochs": 5, "validation_data": (X, y)}
    for restore in (True, False, True):
        history = net.fit(X, y, early_stopping=gn.EarlyStopping(restore_best=restore), **options)
    assert net.evaluate(X, y)["loss"] == min(history["valid_loss"])


def test_layer_of_another_network_is_refused() -> None:
    """A layer holds views of one network; a second one would silently take them over."""
    layer = gn.Dense(1)
    net = gn.Network([layer], loss="squared_error", input_shape=(2,))
    with pytest.raises(gn.ConfigError) as caught:
        gn.Network([layer], loss="squared_error")
    assert (
        str(caught.value) == f"Network: {layer!r} is in another network; a layer must be in one only. Make a new layer."
    )
    gn.Network([copy.deepcopy(layer)], loss="squared_error", input_shape=(2,)).params[:] = 7.0
    assert not (net.params == 7.0).any()


def test_shallow_copy_does_not_break_the_original() -> None:
    """copy.copy of a network is a whole one: the original goes on as if nothing had been."""
    X, y = line()
    whole, halves = regressor(), regressor()
    whole.fit(X, y, epochs=6)
    halves.fit(X, y, epochs=3)
    copy.copy(halves).fit(X, y, epochs=1)
    halves.fit(X, y, epochs=3)
    np.testing.assert_array_equal(halves.params, whole.params)


def test_params_cannot_be_replaced() -> None:
    """Assigning to params is refused instead of being ignored by the layers."""
    net = regressor(input_shape=(4,))
    with pytest.raises(AttributeError):
        net.params = np.zeros_like(net.params)  # type: ignore[misc]
    with pytest.raises(gn.NotFittedError):
        regressor().params  # noqa: B018


def test_masked_values_are_not_used() -> None:
    """A masked entry is a missing one, named by row and column."""
    X = np.ma.masked_array(np.ones((3, 4)), mask=np.zeros((3, 4), bool))
    net = regressor(input_shape=(4,))
    assert net.predict(X).shape == (3, 1)
    X[1, 2] = np.ma.masked
    with pytest.raises(gn.DataError) as caught:
        net.predict(X)
    assert (
        str(caught.value)
        == "Network.predict: X holds nan at row 1, column 2; it must be finite. Fill or drop missing values first."
    )


def test_accuracy_of_several_yes_no_answers() -> None:
    """With several binary outputs accuracy counts answers, not the largest of them."""
    net = gn.Network([gn.Dense(3)], loss="binary_cross_entropy", input_shape=(1,))
    net.params[:] = 0.0
    net.params[-3:] = [5.0, 5.0, -5.0]
    scores = net.evaluate([[0.0], [0.0]], [[1, 1, 0], [1, 0, 0]])
    assert scores["accuracy"] == pytest.approx(5 / 6)


def test_metrics_must_suit_the_loss() -> None:
    """A metric that means nothing for the loss's predictions is refused; one name need not be a list."""
    X, y = line()
    net = regressor(input_shape=(4,))
    assert set(net.evaluate(X, y, metrics="mae")) == {"loss", "mae"}
    with pytest.raises(gn.ConfigError) as caught:
        net.evaluate(X, y, metrics=["accuracy"])
    must = (
        "unknown metric 'accuracy'. The choices are 'mae', 'r2', 'rmse'. These are the metrics of loss='squared_error'."
    )
    assert str(caught.value) == f"Network.evaluate: {must}"


@pytest.mark.parametrize(
    "optimizer",
    [gn.SGD(0.1, momentum=0.3), gn.SGD(0.1, momentum=1e-6), gn.Adam(0.01, beta1=0.2, beta2=0.3), gn.Adam(0.01)],
    ids=repr,
)
def test_long_runs_equal_the_papers(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """200 float32 steps stay close to the textbook form: sparing subnormal numbers costs no accuracy."""
    from cases import naive_step
    from glassnet.optimizers import Group

    p, expected, memory = np.ones(20, "float32"), np.ones(20), {}
    state, g = optimizer.new_state(p, [Group(0, 20)]), np.empty(20, "float32")
    for _ in range(200):
        g[...] = 1e-3 * rng.standard_normal(20)
        optimizer.step(p, g, state, 0.01)
        naive_step(optimizer, expected, g.astype(float), memory, 0.01, np.zeros(20))
    np.testing.assert_allclose(p, expected, rtol=1e-4, atol=1e-5)


def test_members_refuse_a_batch_that_weighs_nothing_for_one() -> None:
    """Members step together, so a batch of zero weight for one of them is said, not passed over."""
    X, y = line()
    weight = np.zeros(40)
    weight[:6] = 1.0
    with pytest.raises(
        gn.DataError,
        match=r"the batch at epoch 1, step 3 has weight 0 for a member; with members every batch must weigh something for each of them\. Drop rows of weight 0, or take a larger batch_size\.",
    ):
        regressor(members=2).fit(X, y, epochs=3, batch_size=4, sample_weight=weight)


def test_progress_does_not_depend_on_the_call() -> None:
    """A layer that reads progress sees the same in fit(4); fit(4) as in fit(8), always below 1."""

    class Look(gn.Identity):
        def forward(self, X: np.ndarray, cache: Any, step: Step) -> np.ndarray:
            if step.training:
                seen.append(step.progress)
            return super().forward(X, cache, step)

    X, y = line()
    runs = []
    for schedule in (0.01, gn.CosineDecay(0.01, epochs=8)):
        for parts in ((8,), (4, 4)):
            seen: list[float] = []
            net = gn.Network(
                [gn.Dense(2), Look(), gn.Dense(1)], loss="squared_error", optimizer=gn.Adam(schedule), seed=0
            )
            for epochs in parts:
                net.fit(X, y, epochs=epochs, batch_size=10)
            runs.append(seen)
    assert runs[0] == runs[1] == [0.0] * 32
    assert runs[2] == runs[3] == [i / 32 for i in range(32)]


class Oops(gn.Callback):
    """Raises at one step."""

    def __init__(self, at: int) -> None:
        self.steps, self.at = 0, at

    def on_step_end(self, run: Run) -> None:
        self.steps += 1
        if self.steps == self.at:
            raise RuntimeError


def test_an_exception_leaves_a_network_to_go_on_from() -> None:
    """What a callback raises passes through; the cut epoch is counted and recorded, so the next fit begins another."""
    from glassnet.training.threads.blas import available_threads

    X, y = line()
    net, before = regressor(), available_threads()
    with pytest.raises(RuntimeError):
        net.fit(X, y, epochs=5, batch_size=10, callbacks=Oops(at=6))
    assert (net.history.epochs, net._run.epoch, net._run.optimizer_state.t) == (2, 2, 6)
    assert net.history.stop_reason == "RuntimeError"
    assert available_threads() == before
    net.fit(X, y, epochs=1, batch_size=10)
    assert (net.history.epochs, net._run.epoch, net._run.optimizer_state.t) == (3, 3, 10)


def test_time_is_read_between_epochs() -> None:
    """A slow callback at an epoch's end does not let a stray step of the next one through."""
    X, y = line()
    net = regressor()
    net.fit(X, y, epochs=50, batch_size=10, max_seconds=0.02, callbacks=lambda run: time.sleep(0.05))
    assert net._run.optimizer_state.t % 4 == 0
    assert net.history.stop_reason == "time"


class Masked(gn.Layer):
    """A user's own layer with an array of its own."""

    def __init__(self) -> None:
        self.mask = np.array([1.0, 0.0], dtype="float32")

    def forward(self, X: np.ndarray, cache: Any, step: Step) -> np.ndarray:
        return X * self.mask

    def backward(self, dY: np.ndarray, cache: Any) -> np.ndarray:
        return dY * self.mask


def test_own_arrays_of_a_layer_survive_copies() -> None:
    """Copies leave out views of the network's arrays, and nothing else."""
    net = gn.Network([gn.Dense(2), Masked(), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(3,))
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(twin.predict(np.ones((1, 3))), net.predict(np.ones((1, 3))))


def test_a_curved_loss_is_no_kink() -> None:
    """Near the end of training slopes are small and change fast: hyperbolic tangents have no kink all the same."""
    X, y = gn.datasets.spirals(500, noise=0.1, seed=0)
    layers = [gn.Dense(32, "tanh"), gn.Dense(32, "tanh"), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
    net.fit(X[:400], y[:400], epochs=100, batch_size=32)
    for rows in (slice(0, 20), slice(20, 40), slice(40, 80)):
        report = gn.check_gradients(net, X[rows], y[rows])
        assert report
        assert sum(check.n_kinks for check in report.checks) == 0


@pytest.mark.parametrize("loss", ["squared_error", "huber", "log_cosh"])
@pytest.mark.parametrize("epochs", [150, 200, 250, 300, 400])
def test_small_slopes_are_not_accused(loss: str, epochs: int) -> None:
    """Near a minimum what a difference leaves out is as large as the slope: right gradients stay right there."""

    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.log(np.cosh(Z - y)).mean(axis=-1)

    def gradient(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.tanh(Z - y)

    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 5.0])
    chosen = gn.CustomLoss(value, gradient, name="log_cosh") if loss == "log_cosh" else loss
    for seed in range(6):
        net = gn.Network([gn.Dense(1)], loss=chosen, optimizer=gn.Adam(0.1), seed=seed)
        net.fit(X, y, epochs=epochs)
        report = gn.check_gradients(net, X, y)
        assert report, report


def test_gradients_at_the_optimum_are_right() -> None:
    """Where training has ended the slope is next to nothing, and the error of a finite difference no longer is."""
    X, y = np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 5.0])

    def value(Z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.log(np.cosh(Z - y)).sum(axis=1)

    factor = [1.0]
    loss = gn.CustomLoss(value, lambda Z, y: factor[0] * np.tanh(Z - y), name="log_cosh")
    net = gn.Network([gn.Dense(1)], loss=loss, optimizer=gn.Adam(0.1), seed=0)
    net.fit(X, y, epochs=200)
    assert gn.check_gradients(net, X, y)
    factor[0] = 1.001
    assert not gn.check_gradients(net, X, y)


def test_gradient_check_knows_kinks() -> None:
    """XOR's first row and zero biases put rectifiers exactly on their kink: any slope between the sides is right."""
    X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    report = gn.check_gradients(gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", seed=0), X, y)
    assert report
    assert sum(check.n_kinks for check in report.checks) > 0
    assert "on a kink" in repr(report)


def test_gradient_check_allows_for_large_losses(rng: np.random.Generator) -> None:
    """Targets like house prices make the loss so large that rounding shows; that is no mistake."""
    X = rng.standard_normal((20, 3))
    assert gn.check_gradients(regressor(), X, 2e5 + 1e5 * rng.random(20))


def test_gradient_check_of_rounded_probabilities(rng: np.random.Generator) -> None:
    """Rows such as (0.333, 0.333, 0.333) are brought to sum 1, so gradient and loss agree."""
    net = gn.Network([gn.Dense(3)], loss="cross_entropy", seed=0)
    assert gn.check_gradients(net, rng.standard_normal((4, 2)), np.full((4, 3), 0.333))


def test_gradient_check_without_parameters() -> None:
    """A network without parameters is said to have none."""
    with pytest.raises(gn.ConfigError) as caught:
        gn.check_gradients(gn.Network([gn.Tanh()], loss="squared_error"), [[1.0]], [1.0])
    assert (
        str(caught.value)
        == "check_gradients: the network has no parameters; it must have some. Add a layer such as Dense."
    )


@pytest.mark.parametrize("scale", [1e38, 1e-42, 1e-300])
def test_weights_of_any_size(scale: float) -> None:
    """Only the ratios of weights matter, whatever their size."""
    X, y = line()
    weight = np.random.default_rng(0).random(40)
    nets = [regressor(), regressor()]
    nets[0].fit(X, y, epochs=3, sample_weight=weight)
    nets[1].fit(X, y, epochs=3, sample_weight=weight * scale)
    np.testing.assert_allclose(nets[0].params, nets[1].params, rtol=1e-3, atol=1e-5)


def test_zero_weights_and_a_split() -> None:
    """A split whose validation rows weigh nothing is one sentence; a first batch that weighs nothing is no error."""
    X, y = line(10)
    weight = np.zeros(10)
    weight[0] = 1.0
    with pytest.raises(
        gn.DataError, match=r"all validation rows of validation_split have weight 0; some must weigh more\."
    ):
        regressor().fit(X, y, epochs=1, validation_split=0.5, sample_weight=weight)
    history = regressor().fit(X, y, epochs=2, batch_size=5, shuffle=False, sample_weight=weight[::-1], max_seconds=0)
    assert math.isnan(history["loss"][0])


def test_failed_fit_leaves_a_new_network_new() -> None:
    """After data that was refused, the network still takes data of another shape."""
    X, y = line()
    net = regressor()
    with pytest.raises(gn.DataError):
        net.fit(X[:, :3], ["a"] * 40, epochs=1)
    assert net.fit(X, y, epochs=1).epochs == 1


BAD_INPUTS = [
    ([[1.0, 2.0], [3.0]], "Network.predict: X has rows of different length; it must be a table with as many numbers in every row."),
    ([["a", 1.0, 2.0, 3.0]], "Network.predict: X holds text; it must be numeric. Code text and categories as numbers first."),
    (np.array([["a", 1.0, 2.0, 3.0]], dtype=object), "Network.predict: X holds 'a'; it must be numeric. Code text and categories as numbers first."),
    (np.zeros((1, 4), dtype=complex), "Network.predict: X holds dtype complex128; it must be numeric. Turn it into numbers first."),
]  # fmt: skip


@pytest.mark.parametrize(("X", "message"), BAD_INPUTS, ids=lambda value: str(value)[:20])
def test_bad_inputs(X: Any, message: str) -> None:
    """Ragged, textual and complex inputs are one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        regressor(input_shape=(4,)).predict(X)
    assert str(caught.value) == message


BAD_SHAPES = [(-3,), (4.7,), (0,), (), "abc", None.__class__]


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=repr)
def test_bad_input_shapes(shape: Any) -> None:
    """A shape is whole numbers of at least 1."""
    with pytest.raises(
        gn.GlassnetError, match=r"input_shape is .*; it must (be a whole number of at least 1|have at least one axis)\."
    ):
        regressor(input_shape=shape)


@pytest.mark.parametrize("dtype", [None, "half", 32, float, "object"])
def test_bad_dtypes(dtype: Any) -> None:
    """Only float32 and float64, by name or as NumPy's types; Python's float is not taken for either."""
    with pytest.raises(gn.ConfigError, match=r"dtype .*(it must be one of|The choices are) 'float32', 'float64'\."):
        regressor(dtype=dtype)
    assert regressor(dtype=np.float32).dtype == regressor(dtype=np.dtype("float32")).dtype == np.float32


class Unknown(gn.Dense):
    """Asks for an initializer that there is not."""

    def param_specs(self) -> tuple[gn.ParamSpec, ...]:
        return (gn.ParamSpec("weight", (1, 1), "xavier"),)


class Twice(gn.Dense):
    """Asks for two arrays of one name."""

    def param_specs(self) -> tuple[gn.ParamSpec, ...]:
        return (gn.ParamSpec("weight", (1, 1), "zeros"),) * 2


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (
            Unknown(1),
            "initializer of 'weight' is 'xavier'; it must be one of 'glorot_normal', 'glorot_uniform', 'he_normal', 'he_uniform', 'lecun_normal', 'lecun_uniform', 'normal', 'ones', 'orthogonal', 'quarter', 'signs', 'tutorial', 'uniform', 'zeros'. Did you mean 'glorot_uniform'?",
        ),
        (Twice(1), r"the names of parameters are \['weight', 'weight'\]; they must differ\."),
    ],
)
def test_bad_param_specs(layer: gn.Layer, words: str) -> None:
    """What a user's own layer asks for is checked."""
    with pytest.raises(gn.ConfigError, match=words):
        gn.Network([layer], loss="squared_error", input_shape=(1,))


@pytest.mark.parametrize(("use", "name"), [(lambda n: n.save("x"), "save"), (lambda n: n.summary(), "summary")])
def test_unbuilt_network_says_what_was_called(use: Any, name: str) -> None:
    """The sentence names the method that was called."""
    with pytest.raises(gn.NotFittedError, match=rf"^Network\.{name}: "):
        use(regressor())


def test_small_probabilities_keep_their_digits() -> None:
    """At a logit of -20 the predicted probability is 2.06e-9, not 0."""
    P = gn.BinaryCrossEntropy().link(np.array([[-20.0], [20.0], [-1000.0]], dtype="float32"))
    np.testing.assert_allclose(P.ravel(), [math.exp(-20.0), 1.0, 0.0], rtol=1e-6)


def test_repr_makes_the_same_network() -> None:
    """Evaluating the reprs of its parts gives the same architecture and the same start, members included."""
    for options in ({}, {"members": 2}, {"dtype": "float64"}):
        net = regressor(input_shape=(4,), **options)
        parts = f"{net.layers!r}, loss={net.loss!r}, optimizer={net.optimizer!r}, seed={net.seed!r}, dtype={net.dtype.name!r}"
        twin = eval(f"Network({parts}, members={net.members}, input_shape={net.input_shape})", vars(gn).copy())
        np.testing.assert_array_equal(twin.params, net.params)


def test_history_hands_out_copies() -> None:
    """What to_dict returned does not change with the next epoch."""
    X, y = line()
    net = regressor()
    first = net.fit(X, y, epochs=1).to_dict()
    net.fit(X, y, epochs=1)
    assert len(first["columns"]["loss"]) == 1


def test_stop_without_a_reason_stops() -> None:
    """An empty reason ends the run too."""
    X, y = line()
    assert regressor().fit(X, y, epochs=9, callbacks=lambda run: run.stop("")).epochs == 1


def test_no_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without a console, whose sys.stderr is None, trains."""
    X, y = line()
    monkeypatch.setattr(sys, "stderr", None)
    assert regressor().fit(X, y, epochs=1, progress=True).epochs == 1


FORK = """
import os, numpy as np, glassnet as gn
from glassnet.training.threads.blas import available_threads, blas_threads
with blas_threads(1):
    child = os.fork()
    if child == 0:
        with blas_threads(2):
            os._exit(0 if available_threads() == 2 else 1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_child_has_limits_of_its_own() -> None:
    """A child that was forked during a fit is not held to the parent's limit."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.strip() == "0", done.stderr


@pytest.mark.parametrize(
    ("made", "near"),
    [
        (lambda: gn.Dense(3, "Relu"), "'relu'"),
        (lambda: gn.Dense(3, "swish"), "'silu'"),
        (lambda: gn.Network([gn.Dense(3)], loss="MSE"), "'squared_error'"),
        (lambda: gn.Network([gn.Dense(3)], loss="cross_entropy", optimizer="Adam"), "'adam'"),
        (lambda: gn.Network([gn.Dense(1)], loss="binary_cross_entropy", input_shape=(1,)).evaluate([[1.0]], [1], metrics="acc"), "'accuracy'"),
    ],
)  # fmt: skip
def test_names_of_other_libraries(made: Any, near: str) -> None:
    """A name from elsewhere, or in other case, is answered with ours."""
    with pytest.raises(gn.ConfigError, match=f"Did you mean {near}"):
        made()


def test_unknown_options_of_fit() -> None:
    """An option that `fit` does not have is refused in the name of what was called, with the nearest that it has."""
    net = gn.Network([gn.Dense(1)], loss="squared_error")
    with pytest.raises(TypeError) as caught:
        net.fit([[1.0]], [1.0], epochs=1, verbose=0)
    assert str(caught.value).startswith(
        "fit: unknown option verbose. Did you mean progress? The options are batch_size, callbacks, checkpoint, class_weight, deterministic, distributed, drop_last, early_stopping, max_seconds, metrics, progress, resume, sample_weight, shards, shuffle, steps_per_epoch, threads, validation_data, validation_split."
    )
    assert str(caught.value).endswith(
        "unknown option verbose. Did you mean progress? The options are batch_size, callbacks, checkpoint, class_weight, deterministic, distributed, drop_last, early_stopping, max_seconds, metrics, progress, resume, sample_weight, shards, shuffle, steps_per_epoch, threads, validation_data, validation_split."
    )

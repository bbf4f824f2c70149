"""The network: ownership, copies, members, threads, checked input."""

from __future__ import annotations

import copy
import math
import pickle
import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LAYERS
from glassnet.layers import LAYERS as PUBLIC_LAYERS
from glassnet.layers import Step
from glassnet.layers.tree import leaves


def all_layers_network(**options: Any) -> gn.Network:
    """Return a network that uses most layers."""
    layers = [
        gn.Flatten(), gn.Dense(9, "relu"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(8, "gelu"), gn.LayerNorm(),
        gn.Dense(7), gn.Mish(), gn.Dense(3),
    ]  # fmt: skip
    return gn.Network(layers, **{"loss": "cross_entropy", "seed": 5, "input_shape": (2, 3), **options})


def data(rng: np.random.Generator, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return random samples of shape (2, 3) and three classes."""
    return rng.standard_normal((n, 2, 3)), rng.integers(0, 3, n)


def test_layers_hold_views_of_flat_arrays() -> None:
    """Every parameter and gradient of a layer is a view into the network's arrays; decayed ones come first."""
    net = all_layers_network()
    for layer in net.layers:
        for name, array in vars(layer).items():
            if isinstance(array, np.ndarray):
                assert net._store is not None
                owner = (
                    net.stats
                    if name.startswith("running")
                    else net._store.message
                    if name.startswith("d")
                    else net.params
                )
                assert np.shares_memory(array, owner), name
    decays = [slot.spec.decays for slot in net._slots]
    assert decays == sorted(decays, reverse=True)
    assert [slot.start for slot in net._slots[1:]] == [slot.stop for slot in net._slots[:-1]]


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize("members", [None, 2])
def test_copies_bind_anew(duplicate: Any, members: int | None, rng: np.random.Generator) -> None:
    """A copied network trains its own arrays: its layers look into them, and the original does not move."""
    X, y = data(rng)
    net = all_layers_network(members=members)
    net.fit(X, y, epochs=1)
    twin = duplicate(net)
    for layer, original in zip(twin.layers, net.layers, strict=True):
        for name, array in vars(layer).items():
            if isinstance(array, np.ndarray):
                assert np.shares_memory(
                    array,
                    twin.stats
                    if name.startswith("running")
                    else twin._store.message
                    if name.startswith("d")
                    else twin.params,
                )
                assert not np.shares_memory(array, vars(original)[name])
    before = net.params.copy()
    twin.fit(X, y, epochs=1)
    np.testing.assert_array_equal(net.params, before)
    assert not np.array_equal(twin.params, before)
    net.fit(X, y, epochs=1)
    np.testing.assert_array_equal(net.params, twin.params)


def test_pickle_is_small() -> None:
    """A pickled network is its parameters and little more: no gradients, scratch or second copy."""
    net = gn.Network([gn.Dense(300, "relu"), gn.Dense(10)], loss="cross_entropy", input_shape=(400,))
    net.predict(np.zeros((1000, 400)))
    assert len(pickle.dumps(net)) < 1.02 * net.params.nbytes + 4096


def test_arrays_are_never_replaced(rng: np.random.Generator) -> None:
    """``params``, ``grads`` and ``stats`` are the same objects after training, and writing to params acts."""
    X, y = data(rng)
    net = all_layers_network()
    held = net.params, net.grads, net.stats
    net.fit(X, y, epochs=2, validation_data=(X, y), early_stopping=gn.EarlyStopping(patience=1))
    assert (net.params is held[0], net.grads is held[1], net.stats is held[2]) == (True, True, True)
    net.params[:] = 0.0
    np.testing.assert_allclose(net.predict(X), 1 / 3, rtol=1e-6)


def test_public_results_are_fresh(rng: np.random.Generator) -> None:
    """What forward and predict return is the caller's: later calls do not change it."""
    X, _ = data(rng)
    net = all_layers_network()
    first = net.forward(X)
    kept = first.copy()
    net.forward(X * 2)
    np.testing.assert_array_equal(first, kept)


def test_prediction_in_chunks(rng: np.random.Generator) -> None:
    """10,000 rows come out as they do in pieces of 4,096."""
    net = all_layers_network()
    X = rng.standard_normal((10_000, 2, 3))
    pieces = [net.predict(X[start : start + 4096]) for start in range(0, 10_000, 4096)]
    np.testing.assert_array_equal(net.predict(X), np.concatenate(pieces))


def test_concurrent_prediction(rng: np.random.Generator) -> None:
    """Four threads that predict 50 times each on one network get what one thread gets."""
    net = all_layers_network()
    inputs = [rng.standard_normal((n, 2, 3)) for n in (1, 7, 64, 200)]
    expected = [net.predict(X) for X in inputs]
    wrong: list[int] = []

    def work(i: int) -> None:
        for repeat in range(50):
            j = (i + repeat) % len(inputs)
            if not np.array_equal(net.predict(inputs[j]), expected[j]):
                wrong.append(j)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []


@pytest.mark.parametrize("optimizer", [gn.SGD(0.05, momentum=0.9), gn.AdamW(0.01)], ids=repr)
def test_members_equal_networks(optimizer: gn.Optimizer, rng: np.random.Generator) -> None:
    """K members trained at once are, bit for bit, K networks trained alone: order, noise, early stopping and all."""
    X, y = data(rng, 50)
    weight = rng.random(50)
    options: dict[str, Any] = {
        "epochs": 6, "batch_size": 16, "sample_weight": weight, "validation_data": (X[:20], y[:20]),
        "early_stopping": gn.EarlyStopping(patience=2),
    }  # fmt: skip
    stacked = all_layers_network(members=3, seed=[4, 9, 2], optimizer=optimizer)
    stacked.fit(X, y, **options)
    for k, seed in enumerate([4, 9, 2]):
        alone = all_layers_network(seed=seed, optimizer=copy.deepcopy(optimizer))
        history = alone.fit(X, y, **options)
        np.testing.assert_array_equal(alone.params, stacked.params[k])
        np.testing.assert_array_equal(alone.stats, stacked.stats[k])
        np.testing.assert_array_equal(alone.predict(X), stacked.predict(X)[k])
        assert stacked.history is not None
        assert history.best_epoch == stacked.history.best_epoch[k]
        assert [losses[k] for losses in stacked.history["loss"]][: len(history)] == history["loss"]


def test_members_evaluate_each() -> None:
    """With members, every score is one value per member."""
    net = all_layers_network(members=2)
    X, y = data(np.random.default_rng(0))
    scores = net.evaluate(X, y)
    assert {name: value.shape for name, value in scores.items()} == {"loss": (2,), "accuracy": (2,)}


def test_seed_decides(rng: np.random.Generator) -> None:
    """The same seed gives the same start, another seed another; without one the drawn seed is kept."""
    assert np.array_equal(all_layers_network(seed=1).params, all_layers_network(seed=1).params)
    assert not np.array_equal(all_layers_network(seed=1).params, all_layers_network(seed=2).params)
    drawn = all_layers_network(seed=None)
    assert np.array_equal(drawn.params, all_layers_network(seed=drawn.seed).params)


def test_double_precision_starts_at_the_same_point() -> None:
    """A float64 network starts where the float32 one does, up to rounding, and computes in float64."""
    single, double = all_layers_network(), all_layers_network(dtype="float64")
    assert double.params.dtype == np.float64
    np.testing.assert_array_equal(double.params.astype("float32"), single.params)
    assert double.predict(np.zeros((1, 2, 3))).dtype == np.float64


def test_gradient_check_passes_and_leaves_the_network_alone(rng: np.random.Generator) -> None:
    """check_gradients finds nothing wrong in a network of all layers, in both modes, and changes nothing in it."""
    X, y = data(rng, 8)
    net = all_layers_network()
    before = net.params.copy(), net.grads.copy(), net.stats.copy()
    for mode in ("train", "record"):
        report = gn.check_gradients(net, X, y, rng.random(8), mode=mode, max_entries=20)
        assert report.passed, report
    for array, kept in zip((net.params, net.grads, net.stats), before, strict=True):
        np.testing.assert_array_equal(array, kept)
    assert net._run is None


class Halved(gn.Dense):
    """A Dense whose bias gradient is half of what it should be."""

    def backward(self, dY: np.ndarray, cache: dict[str, Any]) -> np.ndarray | None:
        dX = super().backward(dY, cache)
        np.multiply(self.db, 0.5, out=self.db)
        return dX


def test_gradient_check_names_what_is_wrong(rng: np.random.Generator) -> None:
    """A wrong bias gradient fails the check, by name, with its ratio."""
    net = gn.Network([Halved(4, "tanh"), gn.Dense(1)], loss="squared_error", seed=0)
    report = gn.check_gradients(net, rng.standard_normal((6, 3)), rng.standard_normal(6))
    wrong = [check for check in report.checks if check.error > 1e-6]
    assert [check.name for check in wrong] == ["halved_1.bias"]
    assert wrong[0].ratio == pytest.approx(0.5)
    assert not report
    assert "halved_1.bias" in repr(report)
    assert "WRONG" in repr(report)


def test_record_mode_differentiates_prediction(rng: np.random.Generator) -> None:
    """loss_and_gradients in record mode returns the loss that evaluate returns."""
    X, y = data(rng)
    net = all_layers_network(dtype="float64")
    net.fit(X, y, epochs=2)
    assert net.loss_and_gradients(X, y) == pytest.approx(net.evaluate(X, y)["loss"], rel=1e-12)


def test_sums_travel_together(rng: np.random.Generator) -> None:
    """Gradients, loss sum and weight sum lie in one array, as sums: two halves of a batch add up to the whole."""
    X, y = data(rng, 20)
    net = gn.Network(
        [gn.Dense(5, "tanh"), gn.Dense(3)], loss="cross_entropy", seed=0, dtype="float64", input_shape=(6,)
    )
    X = X.reshape(20, 6)
    parts = []
    for rows in (slice(None), slice(0, 7), slice(7, 20)):
        net._accumulate(X[rows], y[rows], None, Step("train"))
        parts.append(net._store.message.copy())
    np.testing.assert_allclose(parts[1] + parts[2], parts[0], rtol=1e-12, atol=1e-13)
    assert (parts[0][-3], net._store.weight_sum) == (20, 13)
    assert np.shares_memory(net.grads, net._store.message)


def test_hand_worked_step() -> None:
    """One SGD step of a 2-2-1 ReLU network under squared error, worked by hand."""
    net = gn.Network(
        [gn.Dense(2, "relu"), gn.Dense(1)],
        loss="squared_error",
        optimizer=gn.SGD(0.1),
        dtype="float64",
        input_shape=(2,),
    )
    first, second = net.layers
    assert isinstance(first, gn.Dense)
    assert isinstance(second, gn.Dense)
    first.W[...] = [[1.0, -1.0], [2.0, 1.0]]
    first.b[...] = [[0.5, 0.0]]
    second.W[...] = [[2.0], [3.0]]
    second.b[...] = [[-1.0]]
    # x = (1, 2): Z1 = (1*1 + 2*2 + 0.5, -1*1 + 1*2 + 0) = (5.5, 1), A1 = (5.5, 1), Z2 = 2*5.5 + 3*1 - 1 = 13
    # y = 12: loss = (13 - 12)**2 = 1, dZ2 = 2 * (13 - 12) = 2
    # dW2 = A1 * dZ2 = (11, 2), db2 = 2, dA1 = W2 * dZ2 = (4, 6), both units active
    # dW1 = x^T dA1 = ((4, 6), (8, 12)), db1 = (4, 6)
    net.fit([[1.0, 2.0]], [12.0], epochs=1)
    assert net.history["loss"] == [1.0]
    np.testing.assert_allclose(first.W, [[1.0 - 0.4, -1.0 - 0.6], [2.0 - 0.8, 1.0 - 1.2]], rtol=1e-14)
    np.testing.assert_allclose(first.b, [[0.5 - 0.4, -0.6]], rtol=1e-14)
    np.testing.assert_allclose(second.W, [[2.0 - 1.1], [3.0 - 0.2]], rtol=1e-14)
    np.testing.assert_allclose(second.b, [[-1.2]], rtol=1e-14)


def test_tutorial_network_is_a_special_case() -> None:
    """The engine takes the tutorial's step: same weights, sigmoid outputs, half the summed squared error."""
    from glassnet import scratch

    X, Y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0], [1.0], [1.0], [0.0]])
    W1, W2, b1, b2 = scratch.initialize_parameters(2, 4, 1)
    # Squared error is the mean over rows and has no 1/2, so the tutorial's gradient is 4 / 2 = 2 times ours.
    net = gn.Network(
        [gn.Dense(4, "sigmoid"), gn.Dense(1, "sigmoid")], loss="squared_error", dtype="float64", input_shape=(2,)
    )
    for slot, array in zip(net._slots, (W1, W2, b1, b2), strict=True):
        slot.view(net.params)[...] = array
    hidden, output = scratch.forward_propagation(X, W1, W2, b1, b2)
    np.testing.assert_allclose(net.forward(X), output, rtol=1e-14)
    theirs = scratch.backpropagation(X, Y, hidden, output, W2, W1)
    net.loss_and_gradients(X, Y)
    for slot, gradient in zip(net._slots, theirs, strict=True):
        np.testing.assert_allclose(2.0 * slot.view(net.grads), gradient, rtol=1e-12)


def test_linear_network_with_no_hidden_layer_learns_a_line(rng: np.random.Generator) -> None:
    """One Dense under squared error is least squares: it finds slope 3 and intercept -1."""
    X = rng.standard_normal((200, 1))
    net = gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.SGD(0.1), seed=0)
    net.fit(X, 3.0 * X[:, 0] - 1.0, epochs=40)
    np.testing.assert_allclose(net.params, [3.0, -1.0], atol=1e-3)


BAD_NETWORKS = [
    (lambda: gn.Network([], loss="squared_error"), "Network: layers is empty; it must hold at least one layer. Pass layers such as [Dense(64, 'relu'), Dense(1)]."),
    (lambda: gn.Network([gn.Dense], loss="squared_error"), "Network: position 0 of layers is <class 'glassnet.layers.dense.Dense'>; it must be a Layer object. Write Dense(...)."),
    (lambda: gn.Network([64], loss="squared_error"), "Network: position 0 of layers is 64; it must be a Layer object. Pass layers such as Dense(64, 'relu')."),
    (lambda: gn.Network([gn.Dense(1)] * 2, loss="squared_error"), "Network: a layer is there twice; every layer must be in one place. Make a new one for each place."),
    (lambda: gn.Network([gn.Dense(1)], loss="mse"), "Network: unknown loss 'mse'. Did you mean 'squared_error'? The choices are 'absolute_error', 'binary_cross_entropy', 'binary_focal_cross_entropy', 'cross_entropy', 'focal_cross_entropy', 'gaussian_nll', 'huber', 'poisson', 'quantile', 'squared_error'."),
    (lambda: gn.Network([gn.Dense(1)], loss=gn.SquaredError), "Network: loss is the class SquaredError; it must be a name or an object. Write SquaredError()."),
    (lambda: gn.Network([gn.Dense(1)], loss="squared_error", optimizer="adm"), "Network: unknown optimizer 'adm'. Did you mean 'adam'? The choices are 'adagrad', 'adam', 'adamw', 'lion', 'rmsprop', 'sgd'."),
    (lambda: gn.Network([gn.Dense(1)], loss="squared_error", optimizer=gn.Adam), "Network: optimizer is the class Adam; it must be a name or an object. Write Adam()."),
    (lambda: gn.Network([gn.Dense(1)], loss="squared_error", dtype="half"), "Network: unknown dtype 'half'. The choices are 'float32', 'float64'."),
    (lambda: gn.Network([gn.Dense(1)], loss="squared_error", seed=-1), "Network: seed is -1; it must be a whole number of at least 0."),
    (lambda: gn.Network([gn.Dense(1)], loss="squared_error", seed=[1, 2], members=3), "Network: 2 seeds for members=3; a sequence of seeds must have one per member."),
    (lambda: gn.Network([gn.Dense(1, "sigmoid")], loss="binary_cross_entropy"), "Network: the last layer is a Sigmoid; under loss='binary_cross_entropy' it must give logits. Leave it out: the loss includes the sigmoid, and predict applies it."),
    (lambda: gn.Network([gn.Dense(1, "softplus")], loss="poisson"), "Network: the last layer is a Softplus; under loss='poisson' it must give logits. Leave it out: the loss includes the exponential, and predict applies it."),
    (lambda: gn.Network([gn.Dense(3, "sigmoid")], loss="focal_cross_entropy"), "Network: the last layer is a Sigmoid; under loss='focal_cross_entropy' it must give logits. Leave it out: the loss includes the softmax, and predict applies it."),
    (lambda: gn.Network([gn.Dense(2, "softplus")], loss="gaussian_nll"), "Network: the last layer is a Softplus; under loss='gaussian_nll' it must give logits. Leave it out: the loss includes the exponential, for variances, and predict applies it."),
    (lambda: gn.Network([gn.Dense(1), gn.Sigmoid()], loss="binary_cross_entropy"), "Network: the last layer is a Sigmoid; under loss='binary_cross_entropy' it must give logits. Leave it out: the loss includes the sigmoid, and predict applies it."),
    (lambda: gn.Network([gn.LayerNorm()], loss="squared_error", input_shape=(2, 3)), "Network: the last layer gives samples of shape (2, 3); they must be rows. Add Flatten()."),
    (lambda: gn.Network([gn.Dense(64)], loss="squared_error", input_shape=(28, 28)), "Dense(units=64): each sample has shape (28, 28); it must be a row of features. Put Flatten() before this layer."),
    (lambda: gn.Dense(0), "Dense: units is 0; it must be a whole number of at least 1."),
    (lambda: gn.Dense(2.5), "Dense: units is 2.5; it must be a whole number of at least 1."),
    (lambda: gn.Dense(4, "rleu"), "Dense(units=4): unknown activation 'rleu'. Did you mean 'relu'? The choices are 'elu', 'gelu', 'identity', 'leaky_relu', 'mish', 'relu', 'selu', 'sigmoid', 'silu', 'softmax', 'softplus', 'tanh'."),
    (lambda: gn.Dense(4, use_bias=1), "Dense(units=4): use_bias is 1; it must be True or False."),
    (lambda: gn.Dropout(1.0), "Dropout: rate is 1.0; it must be a finite number of at least 0 and below 1."),
    (lambda: gn.BatchNorm(eps=0.0), "BatchNorm: eps is 0.0; it must be a finite number above 0."),
]  # fmt: skip


@pytest.mark.parametrize(("make", "message"), BAD_NETWORKS)
def test_bad_networks(make: Any, message: str) -> None:
    """A network that cannot be gets one sentence when it is made."""
    with pytest.raises(gn.GlassnetError) as caught:
        make()
    assert str(caught.value) == message


BAD_INPUTS = [
    (np.zeros((3, 5)), [0, 1, 2], "fit: X has shape (3, 5); it must be (n, 2, 3): one row per sample. The network was built for such samples."),
    (np.zeros((2, 2, 3)), [0, 1, 2], "fit: X has 2 rows, y 3; they must have the same number."),
    (np.full((2, 2, 3), np.nan), [0, 1], "fit: X holds nan at row 0, column 0, 0 (12 such values); it must be finite. Fill or drop missing values first."),
    (np.array([["a"] * 6]).reshape(1, 2, 3), [0], "fit: X holds text; it must be numeric. Code text and categories as numbers first."),
    (np.full((1, 2, 3), 1e300), [0], "fit: X holds 1e+300 at row 0, column 0, 0 (6 such values); it must be finite. It is too large for float32: scale the data, or use dtype='float64'."),
    (np.zeros(3), [0, 1, 2], "fit: X has shape (3,); it must be (n, 2, 3): one row per sample."),
    (np.zeros((0, 2, 3)), [], "fit: X has shape (0, 2, 3); it must have at least one row and one value."),
]  # fmt: skip


@pytest.mark.parametrize(("X", "y", "message"), BAD_INPUTS)
def test_bad_inputs(X: np.ndarray, y: list[int], message: str) -> None:
    """Data that cannot be used gets one sentence, and the network stays as it was."""
    net = all_layers_network()
    before = net.params.copy()
    with pytest.raises(gn.GlassnetError) as caught:
        net.fit(X, y, epochs=1)
    assert str(caught.value) == message
    np.testing.assert_array_equal(net.params, before)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1.0, -1.0], "fit: sample_weight holds values from -1 to 1; no weight may be negative, nor all of them zero."),
        ([0.0, 0.0], "fit: sample_weight holds values from 0 to 0; no weight may be negative, nor all of them zero."),
        ([[1.0], [1.0]], "fit: sample_weight has shape (2, 1); it must have shape (n,)."),
        ([1.0], "fit: X has 2 rows, y 2, sample_weight 1; they must have the same number."),
    ],
)
def test_bad_weights(weight: Any, message: str) -> None:
    """Weights that mean nothing get one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        all_layers_network().fit(np.zeros((2, 2, 3)), [0, 1], epochs=1, sample_weight=weight)
    assert str(caught.value) == message


def test_not_built_yet() -> None:
    """Using a network that has not seen data says so."""
    net = gn.Network([gn.Dense(1)], loss="squared_error")
    with pytest.raises(gn.NotFittedError) as caught:
        net.predict([[1.0]])
    assert (
        str(caught.value)
        == "Network.predict: the network is not built: its input shape is unknown. Call fit or build first."
    )


def test_every_public_layer_trains(rng: np.random.Generator) -> None:
    """Each layer learns with others around it: the loss falls."""
    X, y = rng.standard_normal((64, 4)), rng.integers(0, 2, 64)
    seen = set()
    for case in LAYERS:
        layer = copy.deepcopy(case.layer)
        seen.add(type(layer))
        looks_up = any(isinstance(leaf, gn.Embedding) for leaf in leaves([""], [layer]).values())
        rows = rng.integers(0, 4, (64, *case.in_shape)) if looks_up else X
        front = [] if looks_up else [gn.Dense(math.prod(case.in_shape)), gn.Reshape(case.in_shape)]
        net = gn.Network(
            [*front, layer, gn.Flatten(), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.02), seed=0
        )
        history = net.fit(rows, y, epochs=15, diagnose=False)
        assert history["loss"][-1] < history["loss"][0], layer
    assert seen == set(PUBLIC_LAYERS.values()) - {gn.CustomActivation}


def test_summary_shows_objects_as_they_are_written() -> None:
    """A schedule inside a layer stands in the summary as one would write it, not as a file holds it."""
    layers = [gn.Dropout(0.1, gn.FlatCosine(1.0, epochs=5)), gn.Dense(1)]
    text = str(gn.Network(layers, loss="squared_error", input_shape=(2,)).summary())
    assert "Dropout(0.1, schedule=FlatCosine(initial=1.0, epochs=5, flat=0.5))" in text

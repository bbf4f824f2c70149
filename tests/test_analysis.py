"""Looking inside a network: right numbers, and nothing disturbed."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from harness import numeric_gradient


def data(rng: np.random.Generator, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of 5 features and codes of 3 classes."""
    return rng.standard_normal((n, 5)), rng.integers(0, 3, n)


def nested(**options: Any) -> gn.Network:
    """Return a network with containers, noise and running statistics."""
    layers = [
        gn.Concatenate([gn.Identity(), [gn.Dense(4, "tanh"), gn.Dropout(0.3)]]),
        gn.BatchNorm(),
        gn.Residual([gn.Dense(9, "silu")]),
        gn.Dense(3),
    ]
    return gn.Network(layers, loss="cross_entropy", **{"seed": 3, "input_shape": (5,), **options})


def test_activations_are_the_layers_outputs(rng: np.random.Generator) -> None:
    """Every layer is there by name, containers included; the numbers follow from each other and end in the logits."""
    X, y = data(rng)
    net = nested(dtype="float64")
    net.fit(X, y, epochs=2)
    found = net.activations(X)
    assert list(found) == [
        "concatenate_1.branch_1",
        "concatenate_1.branch_2.dense_1",
        "concatenate_1.branch_2.dropout_1",
        "concatenate_1.branch_2",
        "concatenate_1",
        "batch_norm_1",
        "residual_1.dense_1",
        "residual_1",
        "dense_1",
    ]
    np.testing.assert_array_equal(found["concatenate_1.branch_1"], X)
    np.testing.assert_array_equal(found["concatenate_1"][:, :5], X)
    np.testing.assert_allclose(found["residual_1"], found["batch_norm_1"] + found["residual_1.dense_1"], rtol=1e-13)
    np.testing.assert_array_equal(found["dense_1"], net.forward(X))


@pytest.mark.parametrize("layer", [0, -4, "concatenate_1", "residual_1.dense_1", 3, -1])
@pytest.mark.parametrize("members", [None, 2])
def test_hidden_is_one_of_the_activations(layer: Any, members: int | None, rng: np.random.Generator) -> None:
    """A layer is found by position or name, in chunks as in one go, as a fresh array."""
    X = rng.standard_normal((5000, 5))
    net = nested(members=members)
    name = layer if isinstance(layer, str) else net.names[layer]
    hidden = net.hidden(X, layer)
    np.testing.assert_array_equal(hidden, net.activations(X)[name])
    assert hidden.shape[-2] == 5000
    hidden[...] = 0.0
    assert net.hidden(X, layer).any()


@pytest.mark.parametrize("output", [None, 1, "each"])
def test_input_gradient_of_logits(output: Any, rng: np.random.Generator) -> None:
    """The gradient of one logit, of one for each row, or of all agrees with differences to 1e-6."""
    X, y = data(rng, 4)
    net = nested(dtype="float64")
    net.fit(X, y, epochs=1)
    chosen = np.array([0, 2, 1, 1]) if output == "each" else output
    found = net.input_gradient(X, output=chosen)
    assert found.shape == ((4, 3, 5) if output is None else (4, 5))
    for j in range(3) if output is None else [chosen]:
        numeric = numeric_gradient(lambda j=j: float(net.forward(X)[np.arange(4), j].sum()), X)
        np.testing.assert_allclose(found[:, j] if output is None else found, numeric, atol=1e-6)


@pytest.mark.parametrize("members", [None, 3])
def test_input_gradient_of_the_loss(members: int | None, rng: np.random.Generator) -> None:
    """With targets it is the gradient of each row's own loss; each member has its own."""
    X, y = data(rng, 4)
    net = nested(dtype="float64", members=members)
    found = net.input_gradient(X, y)
    assert found.shape == (*(() if members is None else (members,)), 4, 5)
    for k in range(members or 1):
        own = found if members is None else found[k]

        def loss(k: int = k) -> float:
            return float(np.sum(4 * np.atleast_1d(net.evaluate(X, y)["loss"])[k]))

        np.testing.assert_allclose(own, numeric_gradient(loss, X), atol=1e-6)


def test_callbacks_that_look_at_everything_disturb_nothing(rng: np.random.Generator) -> None:
    """A run that is looked at after every step leaves the bits, gradients included, of one that is not."""
    X, y = data(rng, 60)

    class Curious(gn.Callback):
        def on_step_end(self, run: Any) -> None:
            net = run.network
            gradients = net.grads.copy()
            net.activations(X[:7])
            net.hidden(X, 1)
            net.input_gradient(X[:9], y[:9])
            net.input_gradient(X[:3])
            net.predict(X)
            net.evaluate(X, y)
            net.state_dict()["dense_1.weight"][...] = 0.0
            gn.check_gradients(net, X[:5], y[:5], max_entries=2)
            np.testing.assert_array_equal(net.grads, gradients)

        def on_epoch_end(self, run: Any) -> None:
            run.history.to_dict()["columns"].clear()
            run.history.rows().clear()

    nets = [nested(), nested()]
    nets[0].fit(X, y, epochs=2, batch_size=16, callbacks=Curious())
    nets[1].fit(X, y, epochs=2, batch_size=16)
    np.testing.assert_array_equal(nets[0].params, nets[1].params)
    np.testing.assert_array_equal(nets[0].stats, nets[1].stats)
    assert nets[0].history["loss"] == nets[1].history["loss"]


def test_looking_from_other_threads(rng: np.random.Generator) -> None:
    """Input gradients from four threads at once are those of one thread."""
    X, y = data(rng, 200)
    net = nested()
    expected = net.input_gradient(X, y)
    found: list[np.ndarray] = []

    def look() -> None:
        found.extend(net.input_gradient(X, y) for _ in range(10))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 40
    for gradient in found:
        np.testing.assert_array_equal(gradient, expected)


def test_state_dict_goes_round(rng: np.random.Generator) -> None:
    """It holds copies of all arrays by name, and brings another network to the same predictions."""
    X, y = data(rng)
    net, other = nested(), nested(seed=8)
    net.fit(X, y, epochs=2)
    state = net.state_dict()
    assert sorted(state) == sorted(slot.name for slot in [*net._slots, *net._store.stat_slots])
    other.load_state_dict(state)
    np.testing.assert_array_equal(net.predict(X), other.predict(X))
    state["dense_1.bias"][...] = 7.0
    assert not (net.params == 7.0).any()


def test_state_dict_that_does_not_fit_changes_nothing() -> None:
    """Every array that does not fit is named, and the network stays as it was."""
    net = gn.Network([gn.Dense(2)], loss="squared_error", input_shape=(3,), seed=0)
    before = net.params.copy()
    with pytest.raises(gn.ShapeError) as caught:
        net.load_state_dict({"dense_1.weight": np.zeros((2, 3)), "dense_2.bias": np.zeros((1, 2))})
    assert str(caught.value) == (
        "Network.load_state_dict: the arrays do not fit the network: 'dense_1.bias' is missing; 'dense_2.bias' is unknown; 'dense_1.weight' has shape (2, 3) instead of (3, 2)."
    )
    with pytest.raises(gn.ShapeError, match=r"'dense_1.bias' holds something else than finite numbers"):
        net.load_state_dict({"dense_1.weight": np.zeros((3, 2)), "dense_1.bias": np.full((1, 2), np.nan)})
    np.testing.assert_array_equal(net.params, before)


def test_history_as_rows() -> None:
    """Each epoch is a dict, with its number."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", seed=0)
    history = net.fit([[1.0], [2.0]], [1.0, 2.0], epochs=2, threads=1)
    assert [row["epoch"] for row in history.rows()] == [1, 2]
    assert [row["loss"] for row in history.rows()] == history["loss"]


MESSAGES = [
    (lambda net: net.hidden(np.ones((1, 5)), 4), "Network.hidden: layer is 4; it must be from -4 to 3. The network has 4 layers."),
    (lambda net: net.input_gradient(np.ones((2, 5)), output=3), "Network.input_gradient: output is 3; it must be a whole number from 0 to 2, or 2 of them."),
    (lambda net: net.input_gradient(np.ones((2, 5)), output=[0]), "Network.input_gradient: output is [0]; it must be a whole number from 0 to 2, or 2 of them."),
    (lambda net: net.input_gradient(np.ones((1, 5)), [0], output=1), "Network.input_gradient: y and output are both given; only one may be. Pass y for the loss, output for a logit."),
]  # fmt: skip


@pytest.mark.parametrize(("look", "message"), MESSAGES)
def test_bad_questions(look: Any, message: str) -> None:
    """A question that has no answer gets one sentence."""
    with pytest.raises(gn.GlassnetError) as caught:
        look(nested())
    assert str(caught.value) == message


def test_unknown_layer_lists_the_names() -> None:
    """A name that no layer has is answered with those there are."""
    with pytest.raises(
        gn.ConfigError,
        match=r"unknown layer 'dense_9'\. Did you mean 'dense_1'\? The choices are 'batch_norm_1', 'concatenate_1', 'concatenate_1\.branch_1', 'concatenate_1\.branch_2', 'concatenate_1\.branch_2\.dense_1', 'concatenate_1\.branch_2\.dropout_1', 'dense_1', 'residual_1', 'residual_1\.dense_1'\.",
    ):
        nested().hidden(np.ones((1, 5)), "dense_9")


@pytest.mark.parametrize("look", ["activations", "input_gradient", "predict"])
def test_a_network_without_data_cannot_be_looked_into(look: str) -> None:
    """Before the shape of the input is known, the error names the method that was called."""
    with pytest.raises(gn.NotFittedError) as caught:
        getattr(gn.Network([gn.Dense(1)], loss="squared_error"), look)(np.ones((1, 5)))
    must = "the network is not built: its input shape is unknown"
    assert str(caught.value) == f"Network.{look}: {must}. Call fit or build first."


def test_copies_write_nothing_to_the_original() -> None:
    """To copy a network, or to cast it, writes no attribute of it: another thread may be reading them."""
    written: list[str] = []

    class Guarded(gn.Network):
        def __setattr__(self, name: str, value: Any) -> None:
            written.append(name)
            super().__setattr__(name, value)

    net = Guarded([gn.Dense(3, "tanh"), gn.Dense(1)], loss="squared_error", seed=0)
    X = np.random.default_rng(0).standard_normal((20, 2))
    net.fit(X, X[:, 0], epochs=2, diagnose=False)
    written.clear()
    plain, double = net._untrained(), net.astype("float64")
    assert [name for name in written if name not in ("dtype", "_workspace")] == []
    assert net._run is not None
    assert plain._run is None
    assert double._run is None
    np.testing.assert_array_equal(plain.params, net.params)
    assert not np.shares_memory(plain.params, net.params)
    assert type(plain) is Guarded

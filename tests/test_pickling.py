"""Networks and fitted estimators through pickle, at every protocol, and through skops, which executes nothing it was not trusted with."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from cases import LAYERS, LOSSES, OPTIMIZERS, LayerCase, LossCase

pytest.importorskip("sklearn", minversion="1.7")

from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TabularClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(40, 3))
LABELS = np.where(X[:, 0] > 0, "high", "low")
NUMBERS = X[:, 0] - X[:, 1]
SMALL: dict[str, Any] = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0}


def network() -> gn.Network:
    """Return a trained network with parameters, running statistics, noise and a schedule."""
    layers = [gn.Dense(4, "relu"), gn.BatchNorm(), gn.Dropout(0.2), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=gn.Adam(gn.CosineDecay(0.01, epochs=4)), seed=0)
    net.fit(X, (X[:, 0] > 0).astype(int), epochs=2, validation_data=(X, (X[:, 0] > 0).astype(int)))
    return net


MODELS: dict[str, Callable[[], Any]] = {
    "network": network,
    "classifier": lambda: MLPClassifier(**SMALL, early_stopping=True, scale_inputs=True).fit(X, LABELS),
    "regressor": lambda: MLPRegressor(**SMALL, solver="sgd", learning_rate="adaptive").fit(X, NUMBERS),
    "lbfgs": lambda: MLPRegressor(**SMALL, solver="lbfgs", scale_target=True).fit(X, NUMBERS),
    "table": lambda: TabularClassifier(recipe="small", epochs=1, random_state=0).fit(X, LABELS),
}
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@cache
def trained(name: str) -> Any:
    """Return one of the models, which no test changes."""
    return MODELS[name]()


def network_of(model: Any) -> gn.Network:
    """Return the network itself, or that of an estimator."""
    return model if isinstance(model, gn.Network) else model.network_


def is_whole(net: gn.Network) -> bool:
    """Return whether weights, gradients and running statistics are views of the network's flat arrays."""
    dense = [layer for layer in net.layers if isinstance(layer, (gn.Dense, gn.NTKDense))]
    assert dense
    pairs = [(layer.W, net.params) for layer in dense] + [(layer.dW, net.grads) for layer in dense]
    pairs += [(layer.running_mean, net.stats) for layer in net.layers if isinstance(layer, gn.BatchNorm)]
    return all(np.shares_memory(*pair) for pair in pairs)


def by_skops(model: Any) -> Any:
    """Write and read a model with skops, trusting the types that it names."""
    io = pytest.importorskip("skops.io")
    written = io.dumps(model)
    return io.loads(written, trusted=io.get_untrusted_types(data=written))


def by_oldest_pickle(model: Any) -> Any:
    """Write and read a model with the first protocol of pickles."""
    return pickle.loads(pickle.dumps(model, 0))


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", MODELS)
def test_every_protocol(name: str, protocol: int) -> None:
    """A model comes back from a pickle of any protocol with its predictions, over one flat array as before."""
    model = trained(name)
    copied = pickle.loads(pickle.dumps(model, protocol))
    np.testing.assert_array_equal(copied.predict(X), model.predict(X))
    assert is_whole(network_of(copied))


@pytest.mark.parametrize("name", MODELS)
def test_skops(name: str) -> None:
    """A model goes through skops with its predictions, and names no types but ours and NumPy's."""
    model = trained(name)
    io = pytest.importorskip("skops.io")
    named = io.get_untrusted_types(data=io.dumps(model))
    assert all(each.startswith(("glassnet.", "numpy.")) for each in named)
    copied = by_skops(model)
    np.testing.assert_array_equal(copied.predict(X), model.predict(X))
    assert is_whole(network_of(copied))


@pytest.mark.parametrize("copying", [by_skops, by_oldest_pickle])
def test_training_goes_on(copying: Callable[[Any], Any]) -> None:
    """What was copied trains on with the bits of the original: moments, order of rows and learning rate came along."""
    options = SMALL | {"early_stopping": True}
    model = MLPClassifier(**options).fit(X, LABELS)
    copied = copying(model)
    model.continue_fit(X, LABELS, max_iter=3)
    copied.continue_fit(X, LABELS, max_iter=3)
    np.testing.assert_array_equal(copied.network_.params, model.network_.params)
    assert copied.loss_curve_ == model.loss_curve_
    net = network()
    other = copying(net)
    for each in (net, other):
        each.fit(X, (X[:, 0] > 0).astype(int), epochs=4)
    np.testing.assert_array_equal(other.params, net.params)


def test_a_shallow_copy_is_fitted_alone() -> None:
    """A fit of an estimator's shallow copy changes neither the predictions nor the records of the original."""
    model = MODELS["classifier"]()
    copied = copy.copy(model)
    before = model.predict_proba(X), list(model.loss_curve_), model.n_iter_
    copied.set_params(hidden_layer_sizes=(2,), max_iter=1).fit(X, LABELS[::-1])
    np.testing.assert_array_equal(model.predict_proba(X), before[0])
    assert (model.loss_curve_, model.n_iter_) == before[1:]
    assert len(copied.loss_curve_) == copied.n_iter_ == 1


@pytest.mark.parametrize("case", LAYERS, ids=lambda case: case.name)
@pytest.mark.parametrize("copying", [by_skops, by_oldest_pickle])
def test_every_layer(copying: Callable[[Any], Any], case: LayerCase, rng: np.random.Generator) -> None:
    """A network of any built-in layer gives the same answers after skops and after the oldest protocol."""
    layers = [copy.deepcopy(case.layer), gn.Flatten()]
    net = gn.Network(layers, loss="squared_error", seed=0, dtype="float64").build(case.in_shape)
    Z = rng.integers(0, 4, size=(6, *case.in_shape)).astype(np.float64)  # codes for an embedding too
    np.testing.assert_array_equal(copying(net).predict(Z), net.predict(Z))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize("copying", [by_skops, by_oldest_pickle])
def test_every_optimizer(copying: Callable[[Any], Any], optimizer: gn.Optimizer) -> None:
    """With any built-in optimizer a copied network trains on with the bits of the original."""
    y = (X[:, 0] > 0).astype(int)
    layers = [gn.Dense(3, "relu"), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", optimizer=copy.deepcopy(optimizer), seed=0)
    net.fit(X, y, epochs=2)
    copied = copying(net)
    for each in (net, copied):
        each.fit(X, y, epochs=1)
    np.testing.assert_array_equal(copied.params, net.params)


@pytest.mark.parametrize("case", LOSSES, ids=lambda case: repr(case.loss))
@pytest.mark.parametrize("copying", [by_skops, by_oldest_pickle])
def test_every_loss(copying: Callable[[Any], Any], case: LossCase) -> None:
    """A built-in loss comes back with its arguments."""
    copied = copying(case.loss)
    assert type(copied) is type(case.loss)
    assert repr(copied) == repr(case.loss)

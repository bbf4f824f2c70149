"""Right programs in the many styles that learners write: none of them may be accused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from learners import sigmoid, softmax

Call = tuple[Any, ...]
Style = Callable[[np.random.Generator], Call]
STYLES: dict[str, Style] = {}


def style(function: Style) -> Style:
    """Put a program on the list."""
    STYLES[function.__name__] = function
    return function


def two_layers(rng: np.random.Generator, d: int = 3, h: int = 4, k: int = 1) -> dict[str, np.ndarray]:
    """Return parameters of a network with one hidden layer."""
    return {
        "W1": rng.standard_normal((d, h)),
        "b1": np.zeros((1, h)),
        "W2": rng.standard_normal((h, k)),
        "b2": np.zeros((1, k)),
    }


def binary_data(rng: np.random.Generator, n: int = 8, d: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and answers of shape (n, 1)."""
    return rng.standard_normal((n, d)), (np.arange(n) % 2).reshape(-1, 1)


def entropy(predictions: np.ndarray, y: np.ndarray) -> float:
    """Return the mean binary cross-entropy."""
    return float(-np.mean(y * np.log(predictions) + (1 - y) * np.log(1 - predictions)))


@style
def columns_as_in_the_course(rng: np.random.Generator) -> Call:
    """Samples are columns, the cache is a dict, y has shape (1, n)."""
    parameters = {
        "W1": rng.standard_normal((4, 3)) * 0.01,
        "b1": np.zeros((4, 1)),
        "W2": rng.standard_normal((1, 4)) * 0.01,
        "b2": np.zeros((1, 1)),
    }

    def forward_propagation(X: Any, parameters: Any) -> Any:
        Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
        A1 = np.tanh(Z1)
        Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
        A2 = sigmoid(Z2)
        return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}

    def compute_cost(A2: Any, Y: Any) -> Any:
        m = Y.shape[1]
        return np.squeeze(-np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m)

    def backward_propagation(parameters: Any, cache: Any, X: Any, Y: Any) -> Any:
        m = X.shape[1]
        dZ2 = cache["A2"] - Y
        dZ1 = np.dot(parameters["W2"].T, dZ2) * (1 - np.power(cache["A1"], 2))
        return {
            "dW1": np.dot(dZ1, X.T) / m,
            "db1": np.sum(dZ1, axis=1, keepdims=True) / m,
            "dW2": np.dot(dZ2, cache["A1"].T) / m,
            "db2": np.sum(dZ2, axis=1, keepdims=True) / m,
        }

    X, y = binary_data(rng)
    return forward_propagation, compute_cost, backward_propagation, parameters, X.T, y.T


@style
def one_layer_caches(rng: np.random.Generator) -> Call:
    """A list of tuples as caches, layer by layer, samples in columns."""
    parameters = {
        "W1": rng.standard_normal((5, 3)),
        "b1": np.zeros((5, 1)),
        "W2": rng.standard_normal((1, 5)),
        "b2": np.zeros((1, 1)),
    }

    def model_forward(X: Any, parameters: Any) -> Any:
        caches, A = [], X
        for layer in (1, 2):
            Z = parameters[f"W{layer}"] @ A + parameters[f"b{layer}"]
            caches.append((A, parameters[f"W{layer}"], Z))
            A = np.maximum(0, Z) if layer == 1 else sigmoid(Z)
        return A, caches

    def model_backward(AL: Any, Y: Any, caches: Any) -> Any:
        grads, dA, m = {}, -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)), Y.shape[1]
        for layer in (2, 1):
            A_prev, W, Z = caches[layer - 1]
            dZ = dA * (sigmoid(Z) * (1 - sigmoid(Z)) if layer == 2 else (Z > 0))
            grads[f"dW{layer}"], grads[f"db{layer}"] = dZ @ A_prev.T / m, dZ.sum(axis=1, keepdims=True) / m
            dA = W.T @ dZ
        return grads

    X, y = binary_data(rng)
    return model_forward, lambda AL, Y: entropy(AL, Y), model_backward, parameters, X.T, y.T


@style
def lists_of_arrays(rng: np.random.Generator) -> Call:
    """Parameters and gradients are lists in the order W1, b1, W2, b2; biases have shape (h,)."""
    parameters = [rng.standard_normal((3, 4)), np.zeros(4), rng.standard_normal((4, 2)), np.zeros(2)]

    def forward(X: Any, params: Any) -> Any:
        W1, b1, W2, b2 = params
        H = np.tanh(X @ W1 + b1)
        return H @ W2 + b2, H

    def mse(y_pred: Any, y_true: Any) -> Any:
        return np.mean((y_pred - y_true) ** 2)

    def backward(params: Any, cache: Any, X: Any, y: Any) -> Any:
        out = cache @ params[2] + params[3]
        d = 2 * (out - y) / y.size
        dH = (d @ params[2].T) * (1 - cache**2)
        return [X.T @ dH, dH.sum(0), cache.T @ d, d.sum(0)]

    return forward, mse, backward, parameters, rng.standard_normal((7, 3)), rng.standard_normal((7, 2))


class ClassNet:
    """A class that keeps parameters, caches and gradients as attributes."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.W1, self.b1 = rng.standard_normal((3, 5)), np.zeros(5)
        self.W2, self.b2 = rng.standard_normal((5, 1)), np.zeros(1)

    def forward(self, X: Any) -> Any:
        """Return predictions and keep what backward needs."""
        self.X, self.z1 = X, X @ self.W1 + self.b1
        self.a1 = np.maximum(0, self.z1)
        self.out = sigmoid(self.a1 @ self.W2 + self.b2)
        return self.out

    def backward(self, y: Any) -> None:
        """Set the gradients."""
        delta = (self.out - y) / len(y)
        self.dW2, self.db2 = self.a1.T @ delta, delta.sum(axis=0)
        delta = (delta @ self.W2.T) * (self.z1 > 0)
        self.dW1, self.db1 = self.X.T @ delta, delta.sum(axis=0)


@style
def a_class(rng: np.random.Generator) -> Call:
    """Methods of an object; backward returns nothing."""
    net = ClassNet(rng)
    return net.forward, entropy, net.backward, net, *binary_data(rng)


class DenseLayer:
    """A layer with its own weights, cache and gradients."""

    def __init__(self, rng: np.random.Generator, d_in: int, d_out: int, last: bool) -> None:
        self.weights, self.bias, self.last = rng.standard_normal((d_in, d_out)), np.zeros((1, d_out)), last
        self.learning_rate, self.best_loss = 0.1, np.inf

    def forward(self, X: Any) -> Any:
        """Return the output and keep the input."""
        self.input = X
        Z = X @ self.weights + self.bias
        self.output = sigmoid(Z) if self.last else np.tanh(Z)
        return self.output

    def backward(self, slopes: Any) -> Any:
        """Set the gradients and return the slopes with respect to the input."""
        dZ = slopes * (self.output * (1 - self.output) if self.last else 1 - self.output**2)
        self.weights_grad, self.bias_grad = self.input.T @ dZ, dZ.sum(axis=0, keepdims=True)
        return dZ @ self.weights.T


class LayeredNet:
    """A list of layer objects."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.layers = [DenseLayer(rng, 3, 4, False), DenseLayer(rng, 4, 1, True)]

    def predict(self, X: Any) -> Any:
        """Return the last layer's output."""
        for layer in self.layers:
            X = layer.forward(X)
        return X

    def backward(self, y: Any) -> None:
        """Pass the slope of the mean squared error through the layers."""
        slopes = 2 * (self.layers[-1].output - y) / y.size
        for layer in reversed(self.layers):
            slopes = layer.backward(slopes)


@style
def objects_in_a_class(rng: np.random.Generator) -> Call:
    """Each layer is an object with its own parameters and gradients."""
    net = LayeredNet(rng)
    return net.predict, lambda p, y: np.mean((p - y) ** 2), net.backward, net, *binary_data(rng)


class ListNet:
    """A class with lists of weights and biases, samples in columns, gradients as two lists."""

    def __init__(self, rng: np.random.Generator) -> None:
        sizes = (3, 4, 2)
        self.weights = [rng.standard_normal((b, a)) for a, b in itertools.pairwise(sizes)]
        self.biases = [rng.standard_normal((b, 1)) for b in sizes[1:]]
        self.sizes = sizes

    def feedforward(self, a: Any) -> Any:
        """Return the output."""
        for b, w in zip(self.biases, self.weights, strict=True):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x: Any, y: Any) -> Any:
        """Return (nabla_w, nabla_b)."""
        activations, zs = [x], []
        for b, w in zip(self.biases, self.weights, strict=True):
            zs.append(w @ activations[-1] + b)
            activations.append(sigmoid(zs[-1]))
        delta = (activations[-1] - y) * sigmoid(zs[-1]) * (1 - sigmoid(zs[-1]))
        nabla_w, nabla_b = [delta @ activations[-2].T], [delta.sum(axis=1, keepdims=True)]
        delta = (self.weights[1].T @ delta) * sigmoid(zs[0]) * (1 - sigmoid(zs[0]))
        return [delta @ x.T, *nabla_w], [delta.sum(axis=1, keepdims=True), *nabla_b]


@style
def lists_in_a_class(rng: np.random.Generator) -> Call:
    """The summed squared error, as in a well-known book."""
    net = ListNet(rng)
    X, y = rng.standard_normal((3, 6)), rng.uniform(0, 1, (2, 6))
    return net.feedforward, lambda a, y: 0.5 * np.sum((a - y) ** 2), net.backprop, net, X, y


@style
def torch_layout(rng: np.random.Generator) -> Call:
    """Weights are (outputs, inputs) with samples in rows; nested dicts."""
    parameters = {
        "fc1": {"weight": rng.standard_normal((5, 3)), "bias": np.zeros(5)},
        "fc2": {"weight": rng.standard_normal((3, 5)), "bias": np.zeros(3)},
    }

    def forward(X: Any, p: Any) -> Any:
        H = np.where((Z := X @ p["fc1"]["weight"].T + p["fc1"]["bias"]) > 0, Z, 0.01 * Z)
        return softmax(H @ p["fc2"]["weight"].T + p["fc2"]["bias"]), (Z, H)

    def loss(probs: Any, labels: Any) -> Any:
        return -np.log(probs[np.arange(len(labels)), labels]).mean()

    def gradients(parameters: Any, cache: Any, X: Any, labels: Any) -> Any:
        Z, H = cache
        d = softmax(H @ parameters["fc2"]["weight"].T + parameters["fc2"]["bias"])
        d[np.arange(len(labels)), labels] -= 1
        d /= len(labels)
        dZ = (d @ parameters["fc2"]["weight"]) * np.where(Z > 0, 1, 0.01)
        return {"fc1": {"weight": dZ.T @ X, "bias": dZ.sum(0)}, "fc2": {"weight": d.T @ H, "bias": d.sum(0)}}

    return forward, loss, gradients, parameters, rng.standard_normal((9, 3)), rng.integers(0, 3, 9)


@style
def probabilities_changed_in_place(rng: np.random.Generator) -> Call:
    """The cached probabilities become the delta; the loss has a penalty and is returned in front of the gradients."""
    parameters = two_layers(rng, k=3)

    def forward(X: Any, params: Any) -> Any:
        hidden = np.maximum(0, X @ params["W1"] + params["b1"])
        probs = softmax(hidden @ params["W2"] + params["b2"])
        return probs, {"hidden": hidden, "probs": probs}

    def loss(probs: Any, y: Any, params: Any) -> Any:
        data = -np.log(probs[range(len(y)), y]).mean()
        return data + 0.5 * 0.1 * (np.sum(params["W1"] ** 2) + np.sum(params["W2"] ** 2))

    def gradients(params: Any, cache: Any, X: Any, y: Any) -> Any:
        dscores = cache["probs"]
        dscores[range(len(y)), y] -= 1
        dscores /= len(y)
        dhidden = dscores @ params["W2"].T
        dhidden[cache["hidden"] <= 0] = 0
        return 0.0, {
            "W1": X.T @ dhidden + 0.1 * params["W1"],
            "b1": dhidden.sum(axis=0, keepdims=True),
            "W2": cache["hidden"].T @ dscores + 0.1 * params["W2"],
            "b2": dscores.sum(axis=0, keepdims=True),
        }

    return forward, loss, gradients, parameters, rng.standard_normal((9, 3)), rng.integers(0, 3, 9)


@style
def logistic_regression(rng: np.random.Generator) -> Call:
    """One weight vector, one number as bias."""
    parameters = {"w": np.zeros(3), "b": 0.0}

    def forward(X: Any, w: Any, b: Any) -> Any:
        return sigmoid(X @ w + b)

    def gradients(X: Any, y: Any, w: Any, b: Any) -> Any:
        error = forward(X, w, b) - y
        return {"dw": X.T @ error / len(y), "db": error.mean()}

    X, y = binary_data(rng)
    return forward, entropy, gradients, parameters, X, y.ravel()


@style
def logistic_regression_in_columns(rng: np.random.Generator) -> Call:
    """A column of weights, transposed in forward, and the whole number 0 as bias."""

    def propagate(w: Any, b: Any, X: Any, Y: Any) -> Any:
        A = sigmoid(w.T @ X + b)
        return {"dw": X @ (A - Y).T / X.shape[1], "db": np.sum(A - Y) / X.shape[1]}

    X, y = binary_data(rng)
    forward = lambda X, parameters: sigmoid(parameters["w"].T @ X + parameters["b"])  # noqa: E731
    return forward, entropy, propagate, {"w": np.zeros((3, 1)), "b": 0}, X.T, y.T


def with_loss(loss: Callable[[Any, Any], Any]) -> Style:
    """Return a sigmoid network with the clean gradient under another form of cross-entropy."""

    def build(rng: np.random.Generator) -> Call:
        def forward(X: Any, parameters: Any) -> Any:
            A1 = sigmoid(X @ parameters["W1"] + parameters["b1"])
            A2 = sigmoid(A1 @ parameters["W2"] + parameters["b2"])
            return A2, {"A1": A1, "A2": A2}

        def gradients(X: Any, y: Any, cache: Any, parameters: Any) -> Any:
            dZ2 = (cache["A2"] - y) / len(X)
            dZ1 = dZ2 @ parameters["W2"].T * cache["A1"] * (1 - cache["A1"])
            dW1, dW2 = X.T @ dZ1, cache["A1"].T @ dZ2
            return {"W1": dW1, "b1": dZ1.sum(0, keepdims=True), "W2": dW2, "b2": dZ2.sum(0, keepdims=True)}

        return forward, loss, gradients, two_layers(rng), *binary_data(rng)

    return build


def with_constant(size: float) -> Callable[[Any, Any], Any]:
    """Return a cross-entropy with a small constant inside the logarithms."""
    return lambda a, y: -np.mean(y * np.log(a + size) + (1 - y) * np.log(1 - a + size))


STYLES["plain"] = with_loss(entropy)
STYLES["constant_1e-12"] = with_loss(with_constant(1e-12))
STYLES["constant_1e-8"] = with_loss(with_constant(1e-8))
STYLES["constant_1e-7"] = with_loss(with_constant(1e-7))
STYLES["clipped"] = with_loss(lambda a, y: entropy(np.clip(a, 1e-7, 1 - 1e-7), y))
STYLES["targets_first"] = with_loss(lambda y_true, y_pred: entropy(y_pred, y_true))


@style
def saturated(rng: np.random.Generator) -> Call:
    """Large weights on unscaled data."""
    *rest, parameters, X, y = STYLES["constant_1e-12"](rng)
    return *rest, {name: 30 * array for name, array in parameters.items()}, 200 * X, y


@style
def zero_weights(rng: np.random.Generator) -> Call:
    """All parameters start at 0."""
    *rest, parameters, X, y = STYLES["plain"](rng)
    return *rest, {name: np.zeros_like(array) for name, array in parameters.items()}, X, y


@style
def one_row(rng: np.random.Generator) -> Call:
    """A single sample."""
    *rest, X, y = STYLES["plain"](rng)
    return *rest, X[:1], y[:1]


@style
def float32_parameters(rng: np.random.Generator) -> Call:
    """Parameters and data in single precision: the check itself computes in double."""
    *rest, parameters, X, y = STYLES["plain"](rng)
    return *rest, {name: array.astype(np.float32) for name, array in parameters.items()}, X.astype(np.float32), y


def rectified_on_integers(at_zero: bool) -> Style:
    """Return a rectifier on exclusive or, where the first row sits exactly on the kink."""

    def build(rng: np.random.Generator) -> Call:
        X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])

        def forward(X: Any, parameters: Any) -> Any:
            Z1 = X @ parameters["W1"] + parameters["b1"]
            A1 = np.maximum(Z1, 0)
            return A1 @ parameters["W2"] + parameters["b2"], (Z1, A1)

        def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
            Z1, A1 = cache
            d = (A1 @ parameters["W2"] + parameters["b2"] - y) / len(y)
            dZ1 = (d @ parameters["W2"].T) * (Z1 >= 0 if at_zero else Z1 > 0)
            return {"dW1": X.T @ dZ1, "db1": dZ1.sum(0), "dW2": A1.T @ d, "db2": d.sum(0)}

        return forward, lambda p, y: 0.5 * np.mean((p - y) ** 2), gradients, two_layers(rng, d=2), X, y

    return build


STYLES["kink_slope_0"] = rectified_on_integers(False)
STYLES["kink_slope_1"] = rectified_on_integers(True)


@style
def loss_of_logits(rng: np.random.Generator) -> Call:
    """Forward returns logits, the loss has the softmax."""

    def forward(X: Any, parameters: Any) -> Any:
        H = np.tanh(X @ parameters["W1"] + parameters["b1"])
        return H @ parameters["W2"] + parameters["b2"], H

    def loss(logits: Any, y: Any) -> Any:
        top = logits - logits.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(top).sum(axis=1)) - (top * y).sum(axis=1))

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        d = (softmax(cache @ parameters["W2"] + parameters["b2"]) - y) / len(y)
        dZ = d @ parameters["W2"].T * (1 - cache**2)
        return {"dW1": X.T @ dZ, "db1": dZ.sum(0), "dW2": cache.T @ d, "db2": d.sum(0)}

    return forward, loss, gradients, two_layers(rng, k=3), rng.standard_normal((8, 3)), np.eye(3)[rng.integers(0, 3, 8)]


@style
def a_shortcut(rng: np.random.Generator) -> Call:
    """No chain of layers: the input is added to the hidden layer, and a product of two branches is the output."""
    parameters = SimpleNamespace(
        W1=rng.standard_normal((3, 3)), W2=rng.standard_normal((3, 1)), W3=rng.standard_normal((3, 1))
    )

    def forward(X: Any, parameters: Any) -> Any:
        H = X + np.tanh(X @ parameters.W1)
        return (H @ parameters.W2) * sigmoid(H @ parameters.W3), H

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        H, left, right = cache, cache @ parameters.W2, sigmoid(cache @ parameters.W3)
        d = 2 * (left * right - y) / len(y)
        dl, dr = d * right, d * left * right * (1 - right)
        dH = dl @ parameters.W2.T + dr @ parameters.W3.T
        return {"dW1": X.T @ (dH * (1 - (H - X) ** 2)), "dW2": H.T @ dl, "dW3": H.T @ dr}

    return (
        forward,
        lambda p, y: np.mean((p - y) ** 2),
        gradients,
        parameters,
        rng.standard_normal((6, 3)),
        rng.standard_normal((6, 1)),
    )


@style
def batch_normalised(rng: np.random.Generator) -> Call:
    """Rows depend on each other."""
    parameters = {"W1": rng.standard_normal((3, 2)), "gamma": np.ones(2), "beta": np.zeros(2)}

    def forward(X: Any, parameters: Any) -> Any:
        Z = X @ parameters["W1"]
        s = np.sqrt(Z.var(axis=0) + 1e-5)
        Zn = (Z - Z.mean(axis=0)) / s
        return parameters["gamma"] * Zn + parameters["beta"], (Zn, s)

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        Zn, s = cache
        d = (parameters["gamma"] * Zn + parameters["beta"] - y) / len(y)
        g = d * parameters["gamma"]
        dZ = (g - g.mean(axis=0) - Zn * (g * Zn).mean(axis=0)) / s
        return {"W1": X.T @ dZ, "gamma": (d * Zn).sum(axis=0), "beta": d.sum(axis=0)}

    return (
        forward,
        lambda p, y: 0.5 * np.sum((p - y) ** 2) / len(y),
        gradients,
        parameters,
        rng.standard_normal((7, 3)),
        rng.standard_normal((7, 2)),
    )


@style
def rows_one_by_one(rng: np.random.Generator) -> Call:
    """Loops over samples and adds up outer products; forward returns all activations in a list."""

    def forward(x: Any, parameters: Any) -> Any:
        a1 = sigmoid(x @ parameters["W1"] + parameters["b1"])
        return [x, a1, a1 @ parameters["W2"] + parameters["b2"]]

    def gradients(parameters: Any, x: Any, y: Any) -> Any:
        total = {f"d{name}": np.zeros_like(array) for name, array in parameters.items()}
        for row, answer in zip(x, y, strict=True):
            _, a1, out = forward(row.reshape(1, -1), parameters)
            d = 2 * (out - answer)
            dz = d @ parameters["W2"].T * a1 * (1 - a1)
            for name, part in (("W2", a1.T @ d), ("b2", d), ("W1", np.outer(row, dz)), ("b1", dz)):
                total[f"d{name}"] += part
        return total

    return (
        forward,
        lambda out, y: np.sum((out - y) ** 2),
        gradients,
        two_layers(rng),
        rng.standard_normal((5, 3)),
        rng.standard_normal((5, 1)),
    )


@style
def rectified_output(rng: np.random.Generator) -> Call:
    """Predictions that are exactly 0 for some rows, and never above 1."""

    def forward(X: Any, parameters: Any) -> Any:
        H = np.tanh(X @ parameters["W1"] + parameters["b1"])
        return np.maximum(0, 0.1 * (H @ parameters["W2"] + parameters["b2"])), H

    def gradients(parameters: Any, cache: Any, X: Any, y: Any) -> Any:
        Z = 0.1 * (cache @ parameters["W2"] + parameters["b2"])
        d = 0.1 * (np.maximum(0, Z) - y) * (Z > 0) / len(y)
        dZ = d @ parameters["W2"].T * (1 - cache**2)
        return {"dW1": X.T @ dZ, "db1": dZ.sum(0), "dW2": cache.T @ d, "db2": d.sum(0)}

    return forward, lambda p, y: 0.5 * np.mean((p - y) ** 2), gradients, two_layers(rng), *binary_data(rng)


@style
def absolute_error(rng: np.random.Generator) -> Call:
    """A loss with kinks that is none of the usual ones, one-dimensional targets and predictions."""

    def forward(X: Any, w: Any, b: Any) -> Any:
        return X @ w + b

    def gradients(X: Any, y: Any, w: Any, b: Any) -> Any:
        sign = np.sign(forward(X, w, b) - y) / len(y)
        return [X.T @ sign, sign.sum()]

    parameters = [rng.standard_normal(3), 0.5]
    return (
        forward,
        lambda p, y: np.abs(p - y).mean(),
        gradients,
        parameters,
        rng.standard_normal((9, 3)),
        rng.standard_normal(9),
    )

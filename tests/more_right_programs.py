"""Right programs as courses, books and tutorials have them, each with one planted mistake on request."""

# Short programs are read side by side: one line for one function.
# ruff: noqa: E731  # learners write their functions as lambdas
# fmt: off

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from learners import sigmoid, softmax
from right_programs import (
    OPTIONS,
    PROGRAMS,
    Call,
    entropy,
    hidden,
    mse,
    one_hot,
    program,
    rows,
    scores,
    softened,
    squared,
    start,
    steps_of,
)

__all__ = ["OPTIONS", "PROGRAMS"]


def columns(rng: np.random.Generator, *sizes: int) -> dict[str, np.ndarray]:
    """Return parameters of a network with samples in columns."""
    found = {}
    for i, (a, b) in enumerate(itertools.pairwise(sizes), 1):
        found[f"W{i}"], found[f"b{i}"] = 0.6 * rng.standard_normal((b, a)), 0.1 * rng.standard_normal((b, 1))
    return found


@program
def layer_by_layer_in_columns(rng: np.random.Generator, slip: float) -> Call:
    """Caches of caches, and a backward of (AL, Y, caches)."""

    def linear_activation_forward(A_prev: Any, W: Any, b: Any, relu: bool) -> Any:
        Z = W @ A_prev + b
        return (np.maximum(0, Z) if relu else sigmoid(Z)), ((A_prev, W, b), Z)

    def model_forward(X: Any, parameters: Any) -> Any:
        caches, A, L = [], X, len(parameters) // 2
        for i in range(1, L + 1):
            A, cache = linear_activation_forward(A, parameters[f"W{i}"], parameters[f"b{i}"], i < L)
            caches.append(cache)
        return A, caches

    def model_backward(AL: Any, Y: Any, caches: Any) -> Any:
        grads, m = {}, AL.shape[1]
        dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
        for i in reversed(range(len(caches))):
            (A_prev, W, _), Z = caches[i]
            dZ = dA * (sigmoid(Z) * (1 - sigmoid(Z)) if i == len(caches) - 1 else Z > 0)
            grads[f"dA{i}"], grads[f"dW{i + 1}"], grads[f"db{i + 1}"] = W.T @ dZ, (slip if i == 0 else 1) * dZ @ A_prev.T / m, dZ.sum(1, keepdims=True) / m
            dA = grads[f"dA{i}"]
        return grads

    cost = lambda AL, Y: -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / Y.shape[1]
    return model_forward, cost, model_backward, columns(rng, 3, 5, 4, 1), rng.standard_normal((3, 8)), (np.arange(8) % 2)[None]


@program
def a_tuple_as_cache_and_lambd(rng: np.random.Generator, slip: float) -> Call:
    """Regularised, with a cache of all arrays that is unpacked."""

    def forward_propagation(X: Any, parameters: Any) -> Any:
        W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
        Z1 = W1 @ X + b1
        A1 = np.maximum(0, Z1)
        Z2 = W2 @ A1 + b2
        A2 = sigmoid(Z2)
        return A2, (Z1, A1, W1, b1, Z2, A2, W2, b2)

    def compute_cost_with_regularization(A2: Any, Y: Any, parameters: Any, lambd: Any) -> Any:
        m = Y.shape[1]
        data = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
        return data + lambd / (2 * m) * sum(np.sum(parameters[k] ** 2) for k in ("W1", "W2"))

    def backward_propagation_with_regularization(X: Any, Y: Any, cache: Any, lambd: Any) -> Any:
        m = X.shape[1]
        _, A1, W1, _, _, A2, W2, _ = cache
        dZ2 = A2 - Y
        dZ1 = W2.T @ dZ2 * np.int64(A1 > 0)
        return {"dZ2": dZ2, "dW2": dZ2 @ A1.T / m + lambd / m * W2, "db2": dZ2.sum(1, keepdims=True) / m, "dZ1": dZ1, "dW1": slip * dZ1 @ X.T / m + lambd / m * W1, "db1": dZ1.sum(1, keepdims=True) / m}

    return forward_propagation, compute_cost_with_regularization, backward_propagation_with_regularization, columns(rng, 3, 5, 1), rng.standard_normal((3, 8)), (np.arange(8) % 2)[None]


@program
def dropout_seeded_in_forward(rng: np.random.Generator, slip: float) -> Call:
    """np.random.seed inside forward, keep_prob with a default."""

    def forward_with_dropout(X: Any, parameters: Any, keep_prob: float = 0.5) -> Any:
        np.random.seed(1)  # noqa: NPY002
        Z1 = parameters["W1"] @ X + parameters["b1"]
        D1 = (np.random.rand(*Z1.shape) < keep_prob).astype(int)  # noqa: NPY002
        A1 = np.maximum(0, Z1) * D1 / keep_prob
        A2 = sigmoid(parameters["W2"] @ A1 + parameters["b2"])
        return A2, (Z1, D1, A1, A2, parameters["W2"])

    def backward_with_dropout(X: Any, Y: Any, cache: Any, keep_prob: Any) -> Any:
        Z1, D1, A1, A2, W2 = cache
        dZ2 = (A2 - Y) / X.shape[1]
        dZ1 = W2.T @ dZ2 * D1 / keep_prob * (Z1 > 0)
        return {"dW1": slip * dZ1 @ X.T, "db1": dZ1.sum(1, keepdims=True), "dW2": dZ2 @ A1.T, "db2": dZ2.sum(1, keepdims=True)}

    cost = lambda a, Y: -np.mean(Y * np.log(a) + (1 - Y) * np.log(1 - a))
    return forward_with_dropout, cost, backward_with_dropout, columns(rng, 3, 6, 1), rng.standard_normal((3, 8)), (np.arange(8) % 2)[None]


class Marked(np.ndarray):
    """An array that can have a gradient as attribute."""


@program
def gradients_on_the_arrays(rng: np.random.Generator, slip: float) -> Call:
    """w.g, as in a course from the foundations."""
    p = {name: array.view(Marked) for name, array in start(rng, 2).items()}

    def backward(X: Any, y: Any) -> None:
        for name, grad in squared(X, y, p, slip).items():
            p[name].g = grad

    return lambda X: scores(hidden(X, p), p), mse, backward, p, rows(rng), rng.standard_normal((7, 2))


@steps_of(1.0)
def eleven_lines(rng: np.random.Generator, slip: float) -> Call:
    """Weights from outside that are increased by what reduces the error."""
    syn0, syn1 = 2 * rng.random((3, 4)) - 1, 2 * rng.random((4, 1)) - 1
    forward = lambda X: sigmoid(sigmoid(X @ syn0) @ syn1)

    def train(X: Any, y: Any) -> None:
        nonlocal syn0, syn1
        l1 = sigmoid(X @ syn0)
        l2 = sigmoid(l1 @ syn1)
        l2_delta = (y - l2) * (l2 * (1 - l2))
        l1_delta = l2_delta.dot(syn1.T) * (l1 * (1 - l1))
        syn1 = syn1 + l1.T.dot(l2_delta)
        syn0 += slip * X.T.dot(l1_delta)

    return forward, lambda out, y: 0.5 * np.sum((y - out) ** 2), train, [syn0, syn1], rng.integers(0, 2, (6, 3)), rng.integers(0, 2, (6, 1))


@program
def bias_first_as_in_the_course(rng: np.random.Generator, slip: float) -> Call:
    """Loops over samples; (dj_db, dj_dw)."""

    def compute_cost(X: Any, y: Any, w: Any, b: Any) -> Any:
        total = 0.0
        for i in range(X.shape[0]):
            total += (np.dot(X[i], w) + b - y[i]) ** 2
        return total / (2 * X.shape[0])

    def compute_gradient(X: Any, y: Any, w: Any, b: Any) -> Any:
        m, n = X.shape
        dj_dw, dj_db = np.zeros((n,)), 0.0
        for i in range(m):
            err = np.dot(X[i], w) + b - y[i]
            for j in range(n):
                dj_dw[j] += slip * err * X[i, j]
            dj_db += err
        return dj_db / m, dj_dw / m

    return lambda X, w, b: X @ w + b, compute_cost, compute_gradient, {"w": rng.standard_normal(3), "b": 0.7}, rows(rng), rng.standard_normal(7)


@program
def lambda_with_a_default_in_one(rng: np.random.Generator, slip: float) -> Call:
    """The factor of the penalty has a default in the cost only."""
    predict = lambda X, w, b: sigmoid(X @ w + b)

    def cost_reg(X: Any, y: Any, w: Any, b: Any, lambda_: Any = 1.0) -> Any:
        f = predict(X, w, b)
        return -np.mean(y * np.log(f) + (1 - y) * np.log(1 - f)) + lambda_ / (2 * len(y)) * np.sum(w**2)

    def gradient_reg(X: Any, y: Any, w: Any, b: Any, lambda_: Any) -> Any:
        err = predict(X, w, b) - y
        return err.mean(), slip * X.T @ err / len(y) + lambda_ / len(y) * w

    return predict, cost_reg, gradient_reg, {"w": rng.standard_normal(3), "b": 0.1}, rows(rng), np.arange(7) % 2


@program
def cost_function_with_its_gradient(rng: np.random.Generator, slip: float) -> Call:
    """One function of theta that returns both, passed twice."""

    def cost_function(theta: Any, X: Any, y: Any) -> Any:
        h = sigmoid(X @ theta)
        return -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h)), slip * X.T @ (h - y) / len(y)

    return lambda X, theta: sigmoid(X @ theta), cost_function, cost_function, rng.standard_normal(3), rows(rng), np.arange(7) % 2


@program
def one_matrix_of_weights(rng: np.random.Generator, slip: float) -> Call:
    """Softmax regression with reg asked for, and a bare array returned."""

    def softmax_loss(W: Any, X: Any, y: Any, reg: Any) -> Any:
        P = softmax(X @ W)
        loss = -np.log(P[np.arange(len(y)), y]).mean() + reg * np.sum(W * W)
        P[np.arange(len(y)), y] -= 1
        return loss, slip * X.T @ P / len(y) + 2 * reg * W

    return lambda X, W: X @ W, softmax_loss, softmax_loss, {"W": rng.standard_normal((3, 4))}, rows(rng), one_hot(rng).argmax(1)


class ByNumber:
    """Dicts of weights and biases keyed by layers, and of their gradients."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        p = start(rng, 2)
        self.W, self.b, self.slip = {1: p["W1"], 2: p["W2"]}, {1: p["b1"], 2: p["b2"]}, slip
        self.dW: dict[int, Any] = {}
        self.db: dict[int, Any] = {}

    def forward(self, X: Any) -> Any:
        """Return the output."""
        self.A = {0: X, 1: np.tanh(X @ self.W[1] + self.b[1])}
        self.A[2] = self.A[1] @ self.W[2] + self.b[2]
        return self.A[2]

    def backward(self, y: Any) -> None:
        """Fill the dicts."""
        d = 2 * (self.A[2] - y) / len(y)
        self.dW[2], self.db[2] = self.A[1].T @ d, d.sum(0)
        d = d @ self.W[2].T * (1 - self.A[1] ** 2)
        self.dW[1], self.db[1] = self.slip * self.A[0].T @ d, d.sum(0)


@program
def dicts_keyed_by_layers(rng: np.random.Generator, slip: float) -> Call:
    """self.W[1], self.dW[1]."""
    net = ByNumber(rng, slip)
    return net.forward, mse, net.backward, net, rows(rng), rng.standard_normal((7, 2))


@program
def values_of_a_dict(rng: np.random.Generator, slip: float) -> Call:
    """Gradients as dict_values."""
    return lambda X, p: scores(hidden(X, p), p), mse, lambda X, y, p: squared(X, y, p, slip).values(), start(rng, 2), rows(rng), rng.standard_normal((7, 2))


class Criterion:
    """A loss that keeps what its backward needs."""

    def __call__(self, predicted: Any, actual: Any) -> Any:
        """Return the loss."""
        self.difference = predicted - actual
        return np.mean(self.difference**2)

    def backward(self) -> Any:
        """Return the slope of the last call."""
        return 2 * self.difference / self.difference.size


class Small:
    """A layer of a small library."""

    def __init__(self, rng: np.random.Generator, n_in: int, n_out: int) -> None:
        self.W, self.b = rng.standard_normal((n_in, n_out)), np.zeros(n_out)

    def __call__(self, x: Any) -> Any:
        """Return the output."""
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad: Any) -> Any:
        """Keep the gradients."""
        self.grad_W, self.grad_b = self.x.T @ grad, grad.sum(0)
        return grad @ self.W.T


@program
def a_criterion_with_a_backward(rng: np.random.Generator, slip: float) -> Call:
    """The gradients take nothing: the criterion knows the last loss."""
    first, second, criterion = Small(rng, 3, 5), Small(rng, 5, 2), Criterion()
    kept: dict[str, Any] = {}

    def model(x: Any) -> Any:
        kept["h"] = np.tanh(first(x))
        return second(kept["h"])

    def backward() -> None:
        first.backward(second.backward(criterion.backward()) * (1 - kept["h"] ** 2))
        first.grad_W = slip * first.grad_W

    return model, criterion, backward, [first, second], rows(rng), rng.standard_normal((7, 2))


@program
def an_autoencoder(rng: np.random.Generator, slip: float) -> Call:
    """The data are the answers, and the loss takes them as X."""
    p = start(rng, 3)
    X = rows(rng)
    return lambda X, p: scores(hidden(X, p), p), lambda reconstruction, X: np.mean((reconstruction - X) ** 2), lambda X, p: {k: v / 3 for k, v in squared(X, X, p, slip).items()}, p, X, X


@program
def three_outputs_of_forward_in_the_loss(rng: np.random.Generator, slip: float) -> Call:
    """A loss with a term in the code, as in a sparse autoencoder."""

    def forward(X: Any, p: Any) -> Any:
        code = hidden(X, p)
        output = scores(code, p)
        return output, code

    def loss(output: Any, y: Any, code: Any) -> Any:
        return np.sum((output - y) ** 2) / len(y) + 0.1 * np.sum(code**2) / len(y)

    def grads(X: Any, y: Any, p: Any, output: Any, code: Any) -> Any:
        d = 2 * (output - y) / len(y)
        dZ = (d @ p["W2"].T + 0.2 * code / len(y)) * (1 - code**2)
        return {"W1": slip * X.T @ dZ, "b1": dZ.sum(0), "W2": code.T @ d, "b2": d.sum(0)}

    return forward, loss, grads, start(rng, 2), rows(rng), rng.standard_normal((7, 2))


@program
def images(rng: np.random.Generator, slip: float) -> Call:
    """Images with channels, flattened inside."""
    p = start(rng, 4, d=12)
    flat = lambda X: X.reshape(len(X), -1)
    return lambda X, p: softmax(scores(hidden(flat(X), p), p)), entropy, lambda X, y, p: softened(flat(X), y, p, slip), p, rng.standard_normal((7, 3, 2, 2)), one_hot(rng)


@program
def words_looked_up(rng: np.random.Generator, slip: float) -> Call:
    """Whole numbers as data, an embedding averaged over a sentence."""
    p = {"embedding": rng.standard_normal((6, 4)), "W": rng.standard_normal((4, 3)), "b": np.zeros(3)}
    forward = lambda X, p: softmax(p["embedding"][X].mean(1) @ p["W"] + p["b"])

    def grads(X: Any, y: Any, p: Any) -> Any:
        d = (forward(X, p) - y) / len(y)
        spread = np.zeros_like(p["embedding"])
        np.add.at(spread, X, ((d @ p["W"].T) / X.shape[1])[:, None, :].repeat(X.shape[1], axis=1))
        return {"embedding": slip * spread, "W": p["embedding"][X].mean(1).T @ d, "b": d.sum(0)}

    return forward, entropy, grads, p, rng.integers(0, 6, (7, 5)), one_hot(rng, 7, 3)


@program
def a_recurrent_layer(rng: np.random.Generator, slip: float) -> Call:
    """Sequences of shape (n, t, d), the last state answers."""
    p = {"Wx": rng.standard_normal((3, 4)), "Wh": 0.4 * rng.standard_normal((4, 4)), "bh": np.zeros(4), "Wy": rng.standard_normal((4, 2))}

    def forward(X: Any, p: Any) -> Any:
        hs = [np.zeros((len(X), 4))]
        for t in range(X.shape[1]):
            hs.append(np.tanh(X[:, t] @ p["Wx"] + hs[-1] @ p["Wh"] + p["bh"]))
        return hs[-1] @ p["Wy"], hs

    def grads(X: Any, y: Any, p: Any, cache: Any) -> Any:
        d = 2 * (cache[-1] @ p["Wy"] - y) / len(y)
        found = {name: np.zeros_like(array) for name, array in p.items()}
        found["Wy"], dh = cache[-1].T @ d, d @ p["Wy"].T
        for t in reversed(range(X.shape[1])):
            dz = dh * (1 - cache[t + 1] ** 2)
            found["Wx"] += X[:, t].T @ dz
            found["Wh"] += slip * cache[t].T @ dz
            found["bh"] += dz.sum(0)
            dh = dz @ p["Wh"].T
        return found

    return forward, mse, grads, p, rng.standard_normal((5, 4, 3)), rng.standard_normal((5, 2))


class Drawing:
    """Dropout from a generator of its own."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        self.W1, self.W2, self.rng, self.slip = rng.standard_normal((3, 6)), rng.standard_normal((6, 2)), np.random.default_rng(5), slip

    def forward(self, X: Any, training: bool = True) -> Any:
        """Return the output."""
        self.X, self.h = X, np.tanh(X @ self.W1)
        self.mask = (self.rng.random(self.h.shape) < 0.8) / 0.8 if training else 1.0
        return (self.h * self.mask) @ self.W2

    def backward(self, out: Any, y: Any) -> Any:
        """Return the gradients."""
        d = 2 * (out - y) / len(y)
        return [self.slip * self.X.T @ (d @ self.W2.T * self.mask * (1 - self.h**2)), (self.h * self.mask).T @ d]


@program
def dropout_from_an_own_generator(rng: np.random.Generator, slip: float) -> Call:
    """self.rng.random in forward."""
    net = Drawing(rng, slip)
    return net.forward, mse, net.backward, net, rows(rng), rng.standard_normal((7, 2))


class Updating:
    """A class whose backward takes a rate and updates."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        self.weights1, self.weights2, self.slip = rng.random((3, 4)), rng.random((4, 1)), slip

    def feedforward(self, X: Any) -> Any:
        """Return the output."""
        self.input = X
        self.layer1 = sigmoid(X @ self.weights1)
        self.output = sigmoid(self.layer1 @ self.weights2)
        return self.output

    def backprop(self, y: Any, lr: float) -> None:
        """Make a step."""
        d = 2 * (y - self.output) * self.output * (1 - self.output)
        d_weights2 = self.layer1.T @ d
        d_weights1 = self.input.T @ (d @ self.weights2.T * self.layer1 * (1 - self.layer1))
        self.weights1 += lr * self.slip * d_weights1
        self.weights2 += lr * d_weights2


@program
def a_step_that_asks_for_its_rate(rng: np.random.Generator, slip: float) -> Call:
    """backprop(y, lr), and nobody says which rate."""
    net = Updating(rng, slip)
    return net.feedforward, lambda output, y: np.sum((y - output) ** 2), net.backprop, net, rows(rng), rng.integers(0, 2, (7, 1))


@program
def lists_of_numbers(rng: np.random.Generator, slip: float) -> Call:
    """Python without arrays, one row after the other."""
    w, b = [[0.3, -0.2], [0.5, 0.1], [-0.4, 0.6]], [0.1, -0.1]

    def forward(X: Any, w: Any, b: Any) -> Any:
        return [[sum(x[i] * w[i][j] for i in range(3)) + b[j] for j in range(2)] for x in X]

    def loss(out: Any, y: Any) -> Any:
        return sum((o[j] - t[j]) ** 2 for o, t in zip(out, y, strict=True) for j in range(2)) / len(y)

    def grads(X: Any, y: Any, w: Any, b: Any) -> Any:
        out, n = forward(X, w, b), len(X)
        d = [[2 * (o[j] - t[j]) / n for j in range(2)] for o, t in zip(out, y, strict=True)]
        return [[sum(slip * X[r][i] * d[r][j] for r in range(n)) for j in range(2)] for i in range(3)], [sum(d[r][j] for r in range(n)) for j in range(2)]

    return forward, loss, grads, {"w": w, "b": b}, rows(rng), rng.standard_normal((7, 2))


@program
def layers_of_tuples_in_a_class(rng: np.random.Generator, slip: float) -> Call:
    """self.layers = [(W, b), (W, b)]."""
    class Net:
        def __init__(self) -> None:
            p = start(rng, 2)
            self.layers = [(p["W1"], p["b1"]), (p["W2"], p["b2"])]

        def plain(self) -> Any:
            return {"W1": self.layers[0][0], "b1": self.layers[0][1], "W2": self.layers[1][0], "b2": self.layers[1][1]}

        def predict(self, X: Any) -> Any:
            return scores(hidden(X, self.plain()), self.plain())

        def gradients(self, X: Any, y: Any) -> Any:
            g = squared(X, y, self.plain(), slip)
            return [(g["W1"], g["b1"]), (g["W2"], g["b2"])]

    net = Net()
    return net.predict, mse, net.gradients, net, rows(rng), rng.standard_normal((7, 2))


@program
def batch_and_layer_normalised(rng: np.random.Generator, slip: float) -> Call:
    """A constant below a root, in forward and backward."""
    p = {"W1": rng.standard_normal((3, 5)), "gamma": np.ones(5), "beta": np.zeros(5), "W2": rng.standard_normal((5, 2))}

    def forward(X: Any, p: Any) -> Any:
        Z = X @ p["W1"]
        s = np.sqrt(Z.var(1, keepdims=True) + 1e-5)
        N = (Z - Z.mean(1, keepdims=True)) / s
        A = np.maximum(0.1 * (p["gamma"] * N + p["beta"]), p["gamma"] * N + p["beta"])
        return A @ p["W2"], (N, s, A)

    def grads(p: Any, cache: Any, X: Any, y: Any) -> Any:
        N, s, A = cache
        d = 2 * (A @ p["W2"] - y) / len(y)
        dA = d @ p["W2"].T * np.where(p["gamma"] * N + p["beta"] > 0, 1, 0.1)
        G = dA * p["gamma"]
        dZ = (G - G.mean(1, keepdims=True) - N * (G * N).mean(1, keepdims=True)) / s
        return {"W1": slip * X.T @ dZ, "gamma": (dA * N).sum(0), "beta": dA.sum(0), "W2": A.T @ d}

    return forward, mse, grads, p, rows(rng), rng.standard_normal((7, 2))


@program
def several_sigmoids(rng: np.random.Generator, slip: float) -> Call:
    """Several labels at once with clipped logarithms, averaged over all entries."""

    def bce(y_true: Any, y_pred: Any) -> Any:
        p = np.clip(y_pred, 1e-7, 1 - 1e-7)
        return -np.mean(y_true * np.log(p) + (1 - y_true) * np.log(1 - p))

    def grads(X: Any, y_true: Any, p: Any) -> Any:
        H = hidden(X, p)
        d = (sigmoid(scores(H, p)) - y_true) / y_true.size
        dZ = d @ p["W2"].T * (1 - H**2)
        return {"W1": slip * X.T @ dZ, "b1": dZ.sum(0), "W2": H.T @ d, "b2": d.sum(0)}

    return lambda X, p: sigmoid(scores(hidden(X, p), p)), bce, grads, start(rng, 3), rows(rng), rng.integers(0, 2, (7, 3))

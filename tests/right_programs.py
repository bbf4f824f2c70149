"""Right programs in layouts that learners use, each with one planted mistake on request."""

# Short programs are read side by side: one line for one function.
# ruff: noqa: E731  # learners write their functions as lambdas
# fmt: off

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from learners import sigmoid, softmax

Call = tuple[Any, ...]
Program = Callable[[np.random.Generator, float], Call]
PROGRAMS: dict[str, Program] = {}
OPTIONS: dict[str, dict[str, Any]] = {}


def program(function: Program) -> Program:
    """Put a program on the list; its second argument is 1.0, or 1.5 where one gradient is to be wrong."""
    PROGRAMS[function.__name__] = function
    return function


def steps_of(rate: float) -> Callable[[Program], Program]:
    """Put a program on the list whose gradients are a whole step with this rate."""

    def add(function: Program) -> Program:
        OPTIONS[function.__name__] = {"learning_rate": rate}
        return program(function)

    return add


def start(rng: np.random.Generator, k: int = 1, d: int = 3, h: int = 5) -> dict[str, np.ndarray]:
    """Return parameters of a network with one hidden layer, rows."""
    return {
        "W1": 0.7 * rng.standard_normal((d, h)),
        "b1": np.zeros(h),
        "W2": 0.7 * rng.standard_normal((h, k)),
        "b2": np.zeros(k),
    }


def hidden(X: Any, p: Any) -> Any:
    """Return a tanh layer."""
    return np.tanh(X @ p["W1"] + p["b1"])


def scores(H: Any, p: Any) -> Any:
    """Return the second layer before any activation."""
    return H @ p["W2"] + p["b2"]


def back(X: Any, H: Any, d: Any, p: Any, slip: float) -> dict[str, np.ndarray]:
    """Return the gradients that follow from the slope at the second layer."""
    dZ = slip * (d @ p["W2"].T) * (1 - H**2)
    return {"W1": X.T @ dZ, "b1": (d @ p["W2"].T * (1 - H**2)).sum(0), "W2": H.T @ d, "b2": d.sum(0)}


def softened(X: Any, T: Any, p: Any, slip: float) -> dict[str, np.ndarray]:
    """Return the gradients of the mean cross-entropy with one-hot targets."""
    H = hidden(X, p)
    return back(X, H, (softmax(scores(H, p)) - T) / len(X), p, slip)


def squared(X: Any, y: Any, p: Any, slip: float) -> dict[str, np.ndarray]:
    """Return the gradients of the squared error, averaged over rows, with y in the shape of the predictions."""
    H = hidden(X, p)
    return back(X, H, 2 * (scores(H, p) - y) / len(X), p, slip)


def rows(rng: np.random.Generator, n: int = 7, d: int = 3) -> np.ndarray:
    """Return data."""
    return rng.standard_normal((n, d))


def one_hot(rng: np.random.Generator, n: int = 7, k: int = 4) -> np.ndarray:
    """Return classes."""
    return np.eye(k)[rng.permutation(n) % k]


def entropy(P: Any, T: Any) -> Any:
    """Return the mean cross-entropy."""
    return -np.mean(np.sum(T * np.log(P), axis=1))


def entropy_of_labels(P: Any, labels: Any) -> Any:
    """Return the mean cross-entropy with whole numbers as classes."""
    return -np.log(P[np.arange(len(labels)), labels]).mean()


def mse(out: Any, y: Any) -> Any:
    """Return the squared error, averaged over rows."""
    return np.sum((out - y) ** 2) / len(y)


# ---- what forward returns


@program
def output_then_hidden(rng: np.random.Generator, slip: float) -> Call:
    """Two arrays, the predictions first, whole numbers as classes."""
    forward = lambda X, p: (softmax(scores(hidden(X, p), p)), hidden(X, p))
    return (
        forward,
        entropy_of_labels,
        lambda X, y, p: softened(X, np.eye(4)[y], p, slip),
        start(rng, 4),
        rows(rng),
        one_hot(rng).argmax(1),
    )


@program
def hidden_then_output(rng: np.random.Generator, slip: float) -> Call:
    """Two arrays, the predictions last, hinge loss, where no array gives an infinite loss."""

    def svm(s: Any, y: Any) -> Any:
        n = len(y)
        margins = np.maximum(0, s - s[np.arange(n), y][:, None] + 1)
        margins[np.arange(n), y] = 0
        return margins.sum() / n

    def grads(X: Any, y: Any, p: Any) -> Any:
        H = hidden(X, p)
        s, n = scores(H, p), len(y)
        d = (s - s[np.arange(n), y][:, None] + 1 > 0) * 1.0
        d[np.arange(n), y] = 0
        d[np.arange(n), y] = -d.sum(1)
        return back(X, H, d / n, p, slip)

    return (
        lambda X, p: (hidden(X, p), scores(hidden(X, p), p)),
        svm,
        grads,
        start(rng, 4),
        rows(rng),
        one_hot(rng).argmax(1),
    )


@program
def hinge_output_first(rng: np.random.Generator, slip: float) -> Call:
    """The same with the predictions first."""
    forward, loss, grads, *rest = hidden_then_output(rng, slip)
    return lambda X, p: forward(X, p)[::-1], loss, grads, *rest


@program
def four_arrays(rng: np.random.Generator, slip: float) -> Call:
    """Z1, A1, Z2, A2 as a tuple, unpacked by gradients under a name of its own."""

    def forward(X: Any, p: Any) -> Any:
        z1 = X @ p["W1"] + p["b1"]
        z2 = scores(np.tanh(z1), p)
        return z1, np.tanh(z1), z2, softmax(z2)

    def grads(p: Any, fwd: Any, X: Any, Y: Any) -> Any:
        _, a1, _, a2 = fwd
        return back(X, a1, (a2 - Y) / len(X), p, slip)

    return forward, entropy, grads, start(rng, 4), rows(rng), one_hot(rng)


@program
def four_arrays_wanted_one_by_one(rng: np.random.Generator, slip: float) -> Call:
    """The same tuple spread over four arguments that are named otherwise."""
    forward, loss, _, *rest = four_arrays(rng, slip)
    return forward, loss, lambda pre, act, pre2, q, X, Y, p: back(X, act, (q - Y) / len(X), p, slip), *rest


@program
def dictionary_of_odd_names(rng: np.random.Generator, slip: float) -> Call:
    """A dict with logits and, under a name that says nothing, the probabilities."""
    forward = lambda X, p: {
        "hid": hidden(X, p),
        "logits": scores(hidden(X, p), p),
        "q": softmax(scores(hidden(X, p), p)),
    }
    return (
        forward,
        entropy,
        lambda p, cache, X, y: back(X, cache["hid"], (cache["q"] - y) / len(X), p, slip),
        start(rng, 4),
        rows(rng),
        one_hot(rng),
    )


@program
def nested_tuple(rng: np.random.Generator, slip: float) -> Call:
    """((hidden, output), data)."""
    forward = lambda X, p: ((hidden(X, p), scores(hidden(X, p), p)), {"X": X})
    return (
        forward,
        mse,
        lambda p, cache, X, y: squared(X, y, p, slip),
        start(rng, 2),
        rows(rng),
        rng.standard_normal((7, 2)),
    )


Passed = namedtuple("Passed", "h out")


@program
def named_tuple(rng: np.random.Generator, slip: float) -> Call:
    """A namedtuple, read by its names."""
    forward = lambda X, p: Passed(hidden(X, p), scores(hidden(X, p), p))
    return (
        forward,
        mse,
        lambda p, run, X, y: back(X, run.h, 2 * (run.out - y) / len(X), p, slip),
        start(rng, 2),
        rows(rng),
        rng.standard_normal((7, 2)),
    )


@program
def a_record(rng: np.random.Generator, slip: float) -> Call:
    """An object with attributes."""
    forward = lambda X, p: SimpleNamespace(h=hidden(X, p), probabilities=softmax(scores(hidden(X, p), p)))
    return (
        forward,
        entropy,
        lambda p, res, X, y: back(X, res.h, (res.probabilities - y) / len(X), p, slip),
        start(rng, 4),
        rows(rng),
        one_hot(rng),
    )


@program
def all_activations_in_a_list(rng: np.random.Generator, slip: float) -> Call:
    """A list of activations, the data first."""
    forward = lambda X, p: [X, hidden(X, p), scores(hidden(X, p), p)]
    return (
        forward,
        mse,
        lambda activations, y, p: back(activations[0], activations[1], 2 * (activations[2] - y) / len(y), p, slip),
        start(rng, 2),
        rows(rng),
        rng.standard_normal((7, 2)),
    )


@program
def cache_in_front(rng: np.random.Generator, slip: float) -> Call:
    """(cache, predictions)."""
    forward = lambda X, p: ({"h": hidden(X, p)}, scores(hidden(X, p), p))
    return (
        forward,
        mse,
        lambda p, cache, X, y: back(X, cache["h"], 2 * (scores(cache["h"], p) - y) / len(X), p, slip),
        start(rng),
        rows(rng),
        rng.standard_normal((7, 1)),
    )


class Silent:
    """A class whose forward returns nothing, with params and grads in dicts."""

    def __init__(self, rng: np.random.Generator, slip: float, k: int = 4) -> None:
        self.params, self.grads, self.slip = start(rng, k), {}, slip
        self.velocity = {name: np.zeros_like(array) for name, array in self.params.items()}
        self.learning_rate = 0.1

    def forward(self, X: Any) -> None:
        """Keep everything."""
        self.X, self.h = X, hidden(X, self.params)
        self.out = softmax(scores(self.h, self.params))

    def backward(self, y: Any) -> None:
        """Fill the dict."""
        for name, grad in back(self.X, self.h, (self.out - y) / len(y), self.params, self.slip).items():
            self.grads["d" + name] = grad


@program
def forward_returns_nothing(rng: np.random.Generator, slip: float) -> Call:
    """Predictions, parameters and gradients are all in the object."""
    net = Silent(rng, slip)
    return net.forward, entropy, net.backward, net, rows(rng), one_hot(rng)


# ---- what holds the parameters


@program
def params_of_a_class(rng: np.random.Generator, slip: float) -> Call:
    """Bound methods with net.params."""
    net = Silent(rng, slip)
    return net.forward, entropy, net.backward, net.params, rows(rng), one_hot(rng)


@program
def params_from_attributes(rng: np.random.Generator, slip: float) -> Call:
    """A dict made of the very arrays that the object has."""
    net = Silent(rng, slip)
    chosen = {f"my_{name}": array for name, array in net.params.items()}
    return (
        net.forward,
        entropy,
        lambda y: (net.backward(y), {f"my_{k[1:]}": v for k, v in net.grads.items()})[1],
        chosen,
        rows(rng),
        one_hot(rng),
    )


class Block:
    """A layer with its arrays in dicts."""

    def __init__(self, rng: np.random.Generator, d_in: int, d_out: int, act: bool) -> None:
        self.params, self.grads, self.act = {"W": rng.standard_normal((d_in, d_out)), "b": np.zeros(d_out)}, {}, act

    def forward(self, X: Any) -> Any:
        """Return the output."""
        self.inputs, Z = X, X @ self.params["W"] + self.params["b"]
        self.result = np.tanh(Z) if self.act else Z
        return self.result

    def backward(self, d: Any) -> Any:
        """Return the slope at the input."""
        d = d * (1 - self.result**2) if self.act else d
        self.grads = {"W": self.inputs.T @ d, "b": d.sum(0)}
        return d @ self.params["W"].T


class Sequence:
    """Blocks in a list, or under names in a dict."""

    def __init__(self, rng: np.random.Generator, slip: float, keyed: bool) -> None:
        made = [Block(rng, 3, 5, True), Block(rng, 5, 2, False)]
        self.blocks: Any = {"first": made[0], "second": made[1]} if keyed else made
        self.made, self.slip = (lambda: made), slip

    def forward(self, X: Any) -> Any:
        """Return the output."""
        for block in self.made():
            X = block.forward(X)
        return X

    def backward(self, out: Any, y: Any) -> Any:
        """Return the slope at the data, which is no gradient."""
        first, second = self.made()
        dX = first.backward(second.backward(2 * (out - y) / len(y)))
        first.grads["W"] = first.grads["W"] * self.slip
        return dX


@program
def list_of_blocks(rng: np.random.Generator, slip: float) -> Call:
    """A list of layers; backward returns the slope at the data."""
    net = Sequence(rng, slip, False)
    return net.forward, mse, net.backward, net, rows(rng), rng.standard_normal((7, 2))


@program
def dict_of_blocks(rng: np.random.Generator, slip: float) -> Call:
    """A dict of layers."""
    net = Sequence(rng, slip, True)
    return net.forward, mse, net.backward, net, rows(rng), rng.standard_normal((7, 2))


@program
def blocks_passed_as_list(rng: np.random.Generator, slip: float) -> Call:
    """The list of layers itself is passed."""
    net = Sequence(rng, slip, False)
    return net.forward, mse, net.backward, net.blocks, rows(rng), rng.standard_normal((7, 2))


class Slotted:
    """A layer with slots, the gradients beside the weights."""

    __slots__ = ("biases", "dbiases", "dinputs", "dweights", "inputs", "output", "weights")

    def __init__(self, rng: np.random.Generator, d_in: int, d_out: int) -> None:
        self.weights, self.biases = 0.5 * rng.standard_normal((d_in, d_out)), np.zeros((1, d_out))

    def forward(self, inputs: Any) -> None:
        """Keep the output."""
        self.inputs, self.output = inputs, inputs @ self.weights + self.biases

    def backward(self, dvalues: Any) -> None:
        """Keep the gradients."""
        self.dweights, self.dbiases = self.inputs.T @ dvalues, dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Model:
    """Layers under names of their own, called from outside."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.dense1, self.dense2 = Slotted(rng, 3, 5), Slotted(rng, 5, 4)


@program
def slots_and_functions(rng: np.random.Generator, slip: float) -> Call:
    """Functions that use an object from outside, as in a book for beginners."""
    model = Model(rng)

    def forward(X: Any) -> Any:
        model.dense1.forward(X)
        model.dense2.forward(np.maximum(0, model.dense1.output))
        return softmax(model.dense2.output)

    def backward(output: Any, y_true: Any) -> None:
        d = output.copy()
        d[range(len(d)), y_true] -= 1
        model.dense2.backward(d / len(d))
        drelu = model.dense2.dinputs.copy()
        drelu[model.dense1.output <= 0] = 0
        model.dense1.backward(drelu)
        model.dense1.dweights *= slip

    return forward, entropy_of_labels, backward, model, rows(rng), one_hot(rng).argmax(1)


@dataclass
class Affine:
    """A layer as a dataclass."""

    kernel: np.ndarray
    bias: np.ndarray
    grads: list[np.ndarray] = field(default_factory=list)


@program
def dataclasses_in_a_list(rng: np.random.Generator, slip: float) -> Call:
    """A list of dataclasses given to functions; gradients are a list of lists."""
    p = start(rng, 2)

    def forward(X: Any, model: Any) -> Any:
        a = np.tanh(X @ model[0].kernel + model[0].bias)
        return a @ model[1].kernel + model[1].bias, a

    def backward(model: Any, a: Any, X: Any, y: Any) -> Any:
        q = {"W1": model[0].kernel, "b1": model[0].bias, "W2": model[1].kernel, "b2": model[1].bias}
        g = back(X, a, 2 * (scores(a, q) - y) / len(X), q, slip)
        return [[g["W1"], g["b1"]], [g["W2"], g["b2"]]]

    return (
        forward,
        mse,
        backward,
        [Affine(p["W1"], p["b1"]), Affine(p["W2"], p["b2"])],
        rows(rng),
        rng.standard_normal((7, 2)),
    )


@program
def keys_of_layer_and_name(rng: np.random.Generator, slip: float) -> Call:
    """A dict keyed by (layer, name)."""
    p = {(int(name[1]), name[0]): array for name, array in start(rng, 2).items()}
    plain = lambda p: {f"{name}{layer}": array for (layer, name), array in p.items()}
    forward = lambda X, p: scores(hidden(X, plain(p)), plain(p))
    grads = lambda X, y, p: {(int(k[1]), k[0]): g for k, g in squared(X, y, plain(p), slip).items()}
    return forward, mse, grads, p, rows(rng), rng.standard_normal((7, 2))


@program
def keys_of_layers(rng: np.random.Generator, slip: float) -> Call:
    """A dict of dicts keyed by whole numbers."""
    p = start(rng, 2)
    nested = {1: {"W": p["W1"], "b": p["b1"]}, 2: {"W": p["W2"], "b": p["b2"]}}
    plain = lambda n: {f"{name}{i}": n[i][name] for i in n for name in n[i]}
    grads = lambda X, y, params: (lambda g: {i: {"dW": g[f"W{i}"], "db": g[f"b{i}"]} for i in (1, 2)})(
        squared(X, y, plain(params), slip)
    )
    return (
        lambda X, params: scores(hidden(X, plain(params)), plain(params)),
        mse,
        grads,
        nested,
        rows(rng),
        rng.standard_normal((7, 2)),
    )


@program
def pairs_of_arrays(rng: np.random.Generator, slip: float) -> Call:
    """A list of (W, b), gradients likewise."""
    p = start(rng, 2)
    plain = lambda net: {"W1": net[0][0], "b1": net[0][1], "W2": net[1][0], "b2": net[1][1]}

    def grads(net: Any, X: Any, y: Any) -> Any:
        g = squared(X, y, plain(net), slip)
        return [(g["W1"], g["b1"]), (g["W2"], g["b2"])]

    return (
        lambda X, net: scores(hidden(X, plain(net)), plain(net)),
        mse,
        grads,
        [(p["W1"], p["b1"]), (p["W2"], p["b2"])],
        rows(rng),
        rng.standard_normal((7, 2)),
    )


@program
def weights_and_biases_apart(rng: np.random.Generator, slip: float) -> Call:
    """Two lists, passed one by one, and two lists of gradients."""
    p = start(rng, 2)
    plain = lambda weights, biases: {"W1": weights[0], "b1": biases[0], "W2": weights[1], "b2": biases[1]}

    def backprop(x: Any, y: Any, weights: Any, biases: Any) -> Any:
        g = squared(x, y, plain(weights, biases), slip)
        return [g["W1"], g["W2"]], [g["b1"], g["b2"]]

    forward = lambda x, weights, biases: scores(hidden(x, plain(weights, biases)), plain(weights, biases))
    return (
        forward,
        mse,
        backprop,
        {"weights": [p["W1"], p["W2"]], "biases": [p["b1"], p["b2"]]},
        rows(rng),
        rng.standard_normal((7, 2)),
    )


@program
def one_long_vector(rng: np.random.Generator, slip: float) -> Call:
    """All parameters in one vector, unrolled inside."""
    shapes = [(3, 5), (5,), (5, 2), (2,)]
    ends = np.cumsum([0, *(int(np.prod(s)) for s in shapes)])

    def unroll(theta: Any) -> Any:
        parts = [theta[a:b].reshape(s) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
        return dict(zip(("W1", "b1", "W2", "b2"), parts, strict=True))

    forward = lambda X, theta: scores(hidden(X, unroll(theta)), unroll(theta))
    grads = lambda theta, X, y: np.concatenate([g.ravel() for g in squared(X, y, unroll(theta), slip).values()])
    return forward, mse, grads, 0.5 * rng.standard_normal(ends[-1]), rows(rng), rng.standard_normal((7, 2))


class Parameter:
    """An array with its gradient."""

    def __init__(self, data: np.ndarray) -> None:
        self.data, self.grad = data, None


class Module:
    """Layers of Parameter objects."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        self._names, self.slip = start(rng, 2), slip
        self.fc1, self.c1, self.fc2, self.c2 = (Parameter(a) for a in self._names.values())

    def parameters(self) -> Any:
        """Return them in order."""
        return [self.fc1, self.c1, self.fc2, self.c2]

    def plain(self) -> Any:
        """Return their arrays."""
        return {name: each.data for name, each in zip(self._names, self.parameters(), strict=True)}

    def __call__(self, X: Any) -> Any:
        """Return the output."""
        self.x = X
        return scores(hidden(X, self.plain()), self.plain())

    def backward(self, y: Any) -> None:
        """Set every grad."""
        for each, grad in zip(self.parameters(), squared(self.x, y, self.plain(), self.slip).values(), strict=True):
            each.grad = grad


@program
def a_module(rng: np.random.Generator, slip: float) -> Call:
    """An object that is called itself, passed whole."""
    net = Module(rng, slip)
    return net, mse, net.backward, net, rows(rng), rng.standard_normal((7, 2))


@program
def parameters_of_a_module(rng: np.random.Generator, slip: float) -> Call:
    """The list that parameters() returns."""
    net = Module(rng, slip)
    return net, mse, net.backward, net.parameters(), rows(rng), rng.standard_normal((7, 2))


@program
def arrays_from_outside(rng: np.random.Generator, slip: float) -> Call:
    """Functions that take X alone and use arrays around them."""
    W1, b1, W2, b2 = start(rng, 2).values()
    around = lambda: {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return (
        lambda X: scores(hidden(X, around()), around()),
        mse,
        lambda X, y: squared(X, y, around(), slip),
        {"W1": W1, "b1": b1, "W2": W2, "b2": b2},
        rows(rng),
        rng.standard_normal((7, 2)),
    )


@program
def arguments_one_by_one(rng: np.random.Generator, slip: float) -> Call:
    """A tuple of arrays that are taken one by one under other names."""
    names = ("W1", "b1", "W2", "b2")
    forward = lambda X, w_in, c_in, w_out, c_out: scores(np.tanh(X @ w_in + c_in), {"W2": w_out, "b2": c_out})
    grads = lambda X, y, w_in, c_in, w_out, c_out: tuple(
        squared(X, y, dict(zip(names, (w_in, c_in, w_out, c_out), strict=True)), slip).values()
    )
    return forward, mse, grads, tuple(start(rng, 2).values()), rows(rng), rng.standard_normal((7, 2))


class Odd:
    """Attributes whose names do not look like weights."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        self.in_hidden, self.hidden_out = rng.standard_normal((3, 5)), rng.standard_normal((5, 2))
        self.shift, self.slip = np.ones(3), slip

    def run(self, X: Any) -> Any:
        """Return the output."""
        self.last = np.tanh(X @ self.in_hidden)
        return self.last @ self.hidden_out

    def slopes(self, X: Any, y: Any) -> Any:
        """Return gradients under the names of the attributes."""
        d = 2 * (self.last @ self.hidden_out - y) / len(y)
        return {
            "in_hidden": self.slip * X.T @ (d @ self.hidden_out.T * (1 - self.last**2)),
            "hidden_out": self.last.T @ d,
        }


@program
def odd_names(rng: np.random.Generator, slip: float) -> Call:
    """No attribute is called W."""
    net = Odd(rng, slip)
    return net.run, mse, net.slopes, net, rows(rng), rng.standard_normal((7, 2))


@program
def functions_of_a_class(rng: np.random.Generator, slip: float) -> Call:
    """Methods that are passed unbound, with self as an argument."""
    net = Silent(rng, slip)
    return Silent.forward, entropy, Silent.backward, net, rows(rng), one_hot(rng)


# ---- one sample at a time


@program
def one_column(rng: np.random.Generator, slip: float) -> Call:
    """x of shape (d, 1), nothing summed."""
    p = {
        "W1": rng.standard_normal((5, 3)),
        "b1": rng.standard_normal((5, 1)),
        "W2": rng.standard_normal((2, 5)),
        "b2": np.zeros((2, 1)),
    }
    forward = lambda x, p: sigmoid(p["W2"] @ np.tanh(p["W1"] @ x + p["b1"]) + p["b2"])

    def grads(p: Any, x: Any, y: Any) -> Any:
        h = np.tanh(p["W1"] @ x + p["b1"])
        out = sigmoid(p["W2"] @ h + p["b2"])
        d2 = (out - y) * out * (1 - out)
        d1 = p["W2"].T @ d2 * (1 - h**2)
        return {"W1": slip * d1 @ x.T, "b1": d1, "W2": d2 @ h.T, "b2": d2}

    return (
        forward,
        lambda a, y: 0.5 * np.sum((a - y) ** 2),
        grads,
        p,
        rng.standard_normal((3, 1)),
        np.array([[1.0], [0.0]]),
    )


@program
def as_many_inputs_as_outputs(rng: np.random.Generator, slip: float) -> Call:
    """A column of 3 numbers and a column of 3 answers, which might be 3 rows."""
    p = {"W": rng.standard_normal((3, 3)), "b": np.zeros((3, 1))}
    return (
        lambda x, p: p["W"] @ x + p["b"],
        lambda a, y: np.mean((a - y) ** 2),
        lambda p, x, y: {"W": slip * 2 / 3 * (p["W"] @ x + p["b"] - y) @ x.T, "b": 2 / 3 * (p["W"] @ x + p["b"] - y)},
        p,
        rng.standard_normal((3, 1)),
        rng.standard_normal((3, 1)),
    )


class ByTheBook:
    """Sizes, biases and weights, columns; backprop returns the biases' gradients first."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        self.num_layers, self.sizes, self.slip = 3, [4, 6, 2], slip
        self.biases = [rng.standard_normal((y, 1)) for y in self.sizes[1:]]
        self.weights = [rng.standard_normal((y, x)) for x, y in zip(self.sizes[:-1], self.sizes[1:], strict=True)]

    def feedforward(self, a: Any) -> Any:
        """Return the output."""
        for b, w in zip(self.biases, self.weights, strict=True):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def backprop(self, x: Any, y: Any) -> Any:
        """Return (nabla_b, nabla_w)."""
        hid = sigmoid(self.weights[0] @ x + self.biases[0])
        out = sigmoid(self.weights[1] @ hid + self.biases[1])
        d2 = (out - y) * out * (1 - out)
        d1 = self.weights[1].T @ d2 * hid * (1 - hid)
        return [d1, d2], [d1 @ x.T * self.slip, d2 @ hid.T]


@program
def the_book_one_column(rng: np.random.Generator, slip: float) -> Call:
    """One column of data."""
    net = ByTheBook(rng, slip)
    return (
        net.feedforward,
        lambda a, y: 0.5 * np.linalg.norm(a - y) ** 2,
        net.backprop,
        net,
        rng.standard_normal((4, 1)),
        np.array([[0.0], [1.0]]),
    )


@program
def flat_vectors(rng: np.random.Generator, slip: float) -> Call:
    """x and y are vectors of one sample; outer products."""
    p = {"W1": rng.standard_normal((5, 3)), "b1": np.zeros(5), "W2": rng.standard_normal((2, 5)), "b2": np.zeros(2)}

    def grads(p: Any, x: Any, y: Any) -> Any:
        h = np.tanh(p["W1"] @ x + p["b1"])
        d2 = p["W2"] @ h + p["b2"] - y
        d1 = p["W2"].T @ d2 * (1 - h**2)
        return {"W1": slip * np.outer(d1, x), "b1": d1, "W2": np.outer(d2, h), "b2": d2}

    return (
        lambda x, p: p["W2"] @ np.tanh(p["W1"] @ x + p["b1"]) + p["b2"],
        lambda a, y: 0.5 * np.sum((a - y) ** 2),
        grads,
        p,
        rng.standard_normal(3),
        rng.standard_normal(2),
    )


@program
def one_flat_row_and_a_number(rng: np.random.Generator, slip: float) -> Call:
    """A perceptron for one vector, the answer a plain number."""
    forward = lambda x, w, b: sigmoid(np.dot(w, x) + b)
    grads = lambda x, y, w, b: (slip * (forward(x, w, b) - y) * x, forward(x, w, b) - y)
    return (
        forward,
        lambda p, y: -(y * np.log(p) + (1 - y) * np.log(1 - p)),
        grads,
        {"w": rng.standard_normal(3), "b": 0.1},
        rng.standard_normal(3),
        1.0,
    )


@program
def one_row(rng: np.random.Generator, slip: float) -> Call:
    """A row of shape (1, d), the bias's gradient not summed."""

    def grads(X: Any, y: Any, p: Any) -> Any:
        h = np.tanh(X @ p["W1"] + p["b1"])
        d = 2 * (h @ p["W2"] + p["b2"] - y)
        dh = d @ p["W2"].T * (1 - h**2)
        return {"W1": slip * X.T @ dh, "b1": dh, "W2": h.T @ d, "b2": d}

    p = {name: np.atleast_2d(array) for name, array in start(rng).items()}
    return (
        lambda X, p: np.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"],
        lambda o, y: np.sum((o - y) ** 2),
        grads,
        p,
        rows(rng, 1),
        rng.standard_normal((1, 1)),
    )


class Stage:
    """A layer for one column that updates itself on the way back."""

    def __init__(self, rng: np.random.Generator, d_in: int, d_out: int) -> None:
        self.weights, self.bias = rng.standard_normal((d_out, d_in)), rng.standard_normal((d_out, 1))

    def forward(self, x: Any) -> Any:
        """Return the output."""
        self.input = x
        self.output = np.tanh(np.dot(self.weights, x) + self.bias)
        return self.output

    def backward(self, d: Any, rate: float, slip: float = 1.0) -> Any:
        """Make a step and return the slope at the input."""
        d = d * (1 - self.output**2)
        before = np.dot(self.weights.T, d)
        self.weights -= rate * slip * np.dot(d, self.input.T)
        self.bias -= rate * d
        return before


@steps_of(0.1)
def stages_that_update_themselves(rng: np.random.Generator, slip: float) -> Call:
    """A list of layers and two functions around it; the step is in place."""
    network = [Stage(rng, 3, 4), Stage(rng, 4, 1)]

    def predict(network: Any, x: Any) -> Any:
        for stage in network:
            x = stage.forward(x)
        return x

    def step(network: Any, x: Any, y: Any) -> None:
        d = 2 * (predict(network, x) - y) / np.size(y)
        for stage in reversed(network):
            d = stage.backward(d, 0.1, slip)

    return (
        predict,
        lambda out, y: np.mean((out - y) ** 2),
        step,
        network,
        rng.standard_normal((3, 1)),
        np.array([[0.3]]),
    )


# ---- the shape of y


@program
def flat_answers(rng: np.random.Generator, slip: float) -> Call:
    """y of shape (n,), flattened predictions in the loss, a new axis in the gradients."""
    return (
        lambda X, p: scores(hidden(X, p), p),
        lambda o, y: np.mean((o.ravel() - y) ** 2),
        lambda X, y, p: squared(X, y[:, None], p, slip),
        start(rng),
        rows(rng),
        rng.standard_normal(7),
    )


@program
def flat_predictions(rng: np.random.Generator, slip: float) -> Call:
    """Predictions of shape (n,), y of shape (n, 1)."""
    return (
        lambda X, p: scores(hidden(X, p), p)[:, 0],
        lambda o, y: np.mean((o - y[:, 0]) ** 2),
        lambda X, y, p: squared(X, y, p, slip),
        start(rng),
        rows(rng),
        rng.standard_normal((7, 1)),
    )


@program
def minus_and_plus_one(rng: np.random.Generator, slip: float) -> Call:
    """The logistic loss of a margin."""

    def grads(X: Any, y: Any, p: Any) -> Any:
        H = hidden(X, p)
        margin = y * scores(H, p)
        return back(X, H, -y * sigmoid(-margin) / len(y), p, slip)

    return (
        lambda X, p: scores(hidden(X, p), p),
        lambda f, y: np.mean(np.log1p(np.exp(-y * f))),
        grads,
        start(rng),
        rows(rng),
        np.where(np.arange(7) % 2, 1, -1)[:, None],
    )


@program
def linear_svm(rng: np.random.Generator, slip: float) -> Call:
    """The hinge loss with a penalty, flat."""

    def grads(w: Any, b: Any, X: Any, y: Any) -> Any:
        off = y * (X @ w + b) < 1
        return {"w": 0.1 * w - slip * (X * (y * off)[:, None]).sum(0) / len(y), "b": -(y * off).sum() / len(y)}

    loss = lambda f, y, w: 0.05 * np.dot(w, w) + np.maximum(0, 1 - y * f).mean()
    return (
        lambda X, w, b: X @ w + b,
        loss,
        grads,
        {"w": rng.standard_normal(3), "b": 0.0},
        rows(rng),
        np.where(np.arange(7) % 2, 1.0, -1.0),
    )


@program
def classes_in_a_column(rng: np.random.Generator, slip: float) -> Call:
    """Whole numbers of shape (n, 1)."""
    loss = lambda P, y: -np.mean(np.log(np.take_along_axis(P, y, axis=1)))
    return (
        lambda X, p: softmax(scores(hidden(X, p), p)),
        loss,
        lambda X, y, p: softened(X, np.eye(4)[y[:, 0]], p, slip),
        start(rng, 4),
        rows(rng),
        one_hot(rng).argmax(1)[:, None],
    )


@program
def data_in_columns_answers_flat(rng: np.random.Generator, slip: float) -> Call:
    """X of shape (d, n), y of shape (n,), one output of shape (1, n)."""

    def grads(params: Any, X: Any, y: Any) -> Any:
        h = np.tanh(params["W1"] @ X + params["b1"])
        d = (sigmoid(params["W2"] @ h + params["b2"]) - y.reshape(1, -1)) / y.size
        dh = params["W2"].T @ d * (1 - h**2)
        return {"W1": slip * dh @ X.T, "b1": dh.sum(1, keepdims=True), "W2": d @ h.T, "b2": d.sum(1, keepdims=True)}

    p = {
        "W1": rng.standard_normal((4, 3)),
        "b1": np.zeros((4, 1)),
        "W2": rng.standard_normal((1, 4)),
        "b2": np.zeros((1, 1)),
    }
    loss = lambda a, y: -np.mean(y * np.log(a.ravel()) + (1 - y) * np.log(1 - a.ravel()))
    return (
        lambda X, params: sigmoid(params["W2"] @ np.tanh(params["W1"] @ X + params["b1"]) + params["b2"]),
        loss,
        grads,
        p,
        rng.standard_normal((3, 9)),
        np.arange(9) % 2,
    )


# ---- rows outside, columns inside


def turned(rng: np.random.Generator, slip: float, forget: bool = False) -> Call:
    """Return a program that turns rows into columns inside."""
    p = {
        "W1": rng.standard_normal((5, 3)),
        "b1": np.zeros((5, 1)),
        "W2": rng.standard_normal((3, 5)),
        "b2": np.zeros((3, 1)),
    }

    def forward(X: Any, p: Any) -> Any:
        A1 = np.maximum(p["W1"] @ X.T + p["b1"], 0)
        E = np.exp(p["W2"] @ A1 + p["b2"])
        return E / E.sum(axis=0), {"A1": A1}

    def grads(p: Any, cache: Any, X: Any, y: Any) -> Any:
        d2 = (forward(X, p)[0] - y.T) / len(X)
        d1 = p["W2"].T @ d2 * (1 if forget else cache["A1"] > 0)
        return {
            "W1": slip * d1 @ X,
            "b1": d1.sum(1, keepdims=True),
            "W2": d2 @ cache["A1"].T,
            "b2": d2.sum(1, keepdims=True),
        }

    return forward, lambda A2, y: -np.sum(y.T * np.log(A2)) / len(y), grads, p, rows(rng, 8), one_hot(rng, 8, 3)


@program
def rows_outside_columns_inside(rng: np.random.Generator, slip: float) -> Call:
    """Data and answers in rows, predictions in columns."""
    return turned(rng, slip)


@program
def columns_outside_answers_in_rows(rng: np.random.Generator, slip: float) -> Call:
    """X of shape (d, n), answers of shape (n, k), predictions in rows."""
    forward = lambda X, p: scores(hidden(X.T, p), p)
    return (
        forward,
        mse,
        lambda X, y, p: squared(X.T, y, p, slip),
        start(rng, 2),
        rows(rng).T,
        rng.standard_normal((7, 2)),
    )


# ---- small constants


def with_epsilon(loss: Callable[[Any, Any], Any]) -> Program:
    """Return a program with a small constant in its loss, and the usual short gradient."""

    def build(rng: np.random.Generator, slip: float) -> Call:
        return (
            lambda X, p: softmax(scores(hidden(X, p), p)),
            loss,
            lambda X, y, p: softened(X, y, p, slip),
            start(rng, 4),
            rows(rng),
            one_hot(rng),
        )

    return build


for size in (1e-4, 1e-5, 1e-6, 1e-8, 1e-10, 1e-12, 1e-15):
    PROGRAMS[f"log_of_p_plus_{size:g}"] = with_epsilon(lambda P, T, e=size: -np.mean(np.sum(T * np.log(P + e), axis=1)))
    PROGRAMS[f"clipped_at_{size:g}"] = with_epsilon(
        lambda P, T, e=size: -np.sum(T * np.log(np.clip(P, e, 1 - e))) / len(T)
    )
PROGRAMS["summed_with_1e-5"] = with_epsilon(lambda P, T: -np.log(P[T == 1] + 1e-5).sum() / len(T))
PROGRAMS["outside_the_logarithm"] = with_epsilon(lambda P, T: -np.mean(np.sum(T * (np.log(P) + 1e-5), axis=1)))


def binary(loss: Callable[[Any, Any], Any], constant: float = 0.0) -> Program:
    """Return a sigmoid network; a constant stands in the denominators of its slopes."""

    def build(rng: np.random.Generator, slip: float) -> Call:
        def grads(X: Any, y: Any, p: Any) -> Any:
            H = hidden(X, p)
            A = sigmoid(scores(H, p))
            dA = -(y / (A + constant) - (1 - y) / (1 - A + constant)) / len(y)
            return back(X, H, dA * A * (1 - A), p, slip)

        return (
            lambda X, p: sigmoid(scores(hidden(X, p), p)),
            loss,
            grads,
            start(rng),
            rows(rng),
            (np.arange(7) % 2)[:, None],
        )

    return build


def binary_entropy(A: Any, y: Any, e: float = 0.0) -> Any:
    """Return the mean binary cross-entropy."""
    return -np.mean(y * np.log(A + e) + (1 - y) * np.log(1 - A + e))


PROGRAMS["constant_in_the_denominators"] = binary(binary_entropy, 1e-5)
PROGRAMS["tiny_constant_in_the_denominators"] = binary(binary_entropy, 1e-8)
PROGRAMS["constants_in_both"] = binary(functools.partial(binary_entropy, e=1e-6), 1e-6)
PROGRAMS["constant_in_one_logarithm"] = binary(lambda A, y: -np.mean(y * np.log(A + 1e-5) + (1 - y) * np.log(1 - A)))


# ---- losses


@program
def answers_called_t(rng: np.random.Generator, slip: float) -> Call:
    """In some books y is the prediction and t the answer."""
    return (
        lambda x, p: softmax(scores(hidden(x, p), p)),
        lambda y, t: -np.sum(t * np.log(y)) / y.shape[0],
        lambda x, t, p: softened(x, t, p, slip),
        start(rng, 4),
        rows(rng),
        one_hot(rng),
    )


@program
def answers_first_without_names(rng: np.random.Generator, slip: float) -> Call:
    """The loss takes the answers first, and its names say nothing."""
    return (
        lambda X, p: softmax(scores(hidden(X, p), p)),
        lambda a, b: -np.sum(a * np.log(b)) / len(a),
        lambda X, Y, p: softened(X, Y, p, slip),
        start(rng, 4),
        rows(rng),
        one_hot(rng),
    )


@program
def penalty_with_a_factor_asked_for(rng: np.random.Generator, slip: float) -> Call:
    """Loss and gradients have an argument lambd."""

    def cost(AL: Any, Y: Any, parameters: Any, lambd: Any) -> Any:
        return mse(AL, Y) + lambd / (2 * len(Y)) * (np.sum(parameters["W1"] ** 2) + np.sum(parameters["W2"] ** 2))

    def grads(X: Any, Y: Any, parameters: Any, lambd: Any) -> Any:
        g = squared(X, Y, parameters, slip)
        return {f"d{k}": v + lambd / len(X) * parameters[k] * (k[0] == "W") for k, v in g.items()}

    return (
        lambda X, parameters: scores(hidden(X, parameters), parameters),
        cost,
        grads,
        start(rng, 2),
        rows(rng),
        rng.standard_normal((7, 2)),
    )


class OneFunction:
    """A class whose loss returns scores, or loss and gradients, as in a course."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        self.params, self.reg, self.slip = start(rng, 4), 0.1, slip

    def loss(self, X: Any, y: Any = None) -> Any:
        """Return scores without y."""
        s = scores(np.maximum(0, X @ self.params["W1"] + self.params["b1"]), self.params)
        if y is None:
            return s
        h = np.maximum(0, X @ self.params["W1"] + self.params["b1"])
        P = softmax(s)
        value = -np.log(P[range(len(y)), y]).mean() + 0.5 * self.reg * sum(
            np.sum(self.params[k] ** 2) for k in ("W1", "W2")
        )
        P[range(len(y)), y] -= 1
        P /= len(y)
        d = P @ self.params["W2"].T * (h > 0)
        grads = {"W2": h.T @ P, "b2": P.sum(0), "W1": self.slip * X.T @ d, "b1": d.sum(0)}
        return value, {k: g + self.reg * self.params[k] * (k[0] == "W") for k, g in grads.items()}


@program
def loss_and_gradients_in_one(rng: np.random.Generator, slip: float) -> Call:
    """The method is passed as loss and as gradients."""
    net = OneFunction(rng, slip)
    return net.loss, net.loss, net.loss, net.params, rows(rng), one_hot(rng).argmax(1)


@program
def loss_and_gradients_with_lambdas(rng: np.random.Generator, slip: float) -> Call:
    """The same with lambdas, and the object."""
    net = OneFunction(rng, slip)
    return (
        lambda X: net.loss(X),
        lambda X, y: net.loss(X, y)[0],
        lambda X, y: net.loss(X, y)[1],
        net,
        rows(rng),
        one_hot(rng).argmax(1),
    )


class WithLoss(Silent):
    """A class whose loss reads what forward kept."""

    def cost(self, y: Any) -> Any:
        """Return the loss of the last pass."""
        return entropy(self.out, y)


@program
def loss_of_the_last_pass(rng: np.random.Generator, slip: float) -> Call:
    """The loss takes the answers alone."""
    net = WithLoss(rng, slip)
    return net.forward, net.cost, net.backward, net, rows(rng), one_hot(rng)


def of_outputs(name: str, loss: Callable[[Any, Any], Any], slope: Callable[[Any, Any], Any]) -> None:
    """Put a network without activation at its end on the list, under some loss."""

    def build(rng: np.random.Generator, slip: float) -> Call:
        grads = lambda X, y, p: back(X, hidden(X, p), slope(scores(hidden(X, p), p), y), p, slip)
        return lambda X, p: scores(hidden(X, p), p), loss, grads, start(rng, 2), rows(rng), rng.standard_normal((7, 2))

    PROGRAMS[name] = build


of_outputs(
    "huber",
    lambda o, y: np.where(abs(o - y) < 0.5, 0.5 * (o - y) ** 2, 0.5 * (abs(o - y) - 0.25)).mean(),
    lambda o, y: np.clip(o - y, -0.5, 0.5) / o.size,
)
of_outputs("absolute", lambda o, y: np.mean(np.abs(o - y)), lambda o, y: np.sign(o - y) / o.size)
of_outputs("log_cosh", lambda o, y: np.log(np.cosh(o - y)).sum(), lambda o, y: np.tanh(o - y))
of_outputs(
    "root_of_the_mean",
    lambda o, y: np.sqrt(np.mean((o - y) ** 2)),
    lambda o, y: (o - y) / o.size / np.sqrt(np.mean((o - y) ** 2)),
)
of_outputs("half_a_sum", lambda o, y: 0.5 * np.sum((y - o) ** 2), lambda o, y: -(y - o))
of_outputs("poisson", lambda o, y: np.mean(np.exp(o) - abs(y) * o), lambda o, y: (np.exp(o) - abs(y)) / o.size)
of_outputs(
    "divergence",
    lambda o, y: np.sum(softmax(y) * (np.log(softmax(y)) - np.log(softmax(o)))) / len(y),
    lambda o, y: (softmax(o) - softmax(y)) / len(y),
)


@program
def softmax_with_a_temperature(rng: np.random.Generator, slip: float) -> Call:
    """The slopes have the temperature, too."""
    T = 2.5
    grads = lambda X, y, p: back(X, hidden(X, p), (softmax(scores(hidden(X, p), p) / T) - y) / T / len(y), p, slip)
    return lambda X, p: softmax(scores(hidden(X, p), p) / T), entropy, grads, start(rng, 4), rows(rng), one_hot(rng)


# ---- what gradients take and return


def answering(name: str, wrap: Callable[[Any], Any]) -> None:
    """Put a program on the list whose gradients take other arguments, or return something else."""

    def build(rng: np.random.Generator, slip: float) -> Call:
        forward = lambda X, params: (softmax(scores(hidden(X, params), params)), {"X": X, "H": hidden(X, params)})
        return (
            forward,
            entropy,
            wrap(lambda X, y, params: softened(X, y, params, slip)),
            start(rng, 4),
            rows(rng),
            one_hot(rng),
        )

    PROGRAMS[name] = build


answering("gradients_then_loss", lambda g: lambda X, y, params: (g(X, y, params), 1.0))
answering("loss_then_gradients", lambda g: lambda X, y, params: (1.0, g(X, y, params)))
answering("loss_accuracy_gradients", lambda g: lambda X, y, params: (1.0, 0.5, g(X, y, params)))
answering("loss_as_an_array_of_no_axes", lambda g: lambda X, y, params: (np.array(1.0), g(X, y, params)))
answering("loss_among_the_gradients", lambda g: lambda X, y, params: (1.0, *g(X, y, params).values()))
answering(
    "gradients_and_the_slope_at_the_data", lambda g: lambda X, y, params: (*g(X, y, params).values(), np.ones_like(X))
)
answering("a_tuple", lambda g: lambda X, y, params: tuple(g(X, y, params).values()))
answering("names_with_d", lambda g: lambda X, y, params: {"d" + k: v for k, v in g(X, y, params).items()})
answering("names_with_grad", lambda g: lambda X, y, params: {f"grad_{k}": v for k, v in g(X, y, params).items()})
answering("names_with_dl", lambda g: lambda X, y, params: {f"dL_d{k}": v for k, v in g(X, y, params).items()})
answering(
    "names_with_an_underscore",
    lambda g: (
        lambda X, y, params: {f"dW_{k[1]}" if k[0] == "W" else f"db_{k[1]}": v for k, v in g(X, y, params).items()}
    ),
)
answering(
    "names_of_more_arrays",
    lambda g: (
        lambda X, y, params: {
            "dZ2": np.ones((7, 4)),
            "dA1": np.ones((7, 5)),
            **{"d" + k: v for k, v in g(X, y, params).items()},
        }
    ),
)
answering("backwards_in_a_dict", lambda g: lambda X, y, params: dict(reversed(g(X, y, params).items())))
answering(
    "pairs_from_the_last_layer",
    lambda g: lambda X, y, params: (lambda d: [(d["W2"], d["b2"]), (d["W1"], d["b1"])])(g(X, y, params)),
)
answering(
    "lists_of_weights_and_biases",
    lambda g: lambda X, y, params: (lambda d: ([d["W1"], d["W2"]], [d["b1"], d["b2"]]))(g(X, y, params)),
)
answering("cache_then_answers", lambda g: lambda cache, y, params: g(cache["X"], y, params))
answering("answers_then_cache", lambda g: lambda y, memory, params: g(memory["X"], y, params))
answering("predictions_answers_cache_parameters", lambda g: lambda A2, Y, stuff, theta: g(stuff["X"], Y, theta))
answering("names_that_say_nothing", lambda g: lambda a, b, c, d: g(b, c, a))
answering("all_names_in_another_order", lambda g: lambda a, b, c: g(a, b, c))
answering("another_order_without_names", lambda g: lambda a, b, c: g(c, a, b))
answering("keywords_only", lambda g: lambda *, X, y, params: g(X, y, params))
answering("keywords_with_defaults", lambda g: lambda X, y, *, params=None, verbose=False: g(X, y, params))
answering("defaults_that_are_none", lambda g: lambda X=None, y=None, params=None, cache=None: g(X, y, params))
answering("any_arguments", lambda g: lambda *args: g(*args))
answering(
    "number_of_rows_asked_for",
    lambda g: lambda X, y, params, m: {k: v * len(X) / m for k, v in g(X, y, params).items()},
)
answering("a_partial", lambda g: functools.partial(lambda flag, X, y, params: g(X, y, params), True))
answering("a_place_for_the_gradients", lambda g: lambda X, y, params, grads: grads.update(g(X, y, params)))
answering(
    "biases_with_an_axis_more",
    lambda g: lambda X, y, params: {k: v if k[0] == "W" else v[None] for k, v in g(X, y, params).items()},
)


@steps_of(0.05)
def new_parameters_and_loss(rng: np.random.Generator, slip: float) -> Call:
    """A step that returns new parameters and the loss."""
    step = lambda X, y, params, lr: ({k: params[k] - lr * g for k, g in softened(X, y, params, slip).items()}, 0.7)
    return (
        lambda X, params: softmax(scores(hidden(X, params), params)),
        entropy,
        step,
        start(rng, 4),
        rows(rng),
        one_hot(rng),
    )


@program
def a_step_that_names_its_rate(rng: np.random.Generator, slip: float) -> Call:
    """A step in place whose rate is an argument with a default: nobody need say it again."""

    def train_step(X: Any, y: Any, params: Any, learning_rate: float = 0.01) -> None:
        for name, grad in softened(X, y, params, slip).items():
            params[name] = params[name] - learning_rate * grad

    return (
        lambda X, params: softmax(scores(hidden(X, params), params)),
        entropy,
        train_step,
        start(rng, 4),
        rows(rng),
        one_hot(rng),
    )


@steps_of(0.1)
def a_step_of_an_object(rng: np.random.Generator, slip: float) -> Call:
    """A method that changes self.params."""
    net = Silent(rng, slip)

    def update(y: Any) -> None:
        net.backward(y)
        for name in net.params:
            net.params[name] -= 0.1 * net.grads.pop(f"d{name}")

    return net.forward, entropy, update, net.params, rows(rng), one_hot(rng)


class Characters:
    """A recurrent network over a few letters, written as one function over arrays from outside."""

    def __init__(self, rng: np.random.Generator, slip: float) -> None:
        self.slip, self.hprev = slip, np.zeros((6, 1))
        self.Wxh, self.Whh, self.Why = (
            rng.standard_normal((6, 4)),
            0.3 * rng.standard_normal((6, 6)),
            rng.standard_normal((4, 6)),
        )
        self.bh, self.by = np.zeros((6, 1)), np.zeros((4, 1))

    def probabilities(self, inputs: Any) -> Any:
        """Return one row of probabilities for each letter."""
        h, found = np.copy(self.hprev), []
        for each in inputs:
            h = np.tanh(self.Wxh @ np.eye(4)[:, [each]] + self.Whh @ h + self.bh)
            e = np.exp(self.Why @ h + self.by)
            found.append((e / e.sum()).ravel())
        return np.array(found)

    def loss_function(self, inputs: Any, targets: Any) -> Any:
        """Return loss, gradients and the last state."""
        xs, hs, ps, loss = {}, {-1: np.copy(self.hprev)}, {}, 0.0
        for t, each in enumerate(inputs):
            xs[t] = np.eye(4)[:, [each]]
            hs[t] = np.tanh(self.Wxh @ xs[t] + self.Whh @ hs[t - 1] + self.bh)
            e = np.exp(self.Why @ hs[t] + self.by)
            ps[t] = e / e.sum()
            loss += -np.log(ps[t][targets[t], 0])
        dWxh, dWhh, dWhy = np.zeros_like(self.Wxh), np.zeros_like(self.Whh), np.zeros_like(self.Why)
        dbh, dby, dhnext = np.zeros_like(self.bh), np.zeros_like(self.by), np.zeros((6, 1))
        for t in reversed(range(len(inputs))):
            dy = np.copy(ps[t])
            dy[targets[t]] -= 1
            dWhy, dby = dWhy + dy @ hs[t].T, dby + dy
            dh = (self.Why.T @ dy + dhnext) * (1 - hs[t] ** 2)
            dbh, dWxh, dWhh = dbh + dh, dWxh + dh @ xs[t].T, dWhh + self.slip * dh @ hs[t - 1].T
            dhnext = self.Whh.T @ dh
        return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs) - 1]


@program
def characters(rng: np.random.Generator, slip: float) -> Call:
    """Whole numbers as data."""
    net = Characters(rng, slip)
    return (
        net.probabilities,
        lambda p, targets: -np.log(p[np.arange(len(targets)), targets]).sum(),
        net.loss_function,
        net,
        rng.integers(0, 4, 6),
        rng.integers(0, 4, 6),
    )


@program
def slope_at_the_output_given(rng: np.random.Generator, slip: float) -> Call:
    """backward(dout) takes the slope of the loss."""
    net = Sequence(rng, slip, False)

    def backward(dout: Any) -> None:
        first, second = net.made()
        first.backward(second.backward(dout))
        first.grads["W"] = first.grads["W"] * slip

    return net.forward, mse, backward, net, rows(rng), rng.standard_normal((7, 2))


@program
def numbers_drawn_in_forward(rng: np.random.Generator, slip: float) -> Call:
    """Dropout from NumPy's global generator: a mask is drawn in forward and kept."""

    def forward(X: Any, p: Any) -> Any:
        H = hidden(X, p)
        mask = (np.random.rand(*H.shape) < 0.7) / 0.7  # noqa: NPY002  # as learners draw
        return scores(H * mask, p), (H, mask)

    def grads(p: Any, cache: Any, X: Any, y: Any) -> Any:
        H, mask = cache
        d = 2 * (scores(H * mask, p) - y) / len(y)
        dZ = slip * (d @ p["W2"].T) * mask * (1 - H**2)
        return {"W1": X.T @ dZ, "b1": dZ.sum(0) / slip, "W2": (H * mask).T @ d, "b2": d.sum(0)}

    return forward, mse, grads, start(rng, 2), rows(rng), rng.standard_normal((7, 2))


@program
def a_talkative_program(rng: np.random.Generator, slip: float) -> Call:
    """Functions that print."""
    forward, loss, grads, *rest = output_then_hidden(rng, slip)

    def said(X: Any, p: Any) -> Any:
        print("forward")
        return forward(X, p)

    return said, loss, grads, *rest


@program
def arrays_for_a_fixed_number_of_rows(rng: np.random.Generator, slip: float) -> Call:
    """Buffers that are made once: a row more cannot be tried."""
    kept = np.empty((7, 5))

    def forward(X: Any, p: Any) -> Any:
        np.tanh(X @ p["W1"] + p["b1"], out=kept)
        return scores(kept, p)

    return forward, mse, lambda X, y, p: squared(X, y, p, slip), start(rng, 2), rows(rng), rng.standard_normal((7, 2))


@program
def predictions_as_lists(rng: np.random.Generator, slip: float) -> Call:
    """Python's own lists out of forward and gradients."""
    forward = lambda X, p: scores(hidden(X, p), p).tolist()
    return (
        forward,
        lambda o, y: mse(np.array(o), y),
        lambda X, y, p: {k: g.tolist() for k, g in squared(X, y, p, slip).items()},
        start(rng, 2),
        rows(rng),
        rng.standard_normal((7, 2)),
    )

"""A learner's program in many layouts, with a switch for each of a hundred mistakes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray
Elementwise = Callable[[Array], Array]


def sigmoid(Z: Array) -> Array:
    """Return the sigmoid."""
    return 1 / (1 + np.exp(-Z))


def softmax(Z: Array) -> Array:
    """Return the softmax of every row."""
    shares = np.exp(Z - Z.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def leaky(rate: float) -> tuple[Elementwise, Elementwise]:
    """Return a leaky rectifier and its slope."""
    return lambda Z: np.where(Z > 0, Z, rate * Z), lambda Z: np.where(Z > 0, 1.0, rate)


def gelu(Z: Array) -> Array:
    """Return the tanh form of GELU."""
    return Z * (1 + np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3))) / 2


def gelu_slope(Z: Array) -> Array:
    """Return the slope of GELU."""
    t = np.tanh(np.sqrt(2 / np.pi) * (Z + 0.044715 * Z**3))
    return (1 + t) / 2 + Z * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * Z**2) / 2


# Each activation and its slope, both of Z.
FUNCTIONS: dict[str, tuple[Elementwise, Elementwise]] = {
    "sigmoid": (sigmoid, lambda Z: sigmoid(Z) * (1 - sigmoid(Z))),
    "tanh": (np.tanh, lambda Z: 1 - np.tanh(Z) ** 2),
    "relu": (lambda Z: np.maximum(Z, 0), lambda Z: (Z > 0) * 1.0),
    "identity": (lambda Z: Z, np.ones_like),
    "leaky 0.01": leaky(0.01),
    "leaky 0.2": leaky(0.2),
    "leaky 0.07": leaky(0.07),
    "elu": (lambda Z: np.where(Z > 0, Z, np.exp(Z) - 1), lambda Z: np.where(Z > 0, 1.0, np.exp(Z))),
    "silu": (lambda Z: Z * sigmoid(Z), lambda Z: sigmoid(Z) * (1 + Z * (1 - sigmoid(Z)))),
    "softplus": (lambda Z: np.log1p(np.exp(Z)), sigmoid),
    "gelu": (gelu, gelu_slope),
}


class Setting(NamedTuple):
    """A network, its loss, and the way it is written down."""

    sizes: tuple[int, ...]
    hidden: str
    output: str
    loss: str  # "binary", "classes", "logits" (softmax inside the loss), "squares", "roots" or "distances"
    layout: str = "rows"  # "columns", "mixed" (X in rows, the rest in columns), "turned" (X @ W.T), "labels"
    holder: str = "dict"  # "list", "arguments" or "object"

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.sizes) - 1


class Program:
    """Parameters, data and three functions, right but for one mistake."""

    def __init__(self, setting: Setting, mistake: str = "", seed: int = 0, penalty: float = 0.0) -> None:
        self.setting, self.mistake, self.penalty = setting, mistake, penalty
        self.turned = setting.layout in ("columns", "mixed", "turned")  # W is (outputs, inputs)
        self.rng = np.random.default_rng(seed)
        self.n, k = 9, setting.sizes[-1]
        self.W: list[Array] = []
        self.b: list[Array] = []
        for before, after in itertools.pairwise(setting.sizes):
            W, b = self.rng.standard_normal((before, after)) * np.sqrt(2 / before), np.zeros((1, after))
            self.W.append(W.T if self.turned else W)
            self.b.append(b.T if setting.layout in ("columns", "mixed") else b)
        X = self.rng.standard_normal((self.n, setting.sizes[0]))
        self.labels = np.arange(self.n) % max(k, 2)
        if setting.loss in ("classes", "logits"):
            Y = np.eye(k)[self.labels]
        elif setting.loss == "binary":
            Y = (self.rng.random((self.n, k)) > 0.4) * 1.0
        else:
            Y = self.rng.random((self.n, k))
        self.X = X.T if setting.layout == "columns" else X
        self.y: Any = Y.T if setting.layout == "columns" else self.labels if setting.layout == "labels" else Y
        self.parameters = self.hold(self.W, self.b)
        self.total: dict[str, Array] = {}

    # ---- how things are written down ------------------------------------------------------------------------------

    def hold(self, W: list[Any], b: list[Any]) -> Any:
        """Return parameters or gradients as this learner keeps them."""
        pairs = list(zip(W, b, strict=True))
        if self.setting.holder in ("list", "arguments"):
            return [array for pair in pairs for array in pair]
        named = {f"{name}{i}": array for i, pair in enumerate(pairs, 1) for name, array in zip("Wb", pair, strict=True)}
        return SimpleNamespace(**named) if self.setting.holder == "object" else named

    def unpack(self, parameters: Any) -> tuple[list[Array], list[Array]]:
        """Return weights as (inputs, outputs) and biases as (1, outputs)."""
        depth = self.setting.depth
        if self.setting.holder in ("list", "arguments"):
            W, b = list(parameters[::2]), list(parameters[1::2])
        else:
            held = parameters if isinstance(parameters, dict) else vars(parameters)
            W, b = ([held[f"{name}{i}"] for i in range(1, depth + 1)] for name in "Wb")
        return [each.T if self.turned else each for each in W], [each.reshape(1, -1) for each in b]

    def targets(self, y: Any) -> Array:
        """Return answers with one sample per row."""
        if self.setting.layout == "labels":
            return np.eye(self.setting.sizes[-1])[y]
        return np.asarray(y.T if self.setting.layout == "columns" else y) * 1.0

    def functions(self) -> tuple[Any, ...]:
        """Return forward, loss, gradients, parameters, X and y."""
        depth = self.setting.depth
        if self.setting.holder == "arguments":
            names = ", ".join(f"W{i}, b{i}" for i in range(1, depth + 1))
            scope = {"program": self}
            forward = eval(f"lambda X, {names}: program.forward(X, [{names}])", scope)
            gradients = eval(f"lambda cache, X, y, {names}: program.gradients([{names}], cache, X, y)", scope)
            return forward, lambda P, y: self.loss(P, y, None), gradients, tuple(self.parameters), self.X, self.y
        if self.penalty:
            return self.forward, self.loss, self.gradients, self.parameters, self.X, self.y
        plain = lambda P, y: self.loss(P, y, None)  # noqa: E731
        return self.forward, plain, self.gradients, self.parameters, self.X, self.y

    # ---- the program ----------------------------------------------------------------------------------------------

    def forward(self, X: Array, parameters: Any) -> tuple[Array, dict[str, Any]]:
        """Return predictions and all that was computed on the way."""
        (W, b), setting = self.unpack(parameters), self.setting
        A = [X.T if setting.layout == "columns" else X]
        Z: list[Array] = []
        masks: list[Any] = []
        for layer in range(setting.depth):
            inputs = A[-1]
            Z.append(inputs @ W[layer] + b[layer])
            if layer == setting.depth - 1:
                A.append(self.output(Z[-1]))
                break
            values = FUNCTIONS[setting.hidden][0](np.clip(Z[-1], -1, 1) if "hidden clip" in self.mistake else Z[-1])
            masks.append(None)
            if "dropout" in self.mistake:
                masks[-1] = np.random.default_rng(layer).random(values.shape) < 0.7
                values = values * masks[-1] / 0.7
            A.append(values)
        P = A[-1].T if setting.layout in ("columns", "mixed") else A[-1]
        return P, {"A": A, "Z": Z, "masks": masks}

    def output(self, Z: Array) -> Array:
        """Return the last activation."""
        if self.mistake == "softmax over the samples":
            return np.exp(Z) / np.exp(Z).sum(axis=0)
        if self.mistake == "softmax over everything":
            return np.exp(Z) / np.exp(Z).sum()
        return softmax(Z) if self.setting.output == "softmax" else FUNCTIONS[self.setting.output][0](Z)

    def loss(self, P: Array, y: Any, parameters: Any) -> float:
        """Return the mean loss over the rows, and the penalty."""
        kind, Y = self.setting.loss, self.targets(y)
        P = P.T if self.setting.layout in ("columns", "mixed") else P
        total = self.total_loss(softmax(P) if kind == "logits" else P, Y)
        mean = total if self.mistake == "loss summed" else total / len(Y)
        mean = np.sqrt(mean) if kind == "roots" else mean
        if not self.penalty:
            return float(mean)
        W, _ = self.unpack(parameters)
        power = 1 if self.mistake in ("L1", "L1 in the loss") else 2
        return float(mean + 0.5 * self.penalty * sum(np.sum(np.abs(each) ** power) for each in W))

    def total_loss(self, Q: Array, Y: Array) -> float:
        """Return the loss of all rows together."""
        kind = self.setting.loss
        if kind == "binary":
            return float(-np.sum(Y * np.log(Q) + (1 - Y) * np.log(1 - Q)))
        if kind in ("classes", "logits"):
            return float(-np.sum(Y * np.log(Q)))
        return float(np.sum(np.abs(Q - Y)) if kind == "distances" else 0.5 * np.sum((Q - Y) ** 2))

    def slope(self, layer: int, cache: dict[str, Any]) -> Array | float:
        """Return the slope of a hidden layer's activation."""
        Z, A, name, mistake = cache["Z"][layer], cache["A"][layer + 1], self.setting.hidden, self.mistake
        right = FUNCTIONS[name][1](Z)
        if mistake == "derivative forgotten in the first layer":
            return 1.0 if layer == 0 else right
        of_another = mistake.removeprefix("derivative of ")
        if of_another in FUNCTIONS:
            return FUNCTIONS[of_another][1](Z)
        slips: dict[str, Callable[[], Array | float]] = {
            "derivative forgotten": lambda: 1.0,
            "derivative at A": lambda: FUNCTIONS[name][1](A),
            "derivative in A taken of Z": lambda: Z * (1 - Z) if name == "sigmoid" else 1 - Z**2,
            "activation for slope": lambda: A,
            "slope squared": lambda: right**2,
            "one minus A": lambda: 1 - A,
            "A and Z mixed up": lambda: A * (1 - Z),
            "A times one plus A": lambda: A * (1 + A),
            "one plus A squared": lambda: 1 + A**2,
            "A only": lambda: A,
            "mask turned round": lambda: (Z < 0) * 1.0,
            "tanh's slope in A": lambda: 1 - A**2,
            "sigmoid's slope in A": lambda: A * (1 - A),
            "slope at the next layer": lambda: FUNCTIONS[name][1](cache["Z"][(layer + 1) % (self.setting.depth - 1)]),
        }
        return slips[mistake]() if mistake in slips else right

    def delta(self, cache: dict[str, Any], Y: Array) -> Array:
        """Return the slope of the loss at the output's Z."""
        P, Z, setting, mistake = cache["A"][-1], cache["Z"][-1], self.setting, self.mistake
        n, ones = len(Y), np.ones_like(Y)
        Q = softmax(P) if setting.loss == "logits" else P

        def back(slopes: Array) -> Array:
            if setting.output == "softmax":
                return P * (slopes - (slopes * P).sum(axis=1, keepdims=True))
            return slopes * FUNCTIONS[setting.output][1](Z)

        entropies = setting.loss in ("binary", "classes", "logits")
        through = (lambda error: error) if entropies else back
        if mistake == "y shifted":
            Y = np.roll(Y, 1, axis=0)
        labels = Y.argmax(axis=1)
        error = np.sign(P - Y) if setting.loss == "distances" else Q - Y
        if mistake == "dscores[:, y] -= 1":
            error = Q.copy()
            error[:, labels] -= 1
        slips: dict[str, Callable[[], Array]] = {
            "squares' slope": lambda: back(P - Y),
            "squares' slope twice": lambda: back(2 * (P - Y)),
            "no derivative at the output": lambda: P - Y,
            "softmax as a diagonal": lambda: (-Y / P if entropies else P - Y) * P * (1 - P),
            "p - 1 for every class": lambda: through(Q - 1),
            "y averaged": lambda: through(Q - Y.mean()),
            "y averaged by column": lambda: through(Q - Y.mean(axis=0)),
            "error without sign": lambda: through(np.abs(Q - Y)),
            "sign of the error": lambda: back(np.sign(P - Y)),
            "squares passed back": lambda: through((Q - Y) ** 2),
            "loss passed back": lambda: ones * self.total_loss(Q, Y) / n,
            "binary slope": lambda: back((P - Y) / (P * (1 - P))),
            "half of the slope": lambda: back(-Y / P),
            "sign slip in the slope": lambda: back(-(Y / P + (1 - Y) / (1 - P))),
            "labels for one-hot": lambda: through(Q - labels[:, None]),
            "argmax": lambda: through(np.eye(Q.shape[1])[Q.argmax(axis=1)] - Y),
            "rounded": lambda: through(np.round(Q) - Y),
            "y left out": lambda: through(Q),
            "y added": lambda: through(Q + Y),
            "error averaged": lambda: ones * through(error).mean(axis=0, keepdims=True),
            "Z - Y": lambda: Z - Y,
            "softmax again": lambda: softmax(P) - Y,
            "logits for probabilities": lambda: P - Y,
            "last row": lambda: through(error) * (np.arange(n) == n - 1)[:, None],
            "output slope at A": lambda: (P - Y) * FUNCTIONS[setting.output][1](P),
            "output slope in A of Z": lambda: (P - Y) * (Z * (1 - Z) if setting.output == "sigmoid" else 1 - Z**2),
            "output one minus A": lambda: (P - Y) * (1 - P),
            "output of another": lambda: (P - Y) * FUNCTIONS["sigmoid" if setting.output == "tanh" else "tanh"][1](Z),
            "targets minus predictions": lambda: through(-error),
            "A - Y / n": lambda: through(Q - Y / n) * n,
            "A / n - Y": lambda: through(Q / n - Y) * n,
        }
        if setting.loss == "roots" and mistake != "gradient of the square":
            error = error / 2 / np.sqrt(0.5 * np.sum((P - Y) ** 2) / n)
        value = slips[mistake]() if mistake in slips else through(error)
        if mistake in ("loss summed", "not averaged"):
            return value / (n if mistake == "loss summed" else 1)
        divisors = {"divided twice": n * n, "by the outputs too": n * Y.shape[1], "by 32": 32, "factor 2": n / 2}
        return value / divisors.get(mistake, n)

    def inputs(self, layer: int, cache: dict[str, Any]) -> Array:
        """Return what a layer's delta is multiplied with."""
        A, Z, mistake = cache["A"], cache["Z"], self.mistake
        last = layer == self.setting.depth - 1
        if mistake == "A of another layer" and last:
            return A[layer - 1]
        if mistake == "Z for A" and layer:
            return Z[layer - 1]
        if mistake == "X for A" and last:
            return A[0]
        if mistake == "slope for A" and layer:
            return FUNCTIONS[self.setting.hidden][1](Z[layer - 1])
        if mistake == "own output for input" and A[layer].shape == A[layer + 1].shape:
            return A[layer + 1]
        if mistake == "dropout mask not in the input" and layer:
            return FUNCTIONS[self.setting.hidden][0](Z[layer - 1])
        return A[layer]

    def back(self, layer: int, W: list[Array], dZ: Array, dA: Array, cache: dict[str, Any]) -> Array:
        """Return what is passed back through the weights of a layer."""
        mistake, right = self.mistake, W[layer].T
        if mistake == "not transposed" and right.shape[0] == right.shape[1]:
            return dZ @ right.T
        if mistake == "weights of the layer below" and W[layer - 1].shape == W[layer].shape:
            return dZ @ W[layer - 1].T
        if mistake == "weights of the layer below turned" and W[layer - 1].T.shape == W[layer].shape:
            return dZ @ W[layer - 1]
        if mistake == "weights left out":
            return dZ @ np.ones_like(right)
        if mistake == "passed through without weights" and right.shape[0] == right.shape[1]:
            return dZ
        if mistake == "dA passed on":
            return dA @ right
        if mistake == "error passed on" and layer == self.setting.depth - 1:
            return (cache["A"][-1] - self.Y) / len(dZ) @ right
        return np.asarray(dZ @ right)

    def gradients(self, parameters: Any, cache: dict[str, Any], X: Array, y: Any) -> Any:
        """Return the gradients, held as the parameters are."""
        (W, b), mistake, depth = self.unpack(parameters), self.mistake, self.setting.depth
        self.Y = Y = self.targets(y)
        dW: list[Any] = [None] * depth
        db: list[Any] = [None] * depth
        dA = dZ = self.delta(cache, Y)
        for layer in reversed(range(depth)):
            inputs = self.inputs(layer, cache)
            dW[layer] = inputs.T @ dZ + self.decay(W[layer], len(Y))
            if mistake == "averages multiplied":
                dW[layer] = len(Y) * np.outer(inputs.mean(axis=0), dZ.mean(axis=0))
            db[layer] = self.bias(layer, dZ, dA, b)
            if mistake == "updated early":
                W[layer] = W[layer] - 0.1 * dW[layer]
            if layer:
                dA = self.back(layer, W, dZ, dA, cache)
                if mistake == "mask from the slope":
                    dZ = dA * (dA > 0)
                elif mistake == "slope of the slope":
                    dZ = dA * FUNCTIONS[self.setting.hidden][1](dA)
                elif mistake == "slope of the slope in A":
                    dZ = dA * (1 - dA**2 if self.setting.hidden == "tanh" else dA * (1 - dA))
                elif mistake == "mask of both":
                    dZ = dA * (dA > 0) * self.slope(layer - 1, cache)
                else:
                    dZ = dA * self.slope(layer - 1, cache)
                    mask = cache["masks"][layer - 1]
                    if mask is not None and mistake != "dropout mask forgotten":
                        dZ = dZ * mask / (1.0 if mistake == "dropout not rescaled" else 0.7)
        return self.written(dW, db)

    def decay(self, W: Array, n: int) -> Array | float:
        """Return the penalty's part of a gradient."""
        if self.mistake == "decay without penalty":
            return 0.1 * W
        if self.mistake == "L1 without penalty":
            return 0.1 * np.sign(W)
        if self.mistake == "penalty of the layer above":
            return self.penalty * W.T
        forms = {
            "L1 in the loss": W,
            "L1 in the gradient": np.sign(W) / 2,
            "penalty forgotten": 0 * W,
            "penalty twice": 2 * W,
            "penalty over n": W / n,
            "penalty subtracted": -W,
        }
        right = np.sign(W) / 2 if self.mistake == "L1" else W
        return self.penalty * forms.get(self.mistake, right)

    def bias(self, layer: int, dZ: Array, dA: Array, b: list[Array]) -> Any:
        """Return a bias gradient."""
        mistake, right = self.mistake, dZ.sum(axis=0, keepdims=True)
        slips: dict[str, Callable[[], Any]] = {
            "bias zero": lambda: 0 * right,
            "hidden bias zero": lambda: right if layer == self.setting.depth - 1 else 0 * right,
            "bias missing": lambda: None,
            "bias not summed": lambda: dZ,
            "bias summed over everything": lambda: np.array([[dZ.sum()]]),
            "bias is one mean": lambda: np.array([[dZ.sum(axis=0).mean()]]),
            "bias spread": lambda: np.full_like(right, dZ.sum()),
            "bias of the first row": lambda: dZ[:1],
            "bias averaged": lambda: dZ.mean(axis=0, keepdims=True),
            "bias from dA": lambda: dA.sum(axis=0, keepdims=True),
            "penalty on the bias": lambda: right + self.penalty * b[layer],
            "bias negative": lambda: -right,
            "bias of the units": lambda: dZ.sum(axis=1, keepdims=True).T,
        }
        return slips[mistake]() if mistake in slips else right

    def written(self, dW: list[Any], db: list[Any]) -> Any:
        """Return gradients in the layout of the parameters, after what happens to them at the end."""
        mistake = self.mistake
        if mistake == "last layer only":
            dW[:-1], db[:-1] = [0 * each for each in dW[:-1]], [0 * each for each in db[:-1]]
        if mistake == "bias of the next layer":
            db[0] = db[1]
        if mistake == "next layer's weights":
            dW[-2] = dW[-3]
        if mistake == "clipped":
            dW = [np.clip(each, -0.02, 0.02) for each in dW]
        if mistake == "norm clipped":
            dW = [each * 0.02 / np.sqrt((each**2).sum()) for each in dW]
        if mistake == "adds up":
            self.total["W1"] = dW[0] = self.total.get("W1", 0) + dW[0]
        if mistake == "whole gradient negative":
            dW, db = [-each for each in dW], [-each for each in db]
        if self.turned and mistake != "gradient not turned":
            dW = [each.T for each in dW]
        if mistake == "gradient transposed":
            dW[-2] = dW[-2].T
        if self.setting.layout in ("columns", "mixed"):
            db = [None if each is None else each.T for each in db]
        held = self.hold(dW, db)
        if mistake == "order turned round":
            return held[::-1]
        return vars(held) if isinstance(held, SimpleNamespace) else held

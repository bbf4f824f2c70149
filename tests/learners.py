"""Back-propagation as learners write it, with a switch for each mistake they make."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

Arrays = dict[str, np.ndarray]


def sigmoid(Z: np.ndarray) -> np.ndarray:
    """Return the sigmoid."""
    return 1 / (1 + np.exp(-Z))


def softmax(Z: np.ndarray) -> np.ndarray:
    """Return the softmax of every row."""
    exps = np.exp(Z - Z.max(axis=1, keepdims=True))
    return exps / exps.sum(axis=1, keepdims=True)


ACTIVATIONS = {"sigmoid": sigmoid, "tanh": np.tanh, "relu": lambda Z: np.maximum(0, Z), "identity": lambda Z: Z}


def slope(name: str, Z: np.ndarray) -> np.ndarray:
    """Return an activation's derivative."""
    if name == "sigmoid":
        return sigmoid(Z) * (1 - sigmoid(Z))
    if name == "tanh":
        return 1 - np.tanh(Z) ** 2
    return (Z > 0) * 1.0 if name == "relu" else np.ones_like(Z)


class Architecture(NamedTuple):
    """What a learner builds."""

    name: str
    sizes: tuple[int, ...]
    hidden: str
    output: str
    loss: str


ARCHITECTURES = (
    Architecture("tutorial", (3, 5, 1), "sigmoid", "sigmoid", "binary"),
    Architecture("classifier", (4, 6, 5, 3), "relu", "softmax", "classes"),
    Architecture("regression", (3, 6, 2), "tanh", "identity", "squares"),
)
BOUNDED = (
    Architecture("bounded", (3, 5, 2), "tanh", "sigmoid", "squares"),
    Architecture("centred", (3, 5, 2), "sigmoid", "tanh", "squares"),
)
# Square hidden matrices, where a transpose goes unnoticed.
SQUARES = (
    Architecture("tutorial", (4, 4, 1), "sigmoid", "sigmoid", "binary"),
    Architecture("classifier", (5, 5, 5, 3), "relu", "softmax", "classes"),
    Architecture("regression", (4, 4, 4), "tanh", "identity", "squares"),
)


class Lesson:
    """A learner's program: parameters, data and three functions, right but for one mistake."""

    def __init__(self, kind: Architecture, mistake: str, seed: int, penalty: float = 0.0) -> None:
        self.kind, self.mistake, self.penalty = kind, mistake, penalty
        self.depth = len(kind.sizes) - 1
        rng = np.random.default_rng(seed)
        self.n = int(rng.integers(5, 12))
        self.parameters: Arrays = {}
        for layer, (before, after) in enumerate(itertools.pairwise(kind.sizes), 1):
            self.parameters[f"W{layer}"] = rng.standard_normal((before, after)) * np.sqrt(2 / before)
            self.parameters[f"b{layer}"] = np.zeros((1, after))
        self.X = rng.standard_normal((self.n, kind.sizes[0]))
        k = kind.sizes[-1]
        if kind.loss == "binary":
            self.y = (np.arange(self.n) % 2).reshape(-1, 1)
        elif kind.loss == "classes":
            self.y = np.eye(k)[np.arange(self.n) % k]
        else:
            self.y = rng.standard_normal((self.n, k))
        if mistake == "integer parameters":
            self.parameters["W1"] = rng.integers(-2, 3, self.parameters["W1"].shape)

    def forward(self, X: np.ndarray, parameters: Arrays) -> tuple[np.ndarray, Arrays]:
        """Return predictions and all that was computed on the way."""
        cache = {"A0": X}
        for layer in range(1, self.depth + 1):
            Z = cache[f"A{layer - 1}"] @ parameters[f"W{layer}"] + parameters[f"b{layer}"]
            name = self.kind.hidden if layer < self.depth else self.kind.output
            A = softmax(Z) if name == "softmax" else ACTIVATIONS[name](Z)
            if self.mistake == "output applied twice" and layer == self.depth:
                A = softmax(A) if name == "softmax" else sigmoid(A)
            cache |= {f"Z{layer}": Z, f"A{layer}": A}
        if self.mistake == "forward changes X":
            X -= 0.1
        return cache[f"A{self.depth}"], cache

    def loss(self, predictions: np.ndarray, y: np.ndarray, parameters: Arrays) -> float:
        """Return the mean loss and the penalty."""
        n = y.shape[0]
        if self.kind.loss == "binary":
            sign = -1 if self.mistake == "sign slip in the loss" else 1
            total = -np.sum(y * np.log(predictions) + sign * (1 - y) * np.log(1 - predictions))
            if self.mistake == "half of the cross-entropy":
                total = -np.sum(y * np.log(predictions))
        elif self.kind.loss == "classes":
            total = -np.sum(y * np.log(predictions))
        else:
            total = 0.5 * np.sum((predictions - y) ** 2)
        weights = sum(np.sum(parameters[f"W{layer}"] ** 2) for layer in range(1, self.depth + 1))
        mean = total if self.mistake == "loss is a sum" else total / n
        return float(mean + 0.5 * self.penalty * weights)

    def delta(self, cache: Arrays, y: np.ndarray) -> np.ndarray:
        """Return the slope of the loss at the output's Z."""
        P, mistake = cache[f"A{self.depth}"], self.mistake
        if mistake == "targets of other rows":
            y = np.roll(y, 1, axis=0)
        error = P - y
        if mistake == "the last row only":
            error = error * (np.arange(len(y)) == len(y) - 1).reshape(-1, 1)
        if mistake == "targets minus predictions":
            error = y - P
        if mistake == "targets added":
            error = P + y
        if mistake == "squared error's delta":
            error = error * P * (1 - P)
        if mistake == "derivative of tanh at the output":
            error = error * (1 - P**2)
        if self.kind in BOUNDED and mistake != "derivative forgotten at the output":
            error = error * slope(self.kind.output, cache[f"Z{self.depth}"])
        if mistake == "targets left out":
            error = P
        if mistake == "rounded predictions":
            error = (P > 0.5) - y
        return error if mistake in ("not averaged",) else error / (10 if mistake == "divided by 10" else len(y))

    def gradients(self, parameters: Arrays, cache: Arrays, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
        """Return the gradients under the names dW1, db1 and so on."""
        mistake, grads = self.mistake, {}
        W = {layer: parameters[f"W{layer}"] for layer in range(1, self.depth + 1)}
        dZ = self.delta(cache, y)
        for layer in range(self.depth, 0, -1):
            inputs = cache[f"A{layer - 1}"]
            if mistake == "Z in place of A" and layer > 1:
                inputs = cache[f"Z{layer - 1}"]
            grads[f"dW{layer}"] = inputs.T @ dZ + self.weight_decay() * W[layer]
            grads[f"db{layer}"] = self.bias(dZ)
            if mistake == "weight decay not in the loss":
                grads[f"dW{layer}"] += 0.1 * W[layer]
            if mistake == "updated too early":
                W[layer] = W[layer] - 0.1 * grads[f"dW{layer}"]
            if mistake == "updated too early in place":
                W[layer] -= 0.1 * grads[f"dW{layer}"]
            if layer > 1:
                back = W[layer] if mistake == "weights not transposed" and layer == 2 else W[layer].T
                if mistake == "weights of another layer" and layer == 2:
                    back = W[1].T
                if mistake == "weights left out":
                    back = np.ones_like(W[layer].T)
                if mistake == "error passed back" and layer == self.depth:
                    dZ = (cache[f"A{self.depth}"] - y) / len(y)
                dZ = (dZ @ back) * self.slope(cache, layer - 1)
        return self.finish(grads, parameters, X)

    def weight_decay(self) -> float:
        """Return the factor of the weights in their gradient."""
        factors = {"penalty forgotten": 0.0, "penalty twice": 2.0}
        return factors.get(self.mistake, 1.0) * self.penalty

    def bias(self, dZ: np.ndarray) -> np.ndarray:
        """Return a bias gradient."""
        if self.mistake == "bias zero":
            return np.zeros((1, dZ.shape[1]))
        if self.mistake == "bias not summed":
            return dZ
        if self.mistake == "bias summed over everything":
            return np.full((1, dZ.shape[1]), dZ.sum())
        if self.mistake == "bias from the first row":
            return dZ[:1]
        if self.mistake == "bias averaged once more":
            return dZ.mean(axis=0, keepdims=True)
        return dZ.sum(axis=0, keepdims=True)

    def slope(self, cache: Arrays, layer: int) -> np.ndarray | float:
        """Return the derivative of a hidden activation."""
        Z, A, name = cache[f"Z{layer}"], cache[f"A{layer}"], self.kind.hidden
        if self.mistake == "derivative forgotten":
            return 1.0
        if self.mistake == "derivative of a":
            return slope(name, A)
        if self.mistake == "derivative in terms of a, of z":
            return Z * (1 - Z) if name == "sigmoid" else 1 - Z**2
        if self.mistake == "activation for derivative":
            return A
        if self.mistake == "derivative of another":
            return slope("tanh" if name == "sigmoid" else "sigmoid", Z)
        return slope(name, Z) ** 2 if self.mistake == "derivative twice" else slope(name, Z)

    def finish(self, grads: dict[str, Any], parameters: Arrays, X: np.ndarray) -> dict[str, Any]:
        """Return the gradients after what happens to them at the end."""
        mistake, last = self.mistake, f"dW{self.depth}"
        if mistake == "bias missing":
            return {name: grad for name, grad in grads.items() if name[:2] != "db"}
        if mistake == "wrong sign":
            return {name: -grad for name, grad in grads.items()}
        if mistake == "twice the gradient":
            return {name: 2 * grad for name, grad in grads.items()}
        if mistake == "half the gradient":
            return {name: grad / 2 for name, grad in grads.items()}
        if mistake == "transposed":
            grads["dW1"] = grads["dW1"].T
        if mistake == "swapped layers":
            grads["dW1"], grads["dW2"] = grads["dW2"], grads["dW1"]
        if mistake == "gradient of another":
            grads["dW1"] = grads["dW2"]
        if mistake == "not a number":
            grads["dW1"] = grads["dW1"] * np.nan
        if mistake == "new parameters":
            return {name: parameters[name[1:]] - 0.1 * grad for name, grad in grads.items()}
        if mistake == "constant":
            grads["dW1"] = np.ones_like(grads["dW1"])
        if mistake == "no gradient":
            grads["dW1"] = np.zeros_like(grads["dW1"])
        if mistake == "the parameter itself":
            grads[last] = parameters[f"W{self.depth}"]
        if mistake == "changes X":
            X *= 0.5
        return grads


class Case(NamedTuple):
    """A mistake, the name it must be given, and the architectures on which it can be made."""

    mistake: str
    kind: str
    on: tuple[str, ...] = ("tutorial", "classifier", "regression")
    square: bool = False
    penalty: float = 0.0
    also: tuple[str, ...] = ()

    @property
    def lessons(self) -> list[Architecture]:
        """The architectures themselves."""
        known = (*(SQUARES if self.square else ARCHITECTURES), *BOUNDED)
        return [kind for kind in known if kind.name in self.on]


CASES = (
    Case("not averaged", "summed_not_averaged"),
    Case("loss is a sum", "averaged_not_summed"),
    Case("divided by 10", "fixed_row_count"),
    Case("targets minus predictions", "wrong_sign"),
    Case("wrong sign", "wrong_sign"),
    Case("twice the gradient", "constant_factor"),
    Case("half the gradient", "constant_factor"),
    Case("squared error's delta", "squared_error_gradient", ("tutorial", "classifier")),
    Case("derivative forgotten", "derivative_forgotten"),
    Case("derivative of a", "derivative_of_activation", ("tutorial", "regression")),
    Case("derivative in terms of a, of z", "derivative_of_input", ("tutorial", "regression")),
    Case("activation for derivative", "activation_for_derivative"),
    Case("derivative of another", "derivative_of_another"),
    Case("bias zero", "bias_forgotten"),
    Case("bias missing", "bias_forgotten"),
    Case("bias not summed", "bias_not_summed"),
    Case("bias summed over everything", "bias_summed_over_everything", ("classifier", "regression")),
    Case("bias from the first row", "bias_from_one_row"),
    Case("bias averaged once more", "averaged_not_summed"),
    Case("updated too early", "updated_too_early"),
    Case("updated too early in place", "updated_too_early", also=("changes_parameters",)),
    Case("weights not transposed", "transposed_weights", ("classifier", "regression"), square=True),
    Case("Z in place of A", "wrong_input"),
    Case("transposed", "transposed_gradient", square=True),
    Case("swapped layers", "swapped_gradients", ("classifier", "regression"), square=True),
    Case("constant", "constant_gradient"),
    Case("no gradient", "no_gradient"),
    Case("the parameter itself", "shares_memory"),
    Case("changes X", "changes_data"),
    Case("forward changes X", "changes_data"),
    Case("output applied twice", "double_sigmoid", ("tutorial",)),
    Case("output applied twice", "double_softmax", ("classifier",)),
    Case("the last row only", "one_row_only"),
    Case("targets of other rows", "targets_misaligned"),
    Case("targets added", "targets_added"),
    Case("rounded predictions", "hard_predictions", ("tutorial", "classifier")),
    Case("sign slip in the loss", "loss_sign_slip", ("tutorial",)),
    Case("penalty forgotten", "penalty_forgotten", penalty=0.3),
    Case("weight decay not in the loss", "penalty_not_in_loss"),
    Case("derivative forgotten at the output", "cross_entropy_gradient", ("bounded",)),
    Case("derivative forgotten at the output", "derivative_forgotten", ("centred",)),
    Case("error passed back", "other_delta_passed_back", ("bounded", "centred")),
    Case("derivative twice", "derivative_twice", ("tutorial", "regression")),
    Case("weights of another layer", "weights_of_another", ("classifier",), square=True),
    Case("weights left out", "weights_left_out", ("tutorial", "regression")),
    Case("targets left out", "targets_ignored"),
    Case("half of the cross-entropy", "loss_lacks_a_term", ("tutorial",)),
    Case("penalty twice", "penalty_factor", penalty=0.3),
    Case("gradient of another", "gradient_of_another", ("classifier", "regression"), square=True),
    Case("not a number", "not_finite"),
    Case("new parameters", "returns_new_parameters"),
    Case("integer parameters", "integer_parameters"),
)

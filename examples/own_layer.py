"""A custom layer with a parameter, and the gradient check that finds a wrong backward pass."""

import numpy as np

import glassnet as gn


class RowScale(gn.Layer):
    """``Y = X * s``, ``ds = sum_n dY * X``, ``dX = dY * s``."""

    def param_specs(self):
        return (gn.ParamSpec("s", (1, *self.in_shape), "ones"),)

    def bind(self, params, grads, stats, members):
        self.s, self.ds = params["s"], grads["s"]

    def make_cache(self, scratch, need_dX):
        return {"Y": scratch.array(self.in_shape), "T": scratch.array(self.in_shape), "X": None}

    def forward(self, X, cache, step):
        if step.keeps:
            cache["X"] = X
        return np.multiply(X, self.s, out=cache["Y"])

    def backward(self, dY, cache):
        np.multiply(dY, cache["X"], out=cache["T"])
        np.add.reduce(cache["T"], axis=-2, out=self.ds, keepdims=True)
        return np.multiply(dY, self.s, out=dY)


class WrongRowScale(RowScale):
    """Forgets the factor X in the gradient of s."""

    def backward(self, dY, cache):
        np.add.reduce(dY, axis=-2, out=self.ds, keepdims=True)
        return np.multiply(dY, self.s, out=dY)


def main() -> list[bool]:
    """Print the gradient check of either layer; return whether it passed."""
    X = np.random.default_rng(0).standard_normal((20, 3))
    nets = [gn.Network([layer, gn.Dense(1)], loss="squared_error", seed=0) for layer in (WrongRowScale(), RowScale())]
    reports = [gn.check_gradients(net, X, X @ [1.0, 10.0, 0.0]) for net in nets]
    print(*reports, sep="\n\n")
    return [report.passed for report in reports]


if __name__ == "__main__":
    main()

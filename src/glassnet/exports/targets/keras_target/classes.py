"""The layers that Keras lacks, as the text that a printed file has of them."""

from __future__ import annotations

__all__ = ["CLASSES", "needed"]

_REGISTER = '@keras.saving.register_keras_serializable("glassnet")\n'
_CONFIG = """
    def get_config(self):
        return {{**super().get_config(), {}}}"""


def _config(*names: str) -> str:
    return _CONFIG.format(", ".join(f'"{name}": self.{name}' for name in names))


CLASSES = {
    "Select": '''class Select(layers.Layer):
    """Some columns of the input."""

    def __init__(self, columns, **options):
        super().__init__(**options)
        self.columns = columns

    def call(self, x):
        return ops.take(x, self.columns, axis=-1)
'''
    + _config("columns"),
    "Scale": '''class Scale(layers.Layer):
    """One learnable factor for each feature."""

    def build(self, shape):
        self.scale = self.add_weight(shape=shape[1:], initializer="ones", name="scale")

    def call(self, x):
        return x * self.scale''',
    "Calibration": '''class Calibration(layers.Layer):
    """Outputs as they were calibrated on held-out rows: x * scale + shift, and x itself in training."""

    def build(self, shape):
        self.scale = self.add_weight(shape=shape[1:], initializer="ones", trainable=False, name="scale")
        self.shift = self.add_weight(shape=shape[1:], initializer="zeros", trainable=False, name="shift")

    def call(self, x, training=False):
        return x if training else x * self.scale + self.shift''',
    "Parametric": '''class Parametric(layers.Layer):
    """An activation with a learnable strength for each unit: x + alpha * (f(x) - x)."""

    def __init__(self, activation, **options):
        super().__init__(**options)
        self.activation = keras.activations.get(activation)

    def build(self, shape):
        self.alpha = self.add_weight(shape=shape[1:], initializer="ones", name="alpha")

    def call(self, x):
        return x + self.alpha * (self.activation(x) - x)

    def get_config(self):
        return {**super().get_config(), "activation": keras.activations.serialize(self.activation)}''',
    "PeriodicEmbedding": '''class PeriodicEmbedding(layers.Layer):
    """Each number becomes a linear map of waves, and itself."""

    def __init__(self, waves, dim, **options):
        super().__init__(**options)
        self.waves, self.dim = waves, dim

    def build(self, shape):
        n, m, d = shape[-1], self.waves, self.dim - 1
        self.frequency = self.add_weight(shape=(n, m), initializer="random_normal", name="frequency")
        self.phase = self.add_weight(shape=(n, m), initializer="random_uniform", name="phase")
        self.kernel = self.add_weight(shape=(n, m, d), initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight(shape=(n, d), initializer="zeros", name="bias")

    def call(self, x):
        waves = ops.cos(2.0 * math.pi * x[..., None] * self.frequency + self.phase)
        made = ops.einsum("ncw,cwd->ncd", waves, self.kernel) + self.bias
        return ops.reshape(ops.concatenate([made, x[..., None]], axis=-1), (-1, x.shape[-1] * self.dim))
'''
    + _config("waves", "dim"),
    "PiecewiseLinearEmbedding": '''class PiecewiseLinearEmbedding(layers.Layer):
    """Each number becomes piecewise linear functions of itself; the pieces are those of the training rows."""

    def __init__(self, pieces, dim, **options):
        super().__init__(**options)
        self.pieces, self.dim = pieces, dim

    def build(self, shape):
        n, t, d = shape[-1], self.pieces, self.dim
        self.linear = self.add_weight(shape=(n, d), initializer="random_uniform", name="linear")
        self.bias = self.add_weight(shape=(n, d), initializer="zeros", name="bias")
        self.kernel = self.add_weight(shape=(n, t, d), initializer="zeros", name="kernel")
        fixed = {"shape": (n, t), "initializer": "zeros", "trainable": False}
        self.start = self.add_weight(name="start", **fixed)
        self.slope = self.add_weight(name="slope", **fixed)
        self.low = self.add_weight(name="low", **fixed)
        self.high = self.add_weight(name="high", **fixed)

    def call(self, x):
        width = x.shape[-1] * self.dim
        x = x[..., None]
        inside = ops.minimum(ops.maximum((x - self.start) * self.slope, self.low), self.high)
        made = ops.einsum("ncp,cpd->ncd", inside, self.kernel)
        return ops.reshape(made + x * self.linear + self.bias, (-1, width))
'''
    + _config("pieces", "dim"),
    "Copies": '''class Copies(layers.Layer):
    """Each row several times, each copy with factors of its own: (n, copies, d)."""

    def __init__(self, copies, **options):
        super().__init__(**options)
        self.copies = copies

    def build(self, shape):
        self.factor = self.add_weight(shape=(self.copies, shape[-1]), initializer="random_normal", name="factor")

    def call(self, x):
        return x[:, None, :] * self.factor
'''
    + _config("copies"),
    "EnsembleDense": '''class EnsembleDense(layers.Layer):
    """A linear map that the copies share, each with factors of its own in front and behind."""

    def __init__(self, units, activation=None, adapters=True, scales_inputs=True, **options):
        super().__init__(**options)
        self.units, self.activation = units, keras.activations.get(activation)
        self.adapters, self.scales_inputs = adapters, scales_inputs

    def build(self, shape):
        k, d = shape[-2:]
        self.kernel = self.add_weight(shape=(d, self.units), initializer="glorot_uniform", name="kernel")
        self.in_factor = self.out_factor = None
        if self.adapters and self.scales_inputs:
            self.in_factor = self.add_weight(shape=(k, d), initializer="ones", name="in_factor")
        if self.adapters:
            self.out_factor = self.add_weight(shape=(k, self.units), initializer="ones", name="out_factor")
        rows = k if self.adapters else 1
        self.bias = self.add_weight(shape=(rows, self.units), initializer="zeros", name="bias")

    def call(self, x):
        if self.in_factor is not None:
            x = x * self.in_factor
        z = ops.matmul(x, self.kernel)
        if self.out_factor is not None:
            z = z * self.out_factor
        return self.activation(z + self.bias)

    def get_config(self):
        activation = keras.activations.serialize(self.activation)
        own = {"units": self.units, "activation": activation, "adapters": self.adapters}
        return {**super().get_config(), **own, "scales_inputs": self.scales_inputs}''',
    "EnsembleHead": '''class EnsembleHead(layers.Layer):
    """A linear map for each copy: (n, copies, d_in) becomes (n, copies, d_out)."""

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, shape):
        k, d = shape[-2:]
        self.kernel = self.add_weight(shape=(k, d, self.units), initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight(shape=(k, self.units), initializer="zeros", name="bias")

    def call(self, x):
        return ops.einsum("nki,kio->nko", x, self.kernel) + self.bias
'''
    + _config("units"),
}
"""By name."""


def needed(name: str) -> dict[str, str]:
    """Return what a file must define for one of them."""
    return {name: _REGISTER + CLASSES[name]}

"""Normal quantiles of ranks as nodes, in double precision."""

from __future__ import annotations

import numpy as np

from glassnet.exports.targets.onnx_target import wire
from glassnet.exports.targets.onnx_target.graph import Graph

__all__ = ["add_ranks"]

_SMALLEST_SHARE = 1e-7

# Wichura's AS 241, PPND16: coefficients of rising powers, of the numerator and the denominator; near the middle first.
_MIDDLE = (
    (3.3871328727963666080, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
     2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
_OUTSIDE = (
    (1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550, 3.64784832476320460504,
     1.27045825245236838258, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
     1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip


def add_ranks(graph: Graph, x: str, quantiles: np.ndarray) -> str:
    """Append what maps the numbers x, (n, k), to normal quantiles of their ranks among ``quantiles``, (k, q)."""
    k = len(quantiles)
    one_by_one = graph.add("Reshape", x, graph.array([0, k, 1], "int64", "shape"))
    found = _normal_quantile(graph, _share(graph, one_by_one, quantiles))
    return graph.add("Reshape", found, graph.array([0, k], "int64", "shape"))


def _share(graph: Graph, x: str, quantiles: np.ndarray) -> str:
    """Append the share of values below x: the mean of the interpolations from below and from above.

    Between two edges both are the same; at an edge, or several equal ones, the first interpolation gives the rank of
    the last of them, the other that of the first.
    """
    k, q = quantiles.shape
    edges = graph.array(quantiles.ravel(), "float64", "quantiles")
    by_column = graph.add("Reshape", edges, graph.array([k, q], "int64", "shape"))
    smaller, not_larger = (_count(graph, graph.add(op, by_column, x)) for op in ("Less", "LessOrEqual"))
    one, nothing = _number(graph, 1.0), _number(graph, 0.0)
    rank = graph.add("Clip", graph.add("Sub", smaller, one), nothing, _number(graph, q - 2.0))
    place = graph.add("Cast", rank, to=wire.TYPES["int64"])
    place = graph.add("Add", place, graph.array(np.arange(k)[:, None] * q, "int64", "first"))
    start = graph.add("Gather", edges, place)
    end = graph.add("Gather", edges, graph.add("Add", place, graph.array(1, "int64")))
    # Beside equal edges the tiny gap puts x beyond them, and at them not.
    gap = graph.add("Max", graph.add("Sub", end, start), _number(graph, float(np.finfo(np.float64).tiny)))
    part = graph.add("Clip", graph.add("Div", graph.add("Sub", x, start), gap), nothing, one)
    above = graph.add("Add", rank, part)
    below = graph.add("Max", above, graph.add("Sub", not_larger, one))
    share = graph.add("Div", graph.add("Add", above, below), _number(graph, 2.0 * (q - 1)))
    return graph.add("Clip", share, _number(graph, _SMALLEST_SHARE), _number(graph, 1.0 - _SMALLEST_SHARE))


def _number(graph: Graph, value: float) -> str:
    return graph.array(value, "float64")


def _count(graph: Graph, tests: str) -> str:
    ones = graph.add("Cast", tests, to=wire.TYPES["float64"])
    return graph.reduce("ReduceSum", ones, 2, keepdims=True)


def _normal_quantile(graph: Graph, p: str) -> str:
    """Append AS 241 for shares p, (n, k, 1), within its inner two regions, which end below 1e-10."""
    d = graph.add("Sub", p, _number(graph, 0.5))
    size = graph.add("Abs", d)
    is_middle = graph.add("LessOrEqual", size, _number(graph, 0.425))
    square = graph.add("Sub", _number(graph, 0.180625), graph.add("Mul", d, d))
    log = graph.add("Log", graph.add("Sub", _number(graph, 0.5), size))
    root = graph.add("Sub", graph.add("Sqrt", graph.add("Neg", log)), _number(graph, 1.6))
    powers = graph.add(
        "Pow", graph.add("Where", is_middle, square, root), graph.array(np.arange(8.0), "float64", "powers")
    )
    coefficients = graph.array(np.array([*_MIDDLE, *_OUTSIDE]).T, "float64", "as241")
    sizes = graph.array([1, 1, 1, 1], "int64", "split")
    a, b, c, e = graph.add_many(4, "Split", graph.add("MatMul", powers, coefficients), sizes, axis=2)
    inner = graph.add("Mul", d, graph.add("Div", a, b))
    outer = graph.add("Mul", graph.add("Sign", d), graph.add("Div", c, e))
    return graph.add("Where", is_middle, inner, outer)

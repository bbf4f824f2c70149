"""Steps of a network in plain Python, on flat lists of numbers."""

from __future__ import annotations

import math
import sys
from array import array
from operator import mul
from typing import Any, Callable

from glassnet.exports.targets.python_parts.templates.rows import Unreadable


def single(numbers: Any) -> Any:
    """Return nested lists of numbers rounded to single precision, in which nine digits say them exactly."""
    if isinstance(numbers[0], list):
        return [single(inner) for inner in numbers]
    return array("f", numbers).tolist()


def dense(x: list[float], W: list[list[float]], b: list[float]) -> list[float]:
    """Return x @ W + b, where W has a list of weights for each output."""
    if sys.version_info >= (3, 12):
        return [math.sumprod(weights, x) + shift for weights, shift in zip(W, b)]
    return [sum(map(mul, weights, x), shift) for weights, shift in zip(W, b)]


def dense_rows(x: list[float], rows: int, W: list[list[float]], b: list[float]) -> list[float]:
    """Return x @ W + b for each of the rows of x."""
    d = len(x) // rows
    return [y for r in range(rows) for y in dense(x[r * d : (r + 1) * d], W, b)]


def grouped(x: list[float], rows: int, shared: bool, W: list[list[list[float]]], b: list[list[float]]) -> list[float]:
    """Return x @ W + b with weights of its own for each group, which reads its own rows of x or the shared ones."""
    if shared:
        return [y for weights, shifts in zip(W, b) for y in dense_rows(x, rows, weights, shifts)]
    size = len(x) // len(W)
    own = [x[g * size : (g + 1) * size] for g in range(len(W))]
    return [y for part, weights, shifts in zip(own, W, b) for y in dense_rows(part, rows, weights, shifts)]


def embedded(codes: list[float], own: int, tables: list[list[list[float]]]) -> list[float]:
    """Return the row of a table for each code; of several tables each has ``own`` codes, or all of them if it is 0."""
    last = len(tables[0]) - 1
    if any(not 0 <= code <= last or code != int(code) for code in codes):
        raise Unreadable(f"codes are {codes}; they must be whole numbers from 0 to {last}")
    parts = [codes[g * own : (g + 1) * own] if own else codes for g in range(len(tables))]
    return [number for part, table in zip(parts, tables) for code in part for number in table[int(code)]]


def selected(x: list[float], places: list[int]) -> list[float]:
    """Return the numbers at these places."""
    return [x[place] for place in places]


def added(a: list[float], b: list[float]) -> list[float]:
    """Return the sums of two lists, number by number."""
    return [one + other for one, other in zip(a, b)]


def in_rows(function: Callable[[list[float]], list[float]], x: list[float], width: int) -> list[float]:
    """Return what a function makes of each row of this width."""
    return [y for start in range(0, len(x), width) for y in function(x[start : start + width])]


def softmax(z: list[float]) -> list[float]:
    """Return probabilities in proportion to exp(z)."""
    top = max(z)
    e = [math.exp(one - top) for one in z]
    total = sum(e)
    return [one / total for one in e]


def normalised(x: list[float], eps: float) -> list[float]:
    """Return x at mean 0 and variance 1."""
    mean = sum(x) / len(x)
    far = [one - mean for one in x]
    unit = math.sqrt(sum(one * one for one in far) / len(x) + eps)
    return [one / unit for one in far]


def mean_of(x: list[float], parts: int) -> list[float]:
    """Return the mean of equal parts of a list."""
    size = len(x) // parts
    return [sum(x[i::size]) / parts for i in range(size)]


def joined(parts: list[list[float]], rows: int) -> list[float]:
    """Return lists of rows side by side, row by row."""
    widths = [len(part) // rows for part in parts]
    return [y for r in range(rows) for part, d in zip(parts, widths) for y in part[r * d : (r + 1) * d]]


def sigmoid_of(z: float) -> float:
    """Return 1 / (1 + exp(-z)); the exponential never overflows."""
    e = math.exp(-abs(z))
    return (e if z < 0.0 else 1.0) / (1.0 + e)


def softplus_of(z: float) -> float:
    """Return log(1 + exp(z)); the exponential never overflows."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def sign_of(z: float) -> float:
    """Return 1, 0 or -1."""
    return float((z > 0.0) - (z < 0.0))


def exp_of(z: float) -> float:
    """Return exp(z), infinite where it overflows."""
    return math.exp(z) if z < 709.0 else math.inf


def expm1_of(z: float) -> float:
    """Return exp(z) - 1, infinite where it overflows."""
    return math.expm1(z) if z < 709.0 else math.inf

"""Toy data by formula: points of the plane in classes, and numbers to predict, drawn from a seed."""

from __future__ import annotations

import numpy as np

from glassnet.utils.checks import check_integer, check_number
from glassnet.utils.keywords import advises_on_names

__all__ = ["circles", "gaussians", "moons", "plane", "sine", "spirals", "xor"]

_MOST_CLASSES = 20
_MOST = 1e6


@advises_on_names
def spirals(
    n: int = 500, *, noise: float = 0.05, seed: int = 0, turns: float = 1.0, classes: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Return points on spiral arms that wind around each other, and the arm of each.

    ``x = 2 t (cos a, sin a)`` with ``a = 2 pi (turns t + y / classes)``, ``t`` uniform from 0.1 to 1, and the noise
    added.

    Parameters
    ----------
    n : int, default=500
        Number of rows; the arms have the same number, or one more.
    noise : float, default=0.05
        Standard deviation of what is added to both coordinates.
    seed : int, default=0
        The same seed gives the same bits.
    turns : float, default=1.0
        How often an arm winds around the middle.
    classes : int, default=2
        Number of arms, at most 20.

    Returns
    -------
    X : ndarray of shape (n, 2)
        float64.
    y : ndarray of shape (n,)
        Class codes 0, 1, ..., int64.

    Raises
    ------
    ConfigError
        There are fewer rows than classes, or an option has a value it cannot have.

    Examples
    --------
    >>> X, y = spirals(6, classes=3)
    >>> X.shape, y.tolist()
    ((6, 2), [0, 1, 2, 0, 1, 2])
    """
    turns = check_number("spirals", "turns", turns, 0.0, _MOST)
    y, rng = _classes("spirals", n, classes, seed)
    t = rng.uniform(0.1, 1.0, n)
    angle = 2.0 * np.pi * (turns * t + y / classes)
    return _noisy("spirals", 2.0 * t[:, None] * _direction(angle), noise, rng), y


@advises_on_names
def moons(n: int = 500, *, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points on two half circles that reach into each other, and the half circle of each.

    ``x = (cos a, sin a)`` in class 0 and ``(1 - cos a, 0.5 - sin a)`` in class 1, with ``a`` uniform from 0 to pi, and
    the noise added.

    Parameters
    ----------
    n, noise, seed
        As in `spirals`, which says what is refused; noise is 0.1 by default.

    Returns
    -------
    X : ndarray of shape (n, 2)
        float64.
    y : ndarray of shape (n,)
        0 and 1.

    Examples
    --------
    >>> X, y = moons(4, noise=0.0)
    >>> np.hypot(*X[y == 0].T).round(12).tolist()
    [1.0, 1.0]
    """
    y, rng = _classes("moons", n, 2, seed)
    upper = _direction(rng.uniform(0.0, np.pi, n))
    X = np.where(y[:, None] == 0, upper, [1.0, 0.5] - upper)
    return _noisy("moons", X, noise, rng), y


@advises_on_names
def circles(n: int = 500, *, noise: float = 0.1, seed: int = 0, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return points on circles around the same middle, and the circle of each, from the inside.

    ``x = r (cos a, sin a)`` with ``r = 2 (y + 1) / classes``, ``a`` uniform from 0 to 2 pi, and the noise added.

    Parameters
    ----------
    n, noise, seed
        As in `spirals`, which says what is refused; noise is 0.1 by default.
    classes : int, default=2
        Number of circles, at most 20.

    Returns
    -------
    X : ndarray of shape (n, 2)
        float64.
    y : ndarray of shape (n,)
        Class codes 0, 1, ...

    Examples
    --------
    >>> X, y = circles(4, noise=0.0)
    >>> np.hypot(*X.T).round(12).tolist()
    [1.0, 2.0, 1.0, 2.0]
    """
    y, rng = _classes("circles", n, classes, seed)
    radius = 2.0 * (y + 1.0) / classes
    X = radius[:, None] * _direction(rng.uniform(0.0, 2.0 * np.pi, n))
    return _noisy("circles", X, noise, rng), y


@advises_on_names
def xor(n: int = 500, *, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points of a square, and whether their coordinates have different signs: no line divides these classes.

    ``x = (s u, t v)`` with ``u`` and ``v`` uniform from 0.2 to 2 and signs ``s`` and ``t``; ``y = 1`` if ``s t < 0``;
    the noise is added to ``x`` afterwards.

    Parameters
    ----------
    n, noise, seed
        As in `spirals`, which says what is refused; noise is 0.1 by default, and the four quadrants have the same
        number of rows, or one more.

    Returns
    -------
    X : ndarray of shape (n, 2)
        float64.
    y : ndarray of shape (n,)
        0 and 1.

    Examples
    --------
    >>> X, y = xor(4, noise=0.0)
    >>> np.sign(X).tolist(), y.tolist()
    ([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]], [0, 1, 0, 1])
    """
    y, rng = _classes("xor", n, 2, seed)
    signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])[np.arange(n) % 4]
    return _noisy("xor", signs * rng.uniform(0.2, 2.0, (n, 2)), noise, rng), y


@advises_on_names
def gaussians(n: int = 500, *, noise: float = 0.5, seed: int = 0, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Return points around one centre for each class, and the class of each.

    ``x = 2 (cos a, sin a)`` with ``a = 2 pi y / classes``, and the noise added, which makes a normal distribution of
    it.

    Parameters
    ----------
    n, noise, seed
        As in `spirals`, which says what is refused; noise is 0.5 by default.
    classes : int, default=2
        Number of centres, at most 20.

    Returns
    -------
    X : ndarray of shape (n, 2)
        float64.
    y : ndarray of shape (n,)
        Class codes 0, 1, ...

    Examples
    --------
    >>> X, y = gaussians(4, noise=0.0)
    >>> X.round(12).tolist()
    [[2.0, 0.0], [-2.0, 0.0], [2.0, 0.0], [-2.0, 0.0]]
    """
    y, rng = _classes("gaussians", n, classes, seed)
    return _noisy("gaussians", 2.0 * _direction(2.0 * np.pi * y / classes), noise, rng), y


@advises_on_names
def sine(n: int = 200, *, noise: float = 0.1, seed: int = 0, periods: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers, and the sine of each.

    ``y = sin(periods pi x / 2)`` with ``x`` uniform from -2 to 2, and the noise added to ``y``.

    Parameters
    ----------
    n, noise, seed
        As in `spirals`, which says what is refused; noise is 0.1 by default.
    periods : float, default=1.0
        How many waves there are.

    Returns
    -------
    X : ndarray of shape (n, 1)
        float64.
    y : ndarray of shape (n,)
        float64.

    Examples
    --------
    >>> X, y = sine(3, noise=0.0)
    >>> bool((y == np.sin(np.pi * X[:, 0] / 2)).all())
    True
    """
    periods = check_number("sine", "periods", periods, 0.0, _MOST)
    rng = _generator("sine", n, 1, seed)
    X = rng.uniform(-2.0, 2.0, (n, 1))
    return X, _noisy("sine", np.sin(periods * np.pi * X[:, 0] / 2.0), noise, rng)


@advises_on_names
def plane(n: int = 200, *, noise: float = 0.1, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return points of a square, and their height on a tilted plane.

    ``y = (x1 + x2) / 2`` with both coordinates uniform from -2 to 2, and the noise added to ``y``.

    Parameters
    ----------
    n, noise, seed
        As in `spirals`, which says what is refused; noise is 0.1 by default.

    Returns
    -------
    X : ndarray of shape (n, 2)
        float64.
    y : ndarray of shape (n,)
        float64.

    Examples
    --------
    >>> X, y = plane(3, noise=0.0)
    >>> bool((y == X.sum(axis=1) / 2).all())
    True
    """
    rng = _generator("plane", n, 1, seed)
    X = rng.uniform(-2.0, 2.0, (n, 2))
    return X, _noisy("plane", X.sum(axis=1) / 2.0, noise, rng)


def _generator(where: str, n: int, least: int, seed: int) -> np.random.Generator:
    check_integer(where, "n", n, least)
    return np.random.default_rng(check_integer(where, "seed", seed, 0))


def _classes(where: str, n: int, classes: int, seed: int) -> tuple[np.ndarray, np.random.Generator]:
    """Return codes that take turns, and what the points are drawn with."""
    classes = check_integer(where, "classes", classes, 2, maximum=_MOST_CLASSES)
    rng = _generator(where, n, classes, seed)
    return np.arange(n, dtype=np.int64) % classes, rng


def _direction(angle: np.ndarray) -> np.ndarray:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _noisy(where: str, values: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Return the values with noise; exactly themselves without it."""
    noise = check_number(where, "noise", noise, 0.0, _MOST)
    return values if noise == 0.0 else values + noise * rng.standard_normal(values.shape)

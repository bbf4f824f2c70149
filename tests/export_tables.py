"""Trained models of tables and estimators to export, small and by name: each with a frame of rows to predict.

Every function takes a seed and returns ``(model, frame)``. The frames have missing cells, categories that training did not
have, and numbers far outside of its range.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np

N, ROWS = 160, 500
Made = tuple[Any, Any]


def columns(n: int, seed: int) -> dict[str, list[Any]]:
    """Return a table with every kind of column, and missing cells in most of them."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[Any]] = {
        "size": (2.0 + 3.0 * rng.standard_normal(n)).round(3).tolist(),
        "pay": rng.lognormal(8.0, 1.5, n).round(2).tolist(),
        "far": (1e4 + rng.standard_normal(n)).tolist(),
        "seconds": (1.7e9 + rng.integers(0, 10**7, n)).astype(float).tolist(),
        "rooms": rng.integers(1, 6, n).tolist(),
        "colour": [f"c{i}" for i in rng.integers(0, 5, n)],
        "side": rng.choice(["left", "right"], n).tolist(),
        "town": [f"t{i:02d}" for i in rng.zipf(1.5, n) % 60],
        "old": [bool(flag) for flag in rng.random(n) < 0.5],
        "born": [dt.datetime(2019, 5, 1) + dt.timedelta(hours=int(hours)) for hours in rng.integers(0, 20_000, n)],
        "opens": [dt.time(int(h), int(m)) for h, m in zip(rng.integers(0, 24, n), rng.integers(0, 60, n), strict=True)],
        "one": ["same"] * n,
        "id": [f"row {seed} {i}" for i in range(n)],
    }
    for j, (name, values) in enumerate(found.items()):
        if name not in ("far", "side", "rooms"):
            for i in range(j, n, 13):
                values[i] = None
    return found


def new_rows(seed: int, n: int = ROWS) -> dict[str, list[Any]]:
    """Return rows to predict: as `columns`, and some with cells that training did not have."""
    found = columns(n, seed + 1000)
    odd: dict[str, list[Any]] = {
        "size": [1e9, -1e9, float("inf"), -float("inf"), -0.0, 0.0, None],
        "pay": [0.0, 1e12, -5.0, 1e-300, None],
        "far": [0.0, 2e4, None],
        "seconds": [0.0, 4e9, None],
        "rooms": [0, -3, 99, None],
        "colour": ["never seen", "c0 ", "", None],
        "side": ["middle", None],
        "town": ["nowhere", "t59", None],
        "born": [dt.datetime(1900, 1, 1), dt.datetime(2200, 12, 31, 23, 59, 59, 999_999), None],
        "opens": [dt.time(0, 0), dt.time(23, 59, 59), None],
    }
    for j, (name, cells) in enumerate(odd.items()):
        for i, cell in enumerate(cells):
            found[name][7 * j + 11 * i] = cell
    return found


def classes(frame: dict[str, list[Any]]) -> list[str]:
    """Return labels that follow from the columns of `columns`."""
    score = _score(frame)
    return ["low" if s < -0.5 else "high" if s > 0.7 else "middle" for s in score]


def numbers(frame: dict[str, list[Any]]) -> list[float]:
    """Return numbers that follow from the columns of `columns`."""
    return (250.0 + 40.0 * _score(frame)).tolist()


def _score(frame: dict[str, list[Any]]) -> np.ndarray:
    size = np.array([2.0 if x is None else x for x in frame["size"]])
    colour = np.array([c == "c1" for c in frame["colour"]])
    return np.asarray((size - 2.0) / 3.0 + colour - 0.2 + (np.array(frame["rooms"]) == 2))


# ---- table models ----------------------------------------------------------------------------------------------------


def _classifier(seed: int, **options: Any) -> Made:
    from glassnet.tabular import TabularClassifier

    frame = columns(N, seed)
    given: dict[str, Any] = {"epochs": 4, "random_state": seed, "diagnose": False, **options}
    return TabularClassifier(**given).fit(frame, classes(frame)).model_, new_rows(seed)


def _regressor(seed: int, **options: Any) -> Made:
    from glassnet.tabular import TabularRegressor

    frame = columns(N, seed)
    given: dict[str, Any] = {"epochs": 4, "random_state": seed, "diagnose": False, **options}
    return TabularRegressor(**given).fit(frame, numbers(frame)).model_, new_rows(seed)


def plain(seed: int) -> Made:
    """A network on standardised columns, as the command line trains with settings of one's own."""
    import glassnet as gn
    from glassnet.tabular.encoding.encoder import TableEncoder
    from glassnet.tabular.encoding.target import TargetEncoder
    from glassnet.tabular.model import TableModel

    frame = columns(N, seed)
    encoder, target = TableEncoder().fit(frame), TargetEncoder().fit(classes(frame))
    layers = [gn.Dense(12, "tanh"), gn.Dropout(0.1), gn.Dense(target.n_outputs)]
    net = gn.Network(layers, loss=target.loss, optimizer=gn.Adam(0.01), seed=seed)
    net.fit(encoder.transform(frame), target.transform(classes(frame)), epochs=5)
    return TableModel(net, encoder, target), new_rows(seed)


TABLES: dict[str, Callable[[int], Made]] = {"plain": plain}
"""Table models by name."""

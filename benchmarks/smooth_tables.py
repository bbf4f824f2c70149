"""Large smooth regression tables, made with seeds, for `benchmarks.tabular`.

Six functions, each with little and with much noise: what physics and geometry look like as a table. Run::

    python -m benchmarks.smooth_tables FOLDER
    python -m benchmarks.tabular FOLDER --largest all

``index.json`` also has ``noise``, the standard deviation of what was added: no RMSE can be lastingly below it.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["NOISES", "TABLES", "SmoothTable", "main", "make"]

Columns = dict[str, np.ndarray]

NOISES = {"little": 0.03, "much": 0.3}
"""Standard deviations of the noise, as shares of the function's."""


class SmoothTable(NamedTuple):
    """A function, and how many rows of it."""

    n: int
    function: Callable[[np.random.Generator, int], tuple[Columns, np.ndarray]]


def _uniform(rng: np.random.Generator, n: int, **ranges: tuple[float, float]) -> Columns:
    return {name: rng.uniform(low, high, n) for name, (low, high) in ranges.items()}


def _friedman1(rng: np.random.Generator, n: int) -> tuple[Columns, np.ndarray]:
    """Ten inputs of which five count (Friedman 1991)."""
    X = _uniform(rng, n, **{f"x{i}": (0.0, 1.0) for i in range(1, 11)})
    y = 10.0 * np.sin(np.pi * X["x1"] * X["x2"]) + 20.0 * (X["x3"] - 0.5) ** 2 + 10.0 * X["x4"] + 5.0 * X["x5"]
    return X, y


def _circuit(rng: np.random.Generator, n: int) -> Columns:
    """Resistance, angular frequency, inductance and inverse capacity of an alternating current's circuit."""
    return _uniform(rng, n, r=(0.0, 100.0), w=(40.0 * np.pi, 560.0 * np.pi), l=(0.0, 1.0), c=(1.0, 11.0))


def _friedman2(rng: np.random.Generator, n: int) -> tuple[Columns, np.ndarray]:
    """Return the impedance of a circuit (Friedman 1991)."""
    X = _circuit(rng, n)
    return X, np.hypot(X["r"], X["w"] * X["l"] - 1.0 / (X["w"] * X["c"]))


def _friedman3(rng: np.random.Generator, n: int) -> tuple[Columns, np.ndarray]:
    """Return the phase of a circuit (Friedman 1991)."""
    X = _circuit(rng, n)
    return X, np.arctan2(X["w"] * X["l"] - 1.0 / (X["w"] * X["c"]), X["r"])


def _robot_arm(rng: np.random.Generator, n: int) -> tuple[Columns, np.ndarray]:
    """How far the hand of an arm with six joints, in turns about z and y, is from a point; lengths in metres."""
    X = _uniform(rng, n, **{f"joint{i}": (-np.pi / 2.0, np.pi / 2.0) for i in range(1, 7)})
    turned, hand = np.broadcast_to(np.eye(3), (n, 3, 3)), np.zeros((n, 3))
    for number, (angle, length) in enumerate(zip(X.values(), (0.4, 0.35, 0.3, 0.25, 0.15, 0.1), strict=True)):
        cos, sin, none, one = np.cos(angle), np.sin(angle), np.zeros(n), np.ones(n)
        rows = [[cos, -sin, none], [sin, cos, none], [none, none, one]]
        if number % 2:
            rows = [[cos, none, sin], [none, one, none], [-sin, none, cos]]
        turned = turned @ np.moveaxis(np.array(rows), -1, 0)
        hand = hand + length * turned[:, :, 0]
    return X, np.linalg.norm(hand - np.array([0.5, 0.4, 0.2]), axis=1)


def _pump_curve(rng: np.random.Generator, n: int) -> tuple[Columns, np.ndarray]:
    """Return the shaft power in kW of a centrifugal pump: its curves at other speeds and diameters by affinity laws."""
    X = _uniform(
        rng, n, speed_rpm=(1200.0, 3200.0), diameter_mm=(180.0, 260.0), density_kg_m3=(750.0, 1250.0),
        viscosity_mm2_s=(1.0, 60.0), wear=(0.0, 0.2),
    )  # fmt: skip
    speed, size, share = X["speed_rpm"] / 2900.0, X["diameter_mm"] / 219.0, rng.uniform(0.1, 1.3, n)
    flow = 130.0 * share * speed * size**3  # m3/h; a share of 1 is where a new pump is best
    head = (62.0 - 14.0 * share**2) * (speed * size) ** 2 * (1.0 - X["wear"] * share)
    off = share / (1.0 - 0.3 * X["wear"]) - 1.0
    efficiency = 0.78 * (1.0 - 0.7 * off**2) / (1.0 + 0.004 * X["viscosity_mm2_s"] ** 1.1 / size)
    return {"flow_m3_h": flow, **X}, X["density_kg_m3"] * 9.81 * flow / 3600.0 * head / efficiency / 1000.0


def _waves(rng: np.random.Generator, n: int) -> tuple[Columns, np.ndarray]:
    """Twelve waves in ways of their own through a space of six inputs."""
    X = _uniform(rng, n, **{f"x{i}": (-1.0, 1.0) for i in range(1, 7)})
    ways, phases = rng.normal(0.0, 1.4, (6, 12)), rng.uniform(0.0, 2.0 * np.pi, 12)
    heights = 1.0 / np.sqrt(np.arange(1.0, 13.0))
    return X, np.sin(np.column_stack(list(X.values())) @ ways + phases) @ heights


TABLES = {
    "friedman1": SmoothTable(18_000, _friedman1),
    "friedman2": SmoothTable(9_000, _friedman2),
    "friedman3": SmoothTable(12_000, _friedman3),
    "pump_curve": SmoothTable(24_000, _pump_curve),
    "robot_arm": SmoothTable(36_000, _robot_arm),
    "waves": SmoothTable(54_000, _waves),
}
"""The functions by name."""


def make(name: str, noise: str, n: int | None = None) -> tuple[Columns, float]:
    """Return the columns of a table, ``target`` the last, and the standard deviation of its noise.

    Both noises of a function have the same rows; ``n`` is for fewer of them.
    """
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    X, y = TABLES[name].function(rng, n or TABLES[name].n)
    spread = float(NOISES[noise] * np.std(y))
    return {**X, "target": y + spread * rng.standard_normal(len(y))}, spread


def _write(folder: Path, chosen: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Write the tables, and yield an entry of the index for each."""
    import pandas as pd

    for name in chosen:
        for noise in NOISES:
            columns, spread = make(name, noise)
            full = f"{name}_{noise}_noise"
            pd.DataFrame(columns).to_parquet(folder / f"{full}.parquet")
            n, d = len(columns["target"]), len(columns) - 1
            yield {"name": full, "file": f"{full}.parquet", "task": "regression", "n": n, "d": d, "noise": spread}


def main(words: Sequence[str] | None = None) -> None:
    """Make the tables and their index."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.smooth_tables", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(TABLES), default=list(TABLES), help="only these functions")
    options = parser.parse_args(words)
    options.folder.mkdir(parents=True, exist_ok=True)
    index = list(_write(options.folder, options.only))
    (options.folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")
    print(f"{len(index)} tables of {min(e['n'] for e in index):,} to {max(e['n'] for e in index):,} rows")


if __name__ == "__main__":
    main()

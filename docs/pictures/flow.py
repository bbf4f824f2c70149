"""Drawings of where data and models come from and go to: tables, files, shards, members, exports."""

from __future__ import annotations

import itertools
import json
import struct
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.patches import Circle
from paper import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, arrow, box, canvas, say

import glassnet as gn
from glassnet.tabular import TableEncoder, read_table, to_table
from glassnet.training.division import shards_of

__all__ = ["PICTURES"]

_MONO = {"family": "monospace", "size": 10.0}
_KINDS = {"number": BLUE, "category": ORANGE, "boolean": GREEN, "date": PURPLE, "text": GREY}


def columns() -> Any:
    """Draw how the columns of a table become the inputs of a network, as its encoder says."""
    penguins = read_table("penguins").drop(["year", "bill_depth_mm", "flipper_length_mm"])
    inputs = penguins.drop(["species"])
    encoder = TableEncoder().fit(inputs)
    done = {"one-hot": "one-hot", "standardised": "(x - mean) / std"}
    figure, ax = canvas(66)
    for x, text in ((13, "column"), (38, "is coded as"), (63, "features"), (90, "network")):
        say(ax, x, 4, text, GREY)
    top = 11.0
    for column in encoder.describe():
        color, n = _KINDS[column["kind"]], column["features"]
        middle = top + 4.6 * n / 2
        box(ax, 13, middle, 25, 7.5, column["name"], color, size=9.5)
        flagged = "\n+ a flag if missing" if column["missing"] else ""
        how = next((word for start, word in done.items() if column["done"].startswith(start)), "1 and -1")
        say(ax, 38, middle, how + flagged, color, 9.5)
        for i in range(n):
            y = top + 4.6 * (i + 0.5)
            ax.add_patch(Circle((63, y), 1.7, fc=color, ec="none", alpha=0.8))
            ax.plot([65, 82], [y, 33], color="0.8", lw=0.8, zorder=0)
        arrow(ax, (51, middle), (59, middle), GREY)
        top += 4.6 * n + 2.6
    box(ax, 89, 33, 16, 24, "layers", INK)
    say(ax, 50, 62.5, f"{len(inputs.names)} columns become {len(encoder.feature_names)} features", GREY, 10.5)
    return figure


def split() -> Any:
    """Draw the parts that the rows of a table are divided into, and what each is for."""
    figure, ax = canvas(29)
    test = 0.2
    validation = (1.0 - test) * 0.2
    parts = (
        (1.0 - test - validation, "training", "the weights", BLUE),
        (validation, "validation", "the epoch", ORANGE),
        (test, "test", "the scores", GREEN),
    )
    left = 2.0
    for share, name, use, color in parts:
        width = 96.0 * share
        box(ax, left + width / 2, 12, width, 13, f"{name}\n{share:.0%}", color, size=10.0)
        say(ax, left + width / 2, 23, use, color, 10.5)
        left += width
    say(ax, 2, 3, "all rows, in random order", GREY, ha="left")
    return figure


def cells() -> Any:
    """Draw cells of text as they are read: what they are, and the value of the first one."""
    given = {
        "price": ["$1,250.00", "$80.50", "n.a."], "size": ["54 m²", "61.5 m²", "48 m²"],
        "sold": ["31.05.2024", "1.6.2024", "2.6.2024"], "visit": ["08:30", "6:15 PM", "12:05"],
        "new": ["yes", "no", "Yes"], "zip": ["02134", "10115", "00501"],
    }  # fmt: skip
    table = to_table(given)
    figure, ax = canvas(55)
    for x, text in ((16, "three cells"), (58, "read as"), (86, "the first one is")):
        say(ax, x, 4, text, GREY)
    for i, column in enumerate(table.columns):
        y, color = 12 + 7.8 * i, _KINDS[column.kind]
        say(ax, 2, y, "  ".join(given[column.name]), size=8.8, ha="left", family="monospace")
        arrow(ax, (45.5, y), (49, y), GREY)
        box(ax, 59, y, 18, 6.8, column.kind, color, size=10.5)
        arrow(ax, (69, y), (73, y), GREY)
        say(ax, 86, y, _value(column), color, 10.5)
    return figure


def _value(column: Any) -> str:
    """Return the first value of a column as it stands in the table."""
    value = column.values[0]
    if column.kind == "date":
        return str(np.datetime64(value, "D"))
    if column.kind == "number":
        return f"{float(value):,g} s" if "seconds" in column.form.describe() else f"{float(value):g}"
    return f"{value!r}" if isinstance(value, str) else str(value)


def text_file() -> Any:
    """Draw a text file with what each of its lines is taken for."""
    lines = (
        "sep=;", "Weather station, exported 2024", "day;temperature;wind;;", "(date);(°C);(m/s);;",
        "2024-05-01;17,5;3,2;;", "2024-05-02;18,0;4,1;;", "2024-05-03;16,5;2,9;;", "Source: our own roof",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "weather.csv")
        path.write_bytes("\n".join((*lines, "")).encode("cp1252"))
        with warnings.catch_warnings(action="ignore"):  # the notes are what is drawn
            table = read_table(str(path))
    notes = " ".join(table.notes)
    figure, ax = canvas(60)
    box(ax, 32, 30, 60, 58, color=GREY)
    for i, line in enumerate(lines):
        y = 7.0 + 6.6 * i
        role, color = _role(line, notes, table)
        say(ax, 4, y, line, color, ha="left", **_MONO)
        ax.plot([62.5, 66], [y, y], color=color, lw=1.2)
        say(ax, 67.5, y, role, color, 10.5, ha="left")
    return figure


def _role(line: str, notes: str, table: Any) -> tuple[str, str]:
    """Return what a line was taken for, by the table that was read and the notes on it."""
    if line == "sep=;":
        return "the separator", GREEN
    if line.startswith(tuple(table.names)):
        return "the names", BLUE
    if line.startswith("("):
        return ("units: left out" if "with units left out" in notes else ""), GREY
    if line in notes:
        below = f"left out ('{line}')" in notes
        return ("remark: left out" if below else "title: passed over"), GREY
    return "a row", INK


def blocks() -> Any:
    """Draw how rows in files reach the network: blocks from all over, shuffled in a buffer, as batches."""
    figure, ax = canvas(54)
    rng = np.random.default_rng(1)
    shades = [BLUE, ORANGE, GREEN, PURPLE]
    for x, text in ((13, "blocks in files"), (48, "buffer, shuffled"), (86, "batches")):
        say(ax, x, 4, text, GREY)
    for i in range(12):
        y = 9.5 + 3.7 * i
        chosen = i % 3 == 1
        color = shades[i // 3]
        ax.fill_between([4, 22], y, y + 2.9, color=color, alpha=0.75 if chosen else 0.18, lw=0)
        if chosen:
            arrow(ax, (23, y + 1.5), (35, 20 + 4.4 * (i // 3)), color)
    order = rng.permutation(np.repeat(np.arange(4), 12))
    for k, which in enumerate(order):
        x, y = 37 + 2.9 * (k % 8), 16 + 3.7 * (k // 8)
        ax.fill_between([x, x + 2.2], y, y + 2.9, color=shades[which], alpha=0.75, lw=0)
    for j in range(6):
        y = 16 + 3.7 * j
        for k, which in enumerate(order[8 * j : 8 * j + 8]):
            ax.fill_between([76 + 2.6 * k, 78 + 2.6 * k], y, y + 2.9, color=shades[which], alpha=0.75, lw=0)
        arrow(ax, (62, y + 1.4), (74, y + 1.4), GREY, lw=1.0)
    say(ax, 66, 46, "while the network trains on this buffer,\na thread reads the next blocks", GREY, 10.5)
    return figure


def targets() -> Any:
    """Draw the model and who gets it in which form."""
    rows = (
        ("python, numpy", "a module", BLUE), ("c", "firmware, 8 bits too", BLUE), ("js", "a web page's script", BLUE),
        ("html", "a page with a form", GREEN), ("onnx", "any runtime", ORANGE),
        ("torch, keras", "trains on", ORANGE), ("glassnet serve", "JSON over HTTP", PURPLE),
    )  # fmt: skip
    figure, ax = canvas(64)
    box(ax, 15, 32, 26, 22, "one model\nnetwork, columns,\nlabels", INK, size=9.5)
    for i, (name, use, color) in enumerate(rows):
        y = 6.0 + 8.7 * i
        arrow(ax, (28.5, 32), (43.5, y), color, lw=1.2)
        box(ax, 57, y, 27, 7.4, name, color, size=10.5)
        say(ax, 72.5, y, use, GREY, 10.0, ha="left")
    return figure


def frameworks() -> Any:
    """Draw the ways between glassnet and three frameworks, by the functions that go them."""
    figure, ax = canvas(50)
    box(ax, 13, 25, 22, 46, "glassnet", BLUE, weight="bold")
    rows = (("PyTorch", "gn.export(..., to=\"torch\")", "gn.from_torch"),
            ("Keras", "gn.export(..., to=\"keras\")", "gn.from_keras"),
            ("scikit-learn", "to_sklearn", "gn.from_sklearn"))  # fmt: skip
    for i, (name, away, back) in enumerate(rows):
        y = 9.0 + 16.0 * i
        box(ax, 87, y, 22, 13, name, ORANGE)
        arrow(ax, (24.5, y - 1.6), (75.5, y - 1.6), BLUE)
        arrow(ax, (75.5, y + 1.6), (24.5, y + 1.6), ORANGE)
        say(ax, 50, y - 4.4, away, BLUE, 10.0)
        say(ax, 50, y + 4.6, back, ORANGE, 10.0)
    return figure


def _bytes_of(net: Any, **options: Any) -> bytes:
    """Return the file that a network is saved in."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.safetensors")
        net.save(path, **options)
        return path.read_bytes()


def file_format() -> Any:
    """Draw the small network of the page on the format in its file, from the first byte to the last."""
    net = gn.Network([gn.Dense(4, "tanh"), gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=2)
    net.metadata["made for"] = "this page"
    content = _bytes_of(net)
    n = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + n])
    arrays = sorted(
        (entry["data_offsets"], name, entry["shape"]) for name, entry in header.items() if name != "__metadata__"
    )
    figure, ax = canvas(30 + 9 * len(arrays))
    say(ax, 2, 3.5, f"small.safetensors, {len(content):,} bytes", GREY, ha="left")
    box(ax, 36, 10, 68, 7.5, f"n = {n:,}", GREY, size=10.5)
    say(ax, 72, 10, "8 bytes", GREY, 10.5, ha="left")
    words = (
        "name, type, shape and place of each array",
        "__metadata__: layers, loss, optimizer,",
        "notes, state of the training",
    )
    box(ax, 36, 21, 68, 13, "\n".join(words), PURPLE, size=9.5)
    say(ax, 72, 21, "n bytes of JSON", PURPLE, 10.5, ha="left")
    for i, ((start, end), name, shape) in enumerate(arrays):
        y = 33 + 9 * i
        box(ax, 36, y, 68, 8, f"{name} {tuple(shape)}", BLUE, size=10.5)
        say(ax, 72, y, f"data {start} to {end}", BLUE, 10.5, ha="left")
    return figure


def saved() -> Any:
    """Draw what a file holds, and what more it holds with the state of the training."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 4))
    layers = [gn.Dense(16, "relu"), gn.Dropout(0.1), gn.Dense(2)]
    net = gn.Network(layers, loss="cross_entropy", seed=0)
    net.fit(X, (X[:, 0] > X[:, 1]).astype(int), epochs=3)
    sizes = [len(_bytes_of(net, training_state=state)) for state in (False, True)]
    figure, ax = canvas(47)
    for x, title, size in ((25, "net.save(path)", sizes[0]), (75, "training_state=True", sizes[1])):
        say(ax, x, 4, title, family="monospace", size=10.5)
        box(ax, x, 14, 42, 12, "layers, loss, optimizer,\nparameters, metadata", BLUE, size=10.5)
        say(ax, x, 43, f"{size:,} bytes", GREY, 10.5)
    box(ax, 75, 28, 42, 13, "moments of the optimizer,\nhistory, position,\nbest weights", ORANGE, size=10.0)
    say(ax, 25, 38, "predicts", BLUE)
    say(ax, 75, 38, "predicts, and fit goes on", ORANGE)
    return figure


def shards() -> Any:
    """Draw the sums of eight shards on two numbers of ranks: the same tree."""
    figure, ax = canvas(57)
    n, colors = 8, (BLUE, ORANGE, GREEN, PURPLE)
    for left, size in ((2.0, 2), (53.0, 4)):
        say(ax, left + 23, 4, f"{size} ranks", weight="bold")
        for rank in range(size):
            for shard in shards_of(n, rank, size):
                box(ax, left + 2.5 + 5.9 * shard, 12, 5.9, 7.5, str(shard), colors[rank])
        rank_of = {shard: rank for rank in range(size) for shard in shards_of(n, rank, size)}
        _tree(ax, left, [rank_of[shard] for shard in range(n)], colors)
        box(ax, left + 23, 51, 34, 7.5, "one step of the optimizer", INK, size=9.5)
    say(ax, 50, 20.5, "", GREY)
    return figure


def _tree(ax: Any, left: float, ranks: list[int], colors: Any) -> None:
    """Draw sums of neighbours, level by level; where two ranks meet the sum is in black."""
    spots = [(left + 2.5 + 5.9 * i, 16.0, rank) for i, rank in enumerate(ranks)]
    for level in range(3):
        y, upper = 23.0 + 10.0 * level, spots
        spots = []
        for (x, at, rank), (u, _, other) in zip(upper[::2], upper[1::2], strict=True):
            color = colors[rank] if rank == other else INK
            middle = (x + u) / 2
            for start in (x, u):
                ax.plot([start, middle], [at, y - 2.0], color=color, lw=1.4)
            ax.add_patch(Circle((middle, y), 2.0, fc="white", ec=color, lw=1.4))
            say(ax, middle, y, "+", color, 10.5)
            spots.append((middle, y + 2.0, rank if rank == other else other))
    ((x, y, _),) = spots
    arrow(ax, (x, y), (x, 47.5))


def members() -> Any:
    """Draw members: networks of one shape behind one another, on the same rows, with answers of their own."""
    figure, ax = canvas(50)
    box(ax, 9, 25, 15, 12, "rows", GREY)
    rng = np.random.default_rng(0)
    for k, color in reversed(tuple(enumerate((BLUE, ORANGE, GREEN)))):
        dx, dy = 9.0 * k, -4.5 * k
        ax.fill_between([24 + dx, 57 + dx], 17 + dy, 44 + dy, color="white", zorder=2 - k / 9)
        ax.plot(np.array([24, 57, 57, 24, 24]) + dx, np.array([17, 17, 44, 44, 17]) + dy, color=color, zorder=2 - k / 9)
        ranks = [[(29 + dx, y + dy) for y in (26, 35)], [(40 + dx, y + dy) for y in (22, 27.5, 33, 38.5)],
                 [(51 + dx, y + dy) for y in (26, 35)]]  # fmt: skip
        for a, b in itertools.pairwise(ranks):
            for x, y in a:
                for u, v in b:
                    ax.plot([x, u], [y, v], color=color, lw=0.3 + abs(rng.normal()) * 1.1, zorder=2.05 - k / 9)
        for x, y in (spot for rank in ranks for spot in rank):
            ax.add_patch(Circle((x, y), 1.5, fc="white", ec=color, zorder=2.08 - k / 9))
        say(ax, 25.5 + dx, 19.2 + dy, f"seed {k}", color, 9.5, ha="left", zorder=2.09 - k / 9)
        arrow(ax, (58 + dx, 41 + dy), (85, 34 - 8 * k), color, lw=1.2)
    for k, color in enumerate((BLUE, ORANGE, GREEN)):
        box(ax, 92.5, 34 - 8 * k, 14, 7, "answer", color, size=9.5)
    say(ax, 92.5, 43, "mean:\nensemble", GREY, 10.0)
    arrow(ax, (17, 25), (23.5, 27), GREY)
    say(ax, 37, 48, "trained together, in one pass of NumPy", GREY, 10.5)
    return figure


PICTURES = {
    "columns.svg": columns, "split.svg": split, "cells.svg": cells, "text-file.svg": text_file, "blocks.svg": blocks,
    "targets.svg": targets, "frameworks.svg": frameworks, "file-format.svg": file_format, "saved.svg": saved,
    "shards.svg": shards, "members.svg": members,
}  # fmt: skip

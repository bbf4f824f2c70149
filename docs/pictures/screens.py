"""Pictures of pages: reports, notebooks and the playground, as Chromium shows them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from paper import palette_png

import glassnet as gn

__all__ = ["PICTURES"]


def _shot(page: Path, width: int, height: int, *, colors: int = 64, shown: int = 1000) -> bytes:
    """Return what Chromium shows of a page in a window of this size, at most so many pixels wide."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("pictures of pages need Chromium, which is not on the path")
    picture = page.with_suffix(".png")
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=2",
        f"--window-size={width},{height}", "--virtual-time-budget=4000", f"--screenshot={picture}", page.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, check=True)
    return palette_png(picture.read_bytes(), colors, shown)


def report() -> bytes:
    """Show the top of the report that `glassnet train` writes on the penguins."""
    words = ["train", "penguins", "species", "--recipe", "small", "--quiet", "--report", "penguins.html"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "glassnet", *words], cwd=folder, capture_output=True, check=True)
        return _shot(Path(folder, "penguins.html"), 640, 1000, colors=32, shown=800)


def _cells(parts: list[tuple[str, Any]]) -> str:
    """Return a page with cells as a notebook has them: a line of code, and what it shows."""
    style = """body { font: 14px system-ui, sans-serif; margin: 12px; color: #222; }
        pre { background: #f3f3f3; border-left: 4px solid #1f77b4; padding: 8px 10px;
          margin: 10px 0 6px; font-size: 14px; }
        div { margin: 0 0 0 4px; }"""
    cells = "".join(f"<pre>{code}</pre><div>{shown._repr_html_()}</div>" for code, shown in parts)
    return f"<!doctype html><meta charset='utf-8'><style>{style}</style>{cells}"


def notebook() -> bytes:
    """Show the cells of the page on notebooks: a network, its history, the importance of its columns."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((300, 4))
    y = (X[:, 0] + 0.3 * rng.standard_normal(300) > 0).astype(int)
    net = gn.Network([gn.Dense(16, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.Adam(0.01), seed=0)
    stopping = gn.EarlyStopping("valid_loss", patience=30)
    history = net.fit(X, y, epochs=30, validation_split=0.2, early_stopping=stopping)
    found = gn.permutation_importance(net, X, y, feature_names=["width", "height", "age", "noise"])
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "notebook.html")
        page.write_text(_cells([("net", net), ("history", history), ("importance", found)]), encoding="utf-8")
        return _shot(page, 520, 1230, colors=32, shown=720)


def playground() -> bytes:
    """Show the playground with a network that has learned the two moons."""
    X, y = gn.datasets.moons(300, noise=0.2, seed=0)
    net = gn.Network(
        [gn.Dense(8, "tanh"), gn.Dense(1)],
        loss="binary_cross_entropy",
        optimizer=gn.Adam(0.05),
        seed=0,
        input_shape=(2,),
    )
    held_out = (X[240:], y[240:])
    net.fit(X[:240], y[:240], epochs=60, validation_data=held_out)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "playground.html")
        net.to_page(str(page), X[:240], y[:240], validation_data=held_out, batch_size=32)
        return _shot(page, 1280, 800, colors=160, shown=1100)


PICTURES = {"report.png": report, "notebook.png": notebook, "playground.png": playground}

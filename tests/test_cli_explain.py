"""Tests of the text of ``glassnet explain``: numbers that add up, and the interval of quantiles."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from glassnet.cli.app import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a table of prices in millions, and two models of it: of one number, and of quantiles."""
    found = tmp_path_factory.mktemp("prices")
    rng = np.random.default_rng(4)
    A, B = rng.normal(size=120), rng.normal(size=120)
    rows = [f"{a:.3f},{1e7 * b:.0f},{2e6 + 1e6 * a + 20 * b:.2f}" for a, b in zip(A, B, strict=True)]
    (found / "p.csv").write_text("\n".join(["a,b,price", *rows, ""]))
    words = ["train", str(found / "p.csv"), "price", "--recipe", "small", "--epochs", "5", "-q"]
    assert main([*words, "-o", str(found / "m.safetensors")]) == 0
    assert main([*words, "-o", str(found / "q.safetensors"), "--quantiles", "0.1,0.5,0.9"]) == 0
    return found


def test_large_numbers_add_up_as_printed(run: Run, folder: Path) -> None:
    """The sum holds for the numbers as they are printed, without exponents, and contributions have its decimals."""
    for name in ("m", "q"):
        out = run("explain", str(folder / f"{name}.safetensors"), str(folder / "p.csv"), "--row", "3")[1]
        assert re.search(r"\de[+-]\d", out) is None
        found = re.search(r"^([\d,]+) \(typical training rows\) ([+-]) ([\d,]+) \(all columns\) = ([\d,]+)$", out, re.M)
        assert found is not None
        base, change, answer = (int(found[i].replace(",", "")) for i in (1, 3, 4))
        assert base + (change if found[2] == "+" else -change) == answer
        bars = [int(text.replace(",", "")) for text in re.findall(r"  ([+-][\d,]+)  .*│", out)]
        assert len(bars) == 2
        assert abs(base + sum(bars) - answer) <= 2


def test_quantiles_of_a_row_are_shown(run: Run, folder: Path) -> None:
    """``explain`` has the outer quantiles that are predicted for the row, those of ``predict``."""
    words = [str(folder / "q.safetensors"), str(folder / "p.csv")]
    found = json.loads(run("explain", *words, "--row", "3", "--json")[1])["quantiles"]
    predicted = json.loads(run("predict", *words, "--json")[1])["quantiles"]
    assert {name: pytest.approx(cells[2], rel=1e-5) for name, cells in predicted.items()} == found
    out = " ".join(run("explain", *words, "--row", "3")[1].split())
    assert f", between {found['0.1']:,.0f} and {found['0.9']:,.0f} (quantiles 0.1 and 0.9) (true: " in out
    assert json.loads(run("explain", str(folder / "m.safetensors"), words[1], "--json")[1])["quantiles"] == {}

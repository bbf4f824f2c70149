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


TARGETS = {
    "decimal comma and thousands dots": (lambda value: f"{value:_.2f}".replace(".", ",").replace("_", "."), ";"),
    "euro sign": (lambda value: f"{value:.2f} €", ","),
    "per cent": (lambda value: f"{value / 100:.2f} %", ","),
    "thousands commas": (lambda value: f"{value:,.0f}", "\t"),
    "duration": (lambda value: f"{int(value) // 60:02d}:{int(value) % 60:02d}:30", ","),
}


def _rents(path: Path, written: Callable[[float], str], mark: str, unknown: str = "") -> list[float]:
    """Write 80 rows whose target is text of numbers; with ``unknown`` every 20th cell is that. Return the numbers."""
    rng = np.random.default_rng(1)
    A, B = rng.random(80), rng.random(80)
    y = (1200.0 + 2000.0 * A + 300.0 * B).tolist()
    cells = [unknown if unknown and not i % 20 else written(value) for i, value in enumerate(y)]
    rows = [mark.join((f"{a:.3f}".replace(".", "," if mark == ";" else "."), f"{i}", cell))
            for i, (a, cell) in enumerate(zip(A, cells, strict=True))]  # fmt: skip
    path.write_text("\n".join([mark.join(("a", "b", "rent")), *rows, ""]), encoding="utf-8")
    return y


@pytest.mark.parametrize("kind", TARGETS)
def test_the_command_that_train_prints_explains_targets_of_text(
    run: Run, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``Why`` of ``train`` runs, in text, with a step and as a page, where the target is text of numbers."""
    written, mark = TARGETS[kind]
    monkeypatch.chdir(tmp_path)
    y = _rents(tmp_path / "rents.csv", written, mark)
    code, out, err = run("train", "rents.csv", "rent", "--recipe", "plain", "--epochs", "2", "-o", "m.safetensors")
    assert code == 0, err
    command = re.search(r"Why +glassnet (explain .* --row (\d+))", out)
    assert command is not None
    words, row = command[1].split(), int(command[2])
    found = json.loads(run(*words, "--json", "--step")[1])
    scale = {"per cent": 0.01, "duration": 60.0}.get(kind, 1.0)
    assert found["truth"] == pytest.approx(y[row - 1] * scale, abs=31.0 if kind == "duration" else 0.51)
    assert found["step"] is not None
    for more in ([], ["--step"], ["--html", "x.html"]):
        code, _, err = run(*words, *more)
        assert code == 0, err


def test_a_word_for_no_value_is_one_where_the_target_is_text(run: Run, tmp_path: Path) -> None:
    """A mark of missing targets counts in ``explain``, and in ``evaluate --skip-missing``, as in training."""
    data, model = tmp_path / "rents.csv", tmp_path / "m.safetensors"
    _rents(data, lambda value: f"{value:.1f} €".replace(".", ","), ";", unknown="k.A.")
    words = ["train", str(data), "rent", "--skip-missing", "--recipe", "plain", "--epochs", "2", "-q", "-o", str(model)]
    assert run(*words)[0] == 0
    assert json.loads(run("explain", str(model), str(data), "--row", "21", "--json")[1])["truth"] is None
    code, _, err = run("evaluate", str(model), str(data))
    assert (code, "no value (empty, or 'k.A.') in 4 of 80 rows" in err) == (2, True)
    code, out, err = run("evaluate", str(model), str(data), "--skip-missing", "--json")
    assert code == 0, err
    assert json.loads(out)["rows"] == {"read": 80, "scored": 76}


def test_worst_rows_have_the_targets_of_the_file(run: Run, tmp_path: Path) -> None:
    """``evaluate`` shows the number of a cell, not what it was in single precision."""
    data, model = tmp_path / "rents.csv", tmp_path / "m.safetensors"
    y = _rents(data, lambda value: f"{value:.2f} €", ",")
    assert run("train", str(data), "rent", "--recipe", "plain", "--epochs", "2", "-q", "-o", str(model))[0] == 0
    for row in json.loads(run("evaluate", str(model), str(data), "--json")[1])["single_rows"]:
        assert row["true"] == round(y[row["row"] - 1], 2)

"""`export` and ``glassnet export``: which target a path means, what is refused, what is reported, what is overwritten."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import main
from glassnet.exports.lowering.lowering import lower
from glassnet.exports.measuring import measure
from glassnet.exports.proof import prove
from glassnet.exports.referee import interpret
from glassnet.exports.targets.numpy_target import numpy_file
from glassnet.exports.targets.registry import TARGETS, find_target


def small() -> gn.Network:
    """Return a network that nobody trained: its weights are numbers like others."""
    return gn.Network([gn.Dense(5, "tanh"), gn.Dense(3)], loss="cross_entropy", seed=0, input_shape=(4,))


@pytest.mark.parametrize(
    ("path", "to", "expected"),
    [
        ("m.onnx", None, "onnx"), ("m.c", None, "c"), ("m.h", None, "c"), ("m.js", None, "js"), ("m.mjs", None, "js"),
        ("M.HTML", None, "html"), ("m_torch.safetensors", None, "torch"), ("m.npz", None, "keras"), ("m.py", "numpy", "numpy"),
        ("m.py", "python", "python"), ("m_numpy.py", None, "numpy"), ("m.safetensors", "torch", "torch"),
    ],
)  # fmt: skip
def test_the_path_names_the_target(path: str, to: str | None, expected: str) -> None:
    """An ending that only one target has needs no name."""
    assert find_target(path, to).name == expected


@pytest.mark.parametrize(
    ("path", "to", "sentence"),
    [
        ("m.py", None, "which leaves the target open. Pass to='numpy' or 'python'."),
        ("m.safetensors", None, "Pass to='torch'."),
        ("m.txt", None, "which is the ending of no target."),
        ("m", None, "which is the ending of no target."),
        ("m.py", "onnx", "the name of a file for to='onnx' must end in .onnx, got 'm.py'."),
        ("m.onnx", "onyx", "'onnx'"),
    ],
)
def test_a_path_that_names_none_is_refused(path: str, to: str | None, sentence: str) -> None:
    """The message says what may be passed."""
    with pytest.raises(gn.ConfigError, match=r"^export: ") as caught:
        gn.export(small(), path, to)  # type: ignore[arg-type]
    assert sentence in str(caught.value)


@pytest.mark.parametrize("to", TARGETS)
def test_every_target_writes_and_reports(to: str, tmp_path: Path) -> None:
    """What can run here is run; two exports have the same bytes, and nothing but the files is left."""
    target = TARGETS[to]
    path = tmp_path / f"m{target.suffixes[0]}"
    report = gn.export(small(), path, to)  # type: ignore[arg-type]
    first = [one.read_bytes() for one in report.paths]
    assert {*tmp_path.iterdir()} - {tmp_path / "__pycache__"} == {*report.paths}
    assert sum(map(len, first)) == report.n_bytes
    assert report.failures in (0, None)
    assert (report.error is None) == bool(report.unchecked)
    assert report.error is None or report.error < 1e-6
    assert target.title in str(report)
    gn.export(small(), path, to, check=False)  # type: ignore[arg-type]
    assert [one.read_bytes() for one in report.paths] == first
    assert all(report.digest.encode() in content for content in first[-1:])


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    """Only an export is written over, the file beside the main one included; force=True writes all the same."""
    path = tmp_path / "m.js"
    path.write_text("mine")
    with pytest.raises(gn.DataError, match="is a file that no export wrote, and would be lost"):
        gn.export(small(), path)
    assert path.read_text() == "mine"
    gn.export(small(), path, force=True, check=False)
    gn.export(small(), path, check=False)
    beside = tmp_path / "n_torch.py"
    beside.write_text("mine")
    with pytest.raises(gn.DataError, match=r"n_torch\.py"):
        gn.export(small(), tmp_path / "n.safetensors", "torch")
    assert beside.read_text() == "mine"
    assert not (tmp_path / "n.safetensors").exists()


def test_what_no_target_holds_is_named(tmp_path: Path) -> None:
    """A layer without a form is named, and for a target that cannot hold a step those that can."""
    own = gn.CustomActivation(np.sin, np.cos, name="sine")
    net = gn.Network([gn.Dense(5, own), gn.Dense(1)], loss="squared_error", seed=0, input_shape=(4,))
    with pytest.raises(gn.ConfigError, match="formula"):
        gn.export(net, tmp_path / "m.js")
    with pytest.raises(gn.ConfigError, match="These can: ") as caught:
        gn.export(small(), tmp_path / "m.js", dtype="int8")
    assert "c" in caught.value.expected
    with pytest.raises(gn.ConfigError, match="the model must be a Network"):
        gn.export({"W": 1}, tmp_path / "m.js")
    assert not list(tmp_path.iterdir())


def test_a_wrong_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A printer that loses a bias is found by the self-test, and one that changes test rows too by the run."""
    plan, rows = lower(small(), "m"), np.random.default_rng(0).standard_normal((30, 4))
    wanted = interpret(plan, rows)
    proof = prove(plan, wanted, rows, np.float64)
    target, path = TARGETS["numpy"], tmp_path / "m.py"
    path.write_bytes(numpy_file.print_plan(plan, proof, _options())[".py"])
    assert measure(target, plan, proof, [path], rows, wanted, exact=True).failures == 0
    with pytest.raises(gn.DataError, match="must compute what the model predicts, got an error of"):
        measure(target, plan, proof, [path], rows, wanted + 1e-3, exact=True)


def _options() -> Any:
    from glassnet.exports.targets.target import Options

    return Options()


def test_errors_are_measured_on_the_rows_given(tmp_path: Path) -> None:
    """With ``data``, its first thousand rows are measured on, and eight of them are test rows; one row is enough."""
    X = np.random.default_rng(0).standard_normal((1500, 4)).astype(np.float32)
    report = gn.export(small(), tmp_path / "m.py", "numpy", data=X)
    assert (report.n_rows, report.n_run) == (1000, 1000)
    assert gn.export(small(), tmp_path / "m.py", "numpy", data=X[:1]).n_rows == 8
    with pytest.raises(gn.DataError, match="at least one row"):
        gn.export(small(), tmp_path / "m.py", "numpy", data=X[:0])


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """``glassnet export`` names the file after the model, prints the report, as JSON too, and refuses in one sentence."""
    monkeypatch.chdir(tmp_path)
    small().save("net.safetensors")
    assert main(["export", "net.safetensors", "--to", "numpy"]) == 0
    assert "self-test  passed" in capsys.readouterr().out
    assert main(["export", "net.safetensors", "-o", "other.mjs", "--json", "--no-check", "--name", "a */ b"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert (record["target"], record["paths"], record["error"]) == ("JavaScript", ["other.mjs"], None)
    assert {one.name for one in tmp_path.iterdir()} >= {"net_numpy.py", "other.mjs"}
    for words, sentence in (
        ([], "--to or --out must be given"),
        (["--to", "fortran"], "fortran"),
        (["--to", "js", "--data", "penguins"], "must be used with a model of a table"),
        (["--to", "js", "--int8"], "These can: c."),
    ):
        assert main(["export", "net.safetensors", *words]) == 2
        assert sentence in capsys.readouterr().err


def test_int8_by_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option reaches the target."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    monkeypatch.chdir(tmp_path)
    small().save("net.safetensors")
    assert main(["export", "net.safetensors", "--to", "c", "--int8"]) == 0
    assert "int8" in Path("net.c").read_text()

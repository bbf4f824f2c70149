"""Names with `~`, `[`, zero bytes, `$` and the like do no harm: files, columns, classes, pictures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet import plots
from glassnet.attribution import Attribution, Importance
from glassnet.tabular import TableModel, read_table

Call = Callable[..., tuple[int, str, str]]
NAMES = [
    "~",
    "~name",
    "~root",
    "s[1]",
    "a*b?",
    "$HOME $x$",
    "{a,b}",
    "[bold]x[red]",
    "-x",
    " blank ",
    "Zürich 東京",
    "a'b\"c",
    "%s",
]


def table(name: str = "x", labels: tuple[str, str] = ("yes", "no")) -> str:
    """Return a table of 40 rows as CSV."""
    rows = [f'{i % 9},{i % 7},"{labels[i % 3 == 0]}"' for i in range(40)]
    return f'"{name}",b,t\n' + "\n".join(rows) + "\n"


# ---- files -----------------------------------------------------------------------------------------------------------


QUICK = ["./~", "~root", "s[1]", "$HOME $x$"]
SLOW = [f"./{name}" for name in NAMES if f"./{name}" not in QUICK]


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_files_of_any_name_are_read_and_written(name: str, run: Call) -> None:
    """Table, model, checkpoint, report and predictions may have any name; every command finds them, and nothing else."""
    data, model, page, out = (f"{name}.{end}" for end in ("csv", "safetensors", "html", "tsv"))
    checkpoint = f"{name}.run.safetensors"
    Path(data).write_text(table())
    words = ["train", data, "-t", "t", "--layers", "4", "--epochs", "2", "--checkpoint", checkpoint, "-o", model]
    for more in (["-q", "--report", page], ["--resume"]):
        code, _, err = run(*words, *more)
        assert (code, err) == (0, "")
    assert run("predict", model, data, "-o", out)[::2] == (0, "")
    for command in (["evaluate", model, data], ["explain", model, data, "--row", "1"], ["show", checkpoint]):
        code, told, err = run(*command)
        assert (code, err) == (0, "")
        assert told
    ends = ("csv", "safetensors", "html", "tsv", "run.safetensors")
    assert sorted(os.listdir()) == sorted(f"{Path(name).name}.{end}" for end in ends)
    assert read_table(Path(data)).n_rows == 40
    TableModel.load(model).save(model)


def test_the_folders_of_users_are_found(run: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`~/x.csv` lies in the user's folder, and an unknown user's is a sentence."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "x.csv").write_text(table())
    assert run("train", "~/x.csv", "-t", "t", "--layers", "4", "--epochs", "1", "-q", "-o", "~/m.safetensors") == (
        0,
        "",
        "",
    )
    assert run("show", "~/m.safetensors")[0] == 0
    code, _, err = run("predict", "~/m.safetensors", "~nobody_here/x.csv")
    assert code == 2
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["a\0b", "a\ud800"])
def test_names_that_no_file_can_have(name: str, run: Call) -> None:
    """Wherever a path is asked for, such a name is one sentence."""
    Path("x.csv").write_text(table())
    train = ["train", "x.csv", "-t", "t", "--layers", "4", "--epochs", "1", "-q"]
    assert run(*train)[0] == 0
    model = "model.safetensors"
    commands = [
        ["train", f"{name}.csv", "-t", "t"], [*train, "-o", f"{name}.safetensors"], [*train, "--report", f"{name}.html"],
        [*train, "--checkpoint", f"{name}.safetensors"], ["predict", f"{name}.safetensors", "x.csv"],
        ["predict", model, f"{name}.csv"], ["predict", model, "x.csv", "-o", f"{name}.csv"], ["show", f"{name}.safetensors"],
        ["evaluate", model, f"{name}.csv"],
    ]  # fmt: skip
    for command in commands:
        code, out, err = run(*command)
        assert (code, out) == (2, ""), command
        assert err.count("\n") == 1
    with pytest.raises(gn.DataError):
        read_table(f"{name}.csv")
    with pytest.raises(FileNotFoundError):
        gn.load(f"{name}.safetensors")


def test_an_explanation_is_written_to_ordinary_files_only(tmp_path: Path) -> None:
    """Its page too is refused a folder and a name that no file can have, and is written whole."""
    net = gn.Network([gn.Dense(1)], loss="squared_error", input_shape=(1,), seed=0)
    step = net.explain([[1.0]], [[2.0]])
    (tmp_path / "folder.html").mkdir()
    for path in (tmp_path / "folder.html", "a\0b.html"):
        with pytest.raises(gn.ConfigError):
            step.save(path)
    step.save(tmp_path / "$a$ [b].html")
    assert (tmp_path / "$a$ [b].html").read_text().startswith("<!")


# ---- dollar signs ----------------------------------------------------------------------------------------------------

DOLLARS = [r"under $\frac{1$", "over $5 or $6", "price in $", r"\$ and $", "$$", "a_b^c \\alpha", "$", r"$\nosuch$"]


def drawn(ax: Any) -> list[str]:
    """Draw the figure of these axes, and return all its texts; none may be taken for a formula."""
    from matplotlib.text import Text

    ax.figure.canvas.draw()
    texts = [each for each in ax.figure.findobj(Text) if each.get_text()]
    for each in texts:
        shown, is_math = each._preprocess_math(each.get_text())
        assert not is_math or each.get_text().startswith(r"$\mathdefault{"), each.get_text()
        assert is_math or shown == each.get_text()
    return [each.get_text() for each in texts]


def test_dollar_signs_in_pictures_are_no_formulas() -> None:
    """Names of classes, columns, metrics, settings and layers are drawn as they are."""
    from matplotlib import pyplot as plt

    rng = np.random.default_rng(0)
    k = len(DOLLARS)
    net = gn.Network([gn.Dense(k)], loss="cross_entropy", input_shape=(2,), seed=0)
    X, y = rng.standard_normal((40, 2)), rng.integers(0, k, 40)
    importance = Importance(DOLLARS, np.arange(2.0 * k).reshape(k, 2), "$a$ and $b$", 1.0)
    attribution = Attribution(rng.standard_normal((1, k)), np.zeros(1, int), np.ones(1), np.zeros(1), "$a$ and $b$")
    history = gn.History()
    history._record({"loss": 1.0, "$a$ $b$": 2.0})
    found = [
        (plots.plot_confusion(net, X, y, labels=DOLLARS), DOLLARS),
        (plots.plot_importance(importance), [*DOLLARS, "increase of the $a$ and $b$ when a column is shuffled"]),
        (plots.plot_attribution(attribution, feature_names=DOLLARS), [*DOLLARS, "contribution to the $a$ and $b$, from 0 to 1"]),
        (plots.plot_history(history, "$a$ $b$"), ["$a$ $b$"]),
        (plots.plot_histories([history], "$a$ $b$"), ["$a$ $b$"]),
    ]  # fmt: skip
    for ax, wanted in found:
        assert set(wanted) <= {text.replace("\n", " ") for text in drawn(ax)}
        plt.close(ax.figure)


@pytest.mark.parametrize("labels", [(r"under $\frac{1$", "over $5 or $6"), ("$", "$x$")], ids=str)
def test_dollar_signs_in_a_report(labels: tuple[str, str], run: Call) -> None:
    """Classes, columns and the target with dollar signs are reported, on the terminal and on the page."""
    Path("x.csv").write_text(table("cost in $ or $", labels))
    code, out, err = run("train", "x.csv", "-t", "t", "--layers", "4", "--epochs", "2", "--report", "r.html")
    assert (code, err) == (0, "")
    assert "r.html" in out
    page = Path("r.html").read_text()
    for name in (*labels, "cost in $ or $"):
        assert f"{name}" in page.replace("&quot;", '"').replace("&#x27;", "'").replace("\\\\", "\\")


# ---- backends --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["nonsense", "TkAgg", "module://no.such.module"])
def test_a_report_needs_no_backend(backend: str, tmp_path: Path) -> None:
    """Whatever MPLBACKEND says, the pictures of a report are drawn, since matplotlib has no part in them."""
    (tmp_path / "x.csv").write_text(table())
    words = ["train", "x.csv", "-t", "t", "--layers", "4", "--epochs", "1", "--report", "r.html", "-q"]
    environment = {**os.environ, "MPLBACKEND": backend}
    environment.pop("DISPLAY", None)
    command = [sys.executable, "-m", "glassnet", *words]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "r.html").read_text().count('<figure class="chart"') >= 2


def test_a_plot_without_a_backend_is_a_sentence() -> None:
    """In Python a backend that there is none of is said with what to do, and then plotting works."""
    script = (
        "import os, glassnet as gn\n"
        "net = gn.Network([gn.Dense(1)], loss='squared_error', input_shape=(1,))\n"
        "try: net.plot_weights()\n"
        "except gn.ConfigError as error: print(error)\n"
        "os.environ['MPLBACKEND'] = 'agg'; net.plot_weights(); print('drawn')\n"
    )
    environment = {**os.environ, "MPLBACKEND": "nonsense"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    said, drawn_ = done.stdout.splitlines()
    assert said.startswith("plot_weights: matplotlib has no backend that works (Key backend: 'nonsense'")
    assert said.endswith("; it must have one to make a figure. Unset MPLBACKEND, or set it to agg.")
    assert (drawn_, done.stderr) == ("drawn", "")

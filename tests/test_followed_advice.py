"""Messages and reports whose advice is followed: the choices of a task, what a command takes, rows by one number."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import main
from glassnet.cli.help_page import _wrapped
from glassnet.cli.training.preparation import is_model_file
from glassnet.engine.drawing import network_columns
from glassnet.reports.comparison import Scores, verdict

Run = Callable[..., tuple[int, str, str]]
DATA = Path(__file__).parent / "data"
TABLE = "\n".join(["a,b,price", *(f"{i % 7}.{i},{i % 3},{2e6 + 1e5 * i:.3f}" for i in range(60)), ""])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("show m.safetensors t.csv", "show: unexpected argument 't.csv'; show takes MODEL. Leave it out."),
        ("show m.safetensors a", "show: unexpected argument 'a'; show takes MODEL. Put names with blanks in quotes."),
        ("version extra", "version: unexpected argument 'extra'; version takes no argument. Leave it out."),
        ("help train extra", "help: unexpected argument 'extra'; help takes COMMAND. Leave it out."),
        ("compare t.csv price --recipe fast", "compare: unknown option --recipe. Did you mean --recipes?"),
        ("check t.csv bb", "check: unknown column 'bb' for --target. The columns are 'a', 'b', 'price'."),
        (
            "train t.csv price --metric accuracy",
            "train: --metric is 'accuracy', which is for classes; the target has numbers. "
            "The choices are 'mae', 'r2', 'rmse'.",
        ),
        (
            "train text.safetensors y",
            "train: text.safetensors: the table has 1 column name and no rows; it must have at least one row.",
        ),
        (
            f"predict {DATA / 'table_realmlp_3.safetensors'} head.csv",
            "The file seems to have no line of names: "
            "write one above its rows, or pass --header yes if its first line is one.",
        ),
    ],
)
def test_the_fix_is_for_what_was_typed(
    line: str, said: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each refusal says what the command or the target takes, and what to do."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    Path("head.csv").write_text("1.5,2\n2.5,3\n")
    Path("text.safetensors").write_text("hello\n")
    code, out, err = run(*line.split())
    assert (code, out) == (2, "")
    assert err.endswith(f"{said}\n")


def test_a_model_file_is_known_by_its_content(tmp_path: Path) -> None:
    """A text with the ending of models is none; of a file that is not there the ending decides."""
    (tmp_path / "x.safetensors").write_text("hello, this is text\n")
    assert not is_model_file(str(tmp_path / "x.safetensors"))
    assert is_model_file(str(DATA / "table_realmlp_3.safetensors"))
    assert is_model_file(str(tmp_path / "none.safetensors"))


def test_a_verdict_does_not_go_in_a_circle() -> None:
    """A network that is beaten by the linear model is advised to be one, unless it is; the advice names the recipe."""
    loss = np.linspace(1.0, 2.0, 50)
    network, simple, linear = (Scores({"rmse": 1.0}, None, factor * loss) for factor in (1.0, 9.0, 0.1))
    found = verdict("the mean", network, simple, linear)["sentence"]
    assert found.endswith("prefer it (--recipe plain --layers none), or try other options.")
    found = verdict("the mean", network, simple, linear, is_linear=True)["sentence"]
    assert "--layers none" not in found
    assert found.endswith("fitted to its optimum, is better still: try more --epochs, or another --rate.")


def test_help_breaks_no_words() -> None:
    """A note that is longer than its line is broken at blanks."""
    lines = _wrapped("Rows per step. [default: 256, more for large tables; plain: 16 to 256]", 48)
    assert " ".join(lines) == "Rows per step. [default: 256, more for large tables; plain: 16 to 256]"


def test_the_shell_completes_layers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """After ``--layer`` the shell offers the layers of the model."""
    words = ["glassnet", "explain", str(DATA / "table_realmlp_3.safetensors"), "t.csv", "--layer", ""]
    monkeypatch.setenv("_GLASSNET_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
    with pytest.raises(SystemExit):
        main([])
    assert "ntkdense_1" in capsys.readouterr().out.split()


def test_two_words_of_a_target_are_classes(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``check`` shows yes and no as the classes that they are, not as true and false."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("\n".join(["a,ok", *(f"{i}.5,{'yes' if i % 3 else 'no'}" for i in range(60)), ""]))
    found = json.loads(run("check", "t.csv", "ok", "--json")[1])
    target = next(column for column in found["columns"] if column["name"] == "ok")
    assert (target["kind"], target["values"]) == ("category", "2 categories: 'yes', 'no'")
    assert (found["task"], found["task_reason"]) == ("classification", "it holds text")


def test_rows_have_one_number_and_errors_are_differences(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``row`` of JSON is what ``--row`` takes, an error is answer less truth, and the page's command makes the page."""
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    assert run("train", "t.csv", "price", "--recipe", "plain", "--epochs", "1", "-q")[0] == 0
    model = "model.safetensors"
    if not Path(model).exists():
        model = next(tmp_path.glob("*.safetensors")).name
    code, out, err = run("evaluate", model, "t.csv", "--report", "e v.html", "--json")
    assert code == 0, err
    for row in json.loads(out)["single_rows"]:
        assert row["name"] == f"row {row['row']} (line {row['row'] + 1})"
        assert "index" not in row
        assert row["error"] == row["answer"] - row["true"]
        assert row["true"] == float(TABLE.splitlines()[row["row"]].split(",")[-1])
    page = re.sub(r"</?span[^>]*>", "", Path("e v.html").read_text())
    assert "--report &#x27;e v.html&#x27;" in page
    assert "missing in training" in page


def test_one_branch_is_not_side_by_side() -> None:
    """A drawing counts the branches of a layer, and one of them is no pair."""
    for n, title in ((1, "1 branch"), (2, "2 branches side by side")):
        net = gn.Network(
            [gn.Concatenate([[gn.Dense(2)] for _ in range(n)]), gn.Dense(1)], loss=gn.SquaredError(), seed=0
        )
        net.build(3)
        assert title in [part for column in network_columns(net) for part in column.title.split(", ")]

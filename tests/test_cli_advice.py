"""Advice on the command line: options that exist where it is read, and the words that were meant."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

import glassnet
from glassnet.cli.app import main
from glassnet.cli.arguments import declared, flag_of
from glassnet.cli.output.finding_advice import as_option, worded_for_train
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.train_options import TrainOptions
from glassnet.cli.typed_words import as_typed
from glassnet.training.finding_kinds import KINDS

typer = pytest.importorskip("typer")

OPTIONS = {
    # what is typed -> what is said, after `glassnet COMMAND: unknown option --word. `
    "train d.csv -t y --lr 0.1": "Did you mean --rate?",
    "train d.csv -t y --learning-rate 0.1": "Did you mean --rate?",
    "train d.csv -t y --learning_rate 0.1": "Did you mean --rate?",
    "train d.csv -t y --hidden 64": "Did you mean --layers?",
    "train d.csv -t y --units 64": "Did you mean --layers?",
    "train d.csv -t y --hidden-layer-sizes 64": "Did you mean --layers?",
    "train d.csv -t y --max-iter 64": "Did you mean --epochs?",
    "train d.csv -t y --iterations 64": "Did you mean --epochs?",
    "train d.csv -t y --n-epochs 64": "Did you mean --epochs?",
    "train d.csv -t y --Epochs 64": "Did you mean --epochs?",
    "train d.csv -t y --batch-size 64": "Did you mean --batch?",
    "train d.csv -t y --batch_size 64": "Did you mean --batch?",
    "train d.csv -t y --bs 64": "Did you mean --batch?",
    "train d.csv -t y --n-estimators 9": "Did you mean --ensemble?",
    "train d.csv -t y --cv 5": "Did you mean --folds?",
    "train d.csv -t y --wd 0.1": "Did you mean --weight-decay?",
    "train d.csv -t y --weight_decay 0.1": "Did you mean --weight-decay?",
    "train d.csv -t y --random-state 1": "Did you mean --seed?",
    "train d.csv -t y --validation-split 0.2": "Did you mean --validation?",
    "train d.csv -t y --val 0.2": "Did you mean --validation?",
    "train d.csv -t y --test-size 0.2": "Did you mean --test?",
    "train d.csv -t y --time-limit 60": "Did you mean --max-seconds?",
    "train d.csv -t y --early-stopping 5": "Did you mean --patience?",
    "train d.csv -t y --output m.safetensors": "Did you mean --out?",
    "train d.csv -t y --ignore id": "Did you mean --drop?",
    "train d.csv -t y --scoring auc": "Did you mean --metric?",
    "train d.csv -t y --activaton relu": "Did you mean --activation?",
    "train d.csv -t y --sep ;": "Did you mean --separator?",
    "train d.csv -t y --na-values x": "Did you mean --missing?",
    "train d.csv -t y --skiprows 3": "Did you mean --skip-lines?",
    "train d.csv -t y --on-bad-lines skip": "Did you mean --bad-rows?",
    "train d.csv -t y --dayfirst yes": "Did you mean --day-first?",
    "train d.csv -t y --class-weights balanced": "Did you mean --class-weight?",
    "train d.csv -t y --normalize": "Columns are scaled by themselves.",
    "check d.csv --label y": "Did you mean --target?",
    "predict m.safetensors d.csv --dtypes a=text": "Did you mean --read?",
    "train d.csv -t y --groupby id": "Did you mean --group?",
    "train d.csv -t y --date-column day": "Did you mean --time?",
    "train d.csv -t y --fold-column part": "Did you mean --split?",
    "train d.csv --label y": "Did you mean --target?",
    "train d.csv -t y --verbose": "Progress is shown on a terminal; --quiet leaves it and the report out.",
    "train d.csv -t y --model m": "--recipe NAME or --layers N,N says which network is trained, --out FILE where it goes.",
    "train d.csv -t y --optimizer sgd": "The optimizer is part of the recipe; --rate and --weight-decay are its settings.",
    "train d.csv -t y --loss mse": "The loss follows from --task and --quantiles.",
    "train d.csv -t y --gpu": "See: glassnet train --help",
    "train d.csv -t y --hlep": "See: glassnet train --help",
    "predict m.safetensors d.csv --model m": "Files come without an option, the model before the table.",
    "predict m.safetensors d.csv --proba": "Did you mean --probabilities?",
    "predict m.safetensors d.csv --output p.csv": "Did you mean --out?",
    "evaluate m.safetensors d.csv --dropna": "Did you mean --skip-missing?",
    "explain m.safetensors d.csv --index 3": "Did you mean --row?",
    "explain m.safetensors d.csv --precision 3": "Did you mean --digits?",
    "scratch xor --lr 1": "Did you mean --learning-rate?",
    "scratch xor --hidden 4": "Did you mean --hidden-size?",
    "scratch xor --iterations 4": "Did you mean --epochs?",
    "scratch xor --loss cross_entropy": "Did you mean --gradient?",
    "train d.csv -t y -lr 0.1": "Did you mean --rate?",
    "train d.csv -t y -epochs 5": "Did you mean --epochs?",
    "train d.csv -t y -e 5": "See: glassnet train --help",
}


@pytest.mark.parametrize("typed", OPTIONS)
def test_options_that_do_not_exist(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An option that a command does not have is answered with the one that is meant, never with --help by likeness."""
    words = typed.split()
    assert main(words) == 2
    option = next(word for word in words[2:] if word.startswith("-") and word != "-t")
    said = capsys.readouterr().err
    assert said == f"glassnet {words[0]}: unknown option {option}. {OPTIONS[typed]}\n"


@pytest.mark.parametrize("name", ["-dash.csv", "-train.csv", "--long.csv", "-my file.csv"])
@pytest.mark.parametrize("command", [["train", "FILE"], ["check", "FILE"], ["predict", "m.safetensors", "FILE"]])
def test_files_whose_names_begin_like_options(
    name: str, command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file whose name begins with a dash is told from an option, with the way to write it."""
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("a,b\n1,2\n")
    assert main([name if word == "FILE" else word for word in command]) == 2
    said = capsys.readouterr().err
    quoted, path = (shlex.quote(word) for word in (name, f"./{name}"))
    must = f"{quoted} is taken for an option. For the file of that name write {path}\n"
    assert said == f"glassnet {command[0]}: {must}"


VALUES = {
    "--metric acc": "Did you mean 'accuracy'?",
    "--metric roc_auc": "Did you mean 'auc'?",
    "--metric pr_auc": "Average precision is not here; 'auc' is the area under the ROC curve.",
    "--metric precision": "Precision and recall are not here as metrics; 'f1' and 'balanced_accuracy' combine them.",
    "--activation swish": "Did you mean 'silu'?",
    "--activation linear": "Did you mean 'identity'?",
    "--recipe mlp": "Did you mean 'realmlp'?",
    "--recipe linear": "A linear model is --layers none.",
    "--task binary": "Did you mean 'classification'?",
}


@pytest.mark.parametrize("typed", VALUES)
def test_values_that_do_not_exist(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A value is answered with the one that is meant, or a sentence on what is not here."""
    assert main(["train", "penguins", "-t", "species", *typed.split(), "-q"]) == 2
    option, value = typed.split()
    said = capsys.readouterr().err
    assert re.match(rf"glassnet train: ({option} is {value!r}; it must be|unknown {option} {value!r}\.)", said)
    assert f". {VALUES[typed]}" in said


def _texts(path: Path) -> list[str]:
    """Return the string literals of a file but for docstrings."""
    code = path.read_text()
    if not re.search("--[a-z]", code):  # nothing of what is looked for, and to parse it would be most of the time
        return []
    tree = ast.parse(code)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs
    ]


def test_options_that_messages_name_exist() -> None:
    """Every option that a text of the package names is one of a command, and files below the commands name none."""
    from glassnet.cli.options import app

    commands = typer.main.get_command(app)
    known = {"--help", *(flag for each in commands.params for flag in each.opts)}
    for command in commands.commands.values():
        known |= {flag for each in command.params for flag in each.opts}
    root = Path(glassnet.__file__).parent
    named: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        # Styles of pages have names that look like options, and exported files are programs with options of their own.
        if path.name not in ("html.py", "rendering.py", "style.py") and "exports/targets/" not in path.as_posix():
            found = {
                flag for text in _texts(path) for flag in re.findall(r"(?<!var\()(?<![\w-])--[a-z][a-z0-9-]+", text)
            }
            name = path.relative_to(root).as_posix()
            named[name] = found - ({"--mpi"} if name == "distributed/starting.py" else set())  # of srun
    assert {name: flags - known for name, flags in named.items() if flags - known} == {}
    below = {name for name, flags in named.items() if flags and not name.startswith("cli/")}
    of_commands = {
        "reports/card.py",
        "reports/comparison.py",
        "reports/split_text.py",
        "reports/training_words.py",
        "serving/running.py",
        "tabular/splitting/division.py",
        "tabular/splitting/suggestions.py",
    }  # only commands call these
    assert below - of_commands == {"scratch.py", "utils/absences.py"}, "what Python users read names no options"


_PYTHON = re.compile(
    r"\b\w+=|\bgn\.|EarlyStopping|learning_rate|initializer|label_smoothing|clip_norm|batch_size|\bX\b|\by\b"
)


@pytest.mark.parametrize("is_plain", [True, False])
@pytest.mark.parametrize("code", KINDS)
def test_advice_on_findings_can_be_typed(code: str, is_plain: bool) -> None:
    """What the report advises names options that the network has, and no argument of Python."""
    if KINDS[code].stage == "prediction" or code in (
        "constant-target",
        "single-class",
        "all-columns-constant",
        "shared-rows",
    ):
        return  # refused before a network is trained, or never looked for
    found = worded_for_train({"code": code, "advice": KINDS[code].advice, "tried": ""}, is_plain=is_plain)["advice"]
    assert not _PYTHON.search(found)
    options = set(re.findall(r"--[a-z-]+", found))
    assert options <= {flag_of(name) for name in (*declared(TrainOptions), *declared(ReadingOptions))}
    if not is_plain:
        plain_only = {flag_of(name) for name, (each, _) in declared(TrainOptions).items() if "Plain" in each.panel}
        assert options & plain_only <= {"--layers"}


def test_what_was_tried_is_told_in_options() -> None:
    """What was tried on a copy is told with the options that do the same."""
    tried = "none of these helped: learning_rate 0.3 instead of 0.03, seed=1, 10x."
    found = worded_for_train({"code": "rate-too-high", "advice": "", "tried": tried}, is_plain=True)
    assert found["tried"] == "none of these helped: --rate 0.3 instead of 0.03, --seed 1, 10x."


def test_notes_on_threads_name_no_argument() -> None:
    """A note that ends in what to pass in Python is told without its end."""
    note = "BLAS threads were changed from 2 to 1, since steps became slow: the last bits may differ from those of another run."
    assert as_option(f"{note} Pass threads=2 for a fixed number.") == note


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("TableEncoder.fit: a. Leave out 'gone'.", "a. Leave it out with --drop gone."),
        (
            "TableEncoder.fit: a, or leave out 'b c', \"it's\".",
            "a, or leave them out with --drop 'b c' --drop 'it'\"'\"'s'.",
        ),
        ("TargetEncoder.fit: a. Use task='classification' for labels.", "a. Use --task classification for labels."),
        ("TargetEncoder.fit: a. Pass read={'no 1': 'number'}.", "a. Pass --read 'no 1=number'."),
        ("load('m.x'): no such file. Did you mean n.x?", "no such file: m.x. Did you mean n.x?"),
    ],
)
def test_messages_of_the_library_as_they_are_typed(said: str, typed: str) -> None:
    """Arguments of Python in a message become the options that mean the same."""
    assert as_typed(said) == typed


def test_numbers_as_they_are_written_elsewhere() -> None:
    """Percent, an exponent and brackets are read for what they say."""
    texts = dict.fromkeys(declared(TrainOptions)) | {
        "target": "y",
        "test": "25%",
        "epochs": "1e2",
        "layers": "[64, 32]",
    }
    options = TrainOptions.from_texts("d.csv", texts, estimates=False)
    assert (options.test, options.epochs, options.layers) == (0.25, 100, (64, 32))

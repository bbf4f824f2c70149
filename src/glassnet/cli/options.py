"""The words of the command line: commands, options and their help. Typer reads them; each command returns a job.

Options that are numbers arrive as text, so that whatever cannot be used is answered in one sentence of ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

import typer

__all__ = ["app", "usage_sentence"]

Job = Callable[[], int | None]

_PLAIN = "Plain network: each of these means --recipe plain"

app = typer.Typer(
    name="glassnet",
    help="Neural networks you can see through: from a table to a trained model, and back to predictions.",
    epilog=(
        "Exit codes: 0 fine (also after Ctrl-C in training: the best weights are kept); 1 unexpected, a bug; "
        "2 data, a file or an option cannot be used; 130 interrupted before there was anything to keep."
    ),
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on stdout.")]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model file that [bold]glassnet train[/] wrote.")]
Table = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A CSV, TSV, JSON or Parquet file, plain or .gz, or a bundled table: penguins."
    ),
]


def _number(name: str, help_text: str, panel: str, metavar: str = "N") -> Any:
    return typer.Option(name, metavar=metavar, help=help_text, rich_help_panel=panel)


@app.callback(invoke_without_command=True)
def _glassnet(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version, and stop.")] = False,
) -> Any:
    """Say what glassnet can do, where no command is given."""
    if version:
        import glassnet

        typer.echo(f"glassnet {glassnet.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


@app.command("train")
def _train(
    data: Table,
    target: Annotated[
        str | None,
        typer.Option("--target", "-t", metavar="COLUMN", help="The column to predict.", rich_help_panel="Data"),
    ] = None,
    out: Annotated[
        str, typer.Option("--out", "-o", metavar="FILE", help="Where the model goes.", rich_help_panel="Output")
    ] = "model.safetensors",
    task: Annotated[
        str, _number("--task", "classification, regression, or auto: decided by the column.", "Data", "TASK")
    ] = "auto",
    drop: Annotated[
        list[str] | None,
        typer.Option(
            "--drop", metavar="COLUMN", help="Leave this column out; may be repeated.", rich_help_panel="Data"
        ),
    ] = None,
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out rows without a target.", rich_help_panel="Data")
    ] = False,
    validation: Annotated[
        str | None, _number("--validation", "Share of rows that choose the best epoch; by default 0.16.", "Data")
    ] = None,
    test: Annotated[str, _number("--test", "Share of rows held out for the report.", "Data")] = "0.2",
    recipe: Annotated[
        str | None,
        _number(
            "--recipe",
            "realmlp, by default; small: its simplified form; tabm, tabm-mini: 32 networks that share weights, which "
            "take many times longer; plain: layers of your own. The report says how long each takes here.",
            "Model",
            "NAME",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        _number(
            "--metric",
            "What the best epoch is chosen by: accuracy, balanced_accuracy, f1, log_loss, auc, brier; "
            "of numbers rmse, mae, r2.",
            "Model",
            "NAME",
        ),
    ] = None,
    ensemble: Annotated[
        str | None, _number("--ensemble", "Networks whose predictions are averaged; by default 1.", "Model")
    ] = None,
    folds: Annotated[
        str | None,
        _number("--folds", "Divide the rows so often: each network chooses its epoch by another part.", "Model"),
    ] = None,
    quantiles: Annotated[
        str | None, _number("--quantiles", "Predict these instead of a mean, as in 0.05,0.5,0.95.", "Model", "N,N")
    ] = None,
    epochs: Annotated[
        str | None, _number("--epochs", "Passes over the training rows, at most; by default the recipe's.", "Training")
    ] = None,
    batch: Annotated[
        str | None,
        _number("--batch", "Rows per step; by default 256, of the plain network 16 to 256.", "Training"),
    ] = None,
    max_seconds: Annotated[
        str | None, _number("--max-seconds", "Train no longer: with as many epochs as fit.", "Training")
    ] = None,
    seed: Annotated[str, _number("--seed", "Everything random follows from it.", "Training")] = "0",
    layers: Annotated[
        str | None,
        _number("--layers", "Widths of the hidden layers, or none: a linear model; by default 64,64.", _PLAIN, "N,N"),
    ] = None,
    activation: Annotated[
        str | None, _number("--activation", "silu, by default, relu, gelu, tanh and others.", _PLAIN, "NAME")
    ] = None,
    dropout: Annotated[
        str | None, _number("--dropout", "Share of units switched off while training; by default 0.2.", _PLAIN)
    ] = None,
    rate: Annotated[
        str | None,
        _number("--rate", "Of AdamW at the start, by default 0.003; it falls to 0 along a cosine.", _PLAIN),
    ] = None,
    weight_decay: Annotated[
        str | None, _number("--weight-decay", "Of AdamW, by default 0.1; larger is smoother.", _PLAIN)
    ] = None,
    patience: Annotated[
        str | None,
        _number("--patience", "Epochs without a better validation loss before it stops; by default a fifth.", _PLAIN),
    ] = None,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No live view and no report.")] = False,
    report: Annotated[
        str | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write the report with pictures as one .html page.",
            rich_help_panel="Output",
        ),
    ] = None,
) -> Job:
    """Train a network on a table, say how good it is beside honest baselines, and save it."""
    from glassnet.cli.commands.train_command import run_train

    options = dict(
        data=data,
        target=target,
        out=out,
        task=task,
        drop=tuple(drop or ()),
        skip_missing=skip_missing,
        validation=validation,
        test=test,
        recipe=recipe,
        metric=metric,
        ensemble=ensemble,
        folds=folds,
        quantiles=quantiles,
        epochs=epochs,
        batch=batch,
        max_seconds=max_seconds,
        seed=seed,
        layers=layers,
        activation=activation,
        dropout=dropout,
        rate=rate,
        weight_decay=weight_decay,
        patience=patience,
    )
    return lambda: run_train(options, as_json=as_json, quiet=quiet, report=report)


@app.command("predict")
def _predict(
    model: Model,
    data: Table,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="A .csv, .tsv, .json or .jsonl file; otherwise CSV to stdout."
        ),
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", "-p", help="Add a column with the probability of each class.")
    ] = False,
    as_json: Json = False,
) -> Job:
    """Predict the target for the rows of a table, and warn where they are unlike the training rows."""
    from glassnet.cli.commands.predict_command import run_predict

    return lambda: run_predict(model, data, out=out, probabilities=probabilities, as_json=as_json)


@app.command("evaluate")
def _evaluate(
    model: Model,
    data: Table,
    skip_missing: Annotated[bool, typer.Option("--skip-missing", help="Leave out rows without a target.")] = False,
    as_json: Json = False,
) -> Job:
    """Score a model on a table that has the target."""
    from glassnet.cli.commands.evaluate_command import run_evaluate

    return lambda: run_evaluate(model, data, skip_missing=skip_missing, as_json=as_json)


@app.command("explain")
def _explain(
    model: Model,
    data: Table,
    row: Annotated[str, typer.Option("--row", "-r", metavar="N", help="Which row, counted from 1.")] = "1",
    page: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write a page instead of printing text.")
    ] = None,
    digits: Annotated[str, typer.Option(metavar="N", help="Significant digits; 17 are exact.")] = "4",
    full: Annotated[bool, typer.Option("--full", help="Show all of large arrays and work every entry.")] = False,
    as_json: Json = False,
) -> Job:
    """Explain one row: what the network sees, why it predicts what it does, and a training step worked by hand."""
    from glassnet.cli.commands.explain_command import run_explain

    return lambda: run_explain(model, data, row=row, page=page, digits=digits, full=full, as_json=as_json)


@app.command("show")
def _show(model: Model, as_json: Json = False) -> Job:
    """Say what is in a model file: layers, columns and what is done to them, classes, training, scores."""
    from glassnet.cli.commands.show_command import run_show

    return lambda: run_show(model, as_json=as_json)


@app.command("scratch")
def _scratch(
    problem: Annotated[str, typer.Argument(metavar="xor|and|or", help="The truth table to learn.")] = "xor",
    hidden_size: Annotated[str, typer.Option(metavar="N", help="Neurons of the hidden layer.")] = "4",
    learning_rate: Annotated[str, typer.Option(metavar="N", help="Length of a step.")] = "1.0",
    epochs: Annotated[str, typer.Option(metavar="N", help="Number of steps.")] = "10000",
    gradient: Annotated[
        str, typer.Option(metavar="NAME", help="What is differentiated: squared_error or cross_entropy.")
    ] = "squared_error",
    seed: Annotated[str, typer.Option(metavar="N", help="Start of the weights; 2 is the tutorial's.")] = "2",
) -> Job:
    """Run the tutorial that glassnet grew from: a network in eight NumPy functions learns a truth table."""
    from glassnet.cli.commands.scratch_command import run_scratch

    return lambda: run_scratch(problem, hidden_size, learning_rate, epochs, gradient, seed)


def usage_sentence(error: Exception, name: str) -> str | None:
    """Return what typer found wrong with the words, in one sentence; None for any other error."""
    if not any(kind.__name__ == "ClickException" for kind in type(error).__mro__):
        return None
    option = getattr(error, "option_name", None)
    if type(error).__name__ == "NoSuchOption":
        near = sorted(getattr(error, "possibilities", None) or [])
        advice = f"Did you mean {near[0]!r}?" if near else f"See: {name} --help"
        return f"options must be those of {name} --help, got {option!r}. {advice}"
    if option:
        return f"{option} must be followed by a value, got nothing. See: {name} --help"
    missing = getattr(getattr(error, "param", None), "metavar", None)
    if type(error).__name__ == "MissingParameter" and missing:
        return f"{missing} must be given, got nothing. See: {name} --help"
    extra = re.search(r"extra argument.*\((.*)\)$", str(error))
    if extra:
        return f"the words must be those of {name} --help, got {extra[1]!r} more. Put names with blanks in quotes."
    text = str(getattr(error, "format_message", lambda: error)()).strip().rstrip(".")
    return f"{text[:1].lower()}{text[1:]}. See: {name} --help"

"""The commands and options of ``glassnet`` with their help, as Typer reads them; each command returns a job to run.

Numbers are parsed by us so that the error message is ours, not Click's.
"""

from __future__ import annotations

import inspect
import os
import re
import shlex
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import typer

from glassnet.cli.arguments import Option, declared, flag_of
from glassnet.cli.comparing.compare_options import CompareOptions
from glassnet.cli.export_options import ExportOptions
from glassnet.cli.input_files import PARQUET_ENDINGS
from glassnet.cli.playground_options import PlaygroundOptions
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.check_options import CheckOptions
from glassnet.cli.training.train_options import TrainOptions
from glassnet.utils.suggestions import suggestion

__all__ = ["app", "usage_sentence"]

Job = Callable[[], int | None]
Command = TypeVar("Command", bound=Callable[..., Job])

app = typer.Typer(
    name="glassnet",
    help="Neural networks you can see through: from a table to a trained model, and back to predictions.",
    epilog=(
        "Exit codes: 0 fine (also after Ctrl-C, SIGTERM or SIGHUP in training: the best weights are kept); "
        "1 unexpected, a bug; 2 data, a file or an option cannot be used; "
        "130, 143 or 129 interrupted before there was anything to keep."
    ),
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on stdout.")]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model file that [bold]glassnet train[/] wrote.")]
_ANY_TABLE = (
    "A CSV, TSV, text, JSON, JSON lines or Parquet file, plain or .gz, or a spreadsheet; - for standard input; "
    "or a bundled table: penguins."
)
_ANY_START = "A table, as for train, or a model file; without it a toy."
Table = Annotated[str, typer.Argument(metavar="DATA", help=_ANY_TABLE)]


_PREDICTIONS = "A .csv, .tsv, .json, .jsonl or .parquet file; otherwise CSV to stdout."
_KEEP = "Write this column of DATA too, its cells without blanks around them; may be repeated."
_APPEND = "Write all columns of DATA, then the prediction."


@app.callback(invoke_without_command=True)
def _glassnet(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version, and stop.")] = False,
) -> Any:
    """Print the version, or the help where no command is given."""
    if version:
        import glassnet

        typer.echo(f"glassnet {glassnet.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


def _takes(*options: type) -> Callable[[Command], Command]:
    """Return a decorator that adds the options that dataclasses declare to the signature Typer reads."""

    def add(command: Command) -> Command:
        signature = inspect.signature(command, eval_str=True)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        arguments = [each for each in own if each.kind is not inspect.Parameter.KEYWORD_ONLY]
        added = [_parameter(name, *each) for one in options for name, each in declared(one).items()]
        parameters = [*arguments, *added, *own[len(arguments) :]]
        command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return command

    return add


def _parameter(name: str, option: Option, default: Any) -> inspect.Parameter:
    """Return an option as a parameter; its text is parsed later, see `glassnet.cli.arguments`."""
    kind: Any = bool if isinstance(default, bool) else list[str] if default == () else str
    if kind is not bool:
        default = None if default in (None, ()) else str(default)
    typed = typer.Option(
        default,
        *(names for names in (flag_of(name), option.short) if names),
        metavar=None if kind is bool else option.metavar,
        help=option.help,
        rich_help_panel=option.panel,
    )
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=typed, annotation=kind)


@app.command("train")
@_takes(TrainOptions, ReadingOptions)
def _train(
    data: Table,
    *,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No live view and no report.")] = False,
    **texts: Any,
) -> Job:
    """Train a network on a table, report its scores beside simple baselines, and save it."""
    from glassnet.cli.commands.train_command import run_train

    return lambda: run_train(data, texts, as_json=as_json, quiet=quiet)


@app.command("compare")
@_takes(CompareOptions, ReadingOptions)
def _compare(
    data: Table,
    *,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no leaderboard.")] = False,
    **texts: Any,
) -> Job:
    """Train several models on a table, rank them on the same test rows, and save the best of ours.

    For example: glassnet compare penguins --target species
    """
    from glassnet.cli.commands.compare_command import run_compare

    return lambda: run_compare(data, texts, as_json=as_json, quiet=quiet)


@app.command("check")
@_takes(CheckOptions, ReadingOptions)
def _check(data: Table, *, as_json: Json = False, **texts: Any) -> Job:
    """Say what is read of a table and what is found in it, without training.

    For example: glassnet check data.csv --target price. The exit code is 2 if a person must decide about a column, or
    if train would refuse the table.
    """
    from glassnet.cli.commands.check_command import run_check

    return lambda: run_check(data, texts, as_json=as_json)


@app.command("predict")
@_takes(ReadingOptions)
def _predict(
    model: Model,
    data: Table,
    *,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="FILE", help=_PREDICTIONS)] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", "-p", help="Add a column with the probability of each class.")
    ] = False,
    keep: Annotated[list[str] | None, typer.Option("--keep", "-k", metavar="COLUMN", help=_KEEP)] = None,
    append: Annotated[
        bool, typer.Option("--append", "-a", help="Write all columns of DATA, then the prediction.")
    ] = False,
    as_json: Json = False,
    **texts: Any,
) -> Job:
    """Predict the target for the rows of a table, and warn where they are unlike the training rows."""
    from glassnet.cli.commands.predict_command import run_predict

    options: dict[str, Any] = {"out": out, "probabilities": probabilities, "keep": keep or [], "append": append}
    return lambda: run_predict(model, data, texts, **options, as_json=as_json)


@app.command("evaluate")
@_takes(ReadingOptions)
def _evaluate(
    model: Model,
    data: Table,
    *,
    skip_missing: Annotated[bool, typer.Option("--skip-missing", help="Leave out rows without a target.")] = False,
    as_json: Json = False,
    **texts: Any,
) -> Job:
    """Score a model on a table that has the target."""
    from glassnet.cli.commands.evaluate_command import run_evaluate

    return lambda: run_evaluate(model, data, texts, skip_missing=skip_missing, as_json=as_json)


@app.command("explain")
@_takes(ReadingOptions)
def _explain(
    model: Model,
    data: Table,
    *,
    row: Annotated[str, typer.Option("--row", "-r", metavar="N", help="Which row, counted from 1.")] = "1",
    page: Annotated[
        str | None, typer.Option("--html", metavar="FILE", help="Write a page instead of printing text.")
    ] = None,
    digits: Annotated[str, typer.Option(metavar="N", help="Significant digits; 17 are exact.")] = "4",
    full: Annotated[bool, typer.Option("--full", help="Show all of large arrays and work every entry.")] = False,
    layer: Annotated[
        str | None, typer.Option("--layer", metavar="NAME", help="Show this layer's part of the training step only.")
    ] = None,
    as_json: Json = False,
    **texts: Any,
) -> Job:
    """Explain one row: what the network sees, why it predicts what it does, and a training step worked by hand."""
    from glassnet.cli.commands.explain_command import run_explain

    return lambda: run_explain(model, data, texts, row=row, page=page, shown=(digits, full, layer), as_json=as_json)


@app.command("export")
@_takes(ExportOptions, ReadingOptions)
def _export(model: Model, *, as_json: Json = False, **texts: Any) -> Job:
    """Write a model as a file that runs without glassnet, check that it computes the same, and say so.

    For example: glassnet export model.safetensors --to html
    """
    from glassnet.cli.commands.export_command import run_export

    return lambda: run_export(model, texts, as_json=as_json)


@app.command("serve")
def _serve(
    model: Model,
    *,
    port: Annotated[str, typer.Option("--port", metavar="N", help="Port to listen on; 0 for a free one.")] = "8000",
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 lets others in.")
    ] = "127.0.0.1",
) -> Job:
    """Answer for a model over HTTP, on this computer: records in JSON in, predictions out, and a page with a form.

    For example: glassnet serve model.safetensors --port 8000
    """
    from glassnet.cli.commands.serve_command import run_serve

    return lambda: run_serve(model, host, port)


@app.command("playground")
@_takes(PlaygroundOptions, ReadingOptions)
def _playground(
    file: Annotated[str | None, typer.Argument(metavar="DATA|MODEL", help=_ANY_START)] = None, **texts: Any
) -> Job:
    """Open a page to play with a network on your data: every number, every step, forwards and back.

    For example: glassnet playground data.csv --target price
    """
    from glassnet.cli.commands.playground_command import run_playground

    return lambda: run_playground(file, texts)


@app.command("show")
def _show(model: Model, as_json: Json = False) -> Job:
    """Show what a model file contains: layers, columns and what is done to them, classes, training, scores."""
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


def usage_sentence(error: Exception, name: str, words: Sequence[str]) -> str | None:
    """Return a usage error that Typer found in ``words`` as one sentence; None for any other error."""
    if not any(kind.__name__ == "ClickException" for kind in type(error).__mro__):
        return None
    # Of -train.csv, Typer takes -t for an option with the value rain.csv.
    file = next((word for word in words if word[:1] == "-" and word[1:].strip("-") and os.path.isfile(word)), None)
    if file:
        return f"{shlex.quote(file)} is taken for an option. For the file of that name write {shlex.quote('./' + file)}"
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    see = f"See: {name} --help"
    if type(error).__name__ == "NoSuchOption":
        # Of -lr, one word for whoever types it, Typer has only the first letter.
        whole = next((word for word in words if word.startswith(str(option)) and word[1:2] != "-"), str(option))
        return f"unknown option {whole}. {_suggested_option(whole, context) or see}"
    if option:
        return f"{option} must be followed by a value, got nothing. {see}"
    missing = getattr(getattr(error, "param", None), "metavar", None)
    if type(error).__name__ == "MissingParameter" and missing:
        return f"{missing} must be given, got nothing. {see}"
    extra = re.search(r"extra argument.*\((.*)\)$", str(error))
    if extra:
        advice = _advice_on_files(name, extra[1].split())
        if advice:
            return f"DATA must be one file, a folder or a pattern, got several. {advice}"
        is_target = getattr(context, "params", {}).get("target", "") is None
        advice = f"Did you mean --target {shlex.quote(extra[1])}?" if is_target else "Put names with blanks in quotes."
        return f"unexpected argument {extra[1]!r}. {advice}"
    text = str(getattr(error, "format_message", lambda: error)()).strip().rstrip(".")
    return f"{text[:1].lower()}{text[1:]}. {see}"


def _advice_on_files(name: str, files: Sequence[str]) -> str:
    """Return how several Parquet files are given, if these are such, which the shell has put in place of a pattern."""
    if not all(file.lower().endswith(PARQUET_ENDINGS) for file in files):
        return ""
    if name != "glassnet train":
        return "Give one after the other; only train reads all of them."
    folder = os.path.dirname(files[0]) or "."
    pattern = shlex.quote(os.path.join(folder, f"*{os.path.splitext(files[0])[1]}"))
    return f"Put a pattern in quotes, {pattern}, or name the folder, {shlex.quote(folder)}."


def _suggested_option(typed: str, context: Any) -> str:
    """Return the sentence that helps someone who typed an option that the command does not have, or ""."""
    if len(typed) < 3:
        return ""  # a letter stands for too many words
    names = [flag for each in context.command.params for flag in each.opts if flag.startswith("--")]
    return suggestion(typed, [flag[2:] for flag in names], "--{}".format)

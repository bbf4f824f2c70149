"""The commands and options of ``glassnet`` with their help, as Typer reads them; each command returns a job to run.

Numbers are parsed by us so that the error message is ours, not Click's. A command has its examples in `examples`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

import typer

from glassnet.cli.arguments import Option, declared, flag_of
from glassnet.cli.comparing.compare_options import CompareOptions
from glassnet.cli.completion import complete_columns, complete_commands, complete_models, complete_tables
from glassnet.cli.explain_options import ExplainOptions
from glassnet.cli.export_options import ExportOptions
from glassnet.cli.help_page import HelpCommand, HelpGroup
from glassnet.cli.playground_options import PlaygroundOptions
from glassnet.cli.reading_options import ReadingOptions
from glassnet.cli.training.check_options import CheckOptions
from glassnet.cli.training.train_options import TrainOptions
from glassnet.cli.tuning.tune_options import TuneOptions
from glassnet.cli.usage_errors import single_target
from glassnet.errors import ConfigError
from glassnet.utils.suggestions import suggestion

__all__ = ["app"]

Job = Callable[[], int | None]
Command = TypeVar("Command", bound=Callable[..., Any])


class _App(typer.Typer):
    """A program whose commands have the help of `help_page`."""

    def command(  # type: ignore[override]  # Typer's own, with its class of commands set
        self, name: str | None = None, *, cls: type[HelpCommand] = HelpCommand, **settings: Any
    ) -> Callable[[Command], Command]:
        return super().command(name, cls=cls, **settings)


app = _App(
    name="glassnet",
    cls=HelpGroup,
    help="Neural networks you can see through: from a table to a trained model, and back to predictions.",
    epilog=(
        "Exit codes: 0 fine (also after Ctrl-C, SIGTERM or SIGHUP in training: the best weights are kept); "
        "1 unexpected, a bug; 2 data, a file or an option cannot be used; "
        "130, 143 or 129 interrupted before there was anything to keep. "
        "The options of a command: glassnet help COMMAND."
    ),
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and nothing else, on stdout.")]
Model = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A model file that glassnet train wrote.", autocompletion=complete_models),
]
_ANY_TABLE = (
    "A CSV, TSV, JSON, JSON lines or Parquet file, plain or .gz, or a spreadsheet; - for standard input; "
    "or a bundled table: mpg, penguins, thyroid or weather."
)
_ANY_START = "A table, as for train, or a model file; without it a toy."
Table = Annotated[str, typer.Argument(metavar="DATA", help=_ANY_TABLE, autocompletion=complete_tables)]
Target = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET", help="The column to predict, the same as --target.", autocompletion=complete_columns
    ),
]

_PREDICTIONS = "A .csv, .tsv, .json, .jsonl or .parquet file. [default: CSV to stdout]"
_KEEP = "Write this column of DATA too, its cells without blanks around them; may be repeated."
_APPEND = "Write all columns of DATA, then the prediction."
_PROBABILITIES = "Add a column with the probability of each class."


@app.callback(invoke_without_command=True)
def _glassnet(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version, and stop.")] = False,
) -> Any:
    """Print the version, or the help where no command is given."""
    if version:
        _print_version()
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
        show_default=option.usual or True,
        autocompletion=option.complete,
        rich_help_panel=option.panel,
    )
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=typed, annotation=kind)


@app.command("train")
@_takes(TrainOptions, ReadingOptions)
def _train(
    data: Table,
    target_argument: Target = None,
    *,
    as_json: Json = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no report.")] = False,
    **texts: Any,
) -> Job:
    """Train a network on a table, report its scores beside simple baselines, and save it."""
    from glassnet.cli.commands.train_command import run_train

    named = partial(_with_target, "train", data, target_argument, texts)
    return lambda: run_train(data, named(), as_json=as_json, quiet=quiet)


def _with_target(where: str, data: str, argument: str | None, texts: dict[str, Any]) -> dict[str, Any]:
    """Return the texts of the options with the target, however it was named."""
    return texts | {"target": single_target(where, data, argument, texts["target"])}


def _add_search(name: str, options: type, what: str) -> None:
    """Add a command that trains several models: compare, or tune."""

    @app.command(name, help=what)
    @_takes(options, ReadingOptions)
    def _search(
        data: Table,
        target_argument: Target = None,
        *,
        as_json: Json = False,
        quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no result.")] = False,
        **texts: Any,
    ) -> Job:
        from glassnet.cli.commands.search_commands import run_search

        named = partial(_with_target, name, data, target_argument, texts)
        return lambda: run_search(name, data, named(), as_json=as_json, quiet=quiet)


_add_search("compare", CompareOptions, "Train several models on a table and rank them on the same test rows.")
_add_search("tune", TuneOptions, "Search over a few settings of a recipe within a time limit.")


@app.command("check")
@_takes(CheckOptions, ReadingOptions)
def _check(data: Table, target_argument: Target = None, *, as_json: Json = False, **texts: Any) -> Job:
    """Show what is read of a table and the problems found in it, without training.

    The exit code is 2 if a person must decide about a column, or if train would refuse the table.
    """
    from glassnet.cli.commands.check_command import run_check

    named = partial(_with_target, "check", data, target_argument, texts)
    return lambda: run_check(data, named(), as_json=as_json)


@app.command("predict")
@_takes(ReadingOptions)
def _predict(
    model: Model,
    data: Table,
    *,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="FILE", help=_PREDICTIONS)] = None,
    probabilities: Annotated[bool, typer.Option("--probabilities", "-p", help=_PROBABILITIES)] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", "-k", metavar="COLUMN", help=_KEEP, autocompletion=complete_columns),
    ] = None,
    append: Annotated[bool, typer.Option("--append", "-a", help=_APPEND)] = False,
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
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE", help="Write the report with pictures as one .html page.")
    ] = None,
    as_json: Json = False,
    **texts: Any,
) -> Job:
    """Score a model on a table that has the target."""
    from glassnet.cli.commands.evaluate_command import run_evaluate

    return lambda: run_evaluate(model, data, texts, report=report, skip_missing=skip_missing, as_json=as_json)


@app.command("explain")
@_takes(ExplainOptions, ReadingOptions)
def _explain(model: Model, data: Table, *, as_json: Json = False, **texts: Any) -> Job:
    """Explain the prediction for one row: which columns speak for it and against it, and by how much.

    With --step also a training step on this row, worked by hand: every number with the formula it comes from.
    """
    from glassnet.cli.commands.explain_command import run_explain

    return lambda: run_explain(model, data, texts, as_json=as_json)


@app.command("export")
@_takes(ExportOptions, ReadingOptions)
def _export(model: Model, *, as_json: Json = False, **texts: Any) -> Job:
    """Write a model as a file that runs without glassnet, and check that it computes the same."""
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
    """Serve predictions over HTTP from this computer: JSON records in, predictions out, and a page with a form."""
    from glassnet.cli.commands.serve_command import run_serve

    return lambda: run_serve(model, host, port)


@app.command("playground")
@_takes(PlaygroundOptions, ReadingOptions)
def _playground(
    file: Annotated[
        str | None, typer.Argument(metavar="DATA|MODEL", help=_ANY_START, autocompletion=complete_tables)
    ] = None,
    **texts: Any,
) -> Job:
    """Open a page to train a network step by step and to see every number in it, on your data or a toy."""
    from glassnet.cli.commands.playground_command import run_playground

    return lambda: run_playground(file, texts)


@app.command("show")
def _show(model: Model, as_json: Json = False) -> Job:
    """Show what a model file contains: layers, columns and what is done to them, classes, training, scores."""
    from glassnet.cli.commands.show_command import run_show

    return lambda: run_show(model, as_json=as_json)


@app.command("scratch")
def _scratch(
    problem: Annotated[
        str, typer.Argument(metavar="PROBLEM", help="The truth table to learn: xor, and, or. [default: xor]")
    ] = "xor",
    hidden_size: Annotated[str, typer.Option(metavar="N", help="Width of the hidden layer.")] = "4",
    learning_rate: Annotated[str, typer.Option(metavar="N", help="Learning rate.")] = "1.0",
    epochs: Annotated[str, typer.Option(metavar="N", help="Number of training steps.")] = "10000",
    gradient: Annotated[
        str, typer.Option(metavar="NAME", help="The loss whose gradient is used: squared_error or cross_entropy.")
    ] = "squared_error",
    seed: Annotated[
        str, typer.Option(metavar="N", help="Random seed of the first weights; 2 is the tutorial's.")
    ] = "2",
) -> Job:
    """Run the tutorial that glassnet grew out of: a network in eight NumPy functions learns a truth table."""
    from glassnet.cli.commands.scratch_command import run_scratch

    return lambda: run_scratch(problem, hidden_size, learning_rate, epochs, gradient, seed)


@app.command("version")
def _version() -> Job:
    """Print the version."""
    return _print_version


@app.command("help")
def _help(
    context: typer.Context,
    command: Annotated[
        str | None,
        typer.Argument(metavar="COMMAND", help="The command to explain.", autocompletion=complete_commands),
    ] = None,
) -> Job:
    """Print the help of a command, or of the program."""
    return lambda: _print_help(context, command)


def _print_version() -> None:
    import glassnet

    typer.echo(f"glassnet {glassnet.__version__}")


def _print_help(context: typer.Context, name: str | None) -> None:
    """Print the same as ``glassnet NAME --help``."""
    above: Any = context.parent
    if name is None:
        typer.echo(above.get_help())
        return
    found = above.command.get_command(above, name)
    if found is None:
        names = above.command.list_commands(above)
        advice = suggestion(name, names, str) or f"The commands are {', '.join(sorted(names))}."
        message = f"help: unknown command {name!r}. {advice}"
        raise ConfigError(message, expected=names, got=name)
    with found.make_context(name, [], parent=above, resilient_parsing=True) as inner:
        typer.echo(found.get_help(inner))

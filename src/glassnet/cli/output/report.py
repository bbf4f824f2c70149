"""The reports of ``glassnet train``, ``evaluate`` and ``show``, printed on a terminal or into a pipe."""

from __future__ import annotations

import shlex
from typing import Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from glassnet.cli.output.columns import columns_table
from glassnet.cli.output.confusion import confusion_parts
from glassnet.cli.output.layers_table import layer_table
from glassnet.cli.output.reading import reading_parts, with_target
from glassnet.cli.output.report_parts import (
    calibration_lines,
    curves,
    errors_table,
    facts_table,
    heading,
    importance_table,
    indented,
    parameters_text,
    report_console,
    scores_table,
    worst_table,
)
from glassnet.cli.output.wording import abridged, recipes_lines
from glassnet.cli.reading_options import option_words
from glassnet.reports.calibration_facts import interval_text
from glassnet.reports.split_text import advice_on_test, how_divided, used_for
from glassnet.reports.training_words import network_name, shortage_sentences, training_text
from glassnet.utils.short_text import bytes_text, count, metric_name, metric_text, plain, score_text
from glassnet.utils.wording import distinct_cuts

__all__ = ["network_name", "print_evaluation", "print_model", "print_training"]

_FEW_ROWS = 50
_MOST_COLUMNS = 8
_WORST = 3
_NAMES = 17  # cells for the name of a fact


def print_training(result: dict[str, Any]) -> None:
    """Print the result of a training."""
    with report_console() as console:
        console.print(_title(result))
        _print_reading(console, result)
        _print_scores(console, result)
        _print_details(console, result)
        _print_worst(console, result)
        _print_columns(console, result)
        _print_importance(console, result)
        _print_findings(console, result)
        console.print()
        console.print(facts_table(_facts(console, result)))
        _print_model(console, result)


def _print_section(console: Console, name: str, aside: str, *parts: RenderableType) -> None:
    """Print a blank line, a heading with a remark, and the parts below it, indented."""
    console.print()
    console.print(heading(name, aside))
    for part in parts:
        console.print(indented(part))


def _print_reading(console: Console, result: dict[str, Any]) -> None:
    """Print what was left out, and what cells were taken for, where that is not plain."""
    parts = reading_parts(with_target(result), result["notes"], result["dropped"], console.width)
    if parts:
        _print_section(console, "Read", "what cells were taken for, and what was left out", *parts)


def _title(result: dict[str, Any]) -> Text:
    """Return table, target and task."""
    task = result["task"]
    if result["labels"]:
        task += f", {count(len(result['labels']), 'class', 'classes')}"
    reason = f" ({result['task_reason']})" if result["task_reason"] else ""
    return heading(f"{plain(result['data'])} → {plain(result['target'])}", task + reason)


def _print_scores(console: Console, result: dict[str, Any]) -> None:
    """Print the scores beside those of the baselines, and what they mean."""
    scores, part = result["scores"], result["judged_on"]
    n, of_all = result.get("judged_rows", result["rows"][part]), result["rows"][part]
    rows = count(n, f"{part} row") if n == of_all else f"{n:,} of {count(of_all, f'{part} row')}"
    table = _all_scores(result["network"], scores, result["baseline"]["does"], console.width)
    _print_section(console, "Scores", f"on {rows}, {used_for(part, result['split'])}", table)
    _print_intervals(console, result)
    _print_verdict(console, result["verdict"])
    if result["verdict"]["hint"]:
        console.print(Text(result["verdict"]["hint"], style="dim"))
    for sentence in [*shortage_sentences(result), *result["split"]["warnings"]]:
        console.print(Text(sentence, style="yellow"))
    for sentence in result["split"]["notes"]:
        console.print(Text(plain(sentence), style="dim"))
    if n < _FEW_ROWS:
        console.print(Text(f"With {count(n, 'row')} every score here is rough.", style="yellow"))
    if part != "test":
        advice = advice_on_test(result["split"])
        console.print(Text(f"Rows that chose the best epoch flatter the network: {advice}.", style="yellow"))


def _all_scores(network: dict[str, Any], scores: dict[str, Any], baseline: str, width: int) -> Table:
    """Return the scores of a network, of the linear model and of the constant baseline, as a table."""
    rows = [(network_name(network), scores["network"]), ("linear model", scores["linear"])]
    return scores_table([*rows, (baseline, scores["baseline"])], width)


def _print_intervals(console: Console, result: dict[str, Any]) -> None:
    """Print how far chance in the choice of rows reaches."""
    found = result.get("intervals", {}).get("network") or {}
    known = {name: edges for name, edges in found.items() if edges}
    words = [f"{metric_name(m)} {score_text(m, low)} to {score_text(m, high)}" for m, (low, high) in known.items()]
    if words:
        console.print(indented(Text(f"95 % intervals of the network: {', '.join(words)}", style="dim")))


def _print_worst(console: Console, result: dict[str, Any]) -> None:
    """Print the rows that were answered worst, each with its number and the truth."""
    rows = [row for row in result.get("single_rows", ()) if row["kind"] == "worst"][:_WORST]
    if rows:
        _print_section(console, "Worst rows", "", worst_table(rows, console.width, result["labels"]))


def _print_verdict(console: Console, verdict: dict[str, Any]) -> None:
    """Print what the scores mean."""
    console.print()
    good = verdict["against_baseline"] == "better"
    console.print(Text(verdict["sentence"], style="green" if good else "yellow"))


def _print_details(console: Console, result: dict[str, Any]) -> None:
    """Print the confusion matrix of a classification, or the errors of a regression."""
    if "confusion" in result:
        _print_section(console, "Confusion", "", *confusion_parts(result["confusion"], console.width))
    else:
        interval = [Text(interval_text(result["interval"]))] if "interval" in result else []
        _print_section(
            console, "Absolute errors", f"of {plain(result['target'], 40)}", errors_table(result["errors"]), *interval
        )


def _print_columns(console: Console, result: dict[str, Any]) -> None:
    """Print how the columns are coded."""
    columns = result["columns"]
    aside = f"{count(len(columns), 'column')} became {count(result['features'], 'feature')}"
    aside += "; missing: of the training rows" if any(column["missing"] for column in columns) else ""
    _print_section(console, "Columns", aside, *columns_table(columns, console.width))


def _print_importance(console: Console, result: dict[str, Any]) -> None:
    """Print the most important columns."""
    rows = result["importance"]["importance"]
    if len(rows) < 2:
        return
    score = f"{metric_name(result['importance']['metric'])} ({metric_text(result['importance']['score'])})"
    note = [Text(result["importance"]["note"], style="dim")] if result["importance"]["note"] else []
    table = importance_table(rows[:_MOST_COLUMNS], console.width, ascii_only=console.options.ascii_only)
    _print_section(console, "Feature importance", f"increase of the {score} when a column is shuffled", table, *note)


def _print_findings(console: Console, result: dict[str, Any]) -> None:
    """Print findings other than notes, with the remedies that were tried."""
    found = [finding for finding in result["findings"] if finding["severity"] != "note"]
    if not found:
        return
    tried = ", and what was tried on a copy" if any(finding["tried"] for finding in found) else ""
    _print_section(console, "Findings", f"what was noticed in training{tried}")
    for finding in found:
        words = [finding["measured"], finding["why"], finding["advice"]]
        words += [f"Tried: {finding['tried']}"] if finding["tried"] else []
        console.print(indented(Text(plain(f"{finding['severity']}: {finding['code']}"), style="yellow")))
        console.print(indented(indented(Text(plain(" ".join(words))))))


def _facts(console: Console, result: dict[str, Any]) -> list[tuple[str, str | Text]]:
    """Return names and values of the facts about rows and training."""
    rows, network = result["rows"], result["network"]
    used = {part: rows[part] for part in ("training", "validation", "test") if part in rows}
    parts = ", ".join(f"{n:,} {part}" for part, n in used.items())
    skipped = rows["read"] - sum(used.values())
    parts += f"; {skipped:,} without a target left out" if skipped else ""
    facts: list[tuple[str, str | Text]] = [
        ("Rows", f"{rows['read']:,}: {parts}"),
        *([("Divided", how_divided(result["split"]))] if result["split"]["by"] != "rows" else []),
        ("Training", training_text(network, result["training"])),
        *curves(result["history"], console.width, ascii_only=console.options.ascii_only),
        *calibration_lines(result["calibration"], result.get("reliability"), result["judged_on"]),
    ]
    if result["recipes"]:
        facts.append(("Recipes here", Text("\n".join(recipes_lines(result["recipes"], console.width - _NAMES)))))
    if network.get("implied_by"):
        facts.append(("Recipe", f"plain (because of {network['implied_by']}; the default is realmlp)"))
    return facts


def _print_model(console: Console, result: dict[str, Any]) -> None:
    """Print the file and the next command on lines that are not wrapped, so that they can be copied."""
    model = result["model"]
    if model is None:
        return
    size = f"{parameters_text(result['network'])}, {bytes_text(model['bytes'])}"
    replaced = ", overwrote the old file" if model["replaced"] else ""
    console.print(facts_table([("Size           ", size)]))
    path = shlex.quote(model["path"])
    lines = {"Model": plain(model["path"]) + replaced, "Next": f"glassnet predict {path} new.csv"}
    worst = next((row for row in result.get("single_rows", ()) if "row" in row), None)
    if worst is not None and result["data"] != "standard input":
        command = f"glassnet explain {path} {shlex.quote(result['data'])} --row {worst['row']}"
        lines |= {"Why": command} if cell_len(command) <= console.width - _NAMES else {}
    if result.get("checkpoint") and result["training"]["stop_reason"] in ("interrupted", "time"):
        lines["Checkpoint"] = f"{plain(result['checkpoint'])}; --resume goes on from there"
    if "report" in result:
        lines["Report"] = plain(result["report"]) + ", overwrote the old file" * result["report_replaced"]
    for name, words in lines.items():
        console.print(Text(f"{name:<{_NAMES}}", style="bold").append(words, style="not bold"), soft_wrap=True)


def print_evaluation(result: dict[str, Any]) -> None:
    """Print the scores of a model on a table."""
    scores, rows = result["scores"], result["rows"]
    with report_console() as console:
        title = f"{plain(result['model'])} on {plain(result['data'])}"
        console.print(heading(title, f"target {plain(result['target'])}"))
        lines = [("network", scores["network"]), (result["baseline"]["does"], scores["baseline"])]
        if scores["at_training"]:
            lines.append(("network, when it was trained", scores["at_training"]))
        _print_section(console, "Scores", f"on {count(rows['scored'], 'row')}", scores_table(lines, console.width))
        _print_intervals(console, result)
        _print_verdict(console, result["verdict"])
        for warning in abridged(result["warnings"]):
            console.print(Text(plain(warning), style="yellow"))
        _print_details(console, result)
        _print_worst(console, result)
        facts = calibration_lines(result["calibration"], result.get("reliability"), "scored")
        if facts:
            console.print()
            console.print(facts_table(facts))
        if "report" in result:
            words = plain(result["report"]) + ", overwrote the old file" * result["report_replaced"]
            console.print(Text(f"{'Report':<{_NAMES}}", style="bold").append(words, style="not bold"), soft_wrap=True)


def print_model(result: dict[str, Any]) -> None:
    """Print the contents of a model file."""
    with report_console() as console:
        model = result["model"]
        console.print(heading(plain(model["path"]), _purpose(result)))
        if "columns" in result:
            _print_reading(console, result)
        several = "of each of the networks, " if result["networks"] > 1 else ""
        aside = f"{several}{parameters_text(result)}, {bytes_text(model['bytes'])}"
        _print_section(console, "Layers", aside, layer_table(result["layers"], console.width))
        if result.get("labels"):
            labels = ", ".join(distinct_cuts([plain(label) for label in result["labels"]], 30)[:20])
            more = len(result["labels"]) - 20
            words = Text(labels + (f" and {more} more" if more > 0 else ""))
            _print_section(console, "Classes", count(len(result["labels"]), "class", "classes"), words)
        if "columns" in result:
            _print_columns(console, result)
        if result.get("calibration"):
            console.print()
            console.print(facts_table(calibration_lines(result["calibration"], None, "")))
        if result["training"]:
            _print_past(
                console, result["training"], result.get("row_hashes", 0), option_words(result.get("reading", {}))
            )
        for warning in result.get("warnings", ()):
            console.print()
            console.print(Text(plain(warning), style="yellow"))


def _purpose(result: dict[str, Any]) -> str:
    """Return task and target of a model, or the inputs of a network alone."""
    if "target" not in result:
        return f"a network for samples of shape {tuple(result['inputs'])}, without a table encoder"
    return f"{result['task']} of {plain(result['target'])}"


def _print_past(console: Console, past: dict[str, Any], n_hashes: int, read_with: str) -> None:
    """Print how a model was trained, from the notes in its file, which has ``n_hashes`` of rows.

    ``read_with`` are the options that its table was read with.
    """
    rows, training, scores = past["rows"], past["training"], past["scores"]
    table = _all_scores(past["network"], scores, past["baseline"]["does"], console.width)
    aside = f"on {count(rows[past['judged_on']], past['judged_on'] + ' row')}"
    _print_section(console, "Scores at training", aside, table)
    console.print()
    facts: list[tuple[str, str | Text]] = [
        ("Data", f"{plain(past['data'])}, {rows['training']:,} training rows of {rows['read']:,}"),
        *([("Read with", plain(read_with))] if read_with else []),
        ("Training", training_text(past["network"], training)),
        ("Options", _options_line(past["network"], training)),
        *([("Row hashes", f"{n_hashes:,}, by which evaluate knows rows of training")] if n_hashes else []),
        *curves(past["history"], console.width, ascii_only=console.options.ascii_only),
        ("Written by", f"glassnet {past['glassnet']}"),
    ]
    console.print(facts_table(facts))


def _options_line(network: dict[str, Any], training: dict[str, Any]) -> str:
    """Return the options of a training; files of version 0.1 have no recipes."""
    names = ("batch", "seed") if "title" in network else ("rate", "batch", "weight_decay", "seed")
    known = [f"recipe {network['recipe']}"] if "recipe" in network else []
    known += [plain(text, 40) for text in network.get("settings", ())]
    if "title" in network:
        known += [f"{name} {network[name]}" for name in ("ensemble", "folds") if (network[name] or 1) > 1]
        known += [f"quantiles {','.join(map(str, network['quantiles']))}"] if network["quantiles"] else []
    else:
        known.append(f"dropout {network['dropout']:g}")
    known += [f"class weight {plain(training['class_weight'], 60)}"] if "class_weight" in training else []
    return ", ".join([*known, *(f"{name.replace('_', ' ')} {training[name]:g}" for name in names)])

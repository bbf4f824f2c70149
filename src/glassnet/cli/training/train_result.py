"""The result of ``glassnet train``: one dictionary, JSON-able."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.cli.input_files import shown_name
from glassnet.cli.output.finding_advice import as_option, words_of_options
from glassnet.cli.training.preparation import Encoded, Prepared
from glassnet.cli.training.recipe_network import find_recipe
from glassnet.cli.training.train_options import TrainOptions
from glassnet.reports.calibration_facts import fitted_calibration
from glassnet.reports.comparison import Goal, Scores, compare, verdict
from glassnet.reports.importances import Measured, importance_in_time
from glassnet.reports.intervals import intervals_of
from glassnet.reports.model_report import unit_of
from glassnet.reports.reading_facts import described_columns, notes_of, reading_of_column
from glassnet.reports.scoring import details, score_baseline, score_model
from glassnet.reports.single_rows import Judged, chosen_rows
from glassnet.reports.split_text import kind_of_rows
from glassnet.tabular import TableModel
from glassnet.tabular.attribution.reasons import importance_metric
from glassnet.tabular.encoding.told import absent_classes_words
from glassnet.tabular.fitting.deadline import Deadline
from glassnet.tabular.fitting.fit import Trained
from glassnet.tabular.fitting.options import Rows
from glassnet.tabular.fitting.recipes import RECIPES
from glassnet.tabular.fitting.table_findings import find_in_table, with_table
from glassnet.tabular.splitting.division import copies_sentence, shared_sentences
from glassnet.training import History
from glassnet.training.findings import Diagnosis
from glassnet.utils.short_text import plain

__all__ = ["Outcome", "for_the_file", "importance_of", "judged_of", "result_of"]

_UNEVEN, _MISSED = 0.15, 0.6  # of the accuracy more than of the balanced one; of a class


@dataclass(frozen=True)
class Outcome:
    """What was trained: a model and the linear baseline, each with the rows as it sees them."""

    options: TrainOptions  # with all values that were chosen
    trained: Encoded
    linear: Encoded
    fit: Trained
    asked: TrainOptions  # as they were typed
    metric: str  # chose the best epoch
    recipes: list[dict[str, Any]]  # the estimated time of each
    interrupted_by: str  # Ctrl-C, or a signal; "" if it was not interrupted

    @property
    def model(self) -> TableModel:
        """The model of the command."""
        return self.trained.model

    @property
    def histories(self) -> list[History]:
        """One for each network."""
        return self.fit.histories

    @property
    def first(self) -> gn.Network:
        """The first of the networks that the model averages."""
        return self.fit.networks[0]

    @property
    def history(self) -> History:
        """History of the first network."""
        return self.histories[0]


def result_of(outcome: Outcome, data: Prepared) -> dict[str, Any]:
    """Return everything there is to report, JSON-able."""
    options, target, model = outcome.options, data.target, outcome.model
    part, truth = data.scored_on, data.truth
    counts = data.class_counts
    goal = Goal(outcome.metric, bool(options.class_weight))
    words, simple = score_baseline(target, truth, counts, goal)
    X = outcome.trained.features(part)
    ours = score_model(model, X, truth, goal)
    linear = score_model(outcome.linear.model, outcome.linear.features(part), truth, goal)
    unit = unit_of(model)
    scored = {"network": ours, "linear": linear, "baseline": simple}
    of_table = find_in_table(Rows(data.inputs, data.column), target, learned=compare(ours, simple) == "better")
    said = shared_sentences(data.division) + _without_rows(target.labels, counts)
    copies = copies_sentence(data.division)
    split = {**data.division.describe(), "warnings": said, "notes": [*data.notes, *([copies] if copies else [])]}
    is_given_away = "leaking-column" in of_table.codes
    rows, is_linear = kind_of_rows(part, split), options.is_plain and options.layers == ()
    judged = verdict(words, ours, simple, linear, rows, is_given_away=is_given_away, is_linear=is_linear)
    return {
        "command": "train",
        "glassnet": gn.__version__,
        "data": shown_name(options.data),
        "target": target.name,
        "task": target.task,
        "task_reason": target.reason,
        "labels": target.labels,
        "rows": {"read": 0} | {name: data.count(name) for name in data.rows},
        "columns": described_columns(model.encoder, data.inputs.columns),
        "target_read": reading_of_column(data.column),
        "notes": notes_of([*data.inputs.columns, data.column], data.inputs.notes),
        "dropped": sorted({*options.drop, *options.read_options.dropped}),
        "features": len(model.encoder.feature_names),
        "network": _network(outcome),
        "recipes": _recipes(outcome),
        "training": _training(outcome, data.count("training")),
        "history": {name: _short(v) for name, v in outcome.history.columns.items() if name != "learning_rate"},
        "split": split,
        "judged_on": part,
        "judged_rows": len(truth),
        "calibration": fitted_calibration(model),
        "scores": {who: scores.values for who, scores in scored.items()},
        "intervals": {who: intervals_of(scores, truth, unit) for who, scores in scored.items()},
        "baseline": {"does": words, "counts": None if counts is None else counts.tolist()},
        "verdict": {**judged, "hint": _hint(outcome, ours, words, simple)},
        "findings": _findings(outcome, data, of_table).to_dict()["findings"],
        "single_rows": chosen_rows(model, judged_of(outcome, data), explained=False),
        **details(model, X, truth),
    }


def judged_of(outcome: Outcome, data: Prepared) -> Judged:
    """Return the rows that scores are reported on, as the model sees them."""
    rows, encoded = data.sample(data.scored_on), outcome.trained
    return Judged(rows.inputs, rows.target, encoded.features(data.scored_on), data.truth, data.scored_on)


def _findings(outcome: Outcome, data: Prepared, of_table: Diagnosis) -> Diagnosis:
    """Return what was found about the table and the first network, in the options of the command."""
    options, history, target = outcome.options, outcome.history, data.target
    if options.is_plain:
        found = Diagnosis([*of_table, *history.findings])
    else:
        found = with_table(history.findings, of_table, updates=outcome.fit.steps_of(history))
    given = ["balanced"] * bool(options.class_weight) + ["fair"] * (outcome.metric == "balanced_accuracy")
    named: dict[str, Any] = {
        "given": given,
        "target": target.name,
        "labels": target.labels,
        "row_name": data.column.rows,
    }
    return words_of_options(is_plain=options.is_plain, **named).all_of(found)


def _without_rows(labels: list[Any], counts: np.ndarray | None) -> list[str]:
    """Return a sentence about the classes without a training row, if there are some."""
    absent = [label for label, count in zip(labels, [] if counts is None else counts, strict=True) if not count]
    return [plain(absent_classes_words(absent))] if absent else []


def _hint(outcome: Outcome, ours: Scores, words: str, simple: Scores) -> str:
    """Return what else the verdict should be read by: weights of classes, and those that are never answered."""
    balanced = ours.values.get("balanced_accuracy"), simple.values.get("balanced_accuracy")
    if outcome.options.class_weight and None not in balanced:
        shown = f"{balanced[0]:.3f}, that of {words} {balanced[1]:.3f}"
        return f"Classes were weighed (--class-weight), not counted: the balanced accuracy is {shown}."
    if _misses_a_class(ours, outcome.model.target.n_outputs):
        is_open = not outcome.options.is_plain and outcome.metric == "accuracy"
        more = ", and --metric balanced_accuracy chooses the epoch by it" if is_open else ""
        return f"A class is hardly ever answered: --class-weight balanced weighs all classes alike{more}."
    return ""


def _misses_a_class(ours: Scores, n_classes: int) -> bool:
    """Return whether the balanced accuracy is far below the accuracy, and near that of one answer for a class."""
    accuracy, balanced = (ours.values.get(name) for name in ("accuracy", "balanced_accuracy"))
    if accuracy is None or balanced is None:
        return False
    return accuracy - balanced > _UNEVEN and balanced < 1.0 - _MISSED / n_classes


def _network(outcome: Outcome) -> dict[str, Any]:
    """Return which network was trained."""
    options, network = outcome.options, outcome.model.network
    several, n = network.members or 1, network.n_parameters
    found: dict[str, Any] = {"recipe": options.recipe, "networks": several, "parameters": n}
    if options.is_plain:
        found |= {"implied_by": options.implied_by, "layers": list(options.layers or ())}
        return found | {"activation": options.activation, "dropout": options.dropout}
    found |= {"settings": list(options.setting)} if options.setting else {}
    found |= {"title": RECIPES[str(options.recipe)].title, "ensemble": options.ensemble or 1, "folds": options.folds}
    return found | {"quantiles": outcome.model.levels}


def _training(outcome: Outcome, n: int) -> dict[str, Any]:
    """Return how ``n`` rows were trained on; of several networks the most and the fewest epochs, and each best one."""
    options, histories = outcome.options, outcome.histories
    recipe = find_recipe(options)
    best = [history.best_epoch for history in histories]
    planned, shortage = outcome.fit.planned, outcome.fit.shortage("--max-seconds")
    found: dict[str, Any] = {
        "epochs": max(history.epochs for history in histories),
        "fewest_epochs": min(history.epochs for history in histories),
        "most_epochs": outcome.fit.most_epochs,
        "best_epoch": best[0] if len(best) == 1 else best,
        "metric": outcome.metric,
        "stop_reason": _stop_reason(outcome),
        "patience": recipe.patience,
        "batch": options.batch or recipe.batch_size(n),
        "seed": options.seed,
        "seconds": sum(history.seconds for history in histories),
        "threads": outcome.history.threads,
        "notes": [as_option(note) for note in outcome.history.notes] + ([shortage] if shortage else []),
    }
    if planned is not None and planned.steps is not None:
        found["passes"] = float(f"{planned.passes(recipe.steps_per_epoch(n, found['batch'])):.3g}")
    if shortage:
        found["shortage"] = shortage
    if options.class_weight:
        found["class_weight"] = ",".join(options.class_weight)
    if outcome.interrupted_by not in ("", "Ctrl-C"):
        found["interrupted_by"] = outcome.interrupted_by
    return found | ({"rate": options.rate, "weight_decay": options.weight_decay} if options.is_plain else {})


def _recipes(outcome: Outcome) -> list[dict[str, Any]]:
    """Return how long each recipe takes: what this one took, and the others by how far its estimate was off."""
    chosen = next((each for each in outcome.recipes if each["chosen"]), None)
    is_whole = _stop_reason(outcome) in ("finished", "early stopping")
    if chosen is None or not is_whole or outcome.options.jobs or outcome.options.executor:
        return outcome.recipes
    took = float(f"{sum(history.seconds for history in outcome.histories):.3g}")
    factor = took / chosen["seconds"] if chosen["seconds"] == chosen["at_most"] else 1.0
    found = []
    for each in outcome.recipes:
        scaled = {name: float(f"{factor * each[name]:.3g}") for name in ("seconds", "at_most")}
        own = {"seconds": took, "at_most": max(took, scaled["at_most"]), "took": took}
        found.append(each | (own if each is chosen else scaled))
    return found


def _stop_reason(outcome: Outcome) -> str:
    """Return why the training ended, of several networks the reason that matters most."""
    options, reasons = outcome.options, [history.stop_reason for history in outcome.histories]
    if outcome.fit.n_asked and not outcome.interrupted_by:
        return "time"
    if len(reasons) < (options.ensemble or 1) * (options.folds or 1):
        return "interrupted" if outcome.interrupted_by else "diverged"
    return next((reason for reason in ("interrupted", "time", "early stopping") if reason in reasons), reasons[0])


def importance_of(outcome: Outcome, data: Prepared, deadline: Deadline) -> Measured:
    """Return how much worse the model gets when a column is shuffled, on rows that scores are reported on."""
    metric = importance_metric(outcome.model)
    return importance_in_time(outcome.model, lambda most: data.sample(data.scored_on, most), metric, deadline)


def _short(values: list[float]) -> list[float | None]:
    """Return values rounded to five digits, which keeps the file small; None for what JSON cannot hold."""
    return [float(f"{value:.5g}") if math.isfinite(value) else None for value in values]


_NOT_KEPT = (
    "calibration", "columns", "command", "confusion", "findings", "importance", "intervals", "labels", "recipes",
    "reliability", "single_rows",
)  # fmt: skip
_NOT_ALIKE = ("seconds", "threads", "notes", "shortage")


def for_the_file(result: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the result that the model file keeps, without what differs between two equal runs."""
    kept = {key: value for key, value in result.items() if key not in _NOT_KEPT}
    kept["data"] = Path(result["data"]).name
    kept["training"] = {key: value for key, value in result["training"].items() if key not in _NOT_ALIKE}
    return kept

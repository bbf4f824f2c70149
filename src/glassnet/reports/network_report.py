"""All that a report says of a network on some rows of numbers, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from glassnet.attribution import permutation_importance
from glassnet.engine.drawing import network_columns
from glassnet.errors import ConfigError
from glassnet.network import Network
from glassnet.reports.card import card_of
from glassnet.reports.comparison import beside_findings
from glassnet.reports.history_facts import curve_of
from glassnet.reports.intervals import intervals_words
from glassnet.reports.limits import limits_of
from glassnet.reports.network_rows import MOST_FEATURES, NetworkRows
from glassnet.reports.network_scores import kind_of, scored
from glassnet.reports.report import Report
from glassnet.training import History
from glassnet.training.findings import Diagnosis
from glassnet.utils.name_lists import name_list, plain_label
from glassnet.utils.short_text import count

__all__ = ["network_facts", "report_network"]

_WHERE = "Network.report"
_MOST_ROWS = 2000
_UNKNOWN = "Whether the network was trained on these rows is not known here: scores count on rows that it never saw."
_NOT_TRAINED = "Not trained: the network has the weights that it was built with. Call fit first."


def report_network(
    network: Network,
    X: Any,
    y: Any,
    *,
    feature_names: Sequence[str] | None = None,
    class_names: Sequence[Any] | None = None,
) -> Report:
    """Return the report about a network on rows with known targets; see `glassnet.Network.report`.

    Parameters
    ----------
    network : Network
        Built.
    X, y : array
        Rows and targets, as of `Network.evaluate`.
    feature_names, class_names : sequence of str, optional
        What inputs and classes are called, in their order.
    """
    names = getattr(X, "columns", None) if feature_names is None else feature_names
    inputs, targets, _ = network._check_data(_WHERE, X, y, None)
    shown, known = np.asarray(inputs[:]), np.asarray(targets[:])
    rows = NetworkRows(_WHERE, network, shown, known, known.reshape(len(shown), -1), shown)
    if rows.X.ndim == 2:
        rows.features = _named("feature_names", names, rows.X.shape[1], "feature {}".format)
    elif feature_names is not None:
        fact = f"feature_names is given for rows of shape {rows.X.shape[1:]}"
        message = f"{_WHERE}: {fact}; a row must be a list of numbers. Leave feature_names out."
        raise ConfigError(message, expected=None, got=feature_names)
    kind = kind_of(rows)
    if kind in ("classes", "labels"):
        k = max(rows.n_outputs, 2) if kind == "classes" else rows.n_outputs
        given = list(range(k)) if class_names is None else name_list(_WHERE, "class_names", class_names)
        _named("class_names", given, k, str)
        rows.classes = [plain_label(each) for each in given]
    elif class_names is not None:
        fact = f"class_names is given, and a network with the loss {rows.loss.name} has no classes"
        message = f"{_WHERE}: {fact}; its outputs must be classes or labels. Leave class_names out."
        raise ConfigError(message, expected=None, got=class_names)
    with np.errstate(over="ignore", invalid="ignore"):  # squares of very large numbers
        facts = network_facts(rows, network.history, network.history.findings, repeat="net.report(X, y)")
    facts["card"]["uses"] = [
        ["Predict", "net.predict(X)"],
        ["Keep it", 'net.save("model.safetensors")\ngn.load("model.safetensors")'],
    ]
    return Report(facts)


def network_facts(
    rows: NetworkRows, history: History, findings: Diagnosis, *, repeat: str, training: str = ""
) -> dict[str, Any]:
    """Return the facts of a report on a network, JSON-able, without what the card says on uses.

    Parameters
    ----------
    rows : NetworkRows
        What is scored.
    history : History
        Of the training; empty if it is not known.
    findings : Diagnosis
        What was found.
    repeat : str
        Python that makes the report again.
    training : str
        How long the training took, where the history does not have it.
    """
    network, n = rows.network, len(rows.X)
    facts = scored(rows)
    facts |= {"n_scored": n, "data": count(n, "row"), "target": rows.target, "rows": {"scored": n}, "report": "network"}
    facts["title"] = f"{type(network).__name__} on {count(n, 'row')}"
    facts["network"] = {
        "title": "the network", "networks": network.members or 1, "parameters": network.n_parameters,
    }  # fmt: skip
    called = "the network" if network.members is None else f"mean of {count(network.members, 'member')}"
    facts["names"] = {"network": called, "baseline": facts.get("baseline", {}).get("does", "")}
    known = facts.get("intervals", {}).get("network")
    facts["interval_words"] = intervals_words(n, known) if known else ""
    facts["curve"] = curve_of([history])
    facts["training_words"] = training
    is_new = not training and not history.epochs and _is_untrained(network)
    if history.epochs:
        ended = "" if history.stop_reason in ("", "finished") else f", ended by {history.stop_reason}"
        facts["training_words"] = f"{count(history.epochs, 'epoch')} in {history.seconds:.1f} s{ended}"
    elif is_new:
        facts |= {"training_words": "not trained", "warnings": [_NOT_TRAINED]}
    facts["findings"] = findings.to_dict()["findings"]
    facts["examined"] = not findings.unexamined and not is_new
    if "verdict" in facts:
        facts["verdict"] = beside_findings(facts["verdict"], facts["findings"])
    labels = [str(label) for label in rows.classes]
    facts["diagram"] = [asdict(column) for column in network_columns(network, rows.features or None, labels)]
    if rows.features and len(rows.features) <= MOST_FEATURES and n > 1:
        facts |= _importance(rows)
    facts["limits"] = [_NOT_TRAINED if is_new else _UNKNOWN, *limits_of(facts, n, [])]
    facts["card"] = card_of(facts, repeat=repeat, is_code=True, uses=[])
    return facts


def _is_untrained(network: Network) -> bool:
    """Return whether a network has the weights that it begins with."""
    new = network._untrained()
    shape = new.input_shape
    if shape is None:
        return False
    new._forget_shape()
    return np.array_equal(new.build(shape).params, network.params)


def _named(name: str, given: Sequence[Any] | None, n: int, made: Any) -> list[str]:
    """Return ``n`` names; raise an error for another number of them."""
    if given is None:
        return [made(place) for place in range(n)]
    found = [str(each) for each in name_list(_WHERE, name, given)]
    if len(found) != n:
        message = f"{_WHERE}: {name} has {len(found)} names; it must have {n}, one for each in order."
        raise ConfigError(message, expected=n, got=len(found))
    return found


def _importance(rows: NetworkRows) -> dict[str, Any]:
    """Return how much worse the network gets when an input is shuffled, on at most 2,000 rows, if that is finite."""
    shown = np.unique(np.linspace(0, len(rows.X) - 1, min(len(rows.X), _MOST_ROWS)).astype(np.int64))
    # The metric of the table of scores: a loss for training may have smoothed labels, or another unit.
    wanted = {"classes": "log_loss", "labels": "log_loss", "numbers": "rmse", "quantiles": "pinball"}
    metric = wanted.get(kind_of(rows), "loss")
    metric = metric if metric in rows.network.loss.metrics else "loss"
    found = permutation_importance(
        rows.network, rows.X[shown], rows.y[shown], metric=metric, repeats=3, feature_names=_distinct(rows.features)
    ).to_dict()
    if metric in ("rmse", "pinball") and rows.scale is not None and len(rows.scale) == 1:
        unit = float(rows.scale[0])
        found["score"] *= unit
        found["importance"] = [
            {**row, "mean": unit * row["mean"], "std": unit * row["std"]} for row in found["importance"]
        ]
    note = "" if len(shown) == len(rows.X) else f"Measured on {count(len(shown), 'row')}."
    known = all(np.isfinite(row["mean"]) for row in found["importance"])  # squares of very large numbers are not
    return {"importance": found | {"note": note}} if known else {}


def _distinct(names: list[str]) -> list[str]:
    """Return names, each once: a second one has its number."""
    return [name if names.index(name) == j else f"{name} ({j})" for j, name in enumerate(names)]

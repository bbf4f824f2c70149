"""All that a report says of a network on some rows of numbers, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from glassnet.attribution import integrated_gradients, permutation_importance
from glassnet.engine.drawing import network_columns
from glassnet.errors import ConfigError, GlassnetError
from glassnet.losses import EnsembleLoss
from glassnet.network import Network
from glassnet.reports.calibration_facts import reliability_of
from glassnet.reports.card import card_of
from glassnet.reports.comparison import Scores, verdict
from glassnet.reports.history_facts import curve_of
from glassnet.reports.intervals import intervals_of, intervals_words
from glassnet.reports.limits import limits_of
from glassnet.reports.report import Report
from glassnet.reports.scoring import error_sizes, log_probabilities, score_classes, score_numbers
from glassnet.reports.single_rows import chosen_by_number, chosen_by_probability
from glassnet.tabular.predictor import loss_of_copies
from glassnet.utils.name_lists import name_list
from glassnet.utils.short_text import count, number_text, plain

__all__ = ["report_network"]

_WHERE = "Network.report"
_OF_CLASSES = ("cross_entropy", "focal_cross_entropy")
_OF_TWO = ("binary_cross_entropy", "binary_focal_cross_entropy")
_OF_NUMBERS = ("absolute_error", "huber", "poisson", "squared_error")
_MOST_ROWS, _MOST_POINTS, _MOST_FEATURES, _MOST_OUTPUTS = 2000, 600, 300, 12
_REASONS = 8
_SHOWN_BY_IMPORTANCE = ("log_loss", "rmse", "pinball")  # the scores of the report, without smoothed labels or penalties


@dataclass
class _Rows:
    """Checked rows, and what they are called."""

    network: Network
    X: np.ndarray
    y: np.ndarray
    features: list[str]  # empty where a row is not a list of numbers
    classes: list[Any]


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
    rows = _Rows(network, np.asarray(inputs[:]), np.asarray(targets[:]), [], [])
    if rows.X.ndim == 2:
        rows.features = _named("feature_names", names, rows.X.shape[1], "feature {}".format)
    elif feature_names is not None:
        message = f"{_WHERE}: feature_names is given for rows of shape {rows.X.shape[1:]}; they must be lists of numbers."
        raise ConfigError(f"{message} Leave feature_names out.", expected=None, got=feature_names)
    facts = _scored(rows, class_names)
    n, labels = len(rows.X), facts["labels"]
    facts |= {"n_scored": n, "data": count(n, "row"), "target": "y", "rows": {"scored": n}, "report": "network"}
    facts["title"] = f"{type(network).__name__} on {count(n, 'row')}"
    several, history = network.members or 1, network.history
    called = "the network" if network.members is None else f"mean of {count(several, 'member')}"
    facts["network"] = {"title": "the network", "networks": several, "parameters": network.n_parameters}
    facts["names"] = {"network": called, "baseline": facts.get("baseline", {}).get("does", "")}
    known = facts.get("intervals", {}).get("network")
    facts["interval_words"] = intervals_words(n, known) if known else ""
    facts["curve"] = curve_of([history])
    if history.epochs:
        ended = "" if history.stop_reason in ("", "finished") else f", ended by {history.stop_reason}"
        facts["training_words"] = f"{count(history.epochs, 'epoch')} in {history.seconds:.1f} s{ended}"
    facts["findings"] = history.findings.to_dict()["findings"]
    facts["examined"] = not history.findings.unexamined
    facts["diagram"] = [
        asdict(column) for column in network_columns(network, rows.features or None, [str(label) for label in labels])
    ]
    if rows.features and len(rows.features) <= _MOST_FEATURES and n > 1:
        facts["importance"] = _importance(rows)
    facts["limits"] = [
        "Whether the network was trained on these rows is not known here: scores count on rows that it never saw.",
        *limits_of(facts, n, []),
    ]
    uses = [["Predict", "net.predict(X)"], ["Keep it", 'net.save("model.safetensors")\ngn.load("model.safetensors")']]
    facts["card"] = card_of(facts, repeat="net.report(X, y)", is_code=True, uses=uses)
    return Report(facts)


def _named(name: str, given: Sequence[Any] | None, n: int, made: Any) -> list[str]:
    """Return ``n`` names; raise an error for another number of them."""
    if given is None:
        return [made(place) for place in range(n)]
    found = [str(each) for each in name_list(_WHERE, name, given)]
    if len(found) != n:
        message = f"{_WHERE}: {name} has {len(found)} names; it must have {n}, one for each in order."
        raise ConfigError(message, expected=n, got=len(found))
    return found


def _scored(rows: _Rows, class_names: Sequence[Any] | None) -> dict[str, Any]:
    """Return scores, baselines, and rows one by one, as the loss of the network allows."""
    loss, copies = loss_of_copies(rows.network.loss), 1
    if isinstance(rows.network.loss, EnsembleLoss):
        copies = rows.network.loss.copies
    n_outputs = int(rows.network.n_outputs or 1) // copies
    if loss.name in _OF_CLASSES or (loss.name in _OF_TWO and n_outputs == 1):
        k = max(n_outputs, 2)
        given = list(range(k)) if class_names is None else name_list(_WHERE, "class_names", class_names)
        _named("class_names", given, k, str)
        rows.classes = [_plain_label(each) for each in given]
        return _of_classes(rows, is_two=loss.name in _OF_TWO)
    if class_names is not None:
        fact = f"class_names is given, and the loss {loss.name} of {count(n_outputs, 'output')} has no classes"
        message = f"{_WHERE}: {fact}; it is for networks that choose one of several. Leave class_names out."
        raise ConfigError(message, expected=None, got=class_names)
    if loss.name in _OF_NUMBERS:
        return _of_numbers(rows, n_outputs)
    return {"task": f"trained with the loss {loss.name}", "labels": [], "scores": {"network": _evaluated(rows)}}


def _plain_label(label: Any) -> Any:
    """Return a label that JSON can hold: text, a finite number, or what else it is as text."""
    value = label.item() if isinstance(label, np.generic) and label.dtype.kind in "biufU" else label
    is_plain = isinstance(value, (bool, int, str)) or (isinstance(value, float) and np.isfinite(value))
    return value if is_plain else str(label)


def _evaluated(rows: _Rows) -> dict[str, float]:
    """Return what `Network.evaluate` does; of members the metrics of their mean prediction."""
    network = rows.network
    if network.members is not None and network.loss.default_metrics:
        predicted = np.asarray(network.predict(rows.X)).mean(axis=0, dtype=np.float64)
        return {name: network.loss.metrics[name](rows.y, predicted, None) for name in network.loss.default_metrics}
    return {name: float(np.mean(value)) for name, value in network.evaluate(rows.X, rows.y).items()}


def _of_classes(rows: _Rows, *, is_two: bool) -> dict[str, Any]:
    """Return the facts of a classification."""
    y = rows.y
    if is_two:
        codes = (y.reshape(-1) > 0.5).astype(np.int64)
        Z = np.moveaxis(rows.network.forward(rows.X).astype(np.float64), -1, 0).reshape(-1, len(y))
        both = np.stack([-np.logaddexp(0.0, Z), -np.logaddexp(0.0, -Z)], axis=-1)  # (members and copies, n, 2)
        logs = np.logaddexp.reduce(both, axis=0) - np.log(len(both))
    else:
        codes = y.argmax(axis=1) if y.ndim > 1 and y.shape[1] > 1 else y.reshape(-1).astype(np.int64)
        logs = log_probabilities(rows.network, rows.X)
    k = logs.shape[1]
    counts = np.bincount(codes, minlength=k)
    frequencies = np.log((counts + 1.0) / (counts + 1.0).sum())
    ours = score_classes(codes, logs)
    simple = score_classes(codes, np.tile(frequencies, (len(codes), 1)))
    words = f"always answering {plain(repr(rows.classes[int(counts.argmax())]), 30)}"
    confusion = np.bincount(codes * k + logs.argmax(axis=1), minlength=k * k).reshape(k, k)
    with np.errstate(under="ignore"):
        P = np.exp(logs)
    found = {
        "task": "classification",
        "labels": rows.classes,
        "confusion": {"labels": rows.classes, "counts": confusion.tolist()},
        "reliability": reliability_of(logs, codes),
        "single_rows": _explained(rows, chosen_by_probability(rows.classes, codes, P)),
    }
    return found | _beside(words, ours, simple, codes, 1.0)


def _of_numbers(rows: _Rows, n_outputs: int) -> dict[str, Any]:
    """Return the facts of a regression; of several outputs the scores of all together, and of each."""
    predicted = np.asarray(rows.network.predict(rows.X), np.float64)
    predicted = predicted if rows.network.members is None else predicted.mean(axis=0)
    predicted, y = predicted.reshape(len(rows.X), -1), rows.y.reshape(len(rows.X), -1).astype(np.float64)
    if n_outputs > 1:
        scores = _evaluated(rows)
        each = [
            [f"output {j}", float(np.sqrt(np.mean(off * off))), float(np.abs(off).mean()), float(y[:, j].std())]
            for j, off in enumerate((predicted - y).T[:_MOST_OUTPUTS])
        ]
        return {"task": "regression", "labels": [], "scores": {"network": scores}, "outputs": each}
    truth, numbers = y[:, 0], predicted[:, 0]
    unit, mean = float(truth.std()) or 1.0, float(truth.mean())
    ours, simple = (score_numbers(truth, values, unit) for values in (numbers, np.full(len(truth), mean)))
    shown = np.unique(np.linspace(0, len(truth) - 1, min(len(truth), _MOST_POINTS)).astype(np.int64))
    found = {
        "task": "regression",
        "labels": [],
        "errors": error_sizes(numbers - truth),
        "points": [[float(f"{value:.5g}") for value in values[shown]] for values in (truth, numbers)],
        "single_rows": _explained(rows, chosen_by_number(truth, numbers)),
    }
    return found | _beside(f"always answering the mean ({number_text(mean)})", ours, simple, truth, unit)


def _beside(words: str, ours: Scores, simple: Scores, truth: np.ndarray, unit: float) -> dict[str, Any]:
    """Return scores, intervals and verdict."""
    return {
        "scores": {"network": ours.values, "baseline": simple.values},
        "intervals": {who: intervals_of(each, truth, unit) for who, each in (("network", ours), ("baseline", simple))},
        "baseline": {"does": words},
        "verdict": verdict(words, ours, simple),
    }


def _explained(rows: _Rows, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with their numbers, and with reasons where the network allows that."""
    for each in found:
        each |= {"name": f"row {each['place']} (counted from 0)", "row": each["place"], "part": ""}
    can = rows.features and rows.network.members is None and not isinstance(rows.network.loss, EnsembleLoss)
    if can and len(rows.features) <= _MOST_FEATURES and found:
        places = [each["place"] for each in found]
        values, of = rows.X[places].astype(np.float64), "probability" if rows.classes else "logit"
        try:
            why = integrated_gradients(rows.network, values, rows.X.mean(axis=0), of=of, tolerance=1e-4)
        except GlassnetError:  # a layer without a gradient in its inputs
            why = None
        for place, each in enumerate(found if why is not None else []):
            each["why"] = _why(rows, values[place], why, place)
    return [{name: value for name, value in each.items() if name != "place"} for each in found]


def _why(rows: _Rows, row: np.ndarray, found: Any, place: int) -> dict[str, Any]:
    """Return the reasons for one row as plain data, as `chosen_rows` has them."""
    amounts = np.asarray(found.values[place], np.float64)
    order = np.argsort(-np.abs(amounts), kind="stable")
    reasons = [[plain(rows.features[j], 100), f"{row[j]:.6g}", float(amounts[j])] for j in order]
    rest = float(amounts[order[_REASONS:]].sum())
    return {
        "base": float(found.baseline_answers[place]),
        "beside": "the average row has",
        "answer": float(found.answers[place]),
        "reasons": reasons[:_REASONS],
        "others": [len(reasons) - _REASONS, rest] if len(reasons) > _REASONS else None,
    }


def _importance(rows: _Rows) -> dict[str, Any]:
    """Return how much worse the network gets when an input is shuffled, on at most 2,000 rows."""
    shown = np.unique(np.linspace(0, len(rows.X) - 1, min(len(rows.X), _MOST_ROWS)).astype(np.int64))
    offered = rows.network.loss.metrics
    metric = next((name for name in _SHOWN_BY_IMPORTANCE if name in offered), "loss")
    names = _distinct(rows.features)
    found = permutation_importance(
        rows.network, rows.X[shown], rows.y[shown], metric=metric, repeats=3, feature_names=names
    )
    note = "" if len(shown) == len(rows.X) else f"Measured on {count(len(shown), 'row')}."
    return found.to_dict() | {"note": note}


def _distinct(names: list[str]) -> list[str]:
    """Return names, each once: a second one has its number."""
    return [name if names.index(name) == j else f"{name} ({j})" for j, name in enumerate(names)]

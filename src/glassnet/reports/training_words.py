"""How a training went, in words: epochs, why it ended, and whether time was short."""

from __future__ import annotations

from typing import Any

from glassnet.training.progress import seconds_text
from glassnet.utils.short_text import count, metric_name

__all__ = ["network_name", "shortage_sentences", "stop_words", "training_text"]


def network_name(network: dict[str, Any]) -> str:
    """Return a short name of a network.

    Examples
    --------
    >>> network_name({"layers": [64, 32], "activation": "relu"}), network_name({"layers": [], "activation": "relu"})
    ('network 64-32 relu', 'network without hidden layers')
    >>> network_name({"title": "RealMLP, simplified", "networks": 4})
    '4 x RealMLP, simplified'
    """
    if "title" in network:
        several = network["networks"] > 1
        return f"{network['networks']} x {network['title']}" if several else str(network["title"])
    if not network["layers"]:
        return "network without hidden layers"
    return f"network {'-'.join(map(str, network['layers']))} {network['activation']}"


def stop_words(training: dict[str, Any]) -> str:
    """Return why training ended, and why it went on after the best epoch; "" if that was the last.

    Examples
    --------
    >>> stop_words({"stop_reason": "finished", "epochs": 256, "most_epochs": 256, "best_epoch": 33, "patience": None})
    'the schedule needs all its epochs: the rate falls to 0 at the end'
    >>> stop_words({"stop_reason": "early stopping", "patience": 17})
    'stopped after 17 epochs without improvement'
    """
    reason = str(training["stop_reason"])
    if reason == "finished":
        return _finished(training)
    return {
        "early stopping": f"stopped after {count(training['patience'] or 0, 'epoch')} without improvement",
        "time": "stopped by --max-seconds",
        "diverged": "the others diverged",
        "interrupted": f"stopped by {training.get('interrupted_by', 'Ctrl-C')}",
    }.get(reason, reason)


def _finished(training: dict[str, Any]) -> str:
    """Return why a training that ran to its end had so many epochs."""
    if training["epochs"] < training["most_epochs"]:
        return "as many as fit into --max-seconds"
    if not _goes_on(training):
        return ""
    falls = "the schedule needs all its epochs: the rate falls to 0 at the end"
    return falls if training.get("patience") is None else "it ran all its epochs"


def _goes_on(training: dict[str, Any]) -> bool:
    """Return whether training went on after the best epoch."""
    best = training["best_epoch"]
    best = max(best) if isinstance(best, list) else best
    return best is not None and best < training["epochs"]


def shortage_sentences(result: dict[str, Any]) -> list[str]:
    """Return a sentence if time was too short for a good model."""
    shortage = result["training"].get("shortage")
    return [f"Time was short: {shortage}"] if shortage else []


def _epochs_text(training: dict[str, Any]) -> str:
    """Return the number of epochs, of several networks the fewest and the most; and of how many, if time was short."""
    epochs, most = training["epochs"], training["most_epochs"]
    fewest = training.get("fewest_epochs", epochs)
    is_timed = training["stop_reason"] in ("finished", "time") and "passes" not in training
    few = f"{fewest:,} to " if fewest < epochs else ""
    return few + (f"{epochs:,} of {count(most, 'epoch')}" if epochs < most and is_timed else count(epochs, "epoch"))


def training_text(network: dict[str, Any], training: dict[str, Any]) -> str:
    """Return the number of epochs, the best epoch and the stop reason."""
    best, n = training["best_epoch"], network.get("networks", 1)
    are_several = isinstance(best, list) and min(best) < max(best)
    if isinstance(best, list):
        best = f"{min(best)} to {max(best)}" if are_several else best[0]
    planned = network.get("ensemble", 1) * (network.get("folds") or 1)
    several = f"{n} of {planned} networks, " if n < planned else f"{n} networks, " if n > 1 else ""
    seconds = f" in {seconds_text(training['seconds'])}" if "seconds" in training else ""
    if "passes" in training:
        seconds += f" ({training['passes']:g} of {training['most_epochs']} passes over all rows)"
    by = f" by {metric_name(training['metric'])}" if training.get("metric", "loss") != "loss" else ""
    kept = f" ({'their' if are_several else 'its'} weights were kept)" if _goes_on(training) else ""
    chosen = "" if best is None else f", best {best}{by}{kept}"
    end = stop_words(training)
    return f"{several}{_epochs_text(training)}{seconds}{chosen}" + (f"; {end}" if end else "")

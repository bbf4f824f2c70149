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
    """Return the stop reason, or "" if the recipe ran to its end."""
    reason, all_of_them = str(training["stop_reason"]), training["epochs"] >= training["most_epochs"]
    finished = "ended by --epochs" if "rate" in training else ""
    return {
        "finished": finished if all_of_them else "as many as fit into --max-seconds",
        "early stopping": f"then no better for {count(training['patience'] or 0, 'epoch')}",
        "time": "stopped by --max-seconds",
        "diverged": "the others diverged",
        "interrupted": f"stopped by {training.get('interrupted_by', 'Ctrl-C')}, with the best weights kept",
    }.get(reason, reason)


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
    if isinstance(best, list):
        best = f"{min(best)} to {max(best)}" if min(best) < max(best) else best[0]
    planned = network.get("ensemble", 1) * (network.get("folds") or 1)
    several = f"{n} of {planned} networks, " if n < planned else f"{n} networks, " if n > 1 else ""
    seconds = f" in {seconds_text(training['seconds'])}" if "seconds" in training else ""
    if "passes" in training:
        seconds += f" ({training['passes']:g} of {training['most_epochs']} passes over all rows)"
    by = f" by {metric_name(training['metric'])}" if training.get("metric", "loss") != "loss" else ""
    end = stop_words(training)
    return f"{several}{_epochs_text(training)}{seconds}, best {best}{by}" + (f", {end}" if end else "")

"""``glassnet show``: what is in a model file."""

from __future__ import annotations

from typing import Any

from glassnet.cli.output.printing import print_json
from glassnet.cli.training.model_files import check_model_path
from glassnet.layers import Layer
from glassnet.network import Network, read_network
from glassnet.reports.calibration_facts import fitted_calibration
from glassnet.reports.kept_notes import notes_of_training, notes_problem
from glassnet.reports.reading_facts import described_columns, reading_of_model
from glassnet.saving.configuration import network_config
from glassnet.tabular import TableModel
from glassnet.utils.paths import typed_path

__all__ = ["describe_model", "run_show"]

WHERE = "show"


def describe_model(model: str) -> dict[str, Any]:
    """Return the contents of a model file, JSON-able; a network without an encoder has no ``columns``."""
    check_model_path(WHERE, model)
    path = typed_path(model)
    network = read_network(path)
    config = network_config(network)
    result: dict[str, Any] = {
        "command": "show",
        "model": {"path": model, "bytes": path.stat().st_size},
        "layers": _layers(network, config["layers"]),
        "networks": network.members or 1,
        "parameters": network.n_parameters,
        "dtype": config["dtype"],
        "inputs": config["input_shape"],
        "loss": config["loss"],
        "optimizer": config["optimizer"],
        "seeds": config["seeds"],
        "training": notes_of_training(network),
    }
    problem = notes_problem(network)
    if problem:
        result["warnings"] = [problem]
    if "table" in network.metadata:
        table = TableModel.load(path)
        result["target"] = table.target.name
        result["task"] = table.target.task
        result["labels"] = table.target.labels
        result["features"] = len(table.encoder.feature_names)
        result["columns"] = described_columns(table.encoder, own=table.reading.missing)
        result |= reading_of_model(table)
        trained = result["training"] or {}
        result["notes"] = _texts(trained.get("notes"))
        result["dropped"] = sorted(table.reading.dropped) or _texts(trained.get("dropped"))
        result["row_hashes"] = table.n_row_hashes
        result["calibration"] = fitted_calibration(table)
    return result


def _texts(found: Any) -> list[str]:
    """Return a list of texts in a file; an empty one for anything else."""
    return found if isinstance(found, list) and all(isinstance(text, str) for text in found) else []


def _layers(network: Network, configs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each layer with its name, arguments, outputs, number of parameters and inner layers."""
    named = zip(network.names, network.layers, configs, strict=True)
    return [_layer(network, name, name, layer, config) for name, layer, config in named]


def _layer(network: Network, name: str, path: str, layer: Layer, config: dict[str, Any]) -> dict[str, Any]:
    """Return one layer; ``path`` is its name with those of the layers around it."""
    n = sum(slot.stop - slot.start for slot in network._slots if slot.name.startswith(f"{path}."))
    found = {"name": name, **config, "outputs": list(layer.out_shape), "parameters": n}
    inside = [
        _layer(network, inner, f"{path}.{inner}", part, part.entry()) for inner, part in layer.sublayers().items()
    ]
    return {**found, "inside": inside} if inside else found


def run_show(model: str, *, as_json: bool) -> None:
    """Describe a model file, and print the result."""
    result = describe_model(model)
    if as_json:
        print_json(result)
        return
    from glassnet.cli.output.report import print_model

    print_model(result)

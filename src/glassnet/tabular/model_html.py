"""What a table model shows in a notebook: what it predicts from which columns, and its network."""

from __future__ import annotations

from typing import Any

from glassnet.charts.notebook import for_notebooks, grid, paragraph, shown
from glassnet.engine.network_html import drawn_network
from glassnet.utils.html import element
from glassnet.utils.short_text import count, plain
from glassnet.utils.wording import cut_middle, few

__all__ = ["html_of_model"]


@for_notebooks
def html_of_model(model: Any) -> str:
    """Return a table model as a fragment of a page."""
    encoder, target = model.encoder, model.target
    labels = [str(label) for label in target.labels or ()]
    columns = [str(name) for name in encoder.column_names]
    title = f"{type(model).__name__}: {target.task} of {plain(target.name, 60)!r} from {count(len(columns), 'column')}"
    network = model.network
    epochs = network.history.epochs
    facts = [few((cut_middle(plain(label), 24) for label in labels), 12)] if labels else []
    facts += [f"trained for {count(epochs, 'epoch')}"] if epochs else []
    facts += [count(network.n_parameters, "parameter")]
    if network.members:
        facts.append(f"average of {count(network.members, 'network')}")
    calibration = model.calibration
    used = [[coder.name, coder.training_kind, f"{len(coder.features):,}"] for coder in encoder.coders]
    table = grid(used, ["column", "kind", "features"], numbers_from=2)
    return shown(
        title,
        paragraph("; ".join(facts), quiet=True),
        drawn_network(network, columns, labels or [str(target.name)]),
        paragraph(str(calibration).capitalize(), quiet=True) if calibration is not None else "",
        element("details", element("summary", "Columns"), table),
    )

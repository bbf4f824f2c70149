"""The playground as one file: page, engine, network and data inside; it opens without a server and sends nothing."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import os
import re
from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, DataError, ShapeError
from glassnet.layers import Activation
from glassnet.metrics import GREATER_IS_BETTER
from glassnet.network import Network
from glassnet.playground.code.shown_run import experiment_code
from glassnet.playground.data.sources import FIRST_SOURCE, data_from_arrays, data_from_source
from glassnet.playground.experiment import Experiment
from glassnet.playground.lessons import Lesson, refuse_unsolvable
from glassnet.playground.offline.bundling import bundle, without_comments
from glassnet.playground.offline.formulas import formulas_module
from glassnet.playground.offline.shrinking import tightened, used_rules, used_texts
from glassnet.playground.offline.starting_state import (
    offline_axes,
    offline_kinds,
    offline_losses,
    offline_optimizers,
    offline_plane,
    offline_state,
    offline_words,
)
from glassnet.playground.offline.trainable import (
    encoded,
    offline_settings,
    offline_weights,
    own_activations,
    refuse_untrainable,
)
from glassnet.playground.plain_json import as_plain_json
from glassnet.playground.play_data import PlayData
from glassnet.playground.settings import Settings
from glassnet.saving.ownership import prepare_target
from glassnet.saving.writing import write_atomically
from glassnet.utils.wording import plain_data

__all__ = ["page_content", "page_refusal", "page_text", "save_page", "widget_page"]

_STUBS = {  # what a page without a server never uses
    "socket_engine.js": "export const connect = null;",
    "findings.js": "export const mount = () => {};",
    "panel_data.js": 'import { mount } from "./data_fixed.js";\nexport { mount };',
    "code_paste.js": "export const paste = null;",
}
_STYLE = re.compile(r'<link rel="stylesheet" href="([\w.-]+)">\n?')
_NAMED = re.compile(r'<[^>]* data-text="([\w.]+)"[^>]*>(?=</)')
_MAIN = '<script type="module" src="main.js"></script>'


def save_page(
    network: Network,
    path: str | os.PathLike[str],
    X: Any = None,
    y: Any = None,
    *,
    validation_data: Sequence[Any] | None = None,
    batch_size: int = 32,
    lesson: Lesson | None = None,
    title: str = "",
) -> None:
    """Write a page of one file, with a network and its data inside, that trains in a browser without a server.

    The page takes the steps that `Network.fit` would take, to nine digits in double precision, and sends nothing
    anywhere. Whoever has the file has the data too.

    Parameters
    ----------
    network : Network
        Trained or not; it is not changed.
    path : str or Path
        What is there is replaced.
    X : array of shape (n, d), optional
        Rows to train on; without them two spirals, for a network of two inputs and two classes.
    y : array of shape (n,) or (n, k), optional
        Their classes or numbers.
    validation_data : (X, y), optional
        Rows to evaluate after each epoch.
    batch_size : int, default=32
        Rows per update.
    lesson : Lesson, optional
        A text, a task that the page checks, and what it hides.
    title : str, default=""
        Title of the page.

    Raises
    ------
    ConfigError
        The page cannot train such a network: it says why, and what to do.
    """
    where = "Network.to_page"
    if lesson is not None and not isinstance(lesson, Lesson):
        message = f"{where}: lesson is {lesson!r}; it must be a Lesson. Write gn.playground.Lesson('...')."
        raise ConfigError(message, got=lesson)
    if (X is None) != (y is None):
        message = f"{where}: only one of X and y is given; they must be given together."
        raise ConfigError(message, expected="X and y")
    if X is None:
        if validation_data is not None:
            message = f"{where}: validation_data is given alone; it must come with X and y."
            raise ConfigError(message, expected="X and y")
        toy = data_from_source(FIRST_SOURCE)
        X, y, validation_data = toy.X, toy.y, (toy.X_valid, toy.y_valid)
        _check_toy(where, network, toy)
    if network._store is None:
        network = network._untrained()
    X, y, _ = network._check_data(where, X, y)
    refuse_untrainable(where, network)
    held = (X[:0], y[:0]) if validation_data is None else network._check_data(where, *validation_data)[:2]
    names = [str(code) for code in range(max(network.n_outputs, 2))] if network.loss.classifies else False
    held_out = [np.asarray(each) for each in (held[0][:], _flat(held[1]))]
    data = data_from_arrays(X[:], _flat(y), validation_data=held_out, classes=names)
    experiment = Experiment(data, Settings.of(network, batch_size))
    if lesson is not None:
        score = network.loss.default_metrics[0]
        is_share = score in GREATER_IS_BETTER
        refuse_unsolvable(where, lesson, holds_out=len(data.X_valid) > 0, score=score, is_share=is_share)
    text = page_text(experiment, network, title=title, lesson=lesson)
    write_atomically(prepare_target(path, overwrite=True), text.encode())


def _check_toy(where: str, network: Network, toy: PlayData) -> None:
    """Refuse a network that the toy is not for: the caller has given no rows that could be wrong."""
    try:
        network._untrained()._check_data(where, toy.X, toy.y)
    except (DataError, ShapeError) as error:
        message = f"{where}: the network fits no toy data, and no rows are given; it needs rows. Pass X and y."
        raise ConfigError(message, expected=error.expected) from error


def _flat(y: Any) -> np.ndarray:
    """Return targets as the playground takes them: those of one output without the axis of outputs."""
    y = np.asarray(y[:])
    found: np.ndarray = y[:, 0] if y.ndim > 1 and y.shape[1] == 1 else y
    return found


def page_text(
    experiment: Experiment, network: Network | None = None, *, title: str = "", lesson: Lesson | None = None
) -> str:
    """Return a page of one file with the data of an experiment and its network, or another one for these data.

    Raises
    ------
    ConfigError
        The engine of a page cannot train such a network.
    """
    refusal = page_refusal(network or experiment.network)
    if refusal is not None:
        raise refusal
    content = {**page_content(experiment, network), "lesson": lesson.config() if lesson else None}
    return _assembled(["offline.js", "main.js"], content, title, own_activations(network or experiment.network))


def page_refusal(network: BaseNetwork) -> ConfigError | None:
    """Return why there can be no page of one file with a network, or None."""
    try:
        refuse_untrainable("save the page", network, "The playground itself trains it.")
    except ConfigError as error:
        return error
    return None


def widget_page() -> str:
    """Return the page for the widget of a notebook, which brings nothing but itself: all else comes from Python."""
    return _assembled(["widget.js", "main.js"], {}, "")


def _assembled(entries: list[str], content: dict[str, Any], title: str, own: Sequence[Activation] = ()) -> str:
    """Return the page with all modules that the entries need, and what they find in it."""
    name = title or "glassnet playground"
    page = _page_file("index.html")
    style = without_comments("\n".join([*map(_page_file, _STYLE.findall(page)), _page_file("lesson.css", "offline")]))
    script = tightened(_script(entries, own))
    style, texts = used_rules(style, script + page), used_texts(json.loads(_page_file("texts.json")), script + page)
    content["texts"] = texts | {"app.title": name}
    data = as_plain_json(content).replace("<", "\\u003c")
    script = f"\n{script}\n".replace("</script", "<\\/script").replace("<!--", "<\\!--")
    parts = {
        "<head>": f'<head>\n<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">',
        "<title>glassnet playground</title>": f"<title>{html.escape(name)}</title>\n<style>{style}</style>",
        _MAIN: f'<script type="application/json" id="glassnet">{data}</script>',
        "</body>": f'<script type="module">{script}</script>\n</body>',
    }
    page = _worded(_STYLE.sub("", page), content["texts"])
    for old, new in parts.items():
        page = page.replace(old, new, 1)
    return page


def _worded(page: str, texts: dict[str, str]) -> str:
    """Return the page with the words that it names inside, so that they are seen before its script has run."""
    return _NAMED.sub(lambda found: f"{found[0]}{html.escape(texts[found[1]])}", page)


def page_content(experiment: Experiment, network: Network | None = None) -> dict[str, Any]:
    """Return what the page computes with."""
    data, settings = experiment.data, experiment.settings
    own = network or experiment.network
    weights, score = offline_weights(own), own.loss.default_metrics[0]
    if network is None:
        weights["counters"]["step"], history = experiment.step, experiment.epoch_rows.tolist()
    else:
        history = _history(network, experiment.run.steps_per_epoch or 1, f"valid_{score}")
    rows = {"train": _rows(own, data.X, data.y), "valid": _rows(own, data.X_valid, data.y_valid)}
    return {
        "state": offline_state(experiment),
        "settings": offline_settings(own, settings.batch_size),
        "weights": weights,
        "start": offline_weights(settings.build(data.X.shape[1:])) if weights["t"] else None,
        "history": plain_data(history),
        "rows": rows,
        "plane": offline_plane(data),
        "axes": offline_axes(data),
        "optimizers": offline_optimizers(settings),
        "losses": offline_losses(settings),
        "kinds": offline_kinds(settings),
        "score": score,
        "classes": list(data.classes),
        "target": data.target,
        "code": experiment_code(experiment),
        "about": offline_words(experiment),
    }


def _rows(network: Network, X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Return inputs and targets as the network takes them."""
    targets = network.loss.prepare(y, network.n_outputs, network.dtype) if len(y) else y
    return {"X": encoded(X.astype(network.dtype)), "y": encoded(targets), "n": len(X), "inputs": X.shape[1]}


def _history(network: Network, steps: int, score: str) -> list[list[float]]:
    """Return step, loss, loss and score of the rows held out, for each epoch so far."""
    history = network.history
    empty = [math.nan] * history.epochs
    columns = [history.columns.get(name, empty) for name in ("loss", "valid_loss", score)]
    return [[(k + 1) * steps, *row] for k, row in enumerate(zip(*columns, strict=True))]


def _script(entries: list[str], own: Sequence[Activation]) -> str:
    """Return the modules that are needed as one script."""
    folders = [resources.files(__package__) / name for name in ("page", "offline")]
    files = [each for folder in folders for each in folder.iterdir() if each.name.endswith(".js")]
    modules = {each.name: each.read_text(encoding="utf-8") for each in files}
    if "offline.js" in entries:
        modules |= {**_STUBS, "formulas.js": formulas_module(own)}
    return bundle(modules, entries)


def _page_file(name: str, folder: str = "page") -> str:
    return (resources.files(__package__) / folder / name).read_text(encoding="utf-8")


def _policy(script: str, style: str) -> str:
    """Return the rules of the page: its own script and style, and nothing from or to anywhere."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

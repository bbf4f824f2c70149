"""`diagnose`: run all checks of a network and its data, and try what might help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from glassnet.diagnosis.case import SAMPLE_ROWS, Case, column_names, names_of_frame, sampled
from glassnet.diagnosis.checks.prediction_checks import check_names, check_new_rows
from glassnet.diagnosis.examining import examine, examine_diverged
from glassnet.diagnosis.remedies.short_training import trained_briefly
from glassnet.diagnosis.remedies.trials import Trials
from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import ConfigError, ShapeError
from glassnet.training.finding_kinds import KINDS
from glassnet.training.findings import Diagnosis
from glassnet.utils.checks import check_choice, check_integer
from glassnet.utils.keywords import advises_on_names

__all__ = ["check_ignored", "diagnose"]


@advises_on_names
def diagnose(
    network: BaseNetwork,
    X: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    validation_data: Sequence[Any] | None = None,
    training_data: Any = None,
    feature_names: Sequence[str] | None = None,
    batch_size: int = 32,
    ignore: Iterable[str] = (),
    try_remedies: bool = True,
) -> Diagnosis:
    """Return what is wrong with a network and its data, why it matters, and what helped when it was tried.

    A network that was not trained yet is trained for up to 300 steps, as a copy. Nothing of the network is changed:
    parameters, statistics and training state keep their bits.

    Parameters
    ----------
    network : BaseNetwork
        Trained or not; without members.
    X : array of shape (n, ...)
        The rows that it is trained on; without ``y`` new rows that it is to predict.
    y : array of shape (n,) or (n, k), optional
        Their targets.
    sample_weight : array of shape (n,), optional
        As in `Network.fit`.
    validation_data : (X, y) or (X, y, sample_weight), optional
        Rows that it is not trained on: without them overfitting and calibration are not checked.
    training_data : array of shape (n, ...), or (X, y), optional
        For new rows without ``y``: what they are compared with.
    feature_names : sequence of str, optional
        Names of the columns, for the messages; by default those of a frame.
    batch_size : int, default=32
        As in `Network.fit`, for what is tried.
    ignore : iterable of str
        Codes of findings to leave out.
    try_remedies : bool, default=True
        Whether to try on copies what might help: a second or two for a small network.

    Returns
    -------
    Diagnosis
        A sequence of findings, printed as text; ``ok`` if none is worse than a note.

    Raises
    ------
    ConfigError
        The network has members, or there is nothing to compare new rows with.

    References
    ----------
    Schoop, Huang & Hartmann (2021), "UMLAUT: debugging deep learning programs using program structure and model
    behavior", CHI: learners find more mistakes when they are reported with numbers and a remedy.

    Examples
    --------
    >>> import numpy as np
    >>> import glassnet as gn
    >>> X = np.random.default_rng(0).standard_normal((200, 3))
    >>> y = (X[:, 0] + X[:, 1] > 0).astype(int)
    >>> net = gn.Network([gn.Dense(8, "relu"), gn.Dense(2)], loss="cross_entropy", optimizer=gn.SGD(1e-5), seed=0)
    >>> history = net.fit(X, y, epochs=20, diagnose=False)
    >>> found = gn.diagnose(net, X, y)
    >>> found[0].code, found[0].helped
    ('rate-too-low', True)
    """
    if network.members is not None:
        message = f"diagnose: the network has members={network.members}; it must have none. Diagnose one of its kind."
        raise ConfigError(message, got=network.members)
    ignored = check_ignored("diagnose", ignore)
    feature_names = names_of_frame(X) if feature_names is None else feature_names
    if network._store is None:
        network = network._untrained()
    if y is None:
        return _of_new_rows(network, X, training_data, feature_names, ignored)
    data = network._check_data("diagnose", X, y, sample_weight)
    valid = None
    if validation_data is not None:
        valid = network._check_data("diagnose: validation_data", *validation_data)
    _check_names(feature_names, data[0].shape[1:])
    batch_size = check_integer("diagnose", "batch_size", batch_size, 1)
    history = network._run.history if network._run is not None and network._run.epoch else None
    start, broken = None, None
    if history is None:
        start = network.params.copy(), network.stats.copy()
        network, history, broken = trained_briefly(network, data, valid, batch_size)
    elif network._run is not None:
        start = network._run.started
    case = Case(
        network,
        data,
        valid,
        start=start,
        history=history,
        batch_size=min(batch_size, len(data[0])),
        names=feature_names,
    )
    trials = Trials(case) if try_remedies else None
    if broken is not None:
        return examine_diverged(case, trials, ignored, broken)
    return examine(case, trials, ignored, thorough=True)


def _of_new_rows(
    network: BaseNetwork, X: Any, training_data: Any, names: Sequence[str] | None, ignored: set[str]
) -> Diagnosis:
    if training_data is None:
        message = "diagnose: there is neither y nor training_data to compare X with. Pass one of them, or both."
        raise ConfigError(message)
    old = training_data[0] if isinstance(training_data, (tuple, list)) else training_data
    pair = [network._check_inputs("diagnose", rows) for rows in (X, old)]
    new, known = (sampled((rows, rows, None), SAMPLE_ROWS * 10)[0] for rows in pair)
    _check_names(names, new.shape[1:])
    columns = column_names(new.shape[1:], names)
    renamed = check_names(names_of_frame(X), names_of_frame(old))
    if renamed is not None:
        return Diagnosis([] if renamed.code in ignored else [renamed])
    found = check_new_rows(new.reshape(len(new), -1), known.reshape(len(known), -1), columns)
    return Diagnosis(finding for finding in found if finding.code not in ignored)


def check_ignored(where: str, ignore: Iterable[str]) -> set[str]:
    """Return the codes to leave out as a set; refuse unknown ones."""
    codes = [ignore] if isinstance(ignore, str) else ignore
    return {check_choice(where, "ignore", code, KINDS) for code in codes}


def _check_names(names: Sequence[str] | None, shape: tuple[int, ...]) -> None:
    size = int(np.prod(shape))
    if names is not None and len(names) != size:
        message = f"diagnose: {len(names)} feature_names for {size} columns; there must be one per column."
        raise ShapeError(message, expected=size, got=len(names))

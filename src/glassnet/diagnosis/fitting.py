"""``fit``, watched or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.engine.base_network import BaseNetwork
from glassnet.errors import DivergenceError
from glassnet.training import History, fit_network
from glassnet.training.callbacks import as_callbacks
from glassnet.training.findings import NO_MEMBERS, Diagnosis
from glassnet.training.options import FitOptions
from glassnet.utils.checks import check_flag

if TYPE_CHECKING:
    from glassnet.diagnosis.watch import Watch

__all__ = ["fit_watched"]


def fit_watched(
    network: BaseNetwork, X: Any, y: Any, epochs: int, diagnose: bool | Watch, options: FitOptions
) -> History:
    """Train a network as `glassnet.training.fit_network` does, and run checks meanwhile unless ``diagnose`` is False.

    Parameters
    ----------
    network : BaseNetwork
    X, y, epochs
        As of `fit_network`.
    diagnose : bool or Watch
        True for a `Watch` with its defaults.
    options : FitOptions
        All of them.
    """
    is_flag = isinstance(diagnose, (bool, np.bool_))
    if is_flag and (not diagnose or network.members is not None):
        history = fit_network(network, X, y, epochs=epochs, **options)
        history.findings = Diagnosis(unexamined=NO_MEMBERS if diagnose else "diagnose=False")
        return history
    # Who does not want to look need not wait until all checks are loaded.
    from glassnet.diagnosis.sampling import names_of_frame
    from glassnet.diagnosis.watch import Watch

    if not isinstance(diagnose, Watch):
        check_flag("fit", "diagnose", diagnose)
        diagnose = Watch(feature_names=names_of_frame(X))
    options["callbacks"] = [*as_callbacks(options["callbacks"]), diagnose]
    try:
        history = fit_network(network, X, y, epochs=epochs, **options)
        diagnose._issue_warnings()
    except DivergenceError as error:
        diagnose._add_to_error(error)
        raise
    finally:
        diagnose._let_go()
    return history

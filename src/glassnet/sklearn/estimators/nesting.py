"""Parameters of parameters, such as ``solver__beta1``, as grid searches name them."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any, Self

from glassnet.errors import ConfigError
from glassnet.layers import Activation
from glassnet.losses import Loss
from glassnet.optimizers import Optimizer
from glassnet.schedules import Schedule
from glassnet.utils.estimator_types import GUIDE_PAGE, BaseEstimator
from glassnet.utils.suggestions import suggestion

__all__ = ["NestedParameters"]

_OBJECTS = (Activation, Loss, Optimizer, Schedule)


class NestedParameters(BaseEstimator):
    """Part of an estimator: arguments of its optimizers, schedules, losses and activations are parameters too."""

    # Names of scikit-learn, whose boxes in notebooks would link to its own documentation.
    _doc_link_module = "glassnet"
    _doc_link_template = GUIDE_PAGE

    def _doc_link_url_param_generator(self) -> dict[str, str]:
        return {"page": "scikit-learn"}

    def _keep(self, given: dict[str, Any]) -> None:
        """Make every argument an attribute of its own name, which is how scikit-learn clones and searches."""
        vars(self).update({name: value for name, value in given.items() if name != "self"})

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters; with ``deep`` those of the objects among them too, as ``solver__beta1``.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the arguments of objects.
        """
        found = super().get_params(deep=deep)
        if deep:
            for name, value in list(found.items()):
                if isinstance(value, _OBJECTS):
                    found |= {f"{name}__{key}": part for key, part in _arguments(value).items()}
        return found

    def set_params(self, **params: Any) -> Self:
        """Set parameters, and return the estimator.

        Parameters
        ----------
        **params
            Values by name; ``solver__beta1=0.8`` makes a new optimizer with that argument.
        """
        plain = {name: value for name, value in params.items() if "__" not in name}
        super().set_params(**plain)
        changes: dict[str, dict[str, Any]] = defaultdict(dict)
        for name, value in params.items():
            outer, nested, inner = name.partition("__")
            if nested:
                changes[outer][inner] = value
        for outer, values in changes.items():
            held = getattr(self, outer, None)
            if isinstance(held, _OBJECTS):
                setattr(self, outer, _changed(f"{type(self).__name__}: {outer}", held, values))
            else:  # scikit-learn raises its own error for a value without parameters
                super().set_params(**{f"{outer}__{inner}": value for inner, value in values.items()})
        return self


def _arguments(held: Any) -> dict[str, Any]:
    """Return the arguments that an object was made with."""
    names = inspect.signature(type(held)).parameters
    return {name: getattr(held, name) for name in names if hasattr(held, name)}


def _changed(where: str, held: Any, values: dict[str, Any]) -> Any:
    """Return an object like this one with other arguments; a nested name changes an object among its arguments."""
    arguments = _arguments(held)
    for name, value in values.items():
        outer, nested, inner = name.partition("__")
        if outer not in arguments:
            advice = suggestion(outer, arguments, str)
            sentences = [f"{where}: unknown argument {outer}.", advice, f"The arguments are {', '.join(arguments)}."]
            raise ConfigError(" ".join(filter(None, sentences)), expected=list(arguments), got=outer)
        arguments[outer] = _changed(f"{where}__{outer}", arguments[outer], {inner: value}) if nested else value
    return type(held)(**arguments)

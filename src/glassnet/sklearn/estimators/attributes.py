"""Attributes of an estimator that its `FitState` holds."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

from glassnet.sklearn.solvers.state import FitState

__all__ = ["FitAttribute", "own_state"]

T = TypeVar("T")


def own_state(estimator: Any) -> FitState:
    """Return the state of an estimator, a new one if it has none yet."""
    state: FitState = vars(estimator).setdefault("_state", FitState())
    return state


class FitAttribute(Generic[T]):
    """Descriptor of an attribute such as ``loss_curve_``: a field of `FitState`, absent until something sets it."""

    def __init__(self, field: str) -> None:
        self._field = field

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, estimator: None, owner: type[Any]) -> Self: ...

    @overload
    def __get__(self, estimator: object, owner: type[Any]) -> T: ...

    def __get__(self, estimator: object | None, owner: type[Any]) -> Self | T:
        if estimator is None:
            return self
        state = vars(estimator).get("_state")
        if not hasattr(state, self._field):
            message = f"{type(estimator).__name__!r} object has no attribute {self._name!r}"
            raise AttributeError(message, name=self._name, obj=estimator)
        value: T = getattr(state, self._field)
        return value

    def __set__(self, estimator: object, value: T) -> None:
        setattr(own_state(estimator), self._field, value)

"""scikit-learn's base classes with types. It ships none, so type checkers would allow any attribute of an estimator."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self, TypeVar

__all__ = ["GUIDE_PAGE", "BaseEstimator", "ClassifierMixin", "RegressorMixin", "available_if"]

GUIDE_PAGE = "https://github.com/glassnet/glassnet/blob/main/docs/guide/{page}.md"
"""Address of a page of the guide: what a notebook links from the box of an estimator, and from its parameters."""

if not TYPE_CHECKING:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils.metaestimators import available_if

if TYPE_CHECKING:
    F = TypeVar("F", bound=Callable[..., Any])

    class BaseEstimator:
        """The public methods of ``sklearn.base.BaseEstimator`` and those of its own that subclasses extend."""

        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...
        def get_metadata_routing(self) -> Any: ...
        def set_fit_request(self, **requests: bool | str | None) -> Self: ...
        def set_score_request(self, **requests: bool | str | None) -> Self: ...
        def __getstate__(self) -> dict[str, Any]: ...
        def __setstate__(self, state: dict[str, Any]) -> None: ...
        def __sklearn_tags__(self) -> Any: ...

    class ClassifierMixin:
        """``sklearn.base.ClassifierMixin``: the score is the accuracy."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    class RegressorMixin:
        """``sklearn.base.RegressorMixin``: the score is R squared."""

        def score(self, X: Any, y: Any, sample_weight: Any = None) -> float: ...

    def available_if(check: Callable[[Any], bool]) -> Callable[[F], F]:
        """Return a decorator for a method that exists while ``check(estimator)`` is true."""
        raise NotImplementedError

"""scikit-learn's base classes as type checkers see them: nothing that is not there, and `Self` where they return it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Self, get_type_hints

import pytest

pytest.importorskip("sklearn", minversion="1.7")

from glassnet.sklearn import MLPClassifier, MLPRegressor
from glassnet.tabular import TabularClassifier, TabularRegressor
from glassnet.utils import estimator_types

ESTIMATORS = (MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor)


def declared(path: Path) -> list[tuple[str, str]]:
    """Return classes and methods of a file, those for type checkers only included."""
    classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
    return [(each.name, method.name) for each in classes for method in each.body if isinstance(method, ast.FunctionDef)]


@pytest.mark.parametrize(("kind", "method"), declared(Path(estimator_types.__file__)))
def test_declared_methods_exist(kind: str, method: str) -> None:
    """Every method that the stand-in declares is there at run time, on each estimator that inherits it."""
    base = getattr(estimator_types, kind)
    heirs = [estimator for estimator in ESTIMATORS if issubclass(estimator, base)]
    assert len(heirs) >= 2
    assert all(callable(getattr(heir, method)) for heir in heirs)


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_requests_of_metadata_exist(kind: Any) -> None:
    """The methods that scikit-learn makes for other methods' arguments are those that the classes declare."""
    found = {name for name in dir(kind) if name.startswith("set_") and name.endswith("_request")}
    own = {"set_predict_request"} if kind is MLPRegressor else set()
    assert found == {"set_fit_request", "set_partial_fit_request", "set_score_request", *own}


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("method", ["fit", "partial_fit", "continue_fit", "set_params"])
def test_estimators_return_themselves(kind: Any, method: str) -> None:
    """The methods that return the estimator are declared so, a subclass included."""
    found = vars(next(base for base in kind.__mro__ if method in vars(base)))[method]
    assert get_type_hints(getattr(found, "fn", found))["return"] is Self
